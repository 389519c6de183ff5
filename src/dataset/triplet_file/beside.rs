//! What the columns of a table that are not read say about answers that are positions.

use std::collections::BTreeSet;

use super::answer_words::is_other_answer;
use super::answers::{Answered, Form};
use super::candidates::Candidates;
use super::column_names::{PLACES, are_places, has_word, triples};
use super::columns::Columns;
use super::other_answers::OtherAnswers;
use crate::error::{FileError, Result};
use crate::io::text::{Row, Table, is_about_participants, plain};
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

/// Words in names of columns with the place of one of two candidates, beside [`PLACES`].
const SIDES: [&str; 2] = ["loc", "left"];

/// Words in names of columns with something else about a candidate than its place.
const NOT_PLACES: [&str; 5] = ["vote", "votes", "rating", "score", "rt"];

/// Largest number of different values of a column that says whether the order was another one.
const MOST_FLIPS: usize = 6;

/// Columns that are not read.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// Names of columns with the places of the stimuli on the screen.
    places: Option<Vec<String>>,
    /// The columns whose cells are always one of the candidates of the trial.
    candidates: Vec<Candidates>,
    /// The columns named like other answers.
    others: OtherAnswers,
}

impl Beside {
    /// Looks at the columns of a table that are not read.
    pub(super) fn of<T: Task>(table: &Table, columns: &Columns) -> Result<Self> {
        let (Some(names), Some(answer)) = (table.header(), columns.answer) else {
            return Ok(Self::default());
        };
        let is_anchored = T::N_PAIRS == 2;
        let shown = &columns.stimuli[usize::from(is_anchored)..];
        let beside = columns.beside(names.len());
        // Large tables often have no such columns, and need not be read for them.
        if beside.is_empty() {
            return Ok(Self::default());
        }
        let plain_names: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let mut of_three = triples(&plain_names);
        of_three.retain(|triple| triple.iter().all(|column| beside.contains(column)));
        let lists = beside.iter().map(|&column| vec![column]);
        let lists = lists.chain(of_three.iter().map(|triple| triple.to_vec()));
        let mut orders: Vec<Order> = lists.map(Order::new).collect();
        let is_flip = |column: &usize| {
            let name = &names[*column];
            let is_place = has_word(name, &PLACES) || has_word(name, &SIDES);
            has_word(name, &FLIPS) || is_anchored && is_place && !has_word(name, &NOT_PLACES)
        };
        let flips = beside.iter().copied().filter(is_flip);
        let mut flips: Vec<(usize, BTreeSet<String>)> =
            flips.map(|column| (column, BTreeSet::new())).collect();
        let mut candidates: Vec<Candidates> = beside
            .iter()
            .filter_map(|&column| Candidates::new(column, &names[column]))
            .collect();
        let is_other = |&column: &usize| is_other_answer(&names[column], is_anchored);
        let others = beside.iter().copied().filter(is_other);
        let mut others = OtherAnswers::new(answer, others);

        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            others.add(&row, shown);
            candidates.retain_mut(|candidates| candidates.add(&row, shown, &[]));
            for order in orders.iter_mut().filter(|order| order.is_alive()) {
                order.add(&row, columns.stimuli);
            }
            for (column, values) in &mut flips {
                if values.len() <= MOST_FLIPS {
                    values.insert(row.text(*column).to_lowercase());
                }
            }
        }

