//! An embedding learned from choices.

use ndarray::Array2;

use super::Spose;
use super::choices::TrainingChoices;
use super::objective::Objective;
use super::score::{EmbeddingScore, row_of, score};
use super::solver::{Ending, Search, SposeIteration, State};
use crate::concept::ConceptEmbedding;
use crate::error::Result;
use crate::judgment::{ChoiceFrequencies, Task};
use crate::representation::{Provenance, Representation};
use crate::stimuli::Stimuli;

/// A non-negative embedding learned by [`Spose`], with its dimensions in descending order of their
/// sums.
///
/// The similarity of its rows for choices is the dot product,
/// [`Similarity::Dot`](crate::Similarity::Dot).
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    representation: Representation,
    n_dimensions: usize,
    n_objects: usize,
    lambda: f64,
    loss: f64,
    objective: f64,
    last: SposeIteration,
    ending: Ending,
}

impl Embedding {
    pub(super) fn new(
        spose: &Spose,
        choices: &impl TrainingChoices,
        objective: &mut Objective<'_>,
        state: State,
        (last, ending): (SposeIteration, Ending),
    ) -> Result<Self> {
        let n = objective.n_objects();
        let x = in_order(&state.x, n, spose.smallest_maximum);
        let mut gradient = vec![0.0; x.len()];
        let value = objective.evaluate(&x, &mut gradient)?;
        let n_dimensions = x.len() / n;
        // A representation has at least one feature.
        let mut rows = Array2::zeros((choices.stimuli().len(), n_dimensions.max(1)));
        for (dimension, column) in x.chunks_exact(n).enumerate() {
            for (&stimulus, &weight) in choices.shown().iter().zip(column) {
                rows[[stimulus as usize, dimension]] = weight;
            }
        }
        let provenance = Provenance::default()
            .with_model("SPoSE")
            .with_note("lambda", spose.lambda.to_string())
            .with_note("seed", spose.seed.to_string());
        let representation =
            Representation::new(choices.stimuli().clone(), rows)?.with_provenance(provenance);
        Ok(Self {
            representation,
            n_dimensions,
            n_objects: n,
            lambda: spose.lambda,
            loss: value.loss,
            objective: value.objective,
            last,
            ending,
        })
    }

    /// Creates the embedding of the last state of a complete fit.
    pub(super) fn of_complete(
        spose: &Spose,
        choices: &impl TrainingChoices,
        state: State,
    ) -> Result<Self> {
        let ending = state.ending.unwrap_or(Ending::Stopped);
        let mut objective = Objective::new(choices, spose.lambda)?;
        let search = Search::resume(&mut objective, state);
        let (last, state) = (search.iteration(), search.state);
        Self::new(spose, choices, &mut objective, state, (last, ending))
    }

    /// Returns the weights, stimuli × dimensions. The stimuli are those of the choices; stimuli that
    /// no choice shows have zero weights. If all dimensions were removed, there is one of zeros.
    pub fn representation(&self) -> &Representation {
        &self.representation
    }

    /// Converts the embedding into its weights, see [`Embedding::representation`].
    pub fn into_representation(self) -> Representation {
        self.representation
    }

    /// Converts the embedding into one with named dimensions, for analyses of the dimensions that
    /// determine choices.
    ///
    /// # Errors
    /// Does not return an error for a fitted embedding.
    pub fn to_concepts(&self) -> Result<ConceptEmbedding> {
        ConceptEmbedding::new(self.representation.clone())
    }

    /// Returns the stimuli of the rows.
    pub fn stimuli(&self) -> &Stimuli {
        self.representation.stimuli()
    }

    /// Returns the number of dimensions that were not removed.
    pub fn n_dimensions(&self) -> usize {
        self.n_dimensions
    }

    /// Returns the number of stimuli that occur in at least one choice.
    pub fn n_objects(&self) -> usize {
        self.n_objects
    }

    /// Returns the weight λ of the penalty.
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// Returns the mean −ln p of the choices of the fit, in nats.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// Returns the objective, in nats: the loss and the penalty, of the dimensions that remain.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// Returns the KKT residual at the end of the fit.
    pub fn kkt_residual(&self) -> f64 {
        self.last.kkt_residual
    }

    /// Returns the relative decrease of the objective over the last ten iterations.
    pub fn relative_change(&self) -> f64 {
        self.last.relative_change
    }

    /// Returns the number of iterations.
    pub fn n_iterations(&self) -> usize {
        self.last.number
    }

    /// Returns the number of passes over the trials.
    pub fn n_passes(&self) -> usize {
        self.last.n_passes
    }

    /// Returns the reason why the fit ended.
    pub fn ending(&self) -> Ending {
        self.ending
    }

    /// Returns true if the fit ended because a tolerance was reached.
    pub fn is_converged(&self) -> bool {
        self.ending == Ending::Converged
    }

    /// Computes how well the embedding predicts choices, which may be others than those of the fit.
    /// Stimuli are matched by id.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` if a stimulus of the choices has no row.
    pub fn score<T: Task>(&self, choices: &ChoiceFrequencies<T>) -> Result<EmbeddingScore> {
        let rows = row_of(self.stimuli(), choices)?;
        let values: Vec<f64> = self.representation.features().iter().collect();
        let n_features = self.representation.n_features();
        Ok(score(&values, n_features, &rows, choices))
    }
}

/// Returns the columns whose largest weight is at least `smallest_maximum` and not 0, in descending
/// order of their sums.
pub(super) fn in_order(x: &[f64], n_objects: usize, smallest_maximum: f64) -> Vec<f64> {
    let largest = |column: &[f64]| column.iter().copied().fold(0.0, f64::max);
    let mut columns: Vec<(f64, &[f64])> = x
        .chunks_exact(n_objects)
        .filter(|column| largest(column) > 0.0 && largest(column) >= smallest_maximum)
        .map(|column| (column.iter().sum(), column))
        .collect();
    // Stable, so that dimensions with equal sums keep their order.
    columns.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    columns
        .into_iter()
        .flat_map(|(_, column)| column)
        .copied()
        .collect()
}
