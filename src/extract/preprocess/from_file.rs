//! Preprocessing that a file describes.

use std::path::Path;

use serde_json::Value;

use super::Preprocessing;
use crate::error::{FileError, Result};
use crate::extract::weights::configuration::read_text;
use crate::extract::weights::images_config;

impl Preprocessing {
    /// Reads a preprocessing from a JSON file: as this crate serializes it, or a configuration that
    /// transformers (`preprocessor_config.json`), open_clip (`open_clip_config.json`) or timm
    /// (`config.json`) write beside weights.
    ///
    /// # Errors
    /// Returns [`FileError::Read`](crate::error::FileError::Read) if the file cannot be read. Within
    /// `Context::File`, returns [`FileError::Malformed`](crate::error::FileError::Malformed) if it
    /// does not determine the sizes, the interpolation and the normalization, or if these are not
    /// supported.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        parse(&read_text(path)?).map_err(|error| error.in_file(path))
    }
}

/// Parses the content of a file.
fn parse(text: &[u8]) -> Result<Preprocessing> {
    let malformed = |error| FileError::malformed("preprocessing", error);
    let value: Value = serde_json::from_slice(text).map_err(malformed)?;
    let Some(described) = images_config::of_any(&value) else {
        return serde_json::from_value(value).map_err(malformed);
    };
    described.preprocessing()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::preprocess::{CropRule, Filter, Normalization, Resize};

    fn read(text: &str) -> Result<Preprocessing> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("preprocessor_config.json");
        std::fs::write(&path, text).unwrap();
        Preprocessing::from_file(&path)
    }

    #[test]
    fn configurations_and_serialised_preprocessings_are_read() {
        let vit = r#"{"do_resize": true, "size": {"height": 224, "width": 224}, "resample": 3,
            "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}"#;
        assert_eq!(read(vit).unwrap(), Preprocessing::SIGLIP);
        let processor = format!(r#"{{"image_processor": {vit}}}"#);
        assert_eq!(read(&processor).unwrap(), Preprocessing::SIGLIP);
        let marked = format!("\u{feff}{vit}");
        assert_eq!(read(&marked).unwrap(), Preprocessing::SIGLIP);
        let own = serde_json::to_string(&Preprocessing::CLIP).unwrap();
        assert_eq!(read(&own).unwrap(), Preprocessing::CLIP);
        for (text, part) in [
            (vit.replace("\"resample\": 3,", ""), "does not determine"),
            (vit.replace("true", "false"), "do_resize false"),
            (vit.replace("true", "null"), "do_resize false"),
            (
                vit.replace("true", "true, \"do_normalize\": false, \"do_rescale\": false"),
                "do_rescale false",
            ),
            (
                vit.replace("true", "true, \"do_rescale\": null"),
                "do_rescale false",
            ),
            (
                vit.replace(
                    "true",
                    "true, \"image_processor_type\": \"SegformerImageProcessor\", \"do_center_crop\": true",
                ),
                "do_center_crop true",
            ),
            (
                r#"{"image_processor_type": "SiglipImageProcessor", "size": 224}"#.to_owned(),
                "does not determine the sizes",
            ),
            (
                r#"{"image_processor_type": "ViTImageProcessor", "size": 224,
                    "default_to_square": false}"#
                    .to_owned(),
                "does not determine the sizes",
            ),
            (
                r#"{"image_processor_type": "CLIPImageProcessor", "size": 224,
                    "do_center_crop": null}"#
                    .to_owned(),
                "does not determine the sizes",
            ),
            (
                vit.replace("\"resample\": 3", "\"resample\": 0"),
                "interpolation nearest is not",
            ),
            (
                vit.replace(
                    "true",
                    "true, \"image_processor_type\": \"ImageGPTImageProcessor\"",
                ),
                "ImageGPT",
            ),
            (
                vit.replace("true", "true, \"do_solarize\": true"),
                "do_solarize true",
            ),
            (r#"{"architectures": []}"#.to_owned(), "unknown field"),
            ("[".to_owned(), "EOF"),
        ] {
            let refused = read(&text).unwrap_err().report().to_string();
            let is_named = refused.contains("preprocessor_config.json");
            assert!(is_named && refused.contains(part), "{refused}");
        }
    }

    // The class decides what `size` means, and has defaults: `CLIPImageProcessor`,
    // `DeiTImageProcessor`, `LevitImageProcessor`, `ViTImageProcessor` and
    // `EfficientNetImageProcessor` of transformers, `open_clip.image_transform` and
    // `timm.data.create_transform`.
    #[test]
    fn settings_mean_what_they_mean_in_their_library() {
        let whole = Preprocessing::preset("half-whole-bilinear-224").unwrap();
        let cropped = |resize, normalization| {
            let made = Preprocessing::new(resize, Filter::Bicubic, [224; 2], normalization);
            made.unwrap()
        };
        let imagenet = Normalization::IMAGENET;
        let half_twice = Normalization::new([0.5; 3], [0.25; 3]).unwrap();
        let clip = r#""mean": [0.48145466, 0.4578275, 0.40821073],
            "std": [0.26862954, 0.26130258, 0.27577711]"#;
        let of_imagenet =
            r#""image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]"#;
        let half = r#""image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]"#;
        for (text, rule, expected) in [
            (
                format!(
                    r#"{{{}, "do_normalize": true, "do_resize": true, "do_center_crop": true,
                    "crop_size": 224, "size": 224, "resample": 3,
                    "feature_extractor_type": "CLIPFeatureExtractor"}}"#,
                    clip.replace("\"mean", "\"image_mean")
                        .replace("\"std", "\"image_std")
                ),
                CropRule::Transformers,
                Preprocessing::CLIP,
            ),
            (
                format!(
                    r#"{{{of_imagenet}, "do_normalize": true, "do_center_crop": true, "crop_size": 224,
                    "size": 256, "resample": 3, "feature_extractor_type": "DeiTFeatureExtractor"}}"#
                ),
                CropRule::Transformers,
                cropped(Resize::whole(256), imagenet),
            ),
            (
                r#"{"image_processor_type": "LevitImageProcessorFast",
                    "size": {"shortest_edge": 224}}"#
                    .to_owned(),
                CropRule::Transformers,
                cropped(Resize::ShortSide(256), imagenet),
            ),
            (
                r#"{"image_processor_type": "ViTImageProcessor", "size": 224}"#.to_owned(),
                CropRule::Torchvision,
                whole,
            ),
            (
                format!(
                    r#"{{{half}, "image_processor_type": "EfficientNetImageProcessor",
                    "include_top": true, "resample": 3, "size": {{"height": 224, "width": 224}}}}"#
                ),
                CropRule::Torchvision,
                cropped(Resize::whole(224), half_twice),
            ),
            // `null` is false in transformers 5.
            (
                r#"{"image_processor_type": "ViTImageProcessor", "size": 224, "do_normalize": null,
                    "do_center_crop": null, "crop_size": null}"#
                    .to_owned(),
                CropRule::Torchvision,
                Preprocessing::preset("none-whole-bilinear-224").unwrap(),
            ),
            (
                r#"{"image_processor_type": "SiglipImageProcessor", "size": 224,
                    "default_to_square": true}"#
                    .to_owned(),
                CropRule::Torchvision,
                Preprocessing::SIGLIP,
            ),
            (
                r#"{"architecture": "vit_base_patch16_224", "input_size": [3, 224, 224],
                    "interpolation": "bilinear", "crop_pct": 1.0, "crop_mode": "squash",
                    "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}"#
                    .to_owned(),
                CropRule::Torchvision,
                whole,
            ),
            (
                format!(
                    r#"{{"preprocess_cfg": {{{clip}}}, "model_cfg": {{"vision_cfg": {{"image_size": 224}}}}}}"#
                ),
                CropRule::Torchvision,
                Preprocessing::CLIP,
            ),
            (
                r#"{"pretrained_cfg": {"input_size": [3, 224, 224], "interpolation": "bicubic",
                    "crop_pct": 0.9, "crop_mode": "squash", "mean": [0.485, 0.456, 0.406],
                    "std": [0.229, 0.224, 0.225]}}"#
                    .to_owned(),
                CropRule::Torchvision,
                cropped(Resize::whole(248), imagenet),
            ),
        ] {
            assert_eq!(
                read(&text).unwrap(),
                expected.with_crop_rule(rule),
                "{text}"
            );
        }
    }
}
