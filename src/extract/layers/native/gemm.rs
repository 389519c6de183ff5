//! Matrix products on one thread.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// Computes out = rows · weights, where `rows` is n × inputs and `weights` is inputs × outputs, all
/// row-major.
pub(super) fn rows_by_weights(rows: &[f32], weights: &[f32], n_outputs: usize, out: &mut [f32]) {
    let n_inputs = weights.len() / n_outputs;
    let n_rows = out.len() / n_outputs;
    // Computed as the transposed product, because the kernel prefers a left factor in column-major
    // order.
    matmul(
        MatMut::from_column_major_slice_mut(out, n_outputs, n_rows),
        Accum::Replace,
        MatRef::from_column_major_slice(weights, n_outputs, n_inputs),
        MatRef::from_column_major_slice(rows, n_inputs, n_rows),
        1.0,
        Par::Seq,
    );
}
