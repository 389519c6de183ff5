//! Dissimilarities that are equal tie, and no others do: checked against exact arithmetic of whole numbers.

use human_alignment::error::RdmError;
use human_alignment::metric::rsa::{Comparator, PermutationTest, RsaBootstrap};
use human_alignment::rdm::Scaling;
use human_alignment::{Dissimilarity, Features, Rdm, RdmSet, Representation, Stimuli};
use ndarray::Array2;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::grids::{grid, variants};
use crate::common::refusals::assert_kind;

const RANKED: [Comparator; 4] = [
    Comparator::Spearman,
    Comparator::RhoA,
    Comparator::KendallTauA,
    Comparator::KendallTauB,
];

fn rdm_of(features: impl Into<Features>, dissimilarity: Dissimilarity) -> Rdm {
    let features = features.into();
    let stimuli = Stimuli::numbered(features.dim().0 as u32);
    let representation = Representation::new(stimuli, features).unwrap();
    dissimilarity.rdm(&representation).unwrap()
}

/// Numbers of which the dissimilarities of all pairs are an ascending function: whole, or the numerator and
/// denominator of minus the square of a cosine, which has the sign of the numerator.
fn exact(grid: &Array2<i64>, dissimilarity: Dissimilarity) -> Vec<(i128, i128)> {
    let p = grid.ncols() as i64;
    let rows: Vec<Vec<i64>> = grid
        .rows()
        .into_iter()
        .map(|row| match dissimilarity {
            Dissimilarity::Correlation => row.iter().map(|&x| x * p - row.sum()).collect(),
            _ => row.to_vec(),
        })
        .collect();
    let sum = |x: &[i64], y: &[i64], of: fn(i64, i64) -> i64| -> i128 {
        x.iter().zip(y).map(|(&x, &y)| i128::from(of(x, y))).sum()
    };
    let product = |x: &[i64], y: &[i64]| sum(x, y, |x, y| x * y);
    let mut pairs = Vec::new();
    for (position, x) in rows.iter().enumerate() {
        for y in &rows[position + 1..] {
            pairs.push(match dissimilarity {
                Dissimilarity::Correlation | Dissimilarity::Cosine => {
                    let dot = product(x, y);
                    (-dot * dot.abs(), product(x, x) * product(y, y))
                }
                _ => (sum(x, y, |x, y| (x - y) * (x - y)), 1),
            });
        }
    }
    pairs
}

/// The ranks of fractions, equal ones sharing one.
fn exact_ranks(fractions: &[(i128, i128)]) -> Vec<f64> {
    let compare = |a: &(i128, i128), b: &(i128, i128)| (a.0 * b.1).cmp(&(b.0 * a.1));
    let mut distinct = fractions.to_vec();
    distinct.sort_unstable_by(compare);
    distinct.dedup_by(|a, b| compare(a, b).is_eq());
    let rank = |fraction: &(i128, i128)| {
        let found = distinct.binary_search_by(|other| compare(other, fraction));
        found.unwrap() as f64
    };
    fractions.iter().map(rank).collect()
}

fn random_rdm(n: usize, seed: u64) -> Rdm {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..n * (n - 1) / 2).map(|_| rng.random_range(0.0..1.0));
    Rdm::new(Stimuli::numbered(n as u32), values.collect()).unwrap()
}

