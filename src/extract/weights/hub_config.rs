//! The configuration that Hugging Face transformers or timm writes beside the weights of a network.
//!
//! Some of it cannot be told from the weights, such as the number of heads, or the activation of CLIP:
//! OpenAI's networks have QuickGELU, and most others have GELU.

use std::path::Path;

use serde_json::Value;

use crate::error::{Error, ExtractError, Result};
use crate::extract::outline::Expected;
use crate::io::{open, read_up_to};

/// Largest size of a configuration that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// Checks that a network computes what the configuration beside its weights says, if there is one.
/// Returns the epsilon of the normalizations if it is not the usual one.
///
/// # Errors
/// Returns [`ExtractError::OtherActivation`] or [`ExtractError::OtherConfiguration`] if the
/// configuration contradicts the network.
pub(super) fn check(weights: &Path, expected: &Expected<'_>) -> Result<Option<f64>> {
    let path = weights.with_file_name("config.json");
    let Some(config) = read(&path) else {
        return Ok(None);
    };
    let (architecture, family) = (expected.architecture(), expected.family());
    let is_gated = expected.published.entries.iter();
    let is_gated = is_gated
        .map(|entry| &entry.key)
        .any(|key| key.contains("fc1_g"));
    let activation = match family {
        "ResNet" | "RegNet" => "relu",
        "SigLIP" => "gelu_pytorch_tanh",
        "EfficientNet (TensorFlow)" => "swish",
        "MobileNetV2 (TensorFlow)" => "relu6",
        "DINOv3" if is_gated => "silu",
        _ => "gelu",
    };
    let checked = match family {
        "CLIP" => check_activation(&config, architecture),
        _ => check_setting(&config, "hidden_act", architecture, activation.into()),
    };
    let checked = checked.and_then(|()| match *expected.published.n_heads {
        [n] => check_setting(&config, "num_attention_heads", architecture, n.into()),
        _ => Ok(()),
    });
    let checked = checked.and_then(|()| {
        let mut settings = settings_of(family).into_iter();
        settings.try_for_each(|(name, value)| check_setting(&config, name, architecture, value))
    });
    let epsilon = checked.and_then(|()| epsilon(&config, architecture, family));
    epsilon.map_err(|error| Error::from(error).in_file(path))
}

/// Returns settings that all networks of a family have here.
fn settings_of(family: &str) -> Vec<(&'static str, Value)> {
    match family {
        "ResNet" => vec![
            ("downsample_in_bottleneck", false.into()),
            ("downsample_in_first_stage", false.into()),
        ],
        "Swin" => vec![("window_size", 7.into())],
        "Swin V2" => vec![
            ("window_size", 8.into()),
            ("pretrained_window_sizes", vec![0; 4].into()),
        ],
        "MobileNetV2 (TensorFlow)" => {
            vec![("output_stride", 32.into()), ("tf_padding", true.into())]
        }
        _ => Vec::new(),
    }
}

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
/// Returns [`ExtractError::OtherConfiguration`].
pub(super) fn check_of_timm(weights: &Path, expected: &Expected<'_>) -> Result<()> {
    let path = weights.with_file_name("config.json");
    let Some(config) = read(&path) else {
        return Ok(());
    };
    let (architecture, family) = (expected.architecture(), expected.family());
    let Some(found) = config.get("architecture").and_then(Value::as_str) else {
        return Ok(());
    };
    // The size of the images is not a part of the network.
    let without_size = |name: &str| {
        let name = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
        name.trim_end_matches('_').to_owned()
    };
    let is_other = match NAMED_AS_IN_TIMM.contains(&family) {
        true => found != architecture && without_size(found) != without_size(architecture),
        false => found.starts_with("tf_") && !architecture.starts_with("tf_"),
    };
    let other = |setting, found: String, expected: &str| {
        let error = ExtractError::OtherConfiguration {
            architecture,
            setting,
            found,
            expected: expected.to_owned(),
        };
        Err(Error::from(error).in_file(&path))
    };
    if is_other {
        return other("architecture", found.to_owned(), architecture);
    }
    let arguments = ARGUMENTS.iter().find_map(|name| {
        let found = config.get("model_args")?.get(name)?;
        (!found.is_null()).then_some((*name, found.to_string()))
    });
    match arguments {
        Some((name, found)) => other(name, found, "the usual one"),
        None => Ok(()),
    }
}

/// Returns the epsilon of the normalizations in a configuration, if it is not the usual one.
fn epsilon(
    config: &Value,
    architecture: &'static str,
    family: &str,
) -> std::result::Result<Option<f64>, ExtractError> {
    const SETTING: &str = "layer_norm_eps";

    let usual = match family {
        // These do not have it in all normalizations.
        "ResNet" | "RegNet" | "ConvNeXt" | "ConvNeXt V2" => return Ok(None),
        "EfficientNet (TensorFlow)" => {
            let found = setting(config, "batch_norm_eps").and_then(Value::as_f64);
            return Ok(found.filter(|&found| found != 1e-3));
        }
        "MobileNetV2 (TensorFlow)" => 1e-3,
        "Swin" | "Swin V2" => {
            return check_setting(config, SETTING, architecture, 1e-5.into()).map(|()| None);
        }
        "DINOv2" | "SigLIP" => 1e-6,
        "CLIP" | "DINOv3" => 1e-5,
        _ => 1e-12,
    };
    let found = setting(config, SETTING).and_then(Value::as_f64);
    Ok(found.filter(|&found| found != usual))
}

