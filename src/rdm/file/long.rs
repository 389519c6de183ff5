//! Tables with one row per pair: two stimuli, a number, and optionally the participant.

use std::collections::HashMap;

use ndarray::{ArrayD, IxDyn};

use super::RdmFile;
use super::content::Contents;
use crate::error::{FileError, Quoted, RdmError, Result};
use crate::io::text::{Table, is_index_name, plain};
use crate::linalg::{n_pairs, out_of_memory, pair_index};
use crate::stimuli::Stimuli;

/// The columns of a table with one row per pair.
pub(super) struct LongTable {
    stimuli: [usize; 2],
    value: usize,
    participant: Option<usize>,
}

/// Names of the two columns that hold the stimuli of a pair.
const PAIRS: [(&str, &str); 10] = [
    ("i", "j"),
    ("a", "b"),
    ("row", "col"),
    ("row", "column"),
    ("first", "second"),
    ("left", "right"),
    ("from", "to"),
    ("source", "target"),
    ("x", "y"),
    ("itema", "itemb"),
];

/// Parts of names of columns that hold the dissimilarity, in order of preference.
const VALUES: [&str; 13] = [
    "dissimilarity",
    "dissim",
    "distance",
    "dist",
    "similarity",
    "sim",
    "rating",
    "judgment",
    "judgement",
    "response",
    "score",
    "answer",
    "value",
];

/// Beginnings of names of columns that hold the participant.
const PARTICIPANTS: [&str; 9] = [
    "participant",
    "subject",
    "subj",
    "person",
    "rater",
    "worker",
    "prolific",
    "observer",
    "annotator",
];

impl LongTable {
    /// Finds the columns by their names, or returns `None` if there are no two columns of stimuli.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if there are two columns of stimuli, but the column of the
    /// dissimilarities is not known.
    pub(super) fn of(table: &Table) -> Result<Option<Self>> {
        let Some(names) = table.header() else {
            return Ok(None);
        };
        let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let Some(stimuli) = columns_of_stimuli(&names) else {
            return Ok(None);
        };
        let is_other =
            |column: &usize| !stimuli.contains(column) && !is_index_name(table.name(*column));
        let others = || (0..names.len()).filter(is_other);
        let is_participant =
            |column: &usize| PARTICIPANTS.iter().any(|p| names[*column].starts_with(p));
        let participant = others().find(is_participant);
        let is_value = |column: usize, part: &str| {
            Some(column) != participant
                && (names[column] == part
                    || names[column].contains(part) && !names[column].contains("time"))
        };
        let known = VALUES
            .iter()
            .find_map(|part| others().find(|&column| is_value(column, part)));
        let only = || {
            let mut rest = others().filter(|&column| Some(column) != participant);
            rest.next().filter(|_| rest.next().is_none())
        };
        let Some(value) = known.or_else(only) else {
            if others().next().is_none() {
                // The table has only two columns of numbers with similar names.
                return Ok(None);
            }
            return Err(FileError::Ambiguous {
                what: "which column holds the dissimilarity of each pair".into(),
                remedy: "name it \"dissimilarity\" in the header",
            }
            .into());
        };
        Ok(Some(Self {
            stimuli,
            value,
            participant,
        }))
    }
}

fn columns_of_stimuli(names: &[String]) -> Option<[usize; 2]> {
    let position = |wanted: &str| names.iter().position(|name| name == wanted);
    for (first, second) in PAIRS {
        if let (Some(first), Some(second)) = (position(first), position(second)) {
            return Some([first, second]);
        }
    }
    // Names that differ only in a number belong together. More than two of them are columns of a
    // matrix or of trials.
    let kind = |name: &String| name.replace(|c: char| c.is_ascii_digit(), "");
    names.iter().enumerate().find_map(|(first, name)| {
        let of_kind = names.iter().filter(|other| kind(other) == kind(name));
        let pair = |one: &str, two: &str| position(&name.replacen(one, two, 1));
        let second = pair("1", "2").or_else(|| pair("0", "1"))?;
        (second != first && of_kind.count() == 2 && !kind(name).is_empty())
            .then_some([first, second])
    })
}

