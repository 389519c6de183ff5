//! Decoding of WebP files.

use std::borrow::Cow;
use std::io::{Cursor, ErrorKind};

use image_webp::{DecodingError, WebPDecoder};

use super::image::{Decoded, RgbImage, pick};
use crate::error::{Error, FileError, ImageError, Result};
use crate::linalg::reserve;

const FORMAT: &str = "WebP";

/// Number of bytes of the name and length of a chunk.
const CHUNK_HEADER_BYTES: usize = 8;

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
    let bytes = without_blending(bytes)?;
    let mut decoder = WebPDecoder::new(Cursor::new(&bytes[..])).map_err(refused)?;
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

/// Sets the first image of an animation to replace the canvas: blending it with the empty canvas
/// would change its colours.
fn without_blending(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    const NO_BLENDING: u8 = 2;

    let flags_at = first_image(bytes).map(|image| image + CHUNK_HEADER_BYTES + 15);
    let Some((at, &flags)) = flags_at.and_then(|at| Some((at, bytes.get(at)?))) else {
        return Ok(bytes.into());
    };
    let mut copy = Vec::new();
    reserve(&mut copy, bytes.len(), "an image file")?;
    copy.extend_from_slice(bytes);
    copy[at] = flags | NO_BLENDING;
    Ok(copy.into())
}

/// Finds the chunk of the first image of an animation.
fn first_image(bytes: &[u8]) -> Option<usize> {
    const HEADER_BYTES: usize = 12;

    let mut at = HEADER_BYTES;
    loop {
        let (name, rest) = bytes.get(at..)?.split_first_chunk()?;
        if name == b"ANMF" {
            return Some(at);
        }
        let length = u32::from_le_bytes(*rest.first_chunk()?) as usize;
        // Chunks are padded to an even number of bytes.
        at += CHUNK_HEADER_BYTES + length.next_multiple_of(2);
    }
}

fn refused(error: DecodingError) -> Error {
    match error {
        DecodingError::IoError(source) if source.kind() == ErrorKind::UnexpectedEof => {
            Error::from(ImageError::Truncated { format: FORMAT })
        }
        source => FileError::malformed(FORMAT, source),
    }
}
