//! What RDMs and their comparison must not depend on, and what they are by definition.

use approx::assert_relative_eq;
use human_alignment::error::{Context, FeatureError, RdmError};
use human_alignment::metric::rsa::{Comparator, RepresentationalSimilarity, RsaNoiseCeiling};
use human_alignment::rdm::Scaling;
use human_alignment::{AlignmentMetric, Dissimilarity, Rdm, RdmSet, Representation, Stimuli};
use ndarray::{Array1, Array2};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::refusals::assert_refused;

fn random(n: usize, p: usize, seed: u64) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((n, p), || rng.random_range(-1.0..1.0))
}

/// Values of which some tie.
fn tied_rdm(n: usize, seed: u64) -> Rdm {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..n * (n - 1) / 2).map(|_| f64::from(rng.random_range(0..9u32)));
    Rdm::new(Stimuli::numbered(n as u32), values.collect()).unwrap()
}

fn rdm_of(features: Array2<f32>, dissimilarity: Dissimilarity) -> Rdm {
    let stimuli = Stimuli::numbered(features.nrows() as u32);
    let representation = Representation::new(stimuli, features).unwrap();
    dissimilarity.rdm(&representation).unwrap()
}

/// What a pair of rows says by itself.
fn by_definition(features: &Array2<f32>, dissimilarity: Dissimilarity) -> Vec<f64> {
    let rows: Vec<Array1<f64>> = features
        .outer_iter()
        .map(|row| row.mapv(f64::from))
        .collect();
    let cosine = |a: &Array1<f64>, b: &Array1<f64>| a.dot(b) / (a.dot(a) * b.dot(b)).sqrt();
    let squared = |a: &Array1<f64>, b: &Array1<f64>| (a - b).mapv(|x| x * x).sum();
    let n = rows.len();
    let all: f64 = rows
        .iter()
        .flat_map(|a| rows.iter().map(move |b| squared(a, b)))
        .sum();
    let mut values = Vec::new();
    for (position, a) in rows.iter().enumerate() {
        for b in &rows[position + 1..] {
            values.push(match dissimilarity {
                Dissimilarity::Correlation => {
                    let centre = |row: &Array1<f64>| row - row.mean().unwrap();
                    1.0 - cosine(&centre(a), &centre(b))
                }
                Dissimilarity::Cosine => 1.0 - cosine(a, b),
                Dissimilarity::Euclidean => squared(a, b).sqrt(),
                Dissimilarity::SquaredEuclidean => squared(a, b),
                Dissimilarity::Gaussian => 1.0 - (-squared(a, b) / (all / (n * n) as f64)).exp(),
                other => panic!("{other} has no definition here"),
            });
        }
    }
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Sizes on both sides of the kernel's tiles, rows that repeat among them.
    #[test]
    fn an_rdm_is_what_its_pairs_say(n in 2usize..230, p in 2usize..9, seed in 0u64..1000) {
        let mut features = random(n, p, seed);
        if n > 3 {
            let first = features.row(0).to_owned();
            features.row_mut(n / 2).assign(&first);
        }
        for &dissimilarity in Dissimilarity::ALL {
            let rdm = rdm_of(features.clone(), dissimilarity);
            let expected = by_definition(&features, dissimilarity);
            for (found, expected) in rdm.values().iter().zip(&expected) {
                prop_assert!((found - expected).abs() < 1e-7, "{dissimilarity}: {found} {expected}");
            }
            if n > 3 {
                prop_assert_eq!(rdm.between(0, n / 2), Some(0.0));
            }
        }
    }

    /// Signed permutations and rotations by 90° keep every digit; distances are those of before.
    #[test]
    fn rotations_change_no_distance(n in 3usize..60, seed in 0u64..1000) {
        let features = random(n, 4, seed);
        let rotated = Array2::from_shape_fn((n, 4), |(row, column)| match column {
            0 => -features[[row, 3]],
            1 => features[[row, 0]],
            2 => -features[[row, 1]],
            _ => features[[row, 2]],
        });
        let half = features.mapv(|value| value * 0.5);
        for &dissimilarity in Dissimilarity::ALL {
            let before = rdm_of(features.clone(), dissimilarity);
            if dissimilarity != Dissimilarity::Correlation {
                let after = rdm_of(rotated.clone(), dissimilarity);
                for (a, b) in before.values().iter().zip(after.values()) {
                    prop_assert!((a - b).abs() < 1e-12);
                }
            }
            // An isotropic scale changes no comparison.
            let scaled = rdm_of(half.clone(), dissimilarity);
            for &comparator in Comparator::ALL {
                prop_assert!((comparator.compare(&before, &scaled).unwrap() - 1.0).abs() < 1e-9
                    || matches!(comparator, Comparator::KendallTauA | Comparator::RhoA));
            }
        }
    }

    /// Stimuli in another order are the same stimuli.
    #[test]
    fn a_joint_permutation_changes_no_comparison(n in 4usize..20, seed in 0u64..1000) {
        let (first, second) = (tied_rdm(n, seed), tied_rdm(n, seed + 5000));
        let reversed: Vec<usize> = (0..n).rev().collect();
        let reversed = first.stimuli().select(&reversed).unwrap();
        let permuted = second.select(&reversed).unwrap();
        for &comparator in Comparator::ALL {
            let value = comparator.compare(&first, &second).unwrap();
            prop_assert!((-1.0..=1.0).contains(&value));
            for (a, b) in [
                (&first, &permuted),
                (&permuted, &first),
                (&first.select(&reversed).unwrap(), &permuted),
            ] {
                prop_assert!((comparator.compare(a, b).unwrap() - value).abs() < 1e-12);
            }
        }
    }
}

