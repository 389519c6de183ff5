//! The names of architectures that timm stores with the weights of a network, and its configuration
//! beside them.

use serde_json::Value;

use super::configuration::Configuration;
use super::hub_config::{check_activation, has_any_activation, side, smallest_image};
use super::listing::NamedArchitecture;
use crate::error::{ExtractError, Result};
use crate::extract::builder::Deviations;
use crate::extract::layers::Activation;
use crate::extract::outline::Expected;
use crate::extract::published::ModelName;

/// Families whose architectures have the names of timm.
const NAMED_AS_IN_TIMM: [&str; 17] = [
    "ResNet",
    "VGG",
    "DenseNet",
    "ConvNeXt",
    "ConvNeXt V2",
    "EfficientNet",
    "EfficientNet (TensorFlow)",
    "MobileNetV2 (TensorFlow)",
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

/// Arguments of a network of timm that the shapes of its parameters show, or that matter only in
/// training.
const WITHOUT_EFFECT: [&str; 24] = [
    "num_classes",
    "in_chans",
    "img_size",
    "patch_size",
    "embed_dim",
    "depth",
    "depths",
    "dims",
    "mlp_ratio",
    "init_values",
    "drop_rate",
    "drop_path_rate",
    "drop_block_rate",
    "pos_drop_rate",
    "proj_drop_rate",
    "attn_drop_rate",
    "patch_drop_rate",
    "weight_init",
    "head_init_scale",
    "zero_init_last",
    "dynamic_img_size",
    "strict_img_size",
    "pretrained",
    "scriptable",
];

/// Checks that a configuration of timm names the architecture, and that its arguments are the usual
/// ones where they change what the network computes. Adds an activation that the network can compute
/// with to the deviations, and returns a description of it.
///
/// # Errors
/// Returns [`ExtractError::OtherActivation`] or [`ExtractError::OtherConfiguration`].
pub(super) fn apply(
    configuration: &Configuration,
    expected: &Expected<'_>,
    deviations: &mut Deviations,
) -> Result<String> {
    let config = &configuration.value;
    let mut description = String::new();
    let Some(found) = config.get("architecture").and_then(Value::as_str) else {
        return Ok(description);
    };
    let mut arguments = config.get("model_args").and_then(Value::as_object).cloned();
    // Older versions of timm write the pooling beside the arguments, or one that was named there.
    let pooling = config.get("global_pool").filter(|&pooling| pooling != "");
    if let Some(pooling) = pooling {
        let arguments = arguments.get_or_insert_default();
        let pooling = pooling.clone();
        arguments.entry("global_pool").or_insert(pooling);
    }
    if has_any_activation(expected)
        && let Some(arguments) = &mut arguments
        && let Some(name) = arguments.get("act_layer").and_then(Value::as_str)
        && let Some(activation) = Activation::named(name)
    {
        deviations.activation = Some(activation);
        description = format!(", activation {name}");
        arguments.remove("act_layer");
    }
    let mut arguments = arguments.iter().flatten();
    let checked = check_architecture("architecture", found, expected).and_then(|()| {
        arguments.try_for_each(|(name, value)| check_argument(name, value, expected))
    });
    checked.map_err(|error| configuration.locate(error))?;
    Ok(description)
}

/// Returns timm's name of the pooling of a network.
fn usual_pooling(expected: &Expected<'_>) -> &'static str {
    match expected.family() {
        "SigLIP" => "map",
        "ViT" | "ViT (timm)" | "DeiT" | "DINO" | "DINOv2" | "CLIP" | "EVA-CLIP" => "token",
        _ => "avg",
    }
}

/// Checks that an argument of a network of timm does not change what the expected network computes.
fn check_argument(
    name: &str,
    found: &Value,
    expected: &Expected<'_>,
) -> std::result::Result<(), ExtractError> {
    let usual = match (name, expected.family()) {
        // timm always writes it.
        ("global_pool", _) => Some(usual_pooling(expected).into()),
        ("num_heads", _) => match *expected.published.n_heads {
            [n] => Some(n.into()),
            _ => None,
        },
        ("window_size", "Swin") => Some(7.into()),
        ("window_size", "Swin V2") => Some(8.into()),
        ("output_stride", _) => Some(32.into()),
        _ => None,
    };
    // Positions of an oblong grid can have as many as those of a square one.
    let is_oblong = found
        .as_array()
        .is_some_and(|sides| sides.iter().any(|side| side != &sides[0]));
    // Smaller images have smaller windows.
    let smallest = smallest_image(expected).filter(|&smallest| side(found) < Some(smallest));
    let usual = match name {
        "img_size" if is_oblong => Some("a square".into()),
        "img_size" if let Some(smallest) = smallest => Some(format!("at least {smallest}").into()),
        _ => usual,
    };
    let is_after_taps = ["fc_norm", "global_pool"].contains(&name) && !expected.reaches_pooling();
    let has_no_effect = WITHOUT_EFFECT.contains(&name) && usual.is_none() || found.is_null();
    match is_after_taps || has_no_effect || usual.as_ref() == Some(found) {
        true => Ok(()),
        false => Err(ExtractError::OtherConfiguration {
            architecture: expected.architecture(),
            setting: name.to_owned(),
            found: found.to_string(),
            expected: usual.map_or("the usual one".to_owned(), |usual| usual.to_string()),
        }),
    }
}

/// Checks that timm's name of an architecture, in `setting`, is that of the expected network.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`].
pub(super) fn check_architecture(
    setting: &str,
    found: &str,
    expected: &Expected<'_>,
) -> std::result::Result<(), ExtractError> {
    let architecture = expected.architecture();
    if expected.family() == "CLIP" {
        // Other names of networks with GELU are also those of OpenAI.
        let activation = match found.contains("quickgelu") {
            true => Some("quick_gelu"),
            false => found.starts_with("vit_").then_some("gelu"),
        };
        return check_activation(activation, architecture);
    }
    match is_other_architecture(found, expected) {
        true => Err(ExtractError::OtherConfiguration {
            architecture,
            setting: setting.to_owned(),
            found: found.to_owned(),
            expected: architecture.to_owned(),
        }),
        false => Ok(()),
    }
}

/// Checks that the name of an architecture in a checkpoint is not that of another network. Only timm
/// has one name for each; of other programs, names are refused that are known or begin with other
/// letters than the family, such as `wideresnet18`.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`].
pub(super) fn check_named(
    found: &NamedArchitecture,
    expected: &Expected<'_>,
) -> std::result::Result<(), ExtractError> {
    for (name, value) in &found.arguments {
        check_argument(name, value, expected)?;
    }
    let name = &found.name;
    let architecture = expected.architecture();
    let letters = |word: &str| -> String {
        let letters = word.chars().take_while(|c| c.is_alphabetic());
        letters.flat_map(char::to_lowercase).collect()
    };
    let family = letters(architecture);
    let mut words = name.split(|c: char| !c.is_alphanumeric()).map(letters);
    let is_other_word = |word: String| word.len() > family.len() && word.contains(&family);
    let is_other = family.len() > 3 && words.any(is_other_word);
    // Without it, the padding is another one.
    let plain = architecture.strip_prefix("tf_");
    let is_plain = plain.is_some() && plain == name.to_lowercase().split('.').next();
    let is_quick = expected.family() == "CLIP" && name.contains("quickgelu");
    let is_known = is_quick || name.parse::<ModelName>().is_ok();
    match found.by_timm || is_other || is_plain || is_known {
        true => check_architecture(&found.setting, name, expected),
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
    // The shapes of the parameters of Swin V2 do not show its windows.
    if expected.family() == "Swin V2" && found.starts_with("swinv2") {
        return !found.contains("window8_");
    }
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
mod tests;
