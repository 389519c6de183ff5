//! Words in the names of columns, and the names of columns with participants.

/// Words for a participant.
pub(crate) const PEOPLE: [&str; 23] = [
    "participant",
    "participation",
    "subject",
    "sbj",
    "individual",
    "listener",
    "subj",
    "sub",
    "person",
    "rater",
    "worker",
    "prolific",
    "puid",
    "observer",
    "annotator",
    "respondent",
    "user",
    "ppt",
    "ppid",
    "pid",
    "pp",
    "sid",
    "uid",
];

/// Words for stimuli, their images and their names, in the singular.
const STIMULI: [&str; 17] = [
    "stimulus", "stimuli", "stim", "item", "image", "img", "object", "concept", "picture", "pic",
    "photo", "exemplar", "name", "label", "id", "file", "filename",
];

/// Words for a dissimilarity, or for the judgment from which it follows.
pub(crate) const JUDGMENTS: [&str; 13] = [
    "dissimilarity",
    "dissim",
    "distance",
    "dist",
    "similarity",
    "sim",
    "rating",
    "judgment",
    "judgement",
    "response",
    "score",
    "answer",
    "value",
];

/// Words that may accompany a word for a participant in the name of the column that identifies it.
pub(crate) const IDENTIFIERS: [&str; 12] = [
    "id", "ids", "pid", "number", "num", "no", "nr", "code", "name", "label", "private", "public",
];

/// Words for a summary of several rows or participants that are not initials.
pub(crate) const AVERAGES: [&str; 7] = [
    "mean", "average", "avg", "median", "std", "total", "overall",
];

/// Other words for a summary of several rows, or for the units of columns.
const SUMMARIES: [&str; 9] = [
    "sd",
    "stdev",
    "stddev",
    "sem",
    "variance",
    "unit",
    "dtype",
    "mittelwert",
    "summe",
];

/// Words for a summary of several rows that are also names and letters.
const SHORT_SUMMARIES: [&str; 9] = [
    "min", "max", "minimum", "maximum", "n", "count", "sum", "se", "var",
];

/// Words that may accompany a word for a summary.
const OF_SUMMARIES: [&str; 7] = ["grand", "column", "group", "of", "all", "the", "row"];

/// Words for the times at which a person answers the same question again.
const REPETITIONS: [&str; 13] = [
    "trial",
    "block",
    "session",
    "run",
    "repetition",
    "repeat",
    "rep",
    "order",
    "index",
    "day",
    "visit",
    "round",
    "wave",
];

/// Checks whether a name consists of words for a summary of several rows, such as `grand mean`, or
/// for the units of columns.
pub(crate) fn is_summary(name: &str) -> bool {
    is_made_of(name, summarizes)
}

fn summarizes(word: &str) -> bool {
    is_one_of(word, &AVERAGES) || is_one_of(word, &SUMMARIES)
}

/// Checks whether a name may be that of a summary, such as `max`, or of something else.
pub(crate) fn may_be_summary(name: &str) -> bool {
    is_made_of(name, |word| SHORT_SUMMARIES.contains(&word))
}

/// Checks whether a name consists of words of a kind, and others that accompany them.
fn is_made_of(name: &str, is_meant: impl Fn(&str) -> bool) -> bool {
    let words = words(name);
    let accompanies = |word: &str| OF_SUMMARIES.contains(&word) || summarizes(word);
    words.iter().any(|word| is_meant(word))
        && words.iter().all(|word| is_meant(word) || accompanies(word))
}

/// Checks whether a text consists of known words, in the singular or the plural, one after another.
pub(crate) fn consists_of(text: &str, known: &[&[&str]]) -> bool {
    // The places where a word may end.
    let mut is_end = vec![false; text.len() + 1];
    is_end[0] = true;
    for at in 0..text.len() {
        if !is_end[at] {
            continue;
        }
        for word in known.iter().copied().flatten() {
            let Some(rest) = text[at..].strip_prefix(word) else {
                continue;
            };
            let end = at + word.len();
            is_end[end] = true;
            if rest.starts_with('s') {
                is_end[end + 1] = true;
            }
        }
    }
    is_end[text.len()]
}

