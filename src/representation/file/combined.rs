//! Columns with summaries of other columns in every row.

use ndarray::{ArrayView2, Axis, Slice};

use crate::error::{FileError, Quoted, Result};
use crate::io::summary::{RARE, Whole, agree, n_decimals};

/// Smallest number of rows for which summaries are no coincidence.
const LEAST: usize = 5;

/// Checks that no column has the largest, smallest, mean or summed numbers of others in every row.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one has.
pub(super) fn refuse_combined(names: &[&str], features: ArrayView2<'_, f64>) -> Result<()> {
    let Some((column, what)) = summarizing(features) else {
        return Ok(());
    };
    Err(FileError::Ambiguous {
        what: format!(
            "whether column {} is a feature: in every row it is the {what} other columns",
            Quoted(names[column])
        ),
        remedy: "ignore it (`FileSource::with_ignored_column`, `--ignore-column`), or, if it is a \
                 feature, read the file without checks (`FileSource::with_unchecked_content`, `--unchecked`)",
    }
    .into())
}

/// Returns a column that has the largest, smallest, mean or summed numbers of others in every row, and what
/// it is.
fn summarizing(features: ArrayView2<'_, f64>) -> Option<(usize, &'static str)> {
    /// Largest number of columns that are compared.
    const MOST: usize = 256;

    let (n_rows, n_columns) = features.dim();
    if n_rows < LEAST || n_columns > MOST {
        return None;
    }
    let negative = -&features;
    (0..n_columns).find_map(|column| {
        let what = if is_largest(features, column) {
            "largest number of several"
        } else if is_largest(negative.view(), column) {
            "smallest number of several"
        } else {
            combined(features, column)?
        };
        Some((column, what))
    })
}

/// Checks whether a column has the largest number of several others in every row, and whether this is
/// improbable for numbers in its range.
fn is_largest(features: ArrayView2<'_, f64>, column: usize) -> bool {
    let numbers = features.column(column);
    let least = numbers.fold(f64::INFINITY, |least, &number| least.min(number));
    let most = numbers.fold(f64::NEG_INFINITY, |most, &number| most.max(number));
    let mut others: Vec<usize> = (0..features.ncols())
        .filter(|&other| other != column)
        .collect();
    for row in features.rows() {
        others.retain(|&other| row[other] <= row[column]);
    }
    let is_copy = |&other: &usize| features.column(other) == numbers;
    if others.len() < 2 || others.iter().any(is_copy) {
        return false;
    }
    let mut probability = 1.0;
    for row in features.rows() {
        let number = row[column];
        if !others.iter().any(|&other| row[other] == number) {
            return false;
        }
        // Many columns may have the same smallest or largest number, such as 0.
        if number > least && number < most {
            let step = 0.1f64.powi(n_decimals(number));
            probability *= (others.len() as f64 * step / (most - least)).min(1.0);
        }
    }
    probability < RARE
}

/// Returns what a column has, if it has the means or the sums of the columns directly before or after
/// it, at least three.
fn combined(features: ArrayView2<'_, f64>, column: usize) -> Option<&'static str> {
    let before = (0..column).rev().map(|first| first..column);
    let after = (column + 1..features.ncols()).map(|last| column + 1..last + 1);
    before
        .chain(after)
        .filter(|others| others.len() >= 3)
        .find_map(|range| {
            let n = range.len() as f64;
            let others = features
                .slice_axis(Axis(1), Slice::from(range))
                .reversed_axes();
            let summaries = [(n, "mean of several"), (1.0, "sum of several")];
            let is_it =
                |&(n, _): &(f64, &str)| agree(others, features.column(column), n, Whole::Design);
            summaries.into_iter().find(is_it).map(|(_, what)| what)
        })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, ArrayView1};

    use super::*;

    #[test]
    fn columns_that_summarise_others_are_known_by_their_numbers() {
        let others = Array2::from_shape_fn((8, 4), |(row, column)| {
            ((row * 37 + column * 61 + row * column * 17) % 101) as f64 / 8.0
        });
        let with = |last: &dyn Fn(ArrayView1<'_, f64>) -> f64| {
            let last: Vec<f64> = others.rows().into_iter().map(last).collect();
            let all = [
                others.view(),
                ArrayView2::from_shape((8, 1), &last).unwrap(),
            ];
            ndarray::concatenate(Axis(1), &all).unwrap()
        };
        let largest = with(&|row| row.fold(0.0, |most: f64, &number| most.max(number)));
        let smallest = with(&|row| row.fold(99.0, |least: f64, &number| least.min(number)));
        let means = with(&|row| row.mean().unwrap());
        for (features, what) in [
            (&largest, "largest"),
            (&smallest, "smallest"),
            (&means, "mean"),
        ] {
            let (column, found) = summarizing(features.view()).unwrap();
            assert_eq!(column, 4);
            assert!(found.contains(what), "{found}");
        }
        assert_eq!(summarizing(others.view()), None);
        // A category that includes two others, and a copy.
        let binary = largest.mapv(|number| f64::from(number > 6.0));
        assert_eq!(summarizing(binary.view()), None);
        assert_eq!(summarizing(with(&|row| row[1]).view()), None);
    }
}
