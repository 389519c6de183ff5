//! Convolutions of each channel with a filter of its own.

use pulp::{Arch, Simd, WithSimd};

use super::activation::bias_and_activate;
use crate::extract::layers::{Activation, ConvSpec, MapShape};

/// Filters in the order (row, column) × channel.
pub(in crate::extract) struct DepthwiseFilters {
    spec: ConvSpec,
    weights: Vec<f32>,
    bias: Option<Vec<f32>>,
}

impl DepthwiseFilters {
    /// From weights of shape channels × 1 × height × width, row-major.
    pub fn new(spec: ConvSpec, weights: &[f32], bias: Option<Vec<f32>>) -> Self {
        let window = spec.kernel[0] * spec.kernel[1];
        let mut by_place = vec![0.0; weights.len()];
        for (channel, filter) in weights.chunks_exact(window).enumerate() {
            for (place, &weight) in filter.iter().enumerate() {
                by_place[place * spec.outputs + channel] = weight;
            }
        }
        Self {
            spec,
            weights: by_place,
            bias,
        }
    }

    /// activation(x ∗ filters + bias) of one image, and its shape.
    pub fn apply(
        &self,
        x: &[f32],
        shape: MapShape,
        activation: Activation,
    ) -> (Vec<f32>, MapShape) {
        let out_shape = self.spec.out_shape(shape);
        let mut out = vec![0.0; out_shape.len()];
        Arch::new().dispatch(Convolve {
            filters: self,
            x,
            shape,
            out: &mut out,
            out_width: out_shape.width,
        });
        bias_and_activate(&mut out, self.bias.as_deref(), activation);
        (out, out_shape)
    }
}

struct Convolve<'a> {
    filters: &'a DepthwiseFilters,
    x: &'a [f32],
    shape: MapShape,
    out: &'a mut [f32],
    out_width: usize,
}

impl WithSimd for Convolve<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let ConvSpec {
            kernel: [height, width],
            stride: [down, right],
            padding: [above, before],
            dilation: [dilation_down, dilation_right],
            ..
        } = self.filters.spec;
        let n = self.shape.channels;
        for (pixel, out) in self.out.chunks_exact_mut(n).enumerate() {
            let top = ((pixel / self.out_width) * down) as isize - above as isize;
            let left = ((pixel % self.out_width) * right) as isize - before as isize;
            for row in 0..height {
                let y = top + (row * dilation_down) as isize;
                if y < 0 || y >= self.shape.height as isize {
                    continue;
                }
                for column in 0..width {
                    let x = left + (column * dilation_right) as isize;
                    if x < 0 || x >= self.shape.width as isize {
                        continue;
                    }
                    let place = (y as usize * self.shape.width + x as usize) * n;
                    let values = &self.x[place..][..n];
                    let weights = &self.filters.weights[(row * width + column) * n..][..n];
                    for ((out, x), weight) in out.iter_mut().zip(values).zip(weights) {
                        *out += x * weight;
                    }
                }
            }
        }
    }
}