fn check(grid: &Array2<i64>, seed: u64) {
    let n = grid.nrows();
    let human = random_rdm(n, seed);
    for &dissimilarity in Dissimilarity::ALL {
        let ranks = exact_ranks(&exact(grid, dissimilarity));
        let ranks = Rdm::new(human.stimuli().clone(), ranks).unwrap();
        for (name, features) in variants(grid, seed) {
            let rdm = rdm_of(features, dissimilarity);
            for comparator in RANKED {
                for other in [&human, &ranks, &rdm] {
                    let found = comparator.compare(&rdm, other);
                    let other = if std::ptr::eq(other, &rdm) {
                        &ranks
                    } else {
                        other
                    };
                    match comparator.compare(&ranks, other) {
                        Ok(expected) => assert!(
                            (found.unwrap() - expected).abs() < 1e-12,
                            "{dissimilarity} {comparator} {name}"
                        ),
                        // All are equally unlike.
                        Err(_) => assert!(found.is_err(), "{dissimilarity} {comparator} {name}"),
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn ties_are_those_of_exact_arithmetic(
        n in 3usize..24,
        p in 2usize..60,
        largest in 1i64..6,
        seed in any::<u64>(),
    ) {
        check(&grid(n, p, largest, seed), seed);
    }

    /// Rows that are multiples of few patterns.
    #[test]
    fn collinear_rows_tie(p in 3usize..40, seed in any::<u64>()) {
        let patterns = grid(5, p, 5, seed);
        let grid = Array2::from_shape_fn((20, p), |(row, column)| {
            [1, 3, 7, -2][row / 5] * patterns[[row % 5, column]]
        });
        check(&grid, seed);
    }
}

/// One-hot features: every dissimilarity is the same, and nothing can be said about their order.
#[test]
fn an_rdm_that_is_constant_within_rounding_does_not_vary() {
    for p in [3, 6, 7, 10, 12, 49] {
        let grid = Array2::from_shape_fn((p, p), |(row, column)| i64::from(row == column));
        check(&grid, p as u64);
        let human = random_rdm(p, 1);
        for &dissimilarity in Dissimilarity::ALL {
            for (name, features) in variants(&grid, 2) {
                let rdm = rdm_of(features, dissimilarity);
                let what = format!("{dissimilarity} {name} {p}");
                for &comparator in Comparator::ALL {
                    let is_defined = matches!(
                        comparator,
                        Comparator::RhoA
                            | Comparator::KendallTauA
                            | Comparator::Cosine
                            | Comparator::WhitenedCosine
                    );
                    let found = comparator.compare(&rdm, &human);
                    assert_eq!(found.is_ok(), is_defined, "{what} {comparator}");
                }
                let partial = Comparator::Pearson.partial(&human, &random_rdm(p, 2), &[&rdm]);
                assert!(p == 3 || partial.is_err(), "{what}");
                assert!(rdm.scaled(Scaling::StandardScore).is_err(), "{what}");
                assert!(rdm.scaled(Scaling::RootMeanSquare).is_ok(), "{what}");
            }
        }
    }
}

/// What other programs leave of a constant RDM doesn't vary either.
#[test]
fn a_constant_rdm_of_a_file_does_not_vary() {
    let human = random_rdm(6, 1);
    let values = (0..15u32).map(|pair| 1.0 + f64::from(pair % 4) * f64::EPSILON);
    let rdm = Rdm::new(human.stimuli().clone(), values.collect()).unwrap();
    for comparator in [
        Comparator::Pearson,
        Comparator::Spearman,
        Comparator::KendallTauB,
    ] {
        let error = comparator.compare(&rdm, &human).unwrap_err();
        assert_kind!(error, Rdm(RdmError::Constant { .. }));
    }
    assert_eq!(Comparator::KendallTauA.compare(&rdm, &human).unwrap(), 0.0);
}

/// Rows that all point the same way are nothing apart, and have no cosine with anything.
#[test]
fn an_rdm_that_is_0_within_rounding_is_all_0() {
    let pattern = [0.3, 0.1, 0.7, 0.2, 0.9];
    let features = Array2::from_shape_fn((6, 5), |(row, column)| {
        pattern[column] * [1.0, 3.0, 0.1, 7.0, 1e-3, 1.0 / 3.0][row]
    });
    let human = random_rdm(6, 1);
    for dissimilarity in [Dissimilarity::Correlation, Dissimilarity::Cosine] {
        let rdm = rdm_of(features.clone(), dissimilarity);
        for &comparator in Comparator::ALL {
            let is_defined = matches!(comparator, Comparator::RhoA | Comparator::KendallTauA);
            let found = comparator.compare(&rdm, &human);
            assert_eq!(found.is_ok(), is_defined, "{dissimilarity} {comparator}");
        }
        assert!(rdm.scaled(Scaling::RootMeanSquare).is_err());
    }
}

#[test]
fn random_features_have_no_ties() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut normal = || -> f64 { (0..12).map(|_| rng.random_range(-0.5..0.5)).sum() };
    for p in [3, 50, 1500] {
        let double = Array2::from_shape_simple_fn((150, p), &mut normal);
        let single = double.mapv(|value| value as f32);
        for features in [Features::from(double), Features::from(single)] {
            for &dissimilarity in Dissimilarity::ALL {
                let rdm = rdm_of(features.clone(), dissimilarity);
                let tau = Comparator::KendallTauA.compare(&rdm, &rdm).unwrap();
                assert_eq!(tau, 1.0, "{dissimilarity} {p}");
            }
        }
    }
}

/// Distances much smaller than the lengths that they are the difference of keep their digits.
#[test]
fn distances_of_rows_that_are_nearly_the_same_are_exact() {
    let grid = grid(20, 9, 1, 3);
    // Near a point that is far from the first row.
    let far = Array2::from_shape_fn((20, 9), |(row, column)| match row {
        0 => column as i64,
        _ => 100_000_000 + 3 * column as i64 + grid[[row, column]],
    });
    for dissimilarity in [Dissimilarity::Euclidean, Dissimilarity::SquaredEuclidean] {
        let rdm = rdm_of(far.mapv(|value| value as f64), dissimilarity);
        for (found, &(squared, _)) in rdm.values().iter().zip(&exact(&far, dissimilarity)) {
            let squared = squared as f64;
            let expected = match dissimilarity {
                Dissimilarity::Euclidean => squared.sqrt(),
                _ => squared,
            };
            assert!(
                (found - expected).abs() <= 1e-12 * expected,
                "{found} {expected}"
            );
        }
    }
}

/// Means of ratings in tenths tie as those of whole numbers do.
#[test]
fn means_of_people_tie() {
    let stimuli = Stimuli::numbered(12);
    let model = random_rdm(12, 1);
    let people = |unit: f64| {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let rdms = (0..9).map(|_| {
            let values = (0..66).map(|_| f64::from(rng.random_range(1..8u32)) * unit);
            Rdm::new(stimuli.clone(), values.collect()).unwrap()
        });
        RdmSet::numbered(rdms.collect()).unwrap()
    };
    let (whole, tenths) = (people(1.0), people(0.1));
    for comparator in RANKED {
        let [expected, found] = [&whole, &tenths].map(|people| {
            let mean = people.mean(Scaling::None).unwrap();
            comparator.compare(&model, &mean).unwrap()
        });
        assert!((found - expected).abs() < 1e-12, "{comparator}");
        let [expected, found] = [&whole, &tenths].map(|people| {
            let bootstrap = RsaBootstrap::new(20, 1).unwrap().with_ceiling();
            let replicates = bootstrap.run(comparator, &[&model], people).unwrap();
            let against = replicates.against_mean_person(0);
            [
                against.value,
                against.standard_error.unwrap(),
                replicates.ceiling().unwrap().value,
            ]
        });
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{comparator}");
        }
    }
}

/// Bootstraps and permutations rank the model's values as comparators do.
#[test]
fn resampling_keeps_ties() {
    let grid = grid(14, 12, 1, 4);
    let people = RdmSet::numbered((0..4).map(|seed| random_rdm(14, seed)).collect()).unwrap();
    for comparator in RANKED {
        let mut found = variants(&grid, 5).into_iter().map(|(name, features)| {
            let rdm = rdm_of(features, Dissimilarity::Correlation);
            let bootstrap = RsaBootstrap::new(20, 1).unwrap();
            let replicates = bootstrap.run(comparator, &[&rdm], &people).unwrap();
            let error = replicates.against_mean_person(0).standard_error.unwrap();
            let test = PermutationTest::new(99, 1).unwrap();
            let result = test.run(comparator, &rdm, &people).unwrap();
            (name, error, result.p_value)
        });
        let (_, error, p_value) = found.next().unwrap();
        for (name, other, other_p_value) in found {
            assert!((other - error).abs() < 1e-12, "{comparator} {name}");
            assert_eq!(other_p_value, p_value, "{comparator} {name}");
        }
    }
}
