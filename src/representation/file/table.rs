//! Features in the columns of a table.

use std::collections::{HashMap, HashSet};

use ndarray::Array2;

use super::accompanying::refuse_accompanying;
use super::columns::{Columns, unclear};
use super::combined::refuse_combined;
use super::lookalikes::{refuse_single_columns, refuse_units};
use super::row_numbers::refuse_row_numbers;
use super::summaries::{refuse_summaries, refused_text};
use super::{Contents, FileSource};
use crate::error::{
    Error, ErrorKind, FeatureError, FileError, JudgmentError, Quoted, Result, wrong_shape,
};
use crate::io::text::{
    Table, are_different, are_plain, counts, is_index_name, is_missing, number, resembles_number,
    without_fractions,
};
use crate::linalg::reserve;
use crate::representation::Provenance;
use crate::stimuli::{IdForm, Stimuli};

impl FileSource {
    /// Reads all columns except those with ids or row numbers and ignored ones.
    pub(super) fn read_table(&self) -> Result<Contents> {
        let table = Table::read(&self.path, self.encoding)?.without_blank_rows();
        refuse_column_numbers(&table)?;
        let columns = self.columns(&table)?;
        let read = self.read_columns(&table, &columns);
        if !matches!(read, Ok(Some(_)))
            && let Some(columns) = with_tokens(&table, &columns)?
        {
            let contents = self.read_columns(&table, &columns)?;
            return contents.ok_or(JudgmentError::NoTrials.into());
        }
        match read? {
            Some(contents) => Ok(contents),
            // The first rows of the column were consecutive numbers, but not all rows: it is a
            // feature.
            None => {
                let mut columns = columns;
                columns.features.append(&mut columns.index);
                columns.features.sort_unstable();
                let contents = self.read_columns(&table, &columns)?;
                contents.ok_or(JudgmentError::NoTrials.into())
            }
        }
    }

