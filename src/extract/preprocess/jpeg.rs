//! Decoding of JPEG files, with the pixels of libjpeg-turbo, which Pillow uses.

use libjpeg_turbo_rs::{DecodeLimits, Decoder, PixelFormat};

use super::image::{Decoded, RgbImage, black};
use crate::error::{BoxedError, Error, FileError, ImageError, Result};

const FORMAT: &str = "JPEG";

/// Decodes a file. `check_size` is called with the width and height before anything is decoded.
pub(super) fn decode(
    bytes: &[u8],
    check_size: impl FnOnce(u64, u64) -> Result<()>,
) -> Result<Decoded> {
    // The decoder does not notice missing rows at the end; these are detected by the missing end
    // marker.
    if !has_end(bytes) {
        return Err(ImageError::Truncated { format: FORMAT }.into());
    }
    // The size is limited by `check_size`.
    let limits = DecodeLimits {
        max_width: usize::from(u16::MAX),
        max_height: usize::from(u16::MAX),
        max_pixels: u64::MAX,
        ..DecodeLimits::default()
    };
    let mut decoder = Decoder::new_with_limits(bytes, limits).map_err(malformed)?;
    let header = decoder.header();
    let (width, height) = (header.width(), header.height());
    if header.precision != 8 {
        let reason = format!("it has {} bits a channel, not 8", header.precision);
        return Err(malformed(reason));
    }
    check_size(width as u64, height as u64)?;
    let mut pixels = black(width, height)?;
    decoder.set_output_format(PixelFormat::Rgb);
    // Otherwise damaged data is filled with grey.
    decoder.set_stop_on_warning(true);
    if decoder.output_buffer_size().map_err(malformed)? != pixels.len() {
        return Err(malformed("it has an unknown number of channels"));
    }
    decoder.decode_image_into(&mut pixels).map_err(malformed)?;
    let exif = decoder.exif_data().map(<[u8]>::to_vec);
    Ok((RgbImage::from_bytes(width, height, pixels)?, exif))
}

/// Checks whether the end-of-image marker (EOI) is present; bytes after it are ignored.
fn has_end(bytes: &[u8]) -> bool {
    const START_OF_IMAGE: u8 = 0xd8;
    const END_OF_IMAGE: u8 = 0xd9;
    let mut rest = bytes;
    loop {
        // In compressed data, a byte 0xff is followed by 0, which is not a marker. Any number of
        // fill bytes 0xff may precede a marker.
        let Some(at) = rest
            .windows(2)
            .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))
        else {
            return false;
        };
        let marker = rest[at + 1];
        rest = &rest[at + 2..];
        match marker {
            END_OF_IMAGE => return true,
            // Markers without a segment: TEM, RST0 to RST7, SOI.
            0x01 | 0xd0..=START_OF_IMAGE => {}
            // All other markers begin a segment of declared length, with arbitrary content.
            _ => {
                let Some(length) = rest.first_chunk().map(|&bytes| u16::from_be_bytes(bytes))
                else {
                    return false;
                };
                let Some(after) = rest.get(usize::from(length)..) else {
                    return false;
                };
                rest = after;
            }
        }
    }
}

fn malformed(source: impl Into<BoxedError>) -> Error {
    FileError::malformed(FORMAT, source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_behind_segments_and_compressed_data() {
        let segment = [0xff, 0xe1, 0, 5, 0xff, 0xd9, 7]; // a marker within it
        let scan = [
            0xff, 0xda, 0, 3, 1, 9, 0xff, 0, 0xd9, 0xff, 0xd3, 4, 0xff, 0xff,
        ];
        let whole = [&[0xff, 0xd8], &segment[..], &scan[..], &[0xff, 0xd9]].concat();
        assert!(has_end(&whole));
        assert!(has_end(&[&whole[..], b"trailer"].concat()));
        for length in 0..whole.len() {
            assert!(!has_end(&whole[..length]), "{length}");
        }
        assert!(!has_end(&[0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff, 0xff, 0xd9]));
    }
}
