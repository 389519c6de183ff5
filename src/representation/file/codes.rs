//! Numbers that are no features: codes of missing values, and the numbers of rows.

use ndarray::ArrayView1;

use super::row_numbers::count_rows;
use crate::error::{FileError, Result};
use crate::linalg::Values;
use crate::representation::Representation;

/// Smallest number of rows for which numbers in a column are no coincidence.
const LEAST: usize = 10;

/// Checks that features have no code of a missing value: 99, 999 or 9999, or the negative of one, ten
/// times as large as all others; or, in a column of whole numbers without 0, a single negative number
/// that is -1.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if they appear to have one.
pub(super) fn refuse_codes(features: &Representation) -> Result<()> {
    let n_columns = features.n_features();
    let Some((code, column)) = (match features.values() {
        Values::Single(values) => code_of(values, n_columns),
        Values::Double(values) => code_of(values, n_columns),
    }) else {
        return Ok(());
    };
    Err(FileError::Ambiguous {
        what: format!(
            "whether {code} in column {} of the features marks missing values, as it appears",
            column + 1
        ),
        remedy: "remove the rows or columns with missing values; if it is a value, read the file \
                 without checks (`FileSource::with_unchecked_content`, `--unchecked`)",
    }
    .into())
}

/// Returns the code of missing values, and a column with it.
fn code_of<F: Copy + Into<f64>>(values: &[F], n_columns: usize) -> Option<(f64, usize)> {
    let numbers = || values.iter().map(|&value| value.into());
    let largest = numbers().fold(0.0, |largest: f64, number: f64| largest.max(number.abs()));
    if [99.0, 999.0, 9999.0].contains(&largest) {
        let is_code = |number: f64| number.abs() == largest;
        let place = numbers().position(is_code)?;
        let code: f64 = values[place].into();
        let mut others = numbers().filter(|&number| number != code);
        let has_others = others.clone().any(|number| number != 0.0);
        if has_others && others.all(|number| 10.0 * number.abs() < largest) {
            return Some((code, place % n_columns));
        }
    }
    // An array without rows can have any number of columns.
    if values.len() / n_columns < LEAST {
        return None;
    }
    let is_rating = |number: f64| number >= 1.0 && number.fract() == 0.0;
    let mut columns: Vec<usize> = (0..n_columns).collect();
    for row in values.chunks_exact(n_columns) {
        columns.retain(|&column| is_rating(row[column].into()) || row[column].into() == -1.0);
        if columns.is_empty() {
            return None;
        }
    }
    let column = columns.into_iter().find(|&column| {
        let of_column = || numbers().skip(column).step_by(n_columns);
        of_column().any(|number| number < 0.0) && of_column().any(|number| number > 2.0)
    })?;
    Some((-1.0, column))
}

/// Checks that the first or last column of an array does not number the rows, in any order, beside features
/// that are not whole numbers.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it does.
pub(super) fn refuse_row_numbers(features: &Representation) -> Result<()> {
    let n_columns = features.n_features();
    let Some(column) = (match features.values() {
        Values::Single(values) => row_numbers(values, n_columns),
        Values::Double(values) => row_numbers(values, n_columns),
    }) else {
        return Ok(());
    };
    Err(FileError::Ambiguous {
        what: format!(
            "whether column {} of the array, whose numbers are those of all rows, is a feature",
            column + 1
        ),
        remedy: "save the array without it if it is the index of a table (array[:, 1:] without the first \
                 column), sorted by it if the rows are in another order; if it is a feature, read the \
                 file without checks (`FileSource::with_unchecked_content`, `--unchecked`)",
    }
    .into())
}

/// Returns the first or last column if it numbers the rows from 0 or 1, in any order, and others do not
/// have whole numbers.
fn row_numbers<F: Copy + Into<f64>>(values: &[F], n_columns: usize) -> Option<usize> {
    if n_columns < 2 || values.len() / n_columns < LEAST {
        return None;
    }
    let counts = |column: &usize| {
        let numbers = values.iter().skip(*column).step_by(n_columns);
        let numbers: Vec<f64> = numbers.map(|&number| number.into()).collect();
        count_rows(ArrayView1::from(&numbers))
    };
    let column = [0, n_columns - 1].into_iter().find(counts)?;
    let mut numbers = values.iter().enumerate();
    let is_decimal =
        |(place, &number): (usize, &F)| place % n_columns != column && number.into().fract() != 0.0;
    numbers.any(is_decimal).then_some(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_missing_values_are_far_from_all_others() {
        let code = |values: &[f64]| code_of(values, 2).map(|(code, _)| code);
        assert_eq!(code(&[0.5, -999.0, 1.5, 2.0]), Some(-999.0));
        assert_eq!(code(&[0.5, 9999.0, 1.5, 9999.0]), Some(9999.0));
        assert_eq!(code(&[0.5, 99.0, 30.0, 2.0]), None);
        assert_eq!(code(&[-999.0, 999.0, 1.0, 2.0]), None);
        assert_eq!(code(&[0.0, 99.0, 0.0, 99.0]), None);

        let column = |other: f64| -> Vec<f64> {
            (0..12)
                .flat_map(|row| {
                    [
                        0.5,
                        if row == 4 {
                            other
                        } else {
                            f64::from(row % 5 + 1)
                        },
                    ]
                })
                .collect()
        };
        assert_eq!(code(&column(-1.0)), Some(-1.0));
        for other in [0.0, -2.0, 1.0, -1.5] {
            assert_eq!(code(&column(other)), None, "{other}");
        }
        let effect: Vec<f64> = (0..24)
            .map(|place| f64::from(place % 2) * 2.0 - 1.0)
            .collect();
        assert_eq!(code(&effect), None);
    }

    #[test]
    fn the_numbers_of_rows_are_no_feature() {
        let array = |first: f64, last: f64| -> Vec<f64> {
            (0..10)
                .flat_map(|row| {
                    [
                        first + f64::from(row),
                        0.3 * f64::from(row),
                        last * f64::from(row),
                    ]
                })
                .collect()
        };
        assert_eq!(row_numbers(&array(0.0, 0.7), 3), Some(0));
        assert_eq!(row_numbers(&array(1.0, 0.7), 3), Some(0));
        assert_eq!(row_numbers(&array(2.0, 1.0), 3), Some(2));
        assert_eq!(row_numbers(&array(2.0, 0.7), 3), None);
        let mut shuffled = array(1.0, 0.7);
        shuffled.swap(0, 21);
        assert_eq!(row_numbers(&shuffled, 3), Some(0));
        assert_eq!(row_numbers(&array(0.0, 0.7)[..27], 3), None);
        let whole: Vec<f64> = (0..10)
            .flat_map(|row| [f64::from(row), f64::from(row % 3)])
            .collect();
        assert_eq!(row_numbers(&whole, 2), None);
    }
}
