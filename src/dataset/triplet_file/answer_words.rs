//! The words in the names of columns, or arrays, with answers.

use super::column_names::has_word;
use crate::io::text::{consists_of, is_person, words};

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
const KEYS: [&str; 7] = [
    "key", "keys", "keypress", "resp", "pressed", "click", "clicked",
];

/// Words in names of columns that hold the closer of two candidates.
pub(super) const CLOSER: [&str; 4] = ["winner", "closer", "nearer", "preferred"];

/// Words in names of columns that hold what is not the odd one, or not the closer candidate.
pub(super) const NOT_ODD: [&str; 9] = [
    "pair", "pairs", "similar", "alike", "same", "match", "closest", "together", "kept",
];
pub(super) const NOT_CLOSE: [&str; 9] = [
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

/// Words before that for an answer: who answered, or what the column is a part of.
const LEADING: [&str; 10] = [
    "data",
    "trial",
    "result",
    "record",
    "my",
    "final",
    "human",
    "majority",
    "modal",
    "consensus",
];

/// Words that may accompany one for an answer: what refers to the stimulus, who answered, and the rest
/// of `odd one out`, `odd man out`, `oddity` and `selected as most similar`. Another word is that for
/// something else about the answer, such as its certainty, or for an option that was chosen or not.
const COMPANIONS: [&str; 60] = [
    "index",
    "idx",
    "indices",
    "ids",
    "image",
    "img",
    "im",
    "pic",
    "picture",
    "photo",
    "stimulus",
    "stimuli",
    "stim",
    "object",
    "obj",
    "item",
    "concept",
    "word",
    "option",
    "candidate",
    "alternative",
    "file",
    "filename",
    "path",
    "url",
    "name",
    "label",
    "text",
    "value",
    "val",
    "position",
    "pos",
    "location",
    "loc",
    "place",
    "slot",
    "side",
    "number",
    "num",
    "nr",
    "no",
    "digit",
    "letter",
    "column",
    "button",
    "mouse",
    "keyboard",
    "press",
    "one",
    "out",
    "man",
    "ity",
    "as",
    "most",
    "human",
    "majority",
    "modal",
    "consensus",
    "final",
    "raw",
];

/// Words that tell several answers to the same trial apart.
const ORDINALS: [&str; 31] = [
    "first",
    "second",
    "third",
    "last",
    "previous",
    "other",
    "old",
    "new",
    "orig",
    "original",
    "corrected",
    "changed",
    "revised",
    "retest",
    "repeat",
    "repeated",
    "again",
    "pre",
    "post",
    "run",
    "session",
    "alt",
    "s",
    "t",
    "r",
    "x",
    "y",
    "a",
    "b",
    "c",
    "v",
];
/// Words for an answer beside others, which may be that of a participant.
const PICKS: [&str; 8] = [
    "pick", "vote", "decision", "decided", "judged", "report", "guess", "input",
];

/// Words that tell of one option whether it was chosen, at the end of a name.
const OPTIONS: [&str; 8] = ["left", "right", "middle", "center", "a", "b", "c", "x"];

/// Checks whether a name is that of a column, or array, with answers: it begins with a word for an
/// answer, or has one for a key, and has no unknown words. It may also name who answered.
pub(super) fn is_answer(name: &str, is_anchored: bool) -> bool {
    // PsychoPy writes the name of the component before it.
    let name = match name.rsplit_once('.') {
        Some((_, of_component @ ("keys" | "clicked_name"))) => of_component,
        _ => name,
    };
    let joined = without_leading(words(name));
    let is_named = begins_with_answer(&joined)
        || has_word(name, &KEYS)
        || is_anchored && has_word(name, &CLOSER);
    // An answer key holds the correct answers.
    is_named && consists_of(&joined, &known(is_anchored)) && joined != "answerkey"
}

/// Checks whether a name may be that of a column with other answers to the same trials, such as
/// `second_choice` or `selected2`.
pub(super) fn is_other_answer(name: &str, is_anchored: bool) -> bool {
    let is_ordinal =
        |word: &str| ORDINALS.contains(&word) || word.bytes().all(|c| c.is_ascii_digit());
    let words: Vec<String> = words(name)
        .into_iter()
        .filter(|word| !is_ordinal(word))
        .collect();
    let joined = without_leading(words);
    let closer = if is_anchored { &CLOSER[..] } else { &[] };
    let all = [&ANSWERS[..], &KEYS, &PICKS, closer, &COMPANIONS];
    consists_of(&joined, &all) && !consists_of(&joined, &[&COMPANIONS]) && joined != "answerkey"
}

/// Checks whether a name resembles that of a column with answers, which may hold something else about
/// the answers.
pub(super) fn resembles_answer(name: &str) -> bool {
    let is_option =
        |word: &String| OPTIONS.contains(&word.as_str()) || word.chars().all(char::is_numeric);
    let words = words(name);
    let is_of_option = words.len() > 1 && words.last().is_some_and(is_option);
    begins_with_answer(&without_leading(words)) && !is_of_option || has_word(name, &KEYS)
}

/// Returns the words that the name of a column with answers may have.
fn known(is_anchored: bool) -> Vec<&'static [&'static str]> {
    let of_task = match is_anchored {
        true => [&CLOSER[..], &NOT_CLOSE, &["closest"]],
        false => [&NOT_ODD[..], &[], &[]],
    };
    [&[&ANSWERS[..], &KEYS, &COMPANIONS][..], &of_task].concat()
}

