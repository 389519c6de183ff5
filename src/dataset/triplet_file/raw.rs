//! Trials as written in files, before stimuli and answers are identified.

use std::path::Path;

use ndarray::{Array2, ArrayD};

use super::answers::Cell;
use super::beside::Beside;
use super::column_names::triples;
use super::columns::{Columns, in_order};
use super::counted::Counted;
use super::counts::{check_count, check_people};
use super::design::Design;
use super::first_line::check_table;
use super::named::Named;
use super::questions::check_rows;
use super::repeats::check_repeats;
use super::roles::{check_design, check_roles};
use super::unread_answers::check_unread_answers;
use crate::error::{Error, FileError, JudgmentError, Result, wrong_shape};
use crate::formats::TextEncoding;
use crate::io::arrays::read_from;
use crate::io::npy::NpyReader;
use crate::io::npy_text::read_texts;
use crate::io::text::{Row, Table, check_groups, plain};
use crate::judgment::Task;
use crate::stimuli::{IdForm, Stimuli};

/// Trials with their stimuli and answers as written in a file.
#[derive(Debug, Default)]
pub(super) struct RawTrials {
    pub(super) stimuli: Vec<[Cell; 3]>,
    pub(super) answers: Option<Vec<Cell>>,
    /// Names of the columns of the stimuli.
    pub(super) columns: [String; 3],
    /// The columns that are not read.
    pub(super) beside: Beside,
    /// Columns with the names of stimuli that are numbers.
    named: Named,
    /// Lists in other arrays of the file, which the indices of trials may count.
    pub(super) counted: Vec<Counted>,
    pub(super) participants: Option<Vec<String>>,
    pub(super) response_times: Option<Vec<f64>>,
    pub(super) trial_types: Option<Vec<String>>,
}

