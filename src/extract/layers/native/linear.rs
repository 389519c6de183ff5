//! Linear layers.

use super::activation::bias_and_activate;
use super::gemm::rows_by_weights;
use crate::extract::layers::Activation;

/// Returns activation(rows · weights + bias), row-major; `weights` is inputs × outputs.
pub(in crate::extract) fn linear(
    rows: &[f32],
    weights: &[f32],
    n_outputs: usize,
    bias: Option<&[f32]>,
    activation: Activation,
) -> Vec<f32> {
    /// Maximum number of rows that are multiplied at once: few enough to stay in the cache until
    /// they are finished, but all tokens of a transformer, since the weights are read from memory
    /// each time.
    const BLOCK: usize = 320;

    let n_inputs = weights.len() / n_outputs;
    let n_rows = rows.len() / n_inputs;
    let mut out = vec![0.0; n_rows * n_outputs];
    let block = n_rows.div_ceil(n_rows.div_ceil(BLOCK)).max(1);
    let blocks = rows.chunks(block * n_inputs);
    for (rows, out) in blocks.zip(out.chunks_mut(block * n_outputs)) {
        rows_by_weights(rows, weights, n_outputs, out);
        bias_and_activate(out, bias, activation);
    }
    out
}
