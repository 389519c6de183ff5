//! Settings of a training that change what a network computes, but no shape of its parameters.

mod rules;

use serde_json::Value;

use super::before::has_word;
use super::configuration::Configuration;
use super::hub_config::{side, smallest_image};
use super::listing::{Setting, Training};
use crate::error::{ExtractError, Result};
use crate::extract::outline::Expected;
use rules::{
    OF_BOTTLENECKS, OF_CONVOLUTIONS, OF_GELU, OF_NORMALIZATIONS, OF_POOLING, OF_RELU, OF_RESNET,
    OF_TOKENS, OF_TRANSFORMERS, OF_USUAL_NORMALIZATIONS, Rule, Usual,
};

/// How many dictionaries of a configuration may be nested.
const MAX_DEPTH: usize = 6;

/// Checks that the settings of a training are those of the network where they change what is computed
/// before the taps.
///
/// # Errors
/// Returns [`ExtractError::OtherTraining`].
pub(super) fn check(
    training: &Training,
    library: Option<&str>,
    expected: &Expected<'_>,
) -> Result<()> {
    let rules = rules_of(expected);
    let settings = training.settings.iter();
    let mut settings = settings.filter(|setting| !is_of_other_part(setting.place()));
    let unusual = settings.find_map(|setting| {
        let unusual = unusual(setting, &rules, expected);
        unusual.or_else(|| small_images(setting, library, expected))
    });
    match unusual {
        Some(unusual) => Err(ExtractError::OtherTraining {
            architecture: expected.architecture(),
            setting: unusual.setting.name.clone(),
            found: unusual.setting.value.to_string(),
            expected: unusual.expected,
            first: unusual.first,
        }
        .into()),
        None => Ok(()),
    }
}

/// Checks that a configuration of transformers beside the weights has the usual strides and
/// convolutions where they change what is computed before the taps, also where the network has the
/// names of another library.
///
/// # Errors
/// Returns [`ExtractError::OtherConfiguration`].
pub(super) fn check_configuration(
    configuration: &Configuration,
    expected: &Expected<'_>,
) -> Result<()> {
    // Those of timm have arguments that are checked by name.
    if configuration.value.get("architecture").is_some() || !has_strides(expected) {
        return Ok(());
    }
    let mut settings = Vec::new();
    flatten("", &configuration.value, MAX_DEPTH, &mut settings);
    let rules: Vec<&Rule> = OF_CONVOLUTIONS.iter().collect();
    let mut settings = settings.iter().filter(|s| !is_of_other_part(s.place()));
    match settings.find_map(|setting| unusual(setting, &rules, expected)) {
        Some(unusual) => Err(configuration.locate(ExtractError::OtherConfiguration {
            architecture: expected.architecture(),
            setting: unusual.setting.name.clone(),
            found: unusual.setting.value.to_string(),
            expected: unusual.expected,
        })),
        None => Ok(()),
    }
}

/// Checks whether a setting says that the network has the usual strides: no dilation, an output stride of
/// 32, or a stride of 2 in its last stage.
pub(super) fn says_usual_strides(training: &Training) -> bool {
    let rules = OF_CONVOLUTIONS.iter().chain(&OF_RESNET);
    let rules = rules.filter(|rule| rule.is_of_strides);
    let rules: Vec<&Rule> = rules.collect();
    let settings = training.settings.iter();
    let mut settings = settings.filter(|setting| !is_of_other_part(setting.place()));
    settings.any(|setting| {
        let mut of_setting = rules.iter().filter(|rule| rule.is_of(setting));
        !setting.value.is_null() && of_setting.any(|rule| rule.usual.is(&setting.value))
    })
}

/// Adds the settings in a configuration, with the names of the dictionaries that they are in.
fn flatten(place: &str, value: &Value, depth: usize, found: &mut Vec<Setting>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let name = match place {
            "" => name.to_lowercase(),
            place => format!("{place}.{}", name.to_lowercase()),
        };
        match value {
            Value::Object(_) if depth > 0 => flatten(&name, value, depth - 1, found),
            Value::Object(_) => {}
            value => found.push(Setting {
                name,
                value: value.clone(),
            }),
        }
    }
}

