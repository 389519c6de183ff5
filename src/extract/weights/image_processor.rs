//! The configurations of image processors of transformers.
//!
//! The class decides what `size` means, and has defaults for what a file does not name.

use serde_json::Value;

use super::images_config::{colors, number, side, square, text};
use crate::extract::preprocess::described::{DescribedPreprocessing, OfColors, of_levels};
use crate::extract::preprocess::{CropRule, Normalization, Resize};

/// What a class makes of its settings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Usual,
    /// Resizes to `size` / `crop_pct` and crops to `size`, or resizes to 384 and more without a crop.
    ConvNext,
    /// Divides by the standard deviation again with `include_top`.
    EfficientNet,
    /// Resizes to 256 / 224 times `size`.
    Levit,
}

/// A class of image processors.
struct Class {
    /// The name up to `ImageProcessor` or `FeatureExtractor`.
    name: &'static str,
    kind: Kind,
    /// Whether a size of one number is that of the shorter side, and not that of both.
    is_shortest: bool,
    /// The defaults of all versions of the library.
    filter: Option<&'static str>,
    normalization: Option<Normalization>,
    /// The side of the centre crop.
    crop: Option<u32>,
}

const HALF: Option<Normalization> = Some(Normalization::HALF);
const IMAGENET: Option<Normalization> = Some(Normalization::IMAGENET);
const OPENAI: Option<Normalization> = Some(Normalization::CLIP);

const fn class(name: &'static str) -> Class {
    Class {
        name,
        kind: Kind::Usual,
        is_shortest: false,
        filter: None,
        normalization: None,
        crop: None,
    }
}

const fn cropped(
    name: &'static str,
    filter: &'static str,
    normalization: Option<Normalization>,
) -> Class {
    Class {
        is_shortest: true,
        filter: Some(filter),
        normalization,
        crop: Some(224),
        ..class(name)
    }
}

const CLASSES: [Class; 19] = [
    Class {
        filter: Some("bilinear"),
        normalization: HALF,
        ..class("ViT")
    },
    Class {
        filter: Some("bicubic"),
        normalization: HALF,
        crop: Some(224),
        ..class("DeiT")
    },
    Class {
        is_shortest: true,
        filter: Some("bicubic"),
        normalization: HALF,
        ..class("Siglip")
    },
    Class {
        filter: Some("bicubic"),
        normalization: HALF,
        ..class("Beit")
    },
    cropped("CLIP", "bicubic", OPENAI),
    cropped("ChineseCLIP", "bicubic", OPENAI),
    cropped("Bit", "bicubic", OPENAI),
    cropped("MobileNetV1", "bilinear", HALF),
    cropped("MobileNetV2", "bilinear", HALF),
    Class {
        kind: Kind::Levit,
        ..cropped("Levit", "bicubic", IMAGENET)
    },
    Class {
        kind: Kind::ConvNext,
        crop: None,
        ..cropped("ConvNext", "bicubic", HALF)
    },
    Class {
        kind: Kind::EfficientNet,
        ..class("EfficientNet")
    },
    class("DINOv3ViT"),
    class("Blip"),
    class("DPT"),
    class("Flava"),
    class("OwlViT"),
    class("Pvt"),
    class("Segformer"),
];

/// Settings that are read here, or that have no effect on the values of an image.
const KNOWN: [&str; 29] = [
    "_processor_class",
    "_valid_processor_keys",
    "auto_map",
    "crop_pct",
    "crop_size",
    "data_format",
    "default_to_square",
    "device",
    "disable_grouping",
    "do_center_crop",
    "do_convert_rgb",
    "do_normalize",
    "do_reduce_labels",
    "do_rescale",
    "do_resize",
    "feature_extractor_type",
    "image_mean",
    "image_processor_type",
    "image_std",
    "include_top",
    "input_data_format",
    "model_input_names",
    "processor_class",
    "reduce_labels",
    "resample",
    "rescale_factor",
    "return_tensors",
    "size",
    "use_fast",
];

