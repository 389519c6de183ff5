//! Normalization of pixels to the values expected by a network.

use serde::{Deserialize, Serialize};

use super::image::{N_CHANNELS, RgbImage};
use crate::error::{Error, Result};

/// The order of the channels in the input of a network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ChannelOrder {
    /// Red, green, blue, the default.
    #[default]
    Rgb,
    /// Blue, green, red, as in networks trained with Caffe.
    Bgr,
}

/// The range of pixel values before the mean is subtracted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ValueRange {
    /// 0 to 1, the default: levels are divided by 255.
    #[default]
    Unit,
    /// 0 to 255: levels are not divided.
    Byte,
}

/// A normalization of each channel, (p − mean) / std, where p is the level of a pixel in the given
/// [`ValueRange`].
///
/// Values are computed in `f32` in the same order of operations as in torchvision.
///
/// ```
/// use human_alignment::extract::preprocess::Normalization;
///
/// let normalization = Normalization::new([0.5; 3], [0.5; 3])?;
/// assert_eq!(normalization, Normalization::HALF);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Normalization {
    order: ChannelOrder,
    range: ValueRange,
    mean: [f32; N_CHANNELS],
    std: [f32; N_CHANNELS],
}

/// A deserialized normalization that is not yet validated.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    order: ChannelOrder,
    range: ValueRange,
    mean: [f32; N_CHANNELS],
    std: [f32; N_CHANNELS],
}

impl TryFrom<Unchecked> for Normalization {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        let normalization = Self::new(read.mean, read.std)?;
        Ok(normalization.with_order(read.order).with_range(read.range))
    }
}

