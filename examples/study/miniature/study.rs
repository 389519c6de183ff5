//! The miniature as a study: every layer of every network, held against both kinds of judgments.

use std::sync::Arc;

use human_alignment::Result;
use human_alignment::study::{Measures, Model, ModelFactors, Study};

use super::Miniature;
use super::panel::Trained;
use super::source::Layer;

/// The data set of odd-one-out choices.
pub const CHOICES: &str = "choices";

/// The data set of arrangements: each person's dissimilarities of all pairs.
pub const ARRANGEMENTS: &str = "arrangements";

impl Miniature {
    /// The study of the miniature. Layers of a network are models of the same name, each with its depth,
    /// counted from the input.
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

/// What is known of a network. The number of its layers is left out: it follows from the family.
///
/// Where [`Settings::trained`](super::Settings) is false they are those that it would have been trained
/// with, so that an analysis of what they explain should find nothing.
fn factors(trained: &Trained) -> ModelFactors {
    let [training_data, objective] = trained.design.task_names();
    ModelFactors {
        family: Some(trained.design.architecture.name().into()),
        training_data: Some(training_data.into()),
        objective: Some(objective.into()),
        n_parameters: Some(trained.network.n_parameters() as u64),
        ..ModelFactors::default()
    }
}
