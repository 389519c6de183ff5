//! Decoding of TIFF files.

use std::io::{Cursor, ErrorKind};

use tiff::decoder::{Decoder, Limits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use super::exif::Turn;
use super::image::{Decoded, N_CHANNELS, RgbImage, check_levels, pick};
use crate::error::{Error, FileError, ImageError, Result};
use crate::linalg::reserve;

const FORMAT: &str = "TIFF";

/// Number of the LZW compression.
const LZW: u32 = 5;

/// Decodes the first page of a file and applies its orientation. `check_size` is called with the
/// width and height before anything is decoded.
pub(super) fn decode(
    bytes: &[u8],
    check_size: impl FnOnce(u64, u64) -> Result<()>,
) -> Result<Decoded> {
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(refused)?;
    let (width, height) = decoder.dimensions().map_err(refused)?;
    check_size(width.into(), height.into())?;
    // The size is checked, and a strip or tile is not larger than its decoded pixels.
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::MAX;
    let mut decoder = decoder.with_limits(limits);
    let color = decoder.colortype().map_err(refused)?;
    let mut number = |tag| decoder.find_tag_unsigned::<u32>(tag).map_err(refused);
    let planar = number(Tag::PlanarConfiguration)?;
    let order_of_bits = number(Tag::FillOrder)?;
    let is_tiled_lzw = number(Tag::Compression)? == Some(LZW) && number(Tag::TileWidth)?.is_some();
    let extra = number(Tag::ExtraSamples).unwrap_or_default();
    let format = number(Tag::SampleFormat).unwrap_or_default();
    let orientation = number(Tag::Orientation)?;
    let photometric = number(Tag::PhotometricInterpretation)?;
    if planar.is_some_and(|planar| planar != 1) && color.num_samples() > 1 {
        return Err(not_read("its colours lie in separate planes"));
    }
    if order_of_bits.is_some_and(|order| order != 1) {
        return Err(not_read("the bits of its bytes are in reverse order"));
    }
    if format.is_some_and(|format| format != 1) {
        return Err(not_read("its samples are not unsigned integers"));
    }
    // Grey with transparency; photometric interpretation 1: 0 is black.
    let color = match color {
        ColorType::Multiband {
            bit_depth,
            num_samples: 2,
        } if photometric == Some(1) => ColorType::GrayA(bit_depth),
        other => other,
    };
    // Extra samples of type 1: colours are premultiplied with transparency.
    if matches!(color, ColorType::RGBA(_) | ColorType::GrayA(_)) && extra == Some(1) {
        return Err(not_read("its colours are premultiplied with transparency"));
    }
    let layout = decoder.image_buffer_layout().map_err(refused)?;
    let mut samples = Vec::new();
    reserve(&mut samples, layout.complete_len, "an image")?;
    samples.resize(layout.complete_len, 0);
    let read = decoder.read_image_bytes(&mut samples);
    read.map_err(|error| match error {
        // The decoder does not read the end of tiles beyond the edge.
        TiffError::IoError(_) if is_tiled_lzw => not_read("it has tiles with LZW compression"),
        error => refused(error),
    })?;
    if color.bit_depth() == 16 {
        samples = upper_bytes(&samples)?;
    }
    let pixels = match color {
        ColorType::Gray(8 | 16) => pick(&samples, 1, [0; 3])?,
        ColorType::GrayA(8 | 16) => pick(&samples, 2, [0; 3])?,
        ColorType::RGB(8 | 16) => samples,
        ColorType::RGBA(8 | 16) => pick(&samples, 4, [0, 1, 2])?,
        ColorType::Gray(1) => of_bits(&samples, width as usize)?,
        ColorType::CMYK(8) => of_cmyk(&samples)?,
        other => return Err(not_read(&format!("its pixels are {other:?}"))),
    };
    if color.bit_depth() == 16 {
        check_levels(&pixels, FORMAT)?;
    }
    let image = RgbImage::from_bytes(width as usize, height as usize, pixels)?;
    let turn = orientation.and_then(Turn::of_orientation);
    let image = match turn {
        Some(turn) => turn.apply(&image)?,
        None => image,
    };
    Ok((image, None))
}

/// Returns the upper 8 of 16 bits; the samples are in native byte order.
fn upper_bytes(samples: &[u8]) -> Result<Vec<u8>> {
    let (samples, _) = samples.as_chunks();
    let mut bytes = Vec::new();
    reserve(&mut bytes, samples.len(), "an image")?;
    bytes.extend(
        samples
            .iter()
            .map(|&sample| (u16::from_ne_bytes(sample) >> 8) as u8),
    );
    Ok(bytes)
}

/// Converts pixels of one bit to RGB; each row begins at a byte boundary.
fn of_bits(rows: &[u8], width: usize) -> Result<Vec<u8>> {
    let row_bytes = width.div_ceil(8);
    let mut pixels = Vec::new();
    reserve(
        &mut pixels,
        rows.len() / row_bytes * width * N_CHANNELS,
        "an image",
    )?;
    for row in rows.chunks_exact(row_bytes) {
        for x in 0..width {
            let is_white = row[x / 8] >> (7 - x % 8) & 1 == 1;
            pixels.extend([if is_white { 255 } else { 0 }; N_CHANNELS]);
        }
    }
    Ok(pixels)
}

/// Converts CMYK to RGB like Pillow: red = (255 − C)(255 − K) / 255, and likewise for green and
/// blue.
fn of_cmyk(samples: &[u8]) -> Result<Vec<u8>> {
    let (samples, _) = samples.as_chunks();
    let mut pixels = Vec::new();
    reserve(&mut pixels, samples.len() * N_CHANNELS, "an image")?;
    for &[cyan, magenta, yellow, black] in samples {
        let light = u32::from(255 - black);
        pixels.extend([cyan, magenta, yellow].map(|ink| {
            // Rounded division by 255.
            let product = u32::from(ink) * light + 128;
            (light - ((product + (product >> 8)) >> 8)) as u8
        }));
    }
    Ok(pixels)
}

fn not_read(what: &str) -> Error {
    FileError::malformed(
        FORMAT,
        format!("{what}, which is not supported: save it as PNG"),
    )
}

fn refused(error: TiffError) -> Error {
    match error {
        TiffError::IoError(source) if source.kind() == ErrorKind::UnexpectedEof => {
            Error::from(ImageError::Truncated { format: FORMAT })
        }
        TiffError::UnsupportedError(what) => {
            let what = what.to_string();
            match what.strip_suffix(" is unsupported") {
                Some(what) => not_read(what),
                None => FileError::malformed(FORMAT, format!("{what}: save it as PNG")),
            }
        }
        source => FileError::malformed(FORMAT, source),
    }
}
