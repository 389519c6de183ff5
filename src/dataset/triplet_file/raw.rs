//! Trials as written in files, before stimuli and answers are identified.

use std::io::Read;
use std::path::Path;

use ndarray::{Array2, ArrayD, Axis, Ix1};

use super::answers::Cell;
use super::columns::{Columns, in_order};
use crate::error::{Error, FileError, Quoted, Result, same_length, wrong_shape};
use crate::formats::TextEncoding;
use crate::io::element::Kind;
use crate::io::mat::MatFile;
use crate::io::npy::NpyReader;
use crate::io::npz::NpzArchive;
use crate::io::text::{Table, words};
use crate::judgment::Task;

/// Trials with their stimuli and answers as written in a file.
#[derive(Debug, Default)]
pub(super) struct RawTrials {
    pub(super) stimuli: Vec<[Cell; 3]>,
    pub(super) answers: Option<Vec<Cell>>,
    /// Names of the columns of the stimuli.
    pub(super) columns: [String; 3],
    pub(super) participants: Option<Vec<String>>,
    pub(super) response_times: Option<Vec<f64>>,
    pub(super) trial_types: Option<Vec<String>>,
}

impl RawTrials {
    /// Reads the trials of a table, given which texts are ids of stimuli.
    pub(super) fn of_table<T: Task>(
        path: &Path,
        encoding: TextEncoding,
        is_stimulus: impl Fn(&str) -> bool,
    ) -> Result<Self> {
        let mut table = Table::read(path, encoding)?;
        let columns = Columns::of::<T>(&mut table, is_stimulus)?;
        let mut raw = Self {
            columns: columns.stimuli.map(|column| table.name(column).to_owned()),
            answers: columns.answer.map(|_| Vec::new()),
            participants: columns.participant.map(|_| Vec::new()),
            response_times: columns.response_time.map(|_| Vec::new()),
            trial_types: columns.trial_type.map(|_| Vec::new()),
            ..Self::default()
        };
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            let cell = |column: usize| match row.maybe_number(column) {
                _ if row.is_missing(column) => Err(row.missing(column)),
                Some(number) => Ok(Cell::Number(number)),
                None => Ok(Cell::Text(row.text(column).to_owned())),
            };
            let [first, second, third] = columns.stimuli;
            raw.stimuli
                .push([cell(first)?, cell(second)?, cell(third)?]);
            if let (Some(participants), Some(column)) = (&mut raw.participants, columns.participant)
            {
                // Trials whose participants are unknown need not be of the same participant.
                if row.is_missing(column) {
                    return Err(row.missing(column));
                }
                participants.push(row.text(column).to_owned());
            }
            if let (Some(types), Some(column)) = (&mut raw.trial_types, columns.trial_type) {
                types.push(row.text(column).to_owned());
            }
            if let (Some(answers), Some(column)) = (&mut raw.answers, columns.answer) {
                answers.push(cell(column)?);
            }
            if let (Some(times), Some(column)) = (&mut raw.response_times, columns.response_time) {
                times.push(row.maybe_number(column).unwrap_or(f64::NAN));
            }
        }
        raw.make_uniform();
        raw.note_catch_trials();
        let unnamed = table.header().is_none();
        if unnamed && raw.answers.as_deref().is_some_and(are_sorted_positions) {
            return Err(ascending_answers());
        }
        Ok(raw)
    }

    /// Adds a warning if trials are named like those that test attention.
    fn note_catch_trials(&self) {
        const NAMES: [&str; 5] = ["catch", "attention", "practice", "training", "sanity"];
        let types = self.trial_types.iter().flatten();
        let is_catch = |kind: &&String| {
            let kind = kind.to_lowercase();
            NAMES.iter().any(|name| kind.contains(name))
        };
        let found: Vec<&String> = types.filter(is_catch).collect();
        if let Some(first) = found.first() {
            log::warn!(
                "{} trials are of a type such as {first:?} and are counted; remove them if they only test \
                 attention",
                found.len()
            );
        }
    }

    /// Converts the texts of stimuli and answers.
    pub(super) fn convert_texts(&mut self, convert: impl Fn(&str) -> String) {
        let stimuli = self.stimuli.iter_mut().flatten();
        for cell in stimuli.chain(self.answers.iter_mut().flatten()) {
            if let Cell::Text(text) = cell {
                *text = convert(text);
            }
        }
    }

    /// Converts all stimuli to texts if any is a text: `7` may be an id like `7b`.
    fn make_uniform(&mut self) {
        let cells = || self.stimuli.iter().flatten();
        if !cells().any(|cell| matches!(cell, Cell::Text(_))) {
            return;
        }
        let as_text = |cell: &mut Cell| {
            if let Cell::Number(number) = cell {
                *cell = Cell::Text(number.to_string());
            }
        };
        self.stimuli.iter_mut().flatten().for_each(as_text);
    }

    /// Reads the array of an `.npy` file.
    pub(super) fn of_npy(path: &Path) -> Result<Self> {
        let mut reader = NpyReader::open(path)?;
        Self::of_array(read(&mut reader)?)
    }

    /// Reads an array of a MATLAB file.
    pub(super) fn of_mat(path: &Path, name: Option<&str>) -> Result<Self> {
        Self::of_array(MatFile::open(path)?.read_numbers(name)?)
    }

    /// Reads an array of an `.npz` archive, or its queries and responses.
    pub(super) fn of_npz(path: &Path, name: Option<&str>) -> Result<Self> {
        let mut archive = NpzArchive::open(path)?;
        let names = archive.members()?;
        let member = |wanted: &[&str]| {
            let is_wanted = |name: &String| {
                let name = name.strip_suffix(".npy").unwrap_or(name).to_lowercase();
                wanted.contains(&name.as_str())
            };
            names.iter().position(is_wanted)
        };
        let queries = member(&["triplet", "triplets", "trials", "query", "queries", "x"]);
        let responses = member(&[&RESPONSES[..], &["y"]].concat());
        let (Some(queries), Some(responses), None) = (queries, responses, name) else {
            let member = archive.choose(name, |shape| matches!(shape, [_, 3 | 4]))?;
            let raw = Self::of_array(read_member(&mut archive, member)?.0)?;
            if name.is_none() {
                raw.check_others(&mut archive, member, &names)?;
            }
            return Ok(raw);
        };
        let mut raw = Self::of_array(read_member(&mut archive, queries)?.0)?;
        let (answers, kind) = read_member(&mut archive, responses)?;
        let answers: ndarray::Array1<f64> = match answers.ndim() {
            2 if answers.shape()[1] == 1 => answers.index_axis_move(Axis(1), 0),
            _ => answers,
        }
        .into_dimensionality::<Ix1>()
        .map_err(|_| misshapen(Vec::new()))?;
        same_length("responses to queries", raw.stimuli.len(), answers.len())?;
        // True means that the first candidate is the closer one, which numbers express by their
        // sign.
        let cell = |&answer: &f64| match kind {
            Kind::Bool => Cell::Number(2.0 * answer - 1.0),
            _ => Cell::Number(answer),
        };
        raw.answers = Some(answers.iter().map(cell).collect());
        Ok(raw)
    }

    /// Checks that no other array of an archive, by its shape or its name, has a value for each trial,
    /// which may be its answer.
    fn check_others(
        &self,
        archive: &mut NpzArchive,
        trials: usize,
        names: &[String],
    ) -> Result<()> {
        let n_trials = self.stimuli.len() as u64;
        for (member, name) in names.iter().enumerate() {
            let Some(array) = name.strip_suffix(".npy").filter(|_| member != trials) else {
                continue;
            };
            // Arrays of texts or objects cannot be read, but may be answers.
            let is_of_trials = match archive.array(member) {
                Ok(reader) => {
                    matches!(reader.shape(), [n] | [n, 1 | 3] | [1, n] if *n == n_trials)
                }
                Err(_) => words(array).iter().any(|word| {
                    let word = word.as_str();
                    RESPONSES.contains(&word) || matches!(word, "chosen" | "key" | "keys")
                }),
            };
            if is_of_trials {
                return Err(FileError::Ambiguous {
                    what: format!("whether its array {} holds the answers", Quoted(array)),
                    remedy: "name the arrays of trials \"triplets\" and \"response\"; if the odd one \
                             is last in each trial, write only the trials",
                }
                .into());
            }
        }
        Ok(())
    }

    fn of_array(array: ArrayD<f64>) -> Result<Self> {
        let shape: Vec<u64> = array.shape().iter().map(|&length| length as u64).collect();
        let refused = || misshapen(shape.clone());
        let matrix: Array2<f64> = array.into_dimensionality().map_err(|_| refused())?;
        let columns = in_order(matrix.ncols()).map_err(|_| refused())?;
        let rows = matrix.rows().into_iter();
        let cell = |row: &ndarray::ArrayView1<'_, f64>, column: usize| Cell::Number(row[column]);
        let answers = columns.answer.map(|column| {
            let rows = matrix.rows().into_iter();
            rows.map(|row| cell(&row, column)).collect()
        });
        if answers.as_deref().is_some_and(are_sorted_positions) {
            return Err(ascending_answers());
        }
        Ok(Self {
            stimuli: rows
                .map(|row| columns.stimuli.map(|column| cell(&row, column)))
                .collect(),
            answers,
            ..Self::default()
        })
    }
}