/// ρ-a is the mean of Spearman's correlation over random orders of ties.
#[test]
fn rho_a_is_expected_under_random_breaking_of_ties() {
    let (first, second) = (tied_rdm(8, 1), tied_rdm(8, 2));
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut broken = |rdm: &Rdm| {
        let values = rdm.values().iter();
        let values = values
            .map(|value| value + rng.random_range(0.0..0.5))
            .collect();
        Rdm::new(rdm.stimuli().clone(), values).unwrap()
    };
    let n = 20_000;
    let sum: f64 = (0..n)
        .map(|_| {
            let (a, b) = (broken(&first), broken(&second));
            Comparator::Spearman.compare(&a, &b).unwrap()
        })
        .sum();
    let expected = Comparator::RhoA.compare(&first, &second).unwrap();
    assert_relative_eq!(sum / f64::from(n), expected, epsilon = 2e-3);
}

/// Whitening by the covariance of dissimilarities, which is made here: that of pairs (i,j), (k,l) is
/// the square of the covariance of the differences xᵢ − xⱼ and xₖ − xₗ.
#[test]
fn whitening_is_that_of_the_explicit_covariance() {
    let n = 7;
    let (first, second) = (tied_rdm(n, 1), tied_rdm(n, 2));
    let pairs: Vec<(usize, usize)> = (0..n)
        .flat_map(|i| (i + 1..n).map(move |j| (i, j)))
        .collect();
    let covariance = Array2::from_shape_fn((pairs.len(), pairs.len()), |(row, column)| {
        let ((i, j), (k, l)) = (pairs[row], pairs[column]);
        let same = |a: usize, b: usize| f64::from(u8::from(a == b));
        (same(i, k) - same(i, l) - same(j, k) + same(j, l)).powi(2)
    });
    let centred = |rdm: &Rdm| {
        let values = Array1::from(rdm.values().to_vec());
        let mean = values.mean().unwrap();
        values - mean
    };
    let plain = |rdm: &Rdm| Array1::from(rdm.values().to_vec());
    let whitened = |a: &Array1<f64>, b: &Array1<f64>| {
        let (va, vb) = (solve(&covariance, a), solve(&covariance, b));
        a.dot(&vb) / (a.dot(&va) * b.dot(&vb)).sqrt()
    };
    let found = Comparator::WhitenedCosine.compare(&first, &second).unwrap();
    assert_relative_eq!(
        found,
        whitened(&plain(&first), &plain(&second)),
        epsilon = 1e-12
    );
    let found = Comparator::WhitenedPearson
        .compare(&first, &second)
        .unwrap();
    assert_relative_eq!(
        found,
        whitened(&centred(&first), &centred(&second)),
        epsilon = 1e-12
    );
}

