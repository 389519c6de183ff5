//! Rows of a table that are no stimuli: summaries of the others, units and second headers.

use ndarray::{ArrayView2, Axis};

use crate::error::{Error, FileError, Quoted, Result};
use crate::io::summary::{Whole, summary_of};
use crate::io::text::{Row, Table, is_summary, may_be_summary, resembles_number};

/// Checks that the first and the last row are stimuli, and not units of the columns or a summary of
/// the other rows, such as their means.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one of them is named like a summary, or has the means or the sums
/// of the others.
pub(super) fn refuse_summaries(
    table: &Table,
    ids: Option<&[String]>,
    features: ArrayView2<'_, f64>,
) -> Result<()> {
    let last = features.nrows() - 1;
    let is_named = |row: &usize| {
        ids.is_some_and(|ids| {
            is_summary(&ids[*row]) || may_be_summary(&ids[*row]) && is_extreme(features, *row)
        })
    };
    let named = [last, 0].into_iter().find(is_named).filter(|_| last > 1);
    let (row, what) = match (named, summary_of(features, Whole::Design)) {
        (Some(row), _) => (row, "is named like a summary or a unit"),
        (None, Some((row, what))) => (row, what),
        (None, None) => return Ok(()),
    };
    Err(FileError::Ambiguous {
        what: format!(
            "whether line {}{} is a stimulus: it {what}",
            line_of(table, row)?,
            match ids {
                Some(ids) => format!(" ({})", Quoted(&ids[row])),
                None => String::new(),
            }
        ),
        remedy: "remove the line if it is none; if it is one, read the file without checks \
                 (`FileSource::with_unchecked_content`, `--unchecked`)",
    }
    .into())
}

/// Checks whether the numbers of a row are all the same, as a count is, or all the smallest or all the
/// largest of their columns.
fn is_extreme(features: ArrayView2<'_, f64>, row: usize) -> bool {
    let numbers = features.row(row);
    let are_all = |is_meant: fn(&f64, &f64) -> bool| {
        let mut columns = numbers.iter().zip(features.axis_iter(Axis(1)));
        columns.all(|(number, column)| column.iter().all(|other| is_meant(number, other)))
    };
    numbers.iter().all(|&number| number == numbers[0])
        || are_all(|number, other| number <= other)
        || are_all(|number, other| number >= other)
}

/// Returns the line of a row, 1-based.
fn line_of(table: &Table, row: usize) -> Result<u64> {
    let mut rows = table.rows();
    for _ in 0..row {
        rows.next()?;
    }
    Ok(rows.next()?.map_or(0, |row| row.line()))
}

/// Returns the error for a row none of whose features is a number, although they are not missing, as
/// in a second line of names or one of units. Returns `None` for other rows.
pub(super) fn refused_text(row: &Row<'_>, features: &[usize]) -> Option<Error> {
    let is_number = |&column: &usize| row.maybe_feature(column).is_some();
    let is_word =
        |&&column: &&usize| !row.is_missing(column) && !resembles_number(row.text(column));
    let word = features.iter().find(is_word)?;
    if features.iter().any(is_number) {
        return None;
    }
    Some(Error::from(FileError::Ambiguous {
        what: format!(
            "what line {} holds: none of its features, such as {}, is a number",
            row.line(),
            Quoted(row.text(*word))
        ),
        remedy: "keep one line of names above the rows of numbers, and remove lines of units, titles and \
                 comments; a column can be ignored (`with_ignored_column`, `--ignore-column`) or read as ids \
                 (`with_id_column`, `--id-column`)",
    }))
}
