//! Rates of recovery with their intervals.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::inference::{Confidence, Interval};
use crate::recovery::{Criterion, RecoveryReplicate};

/// A rate of recovery: the share of simulations in which the generating candidate won.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecoveryRate {
    /// Number of simulated trials.
    pub n_trials: usize,
    /// Number of simulations.
    pub n_simulations: usize,
    /// The rate, in [0, 1]; of k candidates with equal predictions, each has 1/k of a win.
    pub rate: f64,
    /// The confidence interval of the rate, by the score method of Wilson (1927). It is for other
    /// simulations from the same fits, not for other participants or stimuli.
    pub interval: Interval,
}

impl RecoveryRate {
    /// Computes the rate of some replicates with the same number of trials; `None` if there are
    /// none.
    pub(super) fn of<'a>(
        replicates: impl IntoIterator<Item = &'a RecoveryReplicate>,
        criterion: Criterion,
        confidence: Confidence,
    ) -> Option<Self> {
        let (mut n_simulations, mut wins, mut n_trials) = (0, 0.0, None);
        for replicate in replicates {
            let winners = replicate.winners(criterion);
            if winners.contains(&replicate.generating) {
                wins += 1.0 / winners.len() as f64;
            }
            n_simulations += 1;
            n_trials = Some(replicate.n_trials);
        }
        let rate = wins / n_simulations as f64;
        Some(Self {
            n_trials: n_trials?,
            n_simulations,
            rate,
            interval: wilson(rate, n_simulations as f64, confidence),
        })
    }
}

/// Computes the score interval of a share of `n` simulations (Wilson 1927).
fn wilson(share: f64, n: f64, confidence: Confidence) -> Interval {
    let z = Normal::standard().inverse_cdf(0.5 + confidence.level() / 2.0);
    let shrinkage = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / shrinkage;
    let half = z / shrinkage * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    Interval {
        lower: (centre - half).min(share),
        upper: (centre + half).max(share),
    }
    .clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn intervals_are_those_of_scipy() {
        // scipy.stats.binomtest(k, n).proportion_ci(level, method='wilson')
        for (wins, n, level, lower, upper) in [
            (9.0, 10.0, 0.95, 0.5958499732047615, 0.9821237869049271),
            (0.0, 5.0, 0.95, 0.0, 0.43448246478317476),
            (30.0, 30.0, 0.9, 0.9172756918749008, 1.0),
        ] {
            let found = wilson(wins / n, n, Confidence::new(level).unwrap());
            assert_relative_eq!(found.lower, lower, epsilon = 1e-9);
            assert_relative_eq!(found.upper, upper, epsilon = 1e-9);
        }
    }
}
