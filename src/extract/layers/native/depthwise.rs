//! Depthwise convolutions, in which each channel has its own filter.

use std::ops::Range;

use pulp::{Arch, Scalar, Simd, WithSimd};

use super::activation::bias_and_activate;
use crate::extract::layers::{Activation, ConvSpec, MapShape};

/// Filters in the order (row, column) × channel.
pub(in crate::extract) struct DepthwiseFilters {
    spec: ConvSpec,
    weights: Vec<f32>,
    bias: Option<Vec<f32>>,
}

impl DepthwiseFilters {
    /// Creates filters from weights of shape channels × 1 × height × width, row-major.
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

    /// Returns activation(x ∗ filters + bias) of one image, and its shape.
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

/// Number of vectors of channels whose sums stay in registers, for each of [`PIXELS`] neighboring
/// pixels.
const VECTORS: usize = 4;
const PIXELS: usize = 4;

impl WithSimd for Convolve<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (n, lanes) = (self.shape.channels, S::F32_LANES);
        let mut channel = 0;
        while channel + VECTORS * lanes <= n {
            self.channels::<S, VECTORS>(simd, channel);
            channel += VECTORS * lanes;
        }
        while channel + lanes <= n {
            self.channels::<S, 1>(simd, channel);
            channel += lanes;
        }
        if channel < n && lanes <= n {
            // The last vector overlaps the one before it.
            self.channels::<S, 1>(simd, n - lanes);
            channel = n;
        }
        for channel in channel..n {
            self.channels::<Scalar, 1>(Scalar::new(), channel);
        }
    }
}

impl Convolve<'_> {
    /// Computes the maps of `V` vectors of channels, from `channel` on.
    #[inline(always)]
    fn channels<S: Simd, const V: usize>(&mut self, simd: S, channel: usize) {
        let ConvSpec {
            kernel: [height, width],
            stride: [down, right],
            ..
        } = self.filters.spec;
        let [above, _] = self.filters.spec.zeros(0, self.shape.height);
        let [before, _] = self.filters.spec.zeros(1, self.shape.width);
        let (n, shape, n_pixels) = (self.shape.channels, self.shape, self.out_width);
        let columns_of = |pixel: usize| inside(pixel * right, before, width, shape.width);
        for (row, out) in self.out.chunks_exact_mut(n_pixels * n).enumerate() {
            let rows = inside(row * down, above, height, shape.height);
            let top = row * down + rows.start - above;
            let mut pixel = 0;
            while pixel < n_pixels {
                let columns = columns_of(pixel);
                let last = pixel + PIXELS - 1;
                let is_group = last < n_pixels && columns_of(last) == columns;
                let left = pixel * right + columns.start - before;
                let first_place = rows.start * width + columns.start;
                // A window outside the map has no positions in it, and needs no values.
                let windows = Windows {
                    x: from(self.x, (top * shape.width + left) * n + channel),
                    weights: from(&self.filters.weights, first_place * n + channel),
                    size: [rows.len(), columns.len()],
                    x_steps: [shape.width * n, n],
                    weight_steps: [width * n, n],
                    pixel_steps: [right * n, n],
                };
                let out = &mut out[pixel * n + channel..];
                pixel += match is_group {
                    true => windows.convolve::<S, PIXELS, V>(simd, out),
                    false => windows.convolve::<S, 1, V>(simd, out),
                };
            }
        }
    }
}

fn from(values: &[f32], start: usize) -> &[f32] {
    values.get(start..).unwrap_or_default()
}

/// Returns the positions of a window that lie inside a map along an axis; `start` is that of the
/// window in the padded map.
#[inline(always)]
fn inside(start: usize, padding: usize, kernel: usize, size: usize) -> Range<usize> {
    let first = padding.saturating_sub(start);
    let end = (size + padding).saturating_sub(start);
    first..end.min(kernel).max(first)
}

/// Windows of neighboring pixels that have the same positions inside the map.
struct Windows<'a> {
    /// Input, from the first of these positions in the first window on.
    x: &'a [f32],
    weights: &'a [f32],
    /// Numbers of rows and columns of these positions.
    size: [usize; 2],
    /// Steps from one row and from one column to the next.
    x_steps: [usize; 2],
    weight_steps: [usize; 2],
    /// Steps from one pixel to the next, in the input and in the output.
    pixel_steps: [usize; 2],
}

