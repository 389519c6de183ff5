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

/// Whether MobileNetV2 has the padding of TensorFlow.
const TF_PADDING: &str = "tf_padding";

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

/// Checks that a network without a configuration beside its weights is the default one of transformers.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`].
pub(super) fn check_default(expected: &Expected<'_>) -> Result<()> {
    match expected.family() {
        "MobileNetV2" => Err(ExtractError::OtherConfiguration {
            architecture: expected.architecture(),
            setting: TF_PADDING.to_owned(),
            found: "true as in tf_mobilenet_v2, unless a config.json beside them says otherwise,"
                .to_owned(),
            expected: "false".to_owned(),
        }
        .into()),
        _ => Ok(()),
    }
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
        "MobileNetV2" | "MobileNetV2 (TensorFlow)" => "relu6",
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
        "MobileNetV2" | "MobileNetV2 (TensorFlow)" => vec![
            ("output_stride", 32.into()),
            (TF_PADDING, (family != "MobileNetV2").into()),
        ],
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
        "ConvNeXt" if setting(config, "model_type").is_some_and(|of| of == "dinov3_convnext") => {
            1e-6
        }
        // Only the last normalization has it.
        "ConvNeXt" | "ConvNeXt V2" => {
            return check_setting(config, SETTING, architecture, 1e-12.into()).map(|()| None);
        }
        "EfficientNet (TensorFlow)" => {
            let found = setting(config, "batch_norm_eps").and_then(Value::as_f64);
            return Ok(found.filter(|&found| found != 1e-3));
        }
        "MobileNetV2" | "MobileNetV2 (TensorFlow)" => 1e-3,
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
mod tests;
