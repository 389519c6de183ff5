//! The preprocessing pipeline, from an image to the input tensor of a network.

use std::path::Path;

use ndarray::Array3;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::crop::{Crop, CropRule};
use super::decode::ImageDecoder;
use super::exif::Orientation;
use super::image::{N_CHANNELS, RgbImage, black};
use super::normalization::Normalization;
use super::resize::{MAX_SIDE, Part, PassOrder, check_side};
use super::tiles::resize_in_tiles;
use super::weights::Filter;
use crate::error::{Error, Result, same_length};
use crate::io::digest::hex;
use crate::linalg::reserve;

/// The target size of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resize {
    /// Length of the shorter side. The longer side becomes ⌊length · longer / shorter⌋, which keeps
    /// the aspect ratio, as in torchvision's `Resize(length)`.
    ShortSide(u32),
    /// Exact size, which may change the aspect ratio, as in torchvision's
    /// `Resize((height, width))`.
    Exact {
        /// Number of columns.
        width: u32,
        /// Number of rows.
        height: u32,
    },
}

impl Resize {
    /// Returns the resizing of the whole image to a square.
    pub(in crate::extract) const fn whole(side: u32) -> Self {
        Resize::Exact {
            width: side,
            height: side,
        }
    }

    /// Returns the width and height of an image after resizing.
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

/// The preprocessing of images for a network: decode, resize, crop the centre, normalize.
///
/// A preprocessing is plain data. It can be serialized to JSON and is validated when it is created
/// or deserialized. Common ones are constants, such as [`Preprocessing::IMAGENET`], and can also be
/// selected by name ([`Preprocessing::preset`]).
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
    pub(super) passes: PassOrder,
    /// Width and height.
    pub(super) crop: [u32; 2],
    // Not in files of the default, so that their fingerprints remain.
    #[serde(skip_serializing_if = "CropRule::is_default")]
    pub(super) crop_rule: CropRule,
    pub(super) normalization: Normalization,
}

/// A deserialized preprocessing that is not yet validated.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    #[serde(default)]
    orientation: Orientation,
    resize: Resize,
    filter: Filter,
    #[serde(default)]
    passes: PassOrder,
    crop: [u32; 2],
    #[serde(default)]
    crop_rule: CropRule,
    normalization: Normalization,
}

impl TryFrom<Unchecked> for Preprocessing {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        let made = Self::new(read.resize, read.filter, read.crop, read.normalization)?;
        let made = made.with_orientation(read.orientation);
        let made = made.with_passes(read.passes);
        Ok(made.with_crop_rule(read.crop_rule))
    }
}

impl Preprocessing {
    /// Largest side, in pixels, to which an image can be resized or cropped.
    pub const MAX_SIDE: u32 = MAX_SIDE;