impl Windows<'_> {
    /// Computes the sums of `P` pixels, and returns `P`.
    #[inline(always)]
    fn convolve<S: Simd, const P: usize, const V: usize>(&self, simd: S, out: &mut [f32]) -> usize {
        let mut sums = [[simd.splat_f32s(0.0); V]; P];
        for row in 0..self.size[0] {
            let x = &self.x[row * self.x_steps[0]..];
            let weights = &self.weights[row * self.weight_steps[0]..];
            for column in 0..self.size[1] {
                let x = &x[column * self.x_steps[1]..];
                let weights = load::<S, V>(simd, &weights[column * self.weight_steps[1]..]);
                for (pixel, sums) in sums.iter_mut().enumerate() {
                    let x = load::<S, V>(simd, &x[pixel * self.pixel_steps[0]..]);
                    for ((sum, x), weight) in sums.iter_mut().zip(x).zip(weights) {
                        *sum = simd.mul_add_e_f32s(x, weight, *sum);
                    }
                }
            }
        }
        for (pixel, sums) in sums.into_iter().enumerate() {
            let out = &mut out[pixel * self.pixel_steps[1]..][..V * S::F32_LANES];
            let (vectors, _) = S::as_mut_simd_f32s(out);
            for (out, sum) in vectors.iter_mut().zip(sums) {
                *out = sum;
            }
        }
        P
    }
}

/// Loads the first `V` vectors.
#[inline(always)]
fn load<S: Simd, const V: usize>(simd: S, values: &[f32]) -> [S::f32s; V] {
    let (vectors, _) = S::as_simd_f32s(&values[..V * S::F32_LANES]);
    let mut loaded = [simd.splat_f32s(0.0); V];
    for (loaded, vector) in loaded.iter_mut().zip(vectors) {
        *loaded = *vector;
    }
    loaded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computes a depthwise convolution by its definition.
    fn naive(x: &[f32], shape: MapShape, spec: ConvSpec, weights: &[f32]) -> Vec<f32> {
        let (out, n) = (spec.out_shape(shape), shape.channels);
        let [height, width] = spec.kernel;
        let size = [shape.height, shape.width];
        let mut sums = vec![0.0; out.len()];
        for (place, sum) in sums.iter_mut().enumerate() {
            let (pixel, channel) = (place / n, place % n);
            for of_window in 0..height * width {
                let at = |axis: usize, pixel: usize, place: usize| {
                    let padded = pixel * spec.stride[axis] + place;
                    padded.checked_sub(spec.zeros(axis, size[axis])[0])
                };
                let y = at(0, pixel / out.width, of_window / width);
                let x_of = at(1, pixel % out.width, of_window % width);
                if let (Some(row), Some(column)) = (y, x_of)
                    && row < shape.height
                    && column < shape.width
                {
                    let x = x[(row * shape.width + column) * n + channel];
                    *sum += x * weights[channel * height * width + of_window];
                }
            }
        }
        sums
    }

    #[test]
    fn windows_are_those_of_the_definition() {
        for (size, n, kernel, stride, padding) in [
            ([9, 14], 72, 3, 1, Some(1)),
            ([9, 14], 24, 3, 2, Some(1)),
            ([3, 12], 130, 7, 1, Some(3)),
            ([11, 10], 5, 5, 2, Some(2)),
            ([13, 13], 17, 3, 1, Some(2)),
            ([12, 17], 64, 5, 3, Some(4)),
            ([6, 8], 16, 3, 1, Some(0)),
            ([2, 2], 33, 1, 2, Some(0)),
            ([1, 1], 16, 3, 1, Some(2)),
            ([9, 14], 24, 3, 2, None),
            ([1, 8], 17, 5, 2, None),
        ] {
            let shape = MapShape {
                height: size[0],
                width: size[1],
                channels: n,
            };
            let spec = ConvSpec::new(n, n, kernel).groups(n).stride(stride);
            let spec = padding.map_or(spec.tensorflow(), |padding| spec.padding(padding));
            let value = |i: usize| ((i * 7919) % 1009) as f32 / 504.5 - 1.0;
            let x: Vec<f32> = (0..shape.len()).map(value).collect();
            let weights: Vec<f32> = (7..7 + n * kernel * kernel).map(value).collect();
            let filters = DepthwiseFilters::new(spec, &weights, None);
            let (found, _) = filters.apply(&x, shape, Activation::Identity);
            let expected = naive(&x, shape, spec, &weights);
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-5, "{spec:?}");
            }
        }
    }
}
