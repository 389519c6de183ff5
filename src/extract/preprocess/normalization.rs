//! Pixels to the values that a network was trained on.

use serde::{Deserialize, Serialize};

use super::image::{N_CHANNELS, RgbImage};
use crate::error::{Error, Result};

/// The order of the channels that a network takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelOrder {
    /// Red, green, blue: the default.
    #[default]
    Rgb,
    /// Blue, green, red: networks that were trained with Caffe.
    Bgr,
}

/// The range of a pixel before the mean is taken off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueRange {
    /// 0 to 1, the default: levels are divided by 255.
    #[default]
    Unit,
    /// 0 to 255.
    Byte,
}

/// The values of pixels: (p − mean) / std by channel, where p is a level over 255, or a level.
///
/// Computed in `f32`, in this order, as torchvision does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Normalization {
    order: ChannelOrder,
    range: ValueRange,
    mean: [f32; N_CHANNELS],
    std: [f32; N_CHANNELS],
}

/// A normalisation as it is read.
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
    /// Mean and standard deviation over the training images of ImageNet.
    pub const IMAGENET: Self = Self::rgb([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    /// Mean and standard deviation over the training images of CLIP.
    pub const CLIP: Self = Self::rgb(
        [0.481_454_66, 0.457_827_5, 0.408_210_73],
        [0.268_629_54, 0.261_302_6, 0.275_777_1],
    );

    /// From −1 to 1: mean and standard deviation ½.
    pub const HALF: Self = Self::rgb([0.5; N_CHANNELS], [0.5; N_CHANNELS]);

    /// Blue, green and red from 0 to 255, less the mean of ImageNet as Caffe has it: 104, 117, 123.
    pub const CAFFE: Self = Self {
        order: ChannelOrder::Bgr,
        range: ValueRange::Byte,
        mean: [104.0, 117.0, 123.0],
        std: [1.0; N_CHANNELS],
    };

    const fn rgb(mean: [f32; N_CHANNELS], std: [f32; N_CHANNELS]) -> Self {
        Self {
            order: ChannelOrder::Rgb,
            range: ValueRange::Unit,
            mean,
            std,
        }
    }

    /// The normalisation with these means and standard deviations of the channels, red first, from 0
    /// to 1.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a mean that is not finite, or a standard deviation that is not
    /// positive and finite.
    pub fn new(mean: [f32; 3], std: [f32; 3]) -> Result<Self> {
        if let Some(mean) = mean.iter().find(|mean| !mean.is_finite()) {
            return Err(Error::parameter("mean", "finite", mean));
        }
        for (mean, std) in mean.iter().zip(std) {
            let is_finite = |level: f32| ((level - mean) / std).is_finite();
            if !(std > 0.0 && std.is_finite() && is_finite(0.0) && is_finite(255.0)) {
                let expected = "positive and finite, as quotients by it";
                return Err(Error::parameter("std", expected, std));
            }
        }
        Ok(Self::rgb(mean, std))
    }

    /// Sets the order of channels. Means and standard deviations count channels in this order.
    #[must_use]
    pub fn with_order(mut self, order: ChannelOrder) -> Self {
        self.order = order;
        self
    }

    /// Sets the range of pixels, and so the scale of means and standard deviations.
    #[must_use]
    pub fn with_range(mut self, range: ValueRange) -> Self {
        self.range = range;
        self
    }

    /// The order of channels.
    pub fn order(&self) -> ChannelOrder {
        self.order
    }

    /// The range of pixels.
    pub fn range(&self) -> ValueRange {
        self.range
    }

    /// The means, in the order of channels.
    pub fn mean(&self) -> [f32; 3] {
        self.mean
    }

    /// The standard deviations, in the order of channels.
    pub fn std(&self) -> [f32; 3] {
        self.std
    }

    /// Writes the values of an image, channel by channel; `out` has as many as the image has samples.
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
