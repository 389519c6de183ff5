//! Tiles of matrix products, summed in double precision.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use pulp::{Arch, Simd, WithSimd};

use crate::similarity::{Real, blocks};

/// Rows of a tile: the product repacks them, and its kernel takes so many at a time.
pub(super) const ROWS: usize = 96;

/// Columns of a tile. One of `f64` is less than a fifth of a second-level cache.
pub(super) const COLUMNS: usize = 192;

/// Terms of a product that are summed in the precision of the features, before such sums are added
/// in `f64`.
const DEPTH: usize = 256;

/// Room for a tile of a product.
pub(super) struct Product<T> {
    part: Vec<T>,
    sums: Vec<f64>,
    arch: Arch,
}

impl<T: Real> Product<T> {
    pub fn new() -> Self {
        Self {
            part: vec![T::ZERO; ROWS * COLUMNS],
            sums: vec![0.0; ROWS * COLUMNS],
            arch: Arch::new(),
        }
    }

    /// The sum of `left` (at most [`ROWS`]) times `right` (at most [`COLUMNS`]), column by column.
    pub fn of<'m>(
        &mut self,
        factors: impl Iterator<Item = (MatRef<'m, T>, MatRef<'m, T>)>,
    ) -> &mut [f64]
    where
        T: 'm,
    {
        let mut len = 0;
        for (left, right) in factors {
            let (n_rows, n_columns) = (left.nrows(), right.ncols());
            if len == 0 {
                len = n_rows * n_columns;
                self.sums[..len].fill(0.0);
            }
            for depth in blocks(left.ncols(), DEPTH) {
                let part = &mut self.part[..len];
                matmul(
                    MatMut::from_column_major_slice_mut(part, n_rows, n_columns),
                    Accum::Replace,
                    left.subcols(depth.start, depth.len()),
                    right.subrows(depth.start, depth.len()),
                    T::ONE,
                    Par::Seq,
                );
                let sums = &mut self.sums[..len];
                self.arch.dispatch(Add { part, sums });
            }
        }
        &mut self.sums[..len]
    }
}

/// Adds a part to sums. A type rather than a function, because that is what vector instructions are
/// chosen for.
struct Add<'a, T> {
    part: &'a [T],
    sums: &'a mut [f64],
}

impl<T: Real> WithSimd for Add<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (sum, &part) in self.sums.iter_mut().zip(self.part) {
            *sum += part.into();
        }
    }
}
