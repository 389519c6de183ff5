//! The preprocessing of images in the settings of a training.

use serde_json::Value;

use super::images_config::{side, square};
use super::listing::{Setting, Training};
use crate::extract::outline::Expected;
use crate::extract::preprocess::Resize;
use crate::extract::preprocess::described::{DescribedPreprocessing, OfColors};

const MEANS: [&str; 6] = [
    "dataset_mean",
    "image_mean",
    "img_mean",
    "mean",
    "norm_mean",
    "pixel_mean",
];
const DEVIATIONS: [&str; 6] = [
    "dataset_std",
    "image_std",
    "img_std",
    "norm_std",
    "pixel_std",
    "std",
];

/// Returns what the settings of a training say about the images of the network in evaluation: those of
/// timm, of torchvision, and others with the same names. Returns `None` if they say nothing.
pub(super) fn described(
    training: &Training,
    expected: &Expected<'_>,
) -> Option<DescribedPreprocessing> {
    let values = |names: &'static [&'static str]| {
        let settings = training.settings.iter();
        settings.filter_map(move |setting: &Setting| {
            names.contains(&setting.key()).then_some(&setting.value)
        })
    };
    let text = |names| values(names).find_map(Value::as_str);
    let [mean, std] = [
        values(&MEANS).find_map(colors),
        values(&DEVIATIONS).find_map(colors),
    ];
    let filter = text(&["interpolation"]).filter(|name| !name.is_empty() && *name != "random");
    let crop = values(&["val_crop_size"]).find_map(side);
    let crop = crop.or_else(|| values(&["image_size", "img_size", "input_size"]).find_map(size));
    let crop_mode = text(&["crop_mode"]).filter(|mode| !mode.is_empty());
    let resized = values(&["val_resize_size"]).find_map(side).or_else(|| {
        let share = values(&["crop_pct"]).find_map(Value::as_f64);
        let side = crop.or_else(|| u32::try_from(expected.input_size()).ok())?;
        Some((f64::from(side) / share.filter(|share| *share > 0.0)?).floor() as u32)
    });
    let resize = resized.map(|side| match crop_mode {
        Some("squash") => Resize::whole(side),
        _ => Resize::ShortSide(side),
    });
    let usual_crop = || u32::try_from(expected.input_size()).ok();
    let unusual = crop_mode.filter(|mode| !["center", "squash"].contains(mode));
    let found = DescribedPreprocessing {
        mean,
        std,
        filter: filter.map(str::to_owned),
        size: resize.and_then(|resize| Some((resize, crop.or_else(usual_crop)?))),
        crop,
        unusual: unusual.map(|mode| format!("crop_mode {mode}")),
        ..DescribedPreprocessing::unknown()
    };
    (found != DescribedPreprocessing::unknown()).then_some(found)
}

/// Parses a value for each colour, for levels from 0 to 1 or to 255; a value for all colours has the
/// same name as other settings.
fn colors(value: &Value) -> Option<OfColors> {
    let values = value.as_array()?.iter().map(Value::as_f64);
    let values: OfColors = values.collect::<Option<Vec<f64>>>()?.try_into().ok()?;
    let highest = match values.iter().any(|&value| value > 2.0) {
        true => 255.0,
        false => 1.0,
    };
    Some(values.map(|value| value / highest))
}

/// Parses the side of square images: a number, two equal ones, or these after the number of colours.
fn size(value: &Value) -> Option<u32> {
    match value {
        Value::Array(parts) => match parts.as_slice() {
            [_, height, width] if height == width => side(height),
            [side_alone] => side(side_alone),
            _ => square(value),
        },
        Value::Number(_) => side(value),
        _ => None,
    }
}
