//! Depthwise convolutions with candle.
//!
//! candle itself computes them channel by channel, in far too many small steps for a GPU. Here each
//! position of the window is one product of whole feature maps.

use candle_core::Tensor;

use super::ConvSpec;
use crate::error::Result;
use crate::extract::builder::Builder;
use crate::extract::flow::Flow;

/// The weights of all channels for each position of the window, 1 × channels × 1 × 1.
pub(super) struct PlacedWeights(Vec<Tensor>);

impl PlacedWeights {
    /// Creates the weights from values of shape channels × 1 × height × width, row-major.
    pub fn new(builder: &Builder<'_>, spec: ConvSpec, weights: &[f32]) -> Result<Self> {
        let window = spec.window_len();
        let of_place = |place: usize| {
            let weights = weights.iter().skip(place).step_by(window);
            builder.tensor(weights.copied().collect(), &[1, spec.outputs, 1, 1])
        };
        Ok(Self((0..window).map(of_place).collect::<Result<_>>()?))
    }

    /// Returns x ∗ filters.
    pub fn convolve(&self, x: &Tensor, spec: ConvSpec) -> Flow<Tensor> {
        let (n, channels, height, width) = x.dims4()?;
        let out = [spec.out_len(0, height), spec.out_len(1, width)];
        let x = reach(x, 2, spec, out[0])?;
        let x = reach(&x, 3, spec, out[1])?;
        // Splits each axis by the stride, so that pixels one stride apart become neighbors.
        let [down, right] = spec.stride;
        let (height, width) = (x.dim(2)? / down, x.dim(3)? / right);
        let x = x.reshape((n, channels, height, down, width, right))?;
        let mut sum: Option<Tensor> = None;
        for (place, weights) in self.0.iter().enumerate() {
            let top = place / spec.kernel[1];
            let left = place % spec.kernel[1];
            let rows = x.narrow(2, top / down, out[0])?.narrow(3, top % down, 1)?;
            let part = rows.narrow(4, left / right, out[1])?;
            let part = part.narrow(5, left % right, 1)?;
            let product = part.squeeze(5)?.squeeze(3)?.broadcast_mul(weights)?;
            sum = Some(match sum {
                Some(sum) => (sum + product)?,
                None => product,
            });
        }
        Ok(sum.unwrap_or(x))
    }
}

/// Pads or crops an axis of feature maps to the pixels that windows cover, a multiple of the
/// stride.
fn reach(x: &Tensor, axis: usize, spec: ConvSpec, n_out: usize) -> Flow<Tensor> {
    let [stride, kernel] = [spec.stride, spec.kernel].map(|of_axes| of_axes[axis - 2]);
    let wanted = stride * ((kernel - 1) / stride + n_out);
    let size = x.dim(axis)?;
    let [before, _] = spec.zeros(axis - 2, size);
    let x = x.pad_with_zeros(axis, before, wanted.saturating_sub(before + size))?;
    Ok(x.narrow(axis, 0, wanted)?)
}
