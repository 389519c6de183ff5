//! Answers beside candidates that already are in the order of an answer, such as `positive` and `negative`.

use super::answer_words::{NOT_CLOSE, is_answer};
use super::answers::{Cell, are_all_of};
use super::column_names::has_word;
use super::columns::Columns;
use crate::error::{Error, FileError, Quoted, Result};
use crate::io::arrays::NamedArray;
use crate::io::text::{Table, consists_of, is_missing, is_person, truth, words};

/// Words in names of columns that tell whether the participant chose the candidate that is named first.
const VERDICTS: [&str; 12] = [
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
];

/// Words that may accompany them.
const OF_VERDICTS: [&str; 9] = [
    "is", "was", "human", "response", "resp", "answer", "choice", "trial", "key",
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
            true => are_all_of(expected, &answers, &candidates, &names),
            false => !are_verdicts(&answers) || answers.iter().all(is_yes),
        };
        if !agree {
            return Err(contradicts(name, &names, is_answer));
        }
    }
    Ok(())
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
    let mut words = words(name);
    words.retain(|word| !is_person(word));
    let joined = words.concat();
    consists_of(&joined, &[&VERDICTS, &OF_VERDICTS]) && !consists_of(&joined, &[&OF_VERDICTS])
}

/// Checks whether answers tell whether a candidate was chosen, or how often: truth values, signs or
/// proportions, some of which may be missing.
fn are_verdicts(answers: &[Cell]) -> bool {
    answers.iter().all(|answer| match answer {
        Cell::Number(number) => (-1.0..=1.0).contains(number) || number.is_nan(),
        Cell::Text(text) => truth(text).is_some() || is_missing(text),
    })
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