/// Parses the configuration of an image processor.
pub(super) fn described(config: &Value) -> DescribedPreprocessing {
    /// The filters by their numbers in Pillow.
    const FILTERS: [&str; 6] = [
        "nearest", "lanczos", "bilinear", "bicubic", "box", "hamming",
    ];

    let class = class_of(config);
    let defaults = class.and_then(|class| class.normalization.as_ref());
    let [mean, std] = defaults.map_or([None; 2], |defaults| of_levels(defaults).map(Some));
    let mut mean = colors(config, "image_mean").or(mean);
    let mut std = colors(config, "image_std").or(std);
    let again = std.filter(|_| {
        let is_again = class.is_some_and(|class| class.kind == Kind::EfficientNet);
        is_again && flag(config, "include_top") != Some(false)
    });
    if flag(config, "do_normalize") == Some(false) {
        (mean, std) = (Some([0.0; 3]), Some([1.0; 3]));
    }
    if let (Some(std), Some(again)) = (&mut std, again) {
        for (std, again) in std.iter_mut().zip(again) {
            *std *= again;
        }
    }
    // Levels from 0 to 255 times this factor are normalized.
    let factor = number(config, "rescale_factor").map_or(1.0, |factor| 255.0 * factor);
    let rescaled = |of_colors: OfColors| of_colors.map(|value| value / factor);
    let filter = match config.get("resample").filter(|number| !number.is_null()) {
        None => class.and_then(|class| class.filter),
        Some(number) => {
            let number = number.as_u64().unwrap_or(u64::MAX);
            FILTERS.get(number as usize).copied()
        }
    };
    DescribedPreprocessing {
        unusual: unusual(config, class),
        mean: mean.map(rescaled),
        std: std.map(rescaled),
        filter: filter.map(str::to_owned),
        size: match flag(config, "do_resize") {
            Some(false) => None,
            _ => size(config, class),
        },
        crop_rule: CropRule::Transformers,
        ..DescribedPreprocessing::unknown()
    }
}

/// Returns the name of the class up to its usual ending.
fn class_name(config: &Value) -> Option<&str> {
    const ENDINGS: [&str; 4] = [
        "ImageProcessorFast",
        "ImageProcessorPil",
        "ImageProcessor",
        "FeatureExtractor",
    ];

    let names = ["image_processor_type", "feature_extractor_type"];
    let name = names.into_iter().find_map(|name| text(config, name))?;
    let mut stripped = ENDINGS.iter().filter_map(|end| name.strip_suffix(end));
    Some(stripped.next().unwrap_or(name))
}

fn class_of(config: &Value) -> Option<&'static Class> {
    let name = class_name(config)?;
    CLASSES.iter().find(|class| class.name == name)
}

/// Returns a setting that is on or off, or `None` if it is absent. As in transformers, `null` and 0
/// are off.
fn flag(config: &Value, name: &str) -> Option<bool> {
    match config.get(name)? {
        Value::Null => Some(false),
        Value::Bool(is_on) => Some(*is_on),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        _ => None,
    }
}

/// Finds a setting with a value that changes images in another way than any preprocessing of this
/// crate.
fn unusual(config: &Value, class: Option<&Class>) -> Option<String> {
    if let Some(name) = class_name(config)
        && class.is_none()
    {
        return Some(format!("image_processor_type {name}"));
    }
    let is = |name: &str, value: bool| flag(config, name) == Some(value);
    if is("do_resize", false) {
        return Some("do_resize false".to_owned());
    }
    let is_without_crop =
        class.is_some_and(|class| class.kind == Kind::ConvNext || class.name == "Segformer");
    if is_without_crop && is("do_center_crop", true) {
        return Some("do_center_crop true".to_owned());
    }
    if is("do_rescale", false) {
        return Some("do_rescale false".to_owned());
    }
    let has_default = class.is_some_and(|class| class.normalization.is_some());
    let has_mean = has_default || config.get("image_mean").is_some_and(|mean| !mean.is_null());
    if is("do_normalize", true) && !has_mean {
        return Some("do_normalize true, without image_mean,".to_owned());
    }
    // transformers refuses a list with another number of values than colours.
    for name in ["image_mean", "image_std"] {
        let value = config.get(name).filter(|value| !value.is_null());
        if let Some(value) = value.filter(|_| colors(config, name).is_none()) {
            return Some(format!("{name} {value}"));
        }
    }
    let settings = config.as_object().into_iter().flatten();
    for (name, value) in settings {
        let is_off = match value {
            Value::Null | Value::Bool(false) => true,
            Value::Number(number) => {
                let off = if name == "ensure_multiple_of" {
                    1.0
                } else {
                    0.0
                };
                number.as_f64() == Some(off)
            }
            Value::Array(values) => values.is_empty(),
            _ => false,
        };
        let is_known = KNOWN.contains(&name.as_str());
        // What Flava makes beside the image.
        let is_beside = class.is_some_and(|class| class.name == "Flava")
            && ["codebook_", "mask_group_", "total_mask_", "input_size_"]
                .iter()
                .any(|beginning| name.starts_with(beginning));
        if !is_off && !is_known && !is_beside {
            return Some(format!("{name} {value}"));
        }
    }
    unusual_size(config)
}

