//! Columns with answers that are not read, as their fields tell.

use super::answer_names::ColumnNames;
use super::candidates::Candidates;
use super::columns::Columns;
use super::design::MANY;
use crate::error::{FileError, Quoted, Result};
use crate::io::text::Table;
use crate::judgment::Task;

/// Checks that no column beside trials in the order of their answers has answers of its own: one of the
/// candidates of every trial, and not always that at the same place.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one does.
pub(super) fn check_unread_answers<T: Task>(table: &Table, columns: &Columns) -> Result<()> {
    let Some(header) = table.header().filter(|_| columns.answer.is_none()) else {
        return Ok(());
    };
    let shown = &columns.stimuli[usize::from(T::N_PAIRS == 2)..];
    let written: Vec<String> = shown.iter().map(|&column| header[column].clone()).collect();
    let names = ColumnNames::of(&written);
    let others = (0..header.len()).filter(|column| !columns.stimuli.contains(column));
    let mut found: Vec<Candidates> = others
        .filter_map(|column| Candidates::new(column, &header[column]))
        .collect();
    let mut rows = table.rows();
    while !found.is_empty()
        && let Some(row) = rows.next()?
    {
        found.retain_mut(|candidates| candidates.add(&row, shown, &names));
    }
    let are_answers = |candidates: &&Candidates| {
        let is_certain = !candidates.are_numbers() || candidates.len() >= MANY;
        // Columns with the order of the stimuli on the screen never have the same stimulus.
        let is_order = || found.iter().any(|other| candidates.exclude(other));
        is_certain && candidates.vary() && !is_order()
    };
    match found.iter().find(are_answers) {
        None => Ok(()),
        Some(candidates) => Err(FileError::Ambiguous {
            what: format!(
                "whether the order of the stimuli is the answer: the fields of column {} are one of the \
                 stimuli of their row, in different places",
                Quoted(&candidates.name)
            ),
            remedy: "if it holds the answers, name it \"choice\" in the header (write the answers of several \
                     participants in rows of their own, beside a column \"participant\"); otherwise remove it",
        }
        .into()),
    }
}
