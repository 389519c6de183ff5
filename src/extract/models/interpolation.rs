//! Interpolation of position embeddings to another grid of patches.

use crate::error::Result;
use crate::extract::preprocess::Filter;
use crate::extract::preprocess::weights::{FRACTION_BITS, Weights as ResizeWeights};

/// How embeddings between the stored positions are computed. Both are bicubic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Interpolation {
    /// As by `resample_abs_pos_embed` of timm: `torch.nn.functional.interpolate` with antialiasing,
    /// which has the weights of Pillow.
    Antialiased,
    /// As in Hugging Face transformers: `torch.nn.functional.interpolate` without antialiasing.
    Plain {
        /// What is added to the size of the new grid, as 0.1 by the authors of DINOv2, whose places
        /// lie a little closer to each other than the size says.
        grid_offset: f64,
    },
}

/// The first old position and the weights of consecutive positions for each new position.
type Weights = Vec<(usize, Vec<f32>)>;

/// Interpolates position embeddings from a grid of `old` × `old` to one of `new` rows and columns.
///
/// The first `n_first` embeddings, which have no position, are kept.
pub(super) fn resample(
    positions: &[f32],
    n_first: usize,
    old: usize,
    new: [usize; 2],
    interpolation: Interpolation,
) -> Result<Vec<f32>> {
    if new == [old; 2] {
        return Ok(positions.to_vec());
    }
    let width = positions.len() / (n_first + old * old);
    let (first, places) = positions.split_at(n_first * width);
    let [rows, columns] = new;
    let weights = |n_new| match interpolation {
        Interpolation::Antialiased => antialiased(old, n_new),
        Interpolation::Plain { grid_offset } => Ok(plain(old, n_new, grid_offset)),
    };
    let across = along(places, [old, width], &weights(columns)?);
    let down = along(&across, [old, columns * width], &weights(rows)?);
    Ok([first, &down].concat())
}

fn antialiased(n_old: usize, n_new: usize) -> Result<Weights> {
    const ONE: f32 = (1 << FRACTION_BITS) as f32;

    let all = 0..n_new as u64;
    let weights = ResizeWeights::new(Filter::Bicubic, n_old, n_new as u64, all)?;
    let of_place = |(first, weights): (usize, &[i32])| {
        let weights = weights.iter().map(|&weight| weight as f32 / ONE);
        (first, weights.collect())
    };
    Ok(weights.iter().map(of_place).collect())
}

/// Returns the weights of cubic convolution (Keys 1981) with a = −0.75, as in PyTorch. Positions
/// beyond the edges have the embeddings of the edges.
fn plain(n_old: usize, n_new: usize, grid_offset: f64) -> Weights {
    const A: f64 = -0.75;

    let inner = |t: f64| ((A + 2.0) * t - (A + 3.0)) * t * t + 1.0;
    let outer = |t: f64| ((A * t - 5.0 * A) * t + 8.0 * A) * t - 4.0 * A;
    let last = n_old as i64 - 1;
    let of_place = |place: usize| {
        let x = (place as f64 + 0.5) * n_old as f64 / (n_new as f64 + grid_offset) - 0.5;
        let t = x - x.floor();
        let start = x.floor() as i64 - 1;
        let first = start.clamp(0, last);
        let mut weights = vec![0.0; (start + 3).clamp(0, last) as usize - first as usize + 1];
        let each = [outer(1.0 + t), inner(t), inner(1.0 - t), outer(2.0 - t)];
        for (old, weight) in (start..).zip(each) {
            weights[(old.clamp(0, last) - first) as usize] += weight as f32;
        }
        (first as usize, weights)
    };
    (0..n_new).map(of_place).collect()
}

/// Interpolates along the second of three axes, which has `n_old` positions; the third has `width`
/// values.
fn along(values: &[f32], [n_old, width]: [usize; 2], weights: &Weights) -> Vec<f32> {
    let n_new = weights.len();
    let n = values.len() / (n_old * width);
    let mut out = vec![0.0; n * n_new * width];
    for (values, out) in values
        .chunks_exact(n_old * width)
        .zip(out.chunks_exact_mut(n_new * width))
    {
        for ((first, weights), out) in weights.iter().zip(out.chunks_exact_mut(width)) {
            let old = values[first * width..].chunks_exact(width);
            for (old, &weight) in old.zip(weights) {
                for (out, x) in out.iter_mut().zip(old) {
                    *out += weight * x;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference: PyTorch 2.6, `torch.nn.functional.interpolate` of 0, 1, 4, 9, 16 to size 3 with
    /// mode "bicubic", without and with antialiasing.
    #[test]
    fn interpolation_is_that_of_pytorch() {
        let values: Vec<f32> = (0..5).map(|x| (x * x) as f32).collect();
        for (weights, expected) in [
            (plain(5, 3, 0.0), PLAIN),
            (antialiased(5, 3).unwrap(), ANTIALIASED),
        ] {
            let found = along(&values, [5, 1], &weights);
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-4, "{found} {expected}");
            }
        }
    }

    const PLAIN: [f32; 3] = [0.148150, 4.000000, 14.074069];
    const ANTIALIASED: [f32; 3] = [0.169231, 4.195349, 13.338459];
}
