//! What is computed of one model on one data set, metric by metric.

use serde::{Deserialize, Serialize};

use super::row::{Measured, Metric};
use crate::error::Result;
use crate::inference::{Comparison, Confidence, Credit, Estimate, Interval, clustered_mean};
use crate::judgment::{ChoiceFrequencies, Task, Trials};
use crate::metric::AlignmentMetric;
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::metric::rsa::{self, RepresentationalSimilarity};
use crate::probe::CrossValidation;
use crate::rdm::{Dissimilarity, RdmSet};
use crate::representation::Representation;
use crate::similarity::Similarity;
use crate::transfer::{PairedMetric, transfer, transfer_across};
use crate::transform::LinearTransform;

/// A number and what it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Found {
    pub metric: Metric,
    pub measured: Measured,
}

impl Found {
    fn new(metric: Metric, measured: Measured) -> Self {
        Self { metric, measured }
    }
}

pub(super) fn zero_shot<T: Task>(
    metric: &ZeroShotOddOneOut,
    features: &Representation,
    trials: &Trials<T>,
    ceiling: Option<Interval>,
) -> Result<Vec<Found>> {
    let similarity = metric.similarity();
    let score = metric.score(features, trials)?;
    let accuracy = Measured {
        value: score.accuracy,
        standard_error: score.standard_error,
        interval: Some(score.interval),
        ceiling,
        n: score.n_trials,
        n_ties: score.n_ties,
    };
    let cross_entropy = Measured::plain(score.cross_entropy, score.n_trials);
    Ok(vec![
        Found::new(Metric::ZeroShot { similarity }, accuracy),
        Found::new(Metric::CrossEntropy { similarity }, cross_entropy),
    ])
}

/// The first metric less the second on the same features.
pub(super) fn similarity_gain<T: Task>(
    both: [&ZeroShotOddOneOut; 2],
    features: &Representation,
    trials: &Trials<T>,
) -> Result<Vec<Found>> {
    let metric = Metric::SimilarityGain {
        similarity: both[0].similarity(),
        over: both[1].similarity(),
    };
    let both = both.map(|metric| (metric, features));
    let (_, difference) = ZeroShotOddOneOut::score_both(both, trials)?;
    Ok(gain(metric, difference, trials.len()))
}

/// The share of choices that are those of people, from what each of them earned.
pub(super) fn agreement<T: Task>(
    trials: &Trials<T>,
    credits: &[Credit],
    ceiling: Option<Interval>,
) -> Result<Vec<Found>> {
    let measured = accuracy(clustered_mean(trials, credits)?, ceiling, trials.len());
    Ok(vec![Found::new(Metric::Agreement, measured)])
}

pub(super) fn probe<T: Task>(
    validation: &CrossValidation,
    features: &Representation,
    trials: &Trials<T>,
    ceiling: Option<Interval>,
) -> Result<Vec<Found>> {
    let pooled = validation.run(features, trials)?.pooled;
    let probed = accuracy(pooled.probed.accuracy, ceiling, pooled.n_trials);
    let mut found = vec![Found::new(Metric::Probed, probed)];
    found.extend(gain(
        Metric::ProbeGain,
        Some(pooled.difference),
        pooled.n_trials,
    ));
    Ok(found)
}

/// The transform that a probe learns from all trials.
pub(super) fn learn<T: Task>(
    validation: &CrossValidation,
    features: &Representation,
    trials: &Trials<T>,
) -> Result<LinearTransform> {
    let (probe, _) = validation.choose(features, trials)?;
    let fit = probe.fit(features, &ChoiceFrequencies::of(trials))?;
    Ok(fit.transform().clone())
}

/// Features after a transform that was learned from another data set, by the dot product that it was learned
/// for; and how much better that is than `metric` on the features as they are.
pub(super) fn transferred<T: Task>(
    transform: &LinearTransform,
    from: &str,
    metric: &ZeroShotOddOneOut,
    features: &Representation,
    trials: &Trials<T>,
    ceiling: Option<Interval>,
) -> Result<Vec<Found>> {
    let after = metric.with_similarity(Similarity::Dot);
    let transferred = transfer_across(transform, features, trials, [metric, &after])?;
    let score = transferred.after;
    let from = from.to_owned();
    let accuracy = Measured {
        value: score.accuracy,
        standard_error: score.standard_error,
        interval: Some(score.interval),
        ceiling,
        n: score.n_trials,
        n_ties: score.n_ties,
    };
    let mut found = vec![Found::new(
        Metric::Transferred { from: from.clone() },
        accuracy,
    )];
    let metric = Metric::TransferGain { from };
    found.extend(gain(metric, transferred.difference, trials.len()));
    Ok(found)
}

/// Against the mean person and against each, the latter with the ceiling.
pub(super) fn rsa(score: &rsa::Score, dissimilarity: Option<Dissimilarity>) -> Vec<Found> {
    let comparator = score.comparator;
    let against_mean = Metric::Rsa {
        dissimilarity,
        comparator,
    };
    let per_person = Metric::RsaPerPerson {
        dissimilarity,
        comparator,
    };
    let mut found = vec![Found::new(against_mean, against_mean_person(score))];
    if score.n_people > 1 {
        let measured = Measured {
            value: score.mean_per_person,
            standard_error: score.standard_error_per_person,
            interval: score.interval_per_person,
            ceiling: score.ceiling.as_ref().map(|ceiling| Interval {
                lower: ceiling.lower,
                upper: ceiling.upper,
            }),
            n: n_pairs(score),
            n_ties: 0,
        };
        found.push(Found::new(per_person, measured));
    }
    found
}

fn against_mean_person(score: &rsa::Score) -> Measured {
    Measured {
        value: score.value,
        standard_error: score.standard_error,
        interval: score.interval,
        ceiling: None,
        n: n_pairs(score),
        n_ties: 0,
    }
}

fn n_pairs(score: &rsa::Score) -> u64 {
    let n = score.n_stimuli as u64;
    n * (n - 1) / 2
}

pub(super) fn rsa_transferred(
    transform: &LinearTransform,
    from: &str,
    metric: &RepresentationalSimilarity,
    features: &Representation,
    people: &RdmSet,
) -> Result<Vec<Found>> {
    let transferred = transfer(transform, features, people, metric)?;
    let comparator = transferred.after.comparator;
    let from = from.to_owned();
    let name = Metric::RsaTransferred {
        from: from.clone(),
        comparator,
    };
    let mut found = vec![Found::new(name, against_mean_person(&transferred.after))];
    let name = Metric::RsaTransferGain { from, comparator };
    let n = n_pairs(&transferred.after) as usize;
    found.extend(gain(name, transferred.difference, n));
    Ok(found)
}

fn accuracy(estimate: Estimate, ceiling: Option<Interval>, n_trials: usize) -> Measured {
    Measured {
        value: estimate.value,
        standard_error: estimate.standard_error,
        interval: Some(estimate.interval(Confidence::default()).clamp(0.0, 1.0)),
        ceiling,
        n: n_trials as u64,
        n_ties: 0,
    }
}

pub(super) fn gain(metric: Metric, difference: Option<Comparison>, n: usize) -> Vec<Found> {
    let found = difference.map(|difference| {
        let measured = Measured {
            value: difference.difference.value,
            standard_error: difference.difference.standard_error,
            interval: Some(difference.interval),
            ceiling: None,
            n: n as u64,
            n_ties: 0,
        };
        Found::new(metric, measured)
    });
    found.into_iter().collect()
}
