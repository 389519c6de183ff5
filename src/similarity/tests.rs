use approx::assert_relative_eq;
use ndarray::Array2;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::error::{Error, ErrorKind, FeatureError};

fn random(n: usize, p: usize, seed: u64) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((n, p), || rng.random_range(-1.0..1.0f32))
}

fn representation(features: Array2<f32>) -> Representation {
    let stimuli = Stimuli::numbered(features.nrows() as u32);
    Representation::new(stimuli, features).unwrap()
}

/// Computes the similarity of rows `a` and `b` by definition.
fn by_definition(similarity: Similarity, features: &Array2<f32>, a: usize, b: usize) -> f64 {
    let row =
        |index: usize| -> Vec<f64> { features.row(index).iter().map(|&x| x.into()).collect() };
    let centred = |mut row: Vec<f64>| {
        let mean = row.iter().sum::<f64>() / row.len() as f64;
        row.iter_mut().for_each(|x| *x -= mean);
        row
    };
    let dot = |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(x, y)| x * y).sum() };
    let cosine = |x: &[f64], y: &[f64]| dot(x, y) / (dot(x, x) * dot(y, y)).sqrt();
    let (x, y) = (row(a), row(b));
    let squared: f64 = x.iter().zip(&y).map(|(x, y)| (x - y).powi(2)).sum();
    match similarity {
        Similarity::Dot => dot(&x, &y),
        Similarity::Cosine => cosine(&x, &y),
        Similarity::Pearson => cosine(&centred(x), &centred(y)),
        Similarity::NegativeEuclidean => -squared.sqrt(),
        Similarity::NegativeSquaredEuclidean => -squared,
    }
}

/// Prepares similarities with a number of trials that selects the given route.
fn prepare(
    representation: &Representation,
    similarity: Similarity,
    precision: Precision,
    route: Route,
) -> PairSimilarities<'_> {
    let shown: Vec<u32> = (0..representation.n_stimuli() as u32).collect();
    let n_trials = if route == Route::Gram { u64::MAX } else { 0 };
    let stimuli = representation.stimuli();
    PairSimilarities::new(
        representation,
        stimuli,
        &shown,
        similarity,
        precision,
        n_trials,
    )
    .unwrap()
}

/// Returns the three similarities of each trial.
fn look_up(similarities: &PairSimilarities<'_>, trials: &[[u32; 3]]) -> Vec<[f64; 3]> {
    let mut found = Vec::new();
    for trials in trials.chunks(BLOCK) {
        let mut block = Block::new();
        similarities.gather(trials, 3, &mut block);
        found.extend((0..trials.len()).map(|t| block.0.map(|pair| pair[t] * similarities.unit())));
    }
    found
}

fn random_trials(n: u32, count: usize, seed: u64) -> Vec<[u32; 3]> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = || {
        let [a, b, c]: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..n));
        (a != b && a != c && b != c).then_some([a, b, c])
    };
    std::iter::from_fn(|| Some(draw()))
        .flatten()
        .take(count)
        .collect()
}

const ROUTES: [(Precision, Route, f64); 3] = [
    (Precision::Single, Route::Gram, 1e-5),
    (Precision::Double, Route::Gram, 1e-12),
    (Precision::Double, Route::Direct, 1e-12),
];