/// Returns the words of a name without those before the answer, and those for a participant.
fn without_leading(mut words: Vec<String>) -> String {
    words.retain(|word| !is_person(word));
    let is_leading = |word: &&String| LEADING.contains(&word.as_str());
    let n_leading = words.iter().take_while(is_leading).count();
    match n_leading < words.len() {
        true => words[n_leading..].concat(),
        false => words.concat(),
    }
}

fn begins_with_answer(joined: &str) -> bool {
    ANSWERS
        .iter()
        .any(|beginning| joined.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_known_by_all_words() {
        for name in [
            "choice",
            "oddOneOut",
            "odd_man_out",
            "oddity",
            "ooo_index",
            "odd position",
            "selected_option",
            "responses",
            "key_resp.keys",
            "mouse.clicked_name",
            "button_pressed",
            "participant_choice",
            "worker_answer_ids",
            "data.choice",
            "trial.response",
            "data.key_press",
            "human_choice",
            "majority_choice",
            "choice_human",
            "key_resp_2.keys",
            "test_resp.keys",
            "mouse_3.clicked_name",
        ] {
            assert!(is_answer(name, false), "{name}");
        }
        for name in [
            "choice_certainty",
            "response_quality",
            "response_hand",
            "response_block",
            "odd_difficulty",
            "odd_trial",
            "selected_category",
            "answer_set",
            "judgment_ease",
            "key_mapping",
            "response_mode",
            "gpt.choice",
            "response_correct",
            "choice_model",
            "gpt_choice",
            "choice_y",
            "second_choice",
            "selected2",
            "answer_key",
            "winner",
            "human",
            "",
        ] {
            assert!(!is_answer(name, false), "{name}");
        }
        // A name of many words that end in several ways.
        assert!(!is_answer(&"as".repeat(500), false));
    }

    #[test]
    fn names_of_options_and_of_votes_are_no_answers() {
        for name in ["winner", "closer", "preferred_image", "winner_name"] {
            assert!(is_answer(name, true), "{name}");
        }
        for name in [
            "left_closer",
            "closer_is_left",
            "winner_left",
            "preferred_left",
            "resp_left",
            "key_left",
            "clicked_left",
            "left_pressed",
            "a_closer",
            "first_closer",
            "image1_closer",
            "response_first",
            "choice_first",
            "top_preferred",
            "choice_top",
            "closer_votes",
            "winner_confidence",
        ] {
            assert!(!is_answer(name, true), "{name}");
        }
    }

    #[test]
    fn other_answers_are_known_by_ordinals() {
        for name in [
            "choice_y",
            "response_x",
            "selected2",
            "second_choice",
            "choice_retest",
            "choice",
        ] {
            assert!(is_other_answer(name, false), "{name}");
        }
        for name in [
            "similar1",
            "image2",
            "name",
            "choice_gpt4",
            "choice_correct",
            "Stimulus.CRESP",
            "unchosen1",
        ] {
            assert!(!is_other_answer(name, false), "{name}");
        }
    }
}
