//! The name of the column, or array, that holds the answer.

use super::column_names::has_word;
use crate::error::{FileError, Quoted, Result};
use crate::io::text::{is_person, plain, words};

/// Beginnings of the names of the column that holds the answer.
pub(super) const ANSWERS: [&str; 12] = [
    "choice",
    "odd",
    "ooo",
    "outlier",
    "response",
    "answer",
    "selected",
    "chosen",
    "judgment",
    "judgement",
    "picked",
    "selection",
];

/// Words in names of columns that hold the answer as a key or a place on the screen.
const KEYS: [&str; 6] = ["key", "keys", "resp", "pressed", "click", "clicked"];

/// Words in names of columns that hold the closer of two candidates.
const CLOSER: [&str; 4] = ["winner", "closer", "nearer", "preferred"];

/// Words in names of columns that hold what is not the odd one, or not the closer candidate.
const NOT_ODD: [&str; 9] = [
    "pair", "pairs", "similar", "alike", "same", "match", "closest", "together", "kept",
];
const NOT_CLOSE: [&str; 9] = [
    "odd",
    "ooo",
    "outlier",
    "different",
    "dissimilar",
    "far",
    "farther",
    "furthest",
    "least",
];

/// Words in names of columns that hold something else about the answer.
const NOT_ANSWERS: [&str; 44] = [
    "corr",
    "expected",
    "started",
    "stopped",
    "duration",
    "rt",
    "correct",
    "accuracy",
    "acc",
    "trial",
    "trials",
    "type",
    "confidence",
    "conf",
    "onset",
    "order",
    "n",
    "count",
    "votes",
    "id",
    "valid",
    "invalid",
    "missing",
    "missed",
    "changed",
    "made",
    "given",
    "prob",
    "probability",
    "p",
    "score",
    "strength",
    "entropy",
    "skipped",
    "timeout",
    "late",
    "pred",
    "predicted",
    "prediction",
    "model",
    "typicality",
    "typical",
    "naming",
    "familiarity",
];

/// Words after that for an answer in names of columns that tell of one option whether it was chosen.
const OPTIONS: [&str; 8] = ["left", "right", "middle", "center", "a", "b", "c", "x"];

/// Checks whether a name is that of a column, or array, with answers. It may also name who answered.
pub(super) fn is_answer(name: &str) -> bool {
    let words: Vec<String> = words(name)
        .into_iter()
        .filter(|word| !is_person(word))
        .collect();
    let joined = words.concat();
    let begins = ANSWERS
        .iter()
        .any(|beginning| joined.starts_with(beginning));
    let is_of_option = || {
        let is_option =
            |word: &String| OPTIONS.contains(&word.as_str()) || word.chars().all(char::is_numeric);
        words.len() > 1 && words.last().is_some_and(is_option)
    };
    // An answer key holds the correct answers.
    (begins && !is_of_option() || has_word(name, &KEYS))
        && !has_word(name, &NOT_ANSWERS)
        && joined != "answerkey"
}

/// Checks that the name of a column, or array, with answers is not that of another question than the
/// task asks.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it is.
pub(super) fn check_question(name: &str, is_anchored: bool) -> Result<()> {
    let (what, remedy) = match is_anchored {
        true if has_word(name, &NOT_CLOSE) => (
            "the closer candidate",
            "name it \"choice\" if it does; if it holds the farther one, write the columns head, close, far",
        ),
        false if has_word(name, &NOT_ODD) => (
            "the odd one of the three",
            "name it \"choice\" if it does; otherwise write three columns of stimuli, with the odd one last",
        ),
        _ => return Ok(()),
    };
    Err(FileError::Ambiguous {
        what: format!("whether {} holds {what}", Quoted(name)),
        remedy,
    }
    .into())
}

/// Finds the column with the answer. One whose name is nothing else takes precedence, but an answer
/// beside a response may be the correct one.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if several columns may hold it, or if its name is that of
/// another answer than the task has.
pub(super) fn answer_of(
    names: &[String],
    columns: impl Iterator<Item = usize>,
    is_anchored: bool,
) -> Result<Option<usize>> {
    let is_closer = |name: &str| is_anchored && has_word(name, &CLOSER);
    let found: Vec<usize> = columns
        .filter(|&column| is_answer(&names[column]) || is_closer(&names[column]))
        .collect();
    let is_named = |column: &usize, name: &str| plain(&names[*column]) == name;
    let is_exact = |column: &usize| ANSWERS.iter().any(|name| is_named(column, name));
    let exact: Vec<usize> = match found.iter().any(|column| is_named(column, "answer")) {
        true => Vec::new(),
        false => found.iter().copied().filter(is_exact).collect(),
    };
    let answer = match (found.as_slice(), exact.as_slice()) {
        ([], _) => return Ok(None),
        (&[one], _) | (_, &[one]) => one,
        _ => {
            let names: Vec<&str> = found.iter().map(|&column| names[column].as_str()).collect();
            return Err(FileError::Ambiguous {
                what: format!("which of the columns {names:?} holds the answer"),
                remedy: "name the one with the chosen stimulus, or its place, \"choice\" in the header, and \
                         rename or remove the others",
            }
            .into());
        }
    };
    check_question(&names[answer], is_anchored)?;
    Ok(Some(answer))
}
