//! The participant of each trial.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::Path;

use crate::error::{ArgumentError, Error, FileError, Result, wrong_shape};
use crate::formats::TextEncoding;
use crate::io::array_names::is_companion;
use crate::io::arrays::is_list;
use crate::io::choice::Fit;
use crate::io::format::Format;
use crate::io::mat::MatFile;
use crate::io::npy::NpyReader;
use crate::io::npy_text::read_texts;
use crate::io::text::{
    NUMBERS, Table, check_groups, check_labels, counts, is_about_participants,
    is_header_of_participants, is_missing, is_participant, plain, read_text, words,
};

/// The participant of each trial. Labels are stored once per participant.
///
/// ```
/// use human_alignment::judgment::TrialParticipants;
///
/// let participants = TrialParticipants::new(["Ann", "Bob", "Ann"]);
/// assert_eq!(participants.labels(), ["Ann", "Bob"]);
/// assert_eq!(participants.by_trial(), [0, 1, 0]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialParticipants {
    labels: Vec<String>,
    of_trial: Vec<u32>,
}

impl TrialParticipants {
    /// Creates the list from the label of the participant of each trial, in the order of the
    /// trials.
    pub fn new<I>(of_trials: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Self::by_key(of_trials.into_iter().map(Into::into), String::clone)
    }

    /// Creates the list from a key of the participant of each trial, which has a label.
    fn by_key<K: Eq + Hash>(
        of_trials: impl Iterator<Item = K>,
        label: impl Fn(&K) -> String,
    ) -> Self {
        let mut labels = Vec::new();
        let mut known: HashMap<K, u32> = HashMap::new();
        let of_trial = of_trials
            .map(|key| {
                *known.entry(key).or_insert_with_key(|key| {
                    labels.push(label(key));
                    labels.len() as u32 - 1
                })
            })
            .collect();
        Self { labels, of_trial }
    }

    /// Reads the participant of each trial: a one-dimensional array of numbers or texts from an
    /// `.npy` file, or of numbers from a `.mat` file, one label per line of a text file, or the
    /// column of participants of a table.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the file cannot be read and [`FileError::UnknownFormat`] for
    /// an unsupported file extension; within `Context::File`, returns [`FileError::Malformed`],
    /// [`FileError::UnsupportedElement`], [`FileError::Truncated`], `ArgumentError::Shape` for an
    /// array with several columns, and [`FileError::Ambiguous`] for a table of which no column or
    /// several may hold the participants, and for labels that may be of the same person or of several.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let read = || match Format::of(path)? {
            Format::Npy => {
                if let Some((shape, labels)) = read_texts(path)? {
                    return texts(&shape, labels);
                }
                let mut reader = NpyReader::open(path)?;
                let shape = reader.shape().to_vec();
                numbers(&shape, reader.read_row_major()?)
            }
            Format::Mat => {
                let (_, array) = MatFile::open(path)?.read_fitting(None, &fit_of_labels)?;
                let shape: Vec<u64> = array.shape().iter().map(|&length| length as u64).collect();
                numbers(&shape, array.iter().copied().collect())
            }
            Format::Text => {
                let text = read_text(path, TextEncoding::default())?;
                // Labels may contain spaces.
                if !text.contains([',', ';', '\t']) && !text.starts_with('#') {
                    return of_lines(&text);
                }
                of_table(Table::read(path, TextEncoding::default())?)
            }
            _ => Err(FileError::UnknownFormat {
                path: path.into(),
                expected: ".npy, .mat, .txt or .csv",
            }
            .into()),
        };
        let checked = read().and_then(|participants| {
            check_labels(participants.labels().iter().map(String::as_str))?;
            Ok(participants)
        });
        checked.map_err(|error| error.in_file(path))
    }

    /// Returns the labels of the participants, in the order of their first trials.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Returns, for each trial, the index of its participant in [`TrialParticipants::labels`].
    pub fn by_trial(&self) -> &[u32] {
        &self.of_trial
    }

    /// Returns the label of each trial, in the order of the trials.
    pub fn labels_of_trials(&self) -> impl Iterator<Item = &str> {
        let label = |&person: &u32| self.labels[person as usize].as_str();
        self.of_trial.iter().map(label)
    }

    /// Checks that no label is empty: trials without a participant are not those of one participant.
    pub(super) fn check_known(&self) -> Result<()> {
        if !self.labels.iter().any(String::is_empty) {
            return Ok(());
        }
        let trial = self.labels_of_trials().position(str::is_empty);
        let found = format!("an empty text for trial {}", trial.unwrap_or_default());
        let name = "the label of a participant";
        Err(Error::parameter(name, "a text", found))
    }

    /// Returns the participants of the trials at the given positions.
    pub(crate) fn select(&self, trials: impl Iterator<Item = usize>) -> Self {
        let participants = trials.map(|trial| self.of_trial[trial]);
        Self::by_key(participants, |&participant| {
            self.labels[participant as usize].clone()
        })
    }
}

/// Checks that two sets of trials both have participants, or neither.
pub(crate) fn check_both_or_neither(left: bool, right: bool) -> Result<()> {
    if left == right {
        return Ok(());
    }
    let [left, right] = [left, right].map(|named| if named { "named" } else { "not named" });
    Err(ArgumentError::Incompatible {
        what: "whether participants are named",
        left: left.into(),
        right: right.into(),
    }
    .into())
}

