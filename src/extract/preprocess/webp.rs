//! Decoding of WebP files.

use std::io::{Cursor, ErrorKind};

use image_webp::{DecodingError, WebPDecoder};

use super::image::{Decoded, RgbImage, pick};
use crate::error::{Error, FileError, ImageError, Result};
use crate::linalg::reserve;

const FORMAT: &str = "WebP";

/// Decodes a file, the first image of an animation. `check_size` is called with the width and
/// height before anything is decoded.
pub(super) fn decode(
    bytes: &[u8],
    check_size: impl FnOnce(u64, u64) -> Result<()>,
) -> Result<Decoded> {
    // The container declares its length.
    let length = bytes.get(4..8).and_then(|length| length.try_into().ok());
    let length = length.map_or(0, u32::from_le_bytes) as usize;
    if bytes.len() < length.saturating_add(8) {
        return Err(ImageError::Truncated { format: FORMAT }.into());
    }
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(refused)?;
    let (width, height) = decoder.dimensions();
    check_size(width.into(), height.into())?;
    // Metadata cannot be larger than the file.
    decoder.set_memory_limit(bytes.len());
    let exif = decoder.exif_metadata().map_err(refused)?;
    let n_bytes = decoder.output_buffer_size().unwrap_or(usize::MAX);
    let mut samples = Vec::new();
    reserve(&mut samples, n_bytes, "an image")?;
    samples.resize(n_bytes, 0);
    decoder.read_image(&mut samples).map_err(refused)?;
    let pixels = match decoder.has_alpha() {
        true => pick(&samples, 4, [0, 1, 2])?,
        false => samples,
    };
    let image = RgbImage::from_bytes(width as usize, height as usize, pixels)?;
    Ok((image, exif))
}

fn refused(error: DecodingError) -> Error {
    match error {
        DecodingError::IoError(source) if source.kind() == ErrorKind::UnexpectedEof => {
            Error::from(ImageError::Truncated { format: FORMAT })
        }
        source => FileError::malformed(FORMAT, source),
    }
}
