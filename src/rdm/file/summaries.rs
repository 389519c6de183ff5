//! RDMs that are not those of participants: summaries of the others, and properties of the pairs.

use std::path::Path;

use ndarray::Array2;

use super::content::are_people;
use crate::error::{FileError, Quoted, Result};
use crate::io::summary::{Whole, summary_of};
use crate::io::text::{AVERAGES, words};
use crate::rdm::Rdm;

/// Checks that no participant is named like the mean of several or like a model, and none otherwise than
/// all others, as a column `block` or `vgg16` beside `P1`, `P2` and `P3` is.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one is.
pub(super) fn refuse_summaries(participants: &[String]) -> Result<()> {
    /// Words for what predicts judgments, and for measures of it.
    const MODELS: [&str; 5] = ["model", "cosine", "euclidean", "algorithm", "predicted"];

    let has_word = |name: &String, known: &[&str]| {
        words(name)
            .iter()
            .any(|word| known.contains(&word.as_str()))
    };
    let is_model = |name: &&String| has_word(name, &MODELS);
    let are_models = participants.iter().all(|name| is_model(&name));
    let is_summary = |name: &&String| has_word(name, &AVERAGES) || is_model(name) && !are_models;
    let summary = participants.iter().find(is_summary);
    match summary.or_else(|| named_otherwise(participants)) {
        Some(name) if participants.len() > 1 => Err(FileError::Ambiguous {
            what: format!(
                "whether {} is a participant, or summarizes or describes others",
                Quoted(name)
            ),
            remedy: "remove it if it is none, or name it like the others",
        }
        .into()),
        _ => Ok(()),
    }
}

/// Returns the only name that lacks what all others, at least two, have in common: a word before a number
/// (`P1`, `P2`), numbers, digits in codes of the same length, or no digits at all. A name such as `ben2`
/// beside `ben`, or `P1`, is one of a person.
fn named_otherwise(names: &[String]) -> Option<&String> {
    let has_digit = |name: &str| name.contains(|c: char| c.is_ascii_digit());
    let stem = |name: &str| {
        name.trim_end_matches(|c: char| c.is_ascii_digit())
            .to_lowercase()
    };
    let is_numbered = |name: &str| has_digit(name) && stem(name).len() < name.len();
    let stands_out = |at: usize| {
        let name = &names[at];
        let others = || {
            (0..names.len())
                .filter(|&other| other != at)
                .map(|other| &names[other])
        };
        let Some(first) = others().next() else {
            return false;
        };
        let all = |shared: &dyn Fn(&str) -> bool| others().all(|other| shared(other));
        let is_like_one = || others().any(|other| stem(other) == stem(name));
        let has_stem = |other: &str| is_numbered(other) && stem(other) == stem(first);
        let is_code = |other: &str| has_digit(other) && other.len() == first.len();
        let is_of_names = !has_digit(name) || !are_people(std::slice::from_ref(name));
        all(&has_stem) && !has_stem(name)
            || all(&is_code) && first.len() > 2 && !has_digit(name)
            || names.len() > 3
                && all(&|other| !has_digit(other))
                && has_digit(name)
                && is_of_names
                && !is_like_one()
    };
    let mut found = (0..names.len()).filter(|&at| names.len() > 2 && stands_out(at));
    match (found.next(), found.next()) {
        (Some(at), None) => Some(&names[at]),
        _ => None,
    }
}

/// Returns the bits of the dissimilarities, which are the same for equal ones and for missing ones.
fn bits(rdm: &Rdm) -> impl Iterator<Item = u64> {
    rdm.values().iter().map(|value| value.to_bits())
}

