//! The answers of trials, and how they refer to stimuli.

use super::answer_names::{ColumnNames, number_of_key};
use super::column_names::middle_of;
use super::design::MANY;
use crate::error::{FileError, JudgmentError, Quoted, Result};
use crate::io::text::plain;
use crate::judgment::Task;
use crate::stimuli::IdForm;

/// A stimulus or an answer, as written in a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Number(f64),
    Text(String),
}

impl Cell {
    fn is(&self, value: f64) -> bool {
        match self {
            Cell::Number(number) => *number == value,
            Cell::Text(text) => {
                let text = text.trim();
                text.parse() == Ok(value) || number_of_key(text) == Some(value)
            }
        }
    }

    pub(super) fn show(&self) -> String {
        match self {
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => format!("{:?}", text.chars().take(80).collect::<String>()),
        }
    }
}

/// The ways in which an answer can refer to one of the candidate stimuli.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// By the value in the candidate's column.
    Value,
    /// By its position, counted from this number.
    Position(u8),
    /// By the name of its column, or by the part of it that differs from the others.
    Column,
    /// By sign: 1 for the first of two candidates and −1 for the second.
    Sign,
}

impl Form {
    const ALL: [Form; 5] = [
        Form::Value,
        Form::Position(0),
        Form::Position(1),
        Form::Column,
        Form::Sign,
    ];

    /// Returns the position of the candidate to which an answer refers.
    fn chosen(self, answer: &Cell, candidates: &[Cell], columns: &[ColumnNames]) -> Option<usize> {
        match self {
            Form::Value => candidates.iter().position(|candidate| candidate == answer),
            Form::Position(first) => (0..candidates.len())
                .find(|&position| answer.is(position as f64 + f64::from(first))),
            Form::Column => match answer {
                Cell::Text(answer) => {
                    let answer = plain(answer);
                    columns.iter().position(|names| names.is(&answer))
                }
                Cell::Number(_) => None,
            },
            Form::Sign if candidates.len() == 2 && answer.is(1.0) => Some(0),
            Form::Sign if candidates.len() == 2 && answer.is(-1.0) => Some(1),
            Form::Sign => None,
        }
    }
}

/// How answers refer to stimuli, and the position of the chosen candidate of each trial.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) form: Form,
    pub(super) chosen: Vec<usize>,
}

/// Reorders every trial according to its answer: the odd one last, or the closer candidate before
/// the farther one.
///
/// # Errors
/// Returns [`JudgmentError::UnknownAnswer`] with the first trial whose answer refers to none of its
/// stimuli in the form that fits most trials, and [`FileError::Ambiguous`] if several forms fit all
/// answers.
pub(super) fn apply<T: Task>(
    stimuli: &mut [[Cell; 3]],
    answers: &[Cell],
    columns: &[String; 3],
) -> Result<Answered> {
    // The head of an anchored trial is not a candidate.
    let first = if T::N_PAIRS == 2 { 1 } else { 0 };
    let names = ColumnNames::of(&columns[first..]);
    let chosen =
        |form: Form, trial: usize| form.chosen(&answers[trial], &stimuli[trial][first..], &names);
    let reach = |form: Form| {
        let failed = (0..answers.len()).find(|&trial| chosen(form, trial).is_none());
        failed.unwrap_or(answers.len())
    };
    let fitting: Vec<Form> = Form::ALL
        .into_iter()
        .filter(|&form| reach(form) == answers.len())
        .collect();
    let form = match fitting.as_slice() {
        [form] => *form,
        [] => {
            let n_fitting = |form: &Form| {
                let trials = 0..answers.len();
                trials
                    .filter(|&trial| chosen(*form, trial).is_some())
                    .count()
            };
            // Of several forms, the first one whose first unknown answer is the latest.
            let key = |form: &Form| (n_fitting(form), reach(*form));
            let best = Form::ALL.into_iter().rev().max_by_key(key);
            let trial = best.map_or(0, reach);
            return Err(JudgmentError::UnknownAnswer {
                trial: trial as u64,
                answer: answers[trial].show(),
                similar: similar(&answers[trial], &stimuli[trial][first..]),
            }
            .into());
        }
        _ => {
            return Err(FileError::Ambiguous {
                what: "whether answers are stimuli or positions, or whether positions count from 0 or 1"
                    .into(),
                remedy: "write the trials in the order of the answer, without a column of answers",
            }.into());
        }
    };
    let all: Vec<usize> = (0..answers.len())
        .map(|trial| chosen(form, trial).unwrap_or(0))
        .collect();
    if let Form::Position(counted) = form {
        check_positions(&all, stimuli[0].len() - first)?;
        log::info!(
            "answers are positions of stimuli, counted from {counted}: {counted} is {}",
            match columns[first].as_str() {
                "" => "the first of them".to_owned(),
                name => format!("column {name:?}"),
            }
        );
    }
    if form == Form::Sign {
        check_signs(&columns[first..])?;
    }
    if first == 0 {
        check_each_chosen(&all, columns)?;
    }
    for (trial, &chosen) in stimuli.iter_mut().zip(&all) {
        match T::N_PAIRS {
            2 if chosen == 1 => trial.swap(1, 2),
            2 => {}
            _ => trial.swap(chosen, 2),
        }
    }
    Ok(Answered { form, chosen: all })
}

