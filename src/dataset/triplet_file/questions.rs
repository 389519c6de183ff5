//! Rows that answer other questions than the task asks, or are no judgments, as columns that are not
//! read tell.

use std::collections::BTreeMap;

use crate::error::{FileError, Quoted, Result};
use crate::io::text::{PRACTICE, Table, is_one_of, marks_practice, words};

/// Largest number of different values of a column that tells kinds of rows apart.
const MOST_KINDS: usize = 20;

/// Largest number of different questions.
const MOST_QUESTIONS: usize = 6;

/// Words in names of columns with the question that a row answers, and those that accompany them.
const QUESTIONS: [&str; 4] = ["question", "task", "instruction", "prompt"];
const OF_QUESTIONS: [&str; 7] = ["name", "text", "type", "kind", "label", "the", "for"];

/// Words in the values of a column of any name that are of different questions.
const OPPOSITES: [(&[&str], &[&str]); 2] = [
    (
        &["odd", "ooo", "oddoneout", "outlier"],
        &["similar", "similarity", "alike", "closest"],
    ),
    (
        &["closer", "closest", "nearer", "nearest"],
        &["farther", "further", "farthest", "furthest"],
    ),
];

/// Checks that all rows answer the same question, as columns beside the trials tell, and warns of rows
/// that are marked as practice.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if they answer several.
pub(super) fn check_rows(table: &Table, beside: &[usize]) -> Result<()> {
    let mut kinds: Vec<(usize, BTreeMap<String, usize>)> = beside
        .iter()
        .map(|&column| (column, BTreeMap::new()))
        .collect();
    let mut rows = table.rows();
    while !kinds.is_empty()
        && let Some(row) = rows.next()?
    {
        kinds.retain_mut(|(column, n_rows)| {
            let text = row.text(*column);
            match n_rows.get_mut(text) {
                Some(n) => *n += 1,
                None => {
                    n_rows.insert(text.to_owned(), 1);
                }
            }
            n_rows.len() <= MOST_KINDS
        });
    }
    for (column, n_rows) in kinds {
        let name = table.name(column);
        note_practice(name, &n_rows);
        let values: Vec<&str> = n_rows.keys().map(String::as_str).collect();
        if are_questions(name, &values) || are_opposite(&values) {
            return Err(several_questions(name, &values));
        }
    }
    Ok(())
}

/// Checks whether the values of a column, by its name, are several questions. Numbers may be those of the
/// questions of one kind.
fn are_questions(name: &str, values: &[&str]) -> bool {
    let words = words(name);
    let is_question = |word: &String| is_one_of(word, &QUESTIONS);
    let is_known = |word: &String| is_question(word) || is_one_of(word, &OF_QUESTIONS);
    let is_kind = |value: &&&str| !value.is_empty() && !is_practice(name, value);
    let questions: Vec<&&str> = values.iter().filter(is_kind).collect();
    let are_numbers = questions.iter().all(|value| value.parse::<f64>().is_ok());
    words.iter().any(is_question)
        && words.iter().all(is_known)
        && (2..=MOST_QUESTIONS).contains(&questions.len())
        && !are_numbers
}

/// Checks whether some values are words of one question, and others of another.
fn are_opposite(values: &[&str]) -> bool {
    let some_have = |known: &[&str]| {
        let has = |value: &&str| {
            words(value)
                .iter()
                .any(|word| known.contains(&word.as_str()))
        };
        values.iter().any(has)
    };
    OPPOSITES
        .iter()
        .any(|(one, other)| some_have(one) && some_have(other))
}

fn several_questions(name: &str, values: &[&str]) -> crate::Error {
    let shown: Vec<String> = values
        .iter()
        .take(3)
        .map(|value| format!("{value:?}"))
        .collect();
    FileError::Ambiguous {
        what: format!(
            "whether all rows answer the question of the task: column {} has the values {}",
            Quoted(name),
            shown.join(", ")
        ),
        remedy: "keep the rows of one question, and remove the column",
    }
    .into()
}

/// Checks whether a value marks practice or tests of attention.
fn is_practice(name: &str, value: &str) -> bool {
    let is_mark = |word: &String| PRACTICE.contains(&word.as_str());
    let is_named = words(name).iter().any(is_mark);
    words(value).iter().any(is_mark) || is_named && marks_practice(name, value)
}

/// Adds a warning if rows are marked as practice or as tests of attention.
fn note_practice(name: &str, n_rows: &BTreeMap<String, usize>) {
    let marked = n_rows.iter().filter(|(value, _)| is_practice(name, value));
    let n: usize = marked.map(|(_, n)| n).sum();
    if n > 0 {
        log::warn!(
            "{n} trials are marked in column {name:?} as practice or as tests of attention, and are \
             counted; remove them if they are no judgments"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_by_names_and_values() {
        for (name, values) in [
            ("question", &["odd one out", "most similar"][..]),
            ("task", &["odd", "similar"]),
            ("task", &["triplet", "2afc", "practice"]),
            ("Instructions", &["Pick one.", "Pick two."]),
            ("question_text", &["A?", "B?"]),
        ] {
            assert!(are_questions(name, values), "{name}: {values:?}");
        }
        for (name, values) in [
            ("question", &["odd one out"][..]),
            ("question", &["odd one out", ""]),
            ("task", &["main", "practice"]),
            ("question", &["1", "2"]),
            ("task_id", &["a", "b"]),
            ("condition", &["a", "b"]),
        ] {
            assert!(!are_questions(name, values), "{name}: {values:?}");
        }
        assert!(are_opposite(&["odd one out", "most similar"]));
        assert!(!are_opposite(&["similar", "different"]));
    }
}
