//! Predicted probabilities with the frequencies of human choices.

use std::fmt;
use std::marker::PhantomData;

use ndarray::ArrayView2;

use crate::calibration::answers::Answers;
use crate::calibration::{
    Bins, CalibrationErrorEstimate, CalibrationScore, ReliabilityTable, ReliabilityTarget,
};
use crate::error::{JudgmentError, Result, wrong_shape};
use crate::inference::Confidence;
use crate::judgment::{ChoiceFrequencies, Task};
use crate::metric::odd_one_out::{TiePolicy, ZeroShotOddOneOut, is_undecided};
use crate::representation::Representation;
use crate::softmax::Softmax;

/// The predicted probabilities of the pairs of questions, of a representation or any other source,
/// with the frequencies of human choices.
///
/// Questions can be single trials with their choices ([`ChoiceFrequencies::trial_by_trial`]) or
/// have all answers to a question ([`ChoiceFrequencies::from_trials`]). Questions are weighted by
/// their number of answers, so that most scores are the same in both cases.
///
/// ```
/// use human_alignment::calibration::{Bins, Predictions};
/// use human_alignment::judgment::ChoiceFrequencies;
/// use human_alignment::{OddOneOut, Stimuli};
/// use ndarray::array;
///
/// let trials = OddOneOut::new(Stimuli::numbered(4), vec![[0, 1, 2], [1, 3, 2]])?;
/// let choices = ChoiceFrequencies::trial_by_trial(&trials);
/// let predictions = Predictions::new(&choices, array![[0.8, 0.1, 0.1], [0.2, 0.5, 0.3]].view())?;
/// let score = predictions.score(Bins::default());
/// assert_eq!(score.accuracy.value, 0.5);
/// # Ok::<(), human_alignment::Error>(())
/// ```
pub struct Predictions<T> {
    pub(super) questions: Vec<[u32; 3]>,
    pub(super) n_stimuli: usize,
    pub(super) predictions: Vec<Prediction>,
    pub(super) answers: Option<Answers>,
    pub(super) ties: TiePolicy,
    pub(super) confidence: Confidence,
    task: PhantomData<T>,
}

/// The prediction for one question. Pairs that cannot be chosen have probability and share 0.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Prediction {
    pub probabilities: [f64; 3],
    /// The share of answers that chose each pair.
    pub shares: [f64; 3],
    /// Number of answers, or the weight of the question.
    pub weight: f64,
    /// −ln p of each pair, limited by the probability floor.
    pub surprisals: [f64; 3],
    /// The entropy of the probabilities.
    pub entropy: f64,
    /// The most similar pairs, one bit each.
    pub largest: u8,
}

impl Prediction {
    /// Returns the share of answers that chose the predicted pair, with the credit of ties.
    pub fn accuracy(&self, ties: TiePolicy, n_pairs: usize) -> f64 {
        let largest = (0..3).filter(|pair| self.largest & 1 << pair != 0);
        let n_largest = self.largest.count_ones() as usize;
        match ties {
            TiePolicy::Wrong | TiePolicy::PublishedProbe if n_largest > 1 => 0.0,
            TiePolicy::PublishedAllEqual if n_largest == n_pairs => 0.0,
            TiePolicy::PublishedProbe if is_undecided(&self.probabilities[..n_pairs]) => 0.0,
            TiePolicy::Wrong | TiePolicy::PublishedAllEqual | TiePolicy::PublishedProbe => {
                largest.take(1).map(|pair| self.shares[pair]).sum()
            }
            TiePolicy::Fractional => {
                largest.map(|pair| self.shares[pair]).sum::<f64>() / n_largest as f64
            }
        }
    }

    /// Returns the mean −ln p of the answers.
    pub fn surprisal(&self) -> f64 {
        let costs = self.shares.iter().zip(self.surprisals);
        costs
            .filter(|&(&share, _)| share > 0.0)
            .map(|(share, cost)| share * cost)
            .sum()
    }

    /// Returns the same prediction for a single answer.
    pub fn answered(&self, pair: usize) -> Self {
        let mut shares = [0.0; 3];
        shares[pair] = 1.0;
        Self { shares, ..*self }
    }

    /// Checks whether several pairs are the most similar.
    pub fn is_tie(&self) -> bool {
        self.largest.count_ones() > 1
    }

    /// Returns the largest probability.
    pub fn confidence(&self) -> f64 {
        self.probabilities.into_iter().fold(0.0, f64::max)
    }
}

