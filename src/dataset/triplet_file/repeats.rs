//! Trials that have several rows each, of different kinds or by mistake.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::columns::Columns;
use crate::error::{FileError, Quoted, Result};
use crate::io::text::{Row, Table, has_one_of, is_repetition};

/// Smallest number of trials that are judged.
const FEWEST: usize = 5;

/// Checks that no column, of those that are not read, tells the rows of each trial apart, and that the rows
/// of no participant all occur several times.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one does, or they do.
pub(super) fn check_repeats(table: &Table, columns: &Columns, beside: &[usize]) -> Result<()> {
    let mut trials: Vec<u64> = Vec::new();
    let mut n_equal: HashMap<u64, usize> = HashMap::new();
    let mut lines: Vec<u64> = Vec::new();
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        trials.push(trial(&row, columns));
        if columns.participant.is_some() {
            let line = hash(|hasher| {
                (0..table.n_columns()).for_each(|column| row.text(column).hash(hasher));
            });
            *n_equal.entry(line).or_default() += 1;
            lines.push(line);
        }
    }
    if let Some(column) = columns.participant {
        let mut of_people: BTreeMap<String, [usize; 2]> = BTreeMap::new();
        for (who, line) in table.texts(column)?.into_iter().zip(&lines) {
            let [n_rows, n_once] = of_people.entry(who).or_default();
            *n_rows += 1;
            *n_once += usize::from(n_equal[line] == 1);
        }
        let is_repeated = |[n_rows, n_once]: [usize; 2]| n_once == 0 && n_rows >= 2 * FEWEST;
        let mut repeated = of_people.iter().filter(|(_, counts)| is_repeated(**counts));
        if let Some((who, _)) = repeated.next() {
            return Err(FileError::Ambiguous {
                what: format!(
                    "whether the rows of participant {} are different trials: each of them occurs several times, \
                     with the same values in all columns",
                    Quoted(who)
                ),
                remedy: "remove the repeated rows",
            }
            .into());
        }
    }

    let n_different = trials.iter().collect::<HashSet<_>>().len();
    let n_rows = trials.len() / n_different.max(1);
    if n_different < FEWEST || n_rows < 2 || n_rows * n_different != trials.len() {
        return Ok(());
    }
    for &column in beside {
        let name = table.name(column);
        let values = table.texts(column)?;
        let n_values = values.iter().collect::<HashSet<_>>().len();
        let cells: HashSet<(&u64, &String)> = trials.iter().zip(&values).collect();
        let is_repetition = is_repetition(name) && !has_one_of(name, &["type", "kind"]);
        // Each trial has a row with each value.
        if n_values == n_rows && cells.len() == trials.len() && !is_repetition {
            return Err(FileError::Ambiguous {
                what: format!(
                    "why trials have several rows, which column {} tells apart",
                    Quoted(name)
                ),
                remedy: "keep the rows with answers of one kind; name the column \"participant\" if it holds the \
                         participants, and \"repetition\" if a trial was shown several times",
            }
            .into());
        }
    }
    Ok(())
}

/// Returns a number for the participant and the stimuli of a row, in any order.
fn trial(row: &Row<'_>, columns: &Columns) -> u64 {
    let mut stimuli = columns.stimuli.map(|column| row.text(column));
    stimuli.sort_unstable();
    let participant = columns.participant.map(|column| row.text(column));
    hash(|hasher| (stimuli, participant).hash(hasher))
}

fn hash(write: impl Fn(&mut DefaultHasher)) -> u64 {
    let mut hasher = DefaultHasher::new();
    write(&mut hasher);
    hasher.finish()
}
