//! Trials that have several rows each, of different kinds or by mistake.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::columns::Columns;
use crate::error::{FileError, Quoted, Result};
use crate::io::text::{Row, Table, has_one_of, is_repetition};

/// Smallest number of trials that are judged.
const FEWEST: usize = 5;

/// Checks that the rows of no participant all occur several times, and that no column, of those that are not
/// read, tells the rows of each trial apart.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if they do, or one does.
pub(super) fn check_repeats(table: &Table, columns: &Columns, beside: &[usize]) -> Result<()> {
    if let Some(participant) = columns.participant {
        check_saved_once(table, participant)?;
    }
    check_told_apart(table, columns, beside)
}

fn check_saved_once(table: &Table, participant: usize) -> Result<()> {
    let line = |row: &Row<'_>| {
        hash(|hasher| (0..table.n_columns()).for_each(|column| row.text(column).hash(hasher)))
    };
    let lines = hashes(table, line)?;
    let repeated: HashSet<u64> = sorted(&lines)
        .windows(2)
        .filter(|two| two[0] == two[1])
        .map(|two| two[0])
        .collect();
    if repeated.is_empty() {
        return Ok(());
    }
    let mut of_people: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for (who, line) in table.texts(participant)?.into_iter().zip(&lines) {
        let [n_rows, n_repeated] = of_people.entry(who).or_default();
        *n_rows += 1;
        *n_repeated += usize::from(repeated.contains(line));
    }
    let are_repeated =
        |[n_rows, n_repeated]: [usize; 2]| n_rows == n_repeated && n_rows >= 2 * FEWEST;
    let mut people = of_people.iter();
    match people.find(|(_, counts)| are_repeated(**counts)) {
        None => Ok(()),
        Some((who, _)) => Err(FileError::Ambiguous {
            what: format!(
                "whether the rows of participant {} are different trials: each of them occurs several times, \
                 with the same values in all columns",
                Quoted(who)
            ),
            remedy: "remove the repeated rows",
        }
        .into()),
    }
}

fn check_told_apart(table: &Table, columns: &Columns, beside: &[usize]) -> Result<()> {
    let trials = hashes(table, |row| {
        let mut stimuli = columns.stimuli.map(|column| row.text(column));
        stimuli.sort_unstable();
        let participant = columns.participant.map(|column| row.text(column));
        hash(|hasher| (stimuli, participant).hash(hasher))
    })?;
    let mut different = sorted(&trials);
    different.dedup();
    let n_rows = trials.len() / different.len().max(1);
    if different.len() < FEWEST || n_rows < 2 || n_rows * different.len() != trials.len() {
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

/// Returns a number for each row.
fn hashes(table: &Table, of: impl Fn(&Row<'_>) -> u64) -> Result<Vec<u64>> {
    let (mut hashes, mut rows) = (Vec::new(), table.rows());
    while let Some(row) = rows.next()? {
        hashes.push(of(&row));
    }
    Ok(hashes)
}

fn sorted(hashes: &[u64]) -> Vec<u64> {
    let mut sorted = hashes.to_vec();
    sorted.sort_unstable();
    sorted
}

fn hash(write: impl Fn(&mut DefaultHasher)) -> u64 {
    let mut hasher = DefaultHasher::new();
    write(&mut hasher);
    hasher.finish()
}
