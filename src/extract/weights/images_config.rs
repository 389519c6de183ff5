//! The preprocessing of images that the configurations beside the weights of a network describe.
//!
//! Weights of the same shapes as the published ones may have been trained with other images.

use serde_json::Value;

use super::configuration::Configuration;
use super::configurations::Configurations;
use super::image_processor;
use crate::extract::preprocess::described::{
    DescribedIn, DescribedPreprocessing, OfColors, of_levels,
};
use crate::extract::preprocess::{Normalization, Resize};

/// Returns what the configurations of transformers, open_clip and timm say.
pub(super) fn described(
    configurations: &Configurations,
) -> Vec<(DescribedIn, DescribedPreprocessing)> {
    type Parse = fn(&Value) -> Option<DescribedPreprocessing>;

    let all: [(&Option<Configuration>, Parse); 3] = [
        (&configurations.images, of_transformers),
        (&configurations.open_clip, of_open_clip),
        (&configurations.network, of_timm),
    ];
    let described = all.into_iter().filter_map(|(configuration, parse)| {
        let configuration = configuration.as_ref()?;
        let found = parse(&configuration.value)?;
        Some((DescribedIn::File(configuration.name), found))
    });
    described.collect()
}

/// Parses the configuration of any of these libraries, or returns `None` if it is of another kind.
pub(in crate::extract) fn of_any(config: &Value) -> Option<DescribedPreprocessing> {
    const OF_TRANSFORMERS: [&str; 5] = [
        "image_processor_type",
        "feature_extractor_type",
        "do_resize",
        "do_normalize",
        "image_mean",
    ];

    let images = config.get("image_processor").unwrap_or(config);
    match OF_TRANSFORMERS
        .iter()
        .any(|name| images.get(name).is_some())
    {
        true => of_transformers(images),
        false => of_open_clip(config).or_else(|| of_timm(config)),
    }
}

/// Parses the configuration of an image processor of transformers.
fn of_transformers(config: &Value) -> Option<DescribedPreprocessing> {
    Some(image_processor::described(config))
}

/// Parses the configuration of open_clip, with the defaults of its `image_transform`.
fn of_open_clip(config: &Value) -> Option<DescribedPreprocessing> {
    let images = config.get("preprocess_cfg")?;
    let of_model = || {
        config
            .get("model_cfg")?
            .get("vision_cfg")?
            .get("image_size")
    };
    let crop = images.get("size").or_else(of_model).and_then(square);
    let resize_mode = text(images, "resize_mode");
    let clip = Normalization::named("clip").map(|clip| of_levels(&clip));
    let [mean, std] = clip.map_or([None; 2], |clip| clip.map(Some));
    let unusual = resize_mode.filter(|mode| !["shortest", "squash"].contains(mode));
    let size = crop.and_then(|crop| match resize_mode {
        None | Some("shortest") => Some((Resize::ShortSide(crop), crop)),
        Some("squash") => Some((Resize::whole(crop), crop)),
        Some(_) => None,
    });
    Some(DescribedPreprocessing {
        unusual: unusual.map(|mode| format!("resize_mode {mode}")),
        mean: colors(images, "mean").or(mean),
        std: colors(images, "std").or(std),
        filter: Some(match text(images, "interpolation") {
            None | Some("random") => "bicubic".to_owned(),
            Some(name) => name.to_owned(),
        }),
        size,
        ..DescribedPreprocessing::unknown()
    })
}

/// Parses the configuration of timm.
fn of_timm(config: &Value) -> Option<DescribedPreprocessing> {
    // Older configurations have no part of their own for images.
    let flat = || {
        config
            .get("architecture")
            .and(config.get("input_size"))
            .and(Some(config))
    };
    let images = config.get("pretrained_cfg").or_else(flat)?;
    let input: Option<[u32; 3]> = images.get("input_size").and_then(|input| {
        let sides = input.as_array()?.iter().map(side);
        sides.collect::<Option<Vec<u32>>>()?.try_into().ok()
    });
    let crop_mode = text(images, "crop_mode");
    let unusual = crop_mode.filter(|mode| !["center", "squash"].contains(mode));
    let size = input.and_then(|[_, height, width]| {
        let resized = (f64::from(height) / number(images, "crop_pct")?).floor() as u32;
        let resize = match crop_mode {
            None | Some("center") => Resize::ShortSide(resized),
            Some("squash") => Resize::whole(resized),
            Some(_) => return None,
        };
        (height == width).then_some((resize, height))
    });
    let filter = text(images, "interpolation").filter(|&name| name != "random");
    Some(DescribedPreprocessing {
        unusual: unusual.map(|mode| format!("crop_mode {mode}")),
        mean: colors(images, "mean"),
        std: colors(images, "std"),
        filter: filter.map(str::to_owned),
        size,
        ..DescribedPreprocessing::unknown()
    })
}

pub(super) fn text<'c>(config: &'c Value, name: &str) -> Option<&'c str> {
    config.get(name).and_then(Value::as_str)
}

pub(super) fn number(config: &Value, name: &str) -> Option<f64> {
    let number = config.get(name).and_then(Value::as_f64);
    number.filter(|&number| number > 0.0)
}

/// Parses a value for each colour, or one for all.
pub(super) fn colors(config: &Value, name: &str) -> Option<OfColors> {
    let value = config.get(name)?;
    if let Some(of_all) = value.as_f64() {
        return Some([of_all; 3]);
    }
    let values = value.as_array()?.iter().map(Value::as_f64);
    values.collect::<Option<Vec<f64>>>()?.try_into().ok()
}

