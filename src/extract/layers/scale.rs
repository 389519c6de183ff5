//! Multiplication of channels by factors.

use candle_core::Tensor;

use super::{Backend, MapShape, maps, native, with_values};
use crate::error::Result;
use crate::extract::builder::{Builder, Init};
use crate::extract::flow::Flow;

/// Returns x · factors + other, where `factors` is (images or 1) × channels × 1 × 1 and `other` is
/// optional.
pub(super) fn scale(
    x: &Tensor,
    factors: &Tensor,
    other: Option<&Tensor>,
    backend: Backend,
) -> Flow<Tensor> {
    if backend == Backend::Candle {
        let scaled = x.broadcast_mul(factors)?;
        return Ok(match other {
            Some(other) => (scaled + other)?,
            None => scaled,
        });
    }
    let (n, channels, height, width) = x.dims4()?;
    let shape = MapShape {
        height,
        width,
        channels,
    };
    let work = |other: Option<&[f32]>| {
        with_values(&x.permute((0, 2, 3, 1))?, |x| {
            with_values(factors, |factors| {
                native::scale::scale(x, factors, shape, other)
            })
        })?
    };
    let out = match other {
        Some(other) => with_values(&other.permute((0, 2, 3, 1))?, |other| work(Some(other)))??,
        None => work(None)?,
    };
    maps(out, n, shape)
}

/// A learned factor for each channel of a residual branch: Touvron et al., "Going deeper with image
/// transformers" (2021).
pub(in crate::extract) struct LayerScale {
    factors: Tensor,
    backend: Backend,
}

impl LayerScale {
    /// Reads `layer_scale` (channels × 1 × 1), which is initialized to `init`.
    pub fn of_maps(builder: &Builder<'_>, channels: usize, init: f32) -> Result<Self> {
        let factors = builder.values("layer_scale", &[channels, 1, 1], Init::Constant(init))?;
        Ok(Self {
            factors: builder.tensor(factors, &[1, channels, 1, 1])?,
            backend: builder.backend(),
        })
    }

    /// Returns branch · factors.
    pub fn apply(&self, branch: &Tensor) -> Flow<Tensor> {
        scale(branch, &self.factors, None, self.backend)
    }

    /// Returns branch · factors + x.
    pub fn add(&self, branch: &Tensor, x: &Tensor) -> Flow<Tensor> {
        scale(branch, &self.factors, Some(x), self.backend)
    }
}
