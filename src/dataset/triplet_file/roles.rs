//! Answers beside candidates that already are in the order of an answer, such as `positive` and `negative`.

use std::collections::HashMap;

use super::answer_words::{NOT_CLOSE, is_answer};
use super::answers::{Cell, are_all_of};
use super::column_names::{CLOSE, has_word, is_odd};
use super::columns::Columns;
use crate::error::{Error, FileError, Quoted, Result};
use crate::io::arrays::NamedArray;
use crate::io::text::{Table, consists_of, has_one_of, is_missing, is_person, plain, truth, words};

/// Words in names of columns that tell whether the participant chose the candidate that is named first.
const VERDICTS: [&str; 18] = [
    "correct",
    "corr",
    "accuracy",
    "accurate",
    "acc",
    "agree",
    "agreed",
    "agreement",
    "label",
    "consistent",
    "vote",
    "hit",
    "matches",
    "matched",
    "chose",
    "picked",
    "preference",
    "decision",
];

/// Words in names of columns that tell whether an answer was correct.
const CORRECT: [&str; 5] = ["correct", "corr", "acc", "accuracy", "accurate"];

/// Words that may accompany them.
const OF_VERDICTS: [&str; 13] = [
    "is", "was", "human", "response", "resp", "answer", "choice", "trial", "triplet", "key",
    "majority", "1", "2",
];

/// Checks that columns with answers, beside columns that are named after the closer and the farther
/// candidate, give the closer one as the answer in every row.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one does not.
pub(super) fn check_roles(table: &Table, columns: &Columns) -> Result<()> {
    if columns.answer.is_some() || table.header().is_none() {
        return Ok(());
    }
    let [_, close, far] = columns.stimuli;
    let names = [close, far].map(|column| table.name(column).to_owned());
    for column in columns.beside(table.n_columns()) {
        let name = table.name(column);
        let (is_answer, is_verdict) = (is_answer(name, true), is_verdict(name));
        if !is_answer && !is_verdict {
            continue;
        }
        let (mut candidates, mut answers, mut n_missing) = (Vec::new(), Vec::new(), 0);
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            let cell = |column: usize| match row.maybe_number(column) {
                Some(number) => Cell::Number(number),
                None => Cell::Text(row.text(column).to_owned()),
            };
            candidates.push([close, far].map(cell));
            answers.push(cell(column));
            n_missing += usize::from(row.is_missing(column));
        }
        if n_missing == answers.len() {
            continue;
        }
        let expected = usize::from(has_word(name, &NOT_CLOSE));
        let agree = match is_answer {
            true => {
                are_all_of(expected, &answers, &candidates, &names)
                    || are_names_of(expected, &answers, &candidates)
            }
            false => !are_verdicts(&answers) || answers.iter().all(is_yes),
        };
        if !agree {
            return Err(contradicts(name, &names, is_answer));
        }
    }
    Ok(())
}

/// Checks that answers in a column that is named after the odd one are not the odd ones of a design, which
/// participants did not always choose, as a column beside them tells.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if they may be.
pub(super) fn check_design(table: &Table, columns: &Columns) -> Result<()> {
    let Some(answer) = columns
        .answer
        .filter(|&answer| is_odd(&plain(table.name(answer))))
    else {
        return Ok(());
    };
    for column in columns.beside(table.n_columns()) {
        if !is_correctness(table.name(column)) {
            continue;
        }
        let (mut are_truths, mut are_correct, mut rows) = (true, true, table.rows());
        while let Some(row) = rows.next()? {
            let truth = truth(row.text(column));
            are_truths &= truth.is_some();
            are_correct &= truth == Some(true);
        }
        if are_truths && !are_correct {
            return Err(FileError::Ambiguous {
                what: format!(
                    "whether column {} holds the answers of participants or the odd ones of a design: \
                     column {} is false in some rows",
                    Quoted(table.name(answer)),
                    Quoted(table.name(column))
                ),
                remedy: "name the column with the answers of participants \"choice\"",
            }
            .into());
        }
    }
    Ok(())
}

/// Checks whether answers are other names of the candidates at a place, such as words beside numbers: never
/// what is written in the column of a candidate, and always the same for the same one.
fn are_names_of(place: usize, answers: &[Cell], candidates: &[[Cell; 2]]) -> bool {
    let trials = || answers.iter().zip(candidates);
    let mut named = HashMap::new();
    let mut meant = HashMap::new();
    let are_one_to_one = trials().all(|(answer, shown)| {
        let (answer, shown) = (answer.show(), shown[place].show());
        *named.entry(shown.clone()).or_insert_with(|| answer.clone()) == answer
            && *meant.entry(answer).or_insert_with(|| shown.clone()) == shown
    });
    // That each occurs once tells nothing.
    are_one_to_one
        && named.len() < answers.len()
        && named.len() > 2
        && !trials().any(|(answer, shown)| shown.contains(answer))
}

/// Checks that an array beside trials in the order of their answers does not hold more votes for the second
/// candidate than for the first, or answers, given its values by trial.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it does in a trial.
pub(super) fn check_votes(array: &NamedArray, votes: &[[f64; 2]]) -> Result<()> {
    match votes.iter().find(|[first, second]| first < second) {
        None => Ok(()),
        Some(_) => Err(FileError::Ambiguous {
            what: format!(
                "whether the order of the candidates or its array {} holds the answers, which has larger \
                 numbers for the second candidate in some trials",
                Quoted(&array.name)
            ),
            remedy: "if it holds votes, write the trials in the order of the answer and repeat each trial as \
                     often as it was chosen; otherwise remove the array",
        }
        .into()),
    }
}

/// Checks whether a column tells whether a candidate was chosen, by all words of its name.
fn is_verdict(name: &str) -> bool {
    [name, of_component(name)].into_iter().any(|name| {
        let mut words = words(name);
        words.retain(|word| !is_person(word));
        let joined = words.concat();
        consists_of(&joined, &[&VERDICTS, &CLOSE, &OF_VERDICTS])
            && !consists_of(&joined, &[&OF_VERDICTS])
    })
}

/// Checks whether answers tell whether a candidate was chosen, or how often: truth values, signs or
/// proportions, some of which may be missing.
fn are_verdicts(answers: &[Cell]) -> bool {
    answers.iter().all(|answer| match answer {
        Cell::Number(number) => (-1.0..=1.0).contains(number) || number.is_nan(),
        Cell::Text(text) => truth(text).is_some() || is_missing(text),
    })
}

/// Returns a name without that of the component before it, as PsychoPy and E-Prime write it.
fn of_component(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

/// Checks whether a column tells whether an answer was correct.
fn is_correctness(name: &str) -> bool {
    let name = of_component(name);
    let words = words(name);
    has_one_of(name, &CORRECT) && consists_of(&words.concat(), &[&CORRECT, &OF_VERDICTS])
}

fn is_yes(answer: &Cell) -> bool {
    match answer {
        Cell::Number(number) => *number >= 0.5,
        Cell::Text(text) => truth(text) == Some(true),
    }
}

fn contradicts(column: &str, [close, _]: &[String; 2], is_answer: bool) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether the answers are those in column {}, which is not that in column {} in every row",
            Quoted(column),
            Quoted(close)
        ),
        remedy: match is_answer {
            true => {
                "to use these answers, name the two candidates candidate1 and candidate2, and write each \
                 answer as the candidate or as the name of its column; otherwise remove the column"
            }
            false => {
                "if it tells whether this candidate was chosen, exchange the two candidates in the rows where \
                 it was not, and then remove the column; otherwise remove it"
            }
        },
    })
}
