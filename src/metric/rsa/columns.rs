//! Estimates of models, of their differences, and of their distances from the ceiling.

use crate::inference::{Comparison, Confidence, Estimate};

/// The statistics of several models over the same participants, of which weighted sums can be
/// estimated.
///
/// The columns are: the mean over participants of each model, the comparison of each model with the
/// mean participant, and, if it was computed, the ceiling.
pub(super) trait Columns {
    /// Returns the number of models.
    fn n_models(&self) -> usize;

    /// Checks whether there is a ceiling.
    fn has_ceiling(&self) -> bool;

    /// Returns the observed value of a column.
    fn observed(&self, column: usize) -> f64;

    /// Computes the estimate of a weighted sum of columns, given as positions and weights.
    fn estimate(&self, terms: &[(usize, f64)]) -> Estimate;

    /// Returns the column of the mean over participants of a model.
    fn column(&self, model: usize) -> usize {
        let n = self.n_models();
        assert!(model < n, "there are {n} models");
        model
    }

    /// Returns the column of the ceiling.
    fn ceiling_column(&self) -> Option<usize> {
        self.has_ceiling().then(|| 2 * self.n_models())
    }

    /// Estimates the mean over participants of a model.
    fn of_person(&self, model: usize) -> Estimate {
        self.estimate(&[(self.column(model), 1.0)])
    }

    /// Estimates the comparison of a model with the mean participant.
    fn of_mean_person(&self, model: usize) -> Estimate {
        self.estimate(&[(self.n_models() + self.column(model), 1.0)])
    }

    /// Estimates the ceiling.
    fn of_ceiling(&self) -> Option<Estimate> {
        self.ceiling_column()
            .map(|ceiling| self.estimate(&[(ceiling, 1.0)]))
    }

    /// Estimates a model minus the ceiling.
    fn minus_ceiling(&self, model: usize) -> Option<Estimate> {
        let ceiling = self.ceiling_column()?;
        Some(self.estimate(&[(self.column(model), 1.0), (ceiling, -1.0)]))
    }

    /// Estimates a model divided by the ceiling, by linearization; `None` if the ceiling is not
    /// above 0.
    fn over_ceiling(&self, model: usize) -> Option<Estimate> {
        let (model, column) = (self.column(model), self.ceiling_column()?);
        let ceiling = self.observed(column);
        let value = self.observed(model) / ceiling;
        (ceiling > 0.0).then(|| Estimate {
            value,
            ..self.estimate(&[(model, 1.0 / ceiling), (column, -value / ceiling)])
        })
    }

    /// Compares every two models by their means over participants.
    fn differences(&self, confidence: Confidence) -> Vec<Comparison> {
        let n = self.n_models();
        let pairs = (0..n).flat_map(|first| (first + 1..n).map(move |second| (first, second)));
        let differences = pairs.map(|(first, second)| {
            let difference = self.estimate(&[(first, 1.0), (second, -1.0)]);
            (first, second, difference)
        });
        Comparison::of_differences(differences.collect(), confidence, [-2.0, 2.0])
    }
}
