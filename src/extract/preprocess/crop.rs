//! Centre crops.

use serde::{Deserialize, Serialize};

use crate::names::named;

/// The position of a centre crop that cannot be exactly in the centre, which differs between
/// libraries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CropRule {
    /// At half of the excess pixels, halves rounded to even; of an image that is smaller than the
    /// crop, the smaller half of the border is before it. `CenterCrop` of torchvision, the default.
    #[default]
    Torchvision,
    /// At half of the excess pixels, rounded down; of an image that is smaller than the crop, the
    /// larger half of the border is before it. `center_crop` of the image processors of transformers.
    Transformers,
}

named! {
    CropRule, "rule of the centre crop":
    Torchvision = "torchvision",
    Transformers = "transformers",
}

impl CropRule {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A centre crop along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crop {
    /// Index of the first pixel that is kept.
    pub from: u64,
    /// Number of pixels that are kept.
    pub kept: u64,
    /// Number of black pixels before the image, if the image is smaller than the crop.
    pub border: usize,
}

impl Crop {
    /// Creates the centre crop of length `crop` for an axis of `size` pixels.
    pub fn new(size: u64, crop: u32, rule: CropRule) -> Self {
        let crop = u64::from(crop);
        let Some(excess) = size.checked_sub(crop) else {
            let lacking = (crop - size) as usize;
            return Self {
                from: 0,
                kept: size,
                border: match rule {
                    CropRule::Torchvision => lacking / 2,
                    CropRule::Transformers => lacking.div_ceil(2),
                },
            };
        };
        let half = excess / 2;
        Self {
            from: match rule {
                // As `round` in Python.
                CropRule::Torchvision => half + (excess % 2) * (half % 2),
                CropRule::Transformers => half,
            },
            kept: crop,
            border: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crops_begin_as_in_the_libraries() {
        // Python: int(round((size - 224) / 2.0)) of torchvision, (size - 224) // 2 of transformers.
        let torchvision = [0, 0, 1, 2, 2, 2, 3, 4, 4, 4, 5, 6, 6, 6, 7];
        let transformers = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7];
        for (rule, starts) in [
            (CropRule::Torchvision, torchvision),
            (CropRule::Transformers, transformers),
        ] {
            for (excess, from) in starts.into_iter().enumerate() {
                let crop = Crop::new(224 + excess as u64, 224, rule);
                assert_eq!((crop.from, crop.kept, crop.border), (from, 224, 0));
            }
        }
        assert_eq!(Crop::new(341, 224, CropRule::Torchvision).from, 58);
        assert_eq!(Crop::new(331, 224, CropRule::Torchvision).from, 54);
    }

    #[test]
    fn what_is_too_small_stands_in_the_middle() {
        // In front, torchvision pads (crop - size) // 2, and transformers ceil((crop - size) / 2).
        let borders = [
            (9, [0, 1]),
            (8, [1, 1]),
            (7, [1, 2]),
            (6, [2, 2]),
            (1, [4, 5]),
        ];
        for (size, borders) in borders {
            for (&rule, border) in CropRule::ALL.iter().zip(borders) {
                let crop = Crop::new(size, 10, rule);
                assert_eq!((crop.from, crop.kept, crop.border), (0, size, border));
            }
        }
    }
}