pub(super) fn side(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|side| side.try_into().ok())
}

/// Parses the side of a square, a number or two equal ones.
pub(super) fn square(size: &Value) -> Option<u32> {
    let (height, width) = match size {
        Value::Array(sides) => (sides.first()?, sides.get(1)?),
        Value::Object(sides) => (sides.get("height")?, sides.get("width")?),
        one => (one, one),
    };
    side(height).filter(|&height| Some(height) == side(width))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preset(file: &str, text: &str) -> Option<String> {
        let found = described(&Configurations::of_file(file, text).unwrap());
        found.first().unwrap().1.preset()
    }

    #[test]
    fn unusual_settings_are_named() {
        let usual = r#""image_mean": 0.5, "image_std": 0.5, "do_normalize": true"#;
        for (setting, part) in [
            (r#""do_rescale": false"#, "do_rescale"),
            (r#""do_rescale": null"#, "do_rescale"),
            (r#""do_resize": null"#, "do_resize"),
            (r#""do_resize": false"#, "do_resize"),
            (r#""do_flip_channel_order": true"#, "do_flip"),
            (
                r#""size": {"shortest_edge": 224}, "do_center_crop": false"#,
                "do_center_crop",
            ),
            (r#""size": {"height": 224, "width": 192}"#, "192"),
            (r#""size": {"longest_edge": 224}"#, "longest_edge"),
            (
                r#""do_center_crop": true, "crop_size": {"height": 224, "width": 192}"#,
                "192",
            ),
        ] {
            let config: Value = serde_json::from_str(&format!("{{{usual}, {setting}}}")).unwrap();
            let found = of_transformers(&config).unwrap();
            assert!(found.unusual.unwrap().contains(part), "{setting}");
            assert_eq!(found.mean, Some([0.5; 3]));
        }
        let config: Value = serde_json::from_str(r#"{"do_normalize": true}"#).unwrap();
        assert!(of_transformers(&config).unwrap().unusual.is_some());
        let short = r#"{"image_mean": [0.5], "image_std": [0.5]}"#;
        let config: Value = serde_json::from_str(short).unwrap();
        let found = of_transformers(&config).unwrap().unusual;
        assert!(found.unwrap().contains("image_mean"));
        let border = r#"{"pretrained_cfg": {"crop_mode": "border"}}"#;
        let config: Value = serde_json::from_str(border).unwrap();
        assert!(of_timm(&config).unwrap().unusual.is_some());
        let plain = r#"{"do_rescale": true, "do_pad": null, "do_center_crop": false, "size": 224}"#;
        let config: Value = serde_json::from_str(plain).unwrap();
        assert_eq!(of_transformers(&config).unwrap().unusual, None);
    }

    #[test]
    fn configurations_describe_presets() {
        let half = r#""image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]"#;
        let imagenet = r#""mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]"#;
        let clip = r#"[0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]"#;
        for (text, expected) in [
            (
                format!(r#"{{{half}, "size": {{"height": 224, "width": 224}}, "resample": 2}}"#),
                "half-whole-bilinear-224",
            ),
            (
                format!(
                    r#"{{{half}, "size": 224, "resample": 3, "rescale_factor": 0.00392156862745098}}"#
                ),
                "half-whole-bicubic-224",
            ),
            (
                format!(
                    r#"{{"image_mean": {clip}, "size": {{"shortest_edge": 224}}, "resample": 3,
                    "do_center_crop": true, "crop_size": {{"height": 224, "width": 224}}}}"#
                ),
                "clip-224-bicubic-224",
            ),
            (
                format!(
                    r#"{{{half}, "size": {{"shortest_edge": 224}}, "crop_pct": 0.875, "resample": 3}}"#
                ),
                "half-256-bicubic-224",
            ),
        ] {
            let found = preset("preprocessor_config.json", &text);
            assert_eq!(found.as_deref(), Some(expected), "{text}");
        }
        let timm = format!(
            r#"{{"pretrained_cfg": {{{imagenet}, "input_size": [3, 224, 224], "crop_pct": 0.95,
            "interpolation": "bicubic"}}}}"#
        );
        let found = preset("config.json", &timm);
        assert_eq!(found.as_deref(), Some("imagenet-235-bicubic-224"));
        let flat = timm.replace(r#""pretrained_cfg": {"#, r#""architecture": "resnet50", "#);
        let flat = flat.replace("}}", "}");
        let found = preset("config.json", &flat);
        assert_eq!(found.as_deref(), Some("imagenet-235-bicubic-224"));
        let squashed = timm.replace(
            r#""crop_pct": 0.95"#,
            r#""crop_pct": 1.0, "crop_mode": "squash""#,
        );
        let found = preset("config.json", &squashed);
        assert_eq!(found.as_deref(), Some("imagenet-whole-bicubic-224"));
        let open_clip = format!(
            r#"{{"preprocess_cfg": {{{imagenet}, "interpolation": "bicubic", "resize_mode": "squash"}},
            "model_cfg": {{"vision_cfg": {{"image_size": 256}}}}}}"#
        );
        let found = preset("open_clip_config.json", &open_clip);
        assert_eq!(found.as_deref(), Some("imagenet-whole-bicubic-256"));
    }
}
