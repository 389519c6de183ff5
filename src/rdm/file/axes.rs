//! Stacks of RDMs that are not those of people, but of layers, times, regions or the like.

use crate::error::{Error, FileError, Quoted};
use crate::io::arrays::{Content, NamedArray};
use crate::io::text::{
    are_different, has_one_of, is_about_participants, is_one_of, is_participant, words,
};

/// Words for what an axis may hold in place of people, in the singular.
const AXES: [&str; 38] = [
    "layer",
    "module",
    "depth",
    "time",
    "timepoint",
    "timebin",
    "timevec",
    "timeline",
    "timestep",
    "latency",
    "lag",
    "roi",
    "region",
    "area",
    "parcel",
    "voxel",
    "vertex",
    "searchlight",
    "model",
    "network",
    "net",
    "backbone",
    "architecture",
    "seed",
    "metric",
    "epoch",
    "step",
    "checkpoint",
    "ckpt",
    "iteration",
    "frame",
    "window",
    "channel",
    "ch",
    "electrode",
    "sensor",
    "freq",
    "frequency",
];

/// Words for lists that may be those of people or of stimuli as well.
const OTHERS: [&str; 2] = ["condition", "block"];

/// Checks whether an array names each of `n_people` matrices after something else than people: different texts,
/// or numbers in order, under a name such as `layers` or `times`. A list such as `start_time` is a
/// property of people, and conditions may be the stimuli.
pub(super) fn names_other_axis(array: &NamedArray, n_people: usize, n_stimuli: usize) -> bool {
    let name = &array.name;
    if n_people < 2 || array.list_len() != Some(n_people as u64) || is_about_participants(name) {
        return false;
    }
    let words = words(name);
    let has_axis = match words.iter().find(|word| is_one_of(word, &AXES)) {
        Some(time) if is_one_of(time, &["time"]) => words[0] == *time,
        Some(_) => true,
        None => n_people != n_stimuli && has_one_of(name, &OTHERS),
    };
    let is_list = match &array.content {
        Content::Texts(texts) => {
            are_different(texts) && !texts.iter().all(|text| text.contains(':'))
        }
        Content::Numbers { values, .. } => values.as_ref().is_some_and(|values| {
            values.is_sorted_by(|one, two| one < two) || values.is_sorted_by(|one, two| one > two)
        }),
        Content::Unread(_) => true,
    };
    has_axis && is_list
}

/// Checks whether an array is named like RDMs of something else than people, such as `layer_rdms` and not
/// `layer3_rdms`, which may be those of people.
pub(super) fn is_of_other_axis(name: &str) -> bool {
    const BETWEEN: [&str; 10] = [
        "by", "per", "over", "across", "each", "all", "resolved", "wise", "rdm", "stack",
    ];

    let words = words(name);
    let is_axis = |word: &String| is_one_of(word, &AXES);
    let is_rdm = |word: &String| {
        let known = [
            "rdm",
            "rdv",
            "dsm",
            "rdmat",
            "dissimilarity",
            "dissim",
            "distance",
            "matrix",
        ];
        is_one_of(word, &known) || word == "matrices" || BETWEEN.contains(&word.as_str())
    };
    words.iter().any(is_axis) && words.iter().all(|word| is_axis(word) || is_rdm(word))
}

/// Checks whether an array has the labels of `n_people` participants.
pub(super) fn names_participants(array: &NamedArray, n_people: usize) -> bool {
    is_participant(&array.name) && array.list_len() == Some(n_people as u64)
}

/// Returns the error for a stack of RDMs whose axis, according to an array, is not that of people.
pub(super) fn other_axis(name: &str) -> Error {
    FileError::Ambiguous {
        what: format!(
            "whether its RDMs are those of participants: the name {} is one of something else",
            Quoted(name)
        ),
        remedy: "save the one matrix that is meant (rdms[k]) in a file of its own; if they are those of \
                 participants, save the labels of these beside them, as an array \"participants\"",
    }
    .into()
}
