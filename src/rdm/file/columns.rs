//! Names of the columns of tables with one row per pair.

use std::collections::{BTreeMap, HashMap};

use crate::error::{Error, FileError, Quoted, Result};
use crate::io::text::{
    IDENTIFIERS, JUDGMENTS, has_one_of, is_of_stimuli, is_one_of, is_repetition, plain, words,
};

/// Pairs of words by which the names of two columns of stimuli differ, and the word that a third
/// column of the same kind would have.
const PAIRS: [(&str, &str, &str); 13] = [
    ("1", "2", "3"),
    ("0", "1", "2"),
    ("i", "j", "k"),
    ("a", "b", "c"),
    ("x", "y", "z"),
    ("row", "col", ""),
    ("row", "column", ""),
    ("first", "second", "third"),
    ("left", "right", ""),
    ("from", "to", ""),
    ("source", "target", ""),
    ("itema", "itemb", "itemc"),
    ("stima", "stimb", "stimc"),
];

/// Words for a property of a judgment that is not the judgment, such as its time or its spread.
const PROPERTIES: [&str; 24] = [
    "n", "count", "num", "number", "sd", "std", "se", "sem", "stderr", "var", "variance", "error",
    "time", "rt", "ms", "latency", "ci", "lower", "upper", "id", "type", "trial", "order",
    "screen",
];

/// Checks whether a column may hold the dissimilarity, according to its name.
pub(super) fn is_value(name: &str) -> bool {
    has_one_of(name, &JUDGMENTS) && !is_property(name)
}

/// Checks whether a column holds a property of the judgments, such as their time.
pub(super) fn is_property(name: &str) -> bool {
    has_one_of(name, &PROPERTIES)
}

/// Checks whether a column is named exactly as it should be named.
pub(super) fn is_dissimilarity(name: &str) -> bool {
    plain(name) == "dissimilarity"
}

/// Checks whether a name is that of dissimilarities or distances.
pub(super) fn is_distance(name: &str) -> bool {
    has_one_of(name, &["dissimilarity", "dissim", "distance", "dist"])
}

/// Checks whether a column labels or numbers the pairs.
pub(super) fn is_of_pairs(name: &str) -> bool {
    let words = words(name);
    let is_one = |word: &String| is_one_of(word, &["pair", "comparison"]);
    let accompanies = |word: &String| IDENTIFIERS.contains(&word.as_str()) || is_repetition(word);
    words.iter().any(is_one) && words.iter().all(|word| is_one(word) || accompanies(word))
}

/// Returns the only column of judgments if the others are properties of them, such as their times.
/// Returns `None` if the columns may be people.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if there are such properties, but not one column of judgments.
pub(super) fn only_value(names: &[String]) -> Result<Option<usize>> {
    let values: Vec<usize> = (0..names.len())
        .filter(|&at| is_value(&names[at]))
        .collect();
    let is_of_judgments = names
        .iter()
        .any(|name| is_property(name) || is_dissimilarity(name))
        || !values.is_empty() && values.len() < names.len();
    if !is_of_judgments || names.len() < 2 {
        return Ok(None);
    }
    let exact = names.iter().position(|name| is_dissimilarity(name));
    match (exact, &values[..]) {
        // That of a model may be beside the judgments.
        (Some(value), [] | [_]) | (None, &[value]) => {
            let others = (0..names.len()).filter(|&at| at != value);
            let people = numbered_alike(names, others);
            match people.len() {
                0 | 1 => Ok(Some(value)),
                _ => Err(beside_people(names, value, &people)),
            }
        }
        _ => Err(FileError::Ambiguous {
            what: format!(
                "which of the columns {} holds the dissimilarities",
                listed(names)
            ),
            remedy: "name it \"dissimilarity\" in the header if larger means less similar, or \"similarity\" if \
                     larger means more similar (with `RdmFile::with_similarities`, `--similarities`), and remove \
                     the other columns, or keep only columns of people",
        }
        .into()),
    }
}

/// Returns the columns, the most ones, whose names are alike but for a number at their end, such as `P1` and
/// `P2`, and are not those of properties of judgments or stimuli.
pub(super) fn numbered_alike(names: &[String], columns: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut alike: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for column in columns {
        let name = names[column].trim();
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_other = is_property(stem) || is_repetition(stem) || is_of_stimuli(stem);
        if stem.len() < name.len() && !is_other {
            alike.entry(stem).or_default().push(column);
        }
    }
    let most = alike.into_values().max_by_key(Vec::len);
    most.unwrap_or_default()
}

/// Returns the error for a column of judgments, perhaps of a model or means, beside those of people.
pub(super) fn beside_people(names: &[String], value: usize, people: &[usize]) -> Error {
    let people = people.iter().map(|&column| &names[column]);
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether column {} or the columns {} hold the judgments",
            Quoted(&names[value]),
            listed(people)
        ),
        remedy: "remove the column if it holds means or those of a model, and the others if they are no judgments",
    })
}