/// Returns what an array may be beside others: the labels, if it is a list.
fn fit_of_labels(name: &str, shape: &[u64]) -> Fit {
    match is_list(shape) && (is_about_participants(name) || !is_companion(name)) {
        true => shape.iter().max().map_or(Fit::None, |&n| Fit::Vector(n)),
        false => Fit::None,
    }
}

/// Reads one label per line; blank lines at the end are ignored.
fn of_lines(text: &str) -> Result<TrialParticipants> {
    let unquoted = |line: &str| line.trim().trim_matches('"').to_owned();
    let text = text.replace("\r\n", "\n");
    let lines = text.trim_end().split(['\n', '\r']);
    let mut labels: Vec<String> = lines.map(unquoted).collect();
    if labels
        .first()
        .is_some_and(|first| is_header_of_participants(first))
    {
        labels.remove(0);
    }
    match labels.iter().position(|label| is_missing(label)) {
        Some(trial) => Err(unknown(trial)),
        None => Ok(TrialParticipants::new(labels)),
    }
}

/// Reads the only column, or the one whose name is that of participants.
fn of_table(mut table: Table) -> Result<TrialParticipants> {
    let first = table.first()?;
    let column = match first.as_slice() {
        [only] if is_header_of_participants(only) => {
            table.with_header()?;
            0
        }
        [_] => {
            table.without_header();
            0
        }
        several => {
            // A header of texts above texts, one of which is named so.
            let is_name = |name: &String| plain(name) == "participant";
            if table.header().is_none() && several.iter().any(is_name) {
                table.with_header()?;
            }
            column_in_several(&table)?
        }
    };
    check_groups(&table, column, 0..table.n_columns())?;
    let numbered = (0..table.n_columns()).find(|&column| numbers_trials(table.name(column)));
    let (mut labels, mut rows) = (Vec::new(), table.rows());
    let mut numbers = Vec::new();
    while let Some(row) = rows.next()? {
        if row.is_missing(column) {
            return Err(unknown(labels.len()));
        }
        labels.push(row.text(column).to_owned());
        numbers.extend(numbered.and_then(|column| row.maybe_number(column)));
    }
    let is_in_order = numbers.is_sorted();
    let are_different = {
        numbers.sort_by(f64::total_cmp);
        numbers.windows(2).all(|pair| pair[0] < pair[1])
    };
    if !is_in_order && are_different {
        return Err(FileError::Ambiguous {
            what: "whether its rows are in the order of the trials: the numbers of trials are not ascending"
                .into(),
            remedy: "sort the rows in the order of the trials, and remove the column of numbers",
        }
        .into());
    }
    Ok(TrialParticipants::new(labels))
}

/// Checks whether a column holds the numbers of trials, such as `trial` or `trial_index`.
fn numbers_trials(name: &str) -> bool {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["trial"] => true,
        ["trial", number] => number == "id" || NUMBERS.contains(&number),
        _ => false,
    }
}

/// Finds the column of participants in a table of several columns: by its name, or because the other one
/// holds the numbers of the rows without a name, as R writes them.
fn column_in_several(table: &Table) -> Result<usize> {
    if table.n_columns() == 2
        && table.header().is_some()
        && table.name(0).is_empty()
        && counts(&table.texts(0)?).is_some()
    {
        return Ok(1);
    }
    let columns = 0..table.n_columns();
    let named: Vec<usize> = columns
        .filter(|&column| is_participant(table.name(column)))
        .collect();
    let is_exact = |column: &&usize| plain(table.name(**column)) == "participant";
    match (named.iter().find(is_exact), named.as_slice()) {
        (Some(&column), _) | (None, &[column]) => Ok(column),
        _ => Err(FileError::Ambiguous {
            what: format!(
                "which of its {} columns holds the participant of each trial",
                table.n_columns()
            ),
            remedy: "name one of them \"participant\" in a header, or write one label per line",
        }
        .into()),
    }
}

/// Converts a vector of labels of participants.
fn texts(shape: &[u64], labels: Vec<String>) -> Result<TrialParticipants> {
    require_vector(shape)?;
    match labels.iter().position(|label| is_missing(label)) {
        Some(trial) => Err(unknown(trial)),
        None => Ok(TrialParticipants::new(labels)),
    }
}

/// Converts a vector of numbers that identify participants.
fn numbers(shape: &[u64], values: Vec<f64>) -> Result<TrialParticipants> {
    require_vector(shape)?;
    if let Some(trial) = values.iter().position(|value| value.is_nan()) {
        return Err(unknown(trial));
    }
    let keys = values.iter().map(|value| value.to_bits());
    let label = |&bits: &u64| f64::from_bits(bits).to_string();
    Ok(TrialParticipants::by_key(keys, label))
}

/// Returns the error for a trial whose participant is missing: such trials need not be of the same
/// participant.
fn unknown(trial: usize) -> Error {
    FileError::malformed(
        "list of participants",
        format!("the participant of trial {trial} (0-based) is missing"),
    )
}

fn require_vector(shape: &[u64]) -> Result<()> {
    match shape.iter().filter(|&&length| length != 1).count() > 1 {
        true => Err(wrong_shape(
            "the list of participants",
            "one participant per trial",
            shape,
        )),
        false => Ok(()),
    }
}
