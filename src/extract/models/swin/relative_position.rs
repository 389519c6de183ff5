//! Biases of attention for the relative position of two tokens of a window, as heads × tokens ×
//! tokens. An outline has none.

use crate::error::Result;
use crate::extract::builder::{Builder, Init};

/// Reads the biases from a table with a row for each relative position.
pub(super) fn of_table(builder: &Builder<'_>, side: usize, n_heads: usize) -> Result<Vec<f32>> {
    let span = span(side);
    let name = "relative_position_bias_table";
    let table = builder.values(name, &[span * span, n_heads], Init::Normal(0.02))?;
    Ok(match builder.is_outline() {
        true => Vec::new(),
        false => by_pair(&table, side, n_heads),
    })
}

/// Computes the biases of the second version: 16 · sigmoid of a perceptron of the relative position,
/// on a logarithmic scale.
pub(super) fn of_perceptron(
    builder: &Builder<'_>,
    side: usize,
    n_heads: usize,
) -> Result<Vec<f32>> {
    const N_HIDDEN: usize = 512;
    /// The largest difference of positions, before the logarithm.
    const LARGEST: f64 = 8.0;

    let span = span(side);
    builder.note_unused_buffer("relative_coords_table", &[1, span, span, 2]);
    let mlp = builder.child("cpb_mlp");
    let first = mlp.values("0.weight", &[N_HIDDEN, 2], Init::LinearWeight)?;
    let bias = mlp.values("0.bias", &[N_HIDDEN], Init::Bias)?;
    let last = mlp.values("2.weight", &[n_heads, N_HIDDEN], Init::LinearWeight)?;
    if builder.is_outline() {
        return Ok(Vec::new());
    }
    let coordinate = |difference: usize| {
        let scaled = difference as f64 - (side - 1) as f64;
        let scaled = scaled * LARGEST / (side - 1) as f64;
        scaled.signum() * (scaled.abs() + 1.0).log2() / LARGEST.log2()
    };
    let mut table = Vec::with_capacity(span * span * n_heads);
    for position in 0..span * span {
        let [down, right] = [position / span, position % span].map(coordinate);
        let hidden: Vec<f64> = first
            .chunks_exact(2)
            .zip(&bias)
            .map(|(weights, &bias)| {
                let weights = [0, 1].map(|axis| f64::from(weights[axis]));
                (weights[0] * down + weights[1] * right + f64::from(bias)).max(0.0)
            })
            .collect();
        table.extend(last.chunks_exact(N_HIDDEN).map(|weights| {
            let products = weights.iter().zip(&hidden);
            let output: f64 = products.map(|(&weight, x)| f64::from(weight) * x).sum();
            (16.0 / (1.0 + (-output).exp())) as f32
        }));
    }
    Ok(by_pair(&table, side, n_heads))
}

/// Returns the number of differences along an axis.
fn span(side: usize) -> usize {
    2 * side - 1
}

/// Returns the value of each head for each pair of tokens, from a table of relative positions ×
/// heads.
fn by_pair(table: &[f32], side: usize, n_heads: usize) -> Vec<f32> {
    let (span, n_tokens) = (span(side), side * side);
    let difference = |token: usize, other: usize| token + side - 1 - other;
    let mut by_pair = Vec::with_capacity(n_heads * n_tokens * n_tokens);
    for head in 0..n_heads {
        for token in 0..n_tokens {
            for other in 0..n_tokens {
                let down = difference(token / side, other / side);
                let right = difference(token % side, other % side);
                by_pair.push(table[(down * span + right) * n_heads + head]);
            }
        }
    }
    by_pair
}