/// Gaussian elimination with pivots.
fn solve(matrix: &Array2<f64>, right: &Array1<f64>) -> Array1<f64> {
    let (mut a, mut b) = (matrix.clone(), right.clone());
    let n = b.len();
    for column in 0..n {
        let largest =
            |&x: &usize, &y: &usize| a[[x, column]].abs().total_cmp(&a[[y, column]].abs());
        let pivot = (column..n).max_by(largest).unwrap();
        for k in 0..n {
            a.swap([column, k], [pivot, k]);
        }
        b.swap(column, pivot);
        for row in 0..n {
            if row != column {
                let factor = a[[row, column]] / a[[column, column]];
                for k in column..n {
                    a[[row, k]] -= factor * a[[column, k]];
                }
                b[row] -= factor * b[column];
            }
        }
    }
    Array1::from_shape_fn(n, |row| b[row] / a[[row, row]])
}

#[test]
fn missing_pairs_count_for_nothing() {
    let (first, second) = (tied_rdm(6, 1), tied_rdm(6, 2));
    let mut values = first.values().to_vec();
    values[4] = f64::NAN;
    let partial = Rdm::with_missing(first.stimuli().clone(), values).unwrap();
    for &comparator in Comparator::ALL {
        let found = comparator.compare(&partial, &second);
        if matches!(
            comparator,
            Comparator::WhitenedPearson | Comparator::WhitenedCosine
        ) {
            assert_refused!(found, Rdm(RdmError::InvalidPair { .. }));
            continue;
        }
        // However unlike the missing pair is in the other.
        let mut values = second.values().to_vec();
        values[4] = 1e6;
        let spoilt = Rdm::new(second.stimuli().clone(), values).unwrap();
        assert_eq!(
            found.unwrap(),
            comparator.compare(&partial, &spoilt).unwrap()
        );
    }
}

#[test]
fn what_is_undefined_is_an_error() {
    let constant = Rdm::new(Stimuli::numbered(5), vec![2.0; 10]).unwrap();
    let zero = Rdm::new(Stimuli::numbered(5), vec![0.0; 10]).unwrap();
    let other = tied_rdm(5, 1);
    for &comparator in Comparator::ALL {
        let is_cosine = matches!(comparator, Comparator::Cosine | Comparator::WhitenedCosine);
        // By definition these are 0 where one side ties throughout.
        let is_defined = matches!(comparator, Comparator::KendallTauA | Comparator::RhoA);
        let of_constant = comparator.compare(&constant, &other);
        match (is_cosine, is_defined) {
            (true, _) => assert!(of_constant.is_ok()),
            (_, true) => assert_eq!(of_constant.unwrap(), 0.0),
            _ => {
                let message = of_constant.unwrap_err().report().to_string();
                assert!(message.starts_with("RDM of the first of two"), "{message}");
            }
        }
        assert_eq!(comparator.compare(&other, &zero).is_ok(), is_defined);
    }

    // Of one of several people.
    let people = RdmSet::numbered(vec![other.clone(), constant]).unwrap();
    let error = RsaNoiseCeiling::new(&people, Comparator::Pearson).unwrap_err();
    assert!(error.context().eq([&Context::Rdm("1".into())]));
    let metric = RepresentationalSimilarity::new(Dissimilarity::Cosine, Comparator::Spearman);
    let zeros = Representation::new(Stimuli::numbered(5), Array2::<f32>::zeros((5, 3))).unwrap();
    assert_refused!(
        metric.score(&zeros, &RdmSet::from(other.clone())),
        Feature(FeatureError::ZeroVector { stimulus, .. })
            if stimulus == "0"
    );
    let gaussian = Dissimilarity::Gaussian.rdm(&zeros);
    assert_refused!(gaussian, Rdm(RdmError::Constant { .. }));
    assert!(other.scaled(Scaling::Rank).is_ok());
}
