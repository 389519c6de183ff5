//! Rotary position embeddings: Su et al., "RoFormer: enhanced transformer with rotary position
//! embedding" (2021), for two axes.

use std::f64::consts::TAU;

use candle_core::{D, Device, Tensor};

use crate::extract::flow::Flow;

/// The positions and frequencies of a rotary embedding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rotary {
    /// EVA-02: positions from 0 to 16 along each axis, periods up to 10⁴; neighboring features are
    /// rotated together.
    Eva,
    /// DINOv3: positions from −1 to 1 along each axis, periods up to 10²; each feature of the first
    /// half is rotated together with that of the second half.
    DinoV3,
}

/// The rotations at the positions of a grid, 1 × positions × 1 × (width of a head / 2).
pub(super) struct Rotations {
    kind: Rotary,
    cos: Tensor,
    sin: Tensor,
}

impl Rotary {
    /// Computes the rotations of the heads with this width at all positions of a grid.
    pub fn rotations(
        self,
        [rows, columns]: [usize; 2],
        width: usize,
        device: &Device,
    ) -> Flow<Rotations> {
        let n = width / 4;
        let angle = |place: usize, size: usize, band: usize| match self {
            Rotary::Eva => {
                let position = place as f64 / size as f64 * 16.0;
                position / 1e4f64.powf(band as f64 / n as f64)
            }
            Rotary::DinoV3 => {
                let position = 2.0 * (place as f64 + 0.5) / size as f64 - 1.0;
                TAU * position / 1e2f64.powf(band as f64 / n as f64)
            }
        };
        let mut angles = Vec::with_capacity(rows * columns * 2 * n);
        for row in 0..rows {
            for column in 0..columns {
                angles.extend((0..n).map(|band| angle(row, rows, band)));
                angles.extend((0..n).map(|band| angle(column, columns, band)));
            }
        }
        let tensor = |of: fn(f64) -> f64| {
            let values: Vec<f32> = angles.iter().map(|&angle| of(angle) as f32).collect();
            Tensor::from_vec(values, (1, rows * columns, 1, 2 * n), device)
        };
        Ok(Rotations {
            kind: self,
            cos: tensor(f64::cos)?,
            sin: tensor(f64::sin)?,
        })
    }
}

impl Rotations {
    /// Rotates the heads of tokens of images × tokens × (heads × width); the first `n_special` tokens
    /// have no position.
    pub fn apply(&self, x: &Tensor, n_heads: usize, n_special: usize) -> Flow<Tensor> {
        let (n, n_tokens, width) = x.dims3()?;
        let n_patches = n_tokens - n_special;
        let patches = x.narrow(1, n_special, n_patches)?.contiguous()?;
        let half = width / n_heads / 2;
        let by_head = |x: Tensor| x.reshape((n, n_patches, n_heads, half));
        let (pairs, axis) = match self.kind {
            Rotary::Eva => ((n, n_patches, n_heads * half, 2), D::Minus1),
            Rotary::DinoV3 => ((n, n_patches * n_heads, 2, half), D::Minus2),
        };
        let pairs = patches.reshape(pairs)?;
        let part = |which: usize| by_head(pairs.narrow(axis, which, 1)?.contiguous()?);
        let (a, b) = (part(0)?, part(1)?);
        let rotated_a = (a.broadcast_mul(&self.cos)? - b.broadcast_mul(&self.sin)?)?;
        let rotated_b = (b.broadcast_mul(&self.cos)? + a.broadcast_mul(&self.sin)?)?;
        let rotated = match self.kind {
            Rotary::Eva => Tensor::stack(&[rotated_a, rotated_b], 4)?,
            Rotary::DinoV3 => Tensor::cat(&[rotated_a, rotated_b], 3)?,
        };
        let rotated = rotated.reshape((n, n_patches, width))?;
        let special = x.narrow(1, 0, n_special)?.contiguous()?;
        Ok(Tensor::cat(&[special, rotated], 1)?)
    }
}
