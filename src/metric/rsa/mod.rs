//! Representational similarity analysis: does the geometry match?
//!
//! The RDM of a representation is held against the RDMs of people (Kriegeskorte, Mur & Bandettini
//! 2008).

mod bootstrap;
mod ceiling;
mod comparator;
mod cross_validation;
mod geometry;
mod kendall;
mod nnls;
mod partial;
mod permutation;
mod prepared;
mod replicates;
mod score;
mod weighted;

pub use bootstrap::Bootstrap;
pub use ceiling::Ceiling;
pub use comparator::Comparator;
pub use cross_validation::{CrossValidated, Folds, HeldOut};
pub use permutation::{PermutationResult, PermutationTest};
pub use replicates::{Caution, Replicates};
pub use score::Score;
pub use weighted::{FeatureWeights, WeightedModel};

use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, Context, Error, Result};
use crate::inference::{Comparison, Confidence};
use crate::metric::AlignmentMetric;
use crate::rdm::{Dissimilarity, Rdm, RdmSet, Scaling};
use crate::representation::Representation;

#[cfg(test)]
mod tests;

/// Representational similarity analysis: the RDM of a representation against those of people.
///
/// ```
/// use human_alignment::metric::rsa::{Comparator, RepresentationalSimilarity};
/// use human_alignment::{AlignmentMetric, Dissimilarity, Rdm, RdmSet, Representation, Stimuli};
/// use ndarray::array;
///
/// let animals = Stimuli::new(["cat", "dog", "hen", "duck"])?;
/// let people = RdmSet::numbered(vec![
///     Rdm::new(animals.clone(), vec![0.1, 0.9, 0.8, 0.7, 0.9, 0.2])?,
///     Rdm::new(animals.clone(), vec![0.3, 0.8, 0.9, 0.8, 0.7, 0.1])?,
/// ])?;
/// let features = array![[1.0, 0.1], [0.8, 0.2], [0.2, 0.9], [0.0, 1.0]];
/// let representation = Representation::new(animals, features)?;
/// let metric = RepresentationalSimilarity::new(Dissimilarity::Euclidean, Comparator::Spearman);
/// let score = metric.score(&representation, &people)?;
/// println!("{score}");
/// assert!(score.value > 0.5 && score.ceiling.is_some());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct RepresentationalSimilarity {
    dissimilarity: Dissimilarity,
    comparator: Comparator,
    confidence: Confidence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bootstrap: Option<Bootstrap>,
}

impl RepresentationalSimilarity {
    /// The metric with these, and without a bootstrap.
    pub fn new(dissimilarity: Dissimilarity, comparator: Comparator) -> Self {
        Self {
            dissimilarity,
            comparator,
            ..Self::default()
        }
    }

    /// Sets how often intervals are to cover the truth.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Adds the standard error and the interval of a bootstrap to scores.
    #[must_use]
    pub fn with_bootstrap(mut self, bootstrap: Bootstrap) -> Self {
        self.bootstrap = Some(bootstrap);
        self
    }

    /// How dissimilarities of representations are made.
    pub fn dissimilarity(&self) -> Dissimilarity {
        self.dissimilarity
    }

    /// Scores an RDM that is at hand. It may be over more stimuli than people judged.
    ///
    /// # Errors
    /// As for [`RepresentationalSimilarity::evaluate`].
    pub fn score_rdm(&self, model: &Rdm, people: &RdmSet) -> Result<Score> {
        let mut evaluation = self.evaluate(&[model], people)?;
        Ok(evaluation.scores.remove(0))
    }

