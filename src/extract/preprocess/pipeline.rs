//! From an image to the tensor that a network takes.

use std::path::Path;

use ndarray::Array3;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::decode::ImageDecoder;
use super::exif::Orientation;
use super::image::{N_CHANNELS, RgbImage, black};
use super::normalization::Normalization;
use super::resize::{MAX_SIDE, Part, check_side, resize_part};
use super::weights::Filter;
use crate::error::{ArgumentError, Error, Result};
use crate::io::digest::hex;
use crate::io::reserve;

/// The size that an image is resized to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resize {
    /// The shorter side gets this length and the longer one ⌊length · longer / shorter⌋, so that the
    /// proportions stay (torchvision's `Resize(length)`).
    ShortSide(u32),
    /// Exactly this size, whatever the proportions (torchvision's `Resize((height, width))`).
    Exact {
        /// Number of columns.
        width: u32,
        /// Number of rows.
        height: u32,
    },
}

impl Resize {
    /// The width and height of an image of this width and height when it is resized.
    fn size_of(self, width: usize, height: usize) -> (u64, u64) {
        match self {
            Resize::Exact { width, height } => (width.into(), height.into()),
            Resize::ShortSide(short) => {
                let short = u64::from(short);
                let scaled = |longer: usize, shorter: usize| {
                    let scaled = u128::from(short) * longer as u128 / shorter as u128;
                    u64::try_from(scaled).unwrap_or(u64::MAX)
                };
                if width <= height {
                    (short, scaled(height, width))
                } else {
                    (scaled(width, height), short)
                }
            }
        }
    }
}

/// What is cut out along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Crop {
    /// Where it begins.
    from: u64,
    /// How much there is to keep.
    kept: u64,
    /// What is black in front of it.
    border: usize,
}

impl Crop {
    /// The middle `crop` of `size` pixels.
    fn new(size: u64, crop: u32) -> Self {
        let crop = u64::from(crop);
        let Some(excess) = size.checked_sub(crop) else {
            return Self {
                from: 0,
                kept: size,
                border: (crop - size) as usize / 2,
            };
        };
        // Half of it, a half rounded to the even number, as Python rounds.
        let half = excess / 2;
        Self {
            from: half + (excess % 2) * (half % 2),
            kept: crop,
            border: 0,
        }
    }
}

/// What is done to an image before a network sees it: decoded, resized, cropped around the centre,
/// normalised.
///
/// It is plain data, written to and read from JSON, checked whenever it is made. Ready-made ones are
/// constants such as [`Preprocessing::IMAGENET`], and have names
/// ([`Preprocessing::preset`]).
///
/// ```
/// use human_alignment::extract::preprocess::{Filter, Normalization, Preprocessing, Resize};
///
/// let preprocessing = Preprocessing::new(
///     Resize::ShortSide(232),
///     Filter::Bicubic,
///     [224, 224],
///     Normalization::IMAGENET,
/// )?;
/// assert_eq!(preprocessing.shape(), [3, 224, 224]);
/// assert_ne!(preprocessing.fingerprint(), Preprocessing::IMAGENET.fingerprint());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Preprocessing {
    pub(super) orientation: Orientation,
    pub(super) resize: Resize,
    pub(super) filter: Filter,
    /// Width and height.
    pub(super) crop: [u32; 2],
    pub(super) normalization: Normalization,
}

/// A preprocessing as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    #[serde(default)]
    orientation: Orientation,
    resize: Resize,
    filter: Filter,
    crop: [u32; 2],
    normalization: Normalization,
}

impl TryFrom<Unchecked> for Preprocessing {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        let made = Self::new(read.resize, read.filter, read.crop, read.normalization)?;
        Ok(made.with_orientation(read.orientation))
    }
}

impl Preprocessing {
    /// The longest side that an image can be resized or cropped to.
    pub const MAX_SIDE: u32 = MAX_SIDE;

    /// Resizes with a filter, cuts out the centre of this width and height, and normalises.
    ///
    /// The centre begins at (size − crop) / 2, halves rounded to the even number, as in torchvision;
    /// an image that is smaller than the crop gets a black border.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a side that is not 1 to [`Preprocessing::MAX_SIDE`].
    pub fn new(
        resize: Resize,
        filter: Filter,
        crop: [u32; 2],
        normalization: Normalization,
    ) -> Result<Self> {
        match resize {
            Resize::ShortSide(side) => check_side("short side", side)?,
            Resize::Exact { width, height } => {
                check_side("width", width)?;
                check_side("height", height)?;
            }
        }
        check_side("width of the crop", crop[0])?;
        check_side("height of the crop", crop[1])?;
        Ok(Self {
            orientation: Orientation::default(),
            resize,
            filter,
            crop,
            normalization,
        })
    }

    /// Sets whether images are turned as their cameras say that they were held.
    #[must_use]
    pub fn with_orientation(mut self, orientation: Orientation) -> Self {
        self.orientation = orientation;
        self
    }

    /// Sets how pixels become values.
    #[must_use]
    pub fn with_normalization(mut self, normalization: Normalization) -> Self {
        self.normalization = normalization;
        self
    }

    /// Whether images are turned.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// What images are resized to.
    pub fn resize(&self) -> Resize {
        self.resize
    }

    /// What they are resized with.
    pub fn filter(&self) -> Filter {
        self.filter
    }

