//! The configurations that Hugging Face transformers writes beside the weights of a network.
//!
//! Some of it cannot be told from the weights, such as the number of heads, or the activation of CLIP:
//! OpenAI's networks have QuickGELU, and most others have GELU.

use serde_json::Value;

use super::configuration::Configuration;
use crate::error::{ExtractError, Result};
use crate::extract::builder::{Deviations, StridedPadding};
use crate::extract::layers::Activation;
use crate::extract::outline::Expected;

/// Checks that a network computes what a configuration of transformers says, and adds to the
/// deviations what the network can compute otherwise. Returns a description of these settings.
///
/// # Errors
/// Returns [`ExtractError::OtherActivation`] or [`ExtractError::OtherConfiguration`] if the
/// configuration contradicts the network.
pub(super) fn apply(
    configuration: &Configuration,
    expected: &Expected<'_>,
    deviations: &mut Deviations,
) -> Result<String> {
    let mut description = String::new();
    if let Some(epsilon) = check(configuration, expected)? {
        deviations.epsilon = Some(epsilon);
        description += &format!(", epsilon {epsilon}");
    }
    let config = &configuration.value;
    let activation = setting(config, "hidden_act").and_then(Value::as_str);
    if let Some(name) = activation.filter(|_| has_any_activation(expected)) {
        deviations.activation = Activation::named(name);
        description += &format!(", activation {name}");
    }
    if expected.family() == "EfficientNet (TensorFlow)"
        && let Some(blocks) = setting(config, "depthwise_padding").and_then(Value::as_array)
    {
        let numbers = blocks.iter().filter_map(Value::as_u64);
        let bits = numbers.filter(|&number| number < 64).map(|n| 1 << n);
        let odd = bits.fold(0, |all, bit: u64| all | bit);
        deviations.strided_padding = StridedPadding::OddInBlocks(odd);
        description += &format!(", padding of blocks {odd:x}");
    }
    if let Some(smallest) = smallest_image(expected)
        && let Some(side) = setting(config, "image_size").and_then(side)
    {
        if side < smallest {
            let found = ExtractError::OtherConfiguration {
                architecture: expected.architecture(),
                setting: "image_size".to_owned(),
                found: side.to_string(),
                expected: format!("at least {smallest}"),
            };
            return Err(configuration.locate(found));
        }
        deviations.window_image = usize::try_from(side).ok();
        description += &format!(", windows for {side}");
    }
    Ok(description)
}

/// Checks whether the network can compute with any activation.
pub(super) fn has_any_activation(expected: &Expected<'_>) -> bool {
    const FAMILIES: [&str; 5] = ["ViT (timm)", "DeiT", "DINO", "DINOv2", "SigLIP"];

    FAMILIES.contains(&expected.family())
}

/// Returns the side of the smallest images for which the windows of the last stage of Swin V2 are not
/// smaller than the others.
pub(super) fn smallest_image(expected: &Expected<'_>) -> Option<u64> {
    (expected.family() == "Swin V2").then_some(256)
}

/// Returns the shorter side of images, which are given by one side or by both, possibly after the
/// number of colours.
pub(super) fn side(size: &Value) -> Option<u64> {
    match size {
        Value::Array(sides) => sides.iter().rev().take(2).filter_map(Value::as_u64).min(),
        one => one.as_u64(),
    }
}

/// Checks that a network computes what a configuration of transformers says. Returns the epsilon of
/// the normalizations if it is not the usual one.
///
/// # Errors
/// Returns [`ExtractError::OtherActivation`] or [`ExtractError::OtherConfiguration`] if the
/// configuration contradicts the network.
fn check(configuration: &Configuration, expected: &Expected<'_>) -> Result<Option<f64>> {
    let config = &configuration.value;
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
        "CLIP" => check_activation(clip_activation(config), architecture),
        _ if activation_is_known(config) && has_any_activation(expected) => Ok(()),
        _ => check_setting(config, "hidden_act", architecture, activation.into()),
    };
    let checked = checked.and_then(|()| match *expected.published.n_heads {
        [n] => check_setting(config, "num_attention_heads", architecture, n.into()),
        _ => Ok(()),
    });
    let checked = checked.and_then(|()| {
        let mut settings = settings_of(family).into_iter();
        settings.try_for_each(|(name, value)| check_setting(config, name, architecture, value))
    });
    let epsilon = checked.and_then(|()| epsilon(config, architecture, family));
    epsilon.map_err(|error| configuration.locate(error))
}

/// Checks whether a configuration names an activation of this crate.
fn activation_is_known(config: &Value) -> bool {
    let found = setting(config, "hidden_act").and_then(Value::as_str);
    found.and_then(Activation::named).is_some()
}

