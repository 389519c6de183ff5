//! Labels of participants that may be of the same person, or of several.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names::has_one_of;
use super::table::Table;
use crate::error::{Error, FileError, Quoted, Result};

/// Words for groups of people, in each of which participants may be numbered from 1.
const GROUPS: [&str; 15] = [
    "site",
    "group",
    "list",
    "experiment",
    "exp",
    "batch",
    "lab",
    "cohort",
    "study",
    "sample",
    "centre",
    "center",
    "school",
    "country",
    "location",
];

/// Returns two different labels that differ only by upper and lower case, by zeros before a number or by
/// `.0` after it, so that they may be of the same person.
pub(crate) fn alike_labels<'l>(labels: impl IntoIterator<Item = &'l str>) -> Option<[&'l str; 2]> {
    let mut seen = HashMap::new();
    labels.into_iter().find_map(|label| {
        let first = *seen.entry(without_zeros(label)).or_insert(label);
        (first != label).then_some([first, label])
    })
}

/// Converts a label to lower case, without zeros before numbers and without `.0` at its end.
fn without_zeros(label: &str) -> String {
    let label = label.trim().to_lowercase();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = label.trim_end_matches('0').strip_suffix('.');
    without_leading_zeros(whole.filter(|whole| is_number(whole)).unwrap_or(&label))
}

/// Removes the zeros before the numbers in a text: `img_007` becomes `img_7`.
pub(crate) fn without_leading_zeros(text: &str) -> String {
    let mut kept = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_inside = kept.ends_with(|last: char| last.is_ascii_digit());
        let is_before = chars.peek().is_some_and(char::is_ascii_digit);
        if !(c == '0' && is_before && !is_inside) {
            kept.push(c);
        }
    }
    kept
}

/// Checks that the labels of participants, in one column of a table, are not numbers that begin again in
/// each group of people, which another of the `columns` names.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if several groups have a participant with the same number.
pub(crate) fn refuse_numbered_afresh(
    table: &Table,
    participant: usize,
    columns: &[usize],
) -> Result<()> {
    /// Largest length of a label that is a number with a few letters, and not a unique code.
    const MAX_LENGTH: usize = 8;

    for &column in columns {
        if !has_one_of(table.name(column), &GROUPS) {
            continue;
        }
        let mut groups_of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            let groups = groups_of
                .entry(row.text(participant).to_owned())
                .or_default();
            if !row.is_missing(column) && !groups.contains(row.text(column)) {
                groups.insert(row.text(column).to_owned());
            }
        }
        let is_number = |label: &str| {
            label.len() <= MAX_LENGTH && label.ends_with(|c: char| c.is_ascii_digit())
        };
        let mut repeated = groups_of
            .iter()
            .filter(|(label, groups)| is_number(label) && groups.len() > 1);
        if let Some((label, _)) = repeated.next() {
            return Err(afresh(label, table.name(column)));
        }
    }
    Ok(())
}

fn afresh(label: &str, column: &str) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether participant {} is one person: it has several values of column {}",
            Quoted(label),
            Quoted(column)
        ),
        remedy: "give each person a label of their own (A-1 and B-1) if they are numbered from 1 in each \
                 group; remove the column of groups if equal labels are the same person",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_one_person_may_be_written_differently() {
        for labels in [
            ["01", "1"],
            ["S1", "s1"],
            ["1", "1.0"],
            ["sub-01", "sub-001"],
            ["P10", "p010"],
        ] {
            assert_eq!(alike_labels(labels), Some(labels));
        }
        for labels in [
            ["1", "10"],
            ["1", "1"],
            ["S1", "T1"],
            ["0", "00x"],
            ["1.5", "1.50"],
            ["10", "1"],
            ["100", "10.0"],
        ] {
            assert_eq!(alike_labels(labels), None, "{labels:?}");
        }
        assert_eq!(alike_labels(["a", "b", "c", "B"]), Some(["b", "B"]));
    }
}
