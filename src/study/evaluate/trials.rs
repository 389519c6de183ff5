//! The measures of a model on trials: zero-shot accuracy, calibration, agreement, probe and
//! transfer.

use serde::Serialize;

use super::subject::{Content, Found, Subject};
use crate::agreement::PairAgreement;
use crate::calibration::{Bins, Predictions, ReliabilityTarget, TemperatureScaling};
use crate::error::Result;
use crate::inference::{Comparison, Confidence, Estimate, clustered_mean};
use crate::judgment::{ChoiceFrequencies, Task, Trials};
use crate::metric::AlignmentMetric;
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::probe::ProbeCrossValidation;
use crate::representation::Representation;
use crate::similarity::Similarity;
use crate::study::table::{Contrast, Measurement, Metric, MetricQuantity, StudyRow};
use crate::transfer::{PairedMetric, transfer_across};
use crate::transform::LinearTransform;

/// Returns the rows of all measures that need no other data set and no other model.
pub(super) fn rows<T: Task>(
    subject: &Subject<'_>,
    content: &Content<'_>,
    trials: &Trials<T>,
) -> Result<Vec<StudyRow>> {
    let measures = &subject.run.study.measures;
    let features = match content {
        Content::Features(features) => features,
        Content::Choices(credits) => {
            let metric = Metric::of(MetricQuantity::Agreement);
            return subject.find(metric.clone(), (), None, || {
                let measured = accuracy(clustered_mean(trials, credits)?, trials.len());
                Ok(vec![(metric, measured)])
            });
        }
        Content::Rdm(_) | Content::Nothing => return Ok(Vec::new()),
    };
    let mut rows = Vec::new();
    for (position, metric) in measures.zero_shot.iter().enumerate() {
        let of_metric = Metric::of(MetricQuantity::Accuracy(metric.similarity()));
        rows.extend(subject.find(of_metric.clone(), metric, None, || {
            zero_shot(metric, features, trials)
        })?);
        for over in &measures.zero_shot[..position] {
            let gain = of_metric
                .clone()
                .against(Contrast::Similarity(over.similarity()));
            rows.extend(subject.find(gain.clone(), (metric, over), None, || {
                let both = [metric, over].map(|metric| (metric, features));
                let (_, difference) = ZeroShotOddOneOut::score_both(both, trials)?;
                Ok(difference_of(gain, difference, trials.len()))
            })?);
        }
    }
    let metric = measures.first_zero_shot();
    if let Some(bins) = measures.calibration {
        let name = Metric::of(MetricQuantity::ScaledCrossEntropy(metric.similarity()));
        rows.extend(subject.find(name, (metric, bins), None, || {
            calibration(&metric, bins, features, trials)
        })?);
    }
    if let Some(validation) = measures.probe()
        && subject.model.is_probed_on(subject.dataset.name)
    {
        let name = Metric::of(MetricQuantity::Probed);
        let seed = Some(validation.seed());
        rows.extend(subject.find(name, &validation, seed, || {
            probe(&validation, features, trials)
        })?);
    }
    Ok(rows)
}

fn zero_shot<T: Task>(
    metric: &ZeroShotOddOneOut,
    features: &Representation,
    trials: &Trials<T>,
) -> Result<Vec<Found>> {
    let similarity = metric.similarity();
    let score = metric.score(features, trials)?;
    let cross_entropy = Measurement::from(score.cross_entropy).with_n(score.n_trials);
    let accuracy = Measurement::from(score);
    Ok(vec![
        (Metric::of(MetricQuantity::Accuracy(similarity)), accuracy),
        (
            Metric::of(MetricQuantity::CrossEntropy(similarity)),
            cross_entropy,
        ),
    ])
}

fn probe<T: Task>(
    validation: &ProbeCrossValidation,
    features: &Representation,
    trials: &Trials<T>,
) -> Result<Vec<Found>> {
    let pooled = validation.run(features, trials)?.pooled;
    let n = pooled.n_trials;
    let both = [
        (MetricQuantity::Probed, pooled.probed.accuracy),
        (MetricQuantity::NotProbed, pooled.zero_shot.accuracy),
    ];
    let both = both.map(|(quantity, of)| (Metric::of(quantity), accuracy(of, n)));
    let gain = Metric::of(MetricQuantity::Probed).against(Contrast::Unlearned);
    let gain = difference_of(gain, Some(pooled.difference), n);
    Ok(both.into_iter().chain(gain).collect())
}

