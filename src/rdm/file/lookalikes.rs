//! Arrays that have a shape of RDMs, but hold something else.

use std::collections::BTreeSet;

use ndarray::{ArrayD, ArrayView2, Ix2};

use super::layout::{Cells, Layout};
use crate::error::{FileError, Result};
use crate::linalg::n_pairs;

/// Checks that the rows, or columns, of an array are not two stimuli and a number each.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if they are, for all pairs of some stimuli.
pub(super) fn refuse_listed_pairs(array: &ArrayD<f64>) -> Result<()> {
    let Ok(matrix) = array.view().into_dimensionality::<Ix2>() else {
        return Ok(());
    };
    if !are_listed_pairs(matrix) && !are_listed_pairs(matrix.reversed_axes()) {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: "whether it holds two stimuli and a dissimilarity for each pair, as it appears".into(),
        remedy: "write a table with the header item1,item2,dissimilarity, or only the dissimilarities \
                 in the order of the upper triangle",
    }
    .into())
}

/// Checks whether the first two of three columns are all pairs of more than three whole numbers that
/// count, each once.
fn are_listed_pairs(matrix: ArrayView2<'_, f64>) -> bool {
    if matrix.ncols() != 3 {
        return false;
    }
    let mut pairs = BTreeSet::new();
    let mut stimuli = BTreeSet::new();
    for row in matrix.rows() {
        let is_index = |number: f64| number.fract() == 0.0 && (0.0..1e9).contains(&number);
        if !is_index(row[0]) || !is_index(row[1]) || row[0] == row[1] {
            return false;
        }
        let [one, two] = [row[0] as u64, row[1] as u64];
        stimuli.extend([one, two]);
        if !pairs.insert([one.min(two), one.max(two)]) {
            return false;
        }
    }
    let n = stimuli.len();
    let (Some(first), Some(last)) = (stimuli.first(), stimuli.last()) else {
        return false;
    };
    n > 3 && pairs.len() == n_pairs(n) && last - first + 1 == n as u64
}

/// Checks that triangles are not those of one stimulus less with the diagonal.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if the elements of the diagonal, and no others, are 0 for all
/// participants.
pub(super) fn refuse_diagonals(array: &ArrayD<f64>, layout: Layout) -> Result<()> {
    /// Smallest number of stimuli for which this is no coincidence.
    const LEAST: usize = 4;
    /// Size of a number relative to the largest one that is a rounding error of 0.
    const ROUNDING: f64 = 1e-12;

    let n = layout.n_stimuli - 1;
    if layout.cells != Cells::Condensed || n < LEAST {
        return Ok(());
    }
    // The diagonal of row r comes after the rows before it, of n, n − 1, … elements.
    let diagonal: BTreeSet<usize> = (0..n)
        .map(|row| row * n - row * row.saturating_sub(1) / 2)
        .collect();
    let n_people = layout.n_participants;
    let largest = array.fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let is_zero_on_diagonal = |(index, value): (usize, &f64)| {
        let pair = match layout.participants_last {
            true => index / n_people,
            false => index % n_pairs(layout.n_stimuli),
        };
        (value.abs() <= ROUNDING * largest) == diagonal.contains(&pair)
    };
    if !array.iter().enumerate().all(is_zero_on_diagonal) {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: format!(
            "whether its {} numbers of a participant are the pairs of {} stimuli, or of {n} stimuli with \
             the diagonal, whose elements are 0",
            n_pairs(layout.n_stimuli),
            layout.n_stimuli
        ),
        remedy: "leave out the diagonal (np.triu_indices(n, 1)), or set the number of stimuli \
                 (`with_n_stimuli`, `--n-stimuli`)",
    }
    .into())
}

