//! Arrays that have a shape of RDMs, but hold something else.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, ArrayD, ArrayView2, Axis, Ix2};

use super::content::is_symmetric;
use super::layout::{Cells, Layout};
use crate::error::{FileError, Result};
use crate::linalg::n_pairs;

/// Checks that the rows, or columns, of an array are not two stimuli each, with or without a number.
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
        what: "whether it holds the two stimuli of each pair, with or without a dissimilarity, as it \
               appears"
            .into(),
        remedy: "write a table with the header item1,item2,dissimilarity (or similarity, with \
                 `--similarities`, if larger means more similar), or only the numbers in the order of the upper \
                 triangle",
    }
    .into())
}

/// Checks whether two columns, or the first two of three, are all pairs of more than three whole numbers that
/// count, each once.
pub(super) fn are_listed_pairs(matrix: ArrayView2<'_, f64>) -> bool {
    if ![2, 3].contains(&matrix.ncols()) {
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
/// Returns [`FileError::Ambiguous`] if the elements of the diagonal of an upper or lower triangle, and no
/// others, are the same number for all participants.
pub(super) fn refuse_diagonals(array: &ArrayD<f64>, layout: Layout) -> Result<()> {
    /// Smallest number of stimuli for which this is no coincidence.
    const LEAST: usize = 4;
    /// Size of a number relative to the largest one that is a rounding error of 0.
    const ROUNDING: f64 = 1e-12;

    let n = layout.n_stimuli - 1;
    if layout.cells != Cells::Condensed || n < LEAST {
        return Ok(());
    }
    // Row r of the upper triangle has n − r elements, and that of the lower one r + 1.
    let upper = (0..n).map(|row| row * n - row * row.saturating_sub(1) / 2);
    let lower = (1..=n).map(|row| row * (row + 1) / 2 - 1);
    let diagonals: [BTreeSet<usize>; 2] = [upper.collect(), lower.collect()];
    let n_people = layout.n_participants;
    let largest = array.fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let Some(&first) = array.first() else {
        return Ok(());
    };
    let is_first = |value: f64| {
        value.is_nan() && first.is_nan() || (value - first).abs() <= ROUNDING * largest
    };
    let is_diagonal = |diagonal: &BTreeSet<usize>| {
        array.iter().enumerate().all(|(index, &value)| {
            let pair = match layout.participants_last {
                true => index / n_people,
                false => index % n_pairs(layout.n_stimuli),
            };
            is_first(value) == diagonal.contains(&pair)
        })
    };
    if !diagonals.iter().any(is_diagonal) {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: format!(
            "whether its {} numbers of a participant are the pairs of {} stimuli, or of {n} stimuli with \
             the diagonal, whose elements are {first}",
            n_pairs(layout.n_stimuli),
            layout.n_stimuli
        ),
        remedy: "leave out the diagonal (np.triu_indices(n, 1)), or set the number of stimuli \
                 (`with_n_stimuli`, `--n-stimuli`)",
    }
    .into())
}

/// Checks that triangles, one per row or column, are not square matrices one below, or beside, the
/// other, or all elements of one per row.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if they are symmetric matrices.
pub(super) fn refuse_stacked(array: &ArrayD<f64>, layout: Layout) -> Result<()> {
    let Ok(matrix) = array.view().into_dimensionality::<Ix2>() else {
        return Ok(());
    };
    let matrix = match layout.participants_last {
        true => matrix.reversed_axes(),
        false => matrix,
    };
    let (n_rows, n_columns) = matrix.dim();
    let is_symmetric = |square: ArrayView2<'_, f64>| {
        let layout = Layout {
            n_stimuli: square.nrows(),
            n_participants: 1,
            cells: Cells::Square,
            participants_last: false,
        };
        is_symmetric(&square.to_owned().into_dyn(), layout)
    };
    let are_stacked = || {
        let mut squares = matrix.axis_chunks_iter(Axis(0), n_columns);
        n_rows > n_columns && n_rows % n_columns == 0 && squares.all(is_symmetric)
    };
    // Rows of all elements of a matrix.
    let side = n_columns.isqrt();
    let are_flat = || {
        let mut rows = matrix.rows().into_iter();
        side * side == n_columns
            && rows.all(|row| {
                let square = Array2::from_shape_vec((side, side), row.to_vec());
                square.is_ok_and(|square| is_symmetric(square.view()))
            })
    };
    let (n_matrices, n) = match layout.cells {
        Cells::Condensed if n_columns < 3 => return Ok(()),
        Cells::Condensed if are_stacked() => (n_rows / n_columns, n_columns),
        Cells::Condensed if are_flat() => (n_rows, side),
        _ => return Ok(()),
    };
    Err(FileError::Ambiguous {
        what: format!(
            "whether it holds one triangle per participant, or {n_matrices} symmetric matrices of {n} \
             stimuli, one after another"
        ),
        remedy: "write each matrix in a file of its own, or all in an array of three axes, participants × n \
                 × n (array.reshape(-1, n, n) of matrices one below the other)",
    }
    .into())
}

