//! The columns of a table of trials, found by their names.

use super::answer_column::answer_of;
use super::answer_words::{is_answer, is_other_answer};
use super::column_names::{
    HEADS, anchored, is_of_time, middle_of, odd_and_others, triple, triples,
};
use super::counts::is_count;
use super::other_order::tell_another_order;
use crate::error::{Error, FileError, Result};
use crate::io::text::{
    Table, column_of_participants, is_about_participants, is_index_name, is_participant,
    names_practice, plain,
};
use crate::judgment::Task;

/// The indices of the columns of a table of trials, 0-based.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// The three stimuli; if there is no column with the answer, in the order of a trial.
    pub(super) stimuli: [usize; 3],
    /// The answer: which of the stimuli was chosen. `None` if their order is the answer.
    pub(super) answer: Option<usize>,
    pub(super) participant: Option<usize>,
    pub(super) response_time: Option<usize>,
    pub(super) trial_type: Option<usize>,
    /// Columns that may hold the numbers of equal answers.
    pub(super) counts: Vec<usize>,
}

impl Columns {
    /// Finds the columns of a table for a task, given which texts are ids of stimuli.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if the names do not determine the content of the columns,
    /// or indicate another task.
    pub(super) fn of<T: Task>(
        table: &mut Table,
        is_stimulus: impl Fn(&str) -> bool,
    ) -> Result<Self> {
        /// Largest number of columns whose names are compared with each other.
        const MAX_COLUMNS: usize = 2000;

        if table.n_columns() > MAX_COLUMNS {
            return in_order(table.n_columns());
        }
        if table.header().is_none() && begins_with_names(table, is_stimulus)? {
            table.with_header()?;
        }
        let Some(written) = table.header() else {
            return in_order(table.n_columns());
        };
        let names: Vec<String> = written.iter().map(|name| plain(name)).collect();
        let is_anchored = T::N_PAIRS == 2;
        let (stimuli, is_ordered) = match (is_anchored, anchored(&names), triple(&names)?) {
            (true, Some(found), _) => found,
            (false, _, Some(stimuli)) => (stimuli, true),
            (false, Some(_), None) => {
                return Err(FileError::Ambiguous {
                    what: "odd-one-out trials; its columns are named like anchored trials".into(),
                    remedy: "read it as anchored trials (`TripletFile::<AnchoredTask>`, `--anchored`)",
                }
                .into());
            }
            (false, None, None)
                if let Some(stimuli) = odd_and_others(&names, &columns_of_trials(written)) =>
            {
                (stimuli, true)
            }
            _ if names.len() == 3 && !tell_another_order(written, is_anchored) => {
                let order = match is_anchored {
                    true => "head, close and far",
                    false => "three stimuli, the odd one last",
                };
                log::warn!("the columns {names:?} are read as {order}, in this order");
                return in_order(3);
            }
            _ => return Err(unknown(&names, is_anchored)),
        };
        let others = || (0..names.len()).filter(|column| !stimuli.contains(column));
        let is_time = |column: &usize| is_of_time(&written[*column]);
        // Column names such as winner and loser already contain the answer.
        let names_answer = is_anchored && is_ordered;
        let answer = match names_answer {
            true => None,
            false => answer_of(
                table,
                others().filter(|column| !is_time(column)),
                stimuli,
                is_anchored,
            )?,
        };
        let participant = column_of_participants(table, others())?;
        check_three(&names, stimuli)?;
        // The order is the answer only if no other column can hold it.
        let is_told = names_answer
            || is_ordered
                && middle_of(stimuli.map(|column| names[column].as_str())).is_none()
                && others().all(|column| says_nothing(&written[column]));
        if answer.is_none() && !is_told {
            return Err(no_answer(
                others().map(|column| written[column].as_str()),
                is_anchored,
            ));
        }
        if answer.is_none() && !is_anchored && names.len() > 3 {
            let last = &written[stimuli[2]];
            log::info!("no column holds the answers: the odd one is that in column {last:?}");
        }
        let found = Self {
            stimuli,
            answer,
            participant,
            response_time: others().find(is_time),
            trial_type: others().find(|column| is_of_type(&written[*column])),
            counts: others()
                .filter(|&column| is_count(&written[column]))
                .collect(),
        };
        let ignored = found.beside(names.len()).into_iter();
        let ignored: Vec<&str> = ignored.map(|column| written[column].as_str()).collect();
        if !ignored.is_empty() {
            let hint = match participant {
                Some(_) => "",
                None => "; a column of participants must be named \"participant\"",
            };
            log::info!("the columns {ignored:?} are ignored{hint}");
        }
        Ok(found)
    }

