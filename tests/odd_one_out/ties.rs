//! Similarities that are equal tie, and no others do: checked against exact arithmetic of whole numbers.

use human_alignment::error::{ComputationError, ErrorKind};
use std::cmp::Ordering;

use human_alignment::calibration::{Bins, Predictions};
use human_alignment::judgment::{ChoiceFrequencies, Task};
use human_alignment::metric::odd_one_out::{Counts, TiePolicy};
use human_alignment::{
    Anchored, Error, Features, OddOneOut, Precision, Representation, Similarity, Stimuli,
    TemperatureScaling, Trials, ZeroShotOddOneOut,
};
use ndarray::Array2;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::grids::{grid, variants};

/// So many trials are few enough that each pair is computed by itself.
const FEW: usize = 8;

/// A similarity as sign and square of a fraction, or a whole number over 1.
#[derive(Clone, Copy)]
struct Exact {
    numerator: i128,
    /// Of the square.
    denominator: i128,
}

impl Exact {
    fn of(similarity: Similarity, x: &[i64], y: &[i64]) -> Self {
        let dot = |x: &[i64], y: &[i64]| -> i128 {
            x.iter().zip(y).map(|(&x, &y)| i128::from(x * y)).sum()
        };
        let cosine = |x: &[i64], y: &[i64]| Self {
            numerator: dot(x, y),
            denominator: dot(x, x) * dot(y, y),
        };
        let whole = |numerator| Self {
            numerator,
            denominator: 1,
        };
        match similarity {
            Similarity::Dot => whole(dot(x, y)),
            Similarity::Cosine => cosine(x, y),
            Similarity::Pearson => {
                let centred = |row: &[i64]| -> Vec<i64> {
                    let sum: i64 = row.iter().sum();
                    row.iter().map(|&x| x * row.len() as i64 - sum).collect()
                };
                cosine(&centred(x), &centred(y))
            }
            Similarity::NegativeEuclidean | Similarity::NegativeSquaredEuclidean => whole(
                -x.iter()
                    .zip(y)
                    .map(|(&x, &y)| i128::from((x - y) * (x - y)))
                    .sum::<i128>(),
            ),
        }
    }

    fn compare(self, other: Self) -> Ordering {
        let square =
            |own: Self, other: Self| own.numerator * own.numerator.abs() * other.denominator;
        square(self, other).cmp(&square(other, self))
    }
}

/// The pairs with the largest similarity in a trial, one bit each.
fn largest(similarity: Similarity, grid: &Array2<i64>, [a, b, c]: [u32; 3], n_pairs: usize) -> u8 {
    let row = |stimulus: u32| grid.row(stimulus as usize).to_vec();
    let of = |a: u32, b: u32| Exact::of(similarity, &row(a), &row(b));
    let pairs = [of(a, b), of(a, c), of(b, c)];
    let pairs = &pairs[..n_pairs];
    let is_largest = |&pair: &usize| {
        let mut others = pairs.iter();
        others.all(|&other| pairs[pair].compare(other).is_ge())
    };
    (0..n_pairs).filter(is_largest).map(|pair| 1 << pair).sum()
}

fn expected(masks: &[u8], ties: TiePolicy, n_pairs: usize) -> Counts {
    let mut counts = Counts::default();
    for &mask in masks {
        let n_largest = u64::from(mask.count_ones());
        let sixths = match ties {
            _ if mask & 1 == 0 => 0,
            TiePolicy::Wrong => 6 * u64::from(n_largest == 1),
            TiePolicy::Fractional => 6 / n_largest,
            TiePolicy::PublishedAllEqual => 6 * u64::from(n_largest < n_pairs as u64),
            other => panic!("{other} has no definition here"),
        };
        counts.n_trials += 1;
        counts.n_correct += u64::from(sixths == 6);
        counts.n_ties += u64::from(n_largest > 1);
        counts.n_sixths += sixths;
    }
    counts
}