    /// Width and height of the centre that is cut out.
    pub fn crop(&self) -> [u32; 2] {
        self.crop
    }

    /// How pixels become values.
    pub fn normalization(&self) -> &Normalization {
        &self.normalization
    }

    /// The shape of the result: channels, height, width.
    pub fn shape(&self) -> [usize; 3] {
        let [width, height] = self.crop;
        [N_CHANNELS, height as usize, width as usize]
    }

    /// The decoder that it needs, whose limit may be set to another one.
    pub fn decoder(&self) -> ImageDecoder {
        ImageDecoder::default().with_orientation(self.orientation)
    }

    /// SHA-256 of its JSON text, as 64 hexadecimal digits: what
    /// [`Provenance::with_preprocessing`](crate::Provenance::with_preprocessing) records.
    pub fn fingerprint(&self) -> String {
        let text = serde_json::to_vec(self).expect("numbers and names of variants");
        hex(&Sha256::digest(text))
    }

    /// The pixels after the crop, before they are normalised.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn pixels(&self, image: &RgbImage) -> Result<RgbImage> {
        let (width, height) = self.resize.size_of(image.width(), image.height());
        let [across, down] = [
            Crop::new(width, self.crop[0]),
            Crop::new(height, self.crop[1]),
        ];
        let part = Part {
            columns: across.from..across.from + across.kept,
            rows: down.from..down.from + down.kept,
        };
        let kept = resize_part(image, (width, height), self.filter, &part)?;
        let [_, height, width] = self.shape();
        if (kept.width(), kept.height()) == (width, height) {
            return Ok(kept);
        }
        let mut bytes = black(width, height)?;
        let rows = bytes.chunks_exact_mut(N_CHANNELS * width);
        for (y, row) in rows.skip(down.border).take(kept.height()).enumerate() {
            let row = &mut row[N_CHANNELS * across.border..];
            row[..N_CHANNELS * kept.width()].copy_from_slice(kept.row(y));
        }
        RgbImage::from_bytes(width, height, bytes)
    }

    /// The values that a network takes, `[3, height, width]`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn tensor(&self, image: &RgbImage) -> Result<Array3<f32>> {
        let pixels = self.pixels(image)?;
        let mut values = Vec::new();
        let shape = self.shape();
        let n_values = shape.iter().product();
        reserve(&mut values, n_values, "the values of an image")?;
        values.resize(n_values, 0.0);
        self.normalization.write(&pixels, &mut values);
        Ok(Array3::from_shape_vec(shape, values).expect("as many values as the shape says"))
    }

    /// Writes the values that a network takes, channel by channel and row by row, into a place in a
    /// batch.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] where `out` has another number of values than the
    /// [`shape`](Preprocessing::shape) says, [`Error::OutOfMemory`].
    pub fn write_into(&self, image: &RgbImage, out: &mut [f32]) -> Result<()> {
        let expected = self.shape().iter().product();
        if out.len() != expected {
            return Err(ArgumentError::LengthMismatch {
                what: "values of an image",
                expected,
                found: out.len(),
            }
            .into());
        }
        self.normalization.write(&self.pixels(image)?, out);
        Ok(())
    }

    /// Reads a file: [`Preprocessing::tensor`] of what the [`decoder`](Preprocessing::decoder) reads.
    ///
    /// # Errors
    /// As for [`ImageDecoder::read`].
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Array3<f32>> {
        self.tensor(&self.decoder().read(path)?)
    }

    /// Reads a file into a place in a batch.
    ///
    /// # Errors
    /// As for [`ImageDecoder::read`] and [`Preprocessing::write_into`].
    pub fn read_into(&self, path: impl AsRef<Path>, out: &mut [f32]) -> Result<()> {
        self.write_into(&self.decoder().read(path)?, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_side_is_truncated() {
        let size = |short, width, height| Resize::ShortSide(short).size_of(width, height);
        assert_eq!(size(256, 640, 480), (341, 256)); // 341.33
        assert_eq!(size(256, 300, 500), (256, 426)); // 426.67
        assert_eq!(size(224, 224, 3), (224 * 224 / 3, 224));
        assert_eq!(size(7, 7, 7), (7, 7));
        let exact = Resize::Exact {
            width: 3,
            height: 5,
        };
        assert_eq!(exact.size_of(640, 480), (3, 5));
    }

    #[test]
    fn halves_are_rounded_to_even() {
        // Python: int(round((size - 224) / 2.0))
        let python = [0, 0, 1, 2, 2, 2, 3, 4, 4, 4, 5, 6, 6, 6, 7];
        for (excess, from) in python.into_iter().enumerate() {
            let crop = Crop::new(224 + excess as u64, 224);
            assert_eq!((crop.from, crop.kept, crop.border), (from, 224, 0));
        }
        assert_eq!(Crop::new(341, 224).from, 58);
        assert_eq!(Crop::new(331, 224).from, 54);
    }

    #[test]
    fn what_is_too_small_stands_in_the_middle() {
        // torchvision pads (crop - size) // 2 in front and one more behind where that is odd.
        for (size, border) in [(9, 0), (8, 1), (7, 1), (6, 2), (1, 4)] {
            let crop = Crop::new(size, 10);
            assert_eq!((crop.from, crop.kept, crop.border), (0, size, border));
        }
    }
}
