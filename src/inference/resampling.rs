//! What other stimuli and other people would have given, by drawing from those at hand.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::names::named;

/// What a bootstrap draws anew in each replicate: what a conclusion is to hold beyond.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resample {
    /// Stimuli: the conclusion is about these people and other stimuli.
    Stimuli,
    /// People: the conclusion is about these stimuli and other people.
    People,
    /// Both, with the correction of [`dual_variance`].
    #[default]
    Both,
}

impl Resample {
    /// All of them.
    pub const ALL: [Resample; 3] = [Resample::Stimuli, Resample::People, Resample::Both];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            Resample::Stimuli => "stimuli",
            Resample::People => "people",
            Resample::Both => "both",
        }
    }

    /// Whether stimuli are drawn.
    pub fn draws_stimuli(self) -> bool {
        self != Resample::People
    }

    /// Whether people are drawn.
    pub fn draws_people(self) -> bool {
        self != Resample::Stimuli
    }
}

named!(Resample, "resample", "stimuli, people or both");

/// Variances over the replicates of a bootstrap over stimuli and people, as each was drawn alone and
/// as both were.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplicateVariances {
    /// Both drawn.
    pub both: f64,
    /// Stimuli drawn.
    pub stimuli: f64,
    /// People drawn.
    pub people: f64,
}

/// The variance over stimuli and people from the three variances of a dual bootstrap (Schütt, Kipnis,
/// Diedrichsen & Kriegeskorte 2023).
///
/// Drawing both counts the noise of single judgments three times, drawing either counts it once; so
/// that with *s*, *p* the numbers of stimuli and people and cₛ = s/(s−1), cₚ = p/(p−1)
///
/// V = cₚ V(people) + cₛ V(stimuli) − cₛ cₚ (V(both) − V(stimuli) − V(people)),
///
/// held between the larger of cₚ V(people), cₛ V(stimuli) and V(both).
pub fn dual_variance(variances: ReplicateVariances, n_stimuli: usize, n_people: usize) -> f64 {
    let ReplicateVariances {
        both,
        stimuli,
        people,
    } = variances;
    let (by_stimuli, by_people) = (small_sample(n_stimuli), small_sample(n_people));
    let interaction = both - stimuli - people;
    let variance = by_people * people + by_stimuli * stimuli - by_stimuli * by_people * interaction;
    // In this order: never below what one of the two explains by itself.
    variance
        .min(both)
        .max(by_people * people)
        .max(by_stimuli * stimuli)
}

/// What the variance of a bootstrap over *n* things is too small by, n/(n − 1).
pub(crate) fn small_sample(n: usize) -> f64 {
    n as f64 / (n as f64 - 1.0)
}

/// How often each of `n` things is drawn in a replicate, stimuli first and people next, each from a
/// stream of its own of one seeded generator.
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
        // Variances of stimuli 2, people 3 and noise 1, without the small-sample factors.
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
