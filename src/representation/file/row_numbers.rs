//! Columns of features that number the rows, or hold their ids.

use ndarray::{ArrayView1, ArrayView2, Axis};

use crate::error::{Error, FileError, Quoted, Result};
use crate::io::text::{JUDGMENTS, Table, is_count};

/// Smallest number of rows for which the numbers of a column are no coincidence.
const LEAST: usize = 5;

/// Checks that no column of whole numbers beside decimals numbers the rows of a table, in any order, and
/// that the first one does not hold ids: numbers that are all different, if all others are decimals.
/// Without a header, neither may the last one. `columns` are those of the features, and `has_ids` tells
/// whether the rows have other ids.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if a column does.
pub(super) fn refuse_row_numbers(
    table: &Table,
    columns: &[usize],
    features: ArrayView2<'_, f64>,
    has_ids: bool,
) -> Result<()> {
    let is_whole: Vec<bool> = (features.axis_iter(Axis(1)))
        .map(|column| column.iter().all(|value| value.fract() == 0.0))
        .collect();
    if features.nrows() < LEAST || is_whole.iter().all(|&is_whole| is_whole) {
        return Ok(());
    }
    let last = columns.len() - 1;
    let n_whole = is_whole.iter().filter(|&&is_whole| is_whole).count();
    for at in (0..columns.len()).filter(|&at| is_whole[at]) {
        let (numbers, name) = (features.column(at), table.name(columns[at]));
        if count_rows(numbers) {
            return Err(refused(table, columns[at], "are those of all rows"));
        }
        let is_outer = at == 0 || at == last && table.header().is_none();
        let may_be_ids = is_outer && n_whole == 1 && !has_ids && !is_count(name, &[&JUDGMENTS]);
        if may_be_ids && are_different(numbers) {
            return Err(refused(table, columns[at], "are whole and all different"));
        }
    }
    Ok(())
}

fn sorted(numbers: ArrayView1<'_, f64>) -> Vec<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Checks whether numbers are all numbers from 0 or 1 to that of the rows, in any order.
pub(super) fn count_rows(numbers: ArrayView1<'_, f64>) -> bool {
    let sorted = sorted(numbers);
    let first = sorted.first().copied().unwrap_or(f64::NAN);
    let is_next = |(row, &number): (usize, &f64)| number == first + row as f64;
    (first == 0.0 || first == 1.0) && sorted.iter().enumerate().all(is_next)
}

/// Checks whether numbers are not negative and all different.
fn are_different(numbers: ArrayView1<'_, f64>) -> bool {
    let sorted = sorted(numbers);
    sorted.first().is_some_and(|&first| first >= 0.0)
        && sorted.is_sorted_by(|left, right| left < right)
}

fn refused(table: &Table, column: usize, what: &str) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether column {} ({}) holds ids, row numbers or a feature: its numbers {what}",
            column + 1,
            Quoted(table.name(column))
        ),
        remedy: match table.header() {
            Some(_) => {
                "name it as the column of ids (`FileSource::with_id_column`, `--id-column`), or ignore it \
                 (`FileSource::with_ignored_column`, `--ignore-column`) if the rows are in the order of \
                 the other files; if it is a feature, read the file without checks \
                 (`FileSource::with_unchecked_content`, `--unchecked`)"
            }
            None => {
                "remove it if it numbers the rows in their order; if it holds ids, add a header with the \
                 names of the columns and name it \"id\"; if it is a feature, read the \
                 file without checks (`FileSource::with_unchecked_content`, `--unchecked`)"
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn row_numbers_are_complete_in_any_order() {
        assert!(count_rows(array![2.0, 0.0, 1.0].view()));
        assert!(count_rows(array![3.0, 1.0, 2.0].view()));
        assert!(!count_rows(array![3.0, 1.0, 4.0].view()));
        assert!(!count_rows(array![1.0, 1.0, 2.0].view()));
        assert!(are_different(array![7.0, 3.0, 5.0].view()));
        assert!(!are_different(array![7.0, 3.0, 7.0].view()));
        assert!(!are_different(array![7.0, 3.0, -1.0].view()));
    }
}
