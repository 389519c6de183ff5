//! What the numbers in trials refer to: positions of stimuli, or ids that are numbers.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::answers::Cell;
use super::{Counting, TripletSource};
use crate::error::{Error, FileError, JudgmentError, Result, TrialProblem};
use crate::io::element::Number;
use crate::judgment::Task;
use crate::stimuli::{Numbers, Pairing, Stimuli};

/// Trials with how they were matched, and the places of those that were kept if some were dropped.
type Numbered = (Vec<[u32; 3]>, Pairing, Option<Vec<usize>>);

impl<T: Task> TripletSource<T> {
    /// Finds the stimuli that numbers refer to: those with these ids, if at least half of the ids are
    /// numbers, otherwise those at these positions. Beside ids that are numbers, numbers are positions if at
    /// least half of them are no ids, or if the ids count, or are the positions, and not all numbers are ids.
    ///
    /// `answers_from_one` tells whether answers in the file are positions that count from 1. Returns the
    /// trials, how they were matched, and the places of those that were kept if trials of unknown ids were
    /// dropped.
    pub(super) fn by_number(
        &self,
        mut trials: Vec<[u32; 3]>,
        stimuli: &Stimuli,
        answers_from_one: bool,
    ) -> Result<Numbered> {
        let numbers = match self.counting {
            Counting::Inferred => stimuli.numbers(),
            Counting::Zero | Counting::One => Numbers::Positions,
        };
        let positions = match numbers {
            Numbers::Positions => return self.at_positions(trials, stimuli, answers_from_one),
            Numbers::Ids(positions) => positions,
            Numbers::Unclear(others) => return Err(unclear(&others, false)),
        };
        let numbers = || trials.as_flattened().iter();
        if numbers().all(|id| positions.contains_key(id)) {
            for id in trials.as_flattened_mut() {
                *id = positions[id];
            }
            return Ok((trials, Pairing::Id, None));
        }
        let are_positions = [0, 1].into_iter().any(|first| {
            let positions = first..first + stimuli.len();
            numbers().all(|&number| positions.contains(&(number as usize)))
        });
        let are_few_ids = || {
            let different: HashSet<&u32> = numbers().collect();
            let ids = different.iter().filter(|id| positions.contains_key(**id));
            2 * ids.count() <= different.len()
        };
        let ids_are_positions = || positions.iter().all(|(id, position)| id == position);
        if are_positions && (ids_count(&positions) || ids_are_positions() || are_few_ids()) {
            return self.at_positions(trials, stimuli, answers_from_one);
        }
        // With ids of all lines, no stimulus can be missing.
        if are_positions && ids_are_lines(&positions) {
            return Err(FileError::Ambiguous {
                what: "whether its numbers are positions of stimuli, or their ids counted from another \
                       number"
                    .into(),
                remedy: "if they are positions, set their base (`with_counting`; `--count-from 0` or \
                         `--count-from 1`); otherwise write the ids in the trials",
            }
            .into());
        }
        let is_known = |trial: &[u32; 3]| trial.iter().all(|id| positions.contains_key(id));
        let kept = (0..trials.len()).filter(|&place| is_known(&trials[place]));
        let kept: Vec<usize> = kept.collect();
        self.check_unknown(trials.len(), kept.len(), stimuli, || {
            let different: BTreeSet<&u32> = numbers().collect();
            let needed = Stimuli::new(different.into_iter().map(u32::to_string))?;
            Ok(needed.with_origin(&self.path))
        })?;
        let found = kept
            .iter()
            .map(|&place| trials[place].map(|id| positions[&id]));
        Ok((found.collect(), Pairing::Id, Some(kept)))
    }

    fn at_positions(
        &self,
        trials: Vec<[u32; 3]>,
        stimuli: &Stimuli,
        answers_from_one: bool,
    ) -> Result<Numbered> {
        let trials = self.counted_from_zero(trials, stimuli, answers_from_one)?;
        Ok((trials, Pairing::Position, None))
    }

    /// Converts indices to count from 0.
    fn counted_from_zero(
        &self,
        mut trials: Vec<[u32; 3]>,
        stimuli: &Stimuli,
        answers_from_one: bool,
    ) -> Result<Vec<[u32; 3]>> {
        let place = self.path.display().to_string();
        let counting = self.counting;
        let first = counting.first(&trials, stimuli.len(), answers_from_one, &place)?;
        if first == 0 {
            return Ok(trials);
        }
        count_from_zero(&mut trials, 0)?;
        Ok(trials)
    }
}

/// Converts indices that count from 1. `n_before` is the number of trials before these in the file.
pub(in crate::dataset) fn count_from_zero(trials: &mut [[u32; 3]], n_before: u64) -> Result<()> {
    if let Some(trial) = trials.iter().position(|trial| trial.contains(&0)) {
        return Err(JudgmentError::InvalidTrial {
            trial: n_before + trial as u64,
            problem: TrialProblem::BelowFirst { index: 0, first: 1 },
        }
        .into());
    }
    for index in trials.as_flattened_mut() {
        *index -= 1;
    }
    Ok(())
}

/// Returns the error for numbers that may be positions or other numbers of the stimuli, in a file or
/// in a stream of trials.
pub(in crate::dataset) fn unclear(others: &str, is_stream: bool) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!("whether its numbers are positions of stimuli or {others}"),
        remedy: match is_stream {
            true => {
                "if they are positions, set their base (`with_counting`; `--count-from 0` or \
                 `--count-from 1`); otherwise read the file as a whole (`TripletSource`; without \
                 `--stream`)"
            }
            false => {
                "if they are positions, set their base (`with_counting`; `--count-from 0` or \
                 `--count-from 1`); otherwise write the ids in the trials, or use the numbers as ids \
                 (`FileSource::with_id_column`, `--id-column`; of files, `--match-ids file-stem`)"
            }
        },
    })
}

/// Checks whether ids are consecutive numbers in the order of the stimuli.
fn ids_count(positions: &HashMap<u32, u32>) -> bool {
    let first = positions.keys().min().copied().unwrap_or_default();
    let mut ids = positions.iter();
    ids.all(|(&id, &position)| id - first == position)
}

/// Checks whether ids are consecutive numbers, in any order.
fn ids_are_lines(positions: &HashMap<u32, u32>) -> bool {
    let first = positions.keys().min().copied().unwrap_or_default();
    let last = positions.keys().max().copied().unwrap_or_default();
    (last - first) as usize + 1 == positions.len()
}

/// Converts numbers to indices.
pub(super) fn by_index(cells: &[[Cell; 3]]) -> Result<Vec<[u32; 3]>> {
    let index = |cell: &Cell| match cell {
        Cell::Number(number) => Number::Float(*number).index(),
        // If the first cell is a number, all are.
        Cell::Text(_) => Err(TrialProblem::NotAnInteger { value: f64::NAN }),
    };
    let trials = cells.iter().zip(0..).map(|([a, b, c], trial)| {
        let indices = || Ok([index(a)?, index(b)?, index(c)?]);
        indices().map_err(|problem| JudgmentError::InvalidTrial { trial, problem }.into())
    });
    trials.collect()
}