/// Names of arrays with answers.
const RESPONSES: [&str; 9] = [
    "response",
    "responses",
    "resp",
    "answer",
    "answers",
    "choice",
    "choices",
    "odd",
    "ooo",
];

/// Reads an array of an archive and the type of its elements.
fn read_member(archive: &mut NpzArchive, member: usize) -> Result<(ArrayD<f64>, Kind)> {
    let mut reader = archive.array(member)?;
    let kind = reader.header().element.kind;
    let array = read(&mut reader)?;
    reader.expect_end()?;
    Ok((array, kind))
}

fn read<R: Read>(reader: &mut NpyReader<R>) -> Result<ArrayD<f64>> {
    let shape = reader.shape().iter().map(|&length| length as usize);
    let shape: Vec<usize> = shape.collect();
    let values = reader.read_row_major()?;
    ArrayD::from_shape_vec(shape, values).map_err(|error| FileError::malformed("array", error))
}

/// Checks whether answers are positions that ascend, as numbers of participants do.
fn are_sorted_positions(answers: &[Cell]) -> bool {
    let position = |answer: &Cell| match answer {
        Cell::Number(number) if (0.0..=3.0).contains(number) => Some(*number),
        _ => None,
    };
    let positions: Option<Vec<f64>> = answers.iter().map(position).collect();
    positions.is_some_and(|positions| {
        positions.len() >= 10 && positions.is_sorted() && positions.first() != positions.last()
    })
}

fn ascending_answers() -> Error {
    Error::from(FileError::Ambiguous {
        what: "whether its fourth column holds the answers: it ascends".into(),
        remedy: "name the columns in a header: image1, image2, image3, and participant or choice",
    })
}

fn misshapen(found: Vec<u64>) -> Error {
    wrong_shape(
        "the array of trials",
        "(trials, 3), the odd one last, or (trials, 4), the answer in the fourth column",
        &found,
    )
}