    /// Returns the columns, of this number, that are not read.
    pub(super) fn beside(&self, n_columns: usize) -> Vec<usize> {
        let is_beside = |column: &usize| !self.stimuli.contains(column) && !self.has(*column);
        (0..n_columns).filter(is_beside).collect()
    }

    /// Returns whether a column beside the stimuli is read.
    fn has(&self, column: usize) -> bool {
        let read = [
            self.answer,
            self.participant,
            self.response_time,
            self.trial_type,
        ];
        read.contains(&Some(column))
    }
}

/// Checks that numbered columns of stimuli do not go on after the third.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if they do.
fn check_three(names: &[String], stimuli: [usize; 3]) -> Result<()> {
    let last = &names[stimuli[2]];
    let next = last.rfind(['2', '3']).map(|at| {
        let number = match last[at..].starts_with('2') {
            true => "3",
            false => "4",
        };
        format!("{}{number}{}", &last[..at], &last[at + 1..])
    });
    let column = next
        .as_ref()
        .and_then(|next| names.iter().position(|name| name == next));
    if let (Some(next), Some(column)) = (next, column)
        && !stimuli.contains(&column)
    {
        return Err(FileError::Ambiguous {
            what: format!("which three columns hold the stimuli: {last:?} is followed by {next:?}"),
            remedy: "write one trial of three stimuli in each line, in columns named image1, image2, image3",
        }
        .into());
    }
    Ok(())
}

/// Checks whether a column holds no part of a trial, but its number, time or participant.
fn says_nothing(name: &str) -> bool {
    is_of_time(name)
        || is_index_name(name)
        || is_about_participants(name) && !is_other_answer(name, false)
}

fn columns_of_trials(names: &[String]) -> Vec<usize> {
    let columns = 0..names.len();
    columns
        .filter(|&column| !says_nothing(&names[column]))
        .collect()
}

/// Checks whether a column tells trials apart from those that are no judgments.
fn is_of_type(name: &str) -> bool {
    let plain = plain(name);
    plain.contains("type") || plain.ends_with("phase") || names_practice(name)
}

/// Checks whether the first record of a table of ids holds the names of its columns, which the reader
/// of tables cannot tell from ids.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it may also be a trial.
fn begins_with_names(table: &Table, is_stimulus: impl Fn(&str) -> bool) -> Result<bool> {
    let first = table.first()?;
    let names: Vec<String> = first.iter().map(|name| plain(name)).collect();
    let of_stimuli = match anchored(&names) {
        Some((columns, _)) => columns.to_vec(),
        None => triples(&names).concat(),
    };
    let is_other_name =
        |name: &String| (is_answer(name, false) || is_participant(name)) && !is_stimulus(name);
    if !of_stimuli.is_empty() && first.iter().any(is_other_name) {
        refuse_repeated(table, &first)?;
        return Ok(true);
    }
    if !of_stimuli.is_empty() && !occur_below(table, &first, &of_stimuli)? {
        if first.iter().all(|name| is_stimulus(name)) {
            return Err(FileError::Ambiguous {
                what: "whether its first line is a trial or the names of the columns".into(),
                remedy: "add a line with the names of the columns, such as image1,image2,image3, or \
                         remove the line if it is one",
            }
            .into());
        }
        return Ok(true);
    }
    // Names that are not known, above ids that are.
    let mut rows = table.rows();
    rows.next()?;
    let Some(second) = rows.next()? else {
        return Ok(false);
    };
    let columns: Vec<usize> = (0..first.len()).collect();
    let n_known = columns
        .iter()
        .filter(|&&column| is_stimulus(second.text(column)))
        .count();
    let is_unknown = |name: &String| !is_stimulus(name) && name.trim().parse::<f64>().is_err();
    Ok(n_known >= 3 && first.iter().all(is_unknown) && !occur_below(table, &first, &columns)?)
}