/// Checks whether all answers refer to the candidate at a place, in one of the ways to do so.
pub(super) fn are_all_of(
    place: usize,
    answers: &[Cell],
    candidates: &[[Cell; 2]],
    columns: &[String; 2],
) -> bool {
    let names = ColumnNames::of(columns);
    let all = |form: Form| {
        let mut trials = answers.iter().zip(candidates);
        trials.all(|(answer, shown)| form.chosen(answer, shown, &names) == Some(place))
    };
    Form::ALL.into_iter().any(all)
}

/// Checks that answers of 1 and −1 are not those of a table, where −1 may be the first candidate, as the
/// left one on a screen.
fn check_signs(candidates: &[String]) -> Result<()> {
    if candidates.iter().all(String::is_empty) {
        log::info!("answers of 1 are the first candidate, those of −1 are the second");
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: format!(
            "whether 1 or −1 is the candidate in column {}",
            Quoted(&candidates[0])
        ),
        remedy: "write the answers as ids or as names of the columns",
    }
    .into())
}

/// Checks that answers are not those to whether one of three stimuli was chosen: the last position
/// never occurs in many trials.
fn check_positions(chosen: &[usize], n_candidates: usize) -> Result<()> {
    if n_candidates < 3 || chosen.len() < MANY || chosen.contains(&(n_candidates - 1)) {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: format!(
            "whether the answers are positions of stimuli: the last one never occurs in {} trials",
            chosen.len()
        ),
        remedy: "if they tell whether one of the stimuli was chosen, write the chosen stimulus instead; \
                 otherwise write the trials in the order of the answer, without a column of answers",
    }
    .into())
}

/// Checks that not one of three stimuli alone is never the odd one in many trials, nor that in the middle, as
/// the stimulus with which the others are compared in anchored trials.
fn check_each_chosen(chosen: &[usize], columns: &[String; 3]) -> Result<()> {
    let n_chosen = [0, 1, 2].map(|place| chosen.iter().filter(|&&other| other == place).count());
    let is_often = |place: usize| 10 * n_chosen[place] >= chosen.len();
    let names = columns.each_ref().map(|name| plain(name));
    let middle = middle_of(names.each_ref().map(String::as_str));
    let never = match middle.filter(|&place| n_chosen[place] == 0) {
        Some(place) if chosen.len() >= MANY / 2 => Some(place),
        _ if chosen.len() >= MANY => (0..3).find(|&place| {
            n_chosen[place] == 0 && (0..3).all(|other| other == place || is_often(other))
        }),
        _ => None,
    };
    let Some(never) = never else {
        return Ok(());
    };
    let which = match columns[never].as_str() {
        "" => format!("in column {}", never + 1),
        name => format!("in column {}", Quoted(name)),
    };
    Err(FileError::Ambiguous {
        what: format!(
            "whether its {} trials are odd-one-out trials: the stimulus {which} is never the odd one",
            chosen.len()
        ),
        remedy: "if the others are compared with it, name the columns head, candidate1, candidate2 and choice, \
                 and read anchored trials (`TripletFile::<AnchoredTask>`, `--anchored`); otherwise write the \
                 odd one last in each trial, without a column of answers",
    }
    .into())
}