/// Returns settings that all networks of a family have here.
fn settings_of(family: &str) -> Vec<(&'static str, Value)> {
    match family {
        "ResNet" => vec![
            ("downsample_in_bottleneck", false.into()),
            ("downsample_in_first_stage", false.into()),
        ],
        "RegNet" => vec![("downsample_in_first_stage", true.into())],
        "Swin" => vec![("window_size", 7.into())],
        "Swin V2" => vec![
            ("window_size", 8.into()),
            ("pretrained_window_sizes", vec![0; 4].into()),
        ],
        "DINOv3" => vec![("rope_theta", 100.into())],
        "BEiT" => vec![("use_mean_pooling", true.into())],
        "EfficientNet (TensorFlow)" => vec![
            ("pooling_type", "mean".into()),
            ("strides", vec![1, 2, 2, 2, 1, 2, 1].into()),
        ],
        "MobileNetV2 (TensorFlow)" => {
            vec![("output_stride", 32.into()), ("tf_padding", true.into())]
        }
        _ => Vec::new(),
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
        // These do not have it.
        "ResNet" | "RegNet" => return Ok(None),
        // Only the last normalization has it.
        "ConvNeXt" | "ConvNeXt V2" => {
            return check_setting(config, SETTING, architecture, 1e-12.into()).map(|()| None);
        }
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
    // An integer may be written as a float, and SiLU and Swish are the same.
    let is_expected = |found: &Value| match (found.as_f64(), expected.as_f64()) {
        (Some(found), Some(expected)) => found == expected,
        _ if expected == "swish" => found == "swish" || found == "silu",
        _ => *found == expected,
    };
    match setting(config, name) {
        Some(found) if !is_expected(found) => Err(ExtractError::OtherConfiguration {
            architecture,
            setting: name.to_owned(),
            found: found.to_string(),
            expected: expected.to_string(),
        }),
        _ => Ok(()),
    }
}

/// Returns a setting of the network of images.
fn setting<'c>(config: &'c Value, name: &str) -> Option<&'c Value> {
    const PARTS: [&str; 4] = [
        "vision_config",
        "image_config",
        "encoder",
        "backbone_config",
    ];

    let parts = PARTS.into_iter().filter_map(|part| config.get(part));
    let mut of_images = parts.filter_map(|part| setting(part, name));
    let found = of_images.next().or_else(|| config.get(name));
    found.filter(|found| !found.is_null())
}

/// Returns the activation of an image encoder of CLIP in a configuration.
fn clip_activation(config: &Value) -> Option<&str> {
    let found = setting(config, "hidden_act").and_then(Value::as_str);
    // The configuration of a part is written without its defaults, and this is the default of all
    // models of transformers with these parameters, such as CLIPSeg, AltCLIP and Chinese CLIP.
    let is_of_transformers = config.get("model_type").is_some();
    let is_nested = config
        .get("vision_config")
        .and_then(|part| part.get("model_type"));
    let has_default = is_of_transformers || is_nested.is_some();
    found.or(has_default.then_some("quick_gelu"))
}

