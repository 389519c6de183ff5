//! Words in the names of the arrays of a file.

use super::text::{JUDGMENTS, has_one_of, is_about_participants, is_of_stimuli, is_one_of, words};

/// Words in the names of arrays with the names of the stimuli, beside those for stimuli, in the singular.
const GROUPS: [&str; 3] = ["condition", "category", "sample"];

/// Words in the names of arrays of texts that are remarks.
const REMARKS: [&str; 12] = [
    "note",
    "comment",
    "remark",
    "description",
    "caption",
    "date",
    "time",
    "participant",
    "subject",
    "source",
    "hash",
    "url",
];

/// Words in the names of arrays whose numbers may be those of the stimuli, or say something else.
const INDICES: [&str; 5] = ["idx", "index", "indices", "uid", "order"];

/// Other words in the names of arrays that accompany the data.
const COMPANIONS: [&str; 32] = [
    "fold",
    "split",
    "class",
    "group",
    "cluster",
    "session",
    "run",
    "block",
    "trial",
    "mask",
    "seed",
    "version",
    "info",
    "meta",
    "metadata",
    "config",
    "setting",
    "parameter",
    "param",
    "option",
    "header",
    "readme",
    "size",
    "shape",
    "number",
    "num",
    "age",
    "sex",
    "gender",
    "rt",
    "word",
    "key",
];

/// Words in the names of arrays that hold the data, beside those for judgments.
const DATA: [&str; 21] = [
    "feature",
    "feat",
    "embedding",
    "emb",
    "activation",
    "act",
    "representation",
    "vector",
    "latent",
    "data",
    "matrix",
    "mat",
    "x",
    "y",
    "target",
    "rdm",
    "rsm",
    "rdv",
    "human",
    "behavior",
    "behaviour",
];

/// Checks whether an array is named like one with the names of the stimuli.
pub(crate) fn is_of_names(array: &str) -> bool {
    is_of_stimuli(array) || has_one_of(array, &GROUPS)
}

/// Checks whether two arrays are named like those of two sets of stimuli, such as `X_val` and `ids_train`.
pub(crate) fn are_of_two_sets(one: &str, other: &str) -> bool {
    const SETS: [(&str, usize); 11] = [
        ("train", 0),
        ("training", 0),
        ("val", 1),
        ("valid", 1),
        ("validation", 1),
        ("dev", 1),
        ("test", 2),
        ("testing", 2),
        ("query", 3),
        ("gallery", 4),
        ("holdout", 2),
    ];

    let set = |name: &str| {
        let words = words(name);
        let mut sets = SETS
            .iter()
            .filter(|(set, _)| words.iter().any(|word| word == set));
        sets.next().map(|(_, number)| *number)
    };
    matches!((set(one), set(other)), (Some(one), Some(other)) if one != other)
}

/// Checks whether an array is named like numbers that may identify stimuli.
pub(crate) fn is_of_indices(array: &str) -> bool {
    has_one_of(array, &INDICES)
}

/// Checks whether an array is named like remarks.
pub(crate) fn is_remark(array: &str) -> bool {
    has_one_of(array, &REMARKS)
}

/// Checks whether an array is named like features or dissimilarities, such as `rdm_1` and not
/// `feature_names`.
pub(crate) fn is_of_data(array: &str) -> bool {
    let has_data = has_one_of(array, &DATA) || has_one_of(array, &JUDGMENTS);
    ends_with_data(array) || has_data && !accompanies(array)
}

/// Checks whether an array is named like one that accompanies the data, such as `image_size`.
pub(crate) fn is_companion(array: &str) -> bool {
    !ends_with_data(array) && accompanies(array)
}

fn accompanies(array: &str) -> bool {
    const PARTS: [&str; 4] = ["train", "test", "val", "validation"];

    let words = words(array);
    is_of_names(array)
        || is_of_indices(array)
        || is_remark(array)
        || is_about_participants(array)
        || has_one_of(array, &COMPANIONS)
        || !words.is_empty() && words.iter().all(|word| PARTS.contains(&word.as_str()))
}

fn ends_with_data(array: &str) -> bool {
    let words = words(array);
    let mut named = words
        .iter()
        .rev()
        .filter(|word| !word.chars().all(char::is_numeric));
    named
        .next()
        .is_some_and(|word| is_one_of(word, &DATA) || is_one_of(word, &JUDGMENTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_tells_data_from_what_accompanies_it() {
        for name in ["features", "X", "rdm_1", "image_rdm", "data", "targets"] {
            assert!(is_of_data(name) && !is_companion(name), "{name}");
        }
        for name in [
            "feature_names",
            "image_size",
            "img_idx",
            "labels",
            "data_info",
            "train",
        ] {
            assert!(is_companion(name) && !is_of_data(name), "{name}");
        }
        for name in ["coords", "folded", "pairs", "y_train"] {
            assert!(!is_companion(name), "{name}");
        }
    }
}