    /// Reads the columns; `None` if a presumed column of row numbers without a name contains other
    /// values, so that it is a feature.
    fn read_columns(&self, table: &Table, columns: &Columns) -> Result<Option<Contents>> {
        let refused = |expected: &str, n_rows: usize| {
            wrong_shape(
                "the table of features",
                expected,
                &[n_rows, columns.features.len()],
            )
        };
        if columns.features.is_empty() {
            let of_labels = columns.index.last().copied().or(columns.ids);
            return Err(match of_labels.filter(|_| table.header().is_some()) {
                Some(column) => no_columns(table, column),
                None => refused("at least one column of numbers", 0),
            });
        }
        table.refuse_thousands(&columns.features)?;
        let (mut ids, mut n_rows) = (Vec::new(), 0);
        let mut index = vec![Vec::new(); columns.index.len()];
        let mut values: Vec<f64> = Vec::new();
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            if values.capacity() - values.len() < columns.features.len() {
                let ahead = columns.features.len().max(values.len());
                reserve(&mut values, ahead, "the table")?;
            }
            for &column in &columns.features {
                let value = row.maybe_feature(column).filter(|value| !value.is_nan());
                values.push(match value {
                    Some(value) => value,
                    None => row.number(column).map_err(|error| {
                        // One text below numbers is a fault of its own.
                        let may_be_header = n_rows == 0 || columns.features.len() > 1;
                        let of_row = may_be_header.then(|| refused_text(&row, &columns.features));
                        let has_header = table.header().is_some();
                        of_row
                            .flatten()
                            .unwrap_or_else(|| no_feature(error, has_header))
                    })?,
                });
            }
            ids.extend(columns.ids.map(|column| row.text(column).to_owned()));
            for (&column, labels) in columns.index.iter().zip(&mut index) {
                labels.push(row.text(column).to_owned());
            }
            n_rows += 1;
        }
        if n_rows == 0 {
            return Err(refused("at least one row of numbers", 0));
        }
        let has_ids = columns.ids.is_some() || self.ids.is_some();
        let (mut first_row, mut numbered_by) = (None, None);
        for (&column, labels) in columns.index.iter().zip(&index) {
            let counted = counts(labels);
            if counted.is_none() && table.header().is_none() {
                // Whole numbers that are all different, beside decimals, may be ids.
                return match labels.len() > 2 && are_different(labels) {
                    true => Err(unclear(table, column)),
                    false => Ok(None),
                };
            }
            // Beside ids, the numbers may be those of the rows of a larger table, or other ids.
            let is_redundant =
                has_ids && (is_index_name(table.name(column)) || are_different(labels));
            if counted.is_none() && !is_redundant {
                return Err(unclear(table, column));
            }
            first_row = first_row.or(counted);
            if counted.is_none() && are_different(labels) {
                numbered_by = numbered_by.or(Some(table.name(column)));
            }
            log::info!(
                "{}: column {} contains labels of rows, and is not read as a feature",
                self.path.display(),
                column + 1
            );
        }
        let features = Array2::from_shape_vec((n_rows, columns.features.len()), values);
        let features = features.map_err(|error| FileError::malformed("table", error))?;
        let mut provenance = Provenance::default();
        let names = columns.features.iter();
        let names: Vec<&str> = names.map(|&column| table.name(column)).collect();
        if table.header().is_some() {
            provenance = provenance.with_columns(&names);
        }
        if table.header().is_some() && !self.is_unchecked {
            refuse_accompanying(&names, features.view())?;
            refuse_combined(&names, features.view())?;
            if columns.ids.is_some() {
                refuse_units(&ids, &names)?;
            }
            refuse_single_columns(&self.path, &names)?;
        }
        without_fractions(&mut ids);
        let ids = columns.ids.map(|_| ids);
        if !self.is_unchecked {
            refuse_summaries(table, ids.as_deref(), features.view())?;
            refuse_row_numbers(table, &columns.features, features.view(), has_ids)?;
        }
        self.check_order(ids.as_deref())?;
        refuse_repeated(table, columns, ids.as_deref().unwrap_or_default())?;
        let stimuli = match (ids, first_row) {
            (Some(ids), _) => {
                let stimuli = match numbered_by {
                    Some(column) => Stimuli::numbered_by(ids, column)?,
                    None => Stimuli::new(ids)?,
                };
                Some(stimuli.with_columns(&names))
            }
            (None, Some(first)) => Some(Stimuli::labelled_rows(n_rows as u32, first as u32)),
            (None, None) => None,
        };
        Ok(Some(Contents {
            features: features.into(),
            array: None,
            stimuli,
            provenance,
        }))
    }

    /// Checks that the given ids are not those of the table in another order.
    fn check_order(&self, own: Option<&[String]>) -> Result<()> {
        let (Some(given), Some(own)) = (&self.ids, own) else {
            return Ok(());
        };
        let plain = |id: &String| IdForm::LowerCase.of(&IdForm::FileStem.of(id));
        let mut positions = HashMap::new();
        for (position, id) in given.ids().iter().enumerate() {
            positions.insert(plain(id), position);
        }
        let is_elsewhere = |(row, id): (usize, &String)| {
            let same = given
                .ids()
                .get(row)
                .is_some_and(|given| plain(given) == plain(id));
            !same && positions.contains_key(&plain(id))
        };
        if !own.iter().enumerate().any(is_elsewhere) {
            return Ok(());
        }
        Err(FileError::Ambiguous {
            what: format!(
                "which ids the rows have: the ids in the table are in another order than those in {}",
                given.origin().unwrap_or("the list")
            ),
            remedy: "omit the list of ids, or ignore the column of ids (`with_ignored_column`, `--ignore-column`)",
        }
        .into())
    }
}

/// Returns the columns with the first one as that of ids, if it was taken for another but most of its fields
/// are no numbers: the words of an embedding, some of which are numbers. If it has a name, they must all be
/// different.
fn with_tokens(table: &Table, columns: &Columns) -> Result<Option<Columns>> {
    let is_first = |column: &usize| *column == 0;
    let is_read = columns.features.iter().chain(&columns.index).any(is_first);
    if columns.ids.is_some() || !is_read {
        return Ok(None);
    }
    let fields = table.texts(0)?;
    let is_text = |field: &&String| {
        number(field, false).is_none() && !is_missing(field) && !resembles_number(field)
    };
    let n_texts = fields.iter().filter(is_text).count();
    if 2 * n_texts <= fields.len() || !table.name(0).is_empty() && !are_different(&fields) {
        return Ok(None);
    }
    let others = |columns: &[usize]| {
        columns
            .iter()
            .copied()
            .filter(|&column| column != 0)
            .collect()
    };
    Ok(Some(Columns {
        ids: Some(0),
        index: others(&columns.index),
        features: others(&columns.features),
    }))
}

