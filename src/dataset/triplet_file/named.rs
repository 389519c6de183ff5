//! Columns with the names of the stimuli, beside those with their numbers.

use std::collections::{HashMap, HashSet};

use super::answers::Cell;
use super::numbers::by_index;
use crate::error::{FileError, Quoted, Result};
use crate::io::text::Table;

/// Trials of numbers, and the columns beside them whose fields are all ids of stimuli.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// The numbers in the columns of the stimuli.
    shown: Vec<[u32; 3]>,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    name: String,
    /// The position of the stimulus in each row.
    positions: Vec<u32>,
    /// Whether all ids are numbers, which may be those of something else.
    are_numbers: bool,
}

impl Named {
    /// Looks at the columns beside the stimuli, given the positions of ids.
    pub(super) fn of(
        table: &Table,
        beside: &[usize],
        stimuli: &[[Cell; 3]],
        position: impl Fn(&str) -> Option<usize>,
    ) -> Result<Self> {
        /// Fewest stimuli in a column of their names; others may be the levels of a condition.
        const FEWEST: usize = 3;

        let column = |&column: &usize| Column {
            name: table.name(column).to_owned(),
            positions: Vec::new(),
            are_numbers: true,
        };
        let mut found: Vec<(usize, Column)> = beside.iter().map(|at| (*at, column(at))).collect();
        let mut rows = table.rows();
        while !found.is_empty()
            && let Some(row) = rows.next()?
        {
            found.retain_mut(|(at, column)| {
                let text = row.text(*at);
                let position = position(text);
                column
                    .positions
                    .extend(position.map(|position| position as u32));
                column.are_numbers &= text.bytes().all(|byte| byte.is_ascii_digit());
                position.is_some()
            });
        }
        let names_several = |column: &Column| {
            let different: HashSet<&u32> = column.positions.iter().collect();
            different.len() >= FEWEST
        };
        let columns = found.into_iter().map(|(_, column)| column);
        let columns: Vec<Column> = columns.filter(names_several).collect();
        let shown = match columns.is_empty() {
            true => Vec::new(),
            false => by_index(stimuli)?,
        };
        Ok(Self { shown, columns })
    }

    /// Checks that no column names other stimuli than those at the positions that the numbers mean, given
    /// the trials in the order of their answers.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if one does.
    pub(super) fn check(&self, numbers: &[[Cell; 3]], positions: &[[u32; 3]]) -> Result<()> {
        if self.columns.is_empty() {
            return Ok(());
        }
        let numbers = by_index(numbers)?;
        let both = numbers.as_flattened().iter().copied();
        let meant: HashMap<u32, u32> = both.zip(positions.as_flattened().iter().copied()).collect();
        let at = |trials: &[[u32; 3]], place: usize| -> Vec<u32> {
            trials.iter().map(|trial| trial[place]).collect()
        };
        let sources =
            [&self.shown, &numbers].map(|trials| [0, 1, 2].map(|place| at(trials, place)));
        for column in &self.columns {
            let tells = |source: &Vec<u32>| column.tells(source, &meant);
            let told: Vec<Told> = sources.as_flattened().iter().map(tells).collect();
            if told.contains(&Told::Other) && !told.contains(&Told::Same) {
                return Err(FileError::Ambiguous {
                    what: format!(
                        "which stimuli the numbers in trials refer to: column {} names others than those at \
                         these positions",
                        Quoted(&column.name)
                    ),
                    remedy: "write the names in the columns of the stimuli, or give the list that the \
                             numbers count (`--stimuli`)",
                }
                .into());
            }
        }
        Ok(())
    }
}

/// What a column of names tells about the numbers in a column of stimuli.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It names the stimuli at the positions that the numbers mean.
    Same,
    /// It names other stimuli, always the same one for each number.
    Other,
    /// It does not name these stimuli.
    Nothing,
}

impl Column {
    fn tells(&self, numbers: &[u32], meant: &HashMap<u32, u32>) -> Told {
        let mut named: HashMap<u32, u32> = HashMap::new();
        let pairs = || numbers.iter().zip(&self.positions);
        if pairs().any(|(&number, &position)| *named.entry(number).or_insert(position) != position)
        {
            return Told::Nothing;
        }
        let different: HashSet<&u32> = named.values().collect();
        let is_chance = self.are_numbers && named.len() == numbers.len();
        if different.len() < named.len() || is_chance {
            return Told::Nothing;
        }
        match named
            .iter()
            .all(|(number, position)| meant.get(number) == Some(position))
        {
            true => Told::Same,
            false => Told::Other,
        }
    }
}
