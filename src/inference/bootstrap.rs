//! Bootstrap over objects.

use pulp::{Arch, Simd, WithSimd};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, at_least};
use crate::inference::{Confidence, Credit, Interval, check_length};
use crate::judgment::{Task, Trials};

/// A bootstrap over objects (stimuli) of the mean [`Credit`] of trials.
///
/// Each replicate draws as many objects as occur in the trials, with replacement, and weights each
/// trial by the product of the counts of its three objects.
///
/// The bootstrap is accurate if trials are dense, that is, if most triples of objects occur. If
/// each object has few trials, the bootstrap is conservative, with intervals up to twice too wide,
/// because the product of three counts varies too much. The cluster-robust standard error of the
/// score is accurate in both cases.
///
/// Each replicate uses its own stream of a seeded generator, so that results depend on the seed but
/// not on the number of threads.
///
/// ```
/// use human_alignment::inference::{Confidence, Credit, ObjectBootstrap};
/// use human_alignment::{OddOneOut, Stimuli};
///
/// let trials = vec![[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]];
/// let trials = OddOneOut::new(Stimuli::numbered(4), trials)?;
/// let credits = [true, true, false, true].map(Credit::from);
/// let bootstrap = ObjectBootstrap::new(1000, 1)?;
/// let result = bootstrap.run(&trials, &credits, Confidence::default())?.unwrap();
/// assert!(result.interval.contains(0.75));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Settings")]
pub struct ObjectBootstrap {
    n_replicates: usize,
    seed: u64,
}

/// The deserialized settings, before they are checked.
#[derive(Deserialize)]
struct Settings {
    n_replicates: usize,
    seed: u64,
}

impl TryFrom<Settings> for ObjectBootstrap {
    type Error = Error;

    fn try_from(Settings { n_replicates, seed }: Settings) -> Result<Self> {
        Self::new(n_replicates, seed)
    }
}

/// The result of an [`ObjectBootstrap`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BootstrapResult {
    /// Standard deviation of the replicates.
    pub standard_error: f64,
    /// Percentile interval of the replicates.
    pub interval: Interval,
    /// Number of replicates.
    pub n_replicates: usize,
    /// Number of replicates in which no trial has a positive weight. They are ignored.
    pub n_empty: usize,
    /// Seed of the random number generator.
    pub seed: u64,
}

/// Number of replicates that are computed together, one per lane of a vector.
const LANES: usize = 8;

impl ObjectBootstrap {
    /// Creates a bootstrap with the number of replicates and the seed of the random number
    /// generator.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the number of replicates is less than 2 or
    /// more than a million.
    pub fn new(n_replicates: usize, seed: u64) -> Result<Self> {
        if (2..=1_000_000).contains(&n_replicates) {
            Ok(Self { n_replicates, seed })
        } else {
            let expected = "from 2 to 1000000";
            Err(Error::parameter(
                "number of replicates",
                expected,
                n_replicates,
            ))
        }
    }

    /// Resamples the mean credit, or returns `None` if fewer than two replicates have any trial.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the numbers of credits and trials differ, and
    /// `ArgumentError::TooFew` if the trials show fewer than four objects.
    pub fn run<T: Task>(
        &self,
        trials: &Trials<T>,
        credits: &[Credit],
        confidence: Confidence,
    ) -> Result<Option<BootstrapResult>> {
        check_length(trials, credits)?;
        self.check(trials)?;
        Ok(self.resample(trials, credits, confidence))
    }

    /// Checks that the trials show at least four objects. Trials of only three objects have the
    /// same weight in every replicate, so that all means would be equal.
    pub(crate) fn check<T: Task>(&self, trials: &Trials<T>) -> Result<()> {
        let what = "objects for a bootstrap over objects";
        at_least(what, 4, trials.shown().len())
    }

    /// Resamples the mean credit of checked trials, with one credit per trial.
    pub(crate) fn resample<T: Task>(
        &self,
        trials: &Trials<T>,
        credits: &[Credit],
        confidence: Confidence,
    ) -> Option<BootstrapResult> {
        let arch = Arch::new();
        let mut means: Vec<f64> = (0..self.n_replicates.div_ceil(LANES))
            .into_par_iter()
            .flat_map_iter(|group| {
                let first = group * LANES;
                let n_lanes = LANES.min(self.n_replicates - first);
                let weights = self.draw(trials.shown(), trials.stimuli().len(), first);
                let means = arch.dispatch(WeightedMeans {
                    trials: trials.as_slice(),
                    credits,
                    weights: &weights,
                });
                means.into_iter().take(n_lanes)
            })
            .filter(|mean| mean.is_finite())
            .collect();
        let n = means.len() as f64;
        if n < 2.0 {
            return None;
        }
        let mean = means.iter().sum::<f64>() / n;
        let squares: f64 = means.iter().map(|value| (value - mean).powi(2)).sum();
        means.sort_unstable_by(f64::total_cmp);
        Some(BootstrapResult {
            standard_error: (squares / (n - 1.0)).sqrt(),
            interval: percentile_interval(&means, confidence),
            n_replicates: self.n_replicates,
            n_empty: self.n_replicates - means.len(),
            seed: self.seed,
        })
    }