/// Checks a setting, if the configuration has it.
fn check_setting(
    config: &Value,
    name: &'static str,
    architecture: &'static str,
    expected: Value,
) -> std::result::Result<(), ExtractError> {
    match setting(config, name) {
        Some(found) if *found != expected => Err(ExtractError::OtherConfiguration {
            architecture,
            setting: name,
            found: found.to_string(),
            expected: expected.to_string(),
        }),
        _ => Ok(()),
    }
}

/// Returns a setting of the network of images.
fn setting<'c>(config: &'c Value, name: &str) -> Option<&'c Value> {
    let parts = ["vision_config", "encoder"].map(|part| config.get(part));
    let mut of_images = parts.into_iter().flatten().map(|part| part.get(name));
    of_images
        .find_map(|found| found)
        .or_else(|| config.get(name))
        .filter(|found| !found.is_null())
}

/// Checks that an image encoder of CLIP has the activation of the configuration.
fn check_activation(
    config: &Value,
    architecture: &'static str,
) -> std::result::Result<(), ExtractError> {
    let Some(found) = setting(config, "hidden_act").and_then(Value::as_str) else {
        return Ok(());
    };
    let is_quick = architecture.ends_with("-quickgelu");
    let (expected, other) = match is_quick {
        true => (
            "quick_gelu",
            architecture.trim_end_matches("-quickgelu").to_owned(),
        ),
        false => ("gelu", format!("{architecture}-quickgelu")),
    };
    match found == expected {
        true => Ok(()),
        false => Err(ExtractError::OtherActivation {
            architecture,
            activation: found.to_owned(),
            other,
        }),
    }
}

/// Returns a configuration, or `None` if there is none or it cannot be read.
fn read(path: &Path) -> Option<Value> {
    let mut text = vec![0; MAX_BYTES];
    let n = read_up_to(&mut open(path).ok()?, &mut text).ok()?;
    serde_json::from_slice(&text[..n]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Architecture;

    /// Checks a network against a configuration beside its weights.
    fn check(text: &str, architecture: &str) -> Result<Option<f64>> {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("model.safetensors");
        std::fs::write(folder.path().join("config.json"), text).unwrap();
        let architecture = Architecture::named(architecture).unwrap();
        super::check(&weights, &Expected::new(&architecture, &["norm"]).unwrap())
    }

    #[test]
    fn the_activation_is_that_of_the_configuration() {
        let quick = r#"{"vision_config": {"hidden_act": "quick_gelu"}, "model_type": "clip"}"#;
        assert!(check(quick, "ViT-B-32-quickgelu").is_ok());
        let refused = check(quick, "ViT-B-32").unwrap_err().report().to_string();
        assert!(refused.contains("use ViT-B-32-quickgelu"), "{refused}");
        let gelu = r#"{"hidden_act": "gelu"}"#;
        assert!(check(gelu, "ViT-B-32").is_ok());
        let refused = check(gelu, "ViT-L-14-quickgelu")
            .unwrap_err()
            .report()
            .to_string();
        assert!(refused.contains("use ViT-L-14"), "{refused}");
        assert!(check("{}", "ViT-B-32").is_ok());
        assert!(check("not JSON", "ViT-B-32").is_ok());
    }

    #[test]
    fn a_configuration_that_contradicts_the_network_is_refused() {
        for (text, architecture) in [
            (r#"{"hidden_act": "quick_gelu"}"#, "vit_tiny_patch16_224"),
            (r#"{"num_attention_heads": 6}"#, "vit_tiny_patch16_224"),
            (r#"{"downsample_in_bottleneck": true}"#, "resnet50"),
            (r#"{"downsample_in_first_stage": true}"#, "resnet50"),
            (r#"{"output_stride": 16}"#, "tf_mobilenet_v2"),
            (r#"{"window_size": 16}"#, "swin_v2_t"),
            (
                r#"{"pretrained_window_sizes": [12, 12, 12, 6]}"#,
                "swin_v2_t",
            ),
            (
                r#"{"encoder": {"num_attention_heads": 12}, "decoder": {}}"#,
                "vit_tiny_patch16_224",
            ),
            (r#"{"layer_norm_eps": 0.001}"#, "swin_t"),
        ] {
            let refused = check(text, architecture).unwrap_err().report().to_string();
            let contradicts = refused.contains("of these weights is");
            assert!(contradicts && refused.contains(architecture), "{refused}");
        }
        let usual = r#"{"hidden_act": "gelu", "num_attention_heads": 3, "layer_norm_eps": 1e-12}"#;
        assert_eq!(check(usual, "vit_tiny_patch16_224").unwrap(), None);
        let other = r#"{"layer_norm_eps": 0.001}"#;
        assert_eq!(check(other, "vit_tiny_patch16_224").unwrap(), Some(0.001));
        let other = r#"{"batch_norm_eps": 0.1}"#;
        assert_eq!(check(other, "tf_efficientnet_b0").unwrap(), Some(0.1));
    }

    #[test]
    fn a_configuration_of_timm_names_the_architecture() {
        let check = |text: &str, architecture: &str| {
            let folder = tempfile::tempdir().unwrap();
            let weights = folder.path().join("model.safetensors");
            std::fs::write(folder.path().join("config.json"), text).unwrap();
            let architecture = Architecture::named(architecture).unwrap();
            check_of_timm(&weights, &Expected::new(&architecture, &[]).unwrap())
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
}
