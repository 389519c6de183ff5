//! What is computed of one model on one data set, metric by metric.

use serde::{Deserialize, Serialize};

use super::row::{Metric, PlottedValue};
use crate::agreement::PairAgreement;
use crate::calibration::{Bins, Predictions, TemperatureScaling};
use crate::error::Result;
use crate::inference::{Comparison, Credit, Estimate, Interval, clustered_mean};
use crate::judgment::{ChoiceFrequencies, Task, Trials};
use crate::metric::AlignmentMetric;
use crate::metric::odd_one_out::{OddOneOutScore, ZeroShotOddOneOut};
use crate::metric::rsa::{self, RepresentationalSimilarity};
use crate::probe::ProbeCrossValidation;
use crate::rdm::{Dissimilarity, RdmSet};
use crate::representation::Representation;
use crate::similarity::Similarity;
use crate::transfer::{PairedMetric, transfer, transfer_across};
use crate::transform::LinearTransform;

/// A number and what it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Found {
    pub metric: Metric,
    pub measured: PlottedValue,
}

impl Found {
    fn new(metric: Metric, measured: PlottedValue) -> Self {
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
    let accuracy = scored(&score, trials, ceiling);
    let cross_entropy = PlottedValue::plain(score.cross_entropy, score.n_trials);
    Ok(vec![
        Found::new(Metric::ZeroShot { similarity }, accuracy),
        Found::new(Metric::CrossEntropy { similarity }, cross_entropy),
    ])
}

/// An accuracy, whose error is at the level of objects.
fn scored<T: Task>(
    score: &OddOneOutScore,
    trials: &Trials<T>,
    ceiling: Option<Interval>,
) -> PlottedValue {
    let fewest = trials.shown().len().min(trials.len());
    let estimate = Estimate {
        value: score.accuracy,
        standard_error: score.standard_error,
        degrees_of_freedom: fewest as f64 - 1.0,
    };
    PlottedValue {
        n_ties: Some(score.n_ties),
        ..accuracy(estimate, ceiling, trials.len())
    }
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
    validation: &ProbeCrossValidation,
    features: &Representation,
    trials: &Trials<T>,
    ceiling: Option<Interval>,
) -> Result<Vec<Found>> {
    let pooled = validation.run(features, trials)?.pooled;
    let both = [
        (Metric::Probed, pooled.probed.accuracy),
        (Metric::NotProbed, pooled.zero_shot.accuracy),
    ];
    let of_both =
        |(metric, estimate)| Found::new(metric, accuracy(estimate, ceiling, pooled.n_trials));
    let mut found: Vec<Found> = both.map(of_both).into();
    found.extend(gain(
        Metric::ProbeGain,
        Some(pooled.difference),
        pooled.n_trials,
    ));
    Ok(found)
}

/// The transform that a probe learns from all trials.
pub(super) fn learn<T: Task>(
    validation: &ProbeCrossValidation,
    features: &Representation,
    trials: &Trials<T>,
) -> Result<LinearTransform> {
    let (probe, _) = validation.choose(features, trials)?;
    let fit = probe.fit(features, &ChoiceFrequencies::from_trials(trials))?;
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
    let accuracy = scored(&score, trials, ceiling);
    let mut found = vec![Found::new(
        Metric::TransferResult { from: from.clone() },
        accuracy,
    )];
    let metric = Metric::TransferGain { from };
    found.extend(gain(metric, transferred.difference, trials.len()));
    Ok(found)
}

/// Against the mean person and against each, the latter with the ceiling.
pub(super) fn rsa(score: &rsa::RsaScore, dissimilarity: Option<Dissimilarity>) -> Vec<Found> {
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
        let measured = PlottedValue {
            standard_error: score.standard_error_per_person,
            degrees_of_freedom: degrees_of_freedom(score, score.standard_error_per_person),
            interval: score.interval_per_person,
            ceiling: score.ceiling.as_ref().map(|ceiling| Interval {
                lower: ceiling.lower,
                upper: ceiling.upper,
            }),
            ..PlottedValue::plain(score.mean_per_person, n_pairs(score))
        };
        found.push(Found::new(per_person, measured));
    }
    found
}

fn against_mean_person(score: &rsa::RsaScore) -> PlottedValue {
    PlottedValue {
        standard_error: score.standard_error,
        degrees_of_freedom: degrees_of_freedom(score, score.standard_error),
        interval: score.interval,
        ..PlottedValue::plain(score.value, n_pairs(score))
    }
}

/// Those of the bootstrap of [`Measures::rsa_metric`](super::Measures).
fn degrees_of_freedom(score: &rsa::RsaScore, standard_error: Option<f64>) -> Option<f64> {
    let fewest = match score.n_people {
        1 => score.n_stimuli,
        n_people => n_people.min(score.n_stimuli),
    };
    standard_error.map(|_| fewest as f64 - 1.0)
}

fn n_pairs(score: &rsa::RsaScore) -> u64 {
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

fn accuracy(estimate: Estimate, ceiling: Option<Interval>, n_trials: usize) -> PlottedValue {
    let measured = PlottedValue::estimated(estimate, n_trials as u64);
    PlottedValue {
        interval: measured.interval.map(|interval| interval.clamp(0.0, 1.0)),
        ceiling,
        ..measured
    }
}

pub(super) fn gain(metric: Metric, difference: Option<Comparison>, n: usize) -> Vec<Found> {
    let found = difference.map(|difference| {
        Found::new(
            metric,
            PlottedValue::estimated(difference.difference, n as u64),
        )
    });
    found.into_iter().collect()
}

/// At the temperature that suits these choices best. Where that is at neither end, how far probabilities can
/// be believed then; one number is fitted, so that other trials are needed to tell only where these are few.
pub(super) fn calibration<T: Task>(
    metric: &ZeroShotOddOneOut,
    bins: Bins,
    features: &Representation,
    trials: &Trials<T>,
) -> Result<Vec<Found>> {
    let similarity = metric.similarity();
    let choices = ChoiceFrequencies::from_trials(trials);
    let fit = TemperatureScaling::new(similarity).fit(features, &choices)?;
    let n = trials.len() as u64;
    let cross_entropy = Metric::ScaledCrossEntropy { similarity };
    let Some(temperature) = fit.temperature() else {
        let limit = PlottedValue::plain(fit.cross_entropy_after, n);
        return Ok(vec![Found::new(cross_entropy, limit)]);
    };
    let metric = metric.with_temperature(temperature)?;
    let score = Predictions::from_metric(&metric, features, &choices)?.score(bins);
    let numbers = [
        (
            Metric::Temperature { similarity },
            PlottedValue::plain(temperature, n),
        ),
        (
            cross_entropy,
            PlottedValue::estimated(score.cross_entropy, n),
        ),
        (
            Metric::CalibrationError { similarity },
            PlottedValue::plain(score.expected_calibration_error, n),
        ),
        (
            Metric::Brier { similarity },
            PlottedValue::estimated(score.brier, n),
        ),
    ];
    let found = numbers.map(|(metric, measured)| Found::new(metric, measured));
    Ok(found.into())
}

/// A κ, where there is one.
pub(super) fn kappa(metric: Metric, pair: &PairAgreement, n: usize) -> Option<Found> {
    let measured = PlottedValue {
        interval: pair.kappa_interval,
        ..PlottedValue::estimated(pair.kappa?, n as u64)
    };
    Some(Found::new(metric, measured))
}
