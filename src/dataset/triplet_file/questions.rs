//! Rows that answer other questions than the task asks, or are no judgments, as columns that are not
//! read tell.

use std::collections::BTreeMap;

use crate::error::{FileError, Quoted, Result};
use crate::io::text::{Table, excludes, is_one_of, marked, marks_practice, words};

/// Largest number of different values of a column that tells kinds of rows apart.
const MOST_KINDS: usize = 20;

/// Largest number of different questions.
const MOST_QUESTIONS: usize = 6;

/// Words in names of columns with the question that a row answers, and those that accompany them.
const QUESTIONS: [&str; 4] = ["question", "task", "instruction", "prompt"];
const OF_QUESTIONS: [&str; 7] = ["name", "text", "type", "kind", "label", "the", "for"];

/// Endings of the names of columns in which PsychoPy counts the trials of a loop.
const OF_LOOPS: [&str; 4] = [".thisN", ".thisTrialN", ".thisRepN", ".thisIndex"];

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

/// A column, and the numbers of rows with each of its values.
struct Kinds {
    column: usize,
    /// The numbers of rows by value, or of the first values if there are many.
    n_rows: BTreeMap<String, usize>,
    /// Number of rows of other values that mark them as no judgments.
    n_marked: usize,
    /// Number of rows without a value, if the column counts the trials of a loop.
    n_empty: Option<usize>,
}

/// Checks that all rows are judgments and answer the same question, as columns beside the trials tell.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if rows are marked as practice, as tests of attention or as excluded, if
/// they are of several loops of an experiment, or if they answer several questions.
pub(super) fn check_rows(table: &Table, beside: &[usize]) -> Result<()> {
    let kinds = |&column: &usize| Kinds {
        column,
        n_rows: BTreeMap::new(),
        n_marked: 0,
        n_empty: is_of_loop(table.name(column)).then_some(0),
    };
    let mut all: Vec<Kinds> = beside.iter().map(kinds).collect();
    let mut n_rows = 0;
    let mut rows = table.rows();
    while !all.is_empty()
        && let Some(row) = rows.next()?
    {
        n_rows += 1;
        for kinds in &mut all {
            let text = row.text(kinds.column);
            if let Some(n_empty) = &mut kinds.n_empty {
                *n_empty += usize::from(row.is_missing(kinds.column));
            }
            let n_kinds = kinds.n_rows.len();
            match kinds.n_rows.get_mut(text) {
                Some(n) => *n += 1,
                None if n_kinds <= MOST_KINDS => {
                    kinds.n_rows.insert(text.to_owned(), 1);
                }
                // Nearly all columns of many values hold numbers.
                None if text.starts_with(|c: char| c.is_ascii_digit()) => {}
                None => {
                    let is_marked = is_no_judgment(table.name(kinds.column), text);
                    kinds.n_marked += usize::from(is_marked);
                }
            }
        }
    }
    for kinds in &all {
        let name = table.name(kinds.column);
        if let Some(n_empty) = kinds.n_empty.filter(|n| (1..n_rows).contains(n)) {
            return Err(several_loops(name, n_rows - n_empty, n_rows));
        }
        let of_values = kinds
            .n_rows
            .iter()
            .filter(|(value, _)| is_no_judgment(name, value));
        let n_marked = kinds.n_marked + of_values.map(|(_, n)| n).sum::<usize>();
        if n_marked > 0 {
            let marked_as = "practice, as tests of attention or as excluded";
            return Err(marked(n_marked, name, marked_as));
        }
        let values: Vec<&str> = kinds.n_rows.keys().map(String::as_str).collect();
        let are_few = values.len() <= MOST_KINDS;
        if are_few && (are_questions(name, &values) || are_opposite(&values)) {
            return Err(several_questions(name, &values));
        }
    }
    Ok(())
}

/// Checks whether a column counts the trials of a loop of PsychoPy.
fn is_of_loop(name: &str) -> bool {
    OF_LOOPS.iter().any(|ending| name.ends_with(ending))
}

/// Checks whether a field marks its row as practice, as a test of attention or as excluded.
fn is_no_judgment(name: &str, value: &str) -> bool {
    excludes(name, value) || marks_practice(name, value)
}

/// Checks whether the values of a column, by its name, are several questions. Numbers may be those of the
/// questions of one kind.
fn are_questions(name: &str, values: &[&str]) -> bool {
    let words = words(name);
    let is_question = |word: &String| is_one_of(word, &QUESTIONS);
    let is_known = |word: &String| is_question(word) || is_one_of(word, &OF_QUESTIONS);
    let is_kind = |value: &&&str| !value.is_empty() && !marks_practice(name, value);
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

fn several_loops(name: &str, n: usize, n_rows: usize) -> crate::Error {
    FileError::Ambiguous {
        what: format!(
            "whether all rows are trials: {n} of {n_rows} rows have a number in column {}, which counts the \
             trials in a loop of PsychoPy",
            Quoted(name)
        ),
        remedy: "keep the rows of the loop of the trials, and remove the columns of other loops",
    }
    .into()
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
