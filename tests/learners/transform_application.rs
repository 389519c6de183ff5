//! Tests of transform application.

use approx::assert_abs_diff_eq;
use human_alignment::Precision;
use human_alignment::error::{ArgumentError, ComputationError};
use human_alignment::representation::Representation;
use human_alignment::stimuli::Stimuli;
use human_alignment::transform::LinearTransform;
use human_alignment::transform::Standardization;
use ndarray::Array1;
use ndarray::Array2;
use ndarray::array;

use crate::common::refusals::{assert_kind, assert_refused};

/// Returns numbers without a regular pattern, so that errors do not cancel.
fn wave(shape: (usize, usize), phase: f64) -> Array2<f64> {
    Array2::from_shape_fn(shape, |(row, column)| {
        (1.3 * row as f64 + 2.7 * column as f64 + phase).sin()
    })
}

fn scales(n: usize) -> Standardization {
    let mean = Array1::from_shape_fn(n, |feature| feature as f64 / 3.0 - 0.5);
    let std = Array1::from_shape_fn(n, |feature| 0.5 + feature as f64 / 7.0);
    Standardization::per_feature(mean, std).unwrap()
}

#[test]
fn one_transform_does_what_two_do() {
    // More rows and features than one block.
    let features = wave((300, 200), 0.3).mapv(|x| x as f32);
    let features = Representation::new(Stimuli::numbered(300), features).unwrap();
    let plain = |n, m| LinearTransform::new(Standardization::none(), wave((n, m), 0.1)).unwrap();
    let scalar = Standardization::scalar(0.4, 2.5).unwrap();
    let firsts = [
        plain(200, 9),
        LinearTransform::new(scales(200), wave((200, 9), 0.7))
            .and_then(|first| first.with_bias(Array1::linspace(-2.0, 2.0, 9)))
            .unwrap(),
    ];
    let nexts = [
        plain(9, 4),
        LinearTransform::new(scales(9), wave((9, 4), 0.9)).unwrap(),
        LinearTransform::new(scalar, wave((9, 4), 1.1))
            .and_then(|next| next.with_bias(Array1::linspace(1.0, 3.0, 4)))
            .unwrap(),
    ];
    for first in &firsts {
        for next in &nexts {
            let both = first.then(next).unwrap();
            let once = both.apply(&features).unwrap();
            let twice = next.apply(&first.apply(&features).unwrap()).unwrap();
            // The only difference is the rounding of the intermediate features to f32.
            let (once, twice) = (once.features(), twice.features());
            let largest = twice.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
            for (once, twice) in once.iter().zip(twice.iter()) {
                assert_abs_diff_eq!(once, twice, epsilon = 1e-6 * largest);
            }
            assert_eq!(both.standardization(), first.standardization());
        }
    }
    assert!(firsts[0].then(&nexts[0]).unwrap().bias().is_none());
}

#[test]
fn transforms_that_do_not_fit_are_refused() {
    let two = LinearTransform::new(Standardization::none(), wave((3, 2), 0.0)).unwrap();
    assert_eq!(
        two.then(&two).unwrap_err().report().to_string(),
        "wrong number of features that the next transform takes: 3 (expected 2)"
    );
    let huge = LinearTransform::new(Standardization::none(), array![[1e200]]).unwrap();
    let beyond = huge.then(&huge).unwrap_err();
    assert_kind!(
        beyond,
        Argument(ArgumentError::InvalidParameter {
            name: "weights",
            ..
        })
    );
}

// Weights c·E + L·R

/// Shapes of weights, and ranks.
const SHAPES: [(usize, usize, usize); 6] = [
    (40, 40, 3),
    (40, 41, 3),
    (41, 30, 2),
    (7, 7, 0),
    (5, 9, 0),
    (1, 1, 1),
];

/// Returns a transform of features, dimensions and rank.
fn near_identity((n_features, n_dimensions, rank): (usize, usize, usize)) -> LinearTransform {
    let (left, right) = (
        wave((n_features, rank), 0.2),
        wave((rank, n_dimensions), 0.6),
    );
    LinearTransform::near_identity(scales(n_features), 0.8, left, right).unwrap()
}

/// Returns the transform with all weights in memory, computed from the definition.
fn dense(transform: &LinearTransform) -> LinearTransform {
    let (scale, left, right) = transform.factors().unwrap();
    let mut weights = left.dot(&right);
    for diagonal in weights.diag_mut() {
        *diagonal += scale;
    }
    let dense = LinearTransform::new(transform.standardization().clone(), weights).unwrap();
    match transform.bias() {
        Some(bias) => dense.with_bias(bias.to_owned()).unwrap(),
        None => dense,
    }
}