        let named = of_three
            .into_iter()
            .filter(|&triple| are_places(&plain_names, triple));
        let named = named.map(|triple| triple.to_vec());
        let changing = orders.into_iter().filter(Order::changes);
        let changing = changing.map(|order| order.columns);
        flips.retain(|(_, values)| (2..=MOST_FLIPS).contains(&values.len()));
        let flips = flips.into_iter().map(|(column, _)| vec![column]);
        let places = named.chain(changing).chain(flips).next();
        candidates.retain(|candidates| candidates.are_complete() && candidates.vary());
        Ok(Self {
            places: places.map(|columns| {
                let names = columns.iter().map(|&column| names[column].clone());
                names.collect()
            }),
            candidates,
            others: others.named(table),
        })
    }

    /// Checks that no other column shows that answers are other positions than they seem.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if one does.
    pub(super) fn check(&self, answered: &Answered) -> Result<()> {
        let are_values = answered.form == Form::Value;
        self.others.check(are_values)?;
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
        // Beside answers that are stimuli, such as the odd one of a design, those of people.
        let may_be_meant =
            |candidates: &&Candidates| !are_values || is_about_participants(&candidates.name);
        let mut candidates = self.candidates.iter().filter(may_be_meant);
        match candidates.find(|candidates| candidates.differs(&answered.chosen)) {
            None => Ok(()),
            Some(candidates) => Err(FileError::Ambiguous {
                what: format!(
                    "what the answers are: they are other stimuli than those in the column {:?}",
                    candidates.name
                ),
                remedy: "name the column with the stimulus that was chosen \"choice\" in the header, and \
                         remove the other one",
            }
            .into()),
        }
    }
}

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
        self.are_same && from_first || self.are_stimuli && from_columns
    }

    fn add(&mut self, row: &Row<'_>, stimuli: [usize; 3]) {
        let shown = stimuli.map(|column| stem(row.text(column)).to_owned());
        let entries = match self.columns.as_slice() {
            &[a, b, c] => Some([a, b, c].map(|column| stem(row.text(column)).to_owned())),
            columns => {
                let text = row.text(columns[0]);
                in_text(text, &shown).or_else(|| entries(text))
            }
        };
        let Some(entries) = entries else {
            (self.are_same, self.are_stimuli) = (false, false);
            return;
        };
        let sorted = |mut entries: [String; 3]| {
            entries.sort_unstable();
            entries
        };
        let first = self.first.get_or_insert_with(|| entries.clone());
        let set = sorted(entries.clone());
        self.are_same &= set[0] != set[1] && set[1] != set[2] && set == sorted(first.clone());
        self.are_stimuli &= set == sorted(shown.clone());
        self.changes[0] |= entries != *first;
        self.changes[1] |= entries != shown;
    }
}

/// Returns the name of a file without its folders and its extension. Unlike `IdForm::FileStem` it keeps numbers
/// after a point, which tell names such as `img.1` and `img.2` apart.
fn stem(text: &str) -> &str {
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !extension.contains(char::is_numeric) => {
            stem
        }
        _ => name,
    }
}

/// Returns three names in the order in which a text, such as one of HTML, has them. Returns `None` for
/// numbers, which any text may have.
fn in_text(text: &str, names: &[String; 3]) -> Option<[String; 3]> {
    let mut places = Vec::new();
    for name in names {
        if name.parse::<f64>().is_ok() {
            return None;
        }
        let is_whole = |&(at, _): &(usize, &str)| {
            let is_outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            is_outside(text[..at].chars().next_back())
                && is_outside(text[at + name.len()..].chars().next())
        };
        let (at, _) = text.match_indices(name.as_str()).find(is_whole)?;
        places.push((at, name.clone()));
    }
    places.sort_unstable();
    let in_order: Vec<String> = places.into_iter().map(|(_, name)| name).collect();
    in_order.try_into().ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_an_order_of_names() {
        let names = ["cat", "dog", "catfish"].map(String::from);
        for text in [
            "[\"<img src='s/catfish.jpg'>\", \"<img src='s/cat.jpg'>\", \"<img src='s/dog.jpg'>\"]",
            "catfish,cat,dog",
            "catfish|cat|dog",
        ] {
            let found = in_text(text, &names).unwrap();
            assert_eq!(found, ["catfish", "cat", "dog"], "{text}");
        }
        assert_eq!(in_text("catfish, dog", &names), None);
        assert_eq!(in_text("2 1 3", &["1", "2", "3"].map(String::from)), None);
        assert_eq!(stem("stimuli/a.b.jpg"), "a.b");
        assert_eq!(stem("12.5"), "12.5");
    }
}