/// Adds a note of participants whose RDMs are equal, which may be copies.
pub(super) fn note_copies(path: &Path, participants: Option<&[String]>, rdms: &[Rdm]) {
    /// Number of pairs with different dissimilarities for which this is no coincidence.
    const LEAST: usize = 10;

    for (at, rdm) in rdms.iter().enumerate() {
        let is_constant = bits(rdm).all(|value| Some(value) == bits(rdm).next());
        if rdm.values().len() < LEAST || is_constant {
            continue;
        }
        // The comparison of different RDMs usually ends with their first pair.
        let same = |other: &Rdm| bits(other).eq(bits(rdm));
        if let Some(first) = rdms[..at].iter().position(same) {
            let name = |at: usize| match participants {
                Some(names) if names.len() == rdms.len() => format!("{:?}", names[at]),
                _ => at.to_string(),
            };
            log::warn!(
                "{}: participants {} and {} have the same dissimilarities of all pairs: if one is a copy, \
                 remove it",
                path.display(),
                name(first),
                name(at)
            );
        }
    }
}

/// Checks that the first or last RDM is not the mean or the sum of the others.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it is, and this is no coincidence.
pub(super) fn refuse_mean(rdms: &[Rdm]) -> Result<()> {
    /// Number of pairs that are enough to tell.
    const MOST: usize = 1000;

    let n_pairs = rdms.first().map_or(0, |rdm| rdm.values().len()).min(MOST);
    let values = rdms
        .iter()
        .flat_map(|rdm| rdm.values()[..n_pairs].iter().copied());
    let values = Array2::from_shape_vec((rdms.len(), n_pairs), values.collect());
    let values = values.map_err(|error| FileError::malformed("array", error))?;
    match summary_of(values.view(), Whole::Ratings) {
        Some((row, what)) => Err(FileError::Ambiguous {
            what: format!(
                "whether its {} RDM is that of a participant: it {what}",
                if row == 0 { "first" } else { "last" }
            ),
            remedy: "remove it if it summarizes the others; otherwise read the file without checks \
                     (`RdmFile::with_unchecked_content`, `--unchecked-human`)",
        }
        .into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimuli::Stimuli;

    #[test]
    fn summaries_are_no_participants() {
        let check = |names: [&str; 2]| refuse_summaries(&names.map(str::to_owned));
        assert!(check(["S1", "group_mean"]).is_err());
        assert!(check(["S1", "meander"]).is_ok());
        assert!(check(["AB", "SD"]).is_ok());
        assert!(refuse_summaries(&["mean".to_owned()]).is_ok());
        for names in [
            ["block", "P1", "P2"],
            ["P1", "P2", "vgg16"],
            ["s1", "s2", "resnet50"],
            ["0", "1", "clip"],
            ["0", "1", "word2vec"],
            ["101", "102", "gpt4"],
            ["5f3a", "61bc", "vgg"],
            ["anna", "ben", "model"],
        ] {
            assert!(
                refuse_summaries(&names.map(str::to_owned)).is_err(),
                "{names:?}"
            );
        }
        let four = ["anna", "ben", "carl", "vgg16"].map(str::to_owned);
        assert!(refuse_summaries(&four).is_err());
        for names in [
            ["model_1", "model_2", "model_3"],
            ["resnet", "clip", "vgg16"],
            ["P1", "P2", "P3"],
            ["9", "10", "11"],
            ["ann", "P1", "ben"],
            ["ann", "ben", "ben2"],
            ["ann", "a1", "b2"],
            ["5f3a", "61bc", "6c0d"],
            ["anna", "ben", "carl"],
        ] {
            assert!(
                refuse_summaries(&names.map(str::to_owned)).is_ok(),
                "{names:?}"
            );
        }
    }

    #[test]
    fn whole_sums_of_others_are_no_participants() {
        let animals = Stimuli::unnamed(5);
        let rdm = |of: &dyn Fn(usize) -> usize| {
            let values = (0..10).map(|pair| of(pair) as f64).collect();
            Rdm::new(animals.clone(), values).unwrap()
        };
        let people = [3, 5, 7].map(|k| move |pair: usize| 1 + k * (pair + k) % 7);
        let mut rdms: Vec<Rdm> = people.iter().map(|of| rdm(of)).collect();
        assert!(refuse_mean(&rdms).is_ok());
        rdms.push(rdm(&|pair| people.iter().map(|of| of(pair)).sum()));
        assert!(refuse_mean(&rdms).is_err());
    }
}
