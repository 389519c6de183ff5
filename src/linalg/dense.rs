//! Products of vectors and of dense matrices in column-major order. Results are bitwise independent
//! of the number of threads.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Number of rows and columns of a product per task, which is large enough for its time not to be
/// spent on reading the factors. Fixed, because the order of summation depends on it.
const TILE: usize = 192;

/// Number of columns of a Gram matrix per task. Fixed like [`TILE`].
const BAND: usize = 96;

/// Returns a column-major matrix with `n_rows` rows.
pub(crate) fn matrix(values: &[f64], n_rows: usize) -> MatRef<'_, f64> {
    MatRef::from_column_major_slice(values, n_rows, values.len() / n_rows.max(1))
}

/// Computes left × right in column-major order.
pub(crate) fn product(left: MatRef<'_, f64>, right: MatRef<'_, f64>, out: &mut [f64]) {
    if !out.is_empty() {
        let (n_rows, n_columns) = (left.nrows(), right.ncols());
        let out = MatMut::from_column_major_slice_mut(out, n_rows, n_columns);
        product_by_tiles(left, right, out);
    }
}

/// Computes left × right in one task per tile.
fn product_by_tiles(left: MatRef<'_, f64>, right: MatRef<'_, f64>, out: MatMut<'_, f64>) {
    let (n_rows, n_columns) = (out.nrows(), out.ncols());
    if n_rows.max(n_columns) <= TILE {
        matmul(out, Accum::Replace, left, right, 1.0, Par::Seq);
    } else if n_rows > n_columns {
        let middle = TILE * n_rows.div_ceil(TILE).div_ceil(2);
        let (upper, lower) = out.split_at_row_mut(middle);
        let (of_upper, of_lower) = left.split_at_row(middle);
        rayon::join(
            || product_by_tiles(of_upper, right, upper),
            || product_by_tiles(of_lower, right, lower),
        );
    } else {
        let middle = TILE * n_columns.div_ceil(TILE).div_ceil(2);
        let (first, second) = out.split_at_col_mut(middle);
        let (of_first, of_second) = right.split_at_col(middle);
        rayon::join(
            || product_by_tiles(left, of_first, first),
            || product_by_tiles(left, of_second, second),
        );
    }
}

/// Computes left × right in column-major order, `band` columns per task.
pub(crate) fn product_by_bands(
    left: MatRef<'_, f64>,
    right: MatRef<'_, f64>,
    band: usize,
    out: &mut [f64],
) {
    let n_rows = left.nrows();
    let bands = out.par_chunks_mut(band * n_rows).enumerate();
    bands.for_each(|(position, out)| {
        let n_columns = out.len() / n_rows;
        matmul(
            MatMut::from_column_major_slice_mut(out, n_rows, n_columns),
            Accum::Replace,
            left,
            right.subcols(position * band, n_columns),
            1.0,
            Par::Seq,
        );
    });
}

/// Computes the lower triangle of left × leftᵀ in column-major order. Above the diagonal, only the
/// blocks on the diagonal are written.
pub(crate) fn lower_gram(left: MatRef<'_, f64>, out: &mut [f64]) {
    lower_gram_by_bands(left, Accum::Replace, BAND, out);
}

/// Computes the lower triangle of left × leftᵀ in column-major order, or adds it to `out`, with
/// `band` columns per task. Above the diagonal, only the blocks on the diagonal are written.
pub(crate) fn lower_gram_by_bands(
    left: MatRef<'_, f64>,
    accumulate: Accum,
    band: usize,
    out: &mut [f64],
) {
    let n = left.nrows();
    let bands = out.par_chunks_mut(band * n).enumerate();
    bands.for_each(|(position, out)| {
        let (start, n_columns) = (position * band, out.len() / n);
        let out = MatMut::from_column_major_slice_mut(out, n, n_columns);
        matmul(
            out.subrows_mut(start, n - start),
            accumulate,
            left.subrows(start, n - start),
            left.subrows(start, n_columns).transpose(),
            1.0,
            Par::Seq,
        );
    });
}

/// Copies the lower triangle of an n × n matrix to the upper triangle.
pub(crate) fn mirror(matrix: &mut [f64], n: usize) {
    for column in 0..n {
        for row in column + 1..n {
            matrix[row * n + column] = matrix[column * n + row];
        }
    }
}

/// Computes matrix + matrixᵀ, tile by tile.
pub(crate) fn symmetrized(matrix: &[f64], n: usize, out: &mut [f64]) {
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
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    const CHUNK: usize = 1 << 13;

    let parts: Vec<f64> = a
        .par_chunks(CHUNK)
        .zip(b.par_chunks(CHUNK))
        .map(|(a, b)| short_dot(a, b))
        .collect();
    parts.iter().sum()
}

/// Computes the dot product Σ aᵢbᵢ in the current thread, for short vectors.
pub(crate) fn short_dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;

    let mut lanes = [0.0; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b);
    lanes.iter().sum::<f64>() + rest.sum::<f64>()
}

/// Computes out += factor · values.
pub(crate) fn add_scaled(out: &mut [f64], factor: f64, values: &[f64]) {
    const CHUNK: usize = 1 << 13;

    out.par_chunks_mut(CHUNK)
        .zip(values.par_chunks(CHUNK))
        .for_each(|(out, values)| {
            out.iter_mut()
                .zip(values)
                .for_each(|(out, value)| *out += factor * value);
        });
}
