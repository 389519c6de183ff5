//! Fields of a table that are not judgments: a missing header, labels and numbers of rows.

use std::collections::HashSet;

use ndarray::{ArrayD, Axis};

use super::columns::is_of_pairs;
use super::pairs::NamedPairs;
use crate::error::{FileError, Quoted, Result};
use crate::io::text::{Row, Table, id_rank, is_index_name, is_participant};

/// Returns the judgment in a field, or NaN if it is missing.
///
/// # Errors
/// Returns [`FileError::NotANumber`] with the line, the field and a remedy.
pub(super) fn judgment(row: &Row<'_>, column: usize) -> Result<f64> {
    match row.maybe_number(column) {
        _ if row.is_missing(column) => Ok(f64::NAN),
        Some(number) if !number.is_nan() => Ok(number),
        _ => Err(row.not_a_number(
            column,
            "a number; write judgments as numbers without units, and remove columns and lines that hold \
             no judgments",
        )),
    }
}

/// Checks whether the first row of a square matrix was taken for a header because the diagonal is
/// empty.
pub(super) fn has_blank_diagonal(table: &Table) -> Result<bool> {
    let Some([first, names @ ..]) = table.header() else {
        return Ok(false);
    };
    let numbers: Option<Vec<f64>> = names.iter().map(|name| name.trim().parse().ok()).collect();
    let Some(numbers) = numbers.filter(|_| first.trim().is_empty() && !table.lacks_first_name())
    else {
        return Ok(false);
    };
    // Whole numbers that are all different may be ids.
    let mut unique = names.to_vec();
    unique.sort_unstable();
    unique.dedup();
    let may_be_ids = unique.len() == names.len() && numbers.iter().all(|x| x.fract() == 0.0);
    if may_be_ids {
        return Ok(false);
    }
    let mut rows = table.rows();
    let mut n_rows = 0;
    while let Some(row) = rows.next()? {
        n_rows += 1;
        if n_rows >= table.n_columns() || !row.is_missing(n_rows) {
            return Ok(false);
        }
    }
    Ok(n_rows + 1 == table.n_columns())
}

/// Refuses rows with one field more than the header, unless the first fields are names of the rows,
/// which are unique.
pub(super) fn refuse_surplus_fields(table: &Table) -> Result<()> {
    if !table.lacks_first_name() {
        return Ok(());
    }
    let mut seen = HashSet::new();
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        if !seen.insert(row.text(0).to_owned()) {
            let problem = format!(
                "the rows have one field more than the header, and the first fields are not names of \
                 the rows ({:?} is repeated): if numbers have decimal commas, separate the fields by \
                 semicolons",
                row.text(0)
            );
            return Err(FileError::malformed("table", problem));
        }
    }
    Ok(())
}

/// Checks that no column, one of the first or last, is beside those of all pairs of some stimuli, or beside
/// those with the labels of the rows.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one is.
pub(super) fn refuse_surplus_column(columns: &[String], rows: Option<&[String]>) -> Result<()> {
    /// Number of columns at either end that are examined.
    const OUTER: usize = 3;

    let n = columns.len();
    for at in (0..n).filter(|&at| at < OUTER || at + OUTER >= n) {
        let others = [&columns[..at], &columns[at + 1..]].concat();
        let are_stimuli = rows.is_some_and(|rows| {
            let labels: HashSet<&String> = rows.iter().collect();
            rows.len() > 1
                && rows.len() == others.len()
                && others.iter().all(|name| labels.contains(name))
        });
        if are_stimuli || NamedPairs::of(&others)?.is_some() {
            return Err(FileError::Ambiguous {
                what: format!(
                    "what column {} holds beside those of the {}",
                    Quoted(&columns[at]),
                    if are_stimuli { "stimuli" } else { "pairs" }
                ),
                remedy: match are_stimuli {
                    true => "remove the column",
                    false => {
                        "remove the column; rows of the same participant are averaged as sessions"
                    }
                },
            }
            .into());
        }
    }
    Ok(())
}

/// Checks whether the first column holds labels of the rows.
pub(super) fn has_row_labels(table: &Table, n_rows: usize) -> Result<bool> {
    if table.n_columns() < 2 {
        return Ok(false);
    }
    if let Some(names) = table.header() {
        let name = &names[0];
        let is_label = is_index_name(name) || id_rank(name).is_some();
        // All columns may be participants, such as `sub-01`.
        let are_people =
            is_participant(name) && !names[1..].iter().any(|name| is_participant(name));
        if is_label || are_people || is_of_pairs(name) || n_rows + 1 == names.len() {
            return Ok(true);
        }
        if NamedPairs::of(&names[1..])?.is_some() {
            return Ok(true);
        }
    }
    let mut numbers = Vec::new();
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        if row.maybe_number(0).is_none() && !row.is_missing(0) {
            return Ok(true);
        }
        numbers.push(row.maybe_number(0).unwrap_or(f64::NAN));
    }
    // A column that counts the rows in order is their index, unless the file may be a matrix.
    let is_index = numbers.is_sorted() && counts_rows(numbers.into_iter());
    Ok(is_index && n_rows >= MIN_INDEX && n_rows != table.n_columns())
}

/// Smallest number of rows for which a column with all numbers up to that of the rows is an index,
/// and not judgments that are all different by chance.
const MIN_INDEX: usize = 10;

/// Checks whether numbers are all whole numbers from 0 or 1 to their count, in any order.
fn counts_rows(numbers: impl Iterator<Item = f64>) -> bool {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_unstable_by(f64::total_cmp);
    let first = numbers.first().copied().unwrap_or(f64::NAN);
    let is_next = |(place, &number): (usize, &f64)| number == first + place as f64;
    (first == 0.0 || first == 1.0) && numbers.iter().enumerate().all(is_next)
}

/// Refuses a column that numbers the pairs beside columns of judgments.
pub(super) fn refuse_index_column(array: &ArrayD<f64>, names: &Option<Vec<String>>) -> Result<()> {
    let (n_rows, n_columns) = (array.shape()[0], array.shape()[1]);
    if n_rows < MIN_INDEX || n_columns < 2 || n_columns >= n_rows {
        return Ok(());
    }
    let columns = array
        .axis_iter(Axis(1))
        .map(|column| counts_rows(column.iter().copied()));
    let columns: Vec<bool> = columns.collect();
    // Several such columns may be ranks.
    let mut found = (0..n_columns).filter(|&column| columns[column]);
    let (Some(column), None) = (found.next(), found.next()) else {
        return Ok(());
    };
    let name = names.as_ref().map_or((column + 1).to_string(), |names| {
        format!("{:?}", names[column])
    });
    Err(FileError::Ambiguous {
        what: format!("whether column {name} numbers the pairs or holds the judgments of a person"),
        remedy: "remove the column if the pairs are in the order of an upper triangle, row by row; \
                 otherwise replace it by two columns item1 and item2",
    }
    .into())
}