fn random_trials(n: u32, count: usize, seed: u64) -> Vec<[u32; 3]> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let draw = || -> [u32; 3] { std::array::from_fn(|_| rng.random_range(0..n)) };
    let different = |[a, b, c]: &[u32; 3]| a != b && a != c && b != c;
    std::iter::repeat_with(draw)
        .filter(different)
        .take(count)
        .collect()
}

/// All that chooses finds the pairs that exact arithmetic finds.
fn check<T: Task>(
    grid: &Array2<i64>,
    trials: &[[u32; 3]],
    make: impl Fn(Vec<[u32; 3]>) -> Trials<T>,
    seed: u64,
) {
    let stimuli = Stimuli::numbered(grid.nrows() as u32);
    let all = make(trials.to_vec());
    for &similarity in Similarity::ALL {
        let masks: Vec<u8> = trials
            .iter()
            .map(|&trial| largest(similarity, grid, trial, T::N_PAIRS))
            .collect();
        for (name, features) in variants(grid, seed) {
            let representation = Representation::new(stimuli.clone(), features).unwrap();
            for &precision in Precision::ALL {
                let what = format!("{similarity} {precision} {name}");
                let metric = ZeroShotOddOneOut::new(similarity).with_precision(precision);
                // The rule of the published probes concerns probabilities.
                let of_similarities = |ties: &&TiePolicy| **ties != TiePolicy::PublishedProbe;
                for &ties in TiePolicy::ALL.iter().filter(of_similarities) {
                    let metric = metric.with_ties(ties);
                    let counts = metric.count(&representation, &all).unwrap();
                    assert_eq!(counts, expected(&masks, ties, T::N_PAIRS), "{what} {ties}");
                    let outcomes = metric.outcomes(&representation, &all).unwrap();
                    assert_eq!(outcomes.counts(), counts, "{what} {ties}");
                    let tally = metric.tally(&representation, &stimuli, [Ok(all.clone())]);
                    assert_eq!(tally.unwrap().counts(), counts, "{what} {ties}");
                    let questions = ChoiceFrequencies::trial_by_trial(&all);
                    let predictions =
                        Predictions::from_metric(&metric, &representation, &questions);
                    let score = predictions.unwrap().score(Bins::default());
                    assert_eq!(score.n_ties, counts.n_ties, "{what} {ties}");
                    let accuracy = score.accuracy.value;
                    assert!(
                        (accuracy - counts.accuracy()).abs() < 1e-12,
                        "{what} {ties}"
                    );
                }
                let chosen = |mask: &u8| match mask.count_ones() {
                    1 => Some(mask.trailing_zeros() as u8),
                    _ => None,
                };
                let chosen: Vec<Option<u8>> = masks.iter().map(chosen).collect();
                let choices = metric.choices(&representation, &all).unwrap();
                assert_eq!(choices, chosen, "{what}");
                let mut few = Vec::new();
                for trials in trials.chunks(FEW) {
                    let trials = make(trials.to_vec());
                    few.extend(metric.choices(&representation, &trials).unwrap());
                }
                assert_eq!(few, chosen, "{what}, directly");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn ties_are_those_of_exact_arithmetic(
        n in 12usize..30,
        p in 2usize..60,
        largest in 1i64..6,
        seed in any::<u64>(),
    ) {
        let grid = grid(n, p, largest, seed);
        let trials = random_trials(n as u32, 200, seed);
        let stimuli = || Stimuli::numbered(n as u32);
        check(&grid, &trials, |trials| OddOneOut::new(stimuli(), trials).unwrap(), seed);
        check(&grid, &trials, |trials| Anchored::new(stimuli(), trials).unwrap(), seed);
    }

    /// Rows that are multiples of few patterns, and of their mirror images.
    #[test]
    fn collinear_rows_tie(p in 3usize..40, seed in any::<u64>()) {
        let patterns = grid(5, p, 5, seed);
        let grid = Array2::from_shape_fn((20, p), |(row, column)| {
            [1, 3, 7, -2][row / 5] * patterns[[row % 5, column]]
        });
        let trials = random_trials(20, 200, seed);
        let make = |trials| OddOneOut::new(Stimuli::numbered(20), trials).unwrap();
        check(&grid, &trials, make, seed);
    }
}

/// One-hot features: every similarity is the same.
#[test]
fn where_all_are_equally_alike_every_trial_ties() {
    for p in [3, 6, 7, 10, 12, 49, 300] {
        let grid = Array2::from_shape_fn((p, p), |(row, column)| i64::from(row == column));
        let trials = random_trials(p as u32, 100, p as u64);
        let make = |trials| OddOneOut::new(Stimuli::numbered(p as u32), trials).unwrap();
        check(&grid, &trials, make, 1);
        // No temperature makes these probabilities better.
        let questions = ChoiceFrequencies::trial_by_trial(&make(trials.clone()));
        for (name, features) in variants(&grid, 1) {
            let stimuli = Stimuli::numbered(p as u32);
            let representation = Representation::new(stimuli, features).unwrap();
            for &similarity in Similarity::ALL {
                let scaling = TemperatureScaling::new(similarity);
                let fitted = scaling.fit(&representation, &questions);
                assert!(
                    matches!(
                        fitted.as_ref().map_err(Error::kind),
                        Err(ErrorKind::Computation(ComputationError::EqualSimilarities))
                    ),
                    "{similarity} {name}"
                );
            }
        }
    }
}

/// A common offset costs digits, which the bounds know.
#[test]
fn an_offset_breaks_no_tie() {
    let grid = grid(20, 12, 1, 5);
    for offset in [1, 1000, 1_000_000] {
        let grid = grid.mapv(|value| value + offset);
        let trials = random_trials(20, 300, 6);
        let make = |trials| OddOneOut::new(Stimuli::numbered(20), trials).unwrap();
        let stimuli = Stimuli::numbered(20);
        for similarity in [
            Similarity::Pearson,
            Similarity::NegativeEuclidean,
            Similarity::NegativeSquaredEuclidean,
        ] {
            let masks: Vec<u8> = trials
                .iter()
                .map(|&trial| largest(similarity, &grid, trial, 3))
                .collect();
            let scaled = grid.mapv(|value| value as f64 * 0.1);
            let representation = Representation::new(stimuli.clone(), scaled).unwrap();
            for &precision in Precision::ALL {
                let metric = ZeroShotOddOneOut::new(similarity).with_precision(precision);
                let counts = metric
                    .count(&representation, &make(trials.clone()))
                    .unwrap();
                let expected = expected(&masks, TiePolicy::Wrong, 3);
                assert_eq!(counts, expected, "{similarity} {precision} + {offset}");
            }
        }
    }
}

/// Independent random numbers have no ties, and single precision chooses as double does.
#[test]
fn random_features_have_no_ties() {
    let n = 200;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut normal = || -> f64 { (0..12).map(|_| rng.random_range(-0.5..0.5)).sum() };
    let trials = OddOneOut::new(Stimuli::numbered(n), random_trials(n, 100_000, 2)).unwrap();
    for p in [3, 50, 1500] {
        let double = Array2::from_shape_simple_fn((n as usize, p), &mut normal);
        let single = double.mapv(|value| value as f32);
        for features in [Features::from(double), Features::from(single)] {
            let representation = Representation::new(Stimuli::numbered(n), features).unwrap();
            for &similarity in Similarity::ALL {
                let [single, double] = [Precision::Single, Precision::Double].map(|precision| {
                    let metric = ZeroShotOddOneOut::new(similarity).with_precision(precision);
                    metric.choices(&representation, &trials).unwrap()
                });
                assert!(double.iter().all(Option::is_some), "{similarity} {p}");
                assert!(single == double, "{similarity} {p}");
            }
        }
    }
}