    /// Creates a preprocessing that resizes with a filter, crops the centre to `crop` (width,
    /// height) and normalizes.
    ///
    /// The crop begins at (size − crop) / 2, with halves rounded as in torchvision unless
    /// [`with_crop_rule`](Self::with_crop_rule) sets another rule. An image that is smaller than the
    /// crop is padded with black.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a side is not in 1 to
    /// [`Preprocessing::MAX_SIDE`].
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
            passes: PassOrder::default(),
            crop,
            crop_rule: CropRule::default(),
            normalization,
        })
    }

    /// Sets whether images are rotated according to their EXIF orientation.
    #[must_use]
    pub fn with_orientation(mut self, orientation: Orientation) -> Self {
        self.orientation = orientation;
        self
    }

    /// Sets the order in which the axes are resized, which depends on the version of Pillow.
    #[must_use]
    pub fn with_passes(mut self, passes: PassOrder) -> Self {
        self.passes = passes;
        self
    }

    /// Sets where the centre crop begins if it is not exactly in the centre, which depends on the
    /// library.
    #[must_use]
    pub fn with_crop_rule(mut self, crop_rule: CropRule) -> Self {
        self.crop_rule = crop_rule;
        self
    }

    /// Sets the normalization of pixels.
    #[must_use]
    pub fn with_normalization(mut self, normalization: Normalization) -> Self {
        self.normalization = normalization;
        self
    }

    /// Returns the handling of EXIF orientations.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// Returns the target size of resizing.
    pub fn resize(&self) -> Resize {
        self.resize
    }

    /// Returns the filter for resizing.
    pub fn filter(&self) -> Filter {
        self.filter
    }

    /// Returns the order in which the axes are resized.
    pub fn passes(&self) -> PassOrder {
        self.passes
    }

    /// Returns the width and height of the centre crop.
    pub fn crop(&self) -> [u32; 2] {
        self.crop
    }

    /// Returns the rule for the first pixel of the centre crop.
    pub fn crop_rule(&self) -> CropRule {
        self.crop_rule
    }

    /// Returns the normalization of pixels.
    pub fn normalization(&self) -> &Normalization {
        &self.normalization
    }

    /// Returns the shape of the result: channels, height, width.
    pub fn shape(&self) -> [usize; 3] {
        let [width, height] = self.crop;
        [N_CHANNELS, height as usize, width as usize]
    }

    /// Returns the image decoder of this preprocessing. Its limit of pixels may be changed.
    pub fn decoder(&self) -> ImageDecoder {
        ImageDecoder::default().with_orientation(self.orientation)
    }

    /// Returns the SHA-256 hash of the JSON text as 64 hexadecimal digits, for
    /// [`Provenance::with_preprocessing`](crate::Provenance::with_preprocessing).
    pub fn fingerprint(&self) -> String {
        let text = serde_json::to_vec(self).expect("numbers and names of variants");
        hex(&Sha256::digest(text))
    }

    /// Resizes and crops an image, without normalization.
    ///
    /// # Errors
    /// Returns `ComputationError::OutOfMemory` if memory cannot be allocated.
    pub fn pixels(&self, image: &RgbImage) -> Result<RgbImage> {
        let (width, height) = self.resize.size_of(image.width(), image.height());
        let [across, down] = [
            Crop::new(width, self.crop[0], self.crop_rule),
            Crop::new(height, self.crop[1], self.crop_rule),
        ];
        let part = Part {
            columns: across.from..across.from + across.kept,
            rows: down.from..down.from + down.kept,
        };
        let kept = resize_in_tiles(image, (width, height), self.filter, self.passes, &part)?;
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

    /// Computes the input tensor of a network from an image, of shape `[3, height, width]`.
    ///
    /// # Errors
    /// Returns `ComputationError::OutOfMemory` if memory cannot be allocated.
    pub fn tensor(&self, image: &RgbImage) -> Result<Array3<f32>> {
        let pixels = self.pixels(image)?;
        let mut values = Vec::new();
        let shape = self.shape();
        let n_values = shape.iter().product();
        reserve(&mut values, n_values, "the values of an image")?;
        values.resize(n_values, 0.0);
        self.normalization.write(&pixels, &mut values);
        Ok(Array3::from_shape_vec(shape, values).expect("one value for each element of the shape"))
    }

    /// Writes the input tensor of a network, in row-major order, into a part of a batch.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the length of `out` is not the product of the
    /// [`shape`](Preprocessing::shape), or `ComputationError::OutOfMemory` if memory cannot be
    /// allocated.
    pub fn write_into(&self, image: &RgbImage, out: &mut [f32]) -> Result<()> {
        let expected = self.shape().iter().product();
        same_length("values of an image", expected, out.len())?;
        self.normalization.write(&self.pixels(image)?, out);
        Ok(())
    }

    /// Reads a file with the [`decoder`](Preprocessing::decoder) and computes its input tensor.
    ///
    /// # Errors
    /// As for [`ImageDecoder::read`].
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Array3<f32>> {
        let path = path.as_ref();
        let tensor = self.tensor(&self.decoder().read(path)?);
        tensor.map_err(|error| error.in_file(path))
    }

    /// Reads a file and writes its input tensor into a part of a batch.
    ///
    /// # Errors
    /// As for [`ImageDecoder::read`] and [`Preprocessing::write_into`].
    pub fn read_into(&self, path: impl AsRef<Path>, out: &mut [f32]) -> Result<()> {
        let path = path.as_ref();
        let written = self.write_into(&self.decoder().read(path)?, out);
        written.map_err(|error| error.in_file(path))
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
}
