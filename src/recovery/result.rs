//! The result of a model recovery.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::calibration::BestTemperature;
use crate::inference::Confidence;
use crate::probe::{Pooled, ProbeFit};
use crate::recovery::{Criterion, RecoveryRate};

/// A candidate fitted to the trials of the participants.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CandidateFit {
    /// The name of the representation.
    pub name: String,
    /// The [effective dimensionality](crate::Representation::effective_dimensionality) of the features of
    /// the stimuli in the trials.
    pub effective_dimensionality: f64,
    /// The effective dimensionality of the transformed features; 0 if the transform is zero.
    pub transformed_effective_dimensionality: f64,
    /// The cross-validated prediction of the trials of the participants.
    pub people: Pooled,
    /// The share of simulated choices that agree with the most probable pair, in [0, 1]: the
    /// accuracy to which their noise is calibrated.
    pub expected_accuracy: f64,
    /// The temperature by which the similarities of the fit are divided for the simulated choices;
    /// infinite if choices are random.
    pub temperature: BestTemperature,
    /// The fit to all trials of the participants, from which choices are simulated.
    #[serde(skip)]
    pub fit: ProbeFit,
}

/// The performance of a candidate on held-out simulated trials.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecoveryScore {
    /// Share of trials in which it makes the same choice as the generating candidate, in [0, 1].
    pub accuracy: f64,
    /// The mean −ln p of the simulated choices, in nats.
    pub cross_entropy: f64,
}

impl RecoveryScore {
    pub(super) fn of(pooled: &Pooled) -> Self {
        Self {
            accuracy: pooled.probed.accuracy.value,
            cross_entropy: pooled.probed.cross_entropy,
        }
    }

    /// Returns the value of a criterion, where larger is better.
    fn merit(self, criterion: Criterion) -> f64 {
        match criterion {
            Criterion::Accuracy => self.accuracy,
            Criterion::CrossEntropy => -self.cross_entropy,
        }
    }
}

/// The performance of all candidates on choices simulated from one candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecoveryReplicate {
    /// Number of simulated trials.
    pub n_trials: usize,
    /// Index of the candidate that generated the choices, 0-based.
    pub generating: usize,
    /// The performance of each candidate.
    pub held_out: Vec<RecoveryScore>,
}

impl RecoveryReplicate {
    /// Returns the indices of the candidates with the best predictions; several if they are equal.
    pub fn winners(&self, criterion: Criterion) -> Vec<usize> {
        let merits = || self.held_out.iter().map(|found| found.merit(criterion));
        let best = merits().fold(f64::NEG_INFINITY, f64::max);
        merits()
            .enumerate()
            .filter_map(|(position, merit)| (merit == best).then_some(position))
            .collect()
    }
}

/// The result of a [`ModelRecovery`](super::ModelRecovery).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ModelRecoveryResult {
    /// The candidates, fitted to the trials of the participants.
    pub candidates: Vec<CandidateFit>,
    /// The replicates with all trials, alternating between the generating candidates.
    pub replicates: Vec<RecoveryReplicate>,
    /// The replicates with fewer trials, in ascending order of their numbers of trials.
    pub fewer_trials: Vec<RecoveryReplicate>,
}

impl ModelRecoveryResult {
    /// Returns how often each candidate won in the replicates with all trials, generating × winning:
    /// the row is the generating candidate. Candidates with equal predictions share a win.
    pub fn wins(&self, criterion: Criterion) -> Array2<f64> {
        let n = self.candidates.len();
        let mut wins = Array2::zeros((n, n));
        for replicate in &self.replicates {
            let winners = replicate.winners(criterion);
            for &winner in &winners {
                wins[[replicate.generating, winner]] += 1.0 / winners.len() as f64;
            }
        }
        wins
    }

    /// Returns the share of the replicates with all trials in which the generating candidate won, in
    /// [0, 1]. The chance level is one divided by the number of candidates.
    pub fn rate(&self, criterion: Criterion) -> f64 {
        self.wins(criterion).diag().sum() / self.replicates.len() as f64
    }

    /// Returns the rate of recovery of each candidate in the replicates with all trials, with its
    /// interval; `None` for a candidate without replicates, if the run was stopped.
    pub fn rates_by_candidate(
        &self,
        criterion: Criterion,
        confidence: Confidence,
    ) -> Vec<Option<RecoveryRate>> {
        let of = |candidate: usize| {
            let replicates = self.replicates.iter();
            let own = replicates.filter(|replicate| replicate.generating == candidate);
            RecoveryRate::of(own, criterion, confidence)
        };
        (0..self.candidates.len()).map(of).collect()
    }

    /// Returns the rate of recovery for each number of trials, in ascending order, with its
    /// interval. The last one is that of all trials, unless the run was stopped before.
    pub fn curve(&self, criterion: Criterion, confidence: Confidence) -> Vec<RecoveryRate> {
        let sizes = self.fewer_trials.chunk_by(|a, b| a.n_trials == b.n_trials);
        let sizes = sizes.chain(std::iter::once(&self.replicates[..]));
        sizes
            .filter_map(|replicates| RecoveryRate::of(replicates, criterion, confidence))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicate(generating: usize, accuracies: [f64; 3], costs: [f64; 3]) -> RecoveryReplicate {
        let held_out = accuracies.into_iter().zip(costs);
        RecoveryReplicate {
            n_trials: 10,
            generating,
            held_out: held_out
                .map(|(accuracy, cross_entropy)| RecoveryScore {
                    accuracy,
                    cross_entropy,
                })
                .collect(),
        }
    }

    #[test]
    fn the_best_win_and_equals_share() {
        let one = replicate(1, [0.5, 0.7, 0.7], [0.9, 0.8, 0.7]);
        assert_eq!(one.winners(Criterion::Accuracy), [1, 2]);
        assert_eq!(one.winners(Criterion::CrossEntropy), [2]);
        let none = replicate(1, [0.4; 3], [1.0; 3]);
        assert_eq!(none.winners(Criterion::CrossEntropy), [0, 1, 2]);
    }
}