/// Checks that a number is not the code of a missing judgment: the only one below 0, whole, on a scale
/// that does not extend as far above 0 as it does below; or 99, 999 or 9999 far above ratings.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it appears to be.
pub(super) fn refuse_codes(array: &ArrayD<f64>) -> Result<()> {
    let least = array.fold(0.0, |least: f64, value| least.min(*value));
    let largest = array.fold(f64::NEG_INFINITY, |largest: f64, value| largest.max(*value));
    let is_only_negative = || array.iter().all(|&x| x.is_nan() || x >= 0.0 || x == least);
    let is_far_above = || {
        let mut others = array.iter().filter(|x| !x.is_nan() && **x != largest);
        others.all(|&x| x.fract() == 0.0 && 3.0 * x < largest)
    };
    let (code, which) =
        if least <= -1.0 && least.fract() == 0.0 && largest != -least && is_only_negative() {
            (least, "the only negative number")
        } else if [99.0, 999.0, 9999.0].contains(&largest) && is_far_above() {
            (largest, "which is far above all other numbers")
        } else {
            return Ok(());
        };
    let n = array.iter().filter(|&&value| value == code).count();
    Err(FileError::Ambiguous {
        what: format!("whether {code}, {which}, marks {n} missing judgments"),
        remedy: "leave missing judgments empty (NaN in an array) and allow them \
                 (`RdmFile::with_missing_pairs`, `--missing`); if it is a judgment, divide or shift all \
                 numbers",
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2};

    #[test]
    fn lists_of_pairs_are_no_participants() {
        let mut rows = Vec::new();
        for one in 0..5 {
            for two in one + 1..5 {
                rows.push([f64::from(one), f64::from(two), 0.5]);
            }
        }
        let listed = Array2::from(rows);
        assert!(refuse_listed_pairs(&listed.clone().into_dyn()).is_err());
        assert!(refuse_listed_pairs(&listed.clone().reversed_axes().into_dyn()).is_err());
        let mut people = listed;
        people[[3, 0]] = 0.25;
        assert!(refuse_listed_pairs(&people.into_dyn()).is_ok());
    }

    #[test]
    fn triangles_with_the_diagonal_are_refused() {
        let layout = |participants_last| Layout {
            n_stimuli: 6,
            n_participants: 2,
            cells: Cells::Condensed,
            participants_last,
        };
        // The upper triangle of 5 stimuli, row by row, with its diagonal.
        let triangle = [0., 1., 2., 3., 4., 0., 5., 6., 7., 0., 8., 9., 0., 1., 0.];
        let rows = Array2::from_shape_fn((2, 15), |(_, pair)| triangle[pair]);
        assert!(refuse_diagonals(&rows.clone().into_dyn(), layout(false)).is_err());
        let columns = rows.clone().reversed_axes();
        let columns = columns.as_standard_layout().into_owned();
        assert!(refuse_diagonals(&columns.into_dyn(), layout(true)).is_err());
        let mut other = rows;
        other[[1, 5]] = 0.5;
        assert!(refuse_diagonals(&other.into_dyn(), layout(false)).is_ok());
        let one = Layout {
            n_participants: 1,
            ..layout(false)
        };
        assert!(refuse_diagonals(&Array1::from(triangle.to_vec()).into_dyn(), one).is_err());
    }

    #[test]
    fn codes_of_missing_judgments_are_refused() {
        let check = |values: &[f64]| refuse_codes(&Array1::from(values.to_vec()).into_dyn());
        assert!(check(&[3.0, -1.0, 5.0, -1.0]).is_err());
        assert!(check(&[0.5, -99.0, 0.25]).is_err());
        assert!(check(&[3.0, 6.0, 99.0, 1.0]).is_err());
        for values in [
            &[1.0, -1.0, 0.0][..],
            &[-0.5, 2.0],
            &[-1.0, -2.0, 3.0],
            &[0.0, 1.0],
            &[99.0, 40.0, 3.0],
            &[99.0, 0.5, 3.0],
        ] {
            assert!(check(values).is_ok(), "{values:?}");
        }
    }
}
