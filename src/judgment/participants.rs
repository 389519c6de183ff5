//! The participant of each trial.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::Path;

use crate::error::{ArgumentError, Error, FileError, Result, wrong_shape};
use crate::formats::TextEncoding;
use crate::io::format::Format;
use crate::io::mat::MatFile;
use crate::io::npy::NpyReader;
use crate::io::text::{Table, is_header_of_participants, is_missing, read_text};

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

    /// Reads the participant of each trial: a one-dimensional array from an `.npy` or `.mat` file,
    /// or one label per line from a text file.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the file cannot be read and [`FileError::UnknownFormat`] for
    /// an unsupported file extension; within `Context::File`, returns [`FileError::Malformed`],
    /// [`FileError::UnsupportedElement`], [`FileError::Truncated`], and `ArgumentError::Shape`
    /// for an array with several columns.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let read = || match Format::of(path)? {
            Format::Npy => {
                let mut reader = NpyReader::open(path)?;
                let shape = reader.shape().to_vec();
                numbers(&shape, reader.read_row_major()?)
            }
            Format::Mat => {
                let array = MatFile::open(path)?.read_numbers(None)?;
                let shape: Vec<u64> = array.shape().iter().map(|&length| length as u64).collect();
                numbers(&shape, array.iter().copied().collect())
            }
            Format::Text => {
                let text = read_text(path, TextEncoding::default())?;
                // Labels may contain spaces.
                if !text.contains([',', ';', '\t']) && !text.starts_with('#') {
                    return of_lines(&text);
                }
                let mut table = Table::read(path, TextEncoding::default())?;
                if table.n_columns() != 1 {
                    return Err(misshapen(&[table.n_columns()]));
                }
                let first = table.first()?;
                match first
                    .first()
                    .is_some_and(|name| is_header_of_participants(name))
                {
                    true => table.with_header()?,
                    false => table.without_header(),
                }
                let (mut labels, mut rows) = (Vec::new(), table.rows());
                while let Some(row) = rows.next()? {
                    if row.is_missing(0) {
                        return Err(unknown(labels.len()));
                    }
                    labels.push(row.text(0).to_owned());
                }
                Ok(Self::new(labels))
            }
            _ => Err(FileError::UnknownFormat {
                path: path.into(),
                expected: ".npy, .mat, .txt or .csv",
            }
            .into()),
        };
        read().map_err(|error| error.in_file(path))
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

/// Converts a vector of numbers that identify participants.
fn numbers(shape: &[u64], values: Vec<f64>) -> Result<TrialParticipants> {
    if shape.iter().filter(|&&length| length != 1).count() > 1 {
        return Err(misshapen(shape));
    }
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

fn misshapen<N: Copy + TryInto<u64>>(found: &[N]) -> Error {
    wrong_shape(
        "the list of participants",
        "one participant per trial",
        found,
    )
}
