//! Resizing of images of any shape in bounded memory.

use std::ops::Range;

use super::image::{N_CHANNELS, RgbImage, black};
use super::resize::{Part, PassOrder, resize_part};
use super::weights::Filter;
use crate::error::Result;

/// Largest number of pixels between the two passes of resizing, unless a row or a column of the
/// image has more.
const MAX_PIXELS: u64 = 1 << 24;

/// Largest number of weights of an axis, approximately.
const MAX_WEIGHTS: u64 = 1 << 22;

/// Computes a part of the image resized to `(width, height)`, as [`resize_part`].
///
/// Resizing computes one axis after the other. For a long and narrow image, the result of the first
/// axis can be much larger than both the image and the part: 1.6 GB for an image of 1 × 65535 that
/// is resized to 8192 × 1. The part is therefore computed in tiles, mostly a single one.
pub(super) fn resize_in_tiles(
    image: &RgbImage,
    (width, height): (u64, u64),
    filter: Filter,
    order: PassOrder,
    part: &Part,
) -> Result<RgbImage> {
    let columns = tile_length(image.height(), image.width(), width);
    let rows = tile_length(image.width(), image.height(), height);
    let [part_width, part_height] =
        [&part.columns, &part.rows].map(|range| range.end - range.start);
    if part_width <= columns && part_height <= rows {
        return resize_part(image, (width, height), filter, order, part);
    }
    let row_bytes = N_CHANNELS * part_width as usize;
    let mut pixels = black(part_width as usize, part_height as usize)?;
    for rows in tiles(&part.rows, rows) {
        for columns in tiles(&part.columns, columns) {
            let from = N_CHANNELS * (columns.start - part.columns.start) as usize;
            let first = (rows.start - part.rows.start) as usize;
            let tile = Part {
                columns,
                rows: rows.clone(),
            };
            let tile = resize_part(image, (width, height), filter, order, &tile)?;
            let out = pixels.chunks_exact_mut(row_bytes).skip(first);
            for (y, row) in out.take(tile.height()).enumerate() {
                let tile_row = tile.row(y);
                row[from..][..tile_row.len()].copy_from_slice(tile_row);
            }
        }
    }
    RgbImage::from_bytes(part_width as usize, part_height as usize, pixels)
}

/// Returns the length of tiles along an axis that is resized from `n_old` to `n_new` pixels, where
/// the image has `n_across` pixels along the other axis.
fn tile_length(n_across: usize, n_old: usize, n_new: u64) -> u64 {
    let n_weights = (n_old as u64).div_ceil(n_new.max(1));
    let length = (MAX_PIXELS / n_across as u64).min(MAX_WEIGHTS / n_weights);
    length.max(1)
}

fn tiles(range: &Range<u64>, length: u64) -> impl Iterator<Item = Range<u64>> {
    let end = range.end;
    let starts = range.clone().step_by(length as usize);
    starts.map(move |start| start..end.min(start.saturating_add(length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_the_whole() {
        // 21 million pixels between the passes of any order: several tiles.
        for (width, height) in [(3, 70_000), (70_000, 3)] {
            let bytes = (0..3 * width * height).map(|n: usize| (n * n % 251) as u8);
            let image = RgbImage::from_bytes(width, height, bytes.collect()).unwrap();
            let size = (300, 300);
            let part = Part {
                columns: 10..290,
                rows: 5..300,
            };
            for filter in [Filter::Bilinear, Filter::Bicubic] {
                assert!(tile_length(width.max(height), 3, 300) < 280);
                for order in [PassOrder::HorizontalFirst, PassOrder::VerticalWhereCheaper] {
                    let whole = resize_part(&image, size, filter, order, &part).unwrap();
                    let tiled = resize_in_tiles(&image, size, filter, order, &part).unwrap();
                    assert_eq!(tiled, whole);
                }
            }
        }
    }

    #[test]
    fn memory_does_not_depend_on_the_shape() {
        const LONGEST: usize = u16::MAX as usize;
        for n_old in [1, 2, 1000, LONGEST] {
            for n_new in [1, 224, 8192, 1 << 29] {
                for n_across in [1, 1024, LONGEST] {
                    let length = tile_length(n_across, n_old, n_new);
                    assert!(length >= 1 && length * n_across as u64 <= MAX_PIXELS);
                }
            }
        }
    }

    #[test]
    fn ordinary_images_are_one_tile() {
        for side in [32, 224, 518, 1024] {
            for n_old in [side as usize, 500, 6000] {
                assert!(tile_length(6000, n_old, side) >= side);
            }
        }
    }
}
