//! Resizing of images with results identical to those of Pillow.

use std::ops::Range;

use pulp::Arch;
use serde::{Deserialize, Serialize};

use super::image::{N_CHANNELS, RgbImage, black};
use super::tiles::resize_in_tiles;
use super::weights::{FRACTION_BITS, Filter, Weights};
use crate::error::{Error, Result};
use crate::linalg::reserve;
use crate::names::named;

/// Largest side, in pixels, of a resized image.
pub(super) const MAX_SIDE: u32 = 8192;

/// The order in which the two axes of an image are resized. Pixels are rounded to 8 bits in
/// between, so that the order changes some pixels by one level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PassOrder {
    /// The width first, then the height, as in Pillow up to version 12. (Versions 12.1 to 12.3
    /// resize images that are more than 100 times as high as wide in the other order.)
    HorizontalFirst,
    /// The height first if the image loses more than twice as many rows as columns, otherwise the
    /// width, as in Pillow 13. The default.
    #[default]
    VerticalWhereCheaper,
}

named! {
    PassOrder, "order of the passes of resizing":
    HorizontalFirst = "horizontal-first",
    VerticalWhereCheaper = "vertical-where-cheaper",
}

impl PassOrder {
    /// Returns true if an image of `old` size (width, height) is resized to `new` size vertically
    /// first.
    fn is_vertical_first(self, old: (u64, u64), new: (u64, u64)) -> bool {
        let lost = |old: u64, new: u64| i128::from(old) - i128::from(new);
        let (columns, rows) = (lost(old.0, new.0), lost(old.1, new.1));
        self == PassOrder::VerticalWhereCheaper && rows > 0 && rows > 2 * columns
    }
}

/// Resizes an image to `[height, width]` with results identical, bit for bit, to those of
/// `Image.resize((width, height), filter)` of Pillow 13.
///
/// The axes are resized one after the other, in the default [`PassOrder`], and rounded to 8 bits
/// each; an axis that already has its target length is not changed. Weights are rounded to 22 binary
/// places and sums to the nearest level.
///
/// # Errors
/// Returns `ArgumentError::InvalidParameter` if a side is not in 1 to 8192, or
/// `ComputationError::OutOfMemory` if memory cannot be allocated.
pub fn resize(image: &RgbImage, [height, width]: [u32; 2], filter: Filter) -> Result<RgbImage> {
    check_side("width", width)?;
    check_side("height", height)?;
    let (width, height) = (u64::from(width), u64::from(height));
    let part = Part {
        columns: 0..width,
        rows: 0..height,
    };
    let order = PassOrder::default();
    resize_in_tiles(image, (width, height), filter, order, &part)
}

/// Checks that the target length of a side is in the valid range.
pub(super) fn check_side(name: &'static str, side: u32) -> Result<()> {
    if (1..=MAX_SIDE).contains(&side) {
        return Ok(());
    }
    Err(Error::parameter(name, "1 to 8192 pixels", side))
}

/// A non-empty part of a resized image.
pub(super) struct Part {
    pub(super) columns: Range<u64>,
    pub(super) rows: Range<u64>,
}

/// Computes a part of the image resized to `(width, height)`, and nothing outside that part.
///
/// The crate fast_image_resize is not an alternative: its weights have 16 instead of 22 bits, and 4
/// to 30 % of the samples of an image differ from those of Pillow, mostly by one level, in sharp
/// noise by up to 21.
pub(super) fn resize_part(
    image: &RgbImage,
    (width, height): (u64, u64),
    filter: Filter,
    order: PassOrder,
    part: &Part,
) -> Result<RgbImage> {
    let axis = |n_old: usize, n_new: u64, part: &Range<u64>| {
        (n_old as u64 != n_new)
            .then(|| Weights::new(filter, n_old, n_new, part.clone()))
            .transpose()
    };
    let across = axis(image.width(), width, &part.columns)?;
    let down = axis(image.height(), height, &part.rows)?;
    let n_columns = (part.columns.end - part.columns.start) as usize;
    let n_rows = (part.rows.end - part.rows.start) as usize;
    let columns = (across.as_ref(), part.columns.start as usize, n_columns);
    let old = (image.width() as u64, image.height() as u64);

    let bytes = match &down {
        None => {
            let first = part.rows.start as usize;
            resize_rows(image, first..first + n_rows, columns)?
        }
        Some(weights) if order.is_vertical_first(old, (width, height)) => {
            let row_bytes = N_CHANNELS * image.width();
            let rows = resize_columns(image.bytes(), row_bytes, 0, weights, n_rows)?;
            let image = RgbImage::from_bytes(image.width(), n_rows, rows)?;
            resize_rows(&image, 0..n_rows, columns)?
        }
        Some(weights) => {
            let needed = weights.needed();
            let rows = resize_rows(image, needed.clone(), columns)?;
            let row_bytes = N_CHANNELS * n_columns;
            resize_columns(&rows, row_bytes, needed.start, weights, n_rows)?
        }
    };
    RgbImage::from_bytes(n_columns, n_rows, bytes)
}

