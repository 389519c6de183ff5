//! Decoding of image files.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::exif::{Orientation, Turn};
use super::image::{Decoded, RgbImage};
use super::{bmp, gif, jpeg, png, tiff, webp};
use crate::error::{Error, FileError, ImageError, Result};
use crate::io::{Origin, known_length, open_file};
use crate::linalg::reserve;

/// A decoder of JPEG, PNG, WebP, BMP, TIFF and GIF files to 8-bit red, green and blue.
///
/// The format is determined from the first bytes of a file, not from its name. The pixels are those
/// of Pillow's `Image.open(path).convert("RGB")`: grey is repeated, palettes are looked up,
/// transparency is dropped without blending, and colour profiles are ignored. Of an animation (GIF,
/// WebP, PNG) the first image is decoded, and of a TIFF file the first page, with its orientation
/// applied. CMYK is converted like that of Adobe programs, with red = (255 − C)(255 − K) / 255 and
/// likewise for green and blue. Differences from Pillow:
///
/// - PNG and TIFF files with 16 bits a channel are reduced to the upper 8 bits. Pillow does the
///   same for colours, but clips 16-bit grey at 255, so that nearly all levels become white. Files
///   whose levels of 16 bits are all below 4096, as those of cameras with 12 bits, are refused.
/// - Truncated files are refused, as in Pillow. Damaged compressed data in JPEG files is refused if
///   the decoder detects it, where Pillow returns grey or noise. JPEG files that lack scans are
///   refused, where Pillow estimates details. A file that was truncated within its last scan and
///   then closed by an end marker cannot be distinguished from a complete one.
///
/// Not supported are JPEG files with 12 bits a channel, or of CMYK with channels of different
/// resolutions (except half that of colours in images of whole blocks of 16 × 16 pixels); compressed
/// BMP files; and TIFF files with JPEG or fax compression, with LZW compression of tiles beyond the
/// edge, with the bits of a byte in reverse order, with a palette, with separate colour planes, with
/// premultiplied transparency, or with samples other than unsigned integers of 1 (grey), 8 or 16
/// bits.
///
/// ```no_run
/// use human_alignment::extract::preprocess::ImageDecoder;
///
/// let image = ImageDecoder::default().read("photo.jpg")?;
/// println!("{} × {} pixels", image.width(), image.height());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageDecoder {
    max_pixels: u64,
    orientation: Orientation,
}

impl Default for ImageDecoder {
    fn default() -> Self {
        Self {
            max_pixels: Self::DEFAULT_MAX_PIXELS,
            orientation: Orientation::default(),
        }
    }
}

impl ImageDecoder {
    /// Default limit of the number of pixels of an image: 8192 × 8192.
    pub const DEFAULT_MAX_PIXELS: u64 = 1 << 26;

    /// Sets the largest number of pixels of an image, which bounds the memory: about 3 bytes for
    /// each pixel, and up to 12 while an image with 16 bits a channel or a progressive JPEG is
    /// decoded. The number is checked before decoding.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if `max_pixels` is 0.
    pub fn with_max_pixels(mut self, max_pixels: u64) -> Result<Self> {
        if max_pixels == 0 {
            return Err(Error::parameter("max_pixels", "at least 1", max_pixels));
        }
        self.max_pixels = max_pixels;
        Ok(self)
    }

    /// Returns the largest number of pixels of an image.
    pub fn max_pixels(&self) -> u64 {
        self.max_pixels
    }

    /// Sets whether images are rotated according to their EXIF orientation.
    #[must_use]
    pub fn with_orientation(mut self, orientation: Orientation) -> Self {
        self.orientation = orientation;
        self
    }

    /// Reads and decodes a file.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the file cannot be read or is a pipe or device. Also returns,
    /// within `Context::File`, [`FileError::Malformed`] if the file is damaged or not a supported
    /// image, [`ImageError::Truncated`] if it is truncated, [`ImageError::Size`] if it has no or too
    /// many pixels, [`ImageError::FileSize`] if it is much larger than its pixels can be, or
    /// `ComputationError::OutOfMemory`.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<RgbImage> {
        let path = path.as_ref();
        let bytes = self.bytes(path)?;
        self.decode(&bytes).map_err(|error| error.in_file(path))
    }

    /// Reads the bytes of a file, unless they are not an image or too many.
    ///
    /// # Errors
    /// As for [`ImageDecoder::read`].
    pub(in crate::extract) fn bytes(&self, path: &Path) -> Result<Vec<u8>> {
        let read = || {
            let mut file = open_file(path)?;
            let length = known_length(&file).unwrap_or_default();
            let unreadable = |source| Origin::new(path, FORMATS).unreadable(source);
            let mut bytes = Vec::new();
            let signature = file.by_ref().take(SIGNATURE_BYTES);
            { signature }.read_to_end(&mut bytes).map_err(unreadable)?;
            // A file that is not an image may be large, so its format is checked before it is read
            // completely.
            Format::of(&bytes)?;
            let limit = self.max_bytes();
            if length > limit {
                return Err(ImageError::FileSize { length, limit }.into());
            }
            let remaining = length.saturating_sub(bytes.len() as u64);
            reserve(&mut bytes, remaining as usize, "an image file")?;
            // A file could grow while it is read.
            let rest = file.take(limit.saturating_sub(bytes.len() as u64));
            { rest }.read_to_end(&mut bytes).map_err(unreadable)?;
            Ok(bytes)
        };
        read().map_err(|error: Error| error.in_file(path))
    }

    /// Decodes the bytes of a file.
    ///
    /// # Errors
    /// As for [`ImageDecoder::read`], without the name of the file.
    pub fn decode(&self, bytes: &[u8]) -> Result<RgbImage> {
        let check_size = |width, height| self.check_size(width, height);
        let format = Format::of(bytes)?;
        let (image, exif) = without_panic(|| match format {
            Format::Jpeg => jpeg::decode(bytes, check_size),
            Format::Png => png::decode(bytes, check_size),
            Format::WebP => webp::decode(bytes, check_size),
            Format::Bmp => bmp::decode(bytes, check_size),
            Format::Tiff => tiff::decode(bytes, check_size),
            Format::Gif => gif::decode(bytes, check_size),
        })?;
        let turn = match self.orientation {
            Orientation::AsStored => None,
            Orientation::Exif => exif.as_deref().and_then(Turn::of_exif),
        };
        match turn {
            Some(turn) => turn.apply(&image),
            None => Ok(image),
        }
    }

    /// Returns the largest size of a file: that of uncompressed pixels of 16 bytes, and room for
    /// other data.
    fn max_bytes(&self) -> u64 {
        const PIXEL_BYTES: u64 = 16;
        const OTHER_BYTES: u64 = 1 << 26;
        let pixels = self.max_pixels.saturating_mul(PIXEL_BYTES);
        pixels.saturating_add(OTHER_BYTES)
    }

    fn check_size(&self, width: u64, height: u64) -> Result<()> {
        let n_pixels = width.saturating_mul(height);
        let is_long = width.max(height) > MAX_STORED_SIDE;
        if (1..=self.max_pixels).contains(&n_pixels) && !is_long {
            return Ok(());
        }
        Err(ImageError::Size {
            width,
            height,
            limit: self.max_pixels,
            longest: MAX_STORED_SIDE,
        }
        .into())
    }
}

