//! The names of architectures that timm stores with the weights of a network, and its configuration
//! beside them.

use std::path::Path;

use serde_json::Value;

use super::hub_config::read;
use crate::error::{Error, ExtractError, Result};
use crate::extract::outline::Expected;
use crate::extract::published::ModelName;

/// Families whose architectures have the names of timm.
const NAMED_AS_IN_TIMM: [&str; 16] = [
    "ResNet",
    "VGG",
    "DenseNet",
    "ConvNeXt",
    "ConvNeXt V2",
    "EfficientNet",
    "EfficientNet (TensorFlow)",
    "ViT (timm)",
    "DeiT",
    "DINO",
    "DINOv2",
    "DINOv3",
    "SigLIP",
    "EVA-02",
    "EVA-CLIP",
    "BEiT",
];

/// Arguments of a network of timm that change what it computes with the same parameters.
const ARGUMENTS: [&str; 7] = [
    "num_heads",
    "act_layer",
    "norm_layer",
    "output_stride",
    "global_pool",
    "fc_norm",
    "window_size",
];

/// Checks that the configuration of timm beside the weights, if there is one, names the architecture
/// and has none of the arguments that change what it computes.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`], and the errors of [`read`].
pub(super) fn check(weights: &Path, expected: &Expected<'_>) -> Result<()> {
    let path = weights.with_file_name("config.json");
    let Some(config) = read(&path)? else {
        return Ok(());
    };
    let Some(found) = config.get("architecture").and_then(Value::as_str) else {
        return Ok(());
    };
    let arguments = ARGUMENTS.iter().find_map(|name| {
        let found = config.get("model_args")?.get(name)?;
        (!found.is_null()).then_some((*name, found.to_string()))
    });
    let checked = check_architecture("architecture", found, expected);
    let checked = checked.and_then(|()| match arguments {
        Some((setting, found)) => Err(ExtractError::OtherConfiguration {
            architecture: expected.architecture(),
            setting,
            found,
            expected: "the usual one".to_owned(),
        }),
        None => Ok(()),
    });
    checked.map_err(|error| Error::from(error).in_file(path))
}

/// Checks that timm's name of an architecture, in `setting`, is that of the expected network.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`].
pub(super) fn check_architecture(
    setting: &'static str,
    found: &str,
    expected: &Expected<'_>,
) -> std::result::Result<(), ExtractError> {
    let architecture = expected.architecture();
    match is_other_architecture(found, expected) {
        true => Err(ExtractError::OtherConfiguration {
            architecture,
            setting,
            found: found.to_owned(),
            expected: architecture.to_owned(),
        }),
        false => Ok(()),
    }
}

/// Checks whether timm's name of an architecture, with or without a tag, is that of a network that
/// computes something else than the expected one.
fn is_other_architecture(found: &str, expected: &Expected<'_>) -> bool {
    // The size of the images is not a part of the network.
    let without_size = |name: &str| match name.rsplit_once('_') {
        Some((name, size)) if size.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
        _ => name.to_owned(),
    };
    let architecture = expected.architecture();
    if !NAMED_AS_IN_TIMM.contains(&expected.family()) {
        return found.starts_with("tf_") && !architecture.starts_with("tf_");
    }
    // Former names are those of an architecture with a tag.
    let known = found.parse::<ModelName>().ok();
    let found = match &known {
        Some(known) => known.architecture().name(),
        None => found.split('.').next().unwrap_or_default(),
    };
    found != architecture && without_size(found) != without_size(architecture)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Architecture;

    #[test]
    fn a_configuration_of_timm_names_the_architecture() {
        let check = |text: &str, architecture: &str| {
            let folder = tempfile::tempdir().unwrap();
            let weights = folder.path().join("model.safetensors");
            std::fs::write(folder.path().join("config.json"), text).unwrap();
            let architecture = Architecture::named(architecture).unwrap();
            super::check(&weights, &Expected::new(&architecture, &[]).unwrap())
        };
        for (text, architecture) in [
            (r#"{"architecture": "resnetaa50"}"#, "resnet50"),
            (
                r#"{"architecture": "tf_efficientnet_b0"}"#,
                "efficientnet_b0",
            ),
            (
                r#"{"architecture": "tf_mobilenetv3_large_100"}"#,
                "mobilenet_v3_large",
            ),
            (
                r#"{"architecture": "vit_tiny_patch16_224", "model_args": {"num_heads": 12}}"#,
                "vit_tiny_patch16_224",
            ),
        ] {
            let refused = check(text, architecture).unwrap_err().report().to_string();
            assert!(refused.contains("of these weights is"), "{refused}");
        }
        for (text, architecture) in [
            (
                r#"{"architecture": "resnet50", "num_classes": 10}"#,
                "resnet50",
            ),
            (
                r#"{"architecture": "vit_tiny_patch16_384", "model_args": {"img_size": 384}}"#,
                "vit_tiny_patch16_224",
            ),
            (
                r#"{"architecture": "mobilenetv3_large_100"}"#,
                "mobilenet_v3_large",
            ),
            (
                r#"{"architectures": ["ResNetForImageClassification"]}"#,
                "resnet50",
            ),
        ] {
            check(text, architecture).unwrap();
        }
    }

    #[test]
    fn names_of_timm_are_those_of_the_architecture() {
        let is_other = |found: &str, architecture: &str| {
            let architecture = Architecture::named(architecture).unwrap();
            is_other_architecture(found, &Expected::new(&architecture, &[]).unwrap())
        };
        for (found, architecture) in [
            ("resnetaa50", "resnet50"),
            ("resnetaa50.a1h_in1k", "resnet50"),
            ("tf_efficientnet_b0.in1k", "efficientnet_b0"),
            ("resnet101", "resnet50"),
        ] {
            assert!(is_other(found, architecture), "{found}");
        }
        for (found, architecture) in [
            ("resnet50", "resnet50"),
            ("resnet50.a1_in1k", "resnet50"),
            ("resnet50.mine", "resnet50"),
            ("tv_resnet50", "resnet50"),
            (
                "vit_tiny_patch16_384.augreg_in21k_ft_in1k",
                "vit_tiny_patch16_224",
            ),
            ("mobilenetv3_large_100", "mobilenet_v3_large"),
        ] {
            assert!(!is_other(found, architecture), "{found}");
        }
    }
}