/// Checks that an image encoder of CLIP has an activation, if it is known.
pub(super) fn check_activation(
    activation: Option<&str>,
    architecture: &'static str,
) -> std::result::Result<(), ExtractError> {
    let is_quick = architecture.ends_with("-quickgelu");
    let (expected, other) = match is_quick {
        true => (
            "quick_gelu",
            architecture.trim_end_matches("-quickgelu").to_owned(),
        ),
        false => ("gelu", format!("{architecture}-quickgelu")),
    };
    match activation {
        Some(found) if found != expected => Err(ExtractError::OtherActivation {
            architecture,
            activation: found.to_owned(),
            other,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Architecture;
    use crate::extract::weights::configuration::Configurations;

    /// Checks a network against a configuration beside its weights.
    fn check(text: &str, architecture: &str) -> Result<Option<f64>> {
        let architecture = Architecture::named(architecture).unwrap();
        let configuration = Configurations::of_file("config.json", text)?
            .network
            .unwrap();
        super::check(
            &configuration,
            &Expected::new(&architecture, &["norm"]).unwrap(),
        )
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
        // Without its default, as transformers 4 writes it.
        let nested = r#"{"vision_config": {"model_type": "clip_vision_model"}}"#;
        assert!(check(nested, "ViT-B-32-quickgelu").is_ok());
        assert!(check(nested, "ViT-B-32").is_err());
        let chinese = r#"{"model_type": "chinese_clip", "vision_config": {"patch_size": 32}}"#;
        assert!(check(chinese, "ViT-B-32-quickgelu").is_ok());
        assert!(check(chinese, "ViT-B-32").is_err());
        let refused = check("not JSON", "ViT-B-32").unwrap_err();
        assert!(refused.report().to_string().contains("config.json"));
    }

    #[test]
    fn what_depends_on_the_image_is_that_of_the_configuration() {
        let apply = |text: &str, architecture: &str| {
            let architecture = Architecture::named(architecture).unwrap();
            let configuration = Configurations::of_file("config.json", text)?
                .network
                .unwrap();
            let mut deviations = Deviations::NONE;
            let expected = Expected::new(&architecture, &[]).unwrap();
            super::apply(&configuration, &expected, &mut deviations)?;
            Ok::<Deviations, crate::Error>(deviations)
        };
        let found = apply(r#"{"depthwise_padding": [5, 8, 16]}"#, "tf_efficientnet_b2").unwrap();
        let expected = StridedPadding::OddInBlocks(1 << 5 | 1 << 8 | 1 << 16);
        assert_eq!(found.strided_padding, expected);
        let found = apply(r#"{"image_size": 384}"#, "swin_v2_t").unwrap();
        assert_eq!(found.window_image, Some(384));
        let found = apply(r#"{"hidden_act": "gelu_new"}"#, "vit_tiny_patch16_224").unwrap();
        assert_eq!(found.activation, Some(Activation::GeluTanh));
        let refused = apply(r#"{"image_size": [224, 224]}"#, "swin_v2_t").unwrap_err();
        let refused = refused.report().to_string();
        assert!(refused.contains("at least 256"), "{refused}");
    }

    #[test]
    fn a_configuration_that_contradicts_the_network_is_refused() {
        for (text, architecture) in [
            (r#"{"hidden_act": "mish"}"#, "vit_tiny_patch16_224"),
            (r#"{"hidden_act": "quick_gelu"}"#, "swin_t"),
            (r#"{"num_attention_heads": 6}"#, "vit_tiny_patch16_224"),
            (r#"{"downsample_in_bottleneck": true}"#, "resnet50"),
            (r#"{"downsample_in_first_stage": true}"#, "resnet50"),
            (r#"{"output_stride": 16}"#, "tf_mobilenet_v2"),
            (r#"{"pooling_type": "max"}"#, "tf_efficientnet_b0"),
            (
                r#"{"strides": [1, 2, 2, 2, 1, 1, 1]}"#,
                "tf_efficientnet_b0",
            ),
            (r#"{"window_size": 16}"#, "swin_v2_t"),
            (r#"{"rope_theta": 1000.0}"#, "vit_small_patch16_dinov3"),
            (
                r#"{"num_attention_heads": 12, "rope_theta": 100.0}"#,
                "vit_small_patch16_dinov3",
            ),
            (r#"{"layer_norm_eps": 1e-6}"#, "convnext_tiny"),
            (
                r#"{"pretrained_window_sizes": [12, 12, 12, 6]}"#,
                "swin_v2_t",
            ),
            (
                r#"{"encoder": {"num_attention_heads": 12}, "decoder": {}}"#,
                "vit_tiny_patch16_224",
            ),
            (r#"{"layer_norm_eps": 0.001}"#, "swin_t"),
            (
                r#"{"backbone_config": {"num_attention_heads": 12}}"#,
                "vit_small_patch14_dinov2",
            ),
            (
                r#"{"vision_config": {"backbone_config": {"num_attention_heads": 12}}}"#,
                "vit_small_patch14_dinov2",
            ),
        ] {
            let refused = check(text, architecture).unwrap_err().report().to_string();
            let contradicts = refused.contains("of these weights is");
            assert!(contradicts && refused.contains(architecture), "{refused}");
        }
        let usual = r#"{"hidden_act": "gelu", "num_attention_heads": 3, "layer_norm_eps": 1e-12}"#;
        assert_eq!(check(usual, "vit_tiny_patch16_224").unwrap(), None);
        assert_eq!(
            check(r#"{"hidden_act": "silu"}"#, "tf_efficientnet_b0").unwrap(),
            None
        );
        let other = r#"{"layer_norm_eps": 0.001}"#;
        assert_eq!(check(other, "vit_tiny_patch16_224").unwrap(), Some(0.001));
        let nested = r#"{"backbone_config": {"layer_norm_eps": 0.001}}"#;
        assert_eq!(
            check(nested, "vit_small_patch14_dinov2").unwrap(),
            Some(0.001)
        );
        let other = r#"{"batch_norm_eps": 0.1}"#;
        assert_eq!(check(other, "tf_efficientnet_b0").unwrap(), Some(0.1));
    }
}
