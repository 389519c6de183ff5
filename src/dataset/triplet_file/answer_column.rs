//! The column, or array, that holds the answer.

use super::answer_words::{ANSWERS, NOT_CLOSE, NOT_ODD, is_answer};
use super::column_names::has_word;
use crate::error::{FileError, Quoted, Result};
use crate::io::text::{Table, plain};

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
    table: &Table,
    columns: impl Iterator<Item = usize>,
    stimuli: [usize; 3],
    is_anchored: bool,
) -> Result<Option<usize>> {
    let names = table.header().unwrap_or_default();
    // Names of nested records begin with that of the record, such as `player.choice`.
    let record = |column: usize| names[column].rsplit_once('.').map(|(record, _)| record);
    let is_beside = |column: usize| stimuli.iter().all(|&other| record(other) == record(column));
    let within = |column: usize| match names[column].rsplit_once('.') {
        Some((_, name)) if is_beside(column) => name,
        // E-Prime writes the name of the slide before it.
        Some((_, name @ "RESP")) => name,
        _ => names[column].as_str(),
    };
    let is_meant = |name: &str| is_answer(name, is_anchored);
    // The name of the odd one of `face1`, `face2` and `face3` may be `face_odd`.
    let stem = stem_of(stimuli.map(|column| plain(&names[column])));
    let is_meant_without = |name: &str| {
        let name = plain(name);
        let rest = name.strip_prefix(&stem).or(name.strip_suffix(&stem));
        !stem.is_empty() && rest.is_some_and(is_meant)
    };
    let others: Vec<usize> = columns.collect();
    let named = |is_named: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let columns = others.iter().copied();
        columns.filter(|&column| is_named(within(column))).collect()
    };
    let mut found = named(&is_meant);
    if found.is_empty() {
        found = named(&is_meant_without);
    }
    if found.len() > 1 {
        // Gorilla writes an empty column of answers where the experiment has none.
        let mut filled = Vec::new();
        for column in found {
            if !is_empty(table, column)? {
                filled.push(column);
            }
        }
        found = filled;
    }
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

/// Returns what the names of three columns begin with, without the digits of numbers.
fn stem_of(names: [String; 3]) -> String {
    let [first, others @ ..] = &names;
    let is_common = |&(at, c): &(usize, char)| {
        let is_same = |name: &String| name.get(at..).is_some_and(|rest| rest.starts_with(c));
        !c.is_ascii_digit() && others.iter().all(is_same)
    };
    let common = first.char_indices().take_while(is_common);
    common.map(|(_, c)| c).collect()
}

/// Checks whether all fields of a column are empty.
fn is_empty(table: &Table, column: usize) -> Result<bool> {
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        if !row.text(column).is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}