/// Returns the candidate from which an answer differs only by case, folder or ending.
fn similar(answer: &Cell, candidates: &[Cell]) -> Option<String> {
    let plain = |id: &str| IdForm::LowerCase.of(&IdForm::FileStem.of(id));
    let Cell::Text(answer) = answer else {
        return None;
    };
    candidates.iter().find_map(|candidate| match candidate {
        Cell::Text(candidate) if plain(candidate) == plain(answer) => Some(candidate.clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::assert_kind;
    use crate::judgment::{AnchoredTask, OddOneOutTask};

    fn numbers(trials: &[[i32; 3]]) -> Vec<[Cell; 3]> {
        let cell = |value| Cell::Number(f64::from(value));
        trials.iter().map(|trial| trial.map(cell)).collect()
    }

    fn applied<T: Task>(trials: &[[i32; 3]], answers: &[i32]) -> Result<Vec<[Cell; 3]>> {
        let mut trials = numbers(trials);
        let answers: Vec<Cell> = answers
            .iter()
            .map(|&a| Cell::Number(f64::from(a)))
            .collect();
        let columns = ["image1", "image2", "image3"].map(String::from);
        apply::<T>(&mut trials, &answers, &columns)?;
        Ok(trials)
    }

    #[test]
    fn answers_by_position_and_value() {
        let trials = [[7, 8, 9], [4, 5, 6], [5, 7, 3]];
        let expected = numbers(&[[9, 8, 7], [4, 5, 6], [5, 3, 7]]);
        for answers in [[1, 3, 2], [0, 2, 1], [7, 6, 7]] {
            assert_eq!(
                applied::<OddOneOutTask>(&trials, &answers).unwrap(),
                expected
            );
        }
        let expected = numbers(&[[7, 8, 9], [4, 6, 5], [5, 3, 7]]);
        for answers in [[8, 6, 3], [1, 2, 2], [0, 1, 1]] {
            assert_eq!(
                applied::<AnchoredTask>(&trials, &answers).unwrap(),
                expected
            );
        }
        // In an array, 1 is the first candidate; in a table, −1 may be the left one.
        let signs = [1.0, -1.0, -1.0].map(Cell::Number);
        let mut unnamed = numbers(&trials);
        apply::<AnchoredTask>(&mut unnamed, &signs, &Default::default()).unwrap();
        assert_eq!(unnamed, expected);
        let error = applied::<AnchoredTask>(&trials, &[1, -1, -1]).unwrap_err();
        assert_kind!(error, File(FileError::Ambiguous { .. }));
    }

    #[test]
    fn answers_by_the_names_of_columns() {
        let texts = |trial: [&str; 3]| trial.map(|id| Cell::Text(id.into()));
        for (columns, answer) in [
            (["image_left", "image_middle", "image_right"], "Middle"),
            (["stimL", "stimM", "stimR"], "m"),
            (["left", "middle", "right"], "middle"),
            (["image1", "image2", "image3"], "image2"),
            (["image1", "image2", "image3"], "second"),
            (["left", "middle", "right"], "M"),
        ] {
            let mut trials = vec![texts(["cat", "dog", "cow"])];
            let answers = [Cell::Text(answer.into())];
            let form = apply::<OddOneOutTask>(&mut trials, &answers, &columns.map(String::from));
            assert_eq!(form.unwrap().form, Form::Column, "{answer}");
            assert_eq!(trials, [texts(["cat", "cow", "dog"])]);
        }
        let unnamed = ["", "", ""].map(String::from);
        let mut trials = vec![texts(["cat", "dog", "cow"])];
        assert!(apply::<OddOneOutTask>(&mut trials, &[Cell::Text("".into())], &unnamed).is_err());
    }

    #[test]
    fn keys_with_digits_are_positions() {
        let trials = [[7, 8, 9], [4, 5, 6], [5, 7, 3]];
        for keys in [["Digit1", "Digit3", "Digit2"], ["num_1", "num_3", "num_2"]] {
            let mut found = numbers(&trials);
            let keys = keys.map(|key| Cell::Text(key.into()));
            let columns = ["image1", "image2", "image3"].map(String::from);
            apply::<OddOneOutTask>(&mut found, &keys, &columns).unwrap();
            assert_eq!(found, numbers(&[[9, 8, 7], [4, 5, 6], [5, 3, 7]]));
        }
    }

    #[test]
    fn what_could_be_both_is_refused() {
        // Position from 0 or from 1; value or position.
        for (trials, answers) in [
            ([[7, 8, 9], [4, 5, 6]], [1, 2]),
            ([[0, 2, 1], [1, 0, 2]], [0, 2]),
        ] {
            let error = applied::<OddOneOutTask>(&trials, &answers).unwrap_err();
            assert_kind!(error, File(FileError::Ambiguous { .. }));
        }
        let error = applied::<OddOneOutTask>(&[[7, 8, 9], [4, 5, 6]], &[7, 1]).unwrap_err();
        assert_kind!(
            error,
            Judgment(JudgmentError::UnknownAnswer { trial: 1, .. })
        );
    }
}
