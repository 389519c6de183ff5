//! Trials in an array of an `.npz` or MATLAB file, with answers and participants in other arrays.

use std::collections::HashSet;
use std::path::Path;

use super::answer_column::check_question;
use super::answer_words::{is_answer, resembles_answer};
use super::answers::Cell;
use super::column_names::is_of_time;
use super::counted::Counted;
use super::counts::is_count;
use super::raw::RawTrials;
use super::roles::check_votes;
use crate::error::{Error, FileError, Quoted, Result, same_length};
use crate::io::arrays::{Content, NamedArray, describe, read_named};
use crate::io::format::Format;
use crate::io::text::{is_about_participants, is_index_name, is_participant, plain};
use crate::judgment::Task;

/// Names of arrays of trials.
const TRIALS: [&str; 6] = ["triplet", "triplets", "trials", "query", "queries", "x"];

impl RawTrials {
    /// Reads the array with this name or, without a name, the one that is named like trials or is
    /// the only one that can hold trials. An array that is named like answers holds their answers.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if the answers cannot be read, or if no name was given and
    /// it is not known what another array with a value for each trial holds.
    pub(super) fn of_archive<T: Task>(
        path: &Path,
        format: Format,
        name: Option<&str>,
    ) -> Result<Self> {
        let arrays = describe(path, format, |_, _| true)?;
        let name = name.map(|name| name.strip_suffix(".npy").unwrap_or(name));
        let name = name
            .or_else(|| of_trials(&arrays))
            .ok_or_else(|| no_trials(&arrays))?;
        let mut raw = Self::of_array(read_named(path, format, name)?)?;
        let n_trials = raw.stimuli.len();
        let is_other = |array: &&NamedArray| array.name != name;
        let (answers, others): (Vec<&NamedArray>, Vec<&NamedArray>) = arrays
            .iter()
            .filter(is_other)
            .partition(|array| is_answer(&array.name, false) || plain(&array.name) == "y");
        match answers[..] {
            [] => {}
            [answers] => {
                check_question(&answers.name, T::N_PAIRS == 2)?;
                raw.answers = Some(read_answers(answers, n_trials)?);
            }
            [first, second, ..] => return Err(several(&first.name, &second.name)),
        }
        for other in others {
            // A list without repetitions may be one of people.
            if is_participant(&other.name)
                && let Some(labels) = texts_of(other)
                && labels.iter().collect::<HashSet<_>>().len() < labels.len()
            {
                same_length("participants of trials", n_trials, labels.len())?;
            }
            if matches!(other.shape[..], [n, 2] if n == n_trials as u64)
                && raw.answers.is_none()
                && (is_count(&other.name) || resembles_answer(&other.name))
                && matches!(other.content, Content::Numbers { .. })
            {
                let votes = read_named(path, format, &other.name)?;
                let votes: Vec<f64> = votes.iter().copied().collect();
                check_votes(other, votes.as_chunks().0)?;
            }
            if other.list_len() != Some(n_trials as u64) {
                raw.counted.extend(Counted::of(other));
            }
            let is_of_trials = other.list_len() == Some(n_trials as u64)
                || matches!(other.shape[..], [n, 3] if n == n_trials as u64);
            if !is_of_trials || raw.read_property(other) {
                continue;
            }
            return Err(FileError::Ambiguous {
                what: format!(
                    "what its array {} holds for each trial",
                    Quoted(&other.name)
                ),
                remedy: "name the arrays \"triplets\", \"response\" (numbers or texts) and \"participant\"; \
                         if the odd one is last in each trial, write only the trials",
            }
            .into());
        }
        Ok(raw)
    }

    /// Reads participants, and recognizes other arrays that are no answers; returns false for an
    /// array of unknown content.
    fn read_property(&mut self, array: &NamedArray) -> bool {
        let texts = texts_of(array);
        if is_participant(&array.name) {
            let is_new = self.participants.is_none() && texts.is_some();
            self.participants = texts;
            return is_new;
        }
        let is_property = is_about_participants(&array.name) && !is_count(&array.name);
        is_property || is_of_time(&array.name) || is_index_name(&array.name)
    }
}

