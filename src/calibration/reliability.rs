//! How often choices are made, by how probable they are said to be.

use serde::{Deserialize, Serialize};

use crate::calibration::bins::bin_of;
use crate::calibration::{Bins, Predictions};
use crate::inference::{Confidence, Estimate, Interval, weighted_mean};
use crate::judgment::Task;
use crate::names::named;

/// What is held against people's choices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReliabilityTarget {
    /// The pair that is predicted: its probability, and whether (how often) people chose it. One
    /// prediction a question; the usual calibration error. Where several pairs are the most similar,
    /// what they earn is up to the [`TiePolicy`](crate::metric::odd_one_out::TiePolicy).
    #[default]
    TopPair,
    /// Every pair: its probability, and whether (how often) people chose it. Three predictions a question,
    /// two for anchored ones. This is the class-wise calibration error of Kull et al. (2019), except that
    /// all pairs share the same bins: which pair stands first in a question means nothing.
    EveryPair,
}

impl ReliabilityTarget {
    /// Both of them.
    pub const ALL: [ReliabilityTarget; 2] =
        [ReliabilityTarget::TopPair, ReliabilityTarget::EveryPair];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            ReliabilityTarget::TopPair => "top-pair",
            ReliabilityTarget::EveryPair => "every-pair",
        }
    }
}

named!(ReliabilityTarget, "target", "top-pair or every-pair");

/// Predictions of about the same probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Probabilities in the bin are above this; those of the first bin may be 0.
    pub lower: f64,
    /// They are not above this.
    pub upper: f64,
    /// Predictions in the bin.
    pub n_predictions: u64,
    /// The sum of their weights: answers to their questions.
    pub weight: f64,
    /// The mean probability.
    pub mean_confidence: f64,
    /// How often what is predicted was chosen, with its object-level standard error.
    pub accuracy: Estimate,
    /// The interval of the accuracy, within [0, 1].
    pub interval: Interval,
    /// The accuracy less the mean probability, with its object-level standard error: above 0 where choices
    /// are less sure than they could be.
    pub gap: Estimate,
}

/// How often choices are made, by how probable they are said to be: a reliability diagram in numbers
/// ([`Predictions::reliability`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityTable {
    /// What is held against people's choices.
    pub target: ReliabilityTarget,
    /// How probabilities were put into bins.
    pub binning: Bins,
    /// The bins that hold any prediction, by ascending probability.
    pub bins: Vec<ReliabilityBin>,
    /// The mean over predictions of |accuracy − mean probability| of their bins (ECE; Naeini, Cooper &
    /// Hauskrecht 2015; Guo et al. 2017), in [0, 1]. It depends on the bins, and is too large by chance
    /// where these hold few predictions.
    pub expected_calibration_error: f64,
    /// The largest |accuracy − mean probability| of a bin (MCE), in [0, 1].
    pub maximum_calibration_error: f64,
    /// How often intervals cover the truth.
    pub confidence: Confidence,
}

/// One prediction.
#[derive(Clone, Copy)]
struct Entry {
    question: usize,
    probability: f64,
    accuracy: f64,
    weight: f64,
}

impl ReliabilityTable {
    pub(super) fn new<T: Task>(
        predictions: &Predictions<T>,
        target: ReliabilityTarget,
        binning: Bins,
    ) -> Self {
        let entries = entries(predictions, target);
        let weighted = entries
            .iter()
            .map(|entry| (entry.probability, entry.weight));
        let edges = binning.edges(weighted);
        let mut of_bins = vec![Vec::new(); edges.len() - 1];
        for &entry in &entries {
            of_bins[bin_of(&edges, entry.probability)].push(entry);
        }
        let bins: Vec<ReliabilityBin> = of_bins
            .iter()
            .zip(edges.windows(2))
            .filter(|(entries, _)| !entries.is_empty())
            .map(|(entries, ends)| bin(predictions, entries, [ends[0], ends[1]]))
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

fn entries<T: Task>(predictions: &Predictions<T>, target: ReliabilityTarget) -> Vec<Entry> {
    let questions = predictions.predictions.iter().enumerate();
    match target {
        ReliabilityTarget::TopPair => questions
            .map(|(question, prediction)| Entry {
                question,
                probability: prediction.confidence(),
                accuracy: prediction.accuracy(predictions.ties, T::N_PAIRS),
                weight: prediction.weight,
            })
            .collect(),
        ReliabilityTarget::EveryPair => questions
            .flat_map(|(question, prediction)| {
                let pairs = prediction.probabilities.into_iter().zip(prediction.shares);
                pairs
                    .take(T::N_PAIRS)
                    .map(move |(probability, accuracy)| Entry {
                        question,
                        probability,
                        accuracy,
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
    let questions = entries
        .iter()
        .map(|entry| predictions.questions[entry.question]);
    let questions: Vec<[u32; 3]> = questions.collect();
    let mean = |of: fn(&Entry) -> f64| {
        let values = entries.iter().map(|entry| (of(entry), entry.weight));
        weighted_mean(&questions, values, predictions.n_stimuli)
    };
    let accuracy = mean(|entry| entry.accuracy);
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
        interval: accuracy.interval(predictions.confidence).clamp(0.0, 1.0),
        accuracy,
        gap: mean(|entry| entry.accuracy - entry.probability),
    }
}
