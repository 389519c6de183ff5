//! Rows of a matrix that summarize the other rows.

use ndarray::{ArrayView1, ArrayView2, Axis};

/// Largest probability of a coincidence.
pub(crate) const RARE: f64 = 1e-4;

/// What whole numbers in a row may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    /// A design, whose rows are sums of others on purpose.
    Design,
    /// Ratings, which are sums of others by coincidence only.
    Ratings,
}

/// Returns the last or first row, and what it has, if it is no coincidence that these are the means or
/// the sums of the other rows.
pub(crate) fn summary_of(
    features: ArrayView2<'_, f64>,
    whole: Whole,
) -> Option<(usize, &'static str)> {
    /// Smallest number of other rows.
    const LEAST: usize = 3;

    let n_others = features.nrows().checked_sub(1).filter(|&n| n >= LEAST)?;
    let (above, below) = (
        features.split_at(Axis(0), n_others).0,
        features.split_at(Axis(0), 1).1,
    );
    let summaries = [
        (n_others as f64, "has the means of the other rows"),
        (1.0, "has the sums of the other rows"),
    ];
    [(n_others, above), (0, below)]
        .into_iter()
        .find_map(|(row, others)| {
            let of_row = features.row(row);
            let found = summaries
                .into_iter()
                .find(|&(n, _)| agree(others, of_row, n, whole));
            found.map(|(_, what)| (row, what))
        })
}

/// Checks whether the numbers of a row are the sums of the other rows divided by `n`, to all
/// their digits, and whether this is improbable for numbers in the ranges of their columns.
pub(crate) fn agree(
    others: ArrayView2<'_, f64>,
    row: ArrayView1<'_, f64>,
    n: f64,
    whole: Whole,
) -> bool {
    let mut probability = 1.0;
    for (&found, column) in row.iter().zip(others.axis_iter(Axis(1))) {
        let expected = column.sum() / n;
        let scale = column.fold(expected.abs(), |scale, value| scale.max(value.abs()));
        let tolerance = 0.5 * 0.1f64.powi(n_decimals(found)) + 1e-6 * scale;
        let is_equal = (found - expected).abs() <= 1.001 * tolerance;
        if !is_equal {
            return false;
        }
        let least = column.fold(f64::INFINITY, |least, &value| least.min(value));
        let most = column.fold(f64::NEG_INFINITY, |most, &value| most.max(value));
        if found.fract() == 0.0 && whole == Whole::Ratings {
            probability /= most - least + 1.0;
        } else if found.fract() != 0.0 && most > least {
            probability *= (2.0 * tolerance / (most - least)).min(1.0);
        }
    }
    probability < RARE
}

/// Returns the number of digits after the decimal point.
pub(crate) fn n_decimals(number: f64) -> i32 {
    let digits = number.to_string();
    let decimals = digits.split_once('.');
    decimals.map_or(0, |(_, decimals)| decimals.len() as i32)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_row_of_means_is_no_coincidence() {
        let above = [[0.123, 1.52], [0.456, 2.25], [0.789, 0.76]];
        for (last, is_summary) in [
            ([0.456, 1.51], true),
            ([1.368, 4.53], true),
            ([0.456, 1.52], false),
            ([0.5, 1.51], false),
        ] {
            let rows = [&above[..], &[last]].concat();
            let at = |rows: &[[f64; 2]]| {
                let found = summary_of(ndarray::arr2(rows).view(), Whole::Design);
                found.map(|(row, _)| row)
            };
            assert_eq!(at(&rows), is_summary.then_some(3), "{last:?}");
            let rows = [&[last], &above[..]].concat();
            assert_eq!(at(&rows), is_summary.then_some(0), "{last:?}");
        }
        // A design of primary colours and white.
        let design = array![
            [1.0, 0.0, 0.0],
            [0.0, 1.0, 0.0],
            [0.0, 0.0, 1.0],
            [1.0, 1.0, 1.0]
        ];
        assert!(summary_of(design.view(), Whole::Design).is_none());
        let coarse = array![[1.5, 2.0], [2.5, 4.0], [2.0, 3.5], [2.0, 3.2]];
        assert!(summary_of(coarse.view(), Whole::Design).is_none());
    }
}
