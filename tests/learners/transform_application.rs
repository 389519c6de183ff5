//! Tests of transform application.

use approx::assert_abs_diff_eq;
use human_alignment::error::ArgumentError;
use human_alignment::representation::Representation;
use human_alignment::stimuli::Stimuli;
use human_alignment::transform::LinearTransform;
use human_alignment::transform::Standardization;
use ndarray::Array1;
use ndarray::Array2;
use ndarray::array;

use crate::common::refusals::assert_kind;

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
        "features that the next transform takes: 3 (expected 2)"
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
