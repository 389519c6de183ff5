//! Notes on files that may hold something else than features.

use std::collections::HashMap;
use std::path::Path;

use crate::error::{FileError, List, Quoted, Result};
use crate::io::text::{
    AVERAGES, JUDGMENTS, is_count, is_one_of, is_summary, may_be_summary, plain, words,
};
use crate::linalg::Values;
use crate::representation::Representation;

/// Words for the spread or the number of judgments, after the name of what was judged.
const SPREADS: [&str; 11] = [
    "sd", "se", "sem", "std", "stdev", "stderr", "var", "ci", "lower", "upper", "n",
];

/// Words for what the rows of a transposed table are.
const UNITS: [&str; 13] = [
    "unit",
    "neuron",
    "channel",
    "voxel",
    "node",
    "feature",
    "feat",
    "dim",
    "dimension",
    "component",
    "pc",
    "factor",
    "latent",
];

/// Adds a warning if features are a symmetric matrix, as RDMs and matrices of similarities are.
pub(super) fn note_symmetric(path: &Path, features: &Representation) {
    /// Smallest number of rows for which this is no coincidence.
    const LEAST: usize = 4;

    let n = features.n_stimuli();
    if n < LEAST || n != features.n_features() {
        return;
    }
    let is_symmetric = match features.values() {
        Values::Single(values) => is_symmetric(values, n),
        Values::Double(values) => is_symmetric(values, n),
    };
    if is_symmetric {
        log::warn!(
            "{}: the features are a symmetric matrix: if they are dissimilarities or similarities of the \
             stimuli, such as products of features, give the features themselves, or read the file as an \
             RDM (`RdmFile`; `--model-rdm` of `rsa`)",
            path.display()
        );
    }
}

fn is_symmetric<F: PartialEq>(values: &[F], n: usize) -> bool {
    (0..n).all(|i| (0..i).all(|j| values[i * n + j] == values[j * n + i]))
}

/// Checks that no column is named like a summary of others, their spread or a number of judgments, if other
/// columns are not.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one is.
pub(super) fn refuse_accompanying(names: &[&str]) -> Result<()> {
    // Columns may be named by the letters of the alphabet.
    let are_letters = names.iter().all(|name| name.trim().chars().count() == 1);
    let accompanies = |name: &str| {
        let words = words(name);
        is_summary(name)
            || may_be_summary(name)
            || words.len() > 1 && is_count(name, &[&JUDGMENTS])
            || !words.is_empty() && words.iter().all(|word| SPREADS.contains(&word.as_str()))
            || is_spread(&words, names)
    };
    let accompanying: Vec<&&str> = names.iter().filter(|name| accompanies(name)).collect();
    if are_letters || accompanying.len() == names.len() {
        return Ok(());
    }
    let Some(name) = accompanying.first() else {
        return Ok(());
    };
    Err(FileError::Ambiguous {
        what: format!(
            "whether column {} is a feature: it is named like a summary of others, their spread or a number \
             of judgments",
            Quoted(name)
        ),
        remedy: "ignore it (`FileSource::with_ignored_column`, `--ignore-column`), or give it another name \
                 if it is a feature",
    }
    .into())
}

/// Checks whether the words of a name are those of another column, or of its mean, and a word for its
/// spread, such as `size_sd` beside `size`.
fn is_spread(name: &[String], names: &[&str]) -> bool {
    let Some((last, judged)) = name.split_last() else {
        return false;
    };
    let is_same = |other: &&str| {
        let mut words = words(other);
        words.retain(|word| !is_one_of(word, &AVERAGES));
        words == judged
    };
    SPREADS.contains(&last.as_str()) && !judged.is_empty() && names.iter().any(is_same)
}

/// Checks that the rows are not the units of a network, or dimensions, each with a value for the stimuli that
/// the columns are named after.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if all ids are named like numbered units, and no column is numbered.
pub(super) fn refuse_units(ids: &[String], names: &[&str]) -> Result<()> {
    let is_unit = |id: &String| match &words(id)[..] {
        [word, number] => {
            is_one_of(word, &UNITS) && number.chars().all(|c: char| c.is_ascii_digit())
        }
        _ => false,
    };
    let is_word = |name: &&str| {
        name.contains(char::is_alphabetic) && !name.contains(|c: char| c.is_ascii_digit())
    };
    if ids.len() < 2 || names.len() < 2 || !ids.iter().all(is_unit) || !names.iter().all(is_word) {
        return Ok(());
    }
    Err(FileError::Ambiguous {
        what: format!(
            "whether its rows, such as {}, or its columns, such as {}, are the stimuli",
            Quoted(&ids[0]),
            Quoted(names[0])
        ),
        remedy: "transpose the table if the stimuli are in columns (frame.T in pandas); otherwise give the \
                 rows the ids of stimuli",
    }
    .into())
}