/// Resizes rows of an image by weights, or copies pixels if there are none, to `n_columns` columns
/// from `first_column` on.
fn resize_rows(
    image: &RgbImage,
    rows: Range<usize>,
    (weights, first_column, n_columns): (Option<&Weights>, usize, usize),
) -> Result<Vec<u8>> {
    let mut resized = black(n_columns, rows.len())?;
    let Some(weights) = weights else {
        let from = N_CHANNELS * first_column;
        let row_bytes = N_CHANNELS * n_columns;
        for (y, row) in rows.zip(resized.chunks_exact_mut(row_bytes)) {
            row.copy_from_slice(&image.row(y)[from..][..row_bytes]);
        }
        return Ok(resized);
    };
    let needed = weights.needed();
    let mut columns = Vec::new();
    reserve(&mut columns, needed.len(), "an image")?;
    columns.resize(needed.len(), [0; COLUMN_BYTES]);
    let out = resized.as_mut_slice();
    Arch::new().dispatch(
        #[inline(always)]
        || convolve_rows(image, rows, weights, needed.start, &mut columns, out),
    );
    Ok(resized)
}

/// Resizes columns by weights to `n_rows` rows. `rows` are those of the old image from `first_row`
/// on.
fn resize_columns(
    rows: &[u8],
    row_bytes: usize,
    first_row: usize,
    weights: &Weights,
    n_rows: usize,
) -> Result<Vec<u8>> {
    let mut resized = black(row_bytes / N_CHANNELS, n_rows)?;
    let out = resized.as_mut_slice();
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for ((first, weights), out) in weights.iter().zip(out.chunks_exact_mut(row_bytes)) {
                let window = &rows[(first - first_row) * row_bytes..];
                convolve_columns(window, row_bytes, weights, out);
            }
        },
    );
    Ok(resized)
}

/// Half of the last binary place that is kept, so that truncation rounds to nearest.
const HALF: i32 = 1 << (FRACTION_BITS - 1);

/// Rounds a fixed-point sum to the nearest level.
#[inline(always)]
fn level(sum: i32) -> u8 {
    (sum >> FRACTION_BITS).clamp(0, 255) as u8
}

/// Number of rows that are resized together, to fill vector registers.
const BLOCK_ROWS: usize = 4;

/// Bytes of one column of a block: one pixel of each row, padded to 4 bytes.
const COLUMN_BYTES: usize = 4 * BLOCK_ROWS;

/// Resizes the width of rows of an image. `columns` is a buffer for the needed columns, from
/// `first_column` on.
#[inline(always)]
fn convolve_rows(
    image: &RgbImage,
    rows: Range<usize>,
    weights: &Weights,
    first_column: usize,
    columns: &mut [[u8; COLUMN_BYTES]],
    out: &mut [u8],
) {
    let row_bytes = out.len() / rows.len();
    for (block, out) in out.chunks_mut(BLOCK_ROWS * row_bytes).enumerate() {
        let first_row = rows.start + BLOCK_ROWS * block;
        for row in 0..out.len() / row_bytes {
            let pixels = &image.row(first_row + row)[N_CHANNELS * first_column..];
            for (column, pixel) in columns.iter_mut().zip(pixels.chunks_exact(N_CHANNELS)) {
                column[4 * row..][..N_CHANNELS].copy_from_slice(pixel);
            }
        }
        for (x, (first, weights)) in weights.iter().enumerate() {
            let mut sums = [HALF; COLUMN_BYTES];
            let window = &columns[first - first_column..];
            for (column, &weight) in window.iter().zip(weights) {
                for (sum, &byte) in sums.iter_mut().zip(column) {
                    *sum += i32::from(byte) * weight;
                }
            }
            let levels = sums.map(level);
            for (row, out) in out.chunks_exact_mut(row_bytes).enumerate() {
                let pixel = &levels[4 * row..][..N_CHANNELS];
                out[N_CHANNELS * x..][..N_CHANNELS].copy_from_slice(pixel);
            }
        }
    }
}

/// Number of bytes that are summed together: as many sums as fit into registers.
const LANES: usize = 64;

/// Computes one row of the result from a window of rows.
#[inline(always)]
fn convolve_columns(window: &[u8], row_bytes: usize, weights: &[i32], out: &mut [u8]) {
    let rows = || window.chunks_exact(row_bytes).zip(weights);
    let (chunks, rest) = out.as_chunks_mut::<LANES>();
    for (chunk, out) in chunks.iter_mut().enumerate() {
        let mut sums = [HALF; LANES];
        for (row, &weight) in rows() {
            for (sum, &byte) in sums.iter_mut().zip(&row[chunk * LANES..][..LANES]) {
                *sum += i32::from(byte) * weight;
            }
        }
        *out = sums.map(level);
    }
    let n_done = row_bytes - rest.len();
    for (at, out) in rest.iter_mut().enumerate() {
        let terms = rows().map(|(row, &weight)| i32::from(row[n_done + at]) * weight);
        *out = level(HALF + terms.sum::<i32>());
    }
}
