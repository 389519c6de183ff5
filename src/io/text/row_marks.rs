//! Columns that mark rows which are no judgments.

use super::names::{consists_of, has_one_of, is_one_of, words};
use crate::error::{Error, FileError, Quoted};

/// Beginnings of words for practice and tests of attention.
const PRACTICE: [&str; 14] = [
    "attention",
    "practice",
    "practise",
    "practica",
    "práctica",
    "familiari",
    "tutorial",
    "warmup",
    "übung",
    "uebung",
    "entraînement",
    "entrainement",
    "oefening",
    "练习",
];

/// Words for practice and tests of attention that are also those of objects (`aluminium foil`), and those
/// that accompany them.
const ALSO_OBJECTS: [&str; 14] = [
    "catch",
    "training",
    "sanity",
    "vigilance",
    "instruction",
    "foil",
    "filler",
    "dummy",
    "lure",
    "demo",
    "example",
    "buffer",
    "prac",
    "pract",
];
const OF_PRACTICE: [&str; 12] = [
    "trial", "block", "phase", "part", "check", "question", "item", "task", "run", "round",
    "session", "test",
];

/// Texts of one meaning with the word for a check, which may be part of others.
const CHECKS: [&str; 4] = ["check", "checks", "ischeck", "checktrial"];

/// Words for rows that are excluded, as fields and in the names of columns.
const EXCLUDED: [&str; 41] = [
    "excluded",
    "exclude",
    "exclusion",
    "invalid",
    "timeout",
    "timedout",
    "toofast",
    "tooslow",
    "noresponse",
    "skipped",
    "skip",
    "rejected",
    "reject",
    "outlier",
    "discarded",
    "discard",
    "dropped",
    "drop",
    "removed",
    "remove",
    "missed",
    "failed",
    "fail",
    "flagged",
    "ignored",
    "ignore",
    "omitted",
    "omit",
    "aborted",
    "duplicate",
    "bot",
    "bad",
    "ausgeschlossen",
    "ausschluss",
    "ungültig",
    "ungueltig",
    "exclu",
    "excluido",
    "excluída",
    "剔除",
    "排除",
];

/// Words in the names of columns whose false values exclude rows.
const INCLUDED: [&str; 20] = [
    "valid", "clean", "included", "include", "keep", "kept", "usable", "use", "used", "accepted",
    "approved", "passed", "pass", "good", "ok", "gültig", "gueltig", "valide", "válido", "有效",
];

/// Words that may accompany those for exclusion or inclusion in the name of a column.
const ACCOMPANYING: [&str; 21] = [
    "is",
    "was",
    "be",
    "to",
    "trial",
    "row",
    "response",
    "answer",
    "rating",
    "judgment",
    "judgement",
    "check",
    "data",
    "participant",
    "subject",
    "rt",
    "quality",
    "qc",
    "catch",
    "attention",
    "flag",
];

/// Checks whether a name has a word for practice or tests of attention.
pub(crate) fn names_practice(name: &str) -> bool {
    is_practice(name) || has_one_of(name, &ALSO_OBJECTS)
}

/// Checks whether a text has a word that is only used for practice and tests of attention, also divided
/// (`warm-up`), or consists of other such words.
fn is_practice(text: &str) -> bool {
    let words = words(text);
    let divided = words.windows(2).map(<[String]>::concat);
    let mut all = words.iter().cloned().chain(divided);
    let joined: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let consists = |known: &[&[&str]]| consists_of(&joined.to_lowercase(), known);
    all.any(|word| PRACTICE.iter().any(|known| word.starts_with(known)))
        || CHECKS.contains(&joined.to_lowercase().as_str())
        || consists(&[&ALSO_OBJECTS, &OF_PRACTICE]) && !consists(&[&OF_PRACTICE])
}

/// Checks whether a field marks a trial that is no judgment, by itself or as true in a column that is
/// named so. A column such as `attention_check_passed` marks those that are judgments, and fields with
/// paths of files mark none.
pub(crate) fn marks_practice(column: &str, field: &str) -> bool {
    let is_path = field.contains(['/', '\\', '.']);
    !is_path && is_practice(field)
        || names_practice(column) && !is_of(column, &INCLUDED) && truth(field) == Some(true)
}