/// Returns names in quotation marks, separated by commas.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let names = names.into_iter().map(|name| format!("{name:?}"));
    let names: Vec<String> = names.collect();
    names.join(", ")
}

/// Checks whether a column is named like the stimuli of pairs.
pub(super) fn is_of_pair(name: &str) -> bool {
    is_of_stimuli(name) || has_one_of(name, &["word", "stima", "stimb", "itema", "itemb"])
}

/// Returns the two columns with the stimuli of a pair: their names differ in one word, by which
/// they are the first and the second.
pub(super) fn columns_of_stimuli(names: &[String]) -> Option<[usize; 2]> {
    candidates_of_stimuli(names).into_iter().next()
}

/// Returns all pairs of columns that may hold the stimuli of a pair according to their names, the more
/// likely ones first.
pub(super) fn candidates_of_stimuli(names: &[String]) -> Vec<[usize; 2]> {
    let names: Vec<Vec<String>> = names.iter().map(|name| words(name)).collect();
    let mut positions: HashMap<&[String], usize> = HashMap::new();
    for (position, name) in names.iter().enumerate() {
        positions.entry(name).or_insert(position);
    }
    let with = |name: &[String], at: usize, word: &str| {
        let mut other = name.to_vec();
        other[at] = word.to_owned();
        positions.get(other.as_slice()).copied()
    };
    let is_numeric = |word: &String| word.chars().all(char::is_numeric);
    let is_like = |one: &[String], two: &[String]| {
        let mut words = one.iter().zip(two);
        one.len() == two.len()
            && words.all(|(one, two)| one == two || is_numeric(one) && is_numeric(two))
    };
    // More than two of them are columns of a matrix or of trials, and numbers alone count columns.
    let is_one_of_many = |name: &[String]| {
        let mut alike = names.iter().filter(|other| is_like(other, name));
        alike.nth(2).is_some() || name.iter().all(is_numeric)
    };
    let mut found = Vec::new();
    // Words tell more than numbers, which also count repetitions and the columns of a matrix.
    for (one, two, three) in PAIRS[2..].iter().chain(&PAIRS[..2]) {
        let is_number = one.chars().all(char::is_numeric);
        for (first, name) in names.iter().enumerate() {
            for at in (0..name.len()).filter(|&at| name[at] == *one) {
                let Some(second) = with(name, at, two) else {
                    continue;
                };
                let continues =
                    with(name, at, three).is_some() || is_number && is_one_of_many(name);
                if !continues && !found.contains(&[first, second]) {
                    found.push([first, second]);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_by_whole_words() {
        for name in ["rating", "mean_rating", "Similarities", "distanceEuclidean"] {
            assert!(is_value(name), "{name}");
        }
        for name in ["distractor", "n_ratings", "rating_sd", "response_time"] {
            assert!(!is_value(name), "{name}");
        }
        assert!(is_of_pairs("pair_id") && !is_of_pairs("pair_rating"));
        let only = |names: [&str; 2]| only_value(&names.map(str::to_owned)).ok();
        assert_eq!(only(["rating", "rt"]), Some(Some(0)));
        assert_eq!(only(["n", "mean_rating"]), Some(Some(1)));
        assert_eq!(only(["S1", "S2"]), Some(None));
        assert_eq!(only(["rating_S1", "rating_S2"]), Some(None));
        assert_eq!(only(["rating", "S2"]), Some(Some(0)));
        assert_eq!(only(["S1", "rt"]), None);
        assert_eq!(only(["dissimilarity", "n"]), Some(Some(0)));
        assert_eq!(only(["dissimilarity", "response"]), None);
        let names = ["P1", "P2", "distance"].map(str::to_owned);
        assert!(only_value(&names).is_err());
    }

    #[test]
    fn columns_of_stimuli_have_names_of_a_kind() {
        let found = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
            columns_of_stimuli(&names)
        };
        assert_eq!(found(&["participant", "stim1", "stim2", "r"]), Some([1, 2]));
        assert_eq!(found(&["rt", "image_1_path", "image_2_path"]), Some([1, 2]));
        assert_eq!(found(&["i", "j", "d"]), Some([0, 1]));
        assert_eq!(found(&["stimA", "stimB", "d"]), Some([0, 1]));
        assert_eq!(
            found(&["rating1", "rating2", "left", "right"]),
            Some([2, 3])
        );
        assert_eq!(found(&["image1", "image2", "image3"]), None);
        assert_eq!(found(&["a", "b", "c"]), None);
        assert_eq!(found(&["", "cat", "dog"]), None);
        assert_eq!(found(&["", "i0", "i1", "i2"]), None);
        assert_eq!(found(&["subject", "0_1", "0_2", "1_2"]), None);
        assert_eq!(found(&["id", "1_2", "1_3", "2_3"]), None);
        assert_eq!(found(&["img1_img2", "img1_img3", "img2_img3"]), None);
        assert_eq!(found(&["0", "1"]), None);
    }
}
