//! Tests of representations.

use super::*;
use crate::error::{ArgumentError, StimuliError, assert_refused};
use ndarray::{ShapeBuilder, array};

#[test]
fn names_the_cell_that_is_not_finite() {
    let stimuli = Stimuli::new(["a", "b"]).unwrap();
    let error = Representation::new(stimuli, array![[1.0, 2.0], [3.0, f32::NAN]]).unwrap_err();
    assert_eq!(
        error.report().to_string(),
        "row 1 (\"b\"), column 1: NaN is not finite; replace the value, or remove the stimulus"
    );
}

#[test]
fn rows_follow_their_ids() {
    let stimuli = Stimuli::new(["a", "b", "c"]).unwrap();
    let all = Representation::new(stimuli, array![[1.0], [2.0], [3.0]]).unwrap();
    let some = all.represent(&Stimuli::new(["c", "a"]).unwrap()).unwrap();
    assert_eq!(some.features(), array![[3.0], [1.0]]);
    assert_refused!(
        all.select(&Stimuli::new(["a", "d"]).unwrap()),
        Stimuli(StimuliError::Missing { n_missing: 1, .. })
    );
}

#[test]
fn column_major_features_keep_their_values() {
    let stimuli = Stimuli::new(["a", "b"]).unwrap();
    let by_column = Array2::from_shape_vec((2, 2).f(), vec![1.0, 3.0, 2.0, 4.0]).unwrap();
    let representation = Representation::new(stimuli, by_column).unwrap();
    assert_eq!(
        representation.values(),
        Values::Double(&[1.0, 2.0, 3.0, 4.0])
    );
}

#[test]
fn an_owned_array_is_taken_as_it_is() {
    let stimuli = || Stimuli::numbered(2);
    let owned = array![[1.0_f32, 2.0], [3.0, 4.0]];
    let place = owned.as_ptr();
    let representation = Representation::new(stimuli(), owned).unwrap();
    let clone = representation.clone();
    assert_eq!(clone.features().as_f32().unwrap().as_ptr(), place);
    drop(clone);
    assert_eq!(representation.into_features().into_f32().as_ptr(), place);

    let double = array![[1.0, 2.0], [3.0, 4.0]];
    let of_view = Representation::from_view(stimuli(), double.view()).unwrap();
    assert_eq!(of_view, Representation::new(stimuli(), &double).unwrap());
    let by_column = Representation::from_view(stimuli(), double.t()).unwrap();
    assert_eq!(by_column.values(), Values::Double(&[1.0, 3.0, 2.0, 4.0]));
    assert_eq!(by_column.row("1").unwrap(), array![2.0, 4.0]);
}

#[test]
fn rows_of_every_kind_are_taken() {
    let stimuli = || Stimuli::numbered(2);
    let expected = Representation::new(stimuli(), array![[1.0_f32, 2.0], [3.0, 4.0]]).unwrap();
    let slices: [&[f32]; 2] = [&[1.0, 2.0], &[3.0, 4.0]];
    for found in [
        Representation::from_rows(stimuli(), &slices),
        Representation::from_rows(stimuli(), &[[1.0_f32, 2.0], [3.0, 4.0]]),
        Representation::from_rows(stimuli(), &[vec![1.0_f32, 2.0], vec![3.0, 4.0]]),
    ] {
        assert_eq!(found.unwrap(), expected);
    }
    let ragged = Representation::from_rows(stimuli(), &[vec![1.0], vec![3.0, 4.0]]);
    assert_eq!(
        ragged.unwrap_err().to_string(),
        "row 1 (\"1\") has 2 features where row 0 has 1"
    );
    let short = Representation::from_rows(stimuli(), &[[1.0, 2.0]]);
    assert_refused!(short, Argument(ArgumentError::LengthMismatch { .. }));
    let none: [[f64; 0]; 2] = [[], []];
    let none = Representation::from_rows(stimuli(), &none);
    assert_refused!(none, Argument(ArgumentError::Shape { .. }));
}

#[test]
fn refuses_what_has_no_features() {
    let stimuli = Stimuli::new(["a"]).unwrap();
    assert_refused!(
        Representation::new(stimuli.clone(), Array2::<f32>::zeros((1, 0))),
        Argument(ArgumentError::Shape { .. })
    );
    assert_refused!(
        Representation::new(stimuli, Array2::<f64>::zeros((2, 1))),
        Argument(ArgumentError::LengthMismatch {
            expected: 1,
            found: 2,
            ..
        })
    );
}
