//! Columns beside the stimuli whose fields are all one of the candidates of their trial, as answers are.

use super::answer_names::ColumnNames;
use super::column_names::has_word;
use crate::io::text::{Row, plain};

/// Words in names of columns with a stimulus that need not be the answer.
const NOT_CHOSEN: [&str; 15] = [
    "corr",
    "correct",
    "expected",
    "target",
    "solution",
    "truth",
    "true",
    "model",
    "predicted",
    "prediction",
    "pred",
    "first",
    "previous",
    "key",
    "catch",
];

/// A column whose fields are one of the candidates of their trial, or the name of its column.
#[derive(Debug)]
pub(super) struct Candidates {
    pub(super) name: String,
    column: usize,
    /// The position among the candidates, by trial; `None` if the field is empty.
    positions: Vec<Option<u8>>,
    /// Whether all fields are numbers, which few trials may have by chance.
    are_numbers: bool,
}

impl Candidates {
    /// Creates a column of which the rows are added next. Returns `None` if its name says that it has something
    /// else than answers.
    pub(super) fn new(column: usize, name: &str) -> Option<Self> {
        (!has_word(name, &NOT_CHOSEN)).then(|| Self {
            name: name.to_owned(),
            column,
            positions: Vec::new(),
            are_numbers: true,
        })
    }

    /// Adds a row, given the columns of the candidates and the names by which fields may refer to them. Returns
    /// whether the field is empty or one of the candidates.
    pub(super) fn add(&mut self, row: &Row<'_>, shown: &[usize], names: &[ColumnNames]) -> bool {
        let text = row.text(self.column);
        let by_name = || {
            let name = plain(text);
            names.iter().position(|column| column.is(&name))
        };
        let is_same = |&stimulus: &usize| row.text(stimulus) == text;
        let position = shown.iter().position(is_same);
        let is_empty = position.is_none() && row.is_missing(self.column);
        let position = match is_empty {
            true => None,
            false => position.or_else(by_name),
        };
        self.are_numbers &= is_empty || text.bytes().all(|byte| byte.is_ascii_digit());
        self.positions.push(position.map(|position| position as u8));
        is_empty || position.is_some()
    }

    /// Returns whether no field is empty.
    pub(super) fn are_complete(&self) -> bool {
        self.positions.iter().all(Option::is_some)
    }

    /// Returns whether all fields are numbers.
    pub(super) fn are_numbers(&self) -> bool {
        self.are_numbers
    }

    /// Returns the number of trials.
    pub(super) fn len(&self) -> usize {
        self.positions.len()
    }

    /// Checks whether the candidates are at different places.
    pub(super) fn vary(&self) -> bool {
        let mut places = self.positions.iter().flatten();
        let first = places.next();
        places.any(|place| Some(place) != first)
    }

    /// Checks whether a field is another candidate than the one that was chosen.
    pub(super) fn differs(&self, chosen: &[usize]) -> bool {
        let mut both = self.positions.iter().zip(chosen);
        both.any(|(position, &chosen)| position.is_some_and(|place| usize::from(place) != chosen))
    }

    /// Checks whether another column always has another candidate.
    pub(super) fn exclude(&self, other: &Self) -> bool {
        let mut both = self.positions.iter().zip(&other.positions);
        self.column != other.column
            && both.all(|(one, other)| one.is_some() && other.is_some() && one != other)
    }
}
