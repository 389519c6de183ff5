//! Columns with the numbers of equal answers, each of which should be a trial of its own.

use std::collections::{HashMap, HashSet};

use super::answer_words::{ANSWERS, CLOSER};
use crate::error::{FileError, Quoted, Result};
use crate::io::text::{self, counts, has_one_of, is_person, words};

/// Checks whether a column may hold the number of equal answers, or of those who gave them.
pub(super) fn is_count(name: &str) -> bool {
    text::is_count(name, &[&ANSWERS, &CLOSER])
}

/// Checks that a column does not hold numbers of equal answers, given the participants of the rows. It
/// may hold the number of the trial, or a property of each participant.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it may hold them.
pub(super) fn check_count(
    column: &str,
    values: &[String],
    participants: Option<&[String]>,
) -> Result<()> {
    let Some(numbers) = whole(values) else {
        return check_weights(column, values);
    };
    let vary = numbers.iter().any(|number| *number != numbers[0]);
    let is_of_people = participants.is_some_and(|people| is_property(values, people));
    if !vary || counts(values).is_some() || is_running(&numbers) || is_of_people {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: format!(
            "whether column {} holds the number of equal answers",
            Quoted(column)
        ),
        remedy: "if it does, repeat each line as many times; otherwise remove the column",
    }
    .into())
}

/// Checks that a column does not hold weights of the rows.
fn check_weights(column: &str, values: &[String]) -> Result<()> {
    let are_numbers = values.iter().all(|value| value.parse::<f64>().is_ok());
    if !has_one_of(column, &["weight", "weighting"]) || !are_numbers {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: format!(
            "whether trials count equally, since column {} may hold their weights",
            Quoted(column)
        ),
        remedy: "trials of different weights are not supported; remove the column if they count equally",
    }
    .into())
}

/// Checks that a column of participants, if its name is in the plural, does not hold their number: the
/// rows of each number follow each other.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it may hold it.
pub(super) fn check_people(column: &str, values: &[String]) -> Result<()> {
    let words = words(column);
    let is_plural =
        |word: &String| is_person(word) && word.strip_suffix('s').is_some_and(is_person);
    let Some(numbers) = whole(values).filter(|_| matches!(&words[..], [word] if is_plural(word)))
    else {
        return Ok(());
    };
    let different: HashSet<&String> = values.iter().collect();
    let n_changes = values.windows(2).filter(|two| two[0] != two[1]).count();
    let are_blocks = n_changes + 1 == different.len() && different.len() < values.len();
    if are_blocks || counts(values).is_some() || is_running(&numbers) {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: format!(
            "whether column {} holds the participants or their number",
            Quoted(column)
        ),
        remedy: "name it \"participant\" if it tells the participants apart; if it holds their number, \
                 repeat each line as many times",
    }
    .into())
}

/// Returns the numbers of a column if all are whole and none is negative.
fn whole(values: &[String]) -> Option<Vec<f64>> {
    let number = |text: &String| {
        let number: Option<f64> = text.parse().ok();
        number.filter(|&x| x >= 0.0 && x.fract() == 0.0)
    };
    let numbers: Option<Vec<f64>> = values.iter().map(number).collect();
    numbers.filter(|numbers| !numbers.is_empty())
}

/// Checks whether numbers count from 0 or 1, again and again.
fn is_running(numbers: &[f64]) -> bool {
    let first = numbers[0];
    let is_next = |two: &[f64]| two[1] == two[0] + 1.0 || two[1] == first;
    let n_runs = numbers.iter().filter(|number| **number == first).count();
    // Most counts may be 1.
    [0.0, 1.0].contains(&first) && numbers.windows(2).all(is_next) && 3 * n_runs <= numbers.len()
}

/// Checks whether all rows of a participant have the same value.
fn is_property(values: &[String], participants: &[String]) -> bool {
    let mut value_of: HashMap<&String, &String> = HashMap::new();
    let is_same = |(who, value): (_, _)| value_of.entry(who).or_insert(value) == &value;
    participants.iter().zip(values).all(is_same) && 2 * value_of.len() <= values.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_answers_are_known_by_words() {
        for name in [
            "count",
            "N",
            "Freq",
            "n_participants",
            "n_people",
            "nRaters",
            "num_responses",
            "nresp",
            "number_of_responses",
            "no_subjects",
            "num_participants",
            "subject_count",
            "total_votes",
            "votes",
            "num_votes",
            "votes_odd",
            "choice_count",
            "count_choice",
            "n_chosen",
            "times_chosen",
            "times",
            "occurrences",
            "cnt",
            "reps",
            "tally",
            "n_trials",
            "n_obs",
            "winner_votes",
            "Anzahl",
            "n_times",
            "nb_participants",
            "agreeing_raters",
            "0",
        ] {
            assert!(is_count(name), "{name}");
        }
        for name in [
            "trial_n",
            "trial_count",
            "response_times",
            "reaction_times",
            "repetition",
            "rep",
            "subject_nr",
            "participant_number",
            "no_response",
            "click_count",
            "word_frequency",
            "vote",
            "choice",
            "participants",
            "x",
            "",
        ] {
            assert!(!is_count(name), "{name}");
        }
    }

    #[test]
    fn numbers_of_trials_are_no_counts() {
        let check = |values: &[&str], participants: Option<&[&str]>| {
            let texts = |values: &[&str]| -> Vec<String> {
                values.iter().map(|&value| value.to_owned()).collect()
            };
            check_count("n", &texts(values), participants.map(texts).as_deref()).is_ok()
        };
        assert!(!check(&["9", "1", "5"], None));
        // Few answers that were given twice.
        assert!(!check(&["1", "1", "2", "1", "1", "1", "2", "1"], None));
        assert!(check(&["1", "2", "3", "4", "1", "2", "3", "4"], None));
        assert!(check(&["4", "4", "4"], None));
        let people = ["A", "A", "B", "B"];
        assert!(check(&["9", "9", "5", "5"], Some(&people)));
        assert!(!check(&["9", "8", "5", "5"], Some(&people)));
    }

    #[test]
    fn numbers_in_a_column_of_people_may_be_how_many_they_are() {
        let check = |name: &str, values: &[&str]| {
            let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
            check_people(name, &values).is_ok()
        };
        assert!(!check("participants", &["9", "1", "5", "1"]));
        assert!(!check("raters", &["9", "1", "5"]));
        assert!(check("participants", &["3", "3", "1", "1"]));
        assert!(check("participants", &["A", "B", "A"]));
        assert!(check("participant", &["9", "1", "5", "1"]));
    }
}
