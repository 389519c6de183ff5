//! Representational similarity analysis (RSA): comparison of the representational dissimilarity
//! matrix (RDM) of a model with the RDMs of participants (Kriegeskorte, Mur & Bandettini 2008).
//!
//! - [`RepresentationalSimilarity`]: the metric, with an [`RsaNoiseCeiling`] and, for standard
//!   errors and intervals, an optional [`RsaVariance`] or [`RsaBootstrap`].
//! - [`Comparator`]: the measure of the similarity of two RDMs, also partial and semipartial.
//! - [`PermutationTest`]: a test for any relation of two RDMs.
//! - [`WeightedModel`]: a weighted sum of feature RDMs, fitted to participants and cross-validated.

mod bootstrap;
mod ceiling;
mod columns;
mod comparator;
mod cross_validation;
mod estimates;
mod geometry;
mod influence;
mod kendall;
mod nnls;
mod partial;
mod permutation;
mod prepared;
mod replicates;
mod score;
mod two_way;
mod variance;
mod weighted;

pub use bootstrap::RsaBootstrap;
pub use ceiling::RsaNoiseCeiling;
pub use comparator::Comparator;
pub use cross_validation::{RsaCrossValidationResult, RsaFoldResult, RsaFolds};
pub use estimates::RsaEstimates;
pub use permutation::{PermutationResult, PermutationTest};
pub use replicates::{RsaCaution, RsaReplicates};
pub use score::{RsaIntervalMethod, RsaScore};
pub use variance::RsaVariance;
pub use weighted::{WeightedModel, WeightedModelFit};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Context, Error, Result, at_least};
use crate::inference::{Comparison, Confidence, Estimate};
use crate::linalg::pair_index;
use crate::metric::AlignmentMetric;
use crate::metric::rsa::columns::Columns;
use crate::rdm::{Dissimilarity, Rdm, RdmSet, Scaling};
use crate::representation::Representation;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod variance_tests;

/// Representational similarity analysis: comparison of the RDM of a representation with the RDMs of
/// participants.
///
/// | setting | default |
/// |---|---|
/// | dissimilarity | [`Dissimilarity::Correlation`] |
/// | comparator | [`Comparator::Spearman`] |
/// | confidence | 0.95 |
/// | bootstrap, analytic variance | none |
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
    bootstrap: Option<RsaBootstrap>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    variance: Option<RsaVariance>,
}

impl RepresentationalSimilarity {
    /// Creates a metric with the given dissimilarity and comparator, without standard errors.
    pub fn new(dissimilarity: Dissimilarity, comparator: Comparator) -> Self {
        Self {
            dissimilarity,
            comparator,
            ..Self::default()
        }
    }

    /// Sets the confidence level of intervals.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Adds the standard errors and intervals of a bootstrap to scores, instead of those of an
    /// analytic variance.
    #[must_use]
    pub fn with_bootstrap(mut self, bootstrap: RsaBootstrap) -> Self {
        self.bootstrap = Some(bootstrap);
        self.variance = None;
        self
    }

    /// Adds the standard errors and intervals of the analytic variance to scores, instead of those
    /// of a bootstrap.
    #[must_use]
    pub fn with_variance(mut self, variance: RsaVariance) -> Self {
        self.variance = Some(variance);
        self.bootstrap = None;
        self
    }

    /// Returns the dissimilarity from which RDMs of representations are computed.
    pub fn dissimilarity(&self) -> Dissimilarity {
        self.dissimilarity
    }

    /// Returns the comparator of RDMs.
    pub fn comparator(&self) -> Comparator {
        self.comparator
    }

    /// Scores an RDM. It may contain more stimuli than the participants judged.
    ///
    /// # Errors
    /// Returns the same errors as [`RepresentationalSimilarity::evaluate`].
    pub fn score_rdm(&self, model: &Rdm, people: &RdmSet) -> Result<RsaScore> {
        let mut evaluation = self.evaluate(&[model], people)?;
        Ok(evaluation.scores.remove(0))
    }

    /// Scores several models, and with a variance or a bootstrap compares every two of them. The
    /// computations that depend on participants only are done once.
    ///
    /// Sessions of a participant are averaged first ([`RdmSet::by_participant`], unscaled).
    ///
    /// # Errors
    /// - Returns `ArgumentError::TooFew` if there are fewer than three stimuli.
    /// - Returns `StimuliError::Missing` if a model lacks stimuli that participants judged.
    /// - Returns the same errors as [`Comparator::compare`] and [`RsaNoiseCeiling::new`], with a
    ///   variance of [`RsaVariance::run`], and with a bootstrap of [`RsaBootstrap::run`].
    ///
    /// With several models, errors of a model are wrapped in [`Context::Rdm`] with its 0-based
    /// position.
    pub fn evaluate(&self, models: &[&Rdm], people: &RdmSet) -> Result<RsaResult> {
        // An RDM with a single pair cannot be compared.
        at_least("stimuli", 3, people.stimuli().len())?;
        let n_rdms = people.len();
        let people = &*people.persons()?;
        let mean_person = people.mean(Scaling::None)?;
        let ceiling = match people.len() {
            1 => None,
            _ => Some(RsaNoiseCeiling::new(people, self.comparator)?),
        };
        let scores = models.par_iter().enumerate().map(|(position, model)| {
            let score = self.score_without_error(model, people, &mean_person, &ceiling);
            let score = score.map(|score| RsaScore { n_rdms, ..score });
            score.map_err(|error| match models.len() {
                1 => error,
                _ => error.with_context(Context::Model(position)),
            })
        });
        // The first error is returned, whichever model was scored first.
        let scores: Vec<Result<RsaScore>> = scores.collect();
        let mut evaluation = RsaResult {
            scores: scores.into_iter().collect::<Result<_>>()?,
            comparisons: Vec::new(),
            caution: None,
            n_undefined: 0,
        };
        if let Some(bootstrap) = &self.bootstrap {
            let replicates = bootstrap.run(self.comparator, models, people)?;
            self.add_errors(&mut evaluation, &replicates, RsaIntervalMethod::Bootstrap);
            evaluation.caution = replicates.caution();
            evaluation.n_undefined = replicates.n_undefined();
        }
        if let Some(variance) = &self.variance {
            let estimates = variance.run(self.comparator, models, people)?;
            self.add_errors(&mut evaluation, &estimates, RsaIntervalMethod::Analytic);
            evaluation.caution = estimates.caution();
        }
        Ok(evaluation)
    }

