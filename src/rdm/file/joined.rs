//! Tables with one row per pair, whose two stimuli are in one label, such as `cat_dog`.

use ndarray::{ArrayD, Axis, IxDyn};

use super::RdmFile;
use super::columns::{candidates_of_stimuli, is_of_pair, is_of_pairs};
use super::content::Contents;
use super::fields::judgment;
use super::ignored::check_people;
use super::long::LongTable;
use super::names::check_names;
use super::order::Register;
use super::pairs::NamedPairs;
use crate::error::{FileError, Quoted, Result};
use crate::io::text::Table;

impl RdmFile {
    /// Reads a table with a column of labels of pairs and one of judgments, with the checks of a table with
    /// two columns of stimuli. Returns `None` if the table is something else, such as one with a column for
    /// each participant.
    pub(super) fn read_joined(&self, table: &Table) -> Result<Option<Contents>> {
        let Some(names) = table.header() else {
            return Ok(None);
        };
        let Some((column, labels, pairs)) = joined(table, names)? else {
            return Ok(None);
        };
        let long = LongTable::of_joined(table, column, self.similarities.is_some())?;
        let n_labelled = table.texts(column)?.len();
        let Some(long) = long else {
            if labels.len() == n_labelled {
                check_people(table, column)?;
            }
            return Ok(None);
        };
        // Several participants judged each pair.
        if labels.len() < n_labelled {
            let long = long.with_labels(pairs.by_label(&labels));
            return self.read_long(table, &long).map(Some);
        }
        let value = long.value();
        check_names(&[table.name(value).to_owned()], self.similarities.is_some())?;
        table.refuse_thousands(&[value])?;
        self.check_ignored(table, &long)?;
        let participants = match long.participant() {
            Some(column) => Some(vec![only_participant(table, column)?]),
            None => None,
        };
        let (mut values, mut rows) = (Vec::new(), table.rows());
        while let Some(row) = rows.next()? {
            values.push(judgment(&row, value)?);
        }
        let array = ArrayD::from_shape_vec(IxDyn(&[values.len()]), values);
        let array = array.map_err(|error| FileError::malformed("table", error))?;
        let contents = Contents::of_pairs(array.insert_axis(Axis(1)), 0, pairs, None);
        let contents = contents.with_value(table, value);
        Ok(Some(Contents {
            participants,
            ..contents
        }))
    }
}

/// Returns the column whose different labels name each pair of some stimuli once, with these labels: the first
/// one, or one that is named like pairs or stimuli. A table with columns of the two stimuli, or of pairs, has
/// none.
fn joined(table: &Table, names: &[String]) -> Result<Option<(usize, Vec<String>, NamedPairs)>> {
    for names in [names, names.get(1..).unwrap_or_default()] {
        if NamedPairs::of(names)?.is_some() {
            return Ok(None);
        }
    }
    let is_stimulus = |&column: &usize| is_of_pair(&names[column]);
    if candidates_of_stimuli(names)
        .iter()
        .any(|both| both.iter().all(is_stimulus))
    {
        return Ok(None);
    }
    let may_label = |column: &usize| {
        *column == 0 || is_of_pairs(&names[*column]) || is_of_pair(&names[*column])
    };
    for column in (0..names.len()).filter(may_label) {
        let mut labels = Register::default();
        for label in table
            .texts(column)?
            .iter()
            .filter(|label| !label.is_empty())
        {
            labels.number(label);
        }
        let labels = labels.names;
        let are_numbers = labels.iter().all(|label| label.parse::<f64>().is_ok());
        if let Some(pairs) = NamedPairs::of(&labels)?.filter(|_| !are_numbers) {
            return Ok(Some((column, labels, pairs)));
        }
    }
    Ok(None)
}

/// Returns the participant of all rows.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if there are several.
fn only_participant(table: &Table, column: usize) -> Result<String> {
    let labels = table.texts(column)?;
    let first = labels.first().cloned().unwrap_or_default();
    if labels.iter().all(|label| *label == first) {
        return Ok(first);
    }
    Err(FileError::Ambiguous {
        what: format!(
            "which participant judged each pair: column {} has several labels, but each pair has one row",
            Quoted(table.name(column))
        ),
        remedy: "remove the column to read the rows as judgments of one participant",
    }
    .into())
}