impl RdmFile {
    /// Reads the pairs into one triangle per participant. Several judgments of a pair are averaged.
    pub(super) fn read_long(&self, table: &Table, long: &LongTable) -> Result<Contents> {
        let name = plain(table.name(long.value));
        let is_similarity = name.contains("sim") && !name.contains("dissim");
        if is_similarity && self.similarities.is_none() {
            return Err(RdmError::LooksLikeSimilarities {
                evidence: format!("the column is named {}", Quoted(table.name(long.value))),
            }
            .into());
        }
        let is_told = name.contains("dis") || self.similarities.is_some();
        if !is_told {
            log::warn!(
                "{}: column {:?} is read as dissimilarities; if larger means more similar, pass \
                 --similarities",
                self.path.display(),
                table.name(long.value)
            );
        }
        let mut stimuli = Register::default();
        let mut participants = Register::default();
        let mut judgments = Vec::new();
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            let value = row.number_or_missing(long.value)?;
            let [first, second] = long.stimuli.map(|column| {
                let id = row.text(column);
                (!id.is_empty()).then(|| stimuli.number(id))
            });
            let (Some(first), Some(second)) = (first, second) else {
                return Err(row.missing(long.stimuli[0]));
            };
            let who = long.participant.map_or("", |column| row.text(column));
            let who = participants.number(who);
            // The similarity of a stimulus with itself is not a pair.
            if first != second && !value.is_nan() {
                judgments.push((who, first.min(second), first.max(second), value));
            }
        }
        let (n, m) = (stimuli.names.len(), n_pairs(stimuli.names.len()));
        let n_cells = m.saturating_mul(participants.names.len());
        let mut values: Vec<f64> = Vec::new();
        let full = |_| out_of_memory::<f64>("the dissimilarities", n_cells as u64);
        values.try_reserve_exact(n_cells).map_err(full)?;
        values.resize(n_cells, 0.0);
        let mut n_judgments = vec![0u32; n_cells];
        for (who, first, second, value) in judgments {
            let cell = who * m + pair_index(n, first, second);
            values[cell] += value;
            n_judgments[cell] += 1;
        }
        if n_judgments.iter().any(|&n| n > 1) {
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
        let shape = [participants.names.len(), m];
        let array = ArrayD::from_shape_vec(IxDyn(&shape), values);
        let array = array.map_err(|error| FileError::malformed("table", error))?;
        let names = stimuli.names;
        let (array, stimuli) = match counted(&names) {
            Some((first, position)) => {
                let order = pairs_in_order(&position);
                let rows = Stimuli::labelled_rows(n as u32, first);
                (array.select(ndarray::Axis(1), &order), rows)
            }
            // The order in which names first occur in a table has no meaning.
            None => (array, Stimuli::new(names)?.without_order()),
        };
        Ok(Contents {
            array,
            stimuli: Some(stimuli),
            participants: long.participant.map(|_| participants.names),
        })
    }
}

/// Returns the first number and the position in `names` of each number, if the names are
/// consecutive numbers from 0 or 1 between a common prefix and a common suffix.
fn counted(names: &[String]) -> Option<(u32, Vec<usize>)> {
    let first = names.first()?;
    let is_digit = |c: char| c.is_ascii_digit();
    // Each run of digits in the first name may be the number.
    let starts = first.match_indices(is_digit).map(|(start, _)| start);
    let starts = starts.filter(|&start| !first[..start].ends_with(is_digit));
    starts.into_iter().find_map(|start| {
        let (prefix, rest) = first.split_at(start);
        let suffix = rest.trim_start_matches(is_digit);
        let number = |(name, position): (&String, usize)| {
            let digits = name.strip_prefix(prefix)?.strip_suffix(suffix)?;
            let number = digits
                .chars()
                .all(is_digit)
                .then(|| digits.parse::<u32>().ok())??;
            Some((number, position))
        };
        let numbers: Option<Vec<(u32, usize)>> = names.iter().zip(0..).map(number).collect();
        let mut numbers = numbers?;
        numbers.sort_unstable();
        let lowest = numbers[0].0;
        let is_next = |(&(number, _), expected): (&(u32, usize), u32)| number == expected;
        let counts = lowest <= 1 && numbers.iter().zip(lowest..).all(is_next);
        counts.then(|| {
            (
                lowest,
                numbers.into_iter().map(|(_, position)| position).collect(),
            )
        })
    })
}

/// Returns the indices that reorder the pairs of an upper triangle. `position` is the position of
/// each stimulus in the old order.
fn pairs_in_order(position: &[usize]) -> Vec<usize> {
    let n = position.len();
    let mut order = Vec::with_capacity(n_pairs(n));
    for (rank, &first) in position.iter().enumerate() {
        for &second in &position[rank + 1..] {
            order.push(pair_index(n, first.min(second), first.max(second)));
        }
    }
    order
}

/// Names in the order of their first occurrence.
#[derive(Default)]
struct Register {
    names: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Register {
    fn number(&mut self, name: &str) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.names.len();
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_count_are_told_from_others() {
        let counted = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
            counted(&names)
        };
        assert_eq!(counted(&["2", "0", "1"]), Some((0, vec![1, 2, 0])));
        assert_eq!(counted(&["i3/10.png", "i3/11.png"]), None);
        assert_eq!(
            counted(&["imgs1/03.jpg", "imgs1/01.jpg", "imgs1/02.jpg"]),
            Some((1, vec![1, 2, 0]))
        );
        assert_eq!(counted(&["cat", "dog"]), None);
        assert_eq!(counted(&["a1", "b2"]), None);
    }

    #[test]
    fn columns_of_stimuli_have_names_of_a_kind() {
        let found = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
            columns_of_stimuli(&names)
        };
        assert_eq!(found(&["participant", "stim1", "stim2", "r"]), Some([1, 2]));
        assert_eq!(found(&["rt", "image_1_path", "image_2_path"]), Some([1, 2]));
        assert_eq!(found(&["i", "j", "d"]), Some([0, 1]));
        assert_eq!(found(&["image1", "image2", "image3"]), None);
        assert_eq!(found(&["", "cat", "dog"]), None);
        assert_eq!(found(&["", "i0", "i1", "i2"]), None);
        assert_eq!(found(&["subject", "0_1", "0_2", "1_2"]), None);
    }
}