/// Checks that the first record, the names of the columns, does not occur again, as in several files
/// one after another.
///
/// # Errors
/// Returns [`FileError::Malformed`] if it does.
fn refuse_repeated(table: &Table, first: &[String]) -> Result<()> {
    let mut rows = table.rows();
    rows.next()?;
    while let Some(row) = rows.next()? {
        let mut columns = first.iter().enumerate();
        if columns.all(|(column, name)| row.text(column) == name) {
            let reason = format!(
                "line {} repeats the names of the columns in the first line; remove it",
                row.line()
            );
            return Err(FileError::malformed("table", reason));
        }
    }
    Ok(())
}

/// Checks whether one of the fields of the first record also occurs in these columns of another one,
/// so that it is an id and not the name of a column.
fn occur_below(table: &Table, first: &[String], columns: &[usize]) -> Result<bool> {
    let mut rows = table.rows();
    rows.next()?;
    while let Some(row) = rows.next()? {
        let is_named = |&column: &usize| first.iter().any(|name| name == row.text(column));
        if columns.iter().any(is_named) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns three columns in the order of a trial, with the answer in the fourth column if there is
/// one.
pub(super) fn in_order(n_columns: usize) -> Result<Columns> {
    if !(3..=4).contains(&n_columns) {
        return Err(FileError::Ambiguous {
            what: format!("which of its {n_columns} columns hold the three stimuli and the answer"),
            remedy: "write one trial per row, with names in a header: image1, image2, image3, choice, or head, \
                     winner, loser",
        }
        .into());
    }
    Ok(Columns {
        stimuli: [0, 1, 2],
        answer: (n_columns == 4).then_some(3),
        participant: None,
        response_time: None,
        trial_type: None,
        counts: Vec::new(),
    })
}

/// Returns the error for a table whose stimuli are not in the order of an answer, given the other columns.
fn no_answer<'n>(others: impl Iterator<Item = &'n str>, is_anchored: bool) -> Error {
    let others: Vec<&str> = others.collect();
    let may_count = others.iter().any(|name| is_count(name))
        && others
            .iter()
            .all(|name| is_count(name) || says_nothing(name));
    Error::from(FileError::Ambiguous {
        what: format!("which column holds the answer (other columns: {others:?})"),
        remedy: match (is_anchored, may_count) {
            (true, _) => {
                "write the closer candidate, or the name of its column, in a column named \"choice\""
            }
            (false, true) => {
                "if the odd one is last and a column holds the number of equal answers, repeat each row as \
                 many times and remove this column; otherwise write the odd one in a column named \"choice\""
            }
            (false, false) => {
                "name the column with the odd one, or its place, \"choice\" in the header, or keep only the \
                 columns image1, image2, image3, with the odd one last"
            }
        },
    })
}

fn unknown(names: &[String], is_anchored: bool) -> Error {
    let has_head = names.iter().any(|name| HEADS.contains(&name.as_str()));
    Error::from(FileError::Ambiguous {
        what: "which columns hold the stimuli".into(),
        remedy: match (is_anchored, has_head) {
            (true, _) => "name them head, winner, loser, or center, left, right and answer",
            (false, true) => {
                "name them image1, image2, image3 and choice; or, if the others are compared with one of them, \
                 head, winner, loser, and read anchored trials (`--anchored`)"
            }
            (false, false) => "name them image1, image2, image3 and choice",
        },
    })
}