    /// Adds standard errors, intervals and comparisons to scores.
    fn add_errors(&self, result: &mut RsaResult, columns: &impl Columns, by: RsaIntervalMethod) {
        let interval = |estimate: &Estimate| estimate.interval(self.confidence);
        let of_correlation = |estimate: Estimate| {
            let bounded = |_| interval(&estimate).clamp(-1.0, 1.0);
            (
                estimate.standard_error,
                estimate.standard_error.map(bounded),
            )
        };
        let ceiling = columns.of_ceiling();
        let is_positive = ceiling.is_some_and(|ceiling| interval(&ceiling).lower > 0.0);
        for (model, score) in result.scores.iter_mut().enumerate() {
            score.interval_method = Some(by);
            (score.standard_error, score.interval) = of_correlation(columns.of_mean_person(model));
            (score.standard_error_per_person, score.interval_per_person) =
                of_correlation(columns.of_person(model));
            score.against_ceiling = columns.minus_ceiling(model);
            let relative = columns.over_ceiling(model).filter(|_| is_positive);
            score.standard_error_relative = relative.and_then(|relative| relative.standard_error);
            score.interval_relative = relative.map(|relative| interval(&relative));
        }
        result.comparisons = columns.differences(self.confidence);
    }

    fn score_without_error(
        &self,
        model: &Rdm,
        people: &RdmSet,
        mean_person: &Rdm,
        ceiling: &Option<RsaNoiseCeiling>,
    ) -> Result<RsaScore> {
        let model = model.select(people.stimuli())?;
        let value = self.comparator.compare(&model, mean_person)?;
        let compare = |(person, rdm)| {
            let value = self.comparator.compare(&model, rdm);
            value.map_err(|error: Error| error.in_rdm(person))
        };
        let per_person: Vec<f64> = people.iter().map(compare).collect::<Result<_>>()?;
        let mean_per_person = ceiling::mean(&per_person);
        let lower = ceiling.as_ref().map(|ceiling| ceiling.lower);
        Ok(RsaScore {
            comparator: self.comparator,
            value,
            interval: None,
            standard_error: None,
            interval_method: None,
            confidence: self.confidence,
            mean_per_person,
            interval_per_person: None,
            standard_error_per_person: None,
            per_person,
            ceiling: ceiling.clone(),
            relative: lower
                .filter(|&lower| lower > 0.0)
                .map(|lower| mean_per_person / lower),
            interval_relative: None,
            standard_error_relative: None,
            against_ceiling: None,
            n_people: people.len(),
            n_rdms: people.len(),
            n_stimuli: people.stimuli().len(),
        })
    }
}

/// Scores of several models and comparisons between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RsaResult {
    /// Score of each model.
    pub scores: Vec<RsaScore>,
    /// Comparison of every two models by their means over participants: (0,1), (0,2), …, (1,2), ….
    /// Empty without a variance or a bootstrap.
    pub comparisons: Vec<Comparison>,
    /// Reason why intervals are imprecise, if there are few stimuli or participants.
    pub caution: Option<RsaCaution>,
    /// Number of replicates of the bootstrap that are undefined for a model; they are ignored for all
    /// models.
    #[serde(default)]
    pub n_undefined: usize,
}

impl RsaResult {
    /// Returns the comparison of a model with another; `None` without a variance or a bootstrap, and
    /// if there are no such two models.
    pub fn comparison(&self, first: usize, second: usize) -> Option<Comparison> {
        let (n, low, high) = (self.scores.len(), first.min(second), first.max(second));
        let is_pair = low < high && high < n;
        let place = is_pair.then(|| pair_index(n, low, high))?;
        let found = self.comparisons.get(place)?.clone();
        Some(if first < second {
            found
        } else {
            found.reversed()
        })
    }
}

impl AlignmentMetric<RdmSet> for RepresentationalSimilarity {
    type Score = RsaScore;

    /// Scores the representation of the stimuli that participants judged.
    ///
    /// # Errors
    /// Returns the same errors as [`Dissimilarity::rdm`] and
    /// [`RepresentationalSimilarity::score_rdm`].
    fn score(&self, representation: &Representation, people: &RdmSet) -> Result<RsaScore> {
        let representation = representation.select(people.stimuli())?;
        self.score_rdm(&self.dissimilarity.rdm(&representation)?, people)
    }
}
