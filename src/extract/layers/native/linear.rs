//! Linear layers.

use super::activation::bias_and_activate;
use super::gemm::rows_by_weights;
use crate::extract::layers::Activation;

/// activation(rows · weights + bias), row after row; weights are inputs × outputs.
pub(in crate::extract) fn linear(
    rows: &[f32],
    weights: &[f32],
    n_outputs: usize,
    bias: Option<&[f32]>,
    activation: Activation,
) -> Vec<f32> {
    /// Rows that are finished while they are in the cache.
    const BLOCK: usize = 64;

    let n_inputs = weights.len() / n_outputs;
    let n_rows = rows.len() / n_inputs;
    let mut out = vec![0.0; n_rows * n_outputs];
    let blocks = rows.chunks(BLOCK * n_inputs);
    for (rows, out) in blocks.zip(out.chunks_mut(BLOCK * n_outputs)) {
        rows_by_weights(rows, weights, n_outputs, out);
        bias_and_activate(out, bias, activation);
    }
    out
}
