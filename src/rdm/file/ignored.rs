//! Checks of the columns of a table that are not read.

use super::RdmFile;
use super::direction::{Beside, Judgments};
use super::long::LongTable;
use super::meaning::Direction;
use crate::error::{Quoted, Result};
use crate::io::text::{Table, check_groups, is_index_name};

impl RdmFile {
    /// Checks the columns that are not read, and adds a note of them.
    pub(super) fn check_ignored(&self, table: &Table, long: &LongTable) -> Result<()> {
        let is_ignored =
            |&column: &usize| !long.reads(column) && !is_index_name(table.name(column));
        let ignored: Vec<usize> = (0..table.n_columns()).filter(is_ignored).collect();
        let [first, second] = long.stimuli();
        let (mut pairs, mut people, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut rows = table.rows();
        while !ignored.is_empty()
            && let Some(row) = rows.next()?
        {
            let (one, two) = (row.text(first), row.text(second));
            let is_pair = first == second || one != two;
            pairs.push(is_pair.then(|| format!("{}\t{}", one.min(two), one.max(two))));
            people.push(
                long.participant()
                    .map_or("", |column| row.text(column))
                    .to_owned(),
            );
            values.push(row.text(long.value()).to_owned());
        }
        let judgments = Judgments {
            pairs,
            people,
            values,
        };
        let name = table.name(long.value());
        let is_known = self.similarities.is_some() || Direction::of(name) != Direction::Unknown;
        for &column in &ignored {
            let beside = checked(table, column, &judgments)?;
            if !is_known {
                beside.refuse_question(&format!("column {}", Quoted(name)))?;
            }
        }
        if let Some(participant) = long.participant() {
            check_groups(table, participant, 0..table.n_columns())?;
        }
        let ignored: Vec<&str> = ignored.iter().map(|&column| table.name(column)).collect();
        if !ignored.is_empty() {
            log::info!(
                "{}: the columns {ignored:?} are ignored, and all rows are read",
                self.path.display()
            );
        }
        Ok(())
    }
}

/// Checks that no column beside the labels of pairs marks judgments, or tells their directions apart.
pub(super) fn check_people(table: &Table, pairs: usize) -> Result<()> {
    let labels = table.texts(pairs)?;
    let judgments = Judgments {
        people: vec![String::new(); labels.len()],
        values: Vec::new(),
        pairs: labels.into_iter().map(Some).collect(),
    };
    let is_judged = |column: &usize| *column != pairs && !is_index_name(table.name(*column));
    for column in (0..table.n_columns()).filter(is_judged) {
        checked(table, column, &judgments)?;
    }
    Ok(())
}

/// Returns a column that is not read, after checking that it neither marks judgments nor tells their
/// directions apart.
fn checked<'t>(table: &'t Table, column: usize, judgments: &Judgments) -> Result<Beside<'t>> {
    let beside = Beside {
        is_array: false,
        name: table.name(column),
        texts: table.texts(column)?,
    };
    beside.refuse_directions(judgments)?;
    beside.refuse_marked(judgments)?;
    Ok(beside)
}
