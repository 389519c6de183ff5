//! Features in the columns of a table.

use ndarray::Array2;

use super::{Contents, FileSource};
use crate::error::{
    Error, ErrorKind, FeatureError, FileError, JudgmentError, Quoted, Result, wrong_shape,
};
use crate::io::text::{Table, counts, id_rank, is_index_name};
use crate::linalg::reserve;
use crate::representation::Provenance;
use crate::stimuli::Stimuli;

/// The indices of the columns of a table, 0-based.
struct Columns {
    ids: Option<usize>,
    /// A column that may contain row numbers.
    index: Option<usize>,
    features: Vec<usize>,
}

impl FileSource {
    /// Reads all columns except those with ids or row numbers and ignored ones.
    pub(super) fn read_table(&self) -> Result<Contents> {
        let table = Table::read(&self.path, self.encoding)?;
        let columns = self.columns(&table)?;
        match self.read_columns(&table, &columns)? {
            Some(contents) => Ok(contents),
            // The first rows of the column were consecutive numbers, but not all rows: it is a
            // feature.
            None => {
                let mut columns = columns;
                columns.features.extend(columns.index.take());
                columns.features.sort_unstable();
                let contents = self.read_columns(&table, &columns)?;
                contents.ok_or(JudgmentError::NoTrials.into())
            }
        }
    }

    /// Reads the columns; `None` if the presumed column of row numbers contains other values, so
    /// that it may be a feature.
    fn read_columns(&self, table: &Table, columns: &Columns) -> Result<Option<Contents>> {
        let refused = |expected: &str, n_rows: usize| {
            wrong_shape(
                "the table of features",
                expected,
                &[n_rows, columns.features.len()],
            )
        };
        if columns.features.is_empty() {
            return Err(refused("at least one column of features", 0));
        }
        let (mut ids, mut index, mut n_rows) = (Vec::new(), Vec::new(), 0);
        let mut values: Vec<f64> = Vec::new();
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            if values.capacity() - values.len() < columns.features.len() {
                let ahead = columns.features.len().max(values.len());
                reserve(&mut values, ahead, "the table")?;
            }
            for &column in &columns.features {
                values.push(row.number(column).map_err(no_feature)?);
            }
            ids.extend(columns.ids.map(|column| row.text(column).to_owned()));
            index.extend(columns.index.map(|column| row.text(column).to_owned()));
            n_rows += 1;
        }
        if n_rows == 0 {
            return Err(refused("at least one row of numbers", 0));
        }
        let mut rows = None;
        if let Some(column) = columns.index {
            rows = counts(&index);
            if rows.is_none() && table.header().is_none() {
                return Ok(None);
            }
            if rows.is_none() && columns.ids.is_none() && self.ids.is_none() {
                return Err(unclear(table, column));
            }
            log::info!(
                "{}: column {} contains row numbers, and is not read as a feature",
                self.path.display(),
                column + 1
            );
        }
        let ids = columns.ids.map(|_| ids);
        self.check_order(ids.as_deref())?;
        let stimuli = match (ids, rows) {
            (Some(ids), _) => Some(Stimuli::new(ids)?),
            (None, Some(first)) => Some(Stimuli::labelled_rows(n_rows as u32, first as u32)),
            (None, None) => None,
        };
        let features = Array2::from_shape_vec((n_rows, columns.features.len()), values);
        let features = features.map_err(|error| FileError::malformed("table", error))?;
        Ok(Some(Contents {
            features: features.into(),
            stimuli,
            provenance: Provenance::default(),
        }))
    }

    /// Determines the columns from the settings, their names and their content.
    fn columns(&self, table: &Table) -> Result<Columns> {
        let mut ignored = Vec::new();
        for name in &self.ignored_columns {
            ignored.push(table.column(name)?);
        }
        let left: Vec<usize> = (0..table.n_columns())
            .filter(|column| !ignored.contains(column))
            .collect();
        let texts = text_columns(table)?;
        let has_header = table.header().is_some();
        let ids = match &self.id_column {
            Some(name) => Some(table.column(name)?),
            None => {
                let named = left.iter().filter(|_| has_header).filter_map(|&column| {
                    Some((
                        !texts.contains(&column),
                        id_rank(table.name(column))?,
                        column,
                    ))
                });
                let text = left.iter().copied().find(|column| texts.contains(column));
                named.min().map(|(_, _, column)| column).or(text)
            }
        };
        let may_number = |column: usize| match has_header {
            true => is_index_name(table.name(column)),
            false => column == left[0] && left.len() > 1,
        };
        let index = left
            .iter()
            .copied()
            .find(|&column| Some(column) != ids && !texts.contains(&column) && may_number(column));
        let index = match (index, has_header) {
            // A column without a name must contain row numbers from the first row on.
            (Some(column), false) if !counts_at_first(table, column)? => None,
            (index, _) => index,
        };
        let is_feature = |column: &usize| Some(*column) != ids && Some(*column) != index;
        Ok(Columns {
            ids,
            index,
            features: left.into_iter().filter(is_feature).collect(),
        })
    }

    /// Checks that the given ids are not those of the table in another order.
    fn check_order(&self, own: Option<&[String]>) -> Result<()> {
        let (Some(given), Some(own)) = (&self.ids, own) else {
            return Ok(());
        };
        let same_set =
            own.len() == given.len() && own.iter().all(|id| given.position(id).is_some());
        if !same_set || given.ids() == own {
            return Ok(());
        }
        Err(FileError::Ambiguous {
            what: format!(
                "which ids the rows have: the ids in the table are in another order than those in {}",
                given.origin().unwrap_or("the list")
            ),
            remedy: "omit the list of ids, or ignore the column of ids",
        }.into())
    }
}

/// Adds a remedy to the error for a column that cannot be read as a feature.
fn no_feature(error: Error) -> Error {
    match error.kind() {
        ErrorKind::File(FileError::MissingValue { .. }) => {
            FeatureError::Missing { source: error }.into()
        }
        ErrorKind::File(FileError::NotANumber {
            line,
            field,
            column,
            found,
            ..
        }) => FileError::NotANumber {
            line: *line,
            field: *field,
            column: column.clone(),
            expected: "a number; to ignore a column, pass --ignore-column; to read it as ids, pass \
                       --id-column",
            found: found.clone(),
        }
        .into(),
        _ => error,
    }
}

/// Returns the columns in which a field of the first rows is neither a number nor missing.
fn text_columns(table: &Table) -> Result<Vec<usize>> {
    /// Number of rows that are examined.
    const SAMPLE: usize = 200;

    let mut is_text = vec![false; table.n_columns()];
    let mut rows = table.rows();
    let mut n_rows = 0;
    while n_rows < SAMPLE
        && let Some(row) = rows.next()?
    {
        for (column, is_text) in is_text.iter_mut().enumerate() {
            *is_text |= row.maybe_number(column).is_none() && !row.is_missing(column);
        }
        n_rows += 1;
    }
    Ok((0..is_text.len())
        .filter(|&column| is_text[column])
        .collect())
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

fn unclear(table: &Table, column: usize) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether column {} ({}) holds ids or row numbers: its numbers do not count up from 0 or 1",
            column + 1,
            Quoted(table.name(column))
        ),
        remedy: "pass it as the column of ids (--id-column), or ignore it (--ignore-column)",
    })
}
