//! Participants whose labels may be those of other people.

use std::collections::{HashMap, HashSet};

use super::names::{IDENTIFIERS, is_one_of, is_participant, is_person, plain, words};
use super::{Table, group_alike};
use crate::error::{FileError, Result};

/// Words for groups of people that take part in a study, each of which may number its own people.
const GROUPS: [&str; 20] = [
    "site",
    "lab",
    "laboratory",
    "cohort",
    "study",
    "experiment",
    "exp",
    "country",
    "city",
    "group",
    "list",
    "batch",
    "population",
    "hospital",
    "school",
    "university",
    "institution",
    "institute",
    "centre",
    "center",
];

/// Checks that no two labels differ only by leading zeros, a fraction of zero, letter case or the spaces
/// around them.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if two labels do.
pub(crate) fn check_labels<'l>(labels: impl IntoIterator<Item = &'l str>) -> Result<()> {
    let Some(mut both) = alike_labels(labels) else {
        return Ok(());
    };
    both.sort_unstable();
    let [one, other] = both;
    Err(FileError::Ambiguous {
        what: format!("whether the participants {one:?} and {other:?} are the same person"),
        remedy: "write each participant in the same way everywhere, or give different people labels that \
                 differ by more than leading zeros, .0, letter case and spaces",
    }
    .into())
}

/// Returns two different labels that may be of one person, because they differ only by leading zeros, a
/// fraction of zero, letter case or the spaces around them.
pub(crate) fn alike_labels<'l>(labels: impl IntoIterator<Item = &'l str>) -> Option<[&'l str; 2]> {
    let (mut different, mut known) = (HashSet::new(), HashMap::new());
    labels.into_iter().find_map(|label| {
        let is_new = different.insert(label);
        let first = is_new.then(|| *known.entry(normal(label)).or_insert(label))?;
        (first != label).then_some([first, label])
    })
}

/// Returns a label in lower case without spaces around it, a fraction of zero, and leading zeros.
fn normal(label: &str) -> String {
    let label = label.trim().to_lowercase();
    let ends_with_digit = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
    let whole = match label.rsplit_once('.') {
        Some((whole, zeros)) if ends_with_digit(whole) && zeros.bytes().all(|b| b == b'0') => whole,
        _ => &label,
    };
    without_leading_zeros(whole)
}

/// Removes the zeros before the numbers in a text, but not after a decimal point: `img_007` becomes
/// `img_7`.
pub(crate) fn without_leading_zeros(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let begins_number = !kept.ends_with(|c: char| c.is_ascii_digit() || c == '.');
        let is_followed = rest.peek().is_some_and(char::is_ascii_digit);
        if c != '0' || !begins_number || !is_followed {
            kept.push(c);
        }
    }
    kept
}

/// Checks that the participants of a table are not numbered within sites, studies or other groups of people,
/// given in one of the columns `others`: that most of their numbers occur in only one group.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if most occur in several.
pub(crate) fn check_groups(
    table: &Table,
    participants: usize,
    others: impl IntoIterator<Item = usize>,
) -> Result<()> {
    let is_group = |&column: &usize| column != participants && is_group(table.name(column));
    for column in others.into_iter().filter(is_group) {
        let mut groups_of: HashMap<String, HashSet<String>> = HashMap::new();
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            if !row.is_missing(column) {
                let groups = groups_of.entry(row.text(participants).to_owned());
                groups.or_default().insert(row.text(column).to_owned());
            }
        }
        let in_several = groups_of
            .iter()
            .filter(|(label, groups)| groups.len() > 1 && is_numbered(label));
        let n_in_several = in_several.count();
        if 2 * n_in_several > groups_of.len() {
            return Err(FileError::Ambiguous {
                what: format!(
                    "whether equal labels in column {:?} are the same person: {n_in_several} of {} occur with \
                     several values of column {:?}",
                    table.name(participants),
                    groups_of.len(),
                    table.name(column)
                ),
                remedy: "if each value has its own people, write both in the label, such as siteA_01; if the \
                         same people took part, remove the column of groups",
            }
            .into());
        }
    }
    Ok(())
}