impl<T: Task> Predictions<T> {
    /// Computes the probabilities of a metric, with its similarity, temperature, kind of
    /// probabilities and floor.
    ///
    /// The predicted pair is the most similar one. Ties are determined within the rounding of the
    /// numbers from which probabilities are computed.
    ///
    /// # Errors
    /// The same as for [`ZeroShotOddOneOut`].
    pub fn from_metric(
        metric: &ZeroShotOddOneOut,
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<Self> {
        let mut predicted = vec![Prediction::default(); choices.questions().len()];
        metric.for_each_question(representation, choices, &mut predicted, |question, out| {
            let softmax = Softmax::new(question.similarities, question.factor);
            let surprisals = [0, 1, 2].map(|pair| softmax.surprisal(pair));
            *out = Prediction {
                surprisals,
                probabilities: softmax.probabilities(),
                entropy: softmax.entropy(),
                largest: question.largest(),
                ..Prediction::default()
            };
        })?;
        let most = -metric.probability_floor().ln();
        Ok(Self::beside(choices, predicted, most)
            .with_ties(metric.ties())
            .with_confidence(metric.confidence()))
    }

    /// Creates predictions from an array of probabilities, questions × 3 (questions × 2 for
    /// anchored questions), for the pairs (0,1), (0,2), (1,2) of each question.
    ///
    /// The predicted pair is the most probable one. Probabilities less than 1e-300 are replaced by
    /// 1e-300 in the cross-entropy.
    ///
    /// # Errors
    /// Returns `ArgumentError::Shape` for an array of another shape, and
    /// [`JudgmentError::InvalidProbabilities`] naming a question whose probabilities are not in [0,
    /// 1] or do not sum to 1 within 1e-5.
    pub fn new(choices: &ChoiceFrequencies<T>, probabilities: ArrayView2<'_, f64>) -> Result<Self> {
        let n_questions = choices.questions().len();
        if probabilities.dim() != (n_questions, T::N_PAIRS) {
            return Err(wrong_shape(
                "the array of probabilities",
                format!("{n_questions} × {}", T::N_PAIRS),
                probabilities.shape(),
            ));
        }
        let mut predicted = Vec::with_capacity(n_questions);
        for (question, row) in probabilities.rows().into_iter().enumerate() {
            // Rounding in `f32` can make the largest probability slightly greater than 1.
            let in_range = row.iter().all(|p| (0.0..=1.0 + 1e-5).contains(p));
            if !in_range || (row.sum() - 1.0).abs() > 1e-5 {
                return Err(JudgmentError::InvalidProbabilities {
                    question,
                    found: row.to_vec(),
                }
                .into());
            }
            let mut probabilities = [0.0; 3];
            for (out, &probability) in probabilities.iter_mut().zip(row) {
                *out = probability.min(1.0);
            }
            let surprisals = probabilities.map(|p| -p.ln());
            let terms = probabilities
                .iter()
                .zip(surprisals)
                .filter(|&(&p, _)| p > 0.0);
            predicted.push(Prediction {
                probabilities,
                entropy: terms.map(|(p, surprisal)| p * surprisal).sum(),
                surprisals,
                largest: largest(probabilities),
                ..Prediction::default()
            });
        }
        Ok(Self::beside(choices, predicted, -1e-300f64.ln()))
    }

    fn beside(
        choices: &ChoiceFrequencies<T>,
        predicted: Vec<Prediction>,
        largest_surprisal: f64,
    ) -> Self {
        let both = predicted.into_iter().zip(choices.by_pair());
        let predictions = both.map(|(prediction, chosen)| {
            let weight: f64 = chosen.iter().sum();
            let limited = |surprisal: f64| surprisal.min(largest_surprisal);
            Prediction {
                shares: chosen.map(|n| n / weight),
                weight,
                surprisals: prediction.surprisals.map(limited),
                ..prediction
            }
        });
        Self {
            answers: Answers::of(choices),
            predictions: predictions.collect(),
            questions: choices.questions().to_vec(),
            n_stimuli: choices.stimuli().len(),
            ties: TiePolicy::default(),
            confidence: Confidence::default(),
            task: PhantomData,
        }
    }

    /// Sets the credit of ties. Default: no credit, or the policy of the metric.
    ///
    /// If a policy gives credit to the first of tied pairs, it is the first pair in the question.
    #[must_use]
    pub fn with_ties(mut self, ties: TiePolicy) -> Self {
        self.ties = ties;
        self
    }

    /// Sets the confidence level of intervals. Default: 0.95, or the level of the metric.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Returns the number of questions, at least 1.
    #[allow(clippy::len_without_is_empty)] // There is always at least one question.
    pub fn len(&self) -> usize {
        self.predictions.len()
    }

    /// Computes a reliability table: the frequencies of choices by predicted probability.
    pub fn reliability(&self, target: ReliabilityTarget, bins: Bins) -> ReliabilityTable {
        ReliabilityTable::new(self, target, bins)
    }

    /// Estimates the expected calibration error with the correction of its bias, an interval and a
    /// test of calibration.
    ///
    /// ```
    /// use human_alignment::calibration::{Bins, Predictions, ReliabilityTarget};
    /// use human_alignment::dataset::SimulatedObserver;
    /// use human_alignment::judgment::ChoiceFrequencies;
    /// use human_alignment::{Representation, Similarity, SimilarityDataset, Stimuli};
    /// use human_alignment::ZeroShotOddOneOut;
    /// use ndarray::Array2;
    ///
    /// let values = |(i, j): (usize, usize)| ((i * (2 * j + 3) * 11 + j) % 31) as f32 / 16.0;
    /// let features = Array2::from_shape_fn((30, 4), values);
    /// let representation = Representation::new(Stimuli::numbered(30), features)?;
    /// let observer = SimulatedObserver::new(representation.clone())?.odd_one_out(2000, 1)?;
    /// let choices = ChoiceFrequencies::trial_by_trial(observer.judgments());
    ///
    /// // The observer at its own temperature is calibrated, and is not at another one.
    /// for (temperature, is_calibrated) in [(1.0, true), (0.3, false)] {
    ///     let metric = ZeroShotOddOneOut::new(Similarity::Dot).with_temperature(temperature)?;
    ///     let predictions = Predictions::from_metric(&metric, &representation, &choices)?;
    ///     let error = predictions.calibration_error(ReliabilityTarget::TopPair, Bins::default());
    ///     assert_eq!(error.p_value > 0.05, is_calibrated);
    ///     assert!(error.corrected < error.plug_in);
    /// }
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    pub fn calibration_error(
        &self,
        target: ReliabilityTarget,
        bins: Bins,
    ) -> CalibrationErrorEstimate {
        CalibrationErrorEstimate::new(self, target, bins)
    }

    /// Computes cross-entropy, Brier score and calibration errors, the latter with the given bins.
    pub fn score(&self, bins: Bins) -> CalibrationScore {
        CalibrationScore::new(self, bins)
    }
}

/// Returns a mask of the largest of three numbers, one bit each. Pairs that cannot be chosen have
/// −∞, or a probability of 0, and are never the largest.
fn largest(numbers: [f64; 3]) -> u8 {
    let largest = numbers.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let bits = (0..3).filter(|&pair| numbers[pair] == largest);
    bits.fold(0, |mask, pair| mask | 1 << pair)
}

impl<T: Task> fmt::Debug for Predictions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predictions")
            .field("task", &T::NAME)
            .field("n_questions", &self.predictions.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ArgumentError, assert_refused};
    use crate::judgment::{AnchoredTask, OddOneOutTask};
    use crate::stimuli::Stimuli;
    use ndarray::array;

