//! What other objects would have given, by drawing from those at hand.

use pulp::{Arch, Simd, WithSimd};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, Error, Result};
use crate::inference::{Confidence, Credit, Interval, check_length};
use crate::judgment::{Task, Trials};

/// The bootstrap over objects of the mean of a [`Credit`] over trials.
///
/// A replicate draws as many objects as trials show, with replacement, and weighs each trial by the
/// product of the numbers of times that its three objects were drawn.
///
/// It is right where trials are dense: where most triples of objects have been asked. Where each
/// object has few trials it is conservative, up to twice too wide, because the product of three
/// weights varies more than what it stands for; the object-level standard error of the score is
/// right in both cases.
///
/// Each replicate has a stream of its own of one seeded generator, so that the numbers depend on
/// the seed alone and not on the number of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Settings")]
pub struct ObjectBootstrap {
    n_replicates: usize,
    seed: u64,
}

/// The settings as they are read, before they are checked.
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

/// What an [`ObjectBootstrap`] found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bootstrapped {
    /// The standard deviation of the replicates.
    pub standard_error: f64,
    /// The percentile interval of the replicates.
    pub interval: Interval,
    /// Replicates that were drawn.
    pub n_replicates: usize,
    /// Replicates that drew no trial at all, and say nothing.
    pub n_empty: usize,
    /// The seed.
    pub seed: u64,
}

/// Replicates that are computed together, one in each lane of a vector.
const LANES: usize = 8;

impl ObjectBootstrap {
    /// So many replicates, from this seed.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for fewer than two replicates or more than a million.
    pub fn new(n_replicates: usize, seed: u64) -> Result<Self> {
        if (2..=1_000_000).contains(&n_replicates) {
            Ok(Self { n_replicates, seed })
        } else {
            let expected = "2 to 1000000 replicates";
            Err(Error::parameter("bootstrap", expected, n_replicates))
        }
    }

    /// Resamples the mean credit; `None` where fewer than two replicates drew any trial.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] where there is not one credit for each trial; [`Error::TooFew`] if the trials
    /// show fewer than four objects.
    pub fn run<T: Task>(
        &self,
        trials: &Trials<T>,
        credits: &[Credit],
        confidence: Confidence,
    ) -> Result<Option<Bootstrapped>> {
        check_length(trials, credits)?;
        self.check(trials)?;
        Ok(self.resample(trials, credits, confidence))
    }

    /// Checks that there is something to draw: trials of the same three objects have the same weight in every
    /// replicate, so that all means would be equal.
    pub(crate) fn check<T: Task>(&self, trials: &Trials<T>) -> Result<()> {
        const NEEDED: usize = 4;

        match trials.shown().len() {
            found if found < NEEDED => Err(ArgumentError::TooFew {
                what: "objects for a bootstrap over objects",
                needed: NEEDED,
                found,
            }
            .into()),
            _ => Ok(()),
        }
    }

    /// Resamples credits that are known to be one for each trial, of trials that were checked.
    pub(crate) fn resample<T: Task>(
        &self,
        trials: &Trials<T>,
        credits: &[Credit],
        confidence: Confidence,
    ) -> Option<Bootstrapped> {
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
        Some(Bootstrapped {
            standard_error: (squares / (n - 1.0)).sqrt(),
            interval: percentile_interval(&means, confidence),
            n_replicates: self.n_replicates,
            n_empty: self.n_replicates - means.len(),
            seed: self.seed,
        })
    }

    /// How often each stimulus is drawn, in each of the replicates from `first` on.
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

/// The mean credit in each lane; NaN where all weights are 0. Weights and their sums are whole
/// numbers, so that the sums are exact.
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

/// What lies between the outer quantiles of sorted values, of which there must be one.
pub(crate) fn percentile_interval(sorted: &[f64], confidence: Confidence) -> Interval {
    let tail = (1.0 - confidence.level()) / 2.0;
    Interval {
        lower: quantile(sorted, tail),
        upper: quantile(sorted, 1.0 - tail),
    }
}

/// The quantile of sorted values, interpolated linearly between neighbours.
fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = probability * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
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
        // One trial, and one triple asked twice, beside stimuli that no trial shows.
        for trials in [vec![[0, 1, 2]], vec![[0, 1, 2], [2, 1, 0]]] {
            let credits: Vec<Credit> = (0..trials.len()).map(|t| Credit::from(t == 0)).collect();
            let trials = OddOneOut::new(Stimuli::numbered(9), trials).unwrap();
            assert!(matches!(
                bootstrap
                    .run(&trials, &credits, Confidence::default())
                    .as_ref()
                    .map_err(Error::kind),
                Err(ErrorKind::Argument(ArgumentError::TooFew {
                    needed: 4,
                    found: 3,
                    ..
                }))
            ));
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
