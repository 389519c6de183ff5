//! Decoding of PNG files.

use std::io::{Cursor, ErrorKind};

use png::{BitDepth, ColorType, DecodeOptions, Decoder, DecodingError, Limits, Transformations};

use super::image::{Decoded, RgbImage, check_levels, pick};
use crate::error::{BoxedError, Error, FileError, ImageError, Result};
use crate::linalg::reserve;

const FORMAT: &str = "PNG";

/// Decodes a file. `check_size` is called with the width and height before anything is decoded.
pub(super) fn decode(
    bytes: &[u8],
    check_size: impl FnOnce(u64, u64) -> Result<()>,
) -> Result<Decoded> {
    // No limit is needed: the size is checked below, and without text and profile chunks nothing
    // else takes more memory than the size of the file.
    let limits = Limits { bytes: usize::MAX };
    let mut options = DecodeOptions::default();
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    // Also checks the checksum of the compressed data.
    options.set_ignore_adler32(false);
    let mut decoder = Decoder::new_with_options(Cursor::new(bytes), options);
    decoder.set_limits(limits);
    // Converts to 8 bits a channel: fewer bits are scaled up, 16 bits are reduced to the upper 8,
    // and palettes are looked up.
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let header = decoder.read_header_info().map_err(refused)?;
    let (width, height) = header.size();
    check_size(u64::from(width), u64::from(height))?;
    let mut reader = decoder.read_info().map_err(refused)?;
    let n_bytes = reader.output_buffer_size().unwrap_or(usize::MAX);
    let mut samples = Vec::new();
    reserve(&mut samples, n_bytes, "an image")?;
    samples.resize(n_bytes, 0);
    let frame = reader.next_frame(&mut samples).map_err(refused)?;
    // The first image of an animation could be smaller.
    if (frame.width, frame.height) != (width, height) || frame.bit_depth != BitDepth::Eight {
        return Err(malformed("its first image is not of the declared size"));
    }
    // Checks that the last chunk is present and that all checksums are correct.
    reader.finish().map_err(refused)?;
    let pixels = match frame.color_type {
        ColorType::Rgb => samples,
        ColorType::Rgba => pick(&samples, 4, [0, 1, 2])?,
        ColorType::Grayscale => pick(&samples, 1, [0; 3])?,
        ColorType::GrayscaleAlpha => pick(&samples, 2, [0; 3])?,
        ColorType::Indexed => return Err(malformed("it has no palette")),
    };
    if reader.info().bit_depth == BitDepth::Sixteen {
        check_levels(&pixels, FORMAT)?;
    }
    let exif = reader.info().exif_metadata.as_deref().map(<[u8]>::to_vec);
    let image = RgbImage::from_bytes(width as usize, height as usize, pixels)?;
    Ok((image, exif))
}

fn refused(error: DecodingError) -> Error {
    match error {
        DecodingError::IoError(source) if source.kind() == ErrorKind::UnexpectedEof => {
            Error::from(ImageError::Truncated { format: FORMAT })
        }
        source => malformed(source),
    }
}

fn malformed(source: impl Into<BoxedError>) -> Error {
    FileError::malformed(FORMAT, source)
}
