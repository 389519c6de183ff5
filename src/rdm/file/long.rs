//! Tables with one row per pair: two stimuli, a number, and optionally the participant.

use std::collections::HashMap;

use super::columns::{beside_people, is_property, is_value, listed, numbered_alike};
use super::content::are_numbered_people;
use super::coverage::{Coverage, has_fractions, stimuli_of};
use super::meaning::Direction;
use super::merged::is_count;
use super::pairs::NamedPairs;
use crate::error::{FileError, Result};
use crate::io::text::{Row, Table, group_alike, is_index_name, is_participant, plain};

/// The columns of a table with one row per pair.
pub(super) struct LongTable {
    stimuli: [usize; 2],
    /// The column of judgments, or those of several people.
    values: Vec<usize>,
    participant: Option<usize>,
    /// The two stimuli that each label of a pair names, if the column of both stimuli holds such labels.
    labels: Option<HashMap<String, [String; 2]>>,
}

/// The remedy if the columns of a table cannot be told from each other.
pub(super) const HEADER: &str = "name the columns in a header: item1, item2, dissimilarity (or similarity, with \
                                 `--similarities`, if larger means more similar), and participant if there are \
                                 several";

/// Largest number of columns of a table in which columns of stimuli are looked for without names.
const MAX_COLUMNS: usize = 12;

impl LongTable {
    /// Returns the columns of the two stimuli.
    pub(super) fn stimuli(&self) -> [usize; 2] {
        self.stimuli
    }

    /// Returns the column of the judgments.
    pub(super) fn value(&self) -> usize {
        self.values[0]
    }

    /// Returns the columns of the judgments.
    pub(super) fn values(&self) -> &[usize] {
        &self.values
    }

    /// Returns whether each column of judgments is one of a person.
    pub(super) fn has_columns_of_people(&self) -> bool {
        self.values.len() > 1
    }

    /// Sets the stimuli that the labels of pairs name.
    pub(super) fn with_labels(self, labels: HashMap<String, [String; 2]>) -> Self {
        Self {
            labels: Some(labels),
            ..self
        }
    }

