//! Resizing of images.

use ndarray::{Array3, ArrayView3};
use rayon::prelude::*;

/// Resizes an image `[height, width, channels]` to a width and height: each new pixel is the
/// area-weighted mean of the pixels that it covers. Enlarged pixels stay rectangles.
pub(super) fn resample(pixels: ArrayView3<'_, u8>, (width, height): (usize, usize)) -> Array3<u8> {
    let (old_height, old_width, n_channels) = pixels.dim();
    let (columns, rows) = (shares(old_width, width), shares(old_height, height));
    let pixels = pixels.as_standard_layout();
    let pixels = pixels.as_slice().expect("in standard order");
    // Columns first, then rows.
    let lines = pixels.par_chunks((old_width * n_channels).max(1));
    let across: Vec<Vec<f32>> = lines
        .map(|source| {
            let mut line = vec![0.0; width * n_channels];
            for (parts, out) in columns.iter().zip(line.chunks_exact_mut(n_channels.max(1))) {
                for &(column, share) in parts {
                    let source = &source[column * n_channels..];
                    for (out, &value) in out.iter_mut().zip(source) {
                        *out += share * f32::from(value);
                    }
                }
            }
            line
        })
        .collect();
    let lines = rows.par_iter().flat_map_iter(|parts| {
        let mut line = vec![0.0_f32; width * n_channels];
        for &(row, share) in parts {
            for (out, &value) in line.iter_mut().zip(&across[row]) {
                *out += share * value;
            }
        }
        // Means are not negative, and the conversion saturates.
        line.into_iter().map(|mean| (mean + 0.5) as u8)
    });
    let resized: Vec<u8> = lines.collect();
    Array3::from_shape_vec((height, width, n_channels), resized).expect("one value each")
}

/// Returns an image of RGB pixels at a `step` times lower resolution: each new pixel is the mean of
/// `step` × `step` pixels, `step` ≤ 256. The width and the height are multiples of `step`.
pub(super) fn reduce(pixels: &[u8], (width, height): (usize, usize), step: usize) -> Array3<u8> {
    const N_CHANNELS: usize = 3;

    let (new_width, new_height) = (width / step, height / step);
    let n_pixels = (step * step) as u32;
    let mut reduced = Array3::zeros((new_height, new_width, N_CHANNELS));
    let lines = pixels.par_chunks_exact((step * width * N_CHANNELS).max(1));
    let outs = reduced.as_slice_mut().expect("in standard order");
    let outs = outs.par_chunks_exact_mut((new_width * N_CHANNELS).max(1));
    outs.zip(lines).for_each(|(out, rows)| {
        // Rows first: sums of whole rows use vector instructions.
        let mut sums = vec![0_u16; width * N_CHANNELS];
        for row in rows.chunks_exact(width * N_CHANNELS) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += u16::from(value);
            }
        }
        let squares = sums.chunks_exact(step * N_CHANNELS);
        for (out, square) in out.chunks_exact_mut(N_CHANNELS).zip(squares) {
            for (channel, out) in out.iter_mut().enumerate() {
                let of_channel = square[channel..].iter().step_by(N_CHANNELS);
                let sum: u32 = of_channel.copied().map(u32::from).sum();
                *out = ((sum + n_pixels / 2) / n_pixels) as u8;
            }
        }
    });
    reduced
}

/// Returns, for each of `new` cells of a line, the `old` cells that it covers, with their fractions
/// of the new cell.
fn shares(old: usize, new: usize) -> Vec<Vec<(usize, f32)>> {
    let ratio = old as f64 / new as f64;
    let covered = |cell: usize| {
        let (start, end) = (cell as f64 * ratio, (cell + 1) as f64 * ratio);
        let last = (end.ceil() as usize).min(old);
        (start as usize..last)
            .map(|old_cell| {
                let from = start.max(old_cell as f64);
                let to = end.min((old_cell + 1) as f64);
                (old_cell, ((to - from).max(0.0) / ratio) as f32)
            })
            .collect()
    };
    (0..new).map(covered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn reducing_is_resampling_by_an_integer() {
        let value = |(row, column, channel)| (row * 37 + column * 11 + channel * 5) as u8;
        let pixels = Array3::from_shape_fn((6, 9, 3), value);
        let resampled = resample(pixels.view(), (3, 2));
        assert_eq!(reduce(pixels.as_slice().unwrap(), (9, 6), 3), resampled);
    }

    #[test]
    fn smaller_is_the_mean_and_larger_keeps_squares() {
        let pixels = array![[[0u8, 10, 20], [100, 30, 20]], [[40, 10, 20], [60, 30, 20]]];
        let one = resample(pixels.view(), (1, 1));
        assert_eq!(one, array![[[50u8, 20, 20]]]);
        let large = resample(pixels.view(), (6, 4));
        for ((y, x, channel), &value) in large.indexed_iter() {
            assert_eq!(value, pixels[[y / 2, x / 3, channel]]);
        }
        // Two pixels become three: the middle one is the mean of both.
        let wide = resample(pixels.view(), (3, 2));
        assert_eq!(wide[[0, 1, 0]], 50);
    }
}