/// Decodes an image, and refuses it if the decoder panics.
fn without_panic(decode: impl FnOnce() -> Result<Decoded>) -> Result<Decoded> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| {
        let reason = "it is damaged, or unusual: if another program opens it, save it there as PNG";
        Err(FileError::malformed(FORMATS, reason))
    })
}

const FORMATS: &str = "JPEG, PNG, WebP, BMP, TIFF or GIF";

/// Number of bytes from which the format is determined.
const SIGNATURE_BYTES: u64 = 12;

/// The first bytes of TIFF files, of offsets of 32 bits and of 64 bits (BigTIFF), each in either byte
/// order.
const TIFF_SIGNATURES: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];

/// Longest side of a stored image in pixels, the limit of JPEG.
const MAX_STORED_SIDE: u64 = u16::MAX as u64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Jpeg,
    Png,
    WebP,
    Bmp,
    Tiff,
    Gif,
}

impl Format {
    /// Determines the format from the first bytes of a file.
    fn of(bytes: &[u8]) -> Result<Self> {
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            Ok(Format::Jpeg)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Ok(Format::Png)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Ok(Format::WebP)
        } else if bytes.starts_with(b"BM") {
            Ok(Format::Bmp)
        } else if TIFF_SIGNATURES
            .iter()
            .any(|&start| bytes.starts_with(start))
        {
            Ok(Format::Tiff)
        } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            Ok(Format::Gif)
        } else {
            let reason = if bytes.is_empty() {
                "it is empty"
            } else {
                "its first bytes match none of these formats (if it is an image, save it as PNG)"
            };
            Err(FileError::malformed(FORMATS, reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, assert_kind, assert_refused};

    #[test]
    fn what_is_no_image_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.jpg");
        for (text, reason) in [
            ("", "it is empty"),
            (
                "not pixels",
                "its first bytes match none of these formats (if it is an image, save it as PNG)",
            ),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = ImageDecoder::default().read(&path).unwrap_err();
            assert_eq!(
                error.report().to_string(),
                format!(
                    "{}: not a readable {FORMATS} file: {reason}",
                    path.display()
                )
            );
        }
        let missing = folder.path().join("no.png");
        for path in [missing.as_path(), folder.path()] {
            let error = ImageDecoder::default().read(path).unwrap_err();
            assert_kind!(error, File(FileError::Read { path: named, .. }) if named == path);
        }
    }

    #[test]
    fn files_much_larger_than_their_pixels_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sparse.png");
        std::fs::write(&path, b"\x89PNG\r\n\x1a\n and zeros").unwrap();
        let decoder = ImageDecoder::default().with_max_pixels(1).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        let largest = (1 << 26) + 16;
        for (length, is_read) in [(largest, true), (largest + 1, false)] {
            file.set_len(length).unwrap();
            let error = decoder.read(&path).unwrap_err();
            assert_eq!(error.path(), Some(path.as_path()));
            let kind = error.kind();
            let is_size = matches!(kind, ErrorKind::Image(ImageError::FileSize { .. }));
            assert_eq!(is_size, !is_read, "{error:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn pipes_are_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe.png");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        for path in [path.as_path(), Path::new("/dev/zero")] {
            let error = ImageDecoder::default().read(path).unwrap_err();
            assert_kind!(error, File(FileError::Read { path: named, .. }) if named == path);
        }
    }

    #[test]
    fn decoders_that_panic_refuse_the_image() {
        let refused = without_panic(|| panic!("a bug of a decoder"));
        assert_refused!(refused, File(FileError::Malformed { .. }));
    }

    #[test]
    fn the_limit_counts_pixels() {
        let decoder = ImageDecoder::default().with_max_pixels(6).unwrap();
        assert!(decoder.check_size(2, 3).is_ok());
        assert!(decoder.check_size(1, 6).is_ok());
        for (width, height) in [(7, 1), (0, 3), (3, 0), (u64::MAX, 2)] {
            assert_refused!(
                decoder.check_size(width, height),
                Image(ImageError::Size { limit: 6, .. })
            );
        }
        assert!(decoder.with_max_pixels(0).is_err());
    }
}
