//! The columns of a table of features: ids, row numbers and features.

use super::FileSource;
use crate::error::{Error, FileError, Quoted, Result};
use crate::io::text::{
    Table, are_different, counts, id_rank, is_index_name, is_label_name, is_row_number_name,
    is_target_name, resembles_number,
};

/// The indices of the columns of a table, 0-based.
pub(super) struct Columns {
    pub ids: Option<usize>,
    /// Columns that may contain row numbers.
    pub index: Vec<usize>,
    pub features: Vec<usize>,
}

impl FileSource {
    /// Determines the columns from the settings, their names and their content.
    pub(super) fn columns(&self, table: &Table) -> Result<Columns> {
        let mut ignored = Vec::new();
        for name in &self.ignored_columns {
            ignored.push(table.column(name)?);
        }
        let left: Vec<usize> = (0..table.n_columns())
            .filter(|column| !ignored.contains(column))
            .collect();
        let contents = Content::of_columns(table)?;
        let has_header = table.header().is_some();
        let ids = match &self.id_column {
            Some(name) => Some(table.column(name)?),
            None => {
                let named = left.iter().filter(|_| has_header).filter_map(|&column| {
                    let is_numeric = contents[column].n_texts == 0;
                    Some((is_numeric, id_rank(table.name(column))?, column))
                });
                let may_be_ids = |column: &usize| contents[*column].may_be_ids(*column == left[0]);
                let text = left.iter().copied().find(may_be_ids);
                named.min().map(|(_, _, column)| column).or(text)
            }
        };
        let mut index = Vec::new();
        let has_decimals = left
            .iter()
            .skip(1)
            .all(|&column| !contents[column].is_whole());
        let is_beside_decimals = |column: usize| {
            // Coordinates x and y are features.
            let is_outer = [left.first(), left.last()].contains(&Some(&column));
            let is_other = |other: &&usize| **other != column && Some(**other) != ids;
            let mut others = left.iter().filter(is_other);
            // The first column may number the rows.
            let is_decimal = |&other: &usize| !contents[other].is_whole() || other == left[0];
            is_outer && left.len() > 3 && others.all(is_decimal)
        };
        for &column in &left {
            let name = table.name(column);
            let is_named = is_index_name(name)
                || is_label_name(name)
                || id_rank(name).is_some()
                || is_target_name(name) && is_beside_decimals(column);
            // Without such a name, a column must contain row numbers from the first row on, or other
            // numbers that are all different.
            let may_count = match has_header {
                true => is_row_number_name(name),
                false => column == left[0] && left.len() > 1,
            };
            // A column of decimals is a feature, whatever its name.
            if Some(column) != ids
                && contents[column].is_whole()
                && (has_header && is_named
                    || may_count
                        && (!has_header && has_decimals
                            || counts_at_first(table, column)?
                            || has_header && is_different(table, column)?))
            {
                index.push(column);
            }
        }
        let is_feature = |column: &usize| Some(*column) != ids && !index.contains(column);
        Ok(Columns {
            ids,
            features: left.into_iter().filter(is_feature).collect(),
            index,
        })
    }
}

/// Returns the error for a column whose name is not that of a feature, and whose numbers are not
/// row numbers.
pub(super) fn unclear(table: &Table, column: usize) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether column {} ({}) holds ids, row numbers or a feature: its numbers do not count up from \
             0 or 1",
            column + 1,
            Quoted(table.name(column))
        ),
        remedy: if table.header().is_none() {
            "add a header with the names of the columns: \"id\" if it holds ids"
        } else {
            "name it as the column of ids (`FileSource::with_id_column`, `--id-column`), or ignore it \
                 (`FileSource::with_ignored_column`, `--ignore-column`) if the rows are in the order of \
                 the other files; rename it if it is a feature"
        },
    })
}

/// The content of the first rows of a column.
#[derive(Debug, Clone, Copy, Default)]
struct Content {
    n_numbers: usize,
    /// Number of whole numbers.
    n_whole: usize,
    /// Number of fields that are neither numbers nor missing.
    n_texts: usize,
    /// Number of these that resemble a number, such as `12%`.
    n_like_numbers: usize,
}

impl Content {
    fn of_columns(table: &Table) -> Result<Vec<Self>> {
        /// Number of rows that are examined.
        const SAMPLE: usize = 200;

        let mut contents = vec![Self::default(); table.n_columns()];
        let (mut rows, mut n_rows) = (table.rows(), 0);
        while n_rows < SAMPLE
            && let Some(row) = rows.next()?
        {
            for (column, content) in contents.iter_mut().enumerate() {
                if row.is_missing(column) {
                    continue;
                }
                match row.maybe_feature(column) {
                    Some(number) => {
                        content.n_numbers += 1;
                        content.n_whole += usize::from(number.fract() == 0.0);
                    }
                    None => {
                        content.n_texts += 1;
                        let is_like_number = resembles_number(row.text(column));
                        content.n_like_numbers += usize::from(is_like_number);
                    }
                }
            }
            n_rows += 1;
        }
        Ok(contents)
    }

    /// Returns whether all fields are whole numbers.
    fn is_whole(self) -> bool {
        self.n_texts == 0 && self.n_whole == self.n_numbers
    }

    /// Returns whether the fields may be ids. Texts among decimals, and numbers in another notation,
    /// are features that cannot be read.
    fn may_be_ids(self, is_first: bool) -> bool {
        self.n_texts > 0
            && self.n_whole == self.n_numbers
            && 2 * self.n_like_numbers <= self.n_texts
            && (is_first || self.n_texts >= self.n_numbers)
    }
}

/// Checks whether the fields of a column, at least three, are all different.
fn is_different(table: &Table, column: usize) -> Result<bool> {
    let texts = table.texts(column)?;
    Ok(texts.len() >= 3 && are_different(&texts))
}

/// Checks whether the first rows of a column, at least three, are row numbers.
fn counts_at_first(table: &Table, column: usize) -> Result<bool> {
    /// Number of rows that are examined.
    const SAMPLE: usize = 16;

    let (mut labels, mut rows) = (Vec::new(), table.rows());
    while labels.len() < SAMPLE
        && let Some(row) = rows.next()?
    {
        labels.push(row.text(column).to_owned());
    }
    Ok(labels.len() >= 3 && counts(&labels).is_some())
}