#[test]
fn every_route_computes_the_definition() {
    // Sizes below and above the number of lanes, the sizes of bands and panels, and the depth of a
    // block.
    for (n, p) in [
        (3, 1),
        (5, 17),
        (63, 33),
        (64, 16),
        (65, 7),
        (193, 40),
        (400, 1100),
    ] {
        let features = random(n, p, 1) + 0.3;
        let trials = random_trials(n as u32, 500, 2);
        let all = representation(features.clone());
        for &similarity in Similarity::ALL {
            if p == 1 && similarity == Similarity::Pearson {
                continue;
            }
            for (precision, route, epsilon) in ROUTES {
                let found = look_up(&prepare(&all, similarity, precision, route), &trials);
                for (&[i, j, k], found) in trials.iter().zip(found) {
                    for ((a, b), found) in [(i, j), (i, k), (j, k)].into_iter().zip(found) {
                        let expected = by_definition(similarity, &features, a as usize, b as usize);
                        assert_relative_eq!(
                            found,
                            expected,
                            epsilon = epsilon,
                            max_relative = epsilon
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn features_of_any_size_are_compared() {
    let features = random(20, 9, 3);
    let trials = random_trials(20, 200, 4);
    let plain = representation(features.clone());
    for size in [1e-38f32, 1e-30, 1e30, 1e37] {
        let sized = representation(features.mapv(|x| x * size));
        for &similarity in Similarity::ALL {
            let size = f64::from(size);
            let factor = match similarity {
                Similarity::Dot | Similarity::NegativeSquaredEuclidean => size * size,
                Similarity::NegativeEuclidean => size,
                Similarity::Cosine | Similarity::Pearson => 1.0,
            };
            for (precision, route, _) in ROUTES {
                let expected = look_up(&prepare(&plain, similarity, precision, route), &trials);
                let found = look_up(&prepare(&sized, similarity, precision, route), &trials);
                for (expected, found) in expected.into_iter().zip(found) {
                    for (expected, found) in expected.into_iter().zip(found) {
                        assert_relative_eq!(
                            found / factor,
                            expected,
                            epsilon = 1e-5,
                            max_relative = 1e-5
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_common_offset_costs_no_digits_of_distances() {
    let features = random(30, 8, 5);
    let offset = representation(features.mapv(|x| (x * 64.0).round() / 64.0 + 4096.0));
    let trials = random_trials(30, 100, 6);
    let exact = offset.features().to_f32();
    for similarity in [Similarity::NegativeEuclidean, Similarity::Pearson] {
        for (precision, route, epsilon) in ROUTES {
            let found = look_up(&prepare(&offset, similarity, precision, route), &trials);
            for (&[i, j, _], found) in trials.iter().zip(found) {
                let expected = by_definition(similarity, &exact, i as usize, j as usize);
                assert_relative_eq!(
                    found[0],
                    expected,
                    epsilon = 1e3 * epsilon,
                    max_relative = 1e3 * epsilon
                );
            }
        }
    }
}

/// Checks an offset at which neighbouring `f32` are 1 apart.
#[test]
fn features_of_f64_keep_their_digits() {
    // Multiples of 2⁻²⁴, so that the offset can be added and subtracted exactly.
    let exact = random(30, 40, 8).mapv(|x| (x * 16_777_216.0).round() / 16_777_216.0);
    let far = exact.mapv(|x| f64::from(x) + 1e7);
    let far = Representation::new(Stimuli::numbered(30), far).unwrap();
    let trials = random_trials(30, 200, 9);
    for similarity in [
        Similarity::Pearson,
        Similarity::NegativeEuclidean,
        Similarity::NegativeSquaredEuclidean,
    ] {
        for (precision, route, epsilon) in ROUTES {
            let found = look_up(&prepare(&far, similarity, precision, route), &trials);
            for (&[i, j, _], found) in trials.iter().zip(found) {
                let expected = by_definition(similarity, &exact, i as usize, j as usize);
                assert_relative_eq!(
                    found[0],
                    expected,
                    epsilon = epsilon,
                    max_relative = epsilon
                );
            }
        }
    }
    // These rows are equal in f32.
    let close = ndarray::array![[1.0, 2.0], [1.0, 2.0 + 1e-9], [1.0, 2.0 - 2e-9]];
    let close = Representation::new(Stimuli::numbered(3), close).unwrap();
    for (precision, route, epsilon) in ROUTES {
        let similarity = Similarity::NegativeEuclidean;
        let [found] = look_up(&prepare(&close, similarity, precision, route), &[[0, 1, 2]])[..]
        else {
            panic!("one trial");
        };
        for (found, expected) in found.into_iter().zip([-1e-9, -2e-9, -3e-9]) {
            assert_relative_eq!(found, expected, max_relative = 1e-6 + epsilon);
        }
    }
}

#[test]
fn sizes_that_f32_do_not_have_are_scaled() {
    assert_eq!(inverse_power_of_two(12.0), 0.125);
    assert_eq!(inverse_power_of_two(0.0), 1.0);
    for tiny in [1e-300, f64::MIN_POSITIVE, 1e-310, 5e-324] {
        let scale = inverse_power_of_two(tiny);
        assert!(
            scale.is_normal() && tiny * scale < 2.0 && tiny * scale >= f64::EPSILON,
            "{tiny}"
        );
    }
}

#[test]
fn undefined_similarities_name_the_stimulus() {
    let mut features = random(4, 3, 7);
    features.row_mut(2).fill(0.0);
    let zero = representation(features.clone());
    features.row_mut(2).fill(0.7);
    let constant = representation(features);
    let refused = |representation: &Representation, similarity, shown: &[u32]| {
        let stimuli = representation.stimuli();
        PairSimilarities::new(
            representation,
            stimuli,
            shown,
            similarity,
            Precision::Double,
            1,
        )
        .err()
        .map(Error::into_kind)
    };
    assert!(matches!(
        refused(&zero, Similarity::Cosine, &[0, 1, 2, 3]),
        Some(ErrorKind::Feature(FeatureError::ZeroVector { stimulus })) if stimulus == "2"
    ));
    assert!(matches!(
        refused(&constant, Similarity::Pearson, &[0, 1, 2, 3]),
        Some(ErrorKind::Feature(FeatureError::ConstantRow { stimulus })) if stimulus == "2"
    ));
    // Stimuli that no trial shows are ignored.
    assert!(refused(&zero, Similarity::Cosine, &[0, 1, 3]).is_none());
    assert!(refused(&zero, Similarity::Dot, &[0, 1, 2, 3]).is_none());
}

#[test]
fn names_round_trip() {
    for &similarity in Similarity::ALL {
        assert_eq!(similarity.name().parse::<Similarity>().unwrap(), similarity);
        let json = serde_json::to_string(&similarity).unwrap();
        assert_eq!(json, format!("\"{similarity}\""));
    }
    assert!("euclid".parse::<Similarity>().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Checks that identical rows have bitwise identical similarities with every other row,
    /// wherever they are in the matrix.
    #[test]
    fn identical_rows_tie_exactly(
        n in 3usize..150,
        p in 2usize..70,
        n_distinct in 1usize..5,
        seed in any::<u64>(),
    ) {
        let few = random(n_distinct, p, seed);
        let mut rng = ChaCha8Rng::seed_from_u64(!seed);
        let kinds: Vec<usize> = (0..n).map(|_| rng.random_range(0..n_distinct)).collect();
        let all = representation(few.select(ndarray::Axis(0), &kinds));
        let trials = random_trials(n as u32, 300, seed);
        for &similarity in Similarity::ALL {
            for (precision, route, _) in ROUTES {
                let found = look_up(&prepare(&all, similarity, precision, route), &trials);
                for (trial, [ij, ik, jk]) in trials.iter().zip(found) {
                    let [i, j, k] = trial.map(|index| kinds[index as usize]);
                    prop_assert!(i != j || ik == jk, "{similarity} {precision:?} {route:?}");
                    prop_assert!(i != k || ij == jk);
                    prop_assert!(j != k || ij == ik);
                }
            }
        }
    }
}
