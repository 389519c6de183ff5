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
mod score;
mod weighted;

pub use bootstrap::{Bootstrap, Caution, Replicates};
pub use ceiling::Ceiling;
pub use comparator::Comparator;
pub use cross_validation::{CrossValidated, Folds, HeldOut};
pub use permutation::{PermutationResult, PermutationTest};
pub use score::Score;
pub use weighted::{FeatureWeights, WeightedModel};

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::inference::Confidence;
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

    /// Scores an RDM that is at hand. It may be over more stimuli than people judged.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`](crate::Error::MissingStimuli) where it lacks stimuli that people
    /// judged; otherwise as for [`Comparator::compare`] and [`Ceiling::of`], and with a bootstrap as
    /// for [`Bootstrap::run`].
    pub fn score_rdm(&self, model: &Rdm, people: &RdmSet) -> Result<Score> {
        let model = model.select(people.stimuli())?;
        let mean_person = people.mean(Scaling::None)?;
        let value = self.comparator.compare(&model, &mean_person)?;
        let compare = |(person, rdm)| {
            let value = self.comparator.compare(&model, rdm);
            value.map_err(|error: crate::Error| error.in_rdm(person))
        };
        let per_person: Vec<f64> = people.iter().map(compare).collect::<Result<_>>()?;
        let mean_per_person = ceiling::mean(&per_person);
        let ceiling = match people.len() {
            1 => None,
            _ => Some(Ceiling::of(people, self.comparator)?),
        };
        let relative = ceiling
            .as_ref()
            .and_then(|ceiling| (ceiling.lower > 0.0).then(|| mean_per_person / ceiling.lower));
        let estimate = match &self.bootstrap {
            None => None,
            Some(bootstrap) => {
                let replicates = bootstrap.run(self.comparator, &[&model], people)?;
                Some(replicates.against_mean_person(0))
            }
        };
        let interval = estimate.map(|estimate| estimate.interval(self.confidence).clamp(-1.0, 1.0));
        Ok(Score {
            comparator: self.comparator,
            value,
            interval,
            standard_error: estimate.and_then(|estimate| estimate.standard_error),
            confidence: self.confidence,
            mean_per_person,
            per_person,
            ceiling,
            relative,
            n_people: people.len(),
            n_stimuli: people.stimuli().len(),
        })
    }
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
