//! Matrix products on one thread.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// out = rows · weights: `rows` is n × inputs and `weights` inputs × outputs, row after row, and so is
/// `out`.
pub(super) fn rows_by_weights(rows: &[f32], weights: &[f32], n_outputs: usize, out: &mut [f32]) {
    let n_inputs = weights.len() / n_outputs;
    let n_rows = out.len() / n_outputs;
    // Outputs lie next to each other, which is what the kernel wants of a left factor.
    matmul(
        MatMut::from_column_major_slice_mut(out, n_outputs, n_rows),
        Accum::Replace,
        MatRef::from_column_major_slice(weights, n_outputs, n_inputs),
        MatRef::from_column_major_slice(rows, n_inputs, n_rows),
        1.0,
        Par::Seq,
    );
}
