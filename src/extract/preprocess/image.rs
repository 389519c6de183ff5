//! Decoded images.

use ndarray::{Array3, ArrayView3};

use crate::error::{Error, FileError, Result, wrong_shape};
use crate::linalg::reserve;

/// Number of channels: red, green and blue.
pub(super) const N_CHANNELS: usize = 3;

/// A non-empty image with 8 bits for each of red, green and blue.
///
/// The pixels are an array of shape `[height, width, 3]`; the first row is the top of the image.
///
/// ```
/// use human_alignment::extract::preprocess::RgbImage;
/// use ndarray::Array3;
///
/// let image = RgbImage::new(Array3::zeros((480, 640, 3)))?;
/// assert_eq!((image.width(), image.height()), (640, 480));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbImage {
    /// Pixels in standard layout; no axis is empty.
    pixels: Array3<u8>,
}

impl RgbImage {
    /// Creates an image from pixels of shape `[height, width, 3]` in the order red, green, blue.
    ///
    /// # Errors
    /// Returns `ArgumentError::Shape` if there are no pixels or not three channels.
    pub fn new(pixels: Array3<u8>) -> Result<Self> {
        if pixels.is_empty() || pixels.dim().2 != N_CHANNELS {
            return Err(shape_error(pixels.shape()));
        }
        let pixels = if pixels.is_standard_layout() {
            pixels
        } else {
            pixels.as_standard_layout().into_owned()
        };
        Ok(Self { pixels })
    }

    /// Creates an image from its bytes: row by row, three bytes for each pixel.
    pub(super) fn from_bytes(width: usize, height: usize, bytes: Vec<u8>) -> Result<Self> {
        let shape = (height, width, N_CHANNELS);
        let pixels = Array3::from_shape_vec(shape, bytes)
            .map_err(|_| shape_error(&[height, width, N_CHANNELS]))?;
        Self::new(pixels)
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> usize {
        self.pixels.dim().1
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> usize {
        self.pixels.dim().0
    }

    /// Returns the pixels, of shape `[height, width, 3]`.
    pub fn pixels(&self) -> ArrayView3<'_, u8> {
        self.pixels.view()
    }

    /// Converts the image into its pixels, of shape `[height, width, 3]`.
    pub fn into_pixels(self) -> Array3<u8> {
        self.pixels
    }

    /// Returns the bytes of all pixels, row by row.
    pub(super) fn bytes(&self) -> &[u8] {
        // The constructor makes sure that the layout is standard.
        self.pixels.as_slice().unwrap_or_default()
    }

    /// Returns the bytes of a row.
    pub(super) fn row(&self, y: usize) -> &[u8] {
        let length = N_CHANNELS * self.width();
        &self.bytes()[y * length..][..length]
    }
}

/// Returns the bytes of a black image.
pub(super) fn black(width: usize, height: usize) -> Result<Vec<u8>> {
    let n = width.saturating_mul(height).saturating_mul(N_CHANNELS);
    let mut bytes = Vec::new();
    reserve(&mut bytes, n, "an image")?;
    bytes.resize(n, 0);
    Ok(bytes)
}

/// Checks the pixels of an image with 16 bits a channel, of which the upper 8 were kept: levels of 12
/// bits or fewer would be nearly black.
///
/// # Errors
/// Returns [`FileError::Malformed`] if no level is above a sixteenth of the highest one.
pub(super) fn check_levels(pixels: &[u8], format: &'static str) -> Result<()> {
    match pixels.iter().all(|&level| level < 16) {
        true => Err(FileError::malformed(
            format,
            "no 16-bit level is above 4095, so that the levels may have only 12 bits: scale them to \
             0–65535, or save the image with 8 bits a channel",
        )),
        false => Ok(()),
    }
}

/// Selects three of the `n_samples` samples of each pixel.
pub(super) fn pick(
    samples: &[u8],
    n_samples: usize,
    picked: [usize; N_CHANNELS],
) -> Result<Vec<u8>> {
    let mut pixels = Vec::new();
    let n_pixels = samples.len() / n_samples;
    reserve(&mut pixels, n_pixels.saturating_mul(N_CHANNELS), "an image")?;
    for pixel in samples.chunks_exact(n_samples) {
        pixels.extend(picked.map(|sample| pixel[sample]));
    }
    Ok(pixels)
}

fn shape_error(found: &[usize]) -> Error {
    wrong_shape("an image", "[height, width, 3], not empty", found)
}

/// A decoded image, and its EXIF block if it has one.
pub(super) type Decoded = (RgbImage, Option<Vec<u8>>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ArgumentError, assert_refused};

    #[test]
    fn what_is_no_image_is_refused() {
        for shape in [(0, 5, 3), (5, 0, 3), (4, 4, 0), (4, 4, 1), (4, 4, 4)] {
            assert_refused!(
                RgbImage::new(Array3::zeros(shape)),
                Argument(ArgumentError::Shape { .. })
            );
        }
    }

    #[test]
    fn any_layout_is_taken() {
        // Column-major pixels.
        let pixels = Array3::from_shape_fn((3, 4, 2), |(c, x, y)| (100 * c + 10 * x + y) as u8);
        let image = RgbImage::new(pixels.permuted_axes([2, 1, 0])).unwrap();
        assert_eq!((image.width(), image.height()), (4, 2));
        assert_eq!(image.row(1)[..6], [1, 101, 201, 11, 111, 211]);
        assert_eq!(image.pixels()[[1, 1, 2]], 211);
    }
}