/// Checks that a number is not the code of a missing judgment: the only one below 0, whole, on a scale
/// that does not extend as far above 0 as it does below; 99, 999 or 9999, three times as large as all
/// ratings, or ten times as large as all other numbers; or numbers such as 77 far above a scale.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it appears to be.
pub(super) fn refuse_codes(array: &ArrayD<f64>) -> Result<()> {
    let least = array.fold(0.0, |least: f64, value| least.min(*value));
    let largest = array.fold(f64::NEG_INFINITY, |largest: f64, value| largest.max(*value));
    let is_only_negative = || array.iter().all(|&x| x.is_nan() || x >= 0.0 || x == least);
    let is_far_above = || {
        let mut others = array.iter().filter(|x| !x.is_nan() && **x != largest);
        others.all(|&x| x.fract() == 0.0 && 3.0 * x < largest || 10.0 * x.abs() < largest)
    };
    let (code, which) =
        if least <= -1.0 && least.fract() == 0.0 && largest != -least && is_only_negative() {
            (least, "the only negative number")
        } else if [99.0, 999.0, 9999.0].contains(&largest) && is_far_above() {
            (largest, "which is far above all other numbers")
        } else if let Some(code) = code_above_scale(array) {
            (code, "which is far above a scale of all other numbers")
        } else {
            return Ok(());
        };
    let n = array.iter().filter(|&&value| value == code).count();
    Err(FileError::Ambiguous {
        what: format!("whether {code}, {which}, marks {n} missing judgments"),
        remedy: "leave missing judgments empty (NaN in an array) and allow them \
                 (`RdmFile::with_missing_pairs`, `--missing`); if it is a judgment, read the file without \
                 checks (`RdmFile::with_unchecked_content`, `--unchecked-human`)",
    }
    .into())
}

