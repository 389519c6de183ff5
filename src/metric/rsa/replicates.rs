//! Results of a bootstrap.

use serde::{Deserialize, Serialize};

use crate::inference::{
    Comparison, Confidence, Estimate, ReplicateVariances, Resample, dual_variance, small_sample,
};
use crate::metric::rsa::columns::Columns;

/// One replicate. For each way of drawing it contains the mean over participants of each model, the
/// comparison of each model with the mean participant, and the ceiling if requested.
#[derive(Debug, Clone, Default)]
pub(super) struct Replicate {
    pub both: Vec<f64>,
    pub stimuli: Vec<f64>,
    pub people: Vec<f64>,
}

/// The replicates of an [`RsaBootstrap`](crate::metric::rsa::RsaBootstrap), from which estimates of
/// models, of their differences, and of their distances from the ceiling are computed.
///
/// Models are indexed in the order in which they were given, 0-based.
#[derive(Debug, Clone)]
pub struct RsaReplicates {
    pub(super) observed: Vec<f64>,
    pub(super) replicates: Vec<Replicate>,
    pub(super) resample: Resample,
    pub(super) n_models: usize,
    pub(super) n_stimuli: usize,
    pub(super) n_people: usize,
    pub(super) n_undefined: usize,
    pub(super) has_ceiling: bool,
}

impl RsaReplicates {
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

    /// Returns the lower noise ceiling; `None` if it was not requested.
    pub fn ceiling(&self) -> Option<Estimate> {
        self.of_ceiling()
    }

    /// Returns a model minus the lower noise ceiling, both as means over participants; `None` if
    /// the ceiling was not requested. The difference is 0 for a model that predicts participants as
    /// well as other participants do.
    ///
    /// # Panics
    /// Panics if `model` is out of range and the ceiling was requested.
    pub fn against_ceiling(&self, model: usize) -> Option<Estimate> {
        self.minus_ceiling(model)
    }

    /// Returns a model divided by the lower noise ceiling, both as means over participants, with a
    /// standard error that includes the errors of both and their covariance, to first order; `None`
    /// if the ceiling was not requested or is not above 0.
    ///
    /// # Panics
    /// Panics if `model` is out of range and the ceiling was requested.
    pub fn relative(&self, model: usize) -> Option<Estimate> {
        self.over_ceiling(model)
    }

    /// Compares every two models by their means over participants: (0,1), (0,2), …, (1,2), ….
    pub fn compare(&self, confidence: Confidence) -> Vec<Comparison> {
        self.differences(confidence)
    }

    /// Returns the number of replicates with too few different stimuli for a comparison; they are
    /// ignored.
    pub fn n_undefined(&self) -> usize {
        self.n_undefined
    }

    /// Returns the reason why the intervals are imprecise, if few stimuli or participants were
    /// drawn from.
    pub fn caution(&self) -> Option<RsaCaution> {
        RsaCaution::new(self.resample, self.n_stimuli, self.n_people)
    }
}

impl Columns for RsaReplicates {
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
        let of = |columns: &[f64]| -> f64 {
            let terms = terms.iter();
            terms
                .map(|&(column, weight)| weight * columns[column])
                .sum()
        };
        let variance = |drawn: fn(&Replicate) -> &Vec<f64>| {
            let n = self.replicates.len() as f64;
            let values = || self.replicates.iter().map(|replicate| of(drawn(replicate)));
            let mean = values().sum::<f64>() / n;
            values().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)
        };
        let (variance, fewest) = match self.resample {
            Resample::Stimuli => (
                small_sample(self.n_stimuli) * variance(|drawn| &drawn.stimuli),
                self.n_stimuli,
            ),
            Resample::People => (
                small_sample(self.n_people) * variance(|drawn| &drawn.people),
                self.n_people,
            ),
            Resample::Both => {
                let variances = ReplicateVariances {
                    both: variance(|drawn| &drawn.both),
                    stimuli: variance(|drawn| &drawn.stimuli),
                    people: variance(|drawn| &drawn.people),
                };
                let variance = dual_variance(variances, self.n_stimuli, self.n_people);
                (variance, self.n_stimuli.min(self.n_people))
            }
        };
        Estimate {
            value: of(&self.observed),
            standard_error: Some(variance.sqrt()),
            degrees_of_freedom: fewest as f64 - 1.0,
        }
    }
}

/// A warning that there are few stimuli or participants to generalize from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RsaCaution {
    /// Number of stimuli, if they are few.
    pub n_stimuli: Option<usize>,
    /// Number of participants, if they are few.
    pub n_people: Option<usize>,
}

impl RsaCaution {
    /// Number below which stimuli are few.
    pub const STIMULI: usize = 20;

    /// Number below which participants are few.
    pub const PEOPLE: usize = 5;

    /// Returns the caution for conclusions about the sampled population, if any.
    pub(super) fn new(over: Resample, n_stimuli: usize, n_people: usize) -> Option<Self> {
        let few_stimuli = over.draws_stimuli() && n_stimuli < Self::STIMULI;
        let few_people = over.draws_people() && n_people < Self::PEOPLE;
        (few_stimuli || few_people).then_some(Self {
            n_stimuli: few_stimuli.then_some(n_stimuli),
            n_people: few_people.then_some(n_people),
        })
    }
}

impl std::fmt::Display for RsaCaution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("intervals and p-values are imprecise, because a sample of only ")?;
        match (self.n_stimuli, self.n_people) {
            (Some(stimuli), Some(people)) => write!(f, "{stimuli} stimuli and {people} people")?,
            (Some(stimuli), None) => write!(f, "{stimuli} stimuli")?,
            (None, people) => write!(f, "{} people", people.unwrap_or_default())?,
        }
        f.write_str(" generalizes poorly")
    }
}
