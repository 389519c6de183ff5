use crate::error::{ArgumentError, RdmError, StimuliError, assert_refused};
use crate::linalg::n_stimuli_of;
use ndarray::{Array2, array};

use super::*;

fn animals() -> Stimuli {
    Stimuli::new(["cat", "dog", "cow", "hen"]).unwrap()
}

fn message(result: Result<Rdm>) -> String {
    result.unwrap_err().report().to_string()
}

#[test]
fn pairs_stand_row_by_row() {
    for n in [2, 3, 7, 50] {
        let mut pair = 0;
        for first in 0..n {
            assert_eq!(row_range(n, first).start, pair);
            for second in first + 1..n {
                assert_eq!(pair_index(n, first, second), pair);
                assert_eq!(pair_at(n, pair), (first, second));
                pair += 1;
            }
        }
        assert_eq!(pair, n_pairs(n));
        assert_eq!(n_stimuli_of(pair), Some(n));
        assert_eq!(n_stimuli_of(pair + 1), None);
    }
    assert_eq!(n_stimuli_of(0), None);
    assert_eq!(n_stimuli_of(1_717_731), Some(1854));
    assert_eq!(n_stimuli_of(usize::MAX), None);
}

#[test]
fn a_square_matrix_is_checked() {
    let mut square =
        Array2::from_shape_fn((4, 4), |(row, column)| (row as f64 - column as f64).abs());
    let rdm = Rdm::from_square(animals(), square.view()).unwrap();
    assert_eq!(rdm.values(), [1.0, 2.0, 3.0, 1.0, 2.0, 1.0]);
    assert_eq!(rdm.to_square().unwrap(), square);

    square[[1, 3]] = 2.000_004;
    assert_eq!(
        message(Rdm::from_square(animals(), square.view())),
        "pair (\"dog\", \"hen\"): the matrix is not symmetric: 2.000004 above the diagonal, 2 below \
         (tolerance 0.000003); if both are judgments of the pair, average them \
         (`RdmFile::with_averaged_triangles`, `--average-triangles`)"
    );
    square[[1, 3]] = 2.000_002;
    Rdm::from_square(animals(), square.view()).unwrap();

    square[[2, 2]] = 0.1;
    assert_eq!(
        message(Rdm::from_square(animals(), square.view())),
        "pair (\"cow\", \"cow\"): the diagonal is 0.1, not 0 (tolerance 0.000003)"
    );
    square[[2, 2]] = 0.0;
    square[[3, 0]] = f64::INFINITY;
    assert!(message(Rdm::from_square(animals(), square.view())).contains("inf is not finite"));
    square[[3, 0]] = f64::NAN;
    assert!(message(Rdm::from_square(animals(), square.view())).contains("not symmetric"));
    square[[0, 3]] = f64::NAN;
    assert_eq!(
        message(Rdm::from_square(animals(), square.view())),
        "pair (\"cat\", \"hen\"): the dissimilarity is missing; to allow missing pairs, set \
         `RdmFile::with_missing_pairs` (`--missing`)"
    );
    let rdm = Rdm::from_square_with_missing(animals(), square.view()).unwrap();
    assert_eq!((rdm.n_missing(), rdm.between(3, 0)), (1, None));

    let flat = Array2::zeros((4, 3));
    assert_refused!(
        Rdm::from_square(animals(), flat.view()),
        Argument(ArgumentError::Shape { .. })
    );
}

#[test]
fn condensed_values_are_checked() {
    assert!(message(Rdm::new(animals(), vec![0.0; 5])).contains("5 (expected 6)"));
    let mut values = vec![1.0; 6];
    values[4] = f64::NAN;
    assert!(message(Rdm::new(animals(), values.clone())).contains("(\"dog\", \"hen\")"));
    values[4] = f64::NEG_INFINITY;
    assert!(message(Rdm::with_missing(animals(), values.clone())).contains("-inf is not finite"));
    let one = Stimuli::numbered(1);
    assert_refused!(
        Rdm::new(one, vec![]),
        Argument(ArgumentError::TooFew { needed: 2, .. })
    );
    values[4] = -2.0;
    let rdm = Rdm::new(animals(), values).unwrap();
    assert_refused!(
        rdm.require_non_negative(),
        Rdm(RdmError::InvalidPair {
            problem: PairProblem::Negative { value: -2.0 },
            ..
        })
    );
}

#[test]
fn some_stimuli_in_another_order() {
    let square = array![
        [0.0, 1.0, 2.0, 3.0],
        [1.0, 0.0, 4.0, 5.0],
        [2.0, 4.0, 0.0, 6.0],
        [3.0, 5.0, 6.0, 0.0]
    ];
    let rdm = Rdm::from_square(animals(), square.view()).unwrap();
    let some = Stimuli::new(["hen", "cat", "cow"]).unwrap();
    assert_eq!(rdm.select(&some).unwrap().values(), [3.0, 6.0, 2.0]);
    let unknown = Stimuli::new(["hen", "cat", "pig"]).unwrap();
    assert_refused!(
        rdm.select(&unknown),
        Stimuli(StimuliError::Missing { n_missing: 1, .. })
    );
}

#[test]
fn participants_in_several_orders_are_matched_by_id() {
    let rdm = |names: [&str; 3]| Rdm::new(Stimuli::new(names).unwrap(), vec![1.0, 2.0, 3.0]);
    let set = |second: [&str; 3]| {
        RdmSet::numbered(vec![rdm(["a", "b", "c"]).unwrap(), rdm(second).unwrap()]).unwrap()
    };
    let rows = Stimuli::unnamed(3);
    let other = set(["b", "a", "c"]);
    assert_eq!(other.rdms()[1].values(), [1.0, 3.0, 2.0]);
    assert!(rows.pairing_with(other.stimuli()).is_err());
    assert!(
        other
            .stimuli()
            .pairing_with(&Stimuli::new(["c", "b", "a"]).unwrap())
            .is_ok()
    );
    assert!(rows.pairing_with(set(["a", "b", "c"]).stimuli()).is_ok());
}
