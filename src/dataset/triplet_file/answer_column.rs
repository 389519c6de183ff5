//! The column, or array, that holds the answer.

use super::answer_words::{ANSWERS, NOT_CLOSE, NOT_ODD, is_answer};
use super::column_names::has_word;
use crate::error::{FileError, Quoted, Result};
use crate::io::text::plain;

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
    stimuli: [usize; 3],
    is_anchored: bool,
) -> Result<Option<usize>> {
    // Names of nested records begin with that of the record, such as `player.choice`.
    let record = |column: usize| names[column].rsplit_once('.').map(|(record, _)| record);
    let is_beside = |column: usize| stimuli.iter().all(|&other| record(other) == record(column));
    let within = |column: usize| match names[column].rsplit_once('.') {
        Some((_, name)) if is_beside(column) => name,
        _ => names[column].as_str(),
    };
    let found: Vec<usize> = columns
        .filter(|&column| is_answer(within(column), is_anchored))
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
