//! Bootstrap over stimuli and participants.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::names::named;

/// The units that a bootstrap draws, and thus the population to which a conclusion generalizes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Resample {
    /// Stimuli: the conclusion is about the same participants and other stimuli.
    Stimuli,
    /// Participants: the conclusion is about the same stimuli and other participants.
    People,
    /// Stimuli and participants, with the bias correction of the dual bootstrap.
    #[default]
    Both,
}

impl Resample {
    /// Returns true if stimuli are drawn.
    pub fn draws_stimuli(self) -> bool {
        self != Resample::People
    }

    /// Returns true if participants are drawn.
    pub fn draws_people(self) -> bool {
        self != Resample::Stimuli
    }
}

named! {
    Resample, "resample":
    Stimuli = "stimuli",
    People = "people",
    Both = "both",
}

/// Variances over the replicates of bootstraps that draw stimuli, participants, or both.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplicateVariances {
    /// Variance if both are drawn.
    pub both: f64,
    /// Variance if only stimuli are drawn.
    pub stimuli: f64,
    /// Variance if only participants are drawn.
    pub people: f64,
}

/// Computes the variance over stimuli and participants from the three variances of a dual bootstrap
/// (Schütt, Kipnis, Diedrichsen & Kriegeskorte 2023).
///
/// The formula is that of [`RsaBootstrap`](crate::metric::rsa::RsaBootstrap).
pub(crate) fn dual_variance(
    variances: ReplicateVariances,
    n_stimuli: usize,
    n_people: usize,
) -> f64 {
    let ReplicateVariances {
        both,
        stimuli,
        people,
    } = variances;
    let (by_stimuli, by_people) = (small_sample(n_stimuli), small_sample(n_people));
    let interaction = both - stimuli - people;
    let variance = by_people * people + by_stimuli * stimuli - by_stimuli * by_people * interaction;
    // The lower bounds are applied last, so that they hold even if they are larger than V(both).
    variance
        .min(both)
        .max(by_people * people)
        .max(by_stimuli * stimuli)
}

/// Returns n/(n − 1), the correction of the variance of a bootstrap over *n* units.
pub(crate) fn small_sample(n: usize) -> f64 {
    n as f64 / (n as f64 - 1.0)
}

/// Draws the counts of `n[0]` stimuli and `n[1]` participants in one replicate, which has its own
/// stream of a seeded generator.
pub(crate) fn draw_counts(seed: u64, replicate: u64, n: [usize; 2]) -> [Vec<u32>; 2] {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(replicate);
    n.map(|n| {
        let mut counts = vec![0; n];
        for _ in 0..n {
            counts[rng.random_range(0..n as u32) as usize] += 1;
        }
        counts
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn the_correction_removes_noise_that_is_counted_thrice() {
        // Variances of stimuli 2, participants 3 and noise 1, without the small-sample factors.
        let variances = ReplicateVariances {
            both: 2.0 + 3.0 + 3.0,
            stimuli: 2.0 + 1.0,
            people: 3.0 + 1.0,
        };
        let many = 1_000_000_000;
        assert_relative_eq!(dual_variance(variances, many, many), 6.0, epsilon = 1e-6);
        // rsatoolbox 0.3.2, util.inference_util._dual_bootstrap([8, 4, 3], n_rdm=16, n_pattern=92)
        assert_relative_eq!(dual_variance(variances, 92, 16), DUAL, max_relative = 1e-12);
    }

    const DUAL: f64 = 6.221245421245421;

    #[test]
    fn counts_add_up_and_depend_on_seed_and_replicate() {
        let counts = draw_counts(1, 7, [92, 16]);
        assert_eq!(counts[0].iter().sum::<u32>(), 92);
        assert_eq!(counts[1].iter().sum::<u32>(), 16);
        assert_eq!(counts, draw_counts(1, 7, [92, 16]));
        assert_ne!(counts, draw_counts(1, 8, [92, 16]));
        assert_ne!(counts, draw_counts(2, 7, [92, 16]));
    }
}
