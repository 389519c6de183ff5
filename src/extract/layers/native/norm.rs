//! Normalization.

use pulp::{Arch, Simd, WithSimd};

use super::activation::bias_and_activate;
use crate::extract::layers::Activation;

/// Returns activation(values · scale + shift) for each channel.
pub(in crate::extract) fn affine(
    values: &[f32],
    scale: &[f32],
    shift: &[f32],
    activation: Activation,
) -> Vec<f32> {
    let mut out = self::scale(values, scale);
    bias_and_activate(&mut out, Some(shift), activation);
    out
}

/// Returns values · scale for each channel.
pub(in crate::extract) fn scale(values: &[f32], scale: &[f32]) -> Vec<f32> {
    let mut out = values.to_vec();
    for row in out.chunks_exact_mut(scale.len()) {
        for (x, scale) in row.iter_mut().zip(scale) {
            *x *= scale;
        }
    }
    out
}

/// Writes values · scale for each channel into rows of `n_columns` values, from column `first` on.
pub(in crate::extract) fn scale_into(
    values: &[f32],
    scale: &[f32],
    out: &mut [f32],
    n_columns: usize,
    first: usize,
) {
    let rows = out.chunks_exact_mut(n_columns);
    for (row, values) in rows.zip(values.chunks_exact(scale.len())) {
        for ((out, x), scale) in row[first..].iter_mut().zip(values).zip(scale) {
            *out = x * scale;
        }
    }
}

/// Returns (x − mean) / √(variance + epsilon) · weight + bias for each row.
pub(in crate::extract) fn layer_norm(
    values: &[f32],
    weight: &[f32],
    bias: &[f32],
    epsilon: f32,
) -> Vec<f32> {
    let mut out = values.to_vec();
    Arch::new().dispatch(LayerNorm {
        rows: &mut out,
        weight,
        bias,
        epsilon,
    });
    out
}

struct LayerNorm<'a> {
    rows: &'a mut [f32],
    weight: &'a [f32],
    bias: &'a [f32],
    epsilon: f32,
}

impl WithSimd for LayerNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let n = self.weight.len();
        for row in self.rows.chunks_exact_mut(n) {
            let mean = sum(row, |x| x) / n as f32;
            let variance = sum(row, |x| (x - mean) * (x - mean)) / n as f32;
            let scale = 1.0 / (variance + self.epsilon).sqrt();
            for ((x, weight), bias) in row.iter_mut().zip(self.weight).zip(self.bias) {
                *x = (*x - mean) * scale * weight + bias;
            }
        }
    }
}

/// Returns the sum of `of(x)` over all values, added in parallel lanes.
#[inline(always)]
fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    const LANES: usize = 16;

    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for chunk in chunks {
        for (sum, &x) in sums.iter_mut().zip(chunk) {
            *sum += of(x);
        }
    }
    let rest: f32 = rest.iter().map(|&x| of(x)).sum();
    sums.into_iter().sum::<f32>() + rest
}