/// Returns the transform with all weights in memory, exactly those that it computes.
fn computed(transform: &LinearTransform) -> LinearTransform {
    let weights = transform.weights().into_owned();
    LinearTransform::new(transform.standardization().clone(), weights).unwrap()
}

fn assert_close(found: &Representation, expected: &Representation, epsilon: f64) {
    assert_eq!(found.precision(), expected.precision());
    let (found, expected) = (found.features(), expected.features());
    assert_eq!(found.dim(), expected.dim());
    let largest = expected.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
    for (found, expected) in found.iter().zip(expected.iter()) {
        assert_abs_diff_eq!(found, expected, epsilon = epsilon * largest);
    }
}

#[test]
fn factors_give_the_same_as_all_weights() {
    for shape in SHAPES {
        // More rows than one block.
        let values = wave((150, shape.0), 0.3);
        let double = Representation::new(Stimuli::numbered(150), values.clone()).unwrap();
        let values = values.mapv(|x| x as f32);
        let single = Representation::new(Stimuli::numbered(150), values).unwrap();
        let plain = near_identity(shape);
        let biased = plain
            .clone()
            .with_bias(Array1::linspace(-1.0, 2.0, shape.1));
        for transform in [plain, biased.unwrap()] {
            assert_eq!(
                (transform.n_features(), transform.n_dimensions()),
                (shape.0, shape.1)
            );
            let all = dense(&transform);
            assert!(all.factors().is_none());
            let difference = &transform.weights() - &all.weights();
            assert!(difference.iter().all(|x| x.abs() < 1e-14));
            let apply =
                |to: &Representation| (transform.apply(to).unwrap(), all.apply(to).unwrap());
            let (found, expected) = apply(&double);
            assert_close(&found, &expected, 1e-12);
            let (found, expected) = apply(&single);
            assert_close(&found, &expected, f64::from(f32::EPSILON));
        }
    }
}

#[test]
fn factors_need_no_memory_for_all_weights() {
    let (n_features, rank) = (4096, 85);
    let transform = near_identity((n_features, n_features, rank));
    let values = wave((3, n_features), 0.3);
    let features = Representation::new(Stimuli::numbered(3), values.clone()).unwrap();
    let found = transform.apply(&features).unwrap();
    let mut standardized = values;
    for (feature, mut column) in standardized.columns_mut().into_iter().enumerate() {
        let (mean, std) = transform.standardization().of_feature(feature).unwrap();
        column.mapv_inplace(|x| (x - mean) / std);
    }
    let (scale, left, right) = transform.factors().unwrap();
    let expected = scale * &standardized + standardized.dot(&left).dot(&right);
    let expected = Representation::new(Stimuli::numbered(3), expected).unwrap();
    assert_close(&found, &expected, 1e-12);
    // A composition with a transform to few dimensions.
    let next = LinearTransform::new(scales(n_features), wave((n_features, 2), 0.4)).unwrap();
    let twice = next.apply(&found).unwrap();
    assert_close(
        &transform.then(&next).unwrap().apply(&features).unwrap(),
        &twice,
        1e-11,
    );
}

#[test]
fn factors_compose() {
    let bias = |n| Array1::linspace(-1.0, 2.0, n);
    let wide = near_identity((20, 21, 2)).with_bias(bias(21)).unwrap();
    let narrow = near_identity((21, 8, 3)).with_bias(bias(8)).unwrap();
    let diagonal = near_identity((21, 21, 0));
    let pairs = [
        (wide.clone(), narrow.clone()),
        (wide.clone(), dense(&narrow)),
        (dense(&wide), narrow.clone()),
        (wide.clone(), diagonal.clone()),
        (diagonal.clone(), dense(&narrow)),
        (diagonal, narrow),
        (near_identity((9, 5, 2)), near_identity((5, 12, 1))),
    ];
    for (first, next) in pairs {
        let values = wave((30, first.n_features()), 0.3);
        let features = Representation::new(Stimuli::numbered(30), values).unwrap();
        let both = first.then(&next).unwrap();
        assert!(both.factors().is_none());
        let twice = next.apply(&first.apply(&features).unwrap()).unwrap();
        assert_close(&both.apply(&features).unwrap(), &twice, 1e-12);
    }
}

#[test]
fn factors_give_the_same_bits_on_any_number_of_threads() {
    let transform = near_identity((300, 301, 20));
    let narrow = near_identity((301, 200, 20));
    let features = Representation::new(Stimuli::numbered(400), wave((400, 300), 0.3)).unwrap();
    let results = [1, 2, 5].map(|n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads);
        pool.build().unwrap().install(|| {
            // A clone of a transform whose fingerprint has not been computed.
            let transform = transform.clone();
            let both = transform.then(&narrow).unwrap();
            let weights = transform.weights().into_owned();
            let applied = transform.apply(&features).unwrap();
            (applied, both, weights, transform.fingerprint())
        })
    });
    assert!(results[0] == results[1] && results[0] == results[2]);
}