/// Returns the transform that a probe learns from all trials.
pub(super) fn learn<T: Task>(
    validation: &ProbeCrossValidation,
    features: &Representation,
    trials: &Trials<T>,
) -> Result<LinearTransform> {
    let (probe, _) = validation.choose(features, trials)?;
    let fit = probe.fit(features, &ChoiceFrequencies::from_trials(trials))?;
    Ok(fit.transform().clone())
}

/// Returns the rows of features after a transform that was learned from another data set: the
/// accuracy by the dot product, for which the transform was learned, and the difference to the
/// first zero-shot metric without the transform.
pub(super) fn transferred<'t, T: Task>(
    subject: &Subject<'_>,
    features: &Representation,
    trials: &Trials<T>,
    from: &str,
    origin: impl Serialize,
    transform: impl FnOnce() -> Result<&'t LinearTransform>,
) -> Result<Vec<StudyRow>> {
    let metric = subject.run.study.measures.first_zero_shot();
    let from = from.to_owned();
    let name = Metric::of(MetricQuantity::Transferred { from });
    subject.find(name.clone(), (metric, origin), None, || {
        let after = metric.with_similarity(Similarity::Dot);
        let found = transfer_across(transform()?, features, trials, [&metric, &after])?;
        let accuracy = Measurement::from(found.after);
        let gain = name.clone().against(Contrast::Unlearned);
        let gain = difference_of(gain, found.difference, trials.len());
        Ok(std::iter::once((name, accuracy)).chain(gain).collect())
    })
}

fn accuracy(estimate: Estimate, n_trials: usize) -> Measurement {
    let within = || estimate.interval_within(Confidence::default(), [0.0, 1.0]);
    Measurement {
        interval: estimate.standard_error.map(|_| within()),
        ..Measurement::from(estimate).with_n(n_trials as u64)
    }
}

/// Returns a paired difference, if it has an uncertainty.
pub(super) fn difference_of(
    metric: Metric,
    difference: Option<Comparison>,
    n: usize,
) -> Vec<Found> {
    let measured = |found: Comparison| Measurement {
        interval: found.difference.standard_error.map(|_| found.interval),
        ..Measurement::from(found.difference).with_n(n as u64)
    };
    difference
        .map(|found| (metric, measured(found)))
        .into_iter()
        .collect()
}

/// Fits the temperature of a metric and scores its probabilities at that temperature; without a
/// finite temperature above 0, returns the limit of the cross-entropy.
///
/// One parameter is fitted, so that held-out trials are needed only if trials are few.
fn calibration<T: Task>(
    metric: &ZeroShotOddOneOut,
    bins: Bins,
    features: &Representation,
    trials: &Trials<T>,
) -> Result<Vec<Found>> {
    use MetricQuantity as Q;
    let similarity = metric.similarity();
    let choices = ChoiceFrequencies::from_trials(trials);
    let fit = TemperatureScaling::new(similarity).fit(features, &choices)?;
    let found = |quantity: fn(Similarity) -> Q, measured: Measurement| {
        (
            Metric::of(quantity(similarity)),
            measured.with_n(trials.len() as u64),
        )
    };
    let Some(temperature) = fit.temperature() else {
        let limit = fit.cross_entropy_after.into();
        return Ok(vec![found(Q::ScaledCrossEntropy, limit)]);
    };
    let metric = metric.with_temperature(temperature)?;
    let predictions = Predictions::from_metric(&metric, features, &choices)?;
    let score = predictions.score(bins);
    let target = ReliabilityTarget::TopPair;
    let error = Measurement {
        interval: Some(predictions.calibration_error(target, bins).interval),
        ..score.expected_calibration_error.into()
    };
    Ok(vec![
        found(Q::Temperature, temperature.into()),
        found(Q::ScaledCrossEntropy, score.cross_entropy.into()),
        found(Q::CalibrationError, error),
        found(Q::Brier, score.brier.into()),
    ])
}

/// Returns Cohen's κ of a pair; `None` if κ is undefined.
pub(super) fn kappa(metric: Metric, pair: &PairAgreement, n: usize) -> Option<Found> {
    let measured = Measurement {
        interval: pair.kappa_interval,
        ..Measurement::from(pair.kappa?).with_n(n as u64)
    };
    Some((metric, measured))
}
