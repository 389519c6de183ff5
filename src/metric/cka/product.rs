//! Tiles of matrix products, summed in double precision.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use pulp::{Arch, Simd, WithSimd};

use crate::linalg::{Real, blocks};

/// Number of rows of a tile: the product packs its operands and processes this many rows at a time.
pub(super) const ROWS: usize = 96;

/// Number of columns of a tile. A tile of `f64` takes less than a fifth of a typical second-level
/// cache.
pub(super) const COLUMNS: usize = 192;

/// Number of terms of a product that are summed in the precision of the features, before these
/// partial sums are added in `f64`.
const DEPTH: usize = 256;

/// Buffers for a tile of a product.
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

    /// Computes the sum of `left` (at most [`ROWS`] rows) times `right` (at most [`COLUMNS`]
    /// columns) over all factors, column-major.
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

/// Addition of a partial product to sums. A type rather than a function, because `pulp` selects
/// vector instructions for a type.
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
