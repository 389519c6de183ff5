//! Settings of a training that change what a convolutional network computes, but no shape of its
//! parameters.

use serde_json::Value;

use super::before::has_word;
use super::listing::{Setting, Training};
use crate::error::{ExtractError, Result};
use crate::extract::outline::{Expected, Outline};

/// What a setting has in the architectures of this crate.
enum Usual {
    On,
    Off,
    /// Off, or a dilation of 1.
    NotDilated,
    Number(f64),
}

/// Settings that mean the same.
struct Rule {
    names: &'static [&'static str],
    usual: Usual,
    /// Modules of a ResNet before the first one that the settings change, and that module.
    before: &'static [&'static str],
    first: Option<&'static str>,
}

const STEM: &[&str] = &["conv1.", "bn1."];
const TWO_STAGES: &[&str] = &["conv1.", "bn1.", "layer1.", "layer2."];
const THREE_STAGES: &[&str] = &["conv1.", "bn1.", "layer1.", "layer2.", "layer3."];

/// Settings of all convolutional networks.
const OF_CONVOLUTIONS: [Rule; 4] = [
    Rule {
        names: &[
            "atrous",
            "dilate",
            "dilated",
            "dilated_backbone",
            "dilation",
            "replace_stride_with_dilation",
            "res5_dilation",
            "use_atrous",
            "use_dilated",
            "use_dilation",
        ],
        usual: Usual::NotDilated,
        before: TWO_STAGES,
        first: Some("layer3"),
    },
    Rule {
        names: &[
            "backbone_stride",
            "downsample_factor",
            "downsample_ratio",
            "encoder_output_stride",
            "output_stride",
        ],
        usual: Usual::Number(32.0),
        before: TWO_STAGES,
        first: Some("layer3"),
    },
    Rule {
        names: &[
            "cifar",
            "cifar_resnet",
            "cifar_stem",
            "for_cifar",
            "is_cifar",
            "low_res",
            "low_resolution",
            "small_conv",
            "small_image",
            "small_images",
            "small_input",
            "small_inputs",
            "small_stem",
            "tiny_images",
        ],
        usual: Usual::Off,
        before: &[],
        first: None,
    },
    Rule {
        names: &[
            "aa_layer",
            "antialiased",
            "blur_pool",
            "blurpool",
            "use_blurpool",
        ],
        usual: Usual::Off,
        before: STEM,
        first: Some("layer1"),
    },
];

/// Settings of a ResNet.
const OF_RESNET: [Rule; 6] = [
    Rule {
        names: &[
            "final_stage_stride",
            "final_stride",
            "last_conv_stride",
            "last_layer_stride",
            "last_stride",
        ],
        usual: Usual::Number(2.0),
        before: THREE_STAGES,
        first: Some("layer4"),
    },
    Rule {
        names: &[
            "first_max_pool",
            "first_maxpool",
            "has_maxpool",
            "max_pool",
            "maxpool",
            "maxpool1",
            "use_max_pool",
            "use_maxpool",
        ],
        usual: Usual::On,
        before: STEM,
        first: Some("layer1"),
    },
    Rule {
        names: &[
            "drop_maxpool",
            "no_max_pool",
            "no_maxpool",
            "remove_maxpool",
            "skip_maxpool",
            "without_maxpool",
        ],
        usual: Usual::Off,
        before: STEM,
        first: Some("layer1"),
    },
    Rule {
        names: &["first_conv"],
        usual: Usual::On,
        before: &[],
        first: None,
    },
    Rule {
        names: &[
            "conv1_stride",
            "first_conv_stride",
            "first_stride",
            "stem_stride",
        ],
        usual: Usual::Number(2.0),
        before: &[],
        first: None,
    },
    Rule {
        names: &["bn_eps"],
        usual: Usual::Number(1e-5),
        before: &[],
        first: None,
    },
];

