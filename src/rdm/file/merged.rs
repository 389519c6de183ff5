//! Rows of the same pair that are not judgments of a kind: what tells them apart, and how often each was
//! given.

use std::collections::{HashMap, HashSet};

use super::RdmFile;
use super::columns::is_property;
use super::direction::told_apart;
use super::long::LongTable;
use crate::error::{Error, FileError, Quoted, Result};
use crate::io::text::{
    self, JUDGMENTS, Row, Table, has_one_of, is_index_name, is_one_of, is_repetition, words,
};

/// Checks whether a column counts the judgments of a row, such as `n`, `n_responses` or `votes`, and
/// not the repetitions, such as `trial_number`.
pub(super) fn is_count(name: &str) -> bool {
    const LAST: [&str; 4] = ["count", "vote", "weight", "nobs"];
    const JUDGED: [&str; 5] = ["response", "judgment", "judgement", "observation", "rater"];

    let words = words(name);
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return false;
    };
    let is_plural = last.ends_with('s');
    let is_number_of = match first.as_str() {
        "n" | "num" => is_plural && words.len() > 1,
        "number" => words.get(1).is_some_and(|word| word == "of"),
        // A judgment itself is in the singular.
        _ => is_plural && words.len() == 1 && is_one_of(first, &JUDGED),
    };
    is_number_of || is_one_of(last, &LAST) || text::is_count(name, &[&JUDGMENTS])
}

impl RdmFile {
    /// Checks that no column that is not read tells the rows of a pair, or of a pair and participant,
    /// apart, and that none says how often each of them was given.
    pub(super) fn refuse_merged(&self, table: &Table, long: &LongTable) -> Result<()> {
        let is_read = |column: usize| long.reads(column) || is_index_name(table.name(column));
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
            let Some(n_rows) = rows_by_value(table, long, column)? else {
                continue;
            };
            let mut divides = n_rows.len() > 1 && n_rows.values().all(|&n| n > 1);
            // Each value of a property, such as a time, has most pairs only if it tells rows apart.
            if divides && is_measured {
                let n_judged = n_judged(table, long)?;
                divides = n_rows.values().all(|&n| 2 * n > n_judged);
            }
            if divides {
                return Err(told_apart(name, long.participant().is_some()));
            }
        }
        Ok(())
    }
}

/// Returns the number of rows with each value of a column, or `None` if a pair of a participant has
/// several rows with the same value.
fn rows_by_value(
    table: &Table,
    long: &LongTable,
    column: usize,
) -> Result<Option<HashMap<String, usize>>> {
    let (mut n_rows, mut seen) = (HashMap::new(), HashSet::new());
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        let value = row.text(column).to_owned();
        *n_rows.entry(value.clone()).or_insert(0) += 1;
        if !seen.insert((value, judged(&row, long))) {
            return Ok(None);
        }
    }
    Ok(Some(n_rows))
}

/// Returns the number of different pairs that the participants judged.
fn n_judged(table: &Table, long: &LongTable) -> Result<usize> {
    let (mut seen, mut rows) = (HashSet::new(), table.rows());
    while let Some(row) = rows.next()? {
        seen.insert(judged(&row, long));
    }
    Ok(seen.len())
}

/// Returns the participant of a row, if there is a column of participants, and the pair in either order.
fn judged(row: &Row<'_>, long: &LongTable) -> (Option<String>, [String; 2]) {
    let text = |column: usize| row.text(column).to_owned();
    let mut pair = long.stimuli().map(text);
    pair.sort_unstable();
    (long.participant().map(text), pair)
}

/// Checks whether a column has several numbers of judgments, so that rows weigh differently. Numbers
/// that count the rows are none.
fn has_several_counts(table: &Table, column: usize) -> Result<bool> {
    let is_weight = has_one_of(table.name(column), &["weight", "weighting"]);
    let texts = table.texts(column)?;
    let are_counts = texts.iter().all(|text| {
        text.parse()
            .is_ok_and(|n: f64| n >= 0.0 && (is_weight || n.fract() == 0.0))
    });
    let vary = texts.iter().any(|text| *text != texts[0]);
    Ok(are_counts && vary && text::counts(&texts).is_none())
}

fn weighted(name: &str) -> Error {
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
            "n_ratings",
            "Anzahl",
            "nb_judgments",
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
            "rating",
            "dissimilarity",
            "",
        ] {
            assert!(!is_count(name), "{name}");
        }
    }
}
