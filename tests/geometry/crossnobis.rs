//! Tests of crossnobis.

use approx::assert_relative_eq;
use human_alignment::error::ArgumentError;
use human_alignment::rdm::Rdm;
use human_alignment::representation::Representation;
use human_alignment::stimuli::Stimuli;
use ndarray::Array2;
use ndarray::array;

use crate::common::refusals::assert_refused;

fn measurement(ids: [&str; 3], features: Array2<f32>) -> Representation {
    Representation::new(Stimuli::new(ids).unwrap(), features).unwrap()
}

/// Checks against rsatoolbox 0.3.2, `calc_rdm_crossnobis` with this precision, multiplied by
/// the two features by which it divides.
#[test]
fn agrees_with_rsatoolbox() {
    let measurements = [
        measurement(
            ["a", "b", "c"],
            array![[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]],
        ),
        measurement(
            ["c", "a", "b"],
            array![[2.5, 0.5], [1.5, 1.75], [0.0, -0.5]],
        ),
        measurement(
            ["a", "b", "c"],
            array![[0.75, 2.5], [1.0, -2.0], [2.0, 0.0]],
        ),
    ];
    let plain = Rdm::crossnobis(&measurements, None).unwrap();
    let precision = array![[2.0, 0.5], [0.5, 1.0]];
    let whitened = Rdm::crossnobis(&measurements, Some(precision.view())).unwrap();
    for (found, expected) in [(plain, PLAIN), (whitened, WHITENED)] {
        for (found, expected) in found.values().iter().zip(expected) {
            assert_relative_eq!(*found, expected, max_relative = 1e-12);
        }
    }
}

const PLAIN: [f64; 3] = [10.208333333333334, 5.145833333333333, 5.666666666666667];
const WHITENED: [f64; 3] = [12.510416666666666, 4.479166666666667, 12.395833333333334];

#[test]
fn what_does_not_belong_together_is_refused() {
    let ids = ["a", "b", "c"];
    let one = measurement(ids, array![[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]]);
    let narrow = measurement(ids, array![[1.0], [0.5], [3.0]]);
    let other = measurement(
        ["a", "b", "d"],
        array![[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]],
    );
    let alone = [one.clone()];
    assert_refused!(
        Rdm::crossnobis(&alone, None),
        Argument(ArgumentError::TooFew {
            needed: 2,
            found: 1,
            ..
        })
    );
    assert!(Rdm::crossnobis(&[one.clone(), narrow], None).is_err());
    assert!(Rdm::crossnobis(&[one.clone(), other], None).is_err());
    for precision in [
        array![[1.0, 0.5], [0.4, 1.0]],
        array![[-1.0, 0.0], [0.0, 1.0]],
        array![[1.0, 2.0], [2.0, 1.0]],
        array![[f64::NAN, 0.0], [0.0, 1.0]],
        array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
    ] {
        let twice = [one.clone(), one.clone()];
        assert!(Rdm::crossnobis(&twice, Some(precision.view())).is_err());
    }
}