/// Checks whether a label is a number, with a few letters at most, and no code that is unique.
fn is_numbered(label: &str) -> bool {
    label.len() <= 8 && label.ends_with(|c: char| c.is_ascii_digit())
}

/// Checks whether a column holds a group of people, by all words of its name.
fn is_group(name: &str) -> bool {
    let words = words(name);
    let is_word = |word: &String| is_one_of(word, &GROUPS);
    let accompanies = |word: &String| {
        is_person(word)
            || IDENTIFIERS.contains(&word.as_str())
            || word.chars().all(char::is_numeric)
    };
    words.iter().any(is_word) && words.iter().all(|word| is_word(word) || accompanies(word))
}

/// Finds the column of participants of a table among these columns: the one named `participant`, or the
/// first one whose name identifies participants. `None` if there is none.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if no column is named `participant` and several tell different people
/// apart.
pub(crate) fn column_of_participants(
    table: &Table,
    columns: impl Iterator<Item = usize>,
) -> Result<Option<usize>> {
    let named: Vec<usize> = columns
        .filter(|&column| is_participant(table.name(column)))
        .collect();
    let mut exact = named.iter().copied();
    if let Some(exact) = exact.find(|&column| plain(table.name(column)) == "participant") {
        return Ok(Some(exact));
    }
    let mut several = Vec::new();
    if named.len() > 1 {
        for &column in &named {
            if !is_constant(table, column)? {
                several.push(column);
            }
        }
    }
    // A column that is the same in all rows, as in exports of anonymous data, tells no people apart.
    let named = if several.is_empty() { named } else { several };
    let Some((&first, others)) = named.split_first() else {
        return Ok(None);
    };
    for &other in others {
        if !group_alike(table, first, other)? {
            return Err(FileError::Ambiguous {
                what: format!(
                    "which of the columns {:?} and {:?} holds the participants: they group the rows \
                     differently",
                    table.name(first),
                    table.name(other)
                ),
                remedy: "name the right one \"participant\" and remove or rename the other",
            }
            .into());
        }
    }
    Ok(Some(first))
}

/// Checks whether a column has the same text in all rows.
fn is_constant(table: &Table, column: usize) -> Result<bool> {
    let mut first: Option<String> = None;
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        match &first {
            None => first = Some(row.text(column).to_owned()),
            Some(first) if first != row.text(column) => return Ok(false),
            Some(_) => {}
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_differ_in_spelling_may_be_of_one_person() {
        for labels in [
            ["01", "1"],
            ["1", "1.0"],
            ["SUB-01", "sub-01"],
            ["sub-1", "sub-01"],
            ["s1", " s1"],
            ["4", "4.00"],
            ["0", "00"],
        ] {
            assert!(check_labels(labels).is_err(), "{labels:?}");
        }
        for labels in [
            ["1", "10"],
            ["1.05", "1.5"],
            ["s1", "s01b"],
            ["a", "b"],
            ["1", "1"],
            ["1.5", "1.0"],
            ["0", "0.5"],
            ["v.0", "v"],
            ["1.5", "1.50"],
            ["100", "10.0"],
        ] {
            assert!(check_labels(labels).is_ok(), "{labels:?}");
        }
        assert_eq!(alike_labels(["a", "b", "c", "B"]), Some(["b", "B"]));
    }

    #[test]
    fn people_may_be_numbered_within_groups() {
        let check = |text: &str| {
            let table = Table::of(text.to_owned(), Some(b',')).unwrap();
            check_groups(&table, 1, 0..3).is_ok()
        };
        let rows = "A,0,x\nA,1,x\nB,0,x\nB,1,y\nB,2,y\n";
        for name in ["site", "Study ID", "group", "exp_no", "subject_lab"] {
            assert!(!check(&format!("{name},subject,item\n{rows}")), "{name}");
        }
        for name in ["age_group", "block", "condition", "group_size"] {
            assert!(check(&format!("{name},subject,item\n{rows}")), "{name}");
        }
        // Few people took part in both.
        assert!(check("site,subject,item\nA,0,x\nA,1,x\nB,1,x\nB,2,x\n"));
    }
}