/// A setting that is not the usual one.
struct Unusual<'s> {
    setting: &'s Setting,
    expected: String,
    /// The first module that it changes.
    first: Option<&'static str>,
}

/// Checks whether the network is one of convolutions. Transformers have one kernel, that of the patches.
pub(super) fn is_convolutional(expected: &Expected<'_>) -> bool {
    let entries = expected.published.entries.iter();
    entries.filter(|entry| entry.shape.len() == 4).count() > 1
}

/// Checks whether the network has convolutions with a stride that could be dilated instead.
fn has_strides(expected: &Expected<'_>) -> bool {
    is_convolutional(expected) && !["AlexNet", "ResNet for CIFAR"].contains(&expected.family())
}

/// Returns the rules for a network.
fn rules_of(expected: &Expected<'_>) -> Vec<&'static Rule> {
    let keys = || expected.published.entries.iter();
    let family = expected.family();
    let is_resnet = family == "ResNet";
    let has_bottlenecks = is_resnet && keys().any(|e| e.key.ends_with(".conv3.weight"));
    let is_of_tensorflow = family.ends_with("(TensorFlow)");
    let has_normalizations = keys().any(|e| e.key.ends_with("running_var")) && !is_of_tensorflow;
    let has_usual_epsilon = ["ResNet", "VGG", "DenseNet", "MobileNetV2", "RegNet"];
    let has_relu = [
        "ResNet",
        "ResNet for CIFAR",
        "AlexNet",
        "VGG",
        "DenseNet",
        "RegNet",
        "SqueezeNet",
    ];
    let has_tokens = ["ViT (timm)", "DeiT", "DINO", "DINOv2"].contains(&family);
    let is_pooled = expected.reaches_pooling();
    let rules = [
        (&OF_CONVOLUTIONS[..], has_strides(expected)),
        (&OF_RESNET, is_resnet),
        (&OF_BOTTLENECKS, has_bottlenecks),
        (&OF_NORMALIZATIONS, has_normalizations),
        (
            &OF_USUAL_NORMALIZATIONS,
            has_normalizations && has_usual_epsilon.contains(&family),
        ),
        (&OF_RELU, has_relu.contains(&family)),
        (&OF_TRANSFORMERS, has_tokens),
        (&OF_GELU, has_tokens),
        (&OF_TOKENS, has_tokens && is_pooled),
        (&OF_POOLING, is_resnet && is_pooled),
    ];
    let rules = rules.into_iter().filter(|(_, is_meant)| *is_meant);
    rules.flat_map(|(rules, _)| rules).collect()
}

/// Returns a setting with what it is in the network, if that is something else and a tap depends on it.
fn unusual<'s>(
    setting: &'s Setting,
    rules: &[&Rule],
    expected: &Expected<'_>,
) -> Option<Unusual<'s>> {
    let is_resnet = expected.family() == "ResNet";
    let changed = rules.iter().find(|rule| {
        rule.is_of(setting)
            && !rule.usual.is(&setting.value)
            && rule
                .first_of(expected)
                .is_none_or(|first| expected.reaches(first))
    });
    let (expected, first) = match changed {
        Some(rule) => (rule.usual.to_string(), rule.first_of(expected)),
        None => (usual_of_stages(setting).filter(|_| is_resnet)?, None),
    };
    Some(Unusual {
        setting,
        expected,
        first,
    })
}

/// Returns the size of the images of a training, if the windows of Swin V2 are smaller for it in timm
/// and in the program of the authors.
fn small_images<'s>(
    setting: &'s Setting,
    library: Option<&str>,
    expected: &Expected<'_>,
) -> Option<Unusual<'s>> {
    let is_size = ["image_size", "img_size", "input_size"].contains(&setting.key());
    let smallest = smallest_image(expected).filter(|_| is_size && library.is_some())?;
    let side = side(&setting.value)?;
    (side < smallest).then(|| Unusual {
        setting,
        expected: format!("at least {smallest}"),
        first: None,
    })
}

