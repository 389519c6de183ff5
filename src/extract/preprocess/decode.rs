//! Image files to pixels.

use std::io::Read;
use std::path::Path;

use super::exif::{Orientation, Turn};
use super::image::RgbImage;
use super::{bmp, gif, jpeg, png, tiff, webp};
use crate::error::{BoxedError, Error, FileError, ImageError, Result};
use crate::io::{Origin, known_length, open, reserve};

/// Decodes JPEG, PNG, WebP, BMP, TIFF and GIF files to 8-bit red, green and blue.
///
/// Which of the formats a file has is told from its first bytes, not from its name. The pixels
/// are those of Pillow's `Image.open(path).convert("RGB")`: grey is repeated, a palette is looked up,
/// transparency is dropped without blending, colour profiles are left aside, an animation (GIF, WebP, PNG)
/// gives its first image, a TIFF file its first page, turned as its orientation says, and CMYK is converted as that of Adobe's programs, (255 − C)(255 − K) / 255 and so
/// on. What is different:
///
/// - JPEG decoders round differently. Against libjpeg-turbo, which Pillow uses, the largest
///   difference seen was 3 levels (of 255) where colours are stored in full resolution, 0.01 on
///   average, and 5 where they are not, 0.1 to 0.4 on average. There the last column and row can be
///   further off (30 in a smooth picture, 60 in noise), because decoders differ in what they take to
///   lie beyond the edge.
/// - PNG and TIFF files with 16 bits a channel are reduced to the upper 8. Pillow does so with colours, but
///   clips 16-bit grey at 255, so that all but the darkest of it turns white.
/// - Files that are cut short are refused, as in Pillow, and so is damage within the compressed data
///   of a JPEG file that its decoder notices, where Pillow gives grey or noise. A file that was cut
///   short and then closed by an end marker can't be told from a whole one.
///
/// JPEG files in three channels that an Adobe marker declares to be plain RGB, with 12 bits a channel,
/// or arithmetic coding, are refused; so are compressed BMP files, and TIFF files with JPEG or fax
/// compression, with a palette, with planes for each colour, with premultiplied transparency, or with samples other than
/// unsigned integers of 1 (grey), 8 or 16 bits.
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
    /// The most pixels of an image where nothing else is set: 8192 × 8192.
    pub const DEFAULT_MAX_PIXELS: u64 = 1 << 26;

    /// Sets the most pixels that an image may have, which bounds the memory that it takes: about 3
    /// bytes a pixel, up to 9 while a progressive JPEG is decoded. An image with more is refused by
    /// its header, before it is decoded.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for 0.
    pub fn with_max_pixels(mut self, max_pixels: u64) -> Result<Self> {
        if max_pixels == 0 {
            return Err(Error::parameter("max_pixels", "at least 1", max_pixels));
        }
        self.max_pixels = max_pixels;
        Ok(self)
    }

    /// Sets whether images are turned as their cameras say that they were held.
    #[must_use]
    pub fn with_orientation(mut self, orientation: Orientation) -> Self {
        self.orientation = orientation;
        self
    }

    /// Reads and decodes a file.
    ///
    /// # Errors
    /// [`Error::Read`] where the file can't be read; within [`Error::InFile`]
    /// [`Error::Malformed`] for what is no image, or damaged, or of a kind that is not decoded,
    /// [`Error::ImageCutShort`], [`Error::ImageSize`] for an image without or with too many pixels,
    /// and [`Error::OutOfMemory`].
    pub fn read(&self, path: impl AsRef<Path>) -> Result<RgbImage> {
        let path = path.as_ref();
        let read = || {
            let mut file = open(path)?;
            let unreadable = |source| Origin::new(path, FORMATS).unreadable(source);
            let mut bytes = Vec::new();
            let signature = file.by_ref().take(SIGNATURE_BYTES);
            { signature }.read_to_end(&mut bytes).map_err(unreadable)?;
            // Another file, which may be large, is not read in full to learn that it is no image.
            Format::of(&bytes)?;
            if let Some(length) = known_length(&file) {
                let remaining = length.saturating_sub(bytes.len() as u64);
                reserve(&mut bytes, remaining as usize, "an image file")?;
            }
            file.read_to_end(&mut bytes).map_err(unreadable)?;
            self.decode(&bytes)
        };
        read().map_err(|error: Error| error.in_file(path))
    }

    /// Decodes the bytes of a file.
    ///
    /// # Errors
    /// As for [`ImageDecoder::read`], without the name of a file.
    pub fn decode(&self, bytes: &[u8]) -> Result<RgbImage> {
        let check_size = |width, height| self.check_size(width, height);
        let (image, exif) = match Format::of(bytes)? {
            Format::Jpeg => jpeg::decode(bytes, check_size),
            Format::Png => png::decode(bytes, check_size),
            Format::WebP => webp::decode(bytes, check_size),
            Format::Bmp => bmp::decode(bytes, check_size),
            Format::Tiff => tiff::decode(bytes, check_size),
            Format::Gif => gif::decode(bytes, check_size),
        }?;
        let turn = match self.orientation {
            Orientation::AsStored => None,
            Orientation::Exif => exif.as_deref().and_then(Turn::of_exif),
        };
        match turn {
            Some(turn) => turn.apply(&image),
            None => Ok(image),
        }
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

/// What is decoded: the image, and its EXIF block where it has one.
pub(super) type Decoded = (RgbImage, Option<Vec<u8>>);

const FORMATS: &str = "JPEG, PNG, WebP, BMP, TIFF or GIF";

/// How many bytes tell the format.
const SIGNATURE_BYTES: u64 = 12;

/// The longest side of a stored image: what JPEG can have.
const MAX_STORED_SIDE: u64 = u16::MAX as u64;

/// The error for content that is not of a format.
pub(super) fn malformed(format: &'static str, source: impl Into<BoxedError>) -> Error {
    Error::from(FileError::Malformed {
        format,
        source: source.into(),
    })
}

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
    /// The format of a file that begins with these bytes.
    fn of(bytes: &[u8]) -> Result<Self> {
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            Ok(Format::Jpeg)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Ok(Format::Png)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Ok(Format::WebP)
        } else if bytes.starts_with(b"BM") {
            Ok(Format::Bmp)
        } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
            Ok(Format::Tiff)
        } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            Ok(Format::Gif)
        } else {
            let reason = if bytes.is_empty() {
                "it is empty"
            } else {
                "it begins as none of them does"
            };
            Err(FileError::Malformed {
                format: FORMATS,
                source: reason.into(),
            }
            .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn what_is_no_image_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.jpg");
        for (text, reason) in [
            ("", "it is empty"),
            ("not pixels", "it begins as none of them does"),
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
            assert!(matches!(
                error.kind(),
                ErrorKind::File(FileError::Read { path: named, .. })
                    if named == path
            ));
        }
    }

    #[test]
    fn the_limit_counts_pixels() {
        let decoder = ImageDecoder::default().with_max_pixels(6).unwrap();
        assert!(decoder.check_size(2, 3).is_ok());
        assert!(decoder.check_size(1, 6).is_ok());
        for (width, height) in [(7, 1), (0, 3), (3, 0), (u64::MAX, 2)] {
            assert!(matches!(
                decoder
                    .check_size(width, height)
                    .as_ref()
                    .map_err(Error::kind),
                Err(ErrorKind::Image(ImageError::Size { limit: 6, .. }))
            ));
        }
        assert!(decoder.with_max_pixels(0).is_err());
    }
}
