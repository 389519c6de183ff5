//! Summary scores of calibration.

use serde::{Deserialize, Serialize};

use crate::calibration::predictions::Prediction;
use crate::calibration::{Bins, Predictions, ReliabilityTarget};
use crate::inference::{Confidence, Estimate};
use crate::judgment::Task;

/// The agreement of probabilities with human choices, computed by [`Predictions::score`].
///
/// Means are over answers (over questions, weighted by the number of answers). Standard errors are
/// those of [`inference`](crate::inference): for new objects, and for new participants if the
/// choices have participants.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalibrationScore {
    /// Number of questions.
    pub n_questions: u64,
    /// Number of answers, or the sum of the weights of the questions.
    pub weight: f64,
    /// Number of questions with several most similar pairs.
    pub n_ties: u64,
    /// The share of answers that are the predicted pair, in [0, 1].
    pub accuracy: Estimate,
    /// The mean probability of the predicted pair, in [1/3, 1] ([1/2, 1] for anchored questions).
    pub mean_confidence: f64,
    /// The mean −ln p of the chosen pair, in nats.
    pub cross_entropy: Estimate,
    /// The mean entropy of the probabilities, in nats. If it is less than the cross-entropy, the
    /// probabilities are overconfident on average.
    pub mean_entropy: f64,
    /// The Brier score (Brier 1950), in [0, 2]: the mean over answers of Σ (p − y)² over the pairs,
    /// where y is 1 for the chosen pair and 0 for the others.
    pub brier: Estimate,
    /// The mean of Σ (p − share)² over the pairs, with the share of answers that chose each pair:
    /// the Brier score without the disagreement between participants. It equals the Brier score if
    /// each question has one answer.
    pub brier_of_shares: Estimate,
    /// The expected calibration error of the predicted pair, in [0, 1].
    pub expected_calibration_error: f64,
    /// The maximum calibration error of the predicted pair, in [0, 1].
    pub maximum_calibration_error: f64,
    /// The expected calibration error of all pairs, in [0, 1].
    pub every_pair_calibration_error: f64,
    /// The bins of the calibration errors.
    pub bins: Bins,
    /// The confidence level of intervals.
    pub confidence: Confidence,
}

impl CalibrationScore {
    pub(super) fn new<T: Task>(predictions: &Predictions<T>, bins: Bins) -> Self {
        let all = &predictions.predictions;
        let questions: Vec<usize> = (0..all.len()).collect();
        let mean = |of: &dyn Fn(&Prediction) -> f64| {
            predictions.mean(&questions, |&question| question, |_, answered| of(answered))
        };
        let weight: f64 = all.iter().map(|prediction| prediction.weight).sum();
        let plain_mean = |of: fn(&Prediction) -> f64| {
            let sum: f64 = all
                .iter()
                .map(|prediction| of(prediction) * prediction.weight)
                .sum();
            sum / weight
        };
        let top = predictions.reliability(ReliabilityTarget::TopPair, bins);
        let every = predictions.reliability(ReliabilityTarget::EveryPair, bins);
        Self {
            n_questions: all.len() as u64,
            weight,
            n_ties: all.iter().filter(|prediction| prediction.is_tie()).count() as u64,
            accuracy: mean(&|prediction| prediction.accuracy(predictions.ties, T::N_PAIRS)),
            mean_confidence: plain_mean(Prediction::confidence),
            cross_entropy: mean(&Prediction::surprisal),
            mean_entropy: plain_mean(|prediction| prediction.entropy),
            brier: mean(&brier),
            brier_of_shares: predictions.mean(
                &questions,
                |&question| question,
                |&question, _| brier_of_shares(&all[question]),
            ),
            expected_calibration_error: top.expected_calibration_error,
            maximum_calibration_error: top.maximum_calibration_error,
            every_pair_calibration_error: every.expected_calibration_error,
            bins,
            confidence: predictions.confidence,
        }
    }
}

/// Computes the mean over answers of Σ (p − y)² = Σ p² − 2 p of the chosen pair + 1.
fn brier(prediction: &Prediction) -> f64 {
    let pairs = prediction.probabilities.into_iter().zip(prediction.shares);
    1.0 + pairs.map(|(p, share)| p * p - 2.0 * p * share).sum::<f64>()
}

fn brier_of_shares(prediction: &Prediction) -> f64 {
    let pairs = prediction.probabilities.into_iter().zip(prediction.shares);
    pairs.map(|(p, share)| (p - share).powi(2)).sum()
}
