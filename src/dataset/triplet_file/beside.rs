//! What the columns of a table that are not read say about answers that are positions.

use std::collections::BTreeSet;

use super::answers::{Answered, Form};
use super::column_names::{are_places, has_word, triples};
use super::columns::Columns;
use crate::error::{FileError, Result};
use crate::io::text::{Row, Table, plain};
use crate::judgment::Task;

/// Words in names of columns that say whether the stimuli were shown in another order.
const FLIPS: [&str; 18] = [
    "flip",
    "flipped",
    "swap",
    "swapped",
    "mirror",
    "mirrored",
    "reverse",
    "reversed",
    "side",
    "layout",
    "mapping",
    "map",
    "keymap",
    "shuffle",
    "shuffled",
    "perm",
    "permutation",
    "permuted",
];

/// Words in names of columns with the place of one of two candidates.
const PLACES: [&str; 7] = [
    "pos", "position", "loc", "location", "slot", "place", "left",
];

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

/// Columns that are not read.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// Names of columns with the places of the stimuli on the screen.
    places: Option<Vec<String>>,
    /// The columns whose cells are always one of the candidates of the trial.
    stimuli: Vec<Candidate>,
}

/// A column whose cells are always one of the candidates of the trial.
#[derive(Debug)]
struct Candidate {
    name: String,
    /// The position among the candidates, by trial.
    positions: Vec<u8>,
}

impl Beside {
    /// Looks at the columns of a table that are not read.
    pub(super) fn of<T: Task>(table: &Table, columns: &Columns) -> Result<Self> {
        let Some(names) = table.header().filter(|_| columns.answer.is_some()) else {
            return Ok(Self::default());
        };
        let first = if T::N_PAIRS == 2 { 1 } else { 0 };
        let candidates = &columns.stimuli[first..];
        let is_beside = |column: &usize| !columns.stimuli.contains(column) && !columns.has(*column);
        let beside: Vec<usize> = (0..names.len()).filter(is_beside).collect();
        let plain_names: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let mut orders: Vec<Order> = beside
            .iter()
            .map(|&column| Order::new(vec![column]))
            .collect();
        orders.extend(
            triples(&plain_names)
                .into_iter()
                .filter(|triple| triple.iter().all(is_beside))
                .map(|triple| Order::new(triple.to_vec())),
        );
        let mut named = triples(&plain_names).into_iter();
        let named =
            named.find(|&triple| triple.iter().all(is_beside) && are_places(&plain_names, triple));
        let mut stimuli: Vec<(usize, Option<Vec<u8>>)> = beside
            .iter()
            .map(|&column| (column, Some(Vec::new())))
            .collect();
        let is_flip = |&column: &usize| {
            let name = &names[column];
            has_word(name, &FLIPS) || T::N_PAIRS == 2 && has_word(name, &PLACES)
        };
        let mut flips: Vec<(usize, BTreeSet<String>)> = beside
            .iter()
            .copied()
            .filter(is_flip)
            .map(|column| (column, BTreeSet::new()))
            .collect();

        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            for (column, positions) in &mut stimuli {
                let text = row.text(*column).trim();
                let is_text = |&candidate: &usize| row.text(candidate).trim() == text;
                let found = candidates.iter().position(is_text);
                match (positions.as_mut(), found) {
                    (Some(all), Some(position)) => all.push(position as u8),
                    _ => *positions = None,
                }
            }
            for order in orders.iter_mut().filter(|order| order.is_alive()) {
                order.add(&row, columns.stimuli);
            }
            for (column, values) in &mut flips {
                if values.len() <= MOST_FLIPS {
                    values.insert(row.text(*column).trim().to_lowercase());
                }
            }
        }