/// Returns the elements of a list as texts.
fn texts_of(array: &NamedArray) -> Option<Vec<String>> {
    match &array.content {
        Content::Texts(texts) => Some(texts.clone()),
        Content::Numbers {
            values: Some(values),
            ..
        } => Some(values.iter().map(f64::to_string).collect()),
        _ => None,
    }
}

/// Returns the name of the array of trials, if it is told by its name or shape.
fn of_trials(arrays: &[NamedArray]) -> Option<&str> {
    let has_width = |array: &NamedArray| matches!(array.shape[..], [_, 3 | 4]);
    let is_named = |array: &NamedArray| TRIALS.contains(&array.name.to_lowercase().as_str());
    only(arrays, |array| is_named(array) && has_width(array))
        .or_else(|| only(arrays, has_width))
        .or_else(|| only(arrays, |_| true))
        // The error says what the only array holds.
        .or(match arrays {
            [array] => Some(array.name.as_str()),
            _ => None,
        })
}

/// Returns the name of the only array of numbers that is meant.
fn only(arrays: &[NamedArray], is_meant: impl Fn(&NamedArray) -> bool) -> Option<&str> {
    let is_numeric = |array: &NamedArray| matches!(array.content, Content::Numbers { .. });
    let mut meant = arrays
        .iter()
        .filter(|array| is_numeric(array) && is_meant(array));
    let first = meant.next()?;
    meant.next().is_none().then_some(first.name.as_str())
}

/// Reads the answer of each trial.
fn read_answers(answers: &NamedArray, n_trials: usize) -> Result<Vec<Cell>> {
    let unread = |what: &str| {
        Error::from(FileError::Ambiguous {
            what: format!(
                "the answers: its array {} holds {what}",
                Quoted(&answers.name)
            ),
            remedy: "write the answer of each trial as a number or a text, or write the trials in the \
                     order of the answer, without an array of answers",
        })
    };
    let cells: Vec<Cell> = match &answers.content {
        // True means that the first candidate is the closer one, which numbers express by their
        // sign.
        Content::Numbers {
            values: Some(values),
            is_bool: true,
        } => values
            .iter()
            .map(|answer| Cell::Number(2.0 * answer - 1.0))
            .collect(),
        Content::Numbers {
            values: Some(values),
            ..
        } => values.iter().map(|&answer| Cell::Number(answer)).collect(),
        Content::Numbers { values: None, .. } => return Err(unread("a matrix")),
        Content::Texts(texts) => {
            let numbers = texts.iter().map(|text| text.parse().ok());
            match numbers.collect::<Option<Vec<f64>>>() {
                Some(numbers) => numbers.into_iter().map(Cell::Number).collect(),
                None => texts.iter().cloned().map(Cell::Text).collect(),
            }
        }
        Content::Unread(what) => return Err(unread(what)),
    };
    same_length("responses to queries", n_trials, cells.len())?;
    Ok(cells)
}

/// Returns the error for arrays of which none, or several, may be the one of trials.
fn no_trials(arrays: &[NamedArray]) -> Error {
    let names: Vec<&str> = arrays
        .iter()
        .take(10)
        .map(|array| array.name.as_str())
        .collect();
    Error::from(FileError::Ambiguous {
        what: format!("which of its arrays {names:?} holds the trials"),
        remedy: "write an array \"triplets\" with three columns, or with four if the answer is the last one \
                 (`numpy.column_stack`), without the others; or choose an array (`with_array`)",
    })
}

fn several(first: &str, second: &str) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether {} or {} holds the answers",
            Quoted(first),
            Quoted(second)
        ),
        remedy: "keep only one of them, and name it \"response\"",
    })
}
