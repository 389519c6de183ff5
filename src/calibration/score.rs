//! Calibration in a few numbers.

use serde::{Deserialize, Serialize};

use crate::calibration::predictions::Prediction;
use crate::calibration::{Bins, Predictions, ReliabilityTarget};
use crate::inference::{Confidence, Estimate, weighted_mean};
use crate::judgment::Task;

/// How well probabilities agree with choices ([`Predictions::score`]). Means are over answers, or over
/// questions by their weights; standard errors are at the level of objects.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationScore {
    /// Questions.
    pub n_questions: u64,
    /// Answers to them, or the sum of their weights.
    pub weight: f64,
    /// Questions in which several pairs are the most similar.
    pub n_ties: u64,
    /// How often people chose the pair that is predicted, in [0, 1].
    pub accuracy: Estimate,
    /// The mean probability of the pair that is predicted, in [1/3, 1] ([1/2, 1] for anchored questions).
    pub mean_confidence: f64,
    /// The mean of −ln p of the pair that people chose, in nats.
    pub cross_entropy: Estimate,
    /// The mean entropy of the probabilities, in nats. Where it is below the cross-entropy, the
    /// probabilities are too sure on average.
    pub mean_entropy: f64,
    /// The Brier score (Brier 1950): the mean over answers of Σ (p − y)² over the pairs, y being 1 for the
    /// pair that was chosen and 0 for the others; in [0, 2].
    pub brier: Estimate,
    /// The mean of Σ (p − share)² over the pairs, with the share of answers that chose each pair: what is
    /// left of the Brier score without the disagreement of people. The same where each question has one
    /// answer.
    pub brier_of_shares: Estimate,
    /// The expected calibration error of the pair that is predicted.
    pub expected_calibration_error: f64,
    /// The maximum calibration error of the pair that is predicted.
    pub maximum_calibration_error: f64,
    /// The expected calibration error of every pair.
    pub every_pair_calibration_error: f64,
    /// The bins of the calibration errors.
    pub bins: Bins,
    /// How often intervals cover the truth.
    pub confidence: Confidence,
}

impl CalibrationScore {
    pub(super) fn new<T: Task>(predictions: &Predictions<T>, bins: Bins) -> Self {
        let all = &predictions.predictions;
        let mean = |of: &dyn Fn(&Prediction) -> f64| {
            let values = all
                .iter()
                .map(|prediction| (of(prediction), prediction.weight));
            weighted_mean(&predictions.questions, values, predictions.n_stimuli)
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
            cross_entropy: mean(&|prediction| prediction.surprisal),
            mean_entropy: plain_mean(|prediction| prediction.entropy),
            brier: mean(&brier),
            brier_of_shares: mean(&brier_of_shares),
            expected_calibration_error: top.expected_calibration_error,
            maximum_calibration_error: top.maximum_calibration_error,
            every_pair_calibration_error: every.expected_calibration_error,
            bins,
            confidence: predictions.confidence,
        }
    }
}

/// The mean over answers of Σ (p − y)² = Σ p² − 2 p of the chosen + 1.
fn brier(prediction: &Prediction) -> f64 {
    let pairs = prediction.probabilities.into_iter().zip(prediction.shares);
    1.0 + pairs.map(|(p, share)| p * p - 2.0 * p * share).sum::<f64>()
}

fn brier_of_shares(prediction: &Prediction) -> f64 {
    let pairs = prediction.probabilities.into_iter().zip(prediction.shares);
    pairs.map(|(p, share)| (p - share).powi(2)).sum()
}