impl RawTrials {
    /// Reads the trials of a table, given the positions of ids of stimuli.
    pub(super) fn of_table<T: Task>(
        path: &Path,
        encoding: TextEncoding,
        position: impl Fn(&str) -> Option<usize>,
    ) -> Result<Self> {
        let is_stimulus = |text: &str| position(text).is_some();
        let mut table = Table::read(path, encoding)?.without_blank_rows();
        let columns = Columns::of::<T>(&mut table, &is_stimulus)?;
        check_table(&table, T::N_PAIRS == 2)?;
        match T::N_PAIRS {
            2 => check_roles(&table, &columns)?,
            _ => check_design(&table, &columns)?,
        }
        check_unread_answers::<T>(&table, &columns)?;
        let mut raw = Self {
            columns: columns.stimuli.map(|column| table.name(column).to_owned()),
            beside: Beside::of::<T>(&table, &columns)?,
            answers: columns.answer.map(|_| Vec::new()),
            participants: columns.participant.map(|_| Vec::new()),
            response_times: columns.response_time.map(|_| Vec::new()),
            trial_types: columns.trial_type.map(|_| Vec::new()),
            ..Self::default()
        };
        let (mut are_numbers, mut are_plain) = (true, true);
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            for column in columns.stimuli {
                if row.is_missing(column) && !is_stimulus(row.text(column)) {
                    return Err(incomplete(&row, column));
                }
                are_numbers &= row.maybe_number(column).is_some();
                are_plain &= row.text(column).bytes().all(|byte| byte.is_ascii_digit());
            }
            let cell = |column: usize| match row.maybe_number(column) {
                Some(number) => Cell::Number(number),
                None => Cell::Text(row.text(column).to_owned()),
            };
            raw.stimuli.push(columns.stimuli.map(cell));
            if let (Some(answers), Some(column)) = (&mut raw.answers, columns.answer) {
                answers.push(cell(column));
            }
            if let (Some(participants), Some(column)) = (&mut raw.participants, columns.participant)
            {
                // Trials whose participants are unknown need not be of the same participant.
                if row.is_missing(column) {
                    return Err(incomplete(&row, column));
                }
                participants.push(row.text(column).to_owned());
            }
            if let (Some(types), Some(column)) = (&mut raw.trial_types, columns.trial_type) {
                types.push(row.text(column).to_owned());
            }
            if let (Some(times), Some(column)) = (&mut raw.response_times, columns.response_time) {
                times.push(row.maybe_number(column).unwrap_or(f64::NAN));
            }
        }
        raw.check_beside(&table, &columns)?;
        // `7` may be an id beside `7b`, and `1e10` the beginning of a hash.
        if !are_numbers || !are_plain && are_all(&table, columns.stimuli, is_stimulus)? {
            raw.keep_digits(&table, &columns)?;
        }
        if let Some([Cell::Number(_), ..]) = raw.stimuli.first() {
            let beside = columns.beside(table.n_columns());
            // The names may be those of files.
            let named =
                |text: &str| position(text).or_else(|| position(&IdForm::FileStem.of(text)));
            raw.named = Named::of(&table, &beside, &raw.stimuli, named)?;
        }
        let unnamed = table.header().is_none();
        if unnamed && raw.answers.as_deref().is_some_and(are_sorted_positions) {
            return Err(ascending_answers());
        }
        Ok(raw)
    }

    /// Checks what the columns of participants, and those that are not read, say about the rows.
    fn check_beside(&self, table: &Table, columns: &Columns) -> Result<()> {
        let participants = self.participants.as_deref();
        if let (Some(people), Some(column)) = (participants, columns.participant) {
            check_people(table.name(column), people)?;
            // The column `center` may hold the heads of anchored trials.
            let names: Vec<String> = table
                .header()
                .unwrap_or_default()
                .iter()
                .map(|n| plain(n))
                .collect();
            let shown = triples(&names).concat();
            let others = columns.beside(table.n_columns()).into_iter();
            check_groups(table, column, others.filter(|other| !shown.contains(other)))?;
        }
        for &column in &columns.counts {
            check_count(table.name(column), &table.texts(column)?, participants)?;
        }
        let mut kinds = columns.beside(table.n_columns());
        kinds.extend(columns.trial_type.iter().chain(&columns.response_time));
        match table.header() {
            Some(_) => {
                check_rows(table, &kinds)?;
                check_repeats(table, columns, &kinds)
            }
            None => Ok(()),
        }
    }

    /// Reads the stimuli and answers again, as texts, if a stimulus was read as a number.
    fn keep_digits(&mut self, table: &Table, columns: &Columns) -> Result<()> {
        let is_number = |cell: &Cell| matches!(cell, Cell::Number(_));
        if !self.stimuli.iter().flatten().any(is_number) {
            return Ok(());
        }
        let (mut rows, mut trial) = (table.rows(), 0);
        while let Some(row) = rows.next()? {
            let cell = |column: usize| Cell::Text(row.text(column).to_owned());
            self.stimuli[trial] = columns.stimuli.map(cell);
            if let (Some(answers), Some(column)) = (&mut self.answers, columns.answer) {
                answers[trial] = cell(column);
            }
            trial += 1;
        }
        Ok(())
    }

    /// Checks that trials without answers are more than a design, by the order of numbers or names.
    pub(super) fn check_order(&self) -> Result<()> {
        let names = |trial: &[Cell; 3]| {
            trial.each_ref().map(|cell| match cell {
                Cell::Number(number) => (*number, String::new()),
                Cell::Text(text) => (0.0, text.to_lowercase()),
            })
        };
        Design::of(self.stimuli.iter().map(names)).check()
    }

    /// Checks that numbers, given the positions of stimuli that they mean, are not those of others.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if they may be.
    pub(super) fn check_positions(&self, positions: &[[u32; 3]], stimuli: &Stimuli) -> Result<()> {
        for list in &self.counted {
            list.check(stimuli)?;
        }
        self.named.check(&self.stimuli, positions)
    }

    /// Keeps numbers that are no indices, but ids of stimuli, as ids.
    pub(super) fn keep_large_ids(&mut self, is_stimulus: impl Fn(&str) -> bool) {
        let is_large = |cell: &Cell| match cell {
            Cell::Number(number) => {
                *number > f64::from(u32::MAX) && is_stimulus(&number.to_string())
            }
            Cell::Text(_) => false,
        };
        if !self.stimuli.iter().flatten().any(is_large) {
            return;
        }
        let stimuli = self.stimuli.iter_mut().flatten();
        for cell in stimuli.chain(self.answers.iter_mut().flatten()) {
            if let Cell::Number(number) = cell {
                *cell = Cell::Text(number.to_string());
            }
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

    /// Reads the array of an `.npy` file.
    pub(super) fn of_npy(path: &Path) -> Result<Self> {
        let reader = match NpyReader::open(path) {
            Ok(reader) => reader,
            Err(error) => {
                return match read_texts(path) {
                    Ok(Some((shape, texts))) => Self::of_texts(&shape, texts),
                    _ => Err(error),
                };
            }
        };
        Self::of_array(read_from(reader)?)
    }

    /// Reads trials of three ids each, and their answers if there is a fourth column.
    fn of_texts(shape: &[u64], texts: Vec<String>) -> Result<Self> {
        let refused = || misshapen(shape.to_vec());
        let &[n_trials, n_columns @ (3 | 4)] = shape else {
            return Err(refused());
        };
        let n_columns = n_columns as usize;
        if (texts.len() / n_columns) as u64 != n_trials {
            return Err(refused());
        }
        let cell = |text: &String| Cell::Text(text.clone());
        let trials = || texts.chunks_exact(n_columns);
        Ok(Self {
            stimuli: trials()
                .map(|row| [cell(&row[0]), cell(&row[1]), cell(&row[2])])
                .collect(),
            answers: (n_columns == 4).then(|| trials().map(|row| cell(&row[3])).collect()),
            ..Self::default()
        })
    }

    /// Reads trials with three stimuli each, and their answers if there is a fourth column.
    pub(super) fn of_array(array: ArrayD<f64>) -> Result<Self> {
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

fn incomplete(row: &Row<'_>, column: usize) -> Error {
    JudgmentError::Incomplete {
        source: row.missing(column),
    }
    .into()
}

/// Checks whether all fields of these columns are ids of stimuli.
fn are_all(table: &Table, columns: [usize; 3], is_id: impl Fn(&str) -> bool) -> Result<bool> {
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        if !columns.iter().all(|&column| is_id(row.text(column))) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Checks whether answers are positions that ascend, as numbers of participants do.
fn are_sorted_positions(answers: &[Cell]) -> bool {
    let position = |answer: &Cell| match answer {
        Cell::Number(number) => Some(*number),
        Cell::Text(text) => text.trim().parse().ok(),
    };
    let positions: Option<Vec<f64>> = answers.iter().map(position).collect();
    let positions = positions.filter(|all| all.iter().all(|x| (0.0..=3.0).contains(x)));
    positions.is_some_and(|positions| {
        positions.len() >= 10 && positions.is_sorted() && positions.first() != positions.last()
    })
}

fn ascending_answers() -> Error {
    Error::from(FileError::Ambiguous {
        what: "whether its fourth column holds the answers: its values are in ascending order"
            .into(),
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
