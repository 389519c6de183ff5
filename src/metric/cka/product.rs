//! Tiles of matrix products, summed in double precision.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use crate::similarity::{Real, blocks};

/// Rows and columns of a tile: one of `f64` is half of a second-level cache or less.
pub(super) const TILE: usize = 128;

/// Terms of a product that are summed in the precision of the features, before such sums are added
/// in `f64`.
const DEPTH: usize = 256;

/// Room for a tile of a product.
pub(super) struct Product<T> {
    part: Vec<T>,
    sums: Vec<f64>,
}

impl<T: Real> Product<T> {
    pub fn new() -> Self {
        Self {
            part: vec![T::ZERO; TILE * TILE],
            sums: vec![0.0; TILE * TILE],
        }
    }

    /// `left` (at most [`TILE`] rows) times `right` (at most [`TILE`] columns), column by column.
    pub fn of(&mut self, left: MatRef<'_, T>, right: MatRef<'_, T>) -> &mut [f64] {
        let (n_rows, n_columns) = (left.nrows(), right.ncols());
        let part = &mut self.part[..n_rows * n_columns];
        let sums = &mut self.sums[..n_rows * n_columns];
        sums.fill(0.0);
        for depth in blocks(left.ncols(), DEPTH) {
            matmul(
                MatMut::from_column_major_slice_mut(part, n_rows, n_columns),
                Accum::Replace,
                left.subcols(depth.start, depth.len()),
                right.subrows(depth.start, depth.len()),
                T::ONE,
                Par::Seq,
            );
            for (sum, &part) in sums.iter_mut().zip(&*part) {
                *sum += part.into();
            }
        }
        sums
    }
}
