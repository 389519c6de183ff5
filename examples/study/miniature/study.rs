//! The miniature as a study: every layer of every network, on both kinds of judgments.

use std::sync::Arc;

use human_alignment::Result;
use human_alignment::study::{Measures, Model, ModelFactors, Study};

use super::Miniature;
use super::panel::Trained;
use super::source::Layer;

/// Name of the data set of odd-one-out choices.
pub const CHOICES: &str = "choices";

/// Name of the data set of arrangements: the dissimilarities of all pairs, for each participant.
pub const ARRANGEMENTS: &str = "arrangements";

impl Miniature {
    /// Creates the study of the miniature. Layers of a network are models with the same name, each
    /// with its depth, counted from the input.
    pub fn study(&self, measures: Measures) -> Result<Study> {
        let mut study = Study::new(measures)
            .with_dataset(CHOICES, self.people.trials.clone())?
            .with_dataset(ARRANGEMENTS, self.people.arrangements.clone())?;
        for trained in &self.networks {
            for (depth, tap) in (1..).zip(trained.network.taps()) {
                let layer = Layer::new(trained.clone(), tap, Arc::clone(&self.judged))?;
                let layer = Arc::new(layer);
                let model = Model::new(trained.design.name())
                    .with_factors(factors(trained))
                    .with_tap(tap, depth)
                    .on(CHOICES, Arc::clone(&layer))
                    .on(ARRANGEMENTS, layer);
                let is_last = depth as usize == trained.network.taps().len();
                study = study.with_model(match is_last {
                    true => model,
                    false => model.without_probes(),
                })?;
            }
        }
        Ok(study)
    }
}

/// Returns the factors of a network, without the number of layers, which follows from the family.
/// The networks of the same architecture and size are a cluster.
///
/// If [`Settings::trained`](super::Settings) is false, the factors are those of the training that
/// is left out: an analysis should find no effect of them.
fn factors(trained: &Trained) -> ModelFactors {
    let [training_data, objective] = trained.design.task_names();
    let [architecture, size] = [
        trained.design.architecture.name(),
        trained.design.size.name(),
    ];
    ModelFactors {
        family: Some(architecture.into()),
        training_data: Some(training_data.into()),
        objective: Some(objective.into()),
        n_parameters: Some(trained.network.n_parameters() as u64),
        cluster: Some(format!("{architecture}, {size}")),
        ..ModelFactors::default()
    }
}
