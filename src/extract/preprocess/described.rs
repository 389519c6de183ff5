//! What files and settings say about the preprocessing of images.

use std::fmt::{self, Display, Formatter};

use super::crop::CropRule;
use super::normalization::{ChannelOrder, Normalization, ValueRange};
use super::pipeline::{Preprocessing, Resize};
use super::weights::Filter;
use crate::error::{Error, ExtractError, FileError, Result};

/// Means or standard deviations of red, green and blue, for levels from 0 to 1.
pub(in crate::extract) type OfColors = [f64; 3];

/// Where a preprocessing of images is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DescribedIn {
    /// A file of this name beside the weights, such as `preprocessor_config.json`.
    File(&'static str),
    /// The settings of the training in the file of the weights.
    Checkpoint,
    /// The name of the file of the weights.
    FileName,
}

impl Display for DescribedIn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name) => write!(f, "{name} beside the weights"),
            Self::Checkpoint => f.write_str("the checkpoint, in the settings of the training,"),
            Self::FileName => f.write_str("the name of the file of the weights"),
        }
    }
}

/// A description of the preprocessing, in which `None` stands for what it does not name.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::extract) struct DescribedPreprocessing {
    pub mean: Option<OfColors>,
    pub std: Option<OfColors>,
    pub filter: Option<String>,
    /// The size after resizing and the side of the crop.
    pub size: Option<(Resize, u32)>,
    /// The side of the crop, also where only this is known.
    pub crop: Option<u32>,
    pub crop_rule: CropRule,
    /// A setting, with its value, that no published preprocessing has.
    pub unusual: Option<String>,
}

impl DescribedPreprocessing {
    /// Checks that the published preprocessing of a model is the one that is described.
    ///
    /// # Errors
    /// Returns [`ExtractError::OtherPreprocessing`].
    pub fn check(
        &self,
        described_in: DescribedIn,
        published: &Preprocessing,
        model: &str,
    ) -> std::result::Result<(), ExtractError> {
        let refuse = |found: String, expected: String| {
            Err(ExtractError::OtherPreprocessing {
                model: model.to_owned(),
                described_in,
                found,
                expected,
                preset: self.preset(),
            })
        };
        if let Some(unusual) = &self.unusual {
            return refuse(unusual.clone(), "another value".to_owned());
        }
        let [mean, std] = of_levels(published.normalization());
        for (property, found, expected) in [
            ("the mean", self.mean, mean),
            ("the standard deviation", self.std, std),
        ] {
            if let Some(found) = found
                && !are_close(&found, &expected)
            {
                // Values of presets are of single precision.
                let rounded = |of_colors: OfColors| of_colors.map(|v| (1e6 * v).round() / 1e6);
                let [found, expected] = [found, expected].map(rounded);
                return refuse(format!("{property} {found:?}"), format!("{expected:?}"));
            }
        }
        let filter = published.filter().to_string();
        if let Some(found) = &self.filter
            && *found != filter
        {
            return refuse(format!("the interpolation {found}"), filter);
        }
        let size = (published.resize(), published.crop()[0]);
        match (self.size, self.crop) {
            (Some(found), _) if found != size => {
                refuse(format!("the size {}", shown(found)), shown(size))
            }
            (None, Some(found)) if found != size.1 => {
                refuse(format!("images of {found} pixels"), size.1.to_string())
            }
            _ => Ok(()),
        }
    }

    /// Makes the preprocessing that is described.
    ///
    /// # Errors
    /// Returns [`FileError::Malformed`], which names what is missing or not supported.
    pub fn preprocessing(&self) -> Result<Preprocessing> {
        let refuse = |problem: String| -> Error {
            let problem =
                format!("{problem}: name a preprocessing, such as imagenet-256-bilinear-224");
            FileError::malformed("preprocessing", problem)
        };
        if let Some(unusual) = &self.unusual {
            return Err(refuse(format!("{unusual} is not supported")));
        }
        let (Some(mean), Some(std), Some(filter), Some((resize, crop))) =
            (self.mean, self.std, &self.filter, self.size)
        else {
            let found = [
                ("the mean", self.mean.is_some()),
                ("the standard deviation", self.std.is_some()),
                (
                    "the interpolation (`resample`, `interpolation`)",
                    self.filter.is_some(),
                ),
                (
                    "the sizes (they do not follow from the class of the image processor either)",
                    self.size.is_some(),
                ),
            ];
            let missing = found.into_iter().filter(|(_, is_found)| !is_found);
            let missing: Vec<&str> = missing.map(|(name, _)| name).collect();
            return Err(refuse(format!(
                "it does not determine {}",
                missing.join(" and ")
            )));
        };
        let Ok(filter) = filter.parse::<Filter>() else {
            return Err(refuse(format!(
                "the interpolation {filter} is not supported"
            )));
        };
        let [mean, std] = [mean, std].map(|values| values.map(|value| value as f32));
        let normalization = Normalization::new(mean, std)?;
        let made = Preprocessing::new(resize, filter, [crop; 2], normalization)?;
        Ok(self.with_rule_of_crop(made))
    }