    #[test]
    fn ties_earn_what_the_policy_says() {
        let of = |numbers, ties| {
            let prediction = Prediction {
                probabilities: Softmax::new(numbers, 1.0).probabilities(),
                shares: [0.5, 0.2, 0.3],
                largest: largest(numbers),
                ..Prediction::default()
            };
            prediction.accuracy(ties, 3)
        };
        let accuracies = |numbers| {
            let of_policy = |&ties| of(numbers, ties);
            TiePolicy::ALL.iter().map(of_policy).collect::<Vec<_>>()
        };
        assert_eq!(accuracies([1.0, 3.0, 2.0]), [0.2; 4]);
        assert_eq!(accuracies([1.0, 3.0, 1.0]), [0.2, 0.2, 0.2, 0.0]);
        assert_eq!(accuracies([3.0, 1.0, 3.0]), [0.0, 0.4, 0.5, 0.0]);
        assert_eq!(accuracies([3.0; 3]), [0.0, 1.0 / 3.0, 0.0, 0.0]);
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        let stimuli = Stimuli::numbered(3);
        let questions = vec![[0, 1, 2], [1, 2, 0]];
        let chosen = vec![[1.0, 0.0, 0.0]; 2];
        let choices =
            ChoiceFrequencies::<OddOneOutTask>::new(stimuli.clone(), questions, chosen).unwrap();
        let new = |array: ndarray::Array2<f64>| Predictions::new(&choices, array.view());
        assert!(new(array![[0.2, 0.3, 0.5], [0.0, 0.0, 1.0]]).is_ok());
        for bad in [[0.2, 0.3, 0.6], [-0.1, 0.6, 0.5], [f64::NAN, 0.5, 0.5]] {
            let refused = new(array![[0.2, 0.3, 0.5], bad]);
            assert_refused!(refused, Judgment(JudgmentError::InvalidProbabilities { question: 1, found }) if found[1] == bad[1]);
        }
        assert_refused!(
            new(array![[0.5, 0.5], [0.5, 0.5]]),
            Argument(ArgumentError::Shape { .. })
        );
        let choices =
            ChoiceFrequencies::<AnchoredTask>::new(stimuli, vec![[0, 1, 2]], vec![[1.0, 0.0, 0.0]]);
        let predictions = Predictions::new(&choices.unwrap(), array![[0.5, 0.5]].view()).unwrap();
        assert!(predictions.predictions[0].is_tie());
        assert_eq!(predictions.len(), 1);
    }
}
