//! Decoding of JPEG files, with the pixels of libjpeg-turbo, which Pillow uses.

use std::fmt::Display;

use libjpeg_turbo_rs::{DecodeLimits, Decoder, PixelFormat};

use super::image::{Decoded, RgbImage, black};
use super::jpeg_markers::Markers;
use crate::error::{Error, FileError, ImageError, Result};

const FORMAT: &str = "JPEG";

/// Decodes a file. `check_size` is called with the width and height before anything is decoded.
pub(super) fn decode(
    bytes: &[u8],
    check_size: impl FnOnce(u64, u64) -> Result<()>,
) -> Result<Decoded> {
    // The decoder does not notice missing rows at the end; these are detected by the missing end
    // marker.
    let markers = Markers::read(bytes);
    if !markers.has_end {
        return Err(ImageError::Truncated { format: FORMAT }.into());
    }
    // The size is limited by `check_size`.
    let limits = DecodeLimits {
        max_width: usize::from(u16::MAX),
        max_height: usize::from(u16::MAX),
        max_pixels: u64::MAX,
        ..DecodeLimits::default()
    };
    let mut decoder = Decoder::new_with_limits(bytes, limits).map_err(refused)?;
    let header = decoder.header();
    let (width, height) = (header.width(), header.height());
    if header.precision != 8 {
        let problem = format!("it has {} bits a channel, not 8", header.precision);
        return Err(refused(problem));
    }
    check_size(width as u64, height as u64)?;
    if markers.has_unusual_inks(width, height) {
        return Err(refused(
            "it is CMYK, with channels of different resolutions",
        ));
    }
    if markers.lacks_scans() {
        return Err(refused("scans are missing, so that it is not complete"));
    }
    let mut pixels = black(width, height)?;
    decoder.set_output_format(PixelFormat::Rgb);
    // Otherwise damaged data is filled with grey.
    decoder.set_stop_on_warning(true);
    if decoder.output_buffer_size().map_err(refused)? != pixels.len() {
        return Err(refused("it has an unknown number of channels"));
    }
    decoder.decode_image_into(&mut pixels).map_err(refused)?;
    let exif = decoder.exif_data().map(<[u8]>::to_vec);
    Ok((RgbImage::from_bytes(width, height, pixels)?, exif))
}

fn refused(problem: impl Display) -> Error {
    let reason = format!("{problem}: if another program opens it, save it there as PNG in RGB");
    FileError::malformed(FORMAT, reason)
}
