//! Indices of the pairs of stimuli in the strict upper triangle of a symmetric matrix, row by row.

use std::ops::Range;

/// Returns the number of pairs of `n` stimuli.
#[inline(always)]
pub(crate) fn n_pairs(n: usize) -> usize {
    n * n.saturating_sub(1) / 2
}

/// Returns the index of the pair `first` < `second` in the strict upper triangle of `n` stimuli.
#[inline(always)]
pub(crate) fn pair_index(n: usize, first: usize, second: usize) -> usize {
    first * (2 * n - first - 1) / 2 + second - first - 1
}

/// Returns the indices of the pairs of `first` with all later stimuli.
pub(crate) fn row_range(n: usize, first: usize) -> Range<usize> {
    let start = first * (2 * n - first - 1) / 2;
    start..start + n - first - 1
}

/// Returns the two stimuli of the pair at an index of the upper triangle.
pub(crate) fn pair_at(n: usize, pair: usize) -> (usize, usize) {
    let mut first = 0;
    while row_range(n, first).end <= pair {
        first += 1;
    }
    (first, first + 1 + pair - row_range(n, first).start)
}

/// Returns the number of stimuli that have `n_pairs` pairs, or `None` if there is no such number.
pub(crate) fn n_stimuli_of(n_pairs: usize) -> Option<usize> {
    let n = (((8.0 * n_pairs as f64 + 1.0).sqrt() + 1.0) / 2.0).round() as usize;
    (n >= 2 && n.checked_mul(n - 1)? / 2 == n_pairs).then_some(n)
}