    /// Returns the two stimuli of a row, which are empty if it names none.
    pub(super) fn pair<'r>(&'r self, row: &'r Row<'_>) -> [&'r str; 2] {
        let texts = self.stimuli.map(|column| row.text(column));
        match &self.labels {
            None => texts,
            Some(labels) => labels
                .get(texts[0])
                .map_or([""; 2], |pair| pair.each_ref().map(String::as_str)),
        }
    }

    /// Returns the column of the participants.
    pub(super) fn participant(&self) -> Option<usize> {
        self.participant
    }

    /// Checks whether a column is read.
    pub(super) fn reads(&self, column: usize) -> bool {
        self.stimuli.contains(&column)
            || self.values().contains(&column)
            || Some(column) == self.participant
    }

    /// Finds the columns by their names, or returns `None` if there are no two columns of stimuli.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if there are two columns of stimuli, but the column of the
    /// dissimilarities or that of the participants is not known.
    pub(super) fn of(table: &Table, are_similarities: bool) -> Result<Option<Self>> {
        let Some(names) = table.header() else {
            return Ok(None);
        };
        // The columns are pairs, not stimuli.
        for names in [names, names.get(1..).unwrap_or_default()] {
            if NamedPairs::of(names)?.is_some() {
                return Ok(None);
            }
        }
        let Some(stimuli) = stimuli_of(table, names)? else {
            return Ok(None);
        };
        if has_fractions(table, stimuli)? {
            return Ok(None);
        }
        Self::beside(table, stimuli, are_similarities)
    }

    /// Finds the columns beside that of the labels of pairs. Returns `None` if there is not one column of
    /// judgments.
    pub(super) fn of_joined(
        table: &Table,
        pairs: usize,
        are_similarities: bool,
    ) -> Result<Option<Self>> {
        Self::beside(table, [pairs; 2], are_similarities)
    }

    /// Finds the columns beside those of the stimuli.
    fn beside(table: &Table, stimuli: [usize; 2], are_similarities: bool) -> Result<Option<Self>> {
        let Some(names) = table.header() else {
            return Ok(None);
        };
        let is_joined = stimuli[0] == stimuli[1];
        let others: Vec<usize> = (0..names.len())
            .filter(|column| !stimuli.contains(column) && !is_index_name(&names[*column]))
            .collect();
        let numbered = numbered_alike(names, others.iter().copied());
        let people: Vec<usize> = among(&others, |column| {
            let has_number = names[column].contains(|c: char| c.is_ascii_digit());
            let is_one_of_several =
                has_number && (is_joined || numbered.len() > 2 && numbered.contains(&column));
            is_participant(&names[column]) && !is_count(&names[column]) && !is_one_of_several
        });
        let rest: Vec<usize> = among(&others, |column| !people.contains(&column));
        let named = |columns: &[usize]| listed(columns.iter().map(|&column| &names[column]));
        // The name that a column should have, and what others beside it may be.
        let (name, opposite) = match are_similarities {
            true => ("similarity", Direction::Dissimilarity),
            false => ("dissimilarity", Direction::Similarity),
        };
        let exact = among(&rest, |column| plain(&names[column]) == name);
        let likely = among(&rest, |column| is_value(&names[column]));
        let is_opposite = |column: usize| Direction::of(&names[column]) == opposite;
        let value = match (&exact[..], &likely[..], &rest[..]) {
            // That of a model may be beside the judgments.
            (&[value], &[] | &[_], _) | (_, &[value], _) => value,
            // The same judgments converted.
            (&[value], likely, _) if likely.iter().all(|&c| c == value || is_opposite(c)) => value,
            // The table has only two columns of numbers with similar names.
            (_, [], []) => return Ok(None),
            // The columns may be those of people.
            (_, [], [_, _, ..]) | (_, [_, _, ..], _) if is_joined => return Ok(None),
            (_, [], &[value]) if !is_property(&names[value]) => value,
            (_, [], several) if people.is_empty() && are_of_people(names, several) => {
                return Ok(Some(Self {
                    stimuli,
                    values: several.to_vec(),
                    participant: None,
                    labels: None,
                }));
            }
            (_, [], several) | (_, several, _) => {
                return Err(FileError::Ambiguous {
                    what: format!(
                        "which column holds the {name} of each pair (there are {})",
                        named(several)
                    ),
                    remedy: match are_similarities {
                        true => {
                            "name it \"similarity\" in the header, and remove the other columns; if each \
                             holds the judgments of a person, join the two stimuli in one column \"pair\" \
                             (cat_dog)"
                        }
                        false => {
                            "name it \"dissimilarity\" in the header if larger means less similar, or \
                             \"similarity\" if larger means more similar (with `RdmFile::with_similarities`, \
                             `--similarities`), and remove the other columns; if each holds the judgments of a \
                             person, join the two stimuli in one column \"pair\" (cat_dog)"
                        }
                    },
                }
                .into());
            }
        };
        if people.is_empty() {
            refuse_people(table, names, stimuli, value)?;
        }
        let participant = match &people[..] {
            [] => id_of_people(table, names, &rest, value)?,
            &[first, ref others @ ..] => {
                for &other in others {
                    if !group_alike(table, first, other)? {
                        return Err(FileError::Ambiguous {
                            what: format!(
                                "which column holds the participant (there are {})",
                                named(&people)
                            ),
                            remedy: "keep only one of them",
                        }
                        .into());
                    }
                }
                Some(first)
            }
        };
        Ok(Some(Self {
            stimuli,
            values: vec![value],
            participant,
            labels: None,
        }))
    }

    /// Finds the columns by their content: two neighbouring columns of numbers or names that are
    /// all pairs of some stimuli. Returns `None` if there are none.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if there are such columns, but not exactly one other column,
    /// or if the rows are most pairs but not each of them once.
    pub(super) fn by_content(table: &Table) -> Result<Option<Self>> {
        let n_columns = table.n_columns();
        if !(3..=MAX_COLUMNS).contains(&n_columns) {
            return Ok(None);
        }
        for first in 0..n_columns - 1 {
            let stimuli = [first, first + 1];
            let rest: Vec<usize> = (0..n_columns).filter(|c| !stimuli.contains(c)).collect();
            match (Coverage::of(table, stimuli)?, &rest[..]) {
                (Coverage::None, _) => {}
                (Coverage::Complete, &[value]) if first == 0 && !is_property(table.name(value)) => {
                    return Ok(Some(Self {
                        stimuli,
                        values: vec![value],
                        participant: None,
                        labels: None,
                    }));
                }
                _ => {
                    return Err(FileError::Ambiguous {
                        what: format!(
                            "what the columns hold: columns {} and {} appear to be pairs of stimuli",
                            first + 1,
                            first + 2
                        ),
                        remedy: HEADER,
                    }
                    .into());
                }
            }
        }
        Ok(None)
    }
}

/// Checks that no numbers are in columns that are named like those of several people, beside one column of
/// judgments. Two such columns may be properties of the two stimuli.
fn refuse_people(table: &Table, names: &[String], stimuli: [usize; 2], value: usize) -> Result<()> {
    let is_other = |column: &usize| *column != value && !stimuli.contains(column);
    let people = numbered_alike(names, (0..names.len()).filter(is_other));
    let n_of_stimuli = if stimuli[0] == stimuli[1] { 1 } else { 2 };
    if people.len() <= n_of_stimuli {
        return Ok(());
    }
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        let is_number =
            |&column: &usize| row.is_missing(column) || row.maybe_number(column).is_some();
        if !people.iter().all(is_number) {
            return Ok(());
        }
    }
    Err(beside_people(names, value, &people))
}

/// Checks whether columns are those of people, such as `P1` and `P2`.
fn are_of_people(names: &[String], columns: &[usize]) -> bool {
    let labels: Vec<String> = columns
        .iter()
        .map(|&column| names[column].clone())
        .collect();
    labels.len() > 1 && are_numbered_people(&labels)
}

fn among(columns: &[usize], is_meant: impl Fn(usize) -> bool) -> Vec<usize> {
    let meant = columns.iter().copied().filter(|&column| is_meant(column));
    meant.collect()
}

/// Returns the column named `id`, if it identifies people: its values have several rows each.
fn id_of_people(
    table: &Table,
    names: &[String],
    rest: &[usize],
    value: usize,
) -> Result<Option<usize>> {
    let is_id = |column: usize| column != value && names[column].trim().eq_ignore_ascii_case("id");
    let &[column] = &among(rest, is_id)[..] else {
        return Ok(None);
    };
    let mut n_rows = HashMap::new();
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        *n_rows.entry(row.text(column).to_owned()).or_insert(0) += 1;
    }
    Ok(n_rows.values().all(|&n| n > 1).then_some(column))
}
