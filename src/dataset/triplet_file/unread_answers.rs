//! Columns with answers that are not read, as their fields tell.

use super::answer_names::ColumnNames;
use super::beside::NOT_CHOSEN;
use super::column_names::has_word;
use super::columns::Columns;
use super::design::MANY;
use crate::error::{FileError, Quoted, Result};
use crate::io::text::{Row, Table, plain};
use crate::judgment::Task;

/// A column beside the stimuli whose fields are all one of the candidates of their trial, or the name of its
/// column, as answers are.
#[derive(Debug)]
struct Chosen {
    column: usize,
    /// The position among the candidates, by trial; `None` if the field is empty.
    positions: Vec<Option<usize>>,
    /// Whether all fields are numbers, which few trials may have by chance.
    are_numbers: bool,
}

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
    let may_be_answer = |column: &usize| {
        !columns.stimuli.contains(column) && !has_word(&header[*column], &NOT_CHOSEN)
    };
    let others = (0..header.len()).filter(may_be_answer);
    let mut found: Vec<Chosen> = others.map(Chosen::new).collect();
    let mut rows = table.rows();
    while !found.is_empty()
        && let Some(row) = rows.next()?
    {
        found.retain_mut(|chosen| chosen.add(&row, shown, &names));
    }
    let answers = found.iter().filter(|chosen| chosen.vary());
    // Columns with the order of the stimuli on the screen never have the same stimulus.
    let mut answers = answers.filter(|chosen| !found.iter().any(|other| chosen.excludes(other)));
    match answers.next() {
        None => Ok(()),
        Some(chosen) => Err(FileError::Ambiguous {
            what: format!(
                "whether the order of the stimuli is the answer: the fields of column {} are one of the \
                 stimuli of their row, in different places",
                Quoted(&header[chosen.column])
            ),
            remedy: "if it holds the answers, name it \"choice\" in the header (write the answers of several \
                     participants in rows of their own, beside a column \"participant\"); otherwise remove it",
        }
        .into()),
    }
}

impl Chosen {
    fn new(column: usize) -> Self {
        Self {
            column,
            positions: Vec::new(),
            are_numbers: true,
        }
    }

    /// Adds a row. Returns whether its field is empty or one of the candidates.
    fn add(&mut self, row: &Row<'_>, shown: &[usize], names: &[ColumnNames]) -> bool {
        if row.is_missing(self.column) {
            self.positions.push(None);
            return true;
        }
        let text = row.text(self.column);
        let is_same = |&stimulus: &usize| row.text(stimulus) == text;
        let name = plain(text);
        let position = (shown.iter().position(is_same))
            .or_else(|| names.iter().position(|column| column.is(&name)));
        self.are_numbers &= text.bytes().all(|byte| byte.is_ascii_digit());
        self.positions.push(position);
        position.is_some()
    }

    /// Checks whether the candidates are at different places, and not by chance.
    fn vary(&self) -> bool {
        let mut places = self.positions.iter().flatten();
        let first = places.next();
        let is_certain = !self.are_numbers || self.positions.len() >= MANY;
        is_certain && places.any(|place| Some(place) != first)
    }

    /// Checks whether another column always has another candidate.
    fn excludes(&self, other: &Self) -> bool {
        let mut both = self.positions.iter().zip(&other.positions);
        self.column != other.column
            && both.all(|(one, other)| one.is_some() && other.is_some() && one != other)
    }
}
