//! Results of a bootstrap.

use serde::{Deserialize, Serialize};

use crate::inference::{
    Comparison, Confidence, Estimate, ReplicateVariances, Resample, dual_variance, small_sample,
};

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
        self.estimate(self.column(model), None)
    }

    /// Returns the comparison of a model with the unscaled mean of the participants' RDMs.
    ///
    /// # Panics
    /// Panics if `model` is out of range.
    pub fn against_mean_person(&self, model: usize) -> Estimate {
        self.estimate(self.n_models + self.column(model), None)
    }

    /// Returns the lower noise ceiling; `None` if it was not requested.
    pub fn ceiling(&self) -> Option<Estimate> {
        self.has_ceiling
            .then(|| self.estimate(2 * self.n_models, None))
    }

    /// Returns a model minus the lower noise ceiling, both as means over participants; `None` if
    /// the ceiling was not requested. The difference is 0 for a model that predicts participants as
    /// well as other participants do.
    ///
    /// # Panics
    /// Panics if `model` is out of range and the ceiling was requested.
    pub fn against_ceiling(&self, model: usize) -> Option<Estimate> {
        let ceiling = 2 * self.n_models;
        self.has_ceiling
            .then(|| self.estimate(self.column(model), Some(ceiling)))
    }

    /// Compares every two models by their means over participants: (0,1), (0,2), …, (1,2), ….
    pub fn compare(&self, confidence: Confidence) -> Vec<Comparison> {
        let pairs = (0..self.n_models)
            .flat_map(|first| (first + 1..self.n_models).map(move |second| (first, second)));
        let differences = pairs
            .map(|(first, second)| (first, second, self.estimate(first, Some(second))))
            .collect();
        Comparison::of_differences(differences, confidence, [-2.0, 2.0])
    }

    /// Returns the number of replicates with too few different stimuli for a comparison; they are
    /// ignored.
    pub fn n_undefined(&self) -> usize {
        self.n_undefined
    }

    /// Returns the reason why the intervals are imprecise, if few stimuli or participants were
    /// drawn from.
    pub fn caution(&self) -> Option<RsaCaution> {
        let few_stimuli = self.resample.draws_stimuli() && self.n_stimuli < RsaCaution::STIMULI;
        let few_people = self.resample.draws_people() && self.n_people < RsaCaution::PEOPLE;
        (few_stimuli || few_people).then_some(RsaCaution {
            n_stimuli: few_stimuli.then_some(self.n_stimuli),
            n_people: few_people.then_some(self.n_people),
        })
    }

    fn column(&self, model: usize) -> usize {
        assert!(model < self.n_models, "there are {} models", self.n_models);
        model
    }

    /// Computes the estimate of a column, or of its difference from another column.
    fn estimate(&self, column: usize, minus: Option<usize>) -> Estimate {
        let of = |columns: &[f64]| columns[column] - minus.map_or(0.0, |minus| columns[minus]);
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

/// A warning that the bootstrap drew from few stimuli or participants, so that its results may not
/// generalize.
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
}

impl std::fmt::Display for RsaCaution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("intervals and p-values are imprecise, because a bootstrap over only ")?;
        match (self.n_stimuli, self.n_people) {
            (Some(stimuli), Some(people)) => write!(f, "{stimuli} stimuli and {people} people")?,
            (Some(stimuli), None) => write!(f, "{stimuli} stimuli")?,
            (None, people) => write!(f, "{} people", people.unwrap_or_default())?,
        }
        f.write_str(" generalizes poorly")
    }
}
