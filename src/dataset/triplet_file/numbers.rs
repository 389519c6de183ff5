//! What the numbers in trials refer to: positions of stimuli, or ids that are numbers.

use std::collections::HashMap;

use super::answers::Cell;
use super::{Counting, TripletSource};
use crate::error::{JudgmentError, Result, TrialProblem};
use crate::io::element::Number;
use crate::judgment::Task;
use crate::stimuli::{Pairing, Stimuli};

impl<T: Task> TripletSource<T> {
    /// Finds the stimuli that numbers refer to: those with these ids, if all ids are numbers and
    /// each number is one of them, otherwise those at these positions.
    pub(super) fn by_number(
        &self,
        mut trials: Vec<[u32; 3]>,
        stimuli: &Stimuli,
    ) -> Result<(Vec<[u32; 3]>, Pairing)> {
        let numbered = match self.counting {
            Counting::Inferred => by_numeric_id(stimuli),
            Counting::Zero | Counting::One => None,
        };
        let Some(positions) = numbered else {
            return Ok((self.counted_from_zero(trials, stimuli)?, Pairing::Position));
        };
        let unknown = trials
            .as_flattened()
            .iter()
            .find(|id| !positions.contains_key(id));
        match unknown {
            None => {
                for id in trials.as_flattened_mut() {
                    *id = positions[id];
                }
                Ok((trials, Pairing::Id))
            }
            // The numbers are no positions either.
            Some(id)
                if trials
                    .as_flattened()
                    .iter()
                    .any(|&id| id as usize >= stimuli.len()) =>
            {
                let missing = Stimuli::new([id.to_string()])?.with_origin(&self.path);
                stimuli.positions_of(&missing)?;
                Ok((self.counted_from_zero(trials, stimuli)?, Pairing::Position))
            }
            Some(_) => Ok((self.counted_from_zero(trials, stimuli)?, Pairing::Position)),
        }
    }

    /// Converts indices to count from 0.
    fn counted_from_zero(
        &self,
        mut trials: Vec<[u32; 3]>,
        stimuli: &Stimuli,
    ) -> Result<Vec<[u32; 3]>> {
        let place = self.path.display().to_string();
        let first = self.counting.first(&trials, stimuli.len(), &place)?;
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

/// Returns the positions of stimuli by the numbers that are their ids; `None` unless all ids are
/// different whole numbers, other than their positions.
fn by_numeric_id(stimuli: &Stimuli) -> Option<HashMap<u32, u32>> {
    let are_positions = (0..)
        .zip(stimuli.ids())
        .all(|(position, id): (u32, _)| *id == position.to_string());
    if !stimuli.is_named() || are_positions {
        return None;
    }
    let mut positions = HashMap::new();
    for (position, id) in (0..).zip(stimuli.ids()) {
        if !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if positions.insert(id.parse().ok()?, position).is_some() {
            return None;
        }
    }
    Some(positions)
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
