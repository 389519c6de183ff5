//! Products of dense matrices in column-major order. Results are bitwise independent of the number
//! of threads.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::error::{ComputationError, Result};

/// Number of columns of a product per task. Fixed, because the order of summation depends on it.
const BAND: usize = 48;

/// Returns a column-major matrix with `n_rows` rows.
pub(super) fn matrix(values: &[f64], n_rows: usize) -> MatRef<'_, f64> {
    MatRef::from_column_major_slice(values, n_rows, values.len() / n_rows.max(1))
}

/// Computes left × right in column-major order.
pub(super) fn product(left: MatRef<'_, f64>, right: MatRef<'_, f64>, out: &mut [f64]) {
    let n_rows = left.nrows();
    out.par_chunks_mut(BAND * n_rows)
        .enumerate()
        .for_each(|(band, out)| {
            let n_columns = out.len() / n_rows;
            matmul(
                MatMut::from_column_major_slice_mut(out, n_rows, n_columns),
                Accum::Replace,
                left,
                right.subcols(band * BAND, n_columns),
                1.0,
                Par::Seq,
            );
        });
}

/// Computes the lower triangle of left × leftᵀ in column-major order. Above the diagonal, only the
/// blocks on the diagonal are written.
pub(super) fn lower_gram(left: MatRef<'_, f64>, out: &mut [f64]) {
    let n = left.nrows();
    out.par_chunks_mut(BAND * n)
        .enumerate()
        .for_each(|(band, out)| {
            let (start, n_columns) = (band * BAND, out.len() / n);
            let out = MatMut::from_column_major_slice_mut(out, n, n_columns);
            matmul(
                out.subrows_mut(start, n - start),
                Accum::Replace,
                left.subrows(start, n - start),
                left.subrows(start, n_columns).transpose(),
                1.0,
                Par::Seq,
            );
        });
}

/// Copies the lower triangle of an n × n matrix to the upper triangle.
pub(super) fn mirror(matrix: &mut [f64], n: usize) {
    for column in 0..n {
        for row in column + 1..n {
            matrix[row * n + column] = matrix[column * n + row];
        }
    }
}

/// Computes matrix + matrixᵀ, tile by tile.
pub(super) fn symmetrized(matrix: &[f64], n: usize, out: &mut [f64]) {
    const TILE: usize = 32;

    out.par_chunks_mut(TILE * n)
        .enumerate()
        .for_each(|(band, out)| {
            let first = band * TILE;
            for start in (0..n).step_by(TILE) {
                let rows = start..n.min(start + TILE);
                for (position, out) in out.chunks_exact_mut(n).enumerate() {
                    let column = first + position;
                    for row in rows.clone() {
                        out[row] = matrix[column * n + row] + matrix[row * n + column];
                    }
                }
            }
        });
}

/// Computes the dot product Σ aᵢbᵢ.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    const CHUNK: usize = 1 << 13;

    let parts: Vec<f64> = a
        .par_chunks(CHUNK)
        .zip(b.par_chunks(CHUNK))
        .map(|(a, b)| short_dot(a, b))
        .collect();
    parts.iter().sum()
}

/// Computes the dot product Σ aᵢbᵢ in the current thread, for short vectors.
pub(super) fn short_dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (a_lanes, b_lanes) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = a_lanes.remainder().iter().zip(b_lanes.remainder());
    let rest: f64 = rest.map(|(a, b)| a * b).sum();
    for (a, b) in a_lanes.zip(b_lanes) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// Computes out += factor · values.
pub(super) fn add_scaled(out: &mut [f64], factor: f64, values: &[f64]) {
    const CHUNK: usize = 1 << 13;

    out.par_chunks_mut(CHUNK)
        .zip(values.par_chunks(CHUNK))
        .for_each(|(out, values)| {
            out.iter_mut()
                .zip(values)
                .for_each(|(out, value)| *out += factor * value);
        });
}

/// Computes the inverse of a symmetric positive definite matrix from its lower triangle; returns
/// `None` if it is not positive definite.
pub(super) fn inverse(mut matrix: Mat<f64>) -> Option<Mat<f64>> {
    let n = matrix.nrows();
    let scratch = llt::factor::cholesky_in_place_scratch::<f64>(n, Par::Seq, Default::default());
    llt::factor::cholesky_in_place(
        matrix.as_mut(),
        Default::default(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .ok()?;
    let mut inverse = Mat::zeros(n, n);
    let scratch = llt::inverse::inverse_scratch::<f64>(n, Par::Seq);
    let stack = &mut MemBuffer::new(scratch);
    llt::inverse::inverse(
        inverse.as_mut(),
        matrix.as_ref(),
        Par::Seq,
        MemStack::new(stack),
    );
    // The inverse has only its lower triangle filled.
    for column in 0..n {
        for row in column + 1..n {
            inverse[(column, row)] = inverse[(row, column)];
        }
    }
    Some(inverse)
}

/// Computes the eigenvalues of a symmetric matrix, in ascending order, and its eigenvectors as
/// columns. Only the lower triangle is read.
pub(super) fn eigen(matrix: MatRef<'_, f64>) -> Result<(Vec<f64>, Mat<f64>)> {
    let n = matrix.nrows();
    let (mut values, mut vectors) = (Diag::zeros(n), Mat::zeros(n, n));
    let compute = ComputeEigenvectors::Yes;
    let scratch = self_adjoint_evd_scratch::<f64>(n, compute, Par::Seq, Default::default());
    // Sequential, because the block sizes would otherwise depend on the number of threads.
    self_adjoint_evd(
        matrix,
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .map_err(|_| ComputationError::NotConverged {
        what: "the eigendecomposition",
    })?;
    let values: Vec<f64> = values.column_vector().iter().copied().collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(ComputationError::NotConverged {
            what: "the eigendecomposition",
        }
        .into());
    }
    Ok((values, vectors))
}