/// Checks that no column has a name of its own if the others are numbered, such as `f0` to `f6`. Beside few
/// numbered columns, such as the areas `V1` to `V4`, it adds a warning only.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one has.
pub(super) fn refuse_single_columns(path: &Path, names: &[&str]) -> Result<()> {
    /// Smallest number of numbered columns beside which others are conspicuous.
    const NUMBERED: usize = 4;

    // R and pandas number repeated names from the second on.
    let stem = |name: &str| {
        let name = plain(name);
        name.trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    let mut n_alike: HashMap<String, usize> = HashMap::new();
    for name in names {
        *n_alike.entry(stem(name)).or_default() += 1;
    }
    let is_numbered = |name: &&&str| n_alike[&stem(name)] >= NUMBERED;
    let n = names.iter().filter(is_numbered).count();
    let single = names.iter().filter(|name| !is_numbered(name));
    let single: Vec<String> = single.map(|&name| name.to_owned()).collect();
    if single.is_empty() || n <= single.len() {
        return Ok(());
    }
    if n > NUMBERED {
        return Err(FileError::Ambiguous {
            what: format!(
                "whether the columns {} are features beside {n} that are numbered",
                List(&single)
            ),
            remedy: "ignore each that is none (`FileSource::with_ignored_column`, `--ignore-column`), and number \
                     each that is one, like the others",
        }
        .into());
    }
    log::warn!(
        "{}: the columns {} are read as features beside {n} that are numbered; ignore them if \
         they are not (`FileSource::with_ignored_column`, `--ignore-column`)",
        path.display(),
        List(&single)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_symmetric_whatever_their_diagonal() {
        assert!(is_symmetric(
            &[0.0, 1.0, 2.0, 1.0, 0.5, 3.0, 2.0, 3.0, 0.0],
            3
        ));
        assert!(!is_symmetric(
            &[0.0, 1.0, 2.0, 1.0, 0.0, 3.0, 2.5, 3.0, 0.0],
            3
        ));
    }

    #[test]
    fn columns_that_accompany_features_are_known_by_name() {
        for name in [
            "total",
            "n_ratings",
            "n_raters",
            "N",
            "sd",
            "size_SD",
            "se",
            "lower",
        ] {
            assert!(
                refuse_accompanying(&["size", "danger", name]).is_err(),
                "{name}"
            );
        }
        assert!(refuse_accompanying(&["mean_size", "size_n"]).is_err());
        for names in [
            &["size", "weight", "frequency"][..],
            &["mean", "sd", "max"],
            &["l", "m", "n"],
            &["mean_size", "mean_danger"],
            &["b_lower", "a_upper"],
            &["n"],
        ] {
            assert!(refuse_accompanying(names).is_ok(), "{names:?}");
        }
    }

    #[test]
    fn columns_beside_numbered_ones_are_known_by_name() {
        let check = |numbered: &[&str], others: &[&str]| {
            refuse_single_columns(Path::new("a.csv"), &[numbered, others].concat())
        };
        for numbered in [
            &["f0", "f1", "f2", "f3", "f4"][..],
            &["feat_1", "feat_2", "feat_3", "feat_4", "feat_5"],
            &["0", "1", "2", "3", "4"],
            &["V9", "V10", "V11", "V12", "V13"],
            &["X", "X.1", "X.2", "X.3", "X.4"],
        ] {
            for others in [&["superclass"][..], &["md5"], &["y", "epoch"]] {
                assert!(check(numbered, others).is_err(), "{numbered:?} {others:?}");
            }
            assert!(check(numbered, &[]).is_ok(), "{numbered:?}");
            let layer = ["fc7_0", "fc7_1", "fc7_2", "fc7_3"];
            assert!(check(numbered, &layer).is_ok(), "{numbered:?}");
        }
        // Areas, and norms.
        assert!(check(&["V1", "V2", "V3", "V4"], &["IT"]).is_ok());
        assert!(check(&["rt1", "rt2"], &["size", "danger", "weight"]).is_ok());
    }

    #[test]
    fn units_are_no_stimuli_of_columns_named_by_words() {
        let check =
            |ids: [&str; 2], names: [&str; 2]| refuse_units(&ids.map(str::to_owned), &names);
        assert!(check(["unit0", "unit1"], ["cat", "dog"]).is_err());
        assert!(check(["dim_01", "dim_02"], ["cat", "dog"]).is_err());
        assert!(check(["unit0", "unit1"], ["f0", "f1"]).is_ok());
        assert!(check(["cat", "dog"], ["size", "danger"]).is_ok());
    }
}
