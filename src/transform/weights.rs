//! The weights of a transform in memory.

use std::borrow::Cow;
use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array2, ArrayView1, Axis, CowArray, Ix2};
use rayon::prelude::*;

use super::check_finite;
use crate::error::{Error, Result, same_length, wrong_shape};
use crate::linalg::{blocks, out_of_memory, zeroed};

const WHAT: &str = "the weights of a transform";

/// Number of computed weights that are held at a time where all of them are visited.
const BLOCK: usize = 1 << 19;

/// The weights of a transform, features × dimensions. All arrays are in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Weights {
    /// All numbers.
    Dense(Array2<f64>),
    /// The parts of c·E + L·R, with ones on the main diagonal of E.
    NearIdentity {
        /// The scale c.
        scale: f64,
        /// The left factor L, features × rank.
        left: Array2<f64>,
        /// The right factor R, rank × dimensions.
        right: Array2<f64>,
    },
}

impl Weights {
    /// Creates weights from all numbers.
    pub fn dense(weights: Array2<f64>) -> Result<Self> {
        if weights.is_empty() {
            return Err(wrong_shape(
                WHAT,
                "features × dimensions, at least one of each",
                weights.shape(),
            ));
        }
        check_finite("weights", weights.view())?;
        Ok(Self::Dense(in_order(weights)))
    }

    /// Creates the weights c·E + L·R.
    pub fn near_identity(scale: f64, left: Array2<f64>, right: Array2<f64>) -> Result<Self> {
        let (n_features, n_dimensions) = (left.nrows(), right.ncols());
        if n_features == 0 {
            let expected = "features × rank, at least one feature";
            return Err(wrong_shape("the left factor", expected, left.shape()));
        }
        if n_dimensions == 0 {
            let expected = "rank × dimensions, at least one dimension";
            return Err(wrong_shape("the right factor", expected, right.shape()));
        }
        same_length("rows of the right factor", left.ncols(), right.nrows())?;
        if !(scale >= 0.0 && scale.is_finite()) {
            return Err(Error::parameter("scale", "finite and at least 0", scale));
        }
        check_finite("left factor", left.view())?;
        check_finite("right factor", right.view())?;
        let largest =
            |values: ArrayView1<'_, f64>| values.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
        let products = left.axis_iter(Axis(1)).zip(right.rows());
        let bound = products.fold(scale, |sum, (left, right)| {
            sum + largest(left) * largest(right)
        });
        // The factor leaves room for rounding.
        if !(2.0 * bound).is_finite() {
            let expected = "at most half of the largest f64";
            let found = format_args!("{bound:e}");
            return Err(Error::parameter("bound on the weights", expected, found));
        }
        // Shapes that a dense matrix could not have, which are possible if the rank is small.
        let n_weights = n_features.checked_mul(n_dimensions);
        if n_weights.is_none_or(|n| n > isize::MAX as usize / size_of::<f64>()) {
            let n = (n_features as u64).saturating_mul(n_dimensions as u64);
            return Err(out_of_memory::<f64>(WHAT, n));
        }
        Ok(Self::NearIdentity {
            scale,
            left: in_order(left),
            right: in_order(right),
        })
    }

    /// Returns the numbers of features and of dimensions.
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Self::Dense(weights) => weights.dim(),
            Self::NearIdentity { left, right, .. } => (left.nrows(), right.ncols()),
        }
    }

    /// Returns all weights, which are computed unless they are in memory.
    pub fn all(&self) -> Result<CowArray<'_, f64, Ix2>> {
        match self {
            Self::Dense(weights) => Ok(weights.into()),
            Self::NearIdentity { scale, left, right } => {
                let dim = self.dim();
                let mut out = zeroed(dim.0 * dim.1, WHAT)?;
                add_rows(*scale, left, right, 0, &mut out);
                let weights = Array2::from_shape_vec(dim, out);
                Ok(weights.expect("one number each").into())
            }
        }
    }

    /// Returns all weights in blocks of rows, in row-major order. The numbers do not depend on the
    /// size of the blocks.
    pub fn blocks(&self) -> impl Iterator<Item = Cow<'_, [f64]>> {
        let (n_features, n_dimensions) = self.dim();
        let n_rows = match self {
            Self::Dense(_) => n_features,
            Self::NearIdentity { .. } => (BLOCK / n_dimensions).max(1),
        };
        blocks(n_features, n_rows).map(|rows| self.rows(rows))
    }

    fn rows(&self, rows: Range<usize>) -> Cow<'_, [f64]> {
        let n_dimensions = self.dim().1;
        match self {
            Self::Dense(weights) => {
                Cow::from(&slice(weights)[rows.start * n_dimensions..rows.end * n_dimensions])
            }
            Self::NearIdentity { scale, left, right } => {
                let mut out = vec![0.0; rows.len() * n_dimensions];
                add_rows(*scale, left, right, rows.start, &mut out);
                Cow::from(out)
            }
        }
    }

    /// Multiplies rows, one number per feature, by the weights in the current thread. `out` has one
    /// number per row and dimension.
    pub fn multiply(&self, rows: &[f64], out: &mut [f64]) {
        let (n_features, n_dimensions) = self.dim();
        let n_rows = rows.len() / n_features;
        match self {
            Self::Dense(weights) => product(n_rows, rows, weights, out),
            Self::NearIdentity { scale, left, right } => {
                let mut by_left = vec![0.0; n_rows * left.ncols()];
                product(n_rows, rows, left, &mut by_left);
                product(n_rows, &by_left, right, out);
                let rows = rows.chunks_exact(n_features);
                for (row, out) in rows.zip(out.chunks_exact_mut(n_dimensions)) {
                    add_scaled(out, *scale, row);
                }
            }
        }
    }
}

fn in_order(array: Array2<f64>) -> Array2<f64> {
    array.as_standard_layout().into_owned()
}

/// Returns the numbers of an array in row-major order.
fn slice(array: &Array2<f64>) -> &[f64] {
    array.as_slice().expect("kept in row-major order")
}

/// Multiplies rows in row-major order by a matrix.
fn product(n_rows: usize, rows: &[f64], by: &Array2<f64>, out: &mut [f64]) {
    let (n_terms, n_columns) = by.dim();
    matmul(
        MatMut::from_row_major_slice_mut(out, n_rows, n_columns),
        Accum::Replace,
        MatRef::from_row_major_slice(rows, n_rows, n_terms),
        MatRef::from_row_major_slice(slice(by), n_terms, n_columns),
        1.0,
        Par::Seq,
    );
}

/// Adds the rows of c·E + L·R that start at a given one to zeros.
///
/// Sums are in the order of the terms, without fused operations. The fingerprint of a transform is
/// therefore independent of blocks and of the processor.
fn add_rows(scale: f64, left: &Array2<f64>, right: &Array2<f64>, first: usize, out: &mut [f64]) {
    let rows = out.par_chunks_exact_mut(right.ncols()).enumerate();
    rows.for_each(|(position, out)| {
        let row = first + position;
        for (factor, right) in left.row(row).iter().zip(right.rows()) {
            let right = right.to_slice().expect("kept in row-major order");
            add_scaled(out, *factor, right);
        }
        if let Some(diagonal) = out.get_mut(row) {
            *diagonal += scale;
        }
    });
}

/// Adds scaled numbers to as many of the output as there are.
fn add_scaled(out: &mut [f64], factor: f64, values: &[f64]) {
    out.iter_mut()
        .zip(values)
        .for_each(|(out, value)| *out += factor * value);
}
