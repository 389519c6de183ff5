//! Rows of the same pair that are not judgments of a kind: what tells them apart, and how often each was
//! given.

use std::collections::{HashMap, HashSet};

use super::RdmFile;
use super::columns::{is_property, is_repetition};
use super::direction::told_apart;
use super::long::LongTable;
use crate::error::{FileError, Quoted, Result};
use crate::io::text::{Table, is_index_name, is_one_of, words};

/// Checks whether a column counts the judgments of a row, such as `n`, `n_responses` or `votes`, and
/// not the repetitions, such as `trial_number`.
pub(super) fn is_count(name: &str) -> bool {
    const EXACT: [&str; 14] = [
        "n",
        "0",
        "count",
        "freq",
        "frequency",
        "size",
        "vote",
        "weight",
        "nobs",
        "response",
        "judgment",
        "judgement",
        "observation",
        "rater",
    ];
    const LAST: [&str; 4] = ["count", "vote", "weight", "nobs"];
    const FIRST: [&str; 2] = ["n", "num"];

    let words = words(name);
    match &words[..] {
        [] => false,
        [word] => {
            let is_plural = || word.ends_with('s');
            EXACT[..9].contains(&word.as_str()) || is_one_of(word, &EXACT) && is_plural()
        }
        [first, .., last] => {
            let of_several = FIRST.contains(&first.as_str());
            of_several && last.ends_with('s')
                || first == "number" && words[1] == "of"
                || is_one_of(last, &LAST)
                || last == "n" && !is_repetition(name)
        }
    }
}

impl RdmFile {
    /// Checks that no column that is not read tells the rows of a pair, or of a pair and participant,
    /// apart, and that none says how often each of them was given.
    pub(super) fn refuse_merged(&self, table: &Table, long: &LongTable) -> Result<()> {
        let is_read = |column: usize| long.reads(column) || is_index_name(table.name(column));
        let n_pairs = rows_by_value(table, long, None)?.1;
        for column in (0..table.n_columns()).filter(|&column| !is_read(column)) {
            let name = table.name(column);
            if is_count(name) && has_several_counts(table, column)? {
                return Err(weighted(name));
            }
            // Texts, such as those of `trial_type`, are no measured property.
            let is_number = |text: &String| text.parse::<f64>().is_ok();
            let is_measured = is_property(name) && table.texts(column)?.iter().all(is_number);
            if is_repetition(name) && (is_measured || !is_property(name)) {
                continue;
            }
            let (n_rows, _, is_unique) = rows_by_value(table, long, Some(column))?;
            let divides = is_unique && n_rows.len() > 1 && n_rows.values().all(|&n| n > 1);
            // Each value of a property, such as a time, has most pairs only if it tells rows apart.
            if divides && (!is_measured || n_rows.values().all(|&n| 2 * n > n_pairs)) {
                return Err(told_apart(name, long.participant().is_some()));
            }
        }
        Ok(())
    }
}

/// Returns the number of rows with each value of a column, the number of pairs and participants, and
/// whether no pair of a participant has several rows with the same value.
fn rows_by_value(
    table: &Table,
    long: &LongTable,
    column: Option<usize>,
) -> Result<(HashMap<String, usize>, usize, bool)> {
    let (mut n_rows, mut seen) = (HashMap::new(), HashSet::new());
    let mut pairs = HashSet::new();
    let mut is_unique = true;
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        let text = |column: usize| row.text(column).to_owned();
        let value = column.map_or(String::new(), text);
        let [one, two] = long.stimuli().map(text);
        let who = long.participant().map(text);
        let pair = (one.clone().min(two.clone()), one.max(two));
        *n_rows.entry(value.clone()).or_insert(0) += 1;
        match column {
            Some(_) => is_unique &= seen.insert((value, who, pair)),
            None => {
                pairs.insert((who, pair));
            }
        }
    }
    Ok((n_rows, pairs.len(), is_unique))
}

/// Checks whether a column has several whole numbers, so that rows weigh differently.
fn has_several_counts(table: &Table, column: usize) -> Result<bool> {
    let texts = table.texts(column)?;
    let are_numbers = texts
        .iter()
        .all(|text| text.parse().is_ok_and(|n: f64| n >= 0.0));
    let different: HashSet<&String> = texts.iter().collect();
    Ok(are_numbers && different.len() > 1)
}

fn weighted(name: &str) -> crate::error::Error {
    FileError::Ambiguous {
        what: format!(
            "how much each of the rows of a pair weighs: column {} appears to count the judgments of a row",
            Quoted(name)
        ),
        remedy: "repeat each row as often as it was given, or write the weighted mean of each pair; remove \
                 the column if all rows weigh the same",
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_judgments_are_no_repetitions() {
        for name in [
            "n",
            "count",
            "0",
            "freq",
            "n_responses",
            "num_participants",
            "number_of_raters",
            "votes",
            "weight",
            "responses",
            "rating_n",
        ] {
            assert!(is_count(name), "{name}");
        }
        for name in [
            "trial_number",
            "trial_n",
            "block_num",
            "response",
            "rater",
            "subject_number",
            "image_size",
            "",
        ] {
            assert!(!is_count(name), "{name}");
        }
    }
}