#[test]
fn the_form_of_weights_counts_in_comparisons() {
    let factors = near_identity((4, 4, 1));
    let all = computed(&factors);
    assert_ne!(factors, all);
    assert_eq!(factors.fingerprint(), all.fingerprint());
    // A fingerprint that has been computed changes neither comparisons nor texts.
    let fresh = near_identity((4, 4, 1));
    assert_eq!(factors, fresh);
    assert_eq!(format!("{factors:?}"), format!("{fresh:?}"));
    // A change computes another one.
    let biased = factors.clone().with_bias(Array1::ones(4)).unwrap();
    assert_eq!(
        biased.fingerprint(),
        all.with_bias(Array1::ones(4)).unwrap().fingerprint()
    );
    assert_ne!(biased.fingerprint(), factors.fingerprint());
}

#[test]
fn single_precision_keeps_all_rounded_weights() {
    let factors = near_identity((6, 7, 2));
    let rounded = factors.clone().with_precision(Precision::Single).unwrap();
    assert!(rounded.factors().is_none());
    assert_eq!(
        rounded,
        computed(&factors)
            .with_precision(Precision::Single)
            .unwrap()
    );
    let left = array![[1e20], [1.0]];
    let large = LinearTransform::near_identity(Standardization::none(), 0.0, left, array![[1e20]]);
    assert_refused!(
        large.unwrap().with_precision(Precision::Single),
        Argument(ArgumentError::InvalidParameter {
            name: "weights",
            ..
        })
    );
}

#[test]
fn factors_that_do_not_fit_are_refused() {
    let with = |scale, left: (usize, usize), right: (usize, usize)| {
        let (left, right) = (wave(left, 0.1), wave(right, 0.2));
        LinearTransform::near_identity(Standardization::none(), scale, left, right)
    };
    assert_refused!(
        with(1.0, (0, 2), (2, 3)),
        Argument(ArgumentError::Shape {
            what: "the left factor",
            ..
        })
    );
    assert_refused!(
        with(1.0, (3, 2), (2, 0)),
        Argument(ArgumentError::Shape {
            what: "the right factor",
            ..
        })
    );
    assert_refused!(
        with(1.0, (3, 2), (1, 3)),
        Argument(ArgumentError::LengthMismatch {
            expected: 2,
            found: 1,
            ..
        })
    );
    for scale in [-0.5, f64::NAN, f64::INFINITY] {
        assert_refused!(
            with(scale, (3, 2), (2, 3)),
            Argument(ArgumentError::InvalidParameter { name: "scale", .. })
        );
    }
    assert_refused!(
        with(1.0, (1 << 40, 0), (0, 1 << 40)),
        Computation(ComputationError::OutOfMemory { .. })
    );
    let of = |standardization, left, right| {
        LinearTransform::near_identity(standardization, 1.0, left, right)
    };
    assert_refused!(
        of(scales(3), wave((2, 1), 0.1), wave((1, 2), 0.1)),
        Argument(ArgumentError::LengthMismatch {
            expected: 2,
            found: 3,
            ..
        })
    );
    let none = Standardization::none;
    for (left, right, place) in [
        (
            array![[1.0], [f64::NAN]],
            array![[1.0, 1.0]],
            "left factor must be finite, not NaN at (1, 0)",
        ),
        (
            array![[1.0], [1.0]],
            array![[1.0, f64::INFINITY]],
            "right factor must be finite, not inf at (0, 1)",
        ),
    ] {
        let refused = of(none(), left, right).unwrap_err();
        assert_eq!(refused.report().to_string(), place);
    }
    assert_refused!(
        of(none(), array![[1e200]], array![[-1e200]]),
        Argument(ArgumentError::InvalidParameter {
            name: "bound on the weights",
            ..
        })
    );
    let fitting = with(1.0, (3, 2), (2, 4)).unwrap();
    assert_refused!(
        fitting.clone().with_bias(Array1::zeros(3)),
        Argument(ArgumentError::LengthMismatch {
            expected: 4,
            found: 3,
            ..
        })
    );
    let features = Representation::new(Stimuli::numbered(2), wave((2, 4), 0.0)).unwrap();
    assert_refused!(
        fitting.apply(&features),
        Argument(ArgumentError::LengthMismatch {
            expected: 3,
            found: 4,
            ..
        })
    );
}
