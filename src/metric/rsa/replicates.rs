//! What the replicates of a bootstrap say.

use serde::{Deserialize, Serialize};

use crate::inference::{
    Comparison, Confidence, Estimate, ReplicateVariances, Resample, dual_variance, small_sample,
};

/// One replicate: for each way of drawing, the mean over people of each model, each model against
/// the mean person, and the ceiling where it was asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Replicate {
    pub both: Vec<f64>,
    pub stimuli: Vec<f64>,
    pub people: Vec<f64>,
}

/// What a [`Bootstrap`](crate::metric::rsa::Bootstrap) found: estimates of models, of their differences, and of how far they are
/// from the ceiling.
///
/// Models are counted in the order in which they were given.
#[derive(Debug, Clone)]
pub struct Replicates {
    pub(super) observed: Vec<f64>,
    pub(super) replicates: Vec<Replicate>,
    pub(super) resample: Resample,
    pub(super) n_models: usize,
    pub(super) n_stimuli: usize,
    pub(super) n_people: usize,
    pub(super) n_undefined: usize,
    pub(super) has_ceiling: bool,
}

impl Replicates {
    /// The mean over people of the comparison of a model with each of them.
    ///
    /// # Panics
    /// Where there is no such model.
    pub fn per_person(&self, model: usize) -> Estimate {
        self.estimate(self.column(model), None)
    }

    /// A model against the plain mean of the people's RDMs.
    ///
    /// # Panics
    /// Where there is no such model.
    pub fn against_mean_person(&self, model: usize) -> Estimate {
        self.estimate(self.n_models + self.column(model), None)
    }

    /// The lower noise ceiling, where it was asked for.
    pub fn ceiling(&self) -> Option<Estimate> {
        self.has_ceiling
            .then(|| self.estimate(2 * self.n_models, None))
    }

    /// A model minus the lower noise ceiling, both as means over people, where a ceiling was asked
    /// for. A model that predicts people as well as other people do is at 0.
    ///
    /// # Panics
    /// Where there is no such model.
    pub fn against_ceiling(&self, model: usize) -> Option<Estimate> {
        let ceiling = 2 * self.n_models;
        self.has_ceiling
            .then(|| self.estimate(self.column(model), Some(ceiling)))
    }

    /// Compares every two models, by their means over people: (0,1), (0,2), …, (1,2), ….
    pub fn compare(&self, confidence: Confidence) -> Vec<Comparison> {
        let pairs = (0..self.n_models)
            .flat_map(|first| (first + 1..self.n_models).map(move |second| (first, second)));
        let differences = pairs
            .map(|(first, second)| (first, second, self.estimate(first, Some(second))))
            .collect();
        Comparison::of_differences(differences, confidence, [-2.0, 2.0])
    }

    /// Replicates that drew too few different stimuli to compare anything, and say nothing.
    pub fn n_undefined(&self) -> usize {
        self.n_undefined
    }

    /// Why the intervals should be read with care, where few stimuli or people were drawn from.
    pub fn caution(&self) -> Option<Caution> {
        let few_stimuli = self.resample.draws_stimuli() && self.n_stimuli < Caution::STIMULI;
        let few_people = self.resample.draws_people() && self.n_people < Caution::PEOPLE;
        (few_stimuli || few_people).then_some(Caution {
            n_stimuli: few_stimuli.then_some(self.n_stimuli),
            n_people: few_people.then_some(self.n_people),
        })
    }

    fn column(&self, model: usize) -> usize {
        assert!(model < self.n_models, "there are {} models", self.n_models);
        model
    }

    /// The estimate of a column, or of its difference from another.
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

/// So few stimuli or people were drawn from that a bootstrap knows little about others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caution {
    /// The number of stimuli, where they are few.
    pub n_stimuli: Option<usize>,
    /// The number of people, where they are few.
    pub n_people: Option<usize>,
}

impl Caution {
    /// Fewer stimuli than these are few.
    pub const STIMULI: usize = 20;

    /// Fewer people than these are few.
    pub const PEOPLE: usize = 5;
}

impl std::fmt::Display for Caution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("intervals and p-values are rough, because a bootstrap that draws from ")?;
        match (self.n_stimuli, self.n_people) {
            (Some(stimuli), Some(people)) => write!(f, "{stimuli} stimuli and {people} people")?,
            (Some(stimuli), None) => write!(f, "{stimuli} stimuli")?,
            (None, people) => write!(f, "{} people", people.unwrap_or_default())?,
        }
        f.write_str(" tells little about others")
    }
}
