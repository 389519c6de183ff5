//! Pooling of one image.

use crate::extract::layers::{MapShape, PoolSpec};

/// Returns the largest value of each window, NaN if one is NaN, and the shape of the result.
pub(in crate::extract) fn max(x: &[f32], shape: MapShape, spec: PoolSpec) -> (Vec<f32>, MapShape) {
    let out_shape = spec.out_shape(shape);
    let mut out = vec![f32::NEG_INFINITY; out_shape.len()];
    for_each_window(shape, out_shape, spec, |pixel, inside| {
        let out = &mut out[pixel * shape.channels..][..shape.channels];
        for place in inside {
            let values = &x[place * shape.channels..][..shape.channels];
            for (out, &x) in out.iter_mut().zip(values) {
                // Not `out.max(x)`, which ignores NaN.
                *out = if *out >= x || out.is_nan() { *out } else { x };
            }
        }
    });
    (out, out_shape)
}

/// Returns the mean of each window, and the shape of the result.
///
/// Padding counts as zeros if `spec.counts_padding`.
pub(in crate::extract) fn average(
    x: &[f32],
    shape: MapShape,
    spec: PoolSpec,
) -> (Vec<f32>, MapShape) {
    let out_shape = spec.out_shape(shape);
    let mut out = vec![0.0; out_shape.len()];
    for_each_window(shape, out_shape, spec, |pixel, inside| {
        let out = &mut out[pixel * shape.channels..][..shape.channels];
        let mut n_inside = 0;
        for place in inside {
            let values = &x[place * shape.channels..][..shape.channels];
            for (out, &x) in out.iter_mut().zip(values) {
                *out += x;
            }
            n_inside += 1;
        }
        let n = match spec.counts_padding {
            true => spec.padded_window(pixel, shape, out_shape),
            false => n_inside,
        };
        out.iter_mut().for_each(|x| *x /= n as f32);
    });
    (out, out_shape)
}

/// Returns the mean of each of `size` × `size` windows that cover the map as evenly as possible.
pub(in crate::extract) fn adaptive_average(
    x: &[f32],
    shape: MapShape,
    size: usize,
) -> (Vec<f32>, MapShape) {
    let out_shape = MapShape {
        height: size,
        width: size,
        ..shape
    };
    let range = |index: usize, n: usize| index * n / size..((index + 1) * n).div_ceil(size);
    let mut out = vec![0.0; out_shape.len()];
    // A window may be a whole map, whose sum would lose digits in single precision.
    let mut sums = vec![0.0f64; shape.channels];
    for (pixel, out) in out.chunks_exact_mut(shape.channels).enumerate() {
        sums.fill(0.0);
        let (rows, columns) = (
            range(pixel / size, shape.height),
            range(pixel % size, shape.width),
        );
        let n = (rows.len() * columns.len()) as f64;
        for row in rows {
            for column in columns.clone() {
                let place = (row * shape.width + column) * shape.channels;
                for (sum, &x) in sums.iter_mut().zip(&x[place..]) {
                    *sum += f64::from(x);
                }
            }
        }
        for (out, sum) in out.iter_mut().zip(&sums) {
            *out = (sum / n) as f32;
        }
    }
    (out, out_shape)
}

/// Calls `visit` with each output pixel and the indices of the input pixels of its window.
fn for_each_window(
    shape: MapShape,
    out_shape: MapShape,
    spec: PoolSpec,
    mut visit: impl FnMut(usize, &mut dyn Iterator<Item = usize>),
) {
    for pixel in 0..out_shape.height * out_shape.width {
        let rows = spec.inside(pixel / out_shape.width, shape.height);
        let columns = spec.inside(pixel % out_shape.width, shape.width);
        let mut places = rows.flat_map(|row| {
            columns
                .clone()
                .map(move |column| row * shape.width + column)
        });
        visit(pixel, &mut places);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_a_large_map_is_exact() {
        let shape = MapShape {
            height: 200,
            width: 200,
            channels: 2,
        };
        let x: Vec<f32> = (0..shape.len())
            .map(|at| 1.0 + (at % 7) as f32 * 0.1)
            .collect();
        let (found, _) = adaptive_average(&x, shape, 1);
        for (channel, found) in found.into_iter().enumerate() {
            let values = x.iter().skip(channel).step_by(2);
            let mean = values.map(|&x| f64::from(x)).sum::<f64>() / 40_000.0;
            assert_eq!(found, mean as f32);
        }
    }
}
