//! Convolutions as matrix products: the inputs of a tile of output pixels are gathered into rows,
//! and multiplied by all filters.

use super::activation::bias_and_activate;
use super::gemm::rows_by_weights;
use crate::extract::layers::{Activation, ConvSpec, MapShape};

/// Size of the rows of a tile, in bytes: they stay in the second-level cache, beside the panels
/// that the product packs.
const TILE_BYTES: usize = 256 << 10;

/// Minimum and maximum number of output pixels in a tile.
const TILE_PIXELS: [usize; 2] = [48, 512];

/// Filters in the order of the rows of a tile: group by group, (row, column, input channel) ×
/// output channel.
pub(in crate::extract) struct Filters {
    spec: ConvSpec,
    /// Filters of each group.
    weights: Vec<Vec<f32>>,
    bias: Option<Vec<f32>>,
}

impl Filters {
    /// Creates filters from weights of shape outputs × (inputs / groups) × height × width,
    /// row-major.
    pub fn new(spec: ConvSpec, weights: &[f32], bias: Option<Vec<f32>>) -> Self {
        let ConvSpec {
            kernel: [height, width],
            groups,
            ..
        } = spec;
        let (n_in, n_out) = (spec.inputs / groups, spec.outputs / groups);
        let window = height * width;
        let of_group = |group: usize| {
            let mut out = vec![0.0; window * n_in * n_out];
            for output in 0..n_out {
                let filter = &weights[(group * n_out + output) * n_in * window..][..n_in * window];
                for (input, of_input) in filter.chunks_exact(window).enumerate() {
                    for (place, &weight) in of_input.iter().enumerate() {
                        out[(place * n_in + input) * n_out + output] = weight;
                    }
                }
            }
            out
        };
        Self {
            spec,
            weights: (0..groups).map(of_group).collect(),
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
        let n_pixels = out_shape.height * out_shape.width;
        let n_inputs = self.spec.window_len();
        let [least, most] = TILE_PIXELS;
        let tile = (TILE_BYTES / (4 * n_inputs))
            .clamp(least, most)
            .min(n_pixels);
        let mut rows = match self.spec.is_pointwise() {
            true => Vec::new(),
            false => vec![0.0; tile * n_inputs],
        };
        let mut of_group = match self.spec.groups {
            1 => Vec::new(),
            groups => vec![0.0; tile * self.spec.outputs / groups],
        };
        for start in (0..n_pixels).step_by(tile) {
            let n = tile.min(n_pixels - start);
            let out = &mut out[start * self.spec.outputs..][..n * self.spec.outputs];
            for (group, weights) in self.weights.iter().enumerate() {
                let n_outputs = self.spec.outputs / self.spec.groups;
                let rows = match self.spec.is_pointwise() {
                    true => &x[start * n_inputs..][..n * n_inputs],
                    false => {
                        self.gather(
                            x,
                            shape,
                            out_shape.width,
                            start,
                            group,
                            &mut rows[..n * n_inputs],
                        );
                        &rows[..n * n_inputs]
                    }
                };
                if self.spec.groups == 1 {
                    rows_by_weights(rows, weights, n_outputs, out);
                } else {
                    let of_group = &mut of_group[..n * n_outputs];
                    rows_by_weights(rows, weights, n_outputs, of_group);
                    let pixels = out.chunks_exact_mut(self.spec.outputs);
                    for (out, of_group) in pixels.zip(of_group.chunks_exact(n_outputs)) {
                        out[group * n_outputs..][..n_outputs].copy_from_slice(of_group);
                    }
                }
            }
            bias_and_activate(out, self.bias.as_deref(), activation);
        }
        (out, out_shape)
    }

    /// Gathers the inputs of consecutive output pixels, from `start` on, until `rows` is full.
    fn gather(
        &self,
        x: &[f32],
        shape: MapShape,
        out_width: usize,
        start: usize,
        group: usize,
        rows: &mut [f32],
    ) {
        let ConvSpec {
            kernel: [height, width],
            stride: [down, right],
            groups,
            ..
        } = self.spec;
        let [above, _] = self.spec.zeros(0, shape.height);
        let [before, _] = self.spec.zeros(1, shape.width);
        let n_in = self.spec.inputs / groups;
        let is_dense = groups == 1;
        for (pixel, row) in (start..).zip(rows.chunks_exact_mut(self.spec.window_len())) {
            let top = ((pixel / out_width) * down) as isize - above as isize;
            let left = ((pixel % out_width) * right) as isize - before as isize;
            for (of_row, line) in row.chunks_exact_mut(width * n_in).enumerate() {
                let y = top + of_row as isize;
                if y < 0 || y >= shape.height as isize {
                    line.fill(0.0);
                    continue;
                }
                let in_row =
                    &x[y as usize * shape.width * shape.channels..][..shape.width * shape.channels];
                let is_inside = left >= 0 && left as usize + width <= shape.width;
                if is_dense && is_inside {
                    // One copy, since the channels of neighboring pixels are contiguous.
                    line.copy_from_slice(&in_row[left as usize * n_in..][..width * n_in]);
                    continue;
                }
                for (column, out) in line.chunks_exact_mut(n_in).enumerate() {
                    let x = left + column as isize;
                    if x < 0 || x >= shape.width as isize {
                        out.fill(0.0);
                    } else {
                        let start = x as usize * shape.channels + group * n_in;
                        out.copy_from_slice(&in_row[start..][..n_in]);
                    }
                }
            }
            debug_assert_eq!(row.len(), height * width * n_in);
        }
    }
}
