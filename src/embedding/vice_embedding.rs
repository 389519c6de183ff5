//! An embedding learned by VICE.

use std::cmp::Reverse;

use ndarray::Array2;

use super::Vice;
use super::choices::TrainingChoices;
use super::score::{EmbeddingScore, row_of, score};
use crate::error::Result;
use crate::judgment::{ChoiceFrequencies, Task};
use crate::representation::{Provenance, Representation};

/// An embedding learned by [`Vice`], with its dimensions in descending order of their number of
/// significant objects.
#[derive(Debug, Clone, PartialEq)]
pub struct ViceEmbedding {
    /// The positive parts of the means.
    representation: Representation,
    /// The means, stimuli × dimensions.
    means: Array2<f64>,
    deviations: Representation,
    n_significant: Vec<usize>,
    n_steps: usize,
    is_converged: bool,
}

impl ViceEmbedding {
    /// Creates the embedding of the relevant dimensions, which are given with their numbers of
    /// significant objects.
    pub(super) fn new(
        vice: &Vice,
        choices: &impl TrainingChoices,
        parameters: &[f64],
        mut relevant: Vec<(usize, usize)>,
        (n_steps, is_converged): (usize, bool),
    ) -> Result<Self> {
        let n = choices.shown().len();
        // Stable, so that equal dimensions keep their order.
        relevant.sort_by_key(|&(_, n_significant)| Reverse(n_significant));
        let (means, log_deviations) = parameters.split_at(parameters.len() / 2);
        // A representation has at least one feature.
        let shape = (choices.stimuli().len(), relevant.len().max(1));
        let mut of_means = Array2::zeros(shape);
        let mut of_deviations = Array2::from_elem(shape, vice.prior_deviation());
        for (place, &(dimension, _)) in relevant.iter().enumerate() {
            for (object, &stimulus) in choices.shown().iter().enumerate() {
                let index = dimension * n + object;
                of_means[[stimulus as usize, place]] = means[index];
                of_deviations[[stimulus as usize, place]] = log_deviations[index].exp();
            }
        }
        let provenance = Provenance::default()
            .with_model("VICE")
            .with_note("seed", vice.seed.to_string());
        let of_stimuli = |values| -> Result<Representation> {
            let values = Representation::new(choices.stimuli().clone(), values)?;
            Ok(values.with_provenance(provenance.clone()))
        };
        Ok(Self {
            representation: of_stimuli(of_means.mapv(|mean| mean.max(0.0)))?,
            means: of_means,
            deviations: of_stimuli(of_deviations)?,
            n_significant: relevant.iter().map(|&(_, n)| n).collect(),
            n_steps,
            is_converged,
        })
    }

    /// Returns the positive parts of the means of the weights, stimuli × dimensions. Stimuli that no
    /// choice shows have zeros. If no dimension is relevant, there is one of zeros.
    pub fn representation(&self) -> &Representation {
        &self.representation
    }

    /// Returns the means of the weights, stimuli × dimensions, which can be negative.
    pub fn means(&self) -> &Array2<f64> {
        &self.means
    }

    /// Returns the standard deviations of the weights, stimuli × dimensions. Stimuli that no choice
    /// shows have that of the prior.
    pub fn deviations(&self) -> &Representation {
        &self.deviations
    }

    /// Returns the number of relevant dimensions.
    pub fn n_dimensions(&self) -> usize {
        self.n_significant.len()
    }

    /// Returns, for each dimension, the number of objects whose weight is significantly positive.
    pub fn n_significant(&self) -> &[usize] {
        &self.n_significant
    }

    /// Returns the number of steps.
    pub fn n_steps(&self) -> usize {
        self.n_steps
    }

    /// Returns true if the number of relevant dimensions was stable at the end.
    pub fn is_converged(&self) -> bool {
        self.is_converged
    }

    /// Computes how well the positive parts of the means predict choices. Stimuli are matched by
    /// id.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` if a stimulus of the choices has no row.
    pub fn score<T: Task>(&self, choices: &ChoiceFrequencies<T>) -> Result<EmbeddingScore> {
        let embedding = &self.representation;
        let values: Vec<f64> = embedding.features().iter().collect();
        let rows = row_of(embedding.stimuli(), choices)?;
        Ok(score(&values, embedding.n_features(), &rows, choices))
    }
}
