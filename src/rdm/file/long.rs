//! Tables with one row per pair: two stimuli, a number, and optionally the participant.

use std::collections::HashMap;

use ndarray::{ArrayD, Axis, IxDyn};

use super::RdmFile;
use super::columns::{beside_people, is_property, is_value, listed, numbered_alike};
use super::content::Contents;
use super::coverage::{Coverage, has_fractions, stimuli_of};
use super::direction::check_with_itself;
use super::fields::judgment;
use super::meaning::Direction;
use super::merged::is_count;
use super::names::{check_names, require_direction};
use super::order::{Register, pairs_in_order};
use super::pairs::NamedPairs;
use crate::error::{FileError, Result};
use crate::io::text::{
    Table, counts, group_alike, is_index_name, is_participant, plain, without_fractions,
};
use crate::linalg::{n_pairs, pair_index, reserve, zeroed};
use crate::stimuli::{IdForm, Stimuli, counted};

/// The columns of a table with one row per pair.
pub(super) struct LongTable {
    stimuli: [usize; 2],
    value: usize,
    participant: Option<usize>,
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
        self.value
    }

    /// Returns the column of the participants.
    pub(super) fn participant(&self) -> Option<usize> {
        self.participant
    }

    /// Checks whether a column is read.
    pub(super) fn reads(&self, column: usize) -> bool {
        self.stimuli.contains(&column) || column == self.value || Some(column) == self.participant
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
        let people: Vec<usize> = among(&others, |column| {
            let is_one_of_several =
                is_joined && names[column].contains(|c: char| c.is_ascii_digit());
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
            value,
            participant,
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
                        value,
                        participant: None,
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

impl RdmFile {
    /// Reads the pairs into one triangle per participant. Several judgments of a pair are averaged.
    pub(super) fn read_long(&self, table: &Table, long: &LongTable) -> Result<Contents> {
        let name = table.name(long.value);
        check_names(&[name.to_owned()], self.similarities.is_some())?;
        if self.similarities.is_none() {
            require_direction(long.stimuli.map(|column| table.name(column)), name)?;
        }
        table.refuse_thousands(&[long.value])?;
        self.check_ignored(table, long)?;
        let mut stimuli = Register::default();
        let mut participants = Register::default();
        let (mut judgments, mut own, mut n_empty) = (Vec::new(), Vec::new(), 0);
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            let are_missing =
                |columns: &[usize]| columns.iter().all(|&column| row.is_missing(column));
            if are_missing(&long.stimuli) && row.is_missing(long.value) {
                n_empty += 1;
                continue;
            }
            let value = judgment(&row, long.value)?;
            let [first, second] = long.stimuli.map(|column| {
                let id = row.text(column);
                (!id.is_empty()).then(|| stimuli.number(&IdForm::convert(&self.id_forms, id)))
            });
            let (Some(first), Some(second)) = (first, second) else {
                return Err(row.missing(long.stimuli[usize::from(first.is_some())]));
            };
            // Judgments of unknown participants need not be of one participant.
            if let Some(column) = long.participant.filter(|&column| row.is_missing(column)) {
                return Err(row.missing(column));
            }
            let who = long.participant.map_or("", |column| row.text(column));
            let who = participants.number(who);
            // The similarity of a stimulus with itself is not a pair.
            if first == second && !value.is_nan() {
                own.push(value);
            } else if !value.is_nan() {
                judgments.push((who, first.min(second), first.max(second), value));
            }
        }
        if n_empty > 0 {
            log::info!(
                "{}: {n_empty} rows have neither stimuli nor a judgment, and are left out",
                self.path.display()
            );
        }
        if !own.is_empty() {
            let others: Vec<f64> = judgments.iter().map(|&(.., value)| value).collect();
            check_with_itself(name, &own, &others, self.similarities.is_some())?;
        }
        let (n, m) = (stimuli.names.len(), n_pairs(stimuli.names.len()));
        let n_participants = participants.names.len();
        let n_cells = m.saturating_mul(n_participants);
        self.refuse_sparse(judgments.len(), n_cells, [n, n_participants])?;
        let mut values: Vec<f64> = zeroed(n_cells, "the dissimilarities")?;
        let mut n_judgments = Vec::new();
        reserve(&mut n_judgments, n_cells, "the numbers of judgments")?;
        n_judgments.resize(n_cells, 0u32);
        for (who, first, second, value) in judgments {
            let cell = who * m + pair_index(n, first, second);
            values[cell] += value;
            n_judgments[cell] += 1;
        }
        if n_judgments.iter().any(|&n| n > 1) {
            self.refuse_merged(table, long)?;
            log::info!(
                "{}: pairs that one participant judged several times are averaged",
                self.path.display()
            );
        }
        for (value, &n) in values.iter_mut().zip(&n_judgments) {
            *value = if n == 0 {
                f64::NAN
            } else {
                *value / f64::from(n)
            };
        }
        let array = ArrayD::from_shape_vec(IxDyn(&[n_participants, m]), values);
        let array = array.map_err(|error| FileError::malformed("table", error))?;
        let mut names = stimuli.names;
        without_fractions(&mut names);
        let (array, stimuli) = match counted(&names) {
            // Names that count have an order, in which they can be matched with rows without ids.
            Some((_, position)) => {
                let order = pairs_in_order(&position);
                let names = position.iter().map(|&place| names[place].clone());
                (array.select(Axis(1), &order), Stimuli::new(names)?)
            }
            // The order in which names first occur in a table has no meaning.
            None => (array, Stimuli::new(names)?.without_order()),
        };
        let labels_count = counts(stimuli.ids()).is_some();
        Ok(Contents {
            stimuli: Some(stimuli),
            participants: long.participant.map(|_| participants.names),
            labels_count,
            is_condensed: true,
            ..Contents::unlabelled(array).with_value(table, long.value)
        })
    }

    /// Checks that there are enough judgments for memory for all pairs of all participants.
    fn refuse_sparse(&self, n: usize, n_cells: usize, [stimuli, people]: [usize; 2]) -> Result<()> {
        /// Number of pairs of all participants for which memory is allocated in any case.
        const FEW: usize = 1 << 24;
        /// Largest ratio of all pairs to those that were judged.
        const MAX_RATIO: usize = 1000;

        let needed = match self.may_miss_pairs {
            true => n_cells / MAX_RATIO,
            false => n_cells,
        };
        if n_cells <= FEW || n >= needed {
            return Ok(());
        }
        Err(FileError::malformed(
            "table",
            format!(
                "it has {n} judgments, but {stimuli} stimuli and {people} participants, who have \
                 {n_cells} pairs: check that the columns of stimuli and participants hold these"
            ),
        ))
    }
}