/// Converts a name to lower case, and removes spaces, `_`, `-` and `.`.
pub(crate) fn plain(name: &str) -> String {
    let kept = name.chars().filter(|c| !matches!(c, ' ' | '_' | '-' | '.'));
    kept.flat_map(char::to_lowercase).collect()
}

/// Splits a name into words in lower case: at marks and spaces, between letters and digits, and
/// before a capital that follows a small letter.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut last: Option<char> = None;
    for c in name.chars() {
        let continues = last.is_some_and(|last| {
            last.is_alphanumeric()
                && last.is_numeric() == c.is_numeric()
                && !(last.is_lowercase() && c.is_uppercase())
        });
        if c.is_alphanumeric() {
            if !continues {
                words.push(String::new());
            }
            let word: &mut String = words.last_mut().expect("a word has begun");
            word.extend(c.to_lowercase());
        }
        last = Some(c);
    }
    words
}

/// Returns the singular of a word.
fn singular(word: &str) -> String {
    match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => word.strip_suffix('s').unwrap_or(word).to_owned(),
    }
}

/// Checks whether a word, or its singular, is one of the known words.
pub(crate) fn is_one_of(word: &str, known: &[&str]) -> bool {
    known.contains(&word) || known.contains(&singular(word).as_str())
}

/// Checks whether a name has one of the known words.
pub(crate) fn has_one_of(name: &str, known: &[&str]) -> bool {
    words(name).iter().any(|word| is_one_of(word, known))
}

/// Checks whether a column or an array is named like stimuli.
pub(crate) fn is_of_stimuli(name: &str) -> bool {
    has_one_of(name, &STIMULI)
}

/// Checks whether a column numbers the times at which a person answers the same question again.
pub(crate) fn is_repetition(name: &str) -> bool {
    has_one_of(name, &REPETITIONS)
}

/// Checks whether a column identifies the participant. A name such as `subject_age` is that of a
/// property of the participant, and one such as `num_subjects` that of a number of participants.
pub(crate) fn is_participant(name: &str) -> bool {
    const NUMBERS: [&str; 4] = ["num", "number", "no", "nr"];

    let accompanies =
        |word: &String| IDENTIFIERS.contains(&word.as_str()) || word.chars().all(char::is_numeric);
    let words = words(name);
    words.iter().any(|word| is_person(word))
        && words
            .iter()
            .all(|word| is_person(word) || accompanies(word))
        && !NUMBERS.contains(&words[0].as_str())
}

/// Checks whether a column holds the participant or a property of the participant.
pub(crate) fn is_about_participants(name: &str) -> bool {
    words(name).iter().any(|word| is_person(word))
}

/// Checks whether a word is one for a participant, such as `subject` or `subjectid`.
pub(crate) fn is_person(word: &str) -> bool {
    // Such as `subjectid`.
    let mut rests = PEOPLE.iter().filter_map(|person| word.strip_prefix(person));
    is_one_of(word, &PEOPLE) || rests.any(|rest| is_one_of(rest, &IDENTIFIERS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words() {
        assert_eq!(words("image1Path"), ["image", "1", "path"]);
        assert_eq!(words("Rating (mean)"), ["rating", "mean"]);
        assert_eq!(words("workerID"), ["worker", "id"]);
        assert!(words("").is_empty());
    }

    #[test]
    fn summaries_are_known_by_all_words() {
        for name in ["Mean", "grand mean", "SD", "units", "mean ± sd"] {
            assert!(is_summary(name), "{name}");
        }
        for name in ["mean_dog", "max", "total12", "group", "", "meander"] {
            assert!(!is_summary(name), "{name}");
        }
        assert!(may_be_summary("N =") && may_be_summary("max") && !may_be_summary("max_planck"));
    }

    #[test]
    fn participants_are_known_by_whole_words() {
        for name in [
            "participant",
            "SubjectID",
            "subjectid",
            "prolific_pid",
            "pid",
            "Participant Private ID",
            "sub",
            "user_id",
            "workers",
            "participation",
        ] {
            assert!(is_participant(name), "{name}");
        }
        for name in [
            "subject_gender",
            "participant_age",
            "num_participants",
            "no_subjects",
            "id",
            "pidgin",
            "",
        ] {
            assert!(!is_participant(name), "{name}");
        }
        assert!(is_about_participants("subject_gender") && !is_about_participants("rating"));
    }
}