impl Rule {
    /// Checks whether a setting is one of those that the rule is for.
    fn is_of(&self, setting: &Setting) -> bool {
        self.names.iter().any(|name| {
            let before = setting.name.strip_suffix(name);
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
    }

    /// Returns the first module that the settings change, if it is known and not the first of all.
    fn first_of(&self, expected: &Expected<'_>) -> Option<&'static str> {
        self.first.filter(|_| expected.family() == "ResNet")
    }
}

impl Usual {
    /// Checks whether a setting is as usual; one that says nothing is.
    fn is(&self, found: &Value) -> bool {
        if let Value::Array(parts) = found {
            return parts.iter().all(|part| self.is(part));
        }
        let text = found.as_str().map(str::to_lowercase);
        let number = match &text {
            Some(text) => text.parse().ok(),
            None => found.as_f64(),
        };
        let is_text = |texts: &[&str]| text.as_deref().is_some_and(|text| texts.contains(&text));
        let is_on = *found == Value::Bool(true) || is_text(&["true", "yes"]);
        match *self {
            Self::Off => !is_on && number != Some(1.0),
            Self::NotDilated => !is_on && number.is_none_or(|number| number <= 1.0),
            Self::On => {
                let is_off = is_text(&["false", "no", "none", "identity"]);
                *found != Value::Bool(false) && !is_off && number != Some(0.0)
            }
            Self::Number(usual) => number.is_none_or(|number| number == usual),
            Self::Name(usual, others) => text.as_deref().is_none_or(|text| {
                let name = text.rsplit('.').next().unwrap_or_default();
                let name: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
                name == usual.to_lowercase() || !others.contains(&name.as_str())
            }),
        }
    }
}

impl std::fmt::Display for Usual {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::On => f.write_str("true"),
            Self::Off | Self::NotDilated => f.write_str("false"),
            Self::Number(number) => number.fmt(f),
            Self::Name(name, _) => f.write_str(name),
        }
    }
}

/// Returns the usual values of a setting with a value for each of the first three or four stages of a
/// ResNet, unless the setting has them.
fn usual_of_stages(setting: &Setting) -> Option<String> {
    let usual: [u64; 4] = match setting.key() {
        "dilations" | "stage_dilations" => [1; 4],
        "strides" | "stage_strides" | "layer_strides" => [1, 2, 2, 2],
        _ => return None,
    };
    let found = setting.value.as_array()?.iter().map(Value::as_u64);
    let found = found.collect::<Option<Vec<u64>>>()?;
    let usual = usual.get(..found.len()).filter(|usual| usual.len() > 2)?;
    // Those of detectors and of heads for segmentation are larger.
    let is_of_stages = found.iter().all(|value| (1..=4).contains(value));
    (is_of_stages && found != usual).then(|| format!("{usual:?}"))
}

/// Checks whether settings are in a dictionary for another part than the network of images.
pub(super) fn is_of_other_part(place: &str) -> bool {
    const OTHERS: [&str; 22] = [
        "aspp",
        "audio",
        "augmentation",
        "augmentations",
        "bert",
        "data",
        "dataset",
        "decoder",
        "discriminator",
        "fpn",
        "generator",
        "head",
        "heads",
        "language",
        "neck",
        "predictor",
        "projection",
        "projector",
        "text",
        "textual",
        "transform",
        "transforms",
    ];

    has_word(place, &OTHERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_strides_are_said_explicitly() {
        let says = |name: &str, value: Value| {
            let setting = Setting {
                name: name.to_owned(),
                value,
            };
            says_usual_strides(&Training {
                named: Vec::new(),
                settings: vec![setting],
            })
        };
        for (name, value) in [
            ("args.dilation", false.into()),
            ("hparams.output_stride", 32.into()),
            ("config.model.last_stride", 2.into()),
            ("replace_stride_with_dilation", vec![false; 3].into()),
        ] {
            assert!(says(name, value), "{name}");
        }
        for (name, value) in [
            ("args.dilation", true.into()),
            ("args.dilation", Value::Null),
            ("hparams.output_stride", 8.into()),
            ("model.last_stride", 1.into()),
            ("decoder.dilation", false.into()),
            ("bn_tf", false.into()),
        ] {
            assert!(!says(name, value), "{name}");
        }
    }
}