/// Checks whether a field says that its row is not to be used: by itself (`timeout`), as true in a
/// column such as `excluded`, or as false in a column such as `valid`.
pub(crate) fn excludes(column: &str, field: &str) -> bool {
    // Two words, such as `timed out`, are written as one.
    let is_excluded = EXCLUDED.contains(&words(field).concat().as_str());
    is_excluded
        || is_of(column, &EXCLUDED) && truth(field) == Some(true)
        || is_of(column, &INCLUDED) && truth(field) == Some(false)
}

/// Checks whether the name of a column has one of the words, and no others than those that accompany
/// them.
fn is_of(column: &str, known: &[&str]) -> bool {
    let words = words(column);
    let is_meant = |word: &String| is_one_of(word, known);
    words.iter().any(is_meant) && {
        let accompanies = |word: &String| is_one_of(word, &ACCOMPANYING);
        words.iter().all(|word| is_meant(word) || accompanies(word))
    } || known.contains(&words.concat().as_str())
}

/// Returns the truth value that a field writes as a word, a letter or a number.
pub(crate) fn truth(field: &str) -> Option<bool> {
    match field.trim().to_lowercase().as_str() {
        "true" | "1" | "1.0" | "yes" | "y" | "t" | "ja" | "oui" | "sí" | "是" => Some(true),
        "false" | "0" | "0.0" | "no" | "n" | "f" | "nein" | "nee" | "non" | "否" => Some(false),
        _ => None,
    }
}

/// Returns the error for rows that a column marks, for example as excluded.
pub(crate) fn marked(n_rows: usize, column: &str, marked_as: &str) -> Error {
    let (rows, judgments) = match n_rows {
        1 => ("row", "is a judgment"),
        _ => ("rows", "are judgments"),
    };
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether {n_rows} {rows}, which column {} marks as {marked_as}, {judgments}",
            Quoted(column)
        ),
        remedy: "remove these rows, or the column if they are judgments",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_excluded_by_their_fields_and_columns() {
        for (column, field) in [
            ("excluded", "yes"),
            ("is_excluded", "1"),
            ("trial_valid", "FALSE"),
            ("valid", "0"),
            ("timed_out", "true"),
            ("timeout", "1"),
            ("status", "timed out"),
            ("note", "Skipped"),
            ("attention_check_passed", "0"),
            ("too_fast", "1"),
            ("status", "no_response"),
            ("ausgeschlossen", "ja"),
            ("gültig", "nein"),
            ("exclu", "oui"),
            ("有效", "否"),
            ("qc_pass", "0"),
            ("passed_qc", "False"),
            ("flagged", "1"),
        ] {
            assert!(excludes(column, field), "{column}: {field}");
        }
        for (column, field) in [
            ("excluded", "no"),
            ("valid", "1"),
            ("validation", "0"),
            ("used_hand", "0"),
            ("status", "ok"),
            ("attention_check_passed", "1"),
            ("n_excluded", "1"),
            ("", "0"),
        ] {
            assert!(!excludes(column, field), "{column}: {field}");
        }
    }

    #[test]
    fn practice_is_known_by_its_field_or_column() {
        for (column, field) in [
            ("trial_type", "practice"),
            ("trial_type", "catchTrial 2"),
            ("catch", "1"),
            ("is_attention_check", "TRUE"),
            ("trialType", "tutorial"),
            ("block_type", "demo"),
            ("phase", "familiarisation"),
            ("type", "foil"),
            ("warm-up", "yes"),
            ("section", "Warm up 2"),
            ("Phase", "Übungsphase"),
            ("Übung", "ja"),
            ("bloc", "entraînement"),
            ("practice_trial", "1"),
            ("练习", "1"),
            ("trial_category", "check"),
            ("is_check", "TRUE"),
        ] {
            assert!(marks_practice(column, field), "{column}: {field}");
        }
        for (column, field) in [
            ("trial_type", "main"),
            ("catch", "0"),
            ("attention_check_passed", "1"),
            ("group", "democrat"),
            ("label", "aluminum_foil"),
            ("label", "catcher's mitt"),
            ("pattern", "check shirt"),
            ("quality_check", "TRUE"),
            ("stimulus", "images/practice.jpg"),
        ] {
            assert!(!marks_practice(column, field), "{column}: {field}");
        }
    }
}