    /// Draws the counts of each stimulus in the replicates `first`, `first + 1`, ….
    fn draw(&self, shown: &[u32], n_stimuli: usize, first: usize) -> Vec<[f64; LANES]> {
        let mut weights = vec![[0.0; LANES]; n_stimuli];
        let mut rngs: [ChaCha8Rng; LANES] = std::array::from_fn(|lane| {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream((first + lane) as u64);
            rng
        });
        for _ in shown {
            for (lane, rng) in rngs.iter_mut().enumerate() {
                let drawn = shown[rng.random_range(0..shown.len() as u32) as usize];
                weights[drawn as usize][lane] += 1.0;
            }
        }
        weights
    }
}

/// Computation of the mean credit in each lane; NaN if all weights are 0. Weights and their sums
/// are integers, so that the sums are exact.
struct WeightedMeans<'a> {
    trials: &'a [[u32; 3]],
    credits: &'a [Credit],
    weights: &'a [[f64; LANES]],
}

impl WithSimd for WeightedMeans<'_> {
    type Output = [f64; LANES];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; LANES] {
        let mut earned = [0.0; LANES];
        let mut total = [0.0; LANES];
        for (&[a, b, c], credit) in self.trials.iter().zip(self.credits) {
            let [a, b, c] = [
                &self.weights[a as usize],
                &self.weights[b as usize],
                &self.weights[c as usize],
            ];
            let sixths = f64::from(credit.sixths());
            let lanes = earned
                .iter_mut()
                .zip(&mut total)
                .zip(a.iter().zip(b).zip(c));
            for ((earned, total), ((a, b), c)) in lanes {
                let weight = a * b * c;
                *earned += weight * sixths;
                *total += weight;
            }
        }
        let full = f64::from(Credit::FULL.sixths());
        std::array::from_fn(|lane| earned[lane] / full / total[lane])
    }
}

/// Returns the interval between the outer quantiles of sorted values, of which there is at least
/// one.
pub(crate) fn percentile_interval(sorted: &[f64], confidence: Confidence) -> Interval {
    let tail = (1.0 - confidence.level()) / 2.0;
    Interval {
        lower: quantile(sorted, tail),
        upper: quantile(sorted, 1.0 - tail),
    }
}

/// Returns a quantile of sorted values, with linear interpolation.
fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = probability * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ArgumentError, assert_refused};
    use crate::judgment::OddOneOut;
    use crate::stimuli::Stimuli;

    fn every_triple(n: u32) -> OddOneOut {
        let triples = (0..n).flat_map(|a| (0..a).flat_map(move |b| (0..b).map(move |c| [a, b, c])));
        OddOneOut::new(Stimuli::numbered(n), triples.collect()).unwrap()
    }

    #[test]
    fn depends_on_the_seed_alone() {
        let trials = every_triple(12);
        let credits: Vec<Credit> = trials
            .as_slice()
            .iter()
            .map(|&[a, b, c]| Credit::from((a * 7 + b * 3 + c) % 5 < 3))
            .collect();
        let run = |n, seed, threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let bootstrap = ObjectBootstrap::new(n, seed).unwrap();
            pool.install(|| {
                bootstrap
                    .run(&trials, &credits, Confidence::default())
                    .unwrap()
                    .unwrap()
            })
        };
        assert_eq!(run(101, 1, 1), run(101, 1, 4));
        assert_ne!(run(101, 1, 1), run(101, 2, 1));
        assert!(ObjectBootstrap::new(1, 0).is_err());
    }

    #[test]
    fn three_objects_are_too_few_to_draw_from() {
        let bootstrap = ObjectBootstrap::new(100, 1).unwrap();
        // One trial, and one triple that is shown twice, with stimuli that no trial shows.
        for trials in [vec![[0, 1, 2]], vec![[0, 1, 2], [2, 1, 0]]] {
            let credits: Vec<Credit> = (0..trials.len()).map(|t| Credit::from(t == 0)).collect();
            let trials = OddOneOut::new(Stimuli::numbered(9), trials).unwrap();
            assert_refused!(
                bootstrap.run(&trials, &credits, Confidence::default()),
                Argument(ArgumentError::TooFew {
                    needed: 4,
                    found: 3,
                    ..
                })
            );
        }
    }

    #[test]
    fn lanes_are_the_weighted_mean() {
        let trials = every_triple(6);
        let credits: Vec<Credit> = (0..trials.len())
            .map(|t| Credit::from(t % 3 == 0))
            .collect();
        let bootstrap = ObjectBootstrap::new(LANES, 9).unwrap();
        let weights = bootstrap.draw(trials.shown(), 6, 0);
        let means = Arch::new().dispatch(WeightedMeans {
            trials: trials.as_slice(),
            credits: &credits,
            weights: &weights,
        });
        for lane in 0..LANES {
            assert_eq!(weights.iter().map(|w| w[lane]).sum::<f64>(), 6.0);
            let (mut earned, mut total) = (0.0, 0.0);
            for (trial, credit) in trials.as_slice().iter().zip(&credits) {
                let weight: f64 = trial
                    .iter()
                    .map(|&index| weights[index as usize][lane])
                    .product();
                earned += weight * credit.value();
                total += weight;
            }
            assert_eq!(means[lane].is_nan(), total == 0.0);
            if total > 0.0 {
                approx::assert_relative_eq!(means[lane], earned / total, epsilon = 1e-12);
            }
        }
    }

    #[test]
    fn quantiles_interpolate() {
        let values = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(quantile(&values, 0.5), 1.5);
        assert_eq!(quantile(&values, 1.0), 3.0);
        assert_eq!(quantile(&values, 0.0), 0.0);
    }
}