/// Checks that the first line is not 0, 1, 2 or 1, 2, 3 and so on, as the header of columns without names
/// in pandas is, above whole numbers, among which it could also be a stimulus.
fn refuse_column_numbers(table: &Table) -> Result<()> {
    if table.header().is_some() {
        return refuse_second_names(table);
    }
    let first = table.first()?;
    if first.len() < 3 || !are_plain(&first) || counts(&first).is_none() {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: "whether its first line numbers the columns or is a stimulus".into(),
        remedy: "write names of the columns in it, or remove it, if it numbers them; if it is a stimulus, \
                 write names of the columns in a line above it, or its numbers as decimals (0.0)",
    }
    .into())
}

/// Checks that the second line does not number the columns of each name in the first, as for columns with
/// two levels of names in pandas.
fn refuse_second_names(table: &Table) -> Result<()> {
    let mut rows = table.rows();
    let Some(row) = rows.next()? else {
        return Ok(());
    };
    let columns: Vec<(&str, &str)> = (0..table.n_columns())
        .map(|column| (table.name(column), row.text(column)))
        .filter(|(name, _)| !is_index_name(name))
        .collect();
    let runs: Vec<_> = columns.chunk_by(|left, right| left.0 == right.0).collect();
    let has_numbers = |run: &&[(&str, &str)]| {
        let numbers: Vec<String> = run.iter().map(|(_, number)| number.to_string()).collect();
        run.len() > 1 && are_plain(&numbers) && counts(&numbers).is_some()
    };
    if runs.is_empty() || !runs.iter().all(has_numbers) {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: "whether its second line, which numbers the columns of each name, is a stimulus"
            .into(),
        remedy: "write one line with a different name of each column; in pandas, frame.columns = \
                 frame.columns.map(\"{0[0]}_{0[1]}\".format)",
    }
    .into())
}

/// Checks that no stimulus has several rows that another column tells apart, such as the layer.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one has.
fn refuse_repeated(table: &Table, columns: &Columns, ids: &[String]) -> Result<()> {
    if are_different(ids) {
        return Ok(());
    }
    let is_other =
        |column: &usize| Some(*column) != columns.ids && !columns.features.contains(column);
    for column in (0..table.n_columns()).filter(is_other) {
        let labels = table.texts(column)?;
        let pairs: HashSet<(&String, &String)> = ids.iter().zip(&labels).collect();
        if pairs.len() == ids.len() && !are_different(&labels) {
            return Err(FileError::Ambiguous {
                what: format!(
                    "which of several rows of a stimulus are meant: column {} tells them apart",
                    Quoted(table.name(column))
                ),
                remedy: "write the rows of each value of this column to a file of its own, or average the rows \
                         of each stimulus",
            }
            .into());
        }
    }
    Ok(())
}

/// Returns the error for a table without features, of which the given column was taken as labels.
fn no_columns(table: &Table, column: usize) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "which column holds values: {} is taken as the labels of the rows, and there is no other",
            Quoted(table.name(column))
        ),
        remedy: "give the column another name, such as value, if it holds values",
    })
}

/// Adds a remedy to the error for a column that cannot be read as a feature.
fn no_feature(error: Error, has_header: bool) -> Error {
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
            expected: match has_header {
                true => {
                    "a number; a column can be ignored (`with_ignored_column`, `--ignore-column`) or read as \
                     ids (`with_id_column`, `--id-column`)"
                }
                false => {
                    "a number; a column can be ignored (`with_ignored_column`, `--ignore-column`) or read as \
                     ids (`with_id_column`, `--id-column`) if the first line has the names of the columns"
                }
            },
            found: found.clone(),
        }
        .into(),
        _ => error,
    }
}
