//! Notes on files that may hold something else than features.

use std::collections::HashMap;
use std::path::Path;

use crate::io::text::plain;
use crate::linalg::Values;
use crate::representation::Representation;

/// Adds a warning if features are a symmetric matrix with a constant diagonal, as RDMs and matrices
/// of similarities are.
pub(super) fn note_symmetric(path: &Path, features: &Representation) {
    /// Smallest number of rows for which this is no coincidence.
    const LEAST: usize = 4;

    let n = features.n_stimuli();
    if n < LEAST || n != features.n_features() {
        return;
    }
    let of = match features.values() {
        Values::Single(values) => diagonal_of_symmetric(values, n),
        Values::Double(values) => diagonal_of_symmetric(values, n),
    };
    if let Some(diagonal) = of {
        log::warn!(
            "{}: the features are a symmetric matrix with {diagonal} on the diagonal: if they are \
             dissimilarities or similarities of the stimuli, read the file as an RDM (`RdmFile`; \
             `--model-rdm` of `rsa`)",
            path.display()
        );
    }
}

/// Returns the element of the diagonal of a symmetric matrix, if all are 0 or all are 1.
fn diagonal_of_symmetric<F: Copy + PartialEq + Into<f64>>(values: &[F], n: usize) -> Option<f64> {
    let first: f64 = (*values.first()?).into();
    let is_constant = (0..n).all(|i| values[i * n + i].into() == first);
    let is_symmetric = || (0..n).all(|i| (0..i).all(|j| values[i * n + j] == values[j * n + i]));
    (is_constant && (first == 0.0 || first == 1.0) && is_symmetric()).then_some(first)
}

/// Adds a warning if single columns are read as features beside columns that are numbered.
pub(super) fn note_single_columns(path: &Path, names: &[&str]) {
    /// Smallest number of numbered columns beside which others are conspicuous.
    const NUMBERED: usize = 4;

    let stem = |name: &str| -> Option<String> {
        let name = plain(name);
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        (stem.len() < name.len()).then(|| stem.to_owned())
    };
    let mut n_numbered: HashMap<String, usize> = HashMap::new();
    for stem in names.iter().filter_map(|name| stem(name)) {
        *n_numbered.entry(stem).or_default() += 1;
    }
    let is_numbered = |name: &&&str| stem(name).is_some_and(|stem| n_numbered[&stem] >= NUMBERED);
    let n = names.iter().filter(is_numbered).count();
    let single: Vec<&str> = names
        .iter()
        .filter(|name| !is_numbered(name))
        .copied()
        .collect();
    if single.is_empty() || n <= single.len() {
        return;
    }
    log::warn!(
        "{}: the columns {single:?} are read as features beside {n} that are numbered; ignore them if \
         they are not (`FileSource::with_ignored_column`, `--ignore-column`)",
        path.display()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symmetric_matrices_have_a_constant_diagonal() {
        let of = |values: [f64; 9]| diagonal_of_symmetric(&values, 3);
        assert_eq!(of([0.0, 1.0, 2.0, 1.0, 0.0, 3.0, 2.0, 3.0, 0.0]), Some(0.0));
        assert_eq!(of([1.0, 0.5, 0.2, 0.5, 1.0, 0.3, 0.2, 0.3, 1.0]), Some(1.0));
        assert_eq!(of([0.0, 1.0, 2.0, 1.0, 0.5, 3.0, 2.0, 3.0, 0.0]), None);
        assert_eq!(of([0.0, 1.0, 2.0, 1.0, 0.0, 3.0, 2.5, 3.0, 0.0]), None);
    }
}
