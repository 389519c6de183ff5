//! Columns with other answers to the same trials, such as `choice2` beside `choice`.

use std::collections::HashSet;

use crate::error::{FileError, Result};
use crate::io::text::{Row, Table};

/// The columns that are named like other answers than those that are read.
#[derive(Debug, Default)]
pub(super) struct OtherAnswers {
    /// The column of the answers, and its values.
    answer: usize,
    answers: HashSet<String>,
    others: Vec<Other>,
    /// The name of the column of the answers.
    name: String,
}

#[derive(Debug)]
struct Other {
    column: usize,
    name: String,
    values: HashSet<String>,
    /// Whether a value is another one than the answer.
    differs: bool,
    /// Whether all values are those of candidates.
    are_candidates: bool,
}

impl OtherAnswers {
    /// Creates the columns, of which the rows are added next.
    pub(super) fn new(answer: usize, others: impl Iterator<Item = usize>) -> Self {
        let other = |column| Other {
            column,
            name: String::new(),
            values: HashSet::new(),
            differs: false,
            are_candidates: true,
        };
        Self {
            answer,
            others: others.map(other).collect(),
            ..Self::default()
        }
    }

    /// Adds a row, given the columns of the candidates.
    pub(super) fn add(&mut self, row: &Row<'_>, shown: &[usize]) {
        if self.others.is_empty() {
            return;
        }
        let answer = row.text(self.answer);
        insert(&mut self.answers, answer);
        for other in &mut self.others {
            let value = row.text(other.column);
            insert(&mut other.values, value);
            other.differs |= value != answer;
            other.are_candidates &= shown.iter().any(|&column| row.text(column) == value);
        }
    }

    /// Sets the names of the columns.
    pub(super) fn named(mut self, table: &Table) -> Self {
        self.name = table.name(self.answer).to_owned();
        for other in &mut self.others {
            other.name = table.name(other.column).to_owned();
        }
        self
    }

    /// Checks that no column holds other answers than those that are read: other candidates if answers
    /// are values of these, and otherwise other ones of the same answers.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if one does.
    pub(super) fn check(&self, are_values: bool) -> Result<()> {
        let is_alike = |other: &&Other| match are_values {
            true => other.are_candidates,
            // Whether each option was chosen is told by fewer values.
            false => {
                !other.are_candidates
                    && other.values.is_subset(&self.answers)
                    && (other.values.len() > 2 || self.answers.len() <= 2)
            }
        };
        let mut differing = self.others.iter().filter(|other| other.differs);
        match differing.find(is_alike) {
            None => Ok(()),
            Some(other) => Err(FileError::Ambiguous {
                what: format!(
                    "which of the columns {:?} and {:?} holds the answer: they differ",
                    self.name, other.name
                ),
                remedy: "keep the right one, named \"choice\", and remove the other one",
            }
            .into()),
        }
    }
}

fn insert(values: &mut HashSet<String>, value: &str) {
    if !values.contains(value) {
        values.insert(value.to_owned());
    }
}
