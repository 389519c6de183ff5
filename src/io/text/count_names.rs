//! Names of columns with numbers of equal judgments.

use super::names::{PEOPLE, consists_of, words};

/// Words for a number of judgments, anywhere in a name.
const COUNTS: [&str; 28] = [
    "count",
    "cnt",
    "n",
    "votes",
    "freq",
    "frequency",
    "frequencies",
    "weight",
    "size",
    "total",
    "tally",
    "sum",
    "support",
    "hits",
    "occurrence",
    "repetitions",
    "repeats",
    "reps",
    "multiplicity",
    "anzahl",
    "häufigkeit",
    "haeufigkeit",
    "nombre",
    "effectif",
    "copies",
    "weighting",
    "howmany",
    "agreeing",
];

/// Words that are for a number of judgments only at the beginning of a name, before what is counted. At
/// the end they number it.
const FIRST: [&str; 6] = ["n", "nb", "num", "number", "no", "nr"];

/// Words for what is counted, beside those for judgments and participants.
const COUNTED: [&str; 9] = [
    "resp",
    "people",
    "ppl",
    "human",
    "voter",
    "judge",
    "obs",
    "observation",
    "trials",
];

/// Words between those for a number and for what is counted.
const BETWEEN: [&str; 12] = [
    "of", "the", "in", "per", "by", "for", "agree", "shown", "seen", "unique", "valid", "sample",
];

/// Checks whether a column may hold the number of equal judgments, or of those who gave them, according
/// to its name. `judgments` are the words for judgments in files of its kind.
pub(crate) fn is_count(name: &str, judgments: &[&[&str]]) -> bool {
    let words = words(name);
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    let counted = [judgments, &[&PEOPLE, &COUNTED, &BETWEEN]].concat();
    let all = [&counted[..], &[&COUNTS]].concat();
    let are_known = |words: &[String]| consists_of(&words.concat(), &all);
    let is_plural = rest.last().is_some_and(|last| last.ends_with('s'));
    let of_first = match first.as_str() {
        "times" => are_known(rest),
        "num" if rest.is_empty() => true,
        // `no_response` marks missing answers.
        "no" | "nr" => is_plural && are_known(rest),
        first if FIRST.contains(&first) => !rest.is_empty() && are_known(after_times(rest)),
        _ => false,
    };
    // pandas names a column of sizes 0.
    of_first || name == "0" || are_known(&words) && !consists_of(&words.concat(), &counted)
}

/// Returns the words after that of `n_times_chosen`.
fn after_times(words: &[String]) -> &[String] {
    match words.split_first() {
        Some((first, rest)) if first == "times" => rest,
        _ => words,
    }
}
