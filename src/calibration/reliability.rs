//! Reliability tables: frequencies of choices by predicted probability.

use serde::{Deserialize, Serialize};

use crate::calibration::bins::bin_of;
use crate::calibration::predictions::Prediction;
use crate::calibration::{Bins, Predictions};
use crate::inference::{Confidence, Estimate, Interval};
use crate::judgment::Task;
use crate::metric::odd_one_out::TiePolicy;
use crate::names::named;

/// The predictions that are compared with human choices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReliabilityTarget {
    /// The predicted pair of each question: its probability, and the share of answers that chose
    /// it. There is one prediction per question, as in the usual calibration error. If several
    /// pairs are the most similar, the [`TiePolicy`](crate::metric::odd_one_out::TiePolicy) sets
    /// the credit.
    #[default]
    TopPair,
    /// Every pair of each question: its probability, and the share of answers that chose it. There
    /// are three predictions per question, or two for anchored questions. This is the class-wise
    /// calibration error of Kull et al. (2019), except that all pairs share the same bins, because
    /// the order of pairs in a question has no meaning.
    EveryPair,
}

named! {
    ReliabilityTarget, "target":
    TopPair = "top-pair",
    EveryPair = "every-pair",
}

/// Predictions with similar probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReliabilityBin {
    /// Lower end: probabilities in the bin are larger, except for 0 in the first bin.
    pub lower: f64,
    /// Upper end: probabilities in the bin are at most this.
    pub upper: f64,
    /// Number of predictions in the bin.
    pub n_predictions: u64,
    /// Sum of the weights of the predictions, that is, the number of answers to their questions.
    pub weight: f64,
    /// The mean probability.
    pub mean_confidence: f64,
    /// The share of answers that chose the predicted pairs, with its standard error.
    pub accuracy: Estimate,
    /// The confidence interval of the accuracy, within [0, 1].
    pub interval: Interval,
    /// The accuracy minus the mean probability, with its standard error. A positive
    /// gap means that the predictions are underconfident.
    pub gap: Estimate,
}

/// A reliability diagram as a table: the frequencies of choices by predicted probability
/// ([`Predictions::reliability`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReliabilityTable {
    /// The predictions that are compared with human choices.
    pub target: ReliabilityTarget,
    /// The bins that were requested.
    pub binning: Bins,
    /// The bins that have predictions, in ascending order of probability.
    pub bins: Vec<ReliabilityBin>,
    /// The expected calibration error (ECE; Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017), in
    /// [0, 1]: the mean over predictions of |accuracy − mean probability| of their bins. It depends
    /// on the bins, and is biased upwards; [`Predictions::calibration_error`] corrects the bias.
    pub expected_calibration_error: f64,
    /// The maximum calibration error (MCE): the largest |accuracy − mean probability| of a bin, in
    /// [0, 1].
    pub maximum_calibration_error: f64,
    /// The confidence level of intervals.
    pub confidence: Confidence,
}

/// One prediction.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub question: usize,
    /// The pair that is predicted; `None` for the most probable pair.
    pair: Option<usize>,
    pub probability: f64,
    pub weight: f64,
}

impl Entry {
    /// Returns the share of answers that chose the predicted pair.
    pub fn accuracy(&self, answered: &Prediction, ties: TiePolicy, n_pairs: usize) -> f64 {
        match self.pair {
            Some(pair) => answered.shares[pair],
            None => answered.accuracy(ties, n_pairs),
        }
    }
}

impl ReliabilityTable {
    pub(super) fn new<T: Task>(
        predictions: &Predictions<T>,
        target: ReliabilityTarget,
        binning: Bins,
    ) -> Self {
        let (of_bins, ends) = binned(predictions, target, binning);
        let bins: Vec<ReliabilityBin> = of_bins
            .iter()
            .zip(ends)
            .map(|(entries, ends)| bin(predictions, entries, ends))
            .collect();
        let total: f64 = bins.iter().map(|bin| bin.weight).sum();
        let gaps = || bins.iter().map(|bin| bin.gap.value.abs());
        Self {
            target,
            binning,
            expected_calibration_error: bins
                .iter()
                .zip(gaps())
                .map(|(bin, gap)| gap * bin.weight / total)
                .sum(),
            maximum_calibration_error: gaps().fold(0.0, f64::max),
            bins,
            confidence: predictions.confidence,
        }
    }
}

/// Returns the predictions of each bin that has predictions, and the ends of these bins.
pub(super) fn binned<T: Task>(
    predictions: &Predictions<T>,
    target: ReliabilityTarget,
    binning: Bins,
) -> (Vec<Vec<Entry>>, Vec<[f64; 2]>) {
    let entries = entries(predictions, target);
    let weighted = entries
        .iter()
        .map(|entry| (entry.probability, entry.weight));
    let edges = binning.edges(weighted);
    let mut of_bins = vec![Vec::new(); edges.len() - 1];
    for &entry in &entries {
        of_bins[bin_of(&edges, entry.probability)].push(entry);
    }
    let ends = edges.windows(2).map(|ends| [ends[0], ends[1]]);
    let bins = of_bins.into_iter().zip(ends);
    bins.filter(|(entries, _)| !entries.is_empty()).unzip()
}

fn entries<T: Task>(predictions: &Predictions<T>, target: ReliabilityTarget) -> Vec<Entry> {
    let questions = predictions.predictions.iter().enumerate();
    match target {
        ReliabilityTarget::TopPair => questions
            .map(|(question, prediction)| Entry {
                question,
                pair: None,
                probability: prediction.confidence(),
                weight: prediction.weight,
            })
            .collect(),
        ReliabilityTarget::EveryPair => questions
            .flat_map(|(question, prediction)| {
                let pairs = prediction.probabilities.into_iter().enumerate();
                pairs
                    .take(T::N_PAIRS)
                    .map(move |(pair, probability)| Entry {
                        question,
                        pair: Some(pair),
                        probability,
                        weight: prediction.weight,
                    })
            })
            .collect(),
    }
}

fn bin<T: Task>(
    predictions: &Predictions<T>,
    entries: &[Entry],
    [lower, upper]: [f64; 2],
) -> ReliabilityBin {
    let accuracy_of = |entry: &Entry, answered: &Prediction| {
        entry.accuracy(answered, predictions.ties, T::N_PAIRS)
    };
    let accuracy = predictions.mean(entries, |entry| entry.question, accuracy_of);
    let gap = predictions.mean(
        entries,
        |entry| entry.question,
        |entry, answered| accuracy_of(entry, answered) - entry.probability,
    );
    let weight = entries.iter().map(|entry| entry.weight).sum();
    ReliabilityBin {
        lower,
        upper,
        n_predictions: entries.len() as u64,
        weight,
        mean_confidence: entries
            .iter()
            .map(|entry| entry.probability * entry.weight)
            .sum::<f64>()
            / weight,
        interval: accuracy.interval_within(predictions.confidence, [0.0, 1.0]),
        accuracy,
        gap,
    }
}