    /// Scores several models, and with a bootstrap compares every two of them. What people and the
    /// ceiling ask for is done once.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than three stimuli; [`Error::MissingStimuli`] where a model lacks stimuli that
    /// people judged; otherwise as for
    /// [`Comparator::compare`] and [`Ceiling::of`], and with a bootstrap as for [`Bootstrap::run`];
    /// within [`Error::InRdm`] that counts the model from 0, where there are several.
    pub fn evaluate(&self, models: &[&Rdm], people: &RdmSet) -> Result<Evaluation> {
        if people.stimuli().len() < 3 {
            // A single pair has nothing to be compared with.
            return Err(ArgumentError::TooFew {
                what: "stimuli",
                needed: 3,
                found: people.stimuli().len(),
            }
            .into());
        }
        let mean_person = people.mean(Scaling::None)?;
        let ceiling = match people.len() {
            1 => None,
            _ => Some(Ceiling::of(people, self.comparator)?),
        };
        let scores = models.iter().enumerate().map(|(position, model)| {
            let score = self.score_without_bootstrap(model, people, &mean_person, &ceiling);
            score.map_err(|error| match models.len() {
                1 => error,
                _ => error.with_context(Context::Model(position)),
            })
        });
        let mut evaluation = Evaluation {
            scores: scores.collect::<Result<_>>()?,
            comparisons: Vec::new(),
            caution: None,
        };
        if let Some(bootstrap) = &self.bootstrap {
            let replicates = bootstrap.run(self.comparator, models, people)?;
            for (position, score) in evaluation.scores.iter_mut().enumerate() {
                let estimate = replicates.against_mean_person(position);
                score.standard_error = estimate.standard_error;
                score.interval = Some(estimate.interval(self.confidence).clamp(-1.0, 1.0));
                let estimate = replicates.per_person(position);
                score.standard_error_per_person = estimate.standard_error;
                score.interval_per_person =
                    Some(estimate.interval(self.confidence).clamp(-1.0, 1.0));
            }
            evaluation.comparisons = replicates.compare(self.confidence);
            evaluation.caution = replicates.caution();
        }
        Ok(evaluation)
    }

    fn score_without_bootstrap(
        &self,
        model: &Rdm,
        people: &RdmSet,
        mean_person: &Rdm,
        ceiling: &Option<Ceiling>,
    ) -> Result<Score> {
        let model = model.select(people.stimuli())?;
        let value = self.comparator.compare(&model, mean_person)?;
        let compare = |(person, rdm)| {
            let value = self.comparator.compare(&model, rdm);
            value.map_err(|error: Error| error.in_rdm(person))
        };
        let per_person: Vec<f64> = people.iter().map(compare).collect::<Result<_>>()?;
        let mean_per_person = ceiling::mean(&per_person);
        let lower = ceiling.as_ref().map(|ceiling| ceiling.lower);
        Ok(Score {
            comparator: self.comparator,
            value,
            interval: None,
            standard_error: None,
            confidence: self.confidence,
            mean_per_person,
            interval_per_person: None,
            standard_error_per_person: None,
            per_person,
            ceiling: ceiling.clone(),
            relative: lower
                .filter(|&lower| lower > 0.0)
                .map(|lower| mean_per_person / lower),
            n_people: people.len(),
            n_stimuli: people.stimuli().len(),
        })
    }
}

/// Several models, and how they compare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The score of each model.
    pub scores: Vec<Score>,
    /// Every two models by their means over people: (0,1), (0,2), …, (1,2), …. Empty without a
    /// bootstrap.
    pub comparisons: Vec<Comparison>,
    /// Why intervals should be read with care, where a bootstrap had few stimuli or people.
    pub caution: Option<Caution>,
}

impl AlignmentMetric<RdmSet> for RepresentationalSimilarity {
    type Score = Score;

    /// Scores the representation of the stimuli that people judged.
    ///
    /// # Errors
    /// As for [`Dissimilarity::rdm`] and [`RepresentationalSimilarity::score_rdm`].
    fn score(&self, representation: &Representation, people: &RdmSet) -> Result<Score> {
        let representation = representation.select(people.stimuli())?;
        self.score_rdm(&self.dissimilarity.rdm(&representation)?, people)
    }
}
