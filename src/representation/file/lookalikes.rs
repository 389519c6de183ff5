//! Notes on files that may hold something else than features.

use std::collections::HashMap;
use std::path::Path;

use crate::error::{FileError, List, Quoted, Result};
use crate::io::text::{has_one_of, is_one_of, plain, words};
use crate::linalg::Values;
use crate::representation::Representation;

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

/// Words in the names of arrays with dissimilarities.
const DISSIMILARITIES: [&str; 6] = ["dissimilarity", "dissim", "rdm", "dsm", "distance", "dist"];

/// Adds a warning if features are a symmetric matrix, as RDMs and matrices of similarities are.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if their array is named like dissimilarities and their diagonal is 0.
pub(super) fn check_symmetric(
    path: &Path,
    array: Option<&str>,
    features: &Representation,
) -> Result<()> {
    /// Smallest number of rows for which this is no coincidence.
    const LEAST: usize = 4;

    let n = features.n_stimuli();
    if n < LEAST || n != features.n_features() {
        return Ok(());
    }
    let (is_symmetric, is_zero) = match features.values() {
        Values::Single(values) => (is_symmetric(values, n), is_zero(values, n)),
        Values::Double(values) => (is_symmetric(values, n), is_zero(values, n)),
    };
    if let Some(array) = array.filter(|name| has_one_of(name, &DISSIMILARITIES))
        && is_symmetric
        && is_zero
    {
        return Err(FileError::Ambiguous {
            what: format!(
                "whether {} holds features or dissimilarities: it is symmetric, with a diagonal of 0",
                Quoted(array)
            ),
            remedy: "choose the array of features (`with_array`, `--array`), or read the file as an RDM \
                     (`RdmFile`; `--model-rdm` of `rsa`); if they are features, read the file without checks \
                     (`FileSource::with_unchecked_content`, `--unchecked`)",
        }
        .into());
    }
    if is_symmetric {
        log::warn!(
            "{}: the features are a symmetric matrix: if they are dissimilarities or similarities of the \
             stimuli, such as products of features, give the features themselves, or read the file as an \
             RDM (`RdmFile`; `--model-rdm` of `rsa`)",
            path.display()
        );
    }
    Ok(())
}

/// Checks whether the diagonal of a matrix is 0, but for the error of computing it.
fn is_zero<F: Copy + Into<f64>>(values: &[F], n: usize) -> bool {
    let size = |&value: &F| value.into().abs();
    let largest = values.iter().map(size).fold(0.0, f64::max);
    (0..n).all(|i| size(&values[i * n + i]) <= 1e-6 * largest)
}

fn is_symmetric<F: PartialEq>(values: &[F], n: usize) -> bool {
    (0..n).all(|i| (0..i).all(|j| values[i * n + j] == values[j * n + i]))
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
            remedy: "ignore each that is none (`FileSource::with_ignored_column`, `--ignore-column`) or name it as \
                     the column of ids (`FileSource::with_id_column`, `--id-column`), or, if all are features, \
                     read the file without checks (`FileSource::with_unchecked_content`, `--unchecked`)",
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