    /// Sets the rule of the crop, if the preprocessing crops images and the file has a rule of its own.
    pub fn with_rule_of_crop(&self, made: Preprocessing) -> Preprocessing {
        let [width, height] = made.crop();
        let is_cropped = made.resize() != Resize::Exact { width, height };
        match is_cropped && !self.crop_rule.is_default() {
            true => made.with_crop_rule(self.crop_rule),
            false => made,
        }
    }

    /// Returns the name of the preset that is described, if there is one.
    pub fn preset(&self) -> Option<String> {
        const NORMALIZATIONS: [&str; 4] = ["imagenet", "clip", "half", "none"];

        if self.unusual.is_some() {
            return None;
        }
        let (found_mean, found_std) = (self.mean?, self.std?);
        let normalization = NORMALIZATIONS.into_iter().find(|name| {
            let known = Normalization::named(name).map(|known| of_levels(&known));
            known.is_some_and(|[mean, std]| {
                are_close(&mean, &found_mean) && are_close(&std, &found_std)
            })
        })?;
        let (resize, crop) = self.size?;
        let resize = match resize {
            Resize::ShortSide(side) => side.to_string(),
            whole if whole == Resize::whole(crop) => "whole".to_owned(),
            Resize::Exact { .. } => return None,
        };
        let name = format!(
            "{normalization}-{resize}-{}-{crop}",
            self.filter.as_deref()?
        );
        Preprocessing::preset(&name).ok().map(|_| name)
    }

    /// Returns a description that says nothing.
    pub const fn unknown() -> Self {
        Self {
            mean: None,
            std: None,
            filter: None,
            size: None,
            crop: None,
            crop_rule: CropRule::Torchvision,
            unusual: None,
        }
    }
}

/// Returns the means and standard deviations of a normalization in the order and range of
/// [`OfColors`].
pub(in crate::extract) fn of_levels(normalization: &Normalization) -> [OfColors; 2] {
    let highest = match normalization.range() {
        ValueRange::Unit => 1.0,
        ValueRange::Byte => 255.0,
    };
    [normalization.mean(), normalization.std()].map(|values| {
        let mut values = values.map(|value| f64::from(value) / highest);
        if normalization.order() == ChannelOrder::Bgr {
            values.reverse();
        }
        values
    })
}

/// Checks whether values are equal as far as configurations round them.
fn are_close(left: &OfColors, right: &OfColors) -> bool {
    let pairs = left.iter().zip(right);
    pairs
        .into_iter()
        .all(|(left, right)| (left - right).abs() < 5e-4)
}

fn shown((resize, crop): (Resize, u32)) -> String {
    match resize {
        Resize::ShortSide(side) => format!("shorter side {side}, crop {crop}"),
        Resize::Exact { width, height } => format!("{width} × {height}, crop {crop}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions_name_the_setting_and_the_preset() {
        let published = Preprocessing::preset("vit").unwrap();
        let file = DescribedIn::File("preprocessor_config.json");
        let half = DescribedPreprocessing {
            mean: Some([0.5; 3]),
            std: Some([0.5; 3]),
            filter: Some("bicubic".to_owned()),
            size: Some((Resize::ShortSide(248), 224)),
            ..DescribedPreprocessing::unknown()
        };
        half.check(file, &published, "vit").unwrap();
        let unknown = DescribedPreprocessing::unknown();
        unknown.check(file, &published, "vit").unwrap();
        let size = Some((Resize::whole(224), 224));
        for (other, part) in [
            (
                DescribedPreprocessing {
                    mean: Some([0.4; 3]),
                    ..half.clone()
                },
                "the mean",
            ),
            (
                DescribedPreprocessing {
                    filter: Some("nearest".to_owned()),
                    ..half.clone()
                },
                "nearest",
            ),
            (
                DescribedPreprocessing {
                    size,
                    ..half.clone()
                },
                "such as half-whole-bicubic-224",
            ),
        ] {
            let message = other
                .check(file, &published, "vit")
                .unwrap_err()
                .to_string();
            assert!(message.contains(part), "{message}");
        }
        // Levels from 0 to 255.
        let lite = Preprocessing::preset("tf-efficientnet-lite").unwrap();
        let rounded = DescribedPreprocessing {
            mean: Some([0.498; 3]),
            std: Some([0.502; 3]),
            ..DescribedPreprocessing::unknown()
        };
        rounded.check(file, &lite, "tf_efficientnet_lite0").unwrap();
    }
}
