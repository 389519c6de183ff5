//! Results of the analytic variance.

use crate::inference::{Comparison, Confidence, Estimate, Resample};
use crate::metric::rsa::RsaCaution;
use crate::metric::rsa::columns::Columns;
use crate::metric::rsa::two_way::TwoWayEffects;

/// The result of an [`RsaVariance`](crate::metric::rsa::RsaVariance), from which estimates of
/// models, of their differences, and of their distances from the ceiling are computed.
///
/// Models are indexed in the order in which they were given, 0-based. A standard error is `None` if
/// stimuli are sampled and all judged pairs have a stimulus in common.
#[derive(Debug, Clone)]
pub struct RsaEstimates {
    pub(super) n_models: usize,
    pub(super) n_stimuli: usize,
    pub(super) over: Resample,
    pub(super) has_ceiling: bool,
    pub(super) observed: Vec<f64>,
    pub(super) effects: TwoWayEffects,
}

impl RsaEstimates {
    /// Returns the mean over participants of the comparison of a model with each of them.
    ///
    /// # Panics
    /// Panics if `model` is out of range.
    pub fn per_person(&self, model: usize) -> Estimate {
        self.of_person(model)
    }

    /// Returns the comparison of a model with the unscaled mean of the participants' RDMs.
    ///
    /// # Panics
    /// Panics if `model` is out of range.
    pub fn against_mean_person(&self, model: usize) -> Estimate {
        self.of_mean_person(model)
    }

    /// Returns the lower noise ceiling; `None` for a single participant.
    pub fn ceiling(&self) -> Option<Estimate> {
        self.of_ceiling()
    }

    /// Returns a model minus the lower noise ceiling, both as means over participants; `None` for a
    /// single participant. The difference is 0 for a model that predicts participants as well as
    /// other participants do.
    ///
    /// # Panics
    /// Panics if `model` is out of range.
    pub fn against_ceiling(&self, model: usize) -> Option<Estimate> {
        self.minus_ceiling(model)
    }

    /// Returns a model divided by the lower noise ceiling, both as means over participants, with a
    /// standard error that includes the errors of both and their covariance, to first order; `None`
    /// for a single participant, or if the ceiling is not above 0.
    ///
    /// # Panics
    /// Panics if `model` is out of range.
    pub fn relative(&self, model: usize) -> Option<Estimate> {
        self.over_ceiling(model)
    }

    /// Compares every two models by their means over participants: (0,1), (0,2), …, (1,2), ….
    pub fn compare(&self, confidence: Confidence) -> Vec<Comparison> {
        self.differences(confidence)
    }

    /// Returns the reason why the intervals are imprecise, if there are few stimuli or participants
    /// to generalize from.
    pub fn caution(&self) -> Option<RsaCaution> {
        RsaCaution::new(self.over, self.n_stimuli, self.effects.people[0].len())
    }
}

impl Columns for RsaEstimates {
    fn n_models(&self) -> usize {
        self.n_models
    }

    fn has_ceiling(&self) -> bool {
        self.has_ceiling
    }

    fn observed(&self, column: usize) -> f64 {
        self.observed[column]
    }

    fn estimate(&self, terms: &[(usize, f64)]) -> Estimate {
        let variance = self.effects.variance(terms);
        let value = terms
            .iter()
            .map(|&(column, weight)| weight * self.observed[column]);
        Estimate {
            value: value.sum(),
            standard_error: variance.map(|variance| variance.value.sqrt()),
            degrees_of_freedom: variance.map_or(1.0, |variance| variance.degrees_of_freedom),
        }
    }
}