/// Finds a size that no preprocessing of this crate has.
fn unusual_size(config: &Value) -> Option<String> {
    let is_cropped = |value: bool| flag(config, "do_center_crop") == Some(value);
    let size = config.get("size").filter(|size| size.is_object());
    let has =
        |name: &str| size.is_some_and(|size| size.get(name).is_some_and(|side| !side.is_null()));
    let limit = ["longest_edge", "max_height", "max_width"]
        .into_iter()
        .find(|name| has(name));
    if let Some(limit) = limit {
        return Some(format!("size with {limit}"));
    }
    if has("shortest_edge") && is_cropped(false) {
        return Some("do_center_crop false".to_owned());
    }
    let is_oblong = |size: &&Value| size.is_object() && size.get("height") != size.get("width");
    let of_crop = config.get("crop_size").filter(|_| is_cropped(true));
    let oblong = [size, of_crop].into_iter().flatten().find(is_oblong);
    oblong.map(|size| format!("size {size}"))
}

/// Parses the sizes, as far as they do not depend on an unknown class.
fn size(config: &Value, class: Option<&Class>) -> Option<(Resize, u32)> {
    let size = config.get("size")?;
    let of_class = class.map(|class| class.is_shortest);
    let is_of_shortest = match flag(config, "default_to_square") {
        Some(is_square) => Some(!is_square),
        None => of_class,
    };
    let of_number = |is_shortest: bool| {
        let is_such = is_of_shortest == Some(is_shortest);
        side(size).filter(|_| is_such)
    };
    let shortest = size.get("shortest_edge").and_then(side);
    let shortest = shortest.or_else(|| of_number(true));
    let kind = class.map_or(Kind::Usual, |class| class.kind);
    let share = number(config, "crop_pct").filter(|_| class.is_none());
    let share = match kind {
        Kind::ConvNext => Some(number(config, "crop_pct").unwrap_or(224.0 / 256.0)),
        _ => share,
    };
    if let Some(share) = share {
        let crop = shortest.or_else(|| side(size))?;
        return match crop < 384 {
            true => Some((Resize::ShortSide((f64::from(crop) / share) as u32), crop)),
            false => Some((Resize::whole(crop), crop)),
        };
    }
    let default = class.and_then(|class| class.crop);
    let is_cropped = flag(config, "do_center_crop").or(default.map(|_| true));
    let crop = config.get("crop_size").filter(|crop| !crop.is_null());
    let side_of_crop = || crop.map_or(default, square);
    match (is_cropped, shortest) {
        (Some(true), Some(short)) => {
            let short = match kind {
                Kind::Levit => (256.0 / 224.0 * f64::from(short)) as u32,
                _ => short,
            };
            Some((Resize::ShortSide(short), side_of_crop()?))
        }
        (Some(true), None) if size.is_object() || of_number(false).is_some() => {
            Some((Resize::whole(square(size)?), side_of_crop()?))
        }
        (None, None) if crop.is_some() => None,
        (None | Some(false), None) => {
            let side = square(size)?;
            Some((Resize::whole(side), side))
        }
        _ => None,
    }
}