impl Normalization {
    /// Means and standard deviations of the training images of ImageNet.
    pub const IMAGENET: Self = Self::rgb([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    /// Means and standard deviations of the training images of CLIP.
    pub const CLIP: Self = Self::rgb(
        [0.481_454_66, 0.457_827_5, 0.408_210_73],
        [0.268_629_54, 0.261_302_6, 0.275_777_1],
    );

    /// Mean ½ and standard deviation ½: values from −1 to 1.
    pub const HALF: Self = Self::rgb([0.5; N_CHANNELS], [0.5; N_CHANNELS]);

    /// Blue, green and red from 0 to 255 minus the ImageNet means of Caffe, 104, 117 and 123.
    pub const CAFFE: Self = Self {
        order: ChannelOrder::Bgr,
        range: ValueRange::Byte,
        mean: [104.0, 117.0, 123.0],
        std: [1.0; N_CHANNELS],
    };

    /// Red, green and blue from 0 to 255 minus 127, divided by 128: EfficientNet-Lite of TensorFlow.
    pub const LEVELS_127: Self = Self::levels(127.0);

    /// Red, green and blue from 0 to 255 minus 128, divided by 128: MobileNet of TensorFlow.
    pub const LEVELS_128: Self = Self::levels(128.0);

    const fn levels(mean: f32) -> Self {
        Self {
            range: ValueRange::Byte,
            ..Self::rgb([mean; N_CHANNELS], [128.0; N_CHANNELS])
        }
    }

    /// Returns the normalization with a name in the table of published weights.
    pub(in crate::extract) fn named(name: &str) -> Option<Self> {
        const CAFFE_RGB: Normalization =
            Normalization::rgb([0.482_35, 0.458_82, 0.407_84], [1.0 / 255.0; N_CHANNELS]);
        // The satellite images of DINOv3.
        const SATELLITE: Normalization =
            Normalization::rgb([0.43, 0.411, 0.296], [0.213, 0.156, 0.143]);

        Some(match name {
            "imagenet" => Self::IMAGENET,
            "clip" => Self::CLIP,
            "half" => Self::HALF,
            "none" => Self::rgb([0.0; N_CHANNELS], [1.0; N_CHANNELS]),
            "caffe" => Self::CAFFE,
            "caffe-rgb" => CAFFE_RGB,
            "satellite" => SATELLITE,
            "levels-127" => Self::LEVELS_127,
            "levels-128" => Self::LEVELS_128,
            _ => return None,
        })
    }

    const fn rgb(mean: [f32; N_CHANNELS], std: [f32; N_CHANNELS]) -> Self {
        Self {
            order: ChannelOrder::Rgb,
            range: ValueRange::Unit,
            mean,
            std,
        }
    }

    /// Creates a normalization with the means and standard deviations of red, green and blue, for
    /// levels from 0 to 1.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a mean is not finite, or if a standard
    /// deviation is not positive and finite or so small that normalized values overflow.
    pub fn new(mean: [f32; 3], std: [f32; 3]) -> Result<Self> {
        if let Some(mean) = mean.iter().find(|mean| !mean.is_finite()) {
            return Err(Error::parameter("mean", "finite", mean));
        }
        for (mean, std) in mean.iter().zip(std) {
            let is_finite = |level: f32| ((level - mean) / std).is_finite();
            if !(std > 0.0 && std.is_finite() && is_finite(0.0) && is_finite(255.0)) {
                let expected = "positive and finite, with finite quotients by it";
                return Err(Error::parameter("std", expected, std));
            }
        }
        Ok(Self::rgb(mean, std))
    }

    /// Sets the order of the channels. Means and standard deviations are in the same order.
    #[must_use]
    pub fn with_order(mut self, order: ChannelOrder) -> Self {
        self.order = order;
        self
    }

    /// Sets the range of pixel values. Means and standard deviations are on the scale of this
    /// range.
    #[must_use]
    pub fn with_range(mut self, range: ValueRange) -> Self {
        self.range = range;
        self
    }

    /// Returns the order of the channels.
    pub fn order(&self) -> ChannelOrder {
        self.order
    }

    /// Returns the range of pixel values.
    pub fn range(&self) -> ValueRange {
        self.range
    }

    /// Returns the means, in the order of the channels.
    pub fn mean(&self) -> [f32; 3] {
        self.mean
    }

    /// Returns the standard deviations, in the order of the channels.
    pub fn std(&self) -> [f32; 3] {
        self.std
    }

    /// Writes the normalized values of an image, channel by channel. The length of `out` is 3 ×
    /// height × width.
    pub(super) fn write(&self, image: &RgbImage, out: &mut [f32]) {
        let bytes = image.bytes();
        let planes = out.chunks_exact_mut(bytes.len() / N_CHANNELS);
        for (channel, plane) in planes.enumerate() {
            let (mean, std) = (self.mean[channel], self.std[channel]);
            let values: [f32; 256] = std::array::from_fn(|level| {
                let level = level as f32;
                let value = match self.range {
                    ValueRange::Unit => level / 255.0,
                    ValueRange::Byte => level,
                };
                (value - mean) / std
            });
            let source = match self.order {
                ChannelOrder::Rgb => channel,
                ChannelOrder::Bgr => N_CHANNELS - 1 - channel,
            };
            for (value, pixel) in plane.iter_mut().zip(bytes.chunks_exact(N_CHANNELS)) {
                *value = values[usize::from(pixel[source])];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn values(normalization: Normalization) -> Vec<f32> {
        let image = RgbImage::new(array![[[255, 0, 51], [1, 2, 3]]]).unwrap();
        let mut values = vec![0.0; 6];
        normalization.write(&image, &mut values);
        values
    }

    #[test]
    fn channels_lie_one_after_the_other() {
        let normalization = Normalization::new([0.0, 0.5, 0.25], [1.0, 0.5, 2.0]).unwrap();
        assert_eq!(
            values(normalization),
            [
                1.0,
                1.0 / 255.0,
                -1.0,
                (2.0 / 255.0 - 0.5) / 0.5,
                (0.2 - 0.25) / 2.0,
                (3.0 / 255.0 - 0.25) / 2.0
            ]
        );
        assert_eq!(
            values(Normalization::CAFFE),
            [
                51.0 - 104.0,
                3.0 - 104.0,
                -117.0,
                2.0 - 117.0,
                255.0 - 123.0,
                1.0 - 123.0
            ]
        );
    }

    #[test]
    fn what_divides_by_nothing_is_refused() {
        for bad in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e-40] {
            assert!(Normalization::new([0.0; 3], [1.0, bad, 1.0]).is_err());
        }
        for bad in [f32::NAN, f32::NEG_INFINITY] {
            assert!(Normalization::new([0.0, 0.0, bad], [1.0; 3]).is_err());
        }
    }
}