        let of_orders = orders.into_iter().filter(Order::changes);
        let of_flips = flips
            .into_iter()
            .filter(|(_, values)| (2..=MOST_FLIPS).contains(&values.len()))
            .map(|(column, _)| vec![column]);
        let of_orders = of_orders.map(|order| order.columns);
        let of_names = named.map(|triple| triple.to_vec());
        let places = of_names.into_iter().chain(of_orders).chain(of_flips).next();
        let stimuli = stimuli.into_iter().filter_map(|(column, positions)| {
            let positions = positions?;
            let name = names[column].clone();
            let varies = positions.iter().any(|position| *position != positions[0]);
            let may_be_chosen = varies && !has_word(&name, &NOT_CHOSEN);
            may_be_chosen.then_some(Candidate { name, positions })
        });
        Ok(Self {
            places: places.map(|columns| {
                let names = columns.iter().map(|&column| names[column].clone());
                names.collect()
            }),
            stimuli: stimuli.collect(),
        })
    }

    /// Checks that no other column shows that answers are other positions than they seem.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if one does.
    pub(super) fn check(&self, answered: &Answered) -> Result<()> {
        if answered.form == Form::Value {
            return Ok(());
        }
        if let (Some(names), Form::Position(_) | Form::Sign) = (&self.places, answered.form) {
            return Err(FileError::Ambiguous {
                what: format!(
                    "whether answers are the numbers of columns or positions on the screen, which the \
                     columns {names:?} may hold"
                ),
                remedy: "write the answers as ids, or remove the columns of positions if answers are the \
                         numbers of columns",
            }
            .into());
        }
        let differs = |candidate: &&Candidate| {
            let mut pairs = candidate.positions.iter().zip(&answered.chosen);
            pairs.any(|(&position, &chosen)| usize::from(position) != chosen)
        };
        match self.stimuli.iter().find(differs) {
            None => Ok(()),
            Some(Candidate { name, .. }) => Err(FileError::Ambiguous {
                what: format!(
                    "what the answers are: read as columns they are other stimuli than those in the column \
                     {name:?}"
                ),
                remedy: "name the column with the stimulus that was chosen \"choice\" in the header, and \
                         remove the other one",
            }
            .into()),
        }
    }
}

/// Largest number of different values of a column that tells of orders.
const MOST_FLIPS: usize = 6;

/// Columns that may hold an order of the three stimuli: three columns, or one with a list.
struct Order {
    columns: Vec<usize>,
    /// The entries of the first row.
    first: Option<[String; 3]>,
    /// Whether the entries are the same in every row, in any order.
    are_same: bool,
    /// Whether the entries are the stimuli of every row, in any order.
    are_stimuli: bool,
    /// Whether a row has another order than the first row, and than the columns of the stimuli.
    changes: [bool; 2],
}

impl Order {
    fn new(columns: Vec<usize>) -> Self {
        Self {
            columns,
            first: None,
            are_same: true,
            are_stimuli: true,
            changes: [false; 2],
        }
    }

    fn is_alive(&self) -> bool {
        self.are_same || self.are_stimuli
    }

    fn changes(&self) -> bool {
        let [from_first, from_columns] = self.changes;
        self.first.is_some() && (self.are_same && from_first || self.are_stimuli && from_columns)
    }

    fn add(&mut self, row: &Row<'_>, stimuli: [usize; 3]) {
        let entries = match self.columns.as_slice() {
            &[a, b, c] => Some([a, b, c].map(|column| row.text(column).trim().to_owned())),
            columns => entries(row.text(columns[0])),
        };
        let Some(entries) = entries else {
            (self.are_same, self.are_stimuli) = (false, false);
            return;
        };
        let sorted = |mut entries: [String; 3]| {
            entries.sort_unstable();
            entries
        };
        let shown = stimuli.map(|column| row.text(column).trim().to_owned());
        let first = self.first.get_or_insert_with(|| entries.clone());
        let set = sorted(entries.clone());
        self.are_same &= set[0] != set[1] && set[1] != set[2] && set == sorted(first.clone());
        self.are_stimuli &= set == sorted(shown.clone());
        self.changes[0] |= entries != *first;
        self.changes[1] |= entries != shown;
    }
}

/// Returns the entries of a list of three, such as `[2, 0, 1]`, `3-1-2` or `CAB`.
fn entries(text: &str) -> Option<[String; 3]> {
    let is_around = |c: char| c.is_whitespace() || "[](){}\"'".contains(c);
    let text = text.trim_matches(is_around);
    let parts = |is_between: &dyn Fn(char) -> bool| -> Vec<String> {
        let parts = text
            .split(is_between)
            .map(|part| part.trim_matches(is_around));
        parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let found = match text.contains([',', ';', '|']) {
        true => parts(&|c| ",;|".contains(c)),
        false => parts(&|c| !c.is_alphanumeric()),
    };
    match <[String; 3]>::try_from(found) {
        Ok(found) => Some(found),
        Err(found) if found.len() == 1 && text.chars().count() == 3 => {
            let letters: Vec<String> = text.chars().map(String::from).collect();
            letters.try_into().ok()
        }
        Err(_) => None,
    }
}
