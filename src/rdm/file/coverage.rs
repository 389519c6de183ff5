//! Recognition of columns with the stimuli of pairs by their content.

use std::collections::{HashMap, HashSet};

use super::columns::{candidates_of_stimuli, is_of_pair, is_property, is_value, listed};
use super::order::Register;
use crate::error::{FileError, Result};
use crate::io::text::Table;
use crate::linalg::n_pairs;

/// How far two columns are the pairs of some stimuli.
pub(super) enum Coverage {
    /// Every pair has one row.
    Complete,
    /// They appear to be pairs of stimuli, but pairs are missing or repeated.
    Partial,
    None,
}

impl Coverage {
    /// Returns how far the texts or whole numbers in two columns are the pairs of some stimuli.
    pub(super) fn of(table: &Table, columns: [usize; 2]) -> Result<Self> {
        let mut ids = Register::default();
        let (mut ordered, mut pairs) = (HashSet::new(), HashSet::new());
        let (mut n_rows, mut n_same, mut n_texts) = (0, 0, 0);
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            n_rows += 1;
            let mut both = [0; 2];
            for (place, &column) in both.iter_mut().zip(&columns) {
                let text = row.text(column);
                let number = row.maybe_number(column);
                let is_count = text.bytes().all(|byte| byte.is_ascii_digit());
                if row.is_missing(column) || number.is_some() && !is_count {
                    return Ok(Coverage::None);
                }
                n_texts += usize::from(number.is_none());
                *place = ids.number(text);
            }
            let [first, second] = both;
            n_same += usize::from(first == second);
            ordered.insert((first, second));
            if first != second {
                pairs.insert((first.min(second), first.max(second)));
            }
        }
        let n = ids.names.len();
        let is_complete = n >= 3 && pairs.len() == n_pairs(n);
        let has_each_once = ordered.len() == n_rows && (n_same == 0 || n_same == n);
        let is_text = n_texts == 2 * n_rows && n >= 3 && n_same == 0;
        Ok(match (is_complete, has_each_once) {
            // Three pairs of three numbers may also be three judgments.
            (true, true) if n > 3 || is_text => Coverage::Complete,
            _ if is_text && n < n_rows + 2 => Coverage::Partial,
            (true, _) if n_same == 0 && (n > 4 || has_each_once) => Coverage::Partial,
            (false, true) if n > 4 && n_same == 0 && 2 * pairs.len() > n_pairs(n) => {
                Coverage::Partial
            }
            _ => Coverage::None,
        })
    }
}

/// Checks whether columns have numbers that are not whole, so that they cannot be stimuli.
pub(super) fn has_fractions(table: &Table, columns: [usize; 2]) -> Result<bool> {
    have_number(table, columns, |number| {
        number.is_finite() && number.fract() != 0.0
    })
}

/// Checks whether two columns have more than two labels, which the poles of a scale have.
fn have_three_labels(table: &Table, columns: [usize; 2]) -> Result<bool> {
    let mut labels = HashSet::new();
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        labels.extend(columns.map(|column| row.text(column).to_owned()));
        if labels.len() > 2 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Checks whether two columns have a number of a kind.
fn have_number(
    table: &Table,
    columns: [usize; 2],
    is_of_kind: impl Fn(f64) -> bool,
) -> Result<bool> {
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        let has = |&column: &usize| row.maybe_number(column).is_some_and(&is_of_kind);
        if columns.iter().any(has) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the two columns with the stimuli of a pair, according to their names and, if several columns
/// may hold them, to their content.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if neither tells.
pub(super) fn stimuli_of(table: &Table, names: &[String]) -> Result<Option<[usize; 2]>> {
    let mut found = candidates_of_stimuli(names);
    if found.len() < 2 {
        return Ok(found.pop());
    }
    let mut are_whole = HashSet::new();
    for &pair in &found {
        if !has_fractions(table, pair)? {
            are_whole.insert(pair);
        }
    }
    let mut are_varied = HashSet::new();
    for &pair in &found {
        if have_three_labels(table, pair)? {
            are_varied.insert(pair);
        }
    }
    prefer(&mut found, |pair| are_varied.contains(pair));
    let are_all = |pair: &[usize; 2], is_meant: &dyn Fn(&str) -> bool| {
        pair.iter().all(|&column| is_meant(&names[column]))
    };
    prefer(&mut found, |pair| are_whole.contains(pair));
    prefer(&mut found, |pair| are_all(pair, &is_of_pair));
    prefer(&mut found, |pair| are_all(pair, &|name| !is_value(name)));
    if let [only] = found[..] {
        return Ok(Some(only));
    }
    prefer(&mut found, |pair| are_all(pair, &|name| !is_property(name)));
    by_content(table, names, found).map(Some)
}

/// Keeps the pairs of columns that are preferred, if there are any.
fn prefer(found: &mut Vec<[usize; 2]>, is_preferred: impl Fn(&[usize; 2]) -> bool) {
    if found.iter().any(&is_preferred) {
        found.retain(is_preferred);
    }
}

/// Returns the pair of columns whose labels determine those of the others, as stimuli determine their
/// categories: names rather than numbers for the same stimuli.
fn by_content(table: &Table, names: &[String], found: Vec<[usize; 2]>) -> Result<[usize; 2]> {
    let mut finest = Vec::new();
    for &pair in &found {
        let mut determines_all = true;
        for &other in found.iter().filter(|other| **other != pair) {
            determines_all &= determines(table, pair, other)?;
        }
        if determines_all {
            finest.push((pair, !have_number(table, pair, |_| true)?));
        }
    }
    let pairs_of = |found: &[[usize; 2]]| -> Vec<String> {
        let described = |pair: &[usize; 2]| listed(pair.iter().map(|&column| &names[column]));
        found.iter().map(described).collect()
    };
    let named = finest.iter().find(|(_, are_texts)| *are_texts);
    match (named, &finest[..]) {
        (Some(&(pair, _)), _) | (None, &[(pair, _)]) => Ok(pair),
        _ => Err(FileError::Ambiguous {
            what: format!(
                "which two columns hold the stimuli of each pair: {}",
                pairs_of(&found).join(", or ")
            ),
            remedy: "keep only two columns of stimuli, and name them item1 and item2",
        }
        .into()),
    }
}

/// Checks whether each label in two columns stands beside one label of two other columns.
fn determines(table: &Table, labels: [usize; 2], others: [usize; 2]) -> Result<bool> {
    let mut other_of = HashMap::new();
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        for (label, other) in labels.into_iter().zip(others) {
            let other = row.text(other).to_owned();
            let known = other_of
                .entry(row.text(label).to_owned())
                .or_insert_with(|| other.clone());
            if *known != other {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
