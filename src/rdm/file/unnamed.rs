//! Tables of pairs whose columns have no names.

use super::columns::{columns_of_stimuli, is_value};
use super::meaning::is_similarity;
use crate::error::{FileError, Result};
use crate::io::text::Table;

/// Checks that a table without a header does not have two words and a number in each row.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it does, as nothing tells the direction of the numbers.
pub(super) fn refuse_unnamed_pairs(table: &Table) -> Result<()> {
    if table.header().is_some() || table.n_columns() != 3 {
        return Ok(());
    }
    let (mut n_rows, mut n_numbers) = (0, [0; 3]);
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        n_rows += 1;
        for (column, n) in n_numbers.iter_mut().enumerate() {
            *n += usize::from(row.maybe_number(column).is_some() || row.is_missing(column));
        }
    }
    // Some words are also names of numbers, such as `nan`.
    let n_of =
        |is_meant: &dyn Fn(usize) -> bool| n_numbers.iter().filter(|n| is_meant(**n)).count();
    if n_of(&|n| n == n_rows) != 1 || n_of(&|n| 10 * n <= n_rows) != 2 {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: "whether the number beside two words in each row is their dissimilarity or similarity".into(),
        remedy: "name the columns in a header: item1, item2, dissimilarity if larger means less similar, or \
                 item1, item2, similarity if larger means more similar (with `RdmFile::with_similarities`, \
                 `--similarities`)",
    }
    .into())
}

/// Checks whether the first record of a table without a header names columns of stimuli and of
/// dissimilarities, above cells that are not all numbers.
pub(super) fn begins_with_names(table: &Table) -> Result<bool> {
    if table.header().is_some() {
        return Ok(false);
    }
    let first = table.first()?;
    let names_values = first
        .iter()
        .any(|name| is_value(name) || is_similarity(name));
    Ok(names_values && columns_of_stimuli(&first).is_some())
}