/// Settings of a ResNet whose blocks have three convolutions.
const OF_BOTTLENECKS: [Rule; 1] = [Rule {
    names: &["stride_in_1x1"],
    usual: Usual::Off,
    before: STEM,
    first: Some("layer1"),
}];

/// The epsilon of batch normalizations as in TensorFlow.
const OF_NORMALIZATIONS: [Rule; 1] = [Rule {
    names: &["bn_tf"],
    usual: Usual::Off,
    before: &[],
    first: None,
}];

/// Checks that the settings of a training are those of the network where they change what is computed
/// before the taps.
///
/// # Errors
/// Returns [`ExtractError::OtherTraining`].
pub(super) fn check(training: &Training, outline: &Outline, expected: &Expected<'_>) -> Result<()> {
    let keys = || expected.published.entries.iter();
    let n_kernels = keys().filter(|entry| entry.shape.len() == 4).count();
    let family = expected.family();
    let is_resnet = family == "ResNet";
    let has_bottlenecks = is_resnet && keys().any(|e| e.key.ends_with(".conv3.weight"));
    // Transformers have one kernel, that of the patches.
    let has_strides = n_kernels > 1 && !["AlexNet", "ResNet for CIFAR"].contains(&family);
    let is_of_tensorflow = family.ends_with("(TensorFlow)");
    let has_normalizations = keys().any(|e| e.key.ends_with("running_var")) && !is_of_tensorflow;
    let rules = [
        (&OF_CONVOLUTIONS[..], has_strides),
        (&OF_RESNET, is_resnet),
        (&OF_BOTTLENECKS, has_bottlenecks),
        (&OF_NORMALIZATIONS, has_normalizations),
    ];
    let rules = rules.into_iter().filter(|(_, is_meant)| *is_meant);
    let rules: Vec<&Rule> = rules.flat_map(|(rules, _)| rules).collect();
    let settings = training.settings.iter();
    for setting in settings.filter(|setting| !is_of_other_part(setting.place())) {
        let refuse = |expected_value: String, first| -> Result<()> {
            Err(ExtractError::OtherTraining {
                architecture: expected.architecture(),
                setting: setting.name.clone(),
                found: setting.value.to_string(),
                expected: expected_value,
                first,
            }
            .into())
        };
        let changed = rules.iter().find(|rule| {
            let is_named = rule.names.contains(&setting.key());
            is_named && !rule.usual.is(&setting.value) && rule.is_before_taps(outline, is_resnet)
        });
        if let Some(rule) = changed {
            return refuse(rule.usual.to_string(), rule.first.filter(|_| is_resnet));
        }
        if let Some(usual) = usual_of_stages(setting).filter(|_| is_resnet) {
            return refuse(usual, None);
        }
    }
    Ok(())
}

impl Rule {
    /// Checks whether a tap depends on what the settings change.
    fn is_before_taps(&self, outline: &Outline, is_resnet: bool) -> bool {
        let is_before = |key: &str| is_resnet && self.before.iter().any(|b| key.starts_with(b));
        let mut needed = outline.entries.iter().filter(|entry| entry.is_needed);
        needed.any(|entry| !is_before(&entry.key))
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
        }
    }
}

impl std::fmt::Display for Usual {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::On => f.write_str("true"),
            Self::Off | Self::NotDilated => f.write_str("false"),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// Returns the usual values of a setting with a value for each of the four stages of a ResNet, unless
/// the setting has them.
fn usual_of_stages(setting: &Setting) -> Option<String> {
    let usual: [u64; 4] = match setting.key() {
        "dilations" | "stage_dilations" => [1; 4],
        "strides" | "stage_strides" | "layer_strides" => [1, 2, 2, 2],
        _ => return None,
    };
    let found = setting.value.as_array()?.iter().map(Value::as_u64);
    let found: [u64; 4] = found.collect::<Option<Vec<_>>>()?.try_into().ok()?;
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