/// Returns the number that is at least three times as large as a scale of at least three whole numbers, if
/// it is repeated or its digits are equal or begin with 9, as those of codes.
fn code_above_scale(array: &ArrayD<f64>) -> Option<f64> {
    /// Smallest number of ratings for which this is no coincidence.
    const LEAST: usize = 10;
    /// Largest number of a scale, and smallest code.
    const LARGEST: u32 = 20;
    /// Largest numbers of different codes, and of different numbers.
    const MOST: [usize; 2] = [3, 25];

    let mut n_times: BTreeMap<u32, usize> = BTreeMap::new();
    for &value in array.iter().filter(|value| !value.is_nan()) {
        let is_rating = value.fract() == 0.0 && (0.0..1e6).contains(&value);
        if !is_rating || n_times.len() > MOST[1] {
            return None;
        }
        *n_times.entry(value as u32).or_insert(0) += 1;
    }
    let numbers: Vec<u32> = n_times.keys().copied().collect();
    let is_end = |at: &usize| numbers[*at] > LARGEST && numbers[*at] >= 3 * numbers[at - 1];
    let end = (3..numbers.len()).find(is_end)?;
    let (scale, codes) = numbers.split_at(end);
    let (least, largest) = (scale[0], scale[end - 1]);
    let is_dense = largest <= LARGEST && (largest - least) as usize <= 2 * end;
    let is_code = |code: &u32| {
        let digits = code.to_string();
        let first = digits.chars().next();
        n_times[code] > 1 || first == Some('9') || digits.chars().all(|digit| Some(digit) == first)
    };
    let n_ratings: usize = scale.iter().map(|number| n_times[number]).sum();
    let are_codes = codes.len() <= MOST[0] && codes.iter().all(is_code);
    (is_dense && are_codes && n_ratings >= LEAST).then(|| f64::from(codes[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array1;

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
        let pairs = listed.select(Axis(1), &[0, 1]);
        assert!(refuse_listed_pairs(&pairs.into_dyn()).is_err());
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
        let similar = rows.mapv(|x| if x == 0.0 { 7.0 } else { 0.25 * x });
        assert!(refuse_diagonals(&similar.into_dyn(), layout(false)).is_err());
        // The lower triangle, row by row.
        let lower = [0., 1., 0., 2., 5., 0., 3., 6., 8., 0., 4., 7., 9., 1., 0.];
        let rows_of_lower = Array2::from_shape_fn((2, 15), |(_, pair)| lower[pair]);
        assert!(refuse_diagonals(&rows_of_lower.into_dyn(), layout(false)).is_err());
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
    fn matrices_one_after_another_are_no_triangles() {
        let layout = |participants_last| Layout {
            n_stimuli: 4,
            n_participants: 12,
            cells: Cells::Condensed,
            participants_last,
        };
        let below = Array2::from_shape_fn((12, 6), |(row, column)| {
            let (row, matrix) = (row % 6, row / 6);
            if row == column {
                0.0
            } else {
                (matrix + row * column + row + column) as f64
            }
        });
        assert!(refuse_stacked(&below.clone().into_dyn(), layout(false)).is_err());
        let beside = below.t().as_standard_layout().into_owned();
        assert!(refuse_stacked(&beside.into_dyn(), layout(true)).is_err());
        // Rows of six times six elements, which nine stimuli have as pairs.
        let flat = Array1::from(below.iter().copied().collect::<Vec<f64>>());
        let flat = flat.into_shape_with_order((2, 36)).unwrap();
        let of_nine = Layout {
            n_stimuli: 9,
            n_participants: 2,
            ..layout(false)
        };
        assert!(refuse_stacked(&flat.into_dyn(), of_nine).is_err());
        let mut people = below;
        people[[9, 0]] += 1.0;
        assert!(refuse_stacked(&people.into_dyn(), layout(false)).is_ok());
    }

    #[test]
    fn codes_of_missing_judgments_are_refused() {
        let check = |values: &[f64]| refuse_codes(&Array1::from(values.to_vec()).into_dyn());
        assert!(check(&[3.0, -1.0, 5.0, -1.0]).is_err());
        assert!(check(&[0.5, -99.0, 0.25]).is_err());
        assert!(check(&[3.0, 6.0, 99.0, 1.0]).is_err());
        assert!(check(&[0.25, 2.5, 999.0, 1.5]).is_err());
        let scale = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 3.0, 2.0, 4.0];
        let with = |others: &[f64]| check(&[&scale[..], others].concat());
        for codes in [&[77.0][..], &[88.0, 88.0], &[98.0], &[66.0, 77.0, 99.0]] {
            assert!(with(codes).is_err(), "{codes:?}");
        }
        for others in [&[1.0][..], &[12.0, 12.0], &[40.0], &[20.0, 41.0, 55.5]] {
            assert!(with(others).is_ok(), "{others:?}");
        }
        for values in [
            &[1.0, -1.0, 0.0][..],
            &[-0.5, 2.0],
            &[-1.0, -2.0, 3.0],
            &[0.0, 1.0],
            &[99.0, 40.0, 3.0],
            &[99.0, 0.5, 12.5],
        ] {
            assert!(check(values).is_ok(), "{values:?}");
        }
    }
}
