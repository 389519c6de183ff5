//! Decoding of uncompressed BMP files.

use super::image::{Decoded, N_CHANNELS, RgbImage, black};
use crate::error::{Error, FileError, ImageError, Result};

const FORMAT: &str = "BMP";

/// Size in bytes of the file header, which precedes the bitmap header.
const FILE_HEADER_BYTES: usize = 14;

/// Position after the bit masks of the colours.
const MASKS_END: usize = 66;

/// Compression field: none.
const RGB: u32 = 0;

/// Compression field: none, with bit masks of the colours.
const BIT_FIELDS: u32 = 3;

/// Bit masks of red, green and blue in pixels of 16 bits without explicit masks.
const MASKS_16: [u32; N_CHANNELS] = [0x7c00, 0x3e0, 0x1f];

/// Bit masks of red, green and blue in pixels of 32 bits without explicit masks.
const MASKS_32: [u32; N_CHANNELS] = [0xff_0000, 0xff00, 0xff];

/// Decodes a file. `check_size` is called with the width and height before anything is decoded.
pub(super) fn decode(
    bytes: &[u8],
    check_size: impl FnOnce(u64, u64) -> Result<()>,
) -> Result<Decoded> {
    let header = Header::read(bytes)?;
    check_size(header.width as u64, header.height as u64)?;
    // Rows are padded to a multiple of 4 bytes. The products cannot overflow, as the number of
    // pixels is limited.
    let row_bytes = (header.width * usize::from(header.n_bits)).div_ceil(32) * 4;
    let data = bytes.get(header.data_start..).unwrap_or_default();
    let data = data
        .get(..row_bytes * header.height)
        .ok_or(ImageError::Truncated { format: FORMAT })?;
    let mut pixels = black(header.width, header.height)?;
    let rows = pixels
        .chunks_exact_mut(N_CHANNELS * header.width)
        .enumerate();
    for (y, row) in rows {
        let y = match header.is_top_down {
            true => y,
            false => header.height - 1 - y,
        };
        let stored = &data[y * row_bytes..][..row_bytes];
        for (x, pixel) in row.as_chunks_mut().0.iter_mut().enumerate() {
            *pixel = header.pixel(stored, x)?;
        }
    }
    Ok((
        RgbImage::from_bytes(header.width, header.height, pixels)?,
        None,
    ))
}

struct Header {
    width: usize,
    height: usize,
    is_top_down: bool,
    n_bits: u16,
    masks: [u32; N_CHANNELS],
    palette: Vec<[u8; N_CHANNELS]>,
    data_start: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self> {
        let u16_at = |at| Ok::<_, Error>(u16::from_le_bytes(field(bytes, at)?));
        let u32_at = |at| Ok::<_, Error>(u32::from_le_bytes(field(bytes, at)?));
        let i32_at = |at| Ok::<_, Error>(i32::from_le_bytes(field(bytes, at)?));
        let header_bytes: u32 = u32_at(FILE_HEADER_BYTES)?;
        // The oldest header (OS/2 core) has sizes of 16 bits and palette entries of 3 bytes.
        let is_core = header_bytes == 12;
        if !is_core && !(40..=124).contains(&header_bytes) {
            return Err(FileError::malformed(
                FORMAT,
                format!("its header has {header_bytes} bytes"),
            ));
        }
        let (width, height): (i32, i32) = match is_core {
            true => (u16_at(18)?.into(), u16_at(20)?.into()),
            false => (i32_at(18)?, i32_at(22)?),
        };
        let n_bits: u16 = u16_at(if is_core { 24 } else { 28 })?;
        let compression: u32 = if is_core { RGB } else { u32_at(30)? };
        let is_read = match compression {
            RGB => matches!(n_bits, 1 | 4 | 8 | 16 | 24 | 32),
            BIT_FIELDS => matches!(n_bits, 16 | 32),
            _ => false,
        };
        if !is_read {
            return Err(FileError::malformed(
                FORMAT,
                format!(
                    "{n_bits} bits per pixel with compression {compression} are not supported: save it as PNG"
                ),
            ));
        }
        let header_end = FILE_HEADER_BYTES + header_bytes as usize;
        let masks = match (compression, n_bits) {
            // The masks are part of the longer headers, and follow the shorter header at the same
            // offset.
            (BIT_FIELDS, _) => [u32_at(54)?, u32_at(58)?, u32_at(62)?],
            (_, 16) => MASKS_16,
            _ => MASKS_32,
        };
        let is_mask = |&mask: &u32| mask >> mask.trailing_zeros().min(31) <= 0xff;
        if !masks.iter().all(|mask| *mask != 0 && is_mask(mask)) {
            return Err(FileError::malformed(
                FORMAT,
                "its colour masks are not supported: save it as PNG",
            ));
        }
        let mut palette = Vec::new();
        let mut end = match compression {
            BIT_FIELDS => header_end.max(MASKS_END),
            _ => header_end,
        };
        if n_bits <= 8 {
            let n_colors: u32 = if is_core { 0 } else { u32_at(46)? };
            let n_stored = match n_colors {
                0 => 1 << n_bits,
                n => n as usize,
            };
            let color_bytes = if is_core { 3 } else { 4 };
            end = n_stored.saturating_mul(color_bytes).saturating_add(end);
            for color in 0..n_stored.min(1 << n_bits) {
                let [blue, green, red] = field(bytes, header_end + color * color_bytes)?;
                palette.push([red, green, blue]);
            }
        }
        Ok(Self {
            width: usize::try_from(width)
                .map_err(|_| FileError::malformed(FORMAT, "its width is negative"))?,
            height: height.unsigned_abs() as usize,
            is_top_down: height < 0,
            n_bits,
            masks,
            palette,
            data_start: match u32_at(10)? as usize {
                0 => end,
                declared if declared < header_end => {
                    return Err(FileError::malformed(
                        FORMAT,
                        format!(
                            "its pixels begin at byte {declared}, within its header: save it as PNG"
                        ),
                    ));
                }
                declared => declared,
            },
        })
    }

    /// Returns the pixel of a row in column `x`, as red, green and blue.
    fn pixel(&self, row: &[u8], x: usize) -> Result<[u8; N_CHANNELS]> {
        Ok(match self.n_bits {
            24 => {
                let [blue, green, red] = field(row, 3 * x)?;
                [red, green, blue]
            }
            32 => self.unpacked(u32::from_le_bytes(field(row, 4 * x)?)),
            16 => self.unpacked(u16::from_le_bytes(field(row, 2 * x)?).into()),
            n_bits => {
                let n_bits = usize::from(n_bits);
                let per_byte = 8 / n_bits;
                let byte = row[x / per_byte] >> (8 - n_bits * (x % per_byte + 1));
                let index = usize::from(byte) & ((1 << n_bits) - 1);
                let color = self.palette.get(index).copied();
                // Indices beyond the palette are black.
                color.unwrap_or_default()
            }
        })
    }

    /// Extracts red, green and blue with the bit masks, and scales them to 8 bits.
    fn unpacked(&self, pixel: u32) -> [u8; N_CHANNELS] {
        self.masks
            .map(|mask| {
                let shift = mask.trailing_zeros();
                ((pixel & mask) >> shift).wrapping_mul(255) / (mask >> shift)
            })
            .map(|level| level as u8)
    }
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    let field = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    field
        .copied()
        .ok_or(ImageError::Truncated { format: FORMAT }.into())
}
