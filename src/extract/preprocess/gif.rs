//! Decoding of GIF files.

use std::io::ErrorKind;
use std::num::NonZeroU64;

use gif::{ColorOutput, DecodeOptions, DecodingError, MemoryLimit};

use super::image::{Decoded, N_CHANNELS, RgbImage, black};
use crate::error::{Error, FileError, ImageError, Result};

const FORMAT: &str = "GIF";

/// Decodes the first image of a file. `check_size` is called with the width and height before
/// anything is decoded.
pub(super) fn decode(
    bytes: &[u8],
    check_size: impl FnOnce(u64, u64) -> Result<()>,
) -> Result<Decoded> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.check_frame_consistency(true);
    // No limit is needed, as the size is checked below.
    options.set_memory_limit(MemoryLimit::Bytes(NonZeroU64::MAX));
    let mut decoder = options.read_info(bytes).map_err(refused)?;
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    check_size(width as u64, height as u64)?;
    let global = decoder.global_palette().map(<[u8]>::to_vec);
    let frame = decoder.read_next_frame().map_err(refused)?;
    let frame = frame.ok_or_else(|| FileError::malformed(FORMAT, "it holds no image"))?;
    let palette = frame.palette.as_ref().or(global.as_ref());
    let color = |index: u8| -> [u8; N_CHANNELS] {
        let Some(palette) = palette else {
            return [index; N_CHANNELS];
        };
        // Indices beyond the palette are black.
        let (colors, _) = palette.as_chunks();
        colors.get(usize::from(index)).copied().unwrap_or_default()
    };
    // Pixels outside the frame have the transparent colour, or colour 0 if there is none;
    // transparency is dropped.
    let outside = color(frame.transparent.unwrap_or(0));
    let mut pixels = black(width, height)?;
    for pixel in pixels.as_chunks_mut().0 {
        *pixel = outside;
    }
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let (frame_width, frame_height) = (usize::from(frame.width), usize::from(frame.height));
    if frame.buffer.len() != frame_width * frame_height {
        return Err(ImageError::Truncated { format: FORMAT }.into());
    }
    let rows = pixels.chunks_exact_mut(N_CHANNELS * width).skip(top);
    for (row, indices) in rows.zip(frame.buffer.chunks_exact(frame_width.max(1))) {
        let row = &mut row[N_CHANNELS * left..][..N_CHANNELS * frame_width];
        for (pixel, &index) in row.as_chunks_mut().0.iter_mut().zip(indices) {
            *pixel = color(index);
        }
    }
    Ok((RgbImage::from_bytes(width, height, pixels)?, None))
}

fn refused(error: DecodingError) -> Error {
    match error {
        DecodingError::Io(source) if source.kind() == ErrorKind::UnexpectedEof => {
            Error::from(ImageError::Truncated { format: FORMAT })
        }
        source => FileError::malformed(FORMAT, source),
    }
}
