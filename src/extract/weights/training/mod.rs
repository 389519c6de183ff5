//! Settings of a training that change what a network computes, but no shape of its parameters.

mod activations;
mod names;
mod poolings;
mod rules;
pub(super) mod settings;
mod usual;
mod words;

use serde_json::Value;

use super::configuration::Configuration;
use super::conventions::{HUGGING_FACE, TIMM};
use super::hub_config::{side, smallest_image};
use super::listing::{Setting, Training};
use crate::error::{Error, ExtractError, Result};
use crate::extract::layers::Activation;
use crate::extract::outline::Expected;
use activations::{is_activation, of_activations, of_slope};
use poolings::{is_pooling, of_pooling, of_power, of_tokens};
use rules::{
    Rule, of_bottlenecks, of_convolutions, of_epsilon, of_first_convolution, of_first_pooling,
    of_first_stride, of_last_stride, of_normalizations, of_padding,
};
use settings::collect;
use words::Words;

pub(super) use names::is_name_of_network;
pub(super) use words::is_of_other_part;

/// Checks that the settings of a training are those of the network where they change what is computed
/// before the taps, and that they name no other architecture. The epsilon of normalizations is that
/// which the user named, if there is one.
///
/// # Errors
/// Returns [`ExtractError::OtherTraining`], [`ExtractError::OtherActivation`] or
/// [`ExtractError::OtherConfiguration`].
pub(super) fn check(
    training: &Training,
    library: Option<&str>,
    epsilon: Option<f64>,
    expected: &Expected<'_>,
) -> Result<()> {
    names::check(&training.settings, expected)?;
    let rules = rules_of(training, library, epsilon, expected);
    let mut settings = of_network(&training.settings, is_convolutional(expected));
    let unusual = settings.find_map(|setting| {
        let unusual = unusual(setting, &rules, expected);
        unusual.or_else(|| small_images(setting, library, expected))
    });
    unusual.map_or(Ok(()), |unusual| Err(unusual.into_error(expected)))
}

/// Returns the error for a setting that is not the usual one, with the first module that it changes.
pub(super) fn refusal(
    setting: &Setting,
    name: String,
    found: String,
    usual: String,
    first: Option<&'static str>,
    expected: &Expected<'_>,
) -> Error {
    setting.locate(ExtractError::OtherTraining {
        architecture: expected.architecture(),
        setting: name,
        found,
        expected: usual,
        first,
    })
}

/// Returns the settings that are not of other parts than the network.
fn of_network(settings: &[Setting], is_convolutional: bool) -> impl Iterator<Item = &Setting> {
    let settings = settings.iter();
    settings.filter(move |setting| !is_of_other_part(&setting.name, is_convolutional))
}

/// Checks that a configuration of transformers beside the weights has the usual settings where they
/// change what is computed before the taps. Where the names of the parameters are its own too, only the
/// strides and the convolutions remain to be checked.
///
/// # Errors
/// Returns [`ExtractError::OtherTraining`].
pub(super) fn check_configuration(
    configuration: &Configuration,
    library: Option<&str>,
    epsilon: Option<f64>,
    expected: &Expected<'_>,
) -> Result<()> {
    // Those of timm have arguments that are checked by name.
    if configuration.value.get("architecture").is_some() {
        return Ok(());
    }
    let mut settings = Vec::new();
    collect("", &configuration.value, &mut settings);
    for setting in &mut settings {
        setting.file = Some(configuration.path.clone());
    }
    let training = Training {
        settings,
        ..Training::default()
    };
    let rules = match library {
        Some(HUGGING_FACE) if has_strides(expected) => of_convolutions(),
        Some(HUGGING_FACE) => Vec::new(),
        _ => rules_of(&training, library, epsilon, expected),
    };
    let mut settings = of_network(&training.settings, is_convolutional(expected));
    let unusual = settings.find_map(|setting| unusual(setting, &rules, expected));
    unusual.map_or(Ok(()), |unusual| Err(unusual.into_error(expected)))
}

/// Checks whether a setting says that the network has the usual strides: no dilation, an output stride of
/// 32, or a stride of 2 in its last stage.
pub(super) fn says_usual_strides(training: &Training) -> bool {
    let rules = of_convolutions().into_iter().chain(of_last_stride());
    let rules: Vec<Rule> = rules.filter(|rule| rule.is_of_strides).collect();
    let mut settings = of_network(&training.settings, true);
    settings.any(|setting| {
        let words = Words::of(setting);
        let of_setting: Vec<_> = rules.iter().filter(|rule| (rule.is_of)(&words)).collect();
        let mut is_said = of_setting.iter().map(|rule| rule.usual.is(&setting.value));
        !setting.value.is_null() && !of_setting.is_empty() && is_said.all(|is_usual| is_usual)
    })
}

/// A setting that is not the usual one.
struct Unusual<'s> {
    setting: &'s Setting,
    expected: String,
    /// The first module that it changes.
    first: Option<&'static str>,
}

impl Unusual<'_> {
    fn into_error(self, expected: &Expected<'_>) -> Error {
        let Self { setting, first, .. } = self;
        let (name, found) = (setting.name.clone(), setting.value.to_string());
        refusal(setting, name, found, self.expected, first, expected)
    }
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

/// Returns the rules for a network whose parameters have the names of a library.
fn rules_of(
    training: &Training,
    library: Option<&str>,
    epsilon: Option<f64>,
    expected: &Expected<'_>,
) -> Vec<Rule> {
    let published = &expected.published;
    let has = |ending: &str| published.entries.iter().any(|e| e.key.ends_with(ending));
    let family = expected.family();
    let is_resnet = family == "ResNet";
    let is_of_batches = has("running_var");
    let has_tokens = ["ViT", "ViT (timm)", "DeiT", "DINO", "DINOv2"].contains(&family);
    let is_averaged = !["CLIP", "VGG", "AlexNet"].contains(&family);
    let is_pooled = expected.reaches_pooling();
    let mut rules = Vec::new();
    if has_strides(expected) {
        rules.extend(of_convolutions());
    }
    if is_resnet || family == "DenseNet" {
        rules.extend(of_first_pooling());
    }
    rules.extend(first_stride(family).map(of_first_stride));
    if is_resnet {
        rules.push(of_first_convolution());
        if has(".conv3.weight") {
            rules.extend(of_bottlenecks());
        }
    }
    if is_of_batches && !family.ends_with("(TensorFlow)") {
        rules.extend([of_normalizations(), of_padding()]);
    }
    if is_resnet || ["RegNet", "ConvNeXt", "ConvNeXt V2"].contains(&family) {
        rules.extend(of_last_stride());
    }
    let mut epsilons = match epsilon {
        Some(named) => vec![named],
        None => published.epsilons.clone(),
    };
    if library == Some(TIMM) && epsilon.is_none() {
        // Some networks have that of PyTorch there.
        epsilons.push(1e-5);
    }
    // The configurations of transformers have it.
    if library != Some(HUGGING_FACE) && !epsilons.is_empty() {
        rules.push(of_epsilon(epsilons, is_of_batches));
    }
    if !published.activations.is_empty() {
        rules.extend(of_activations(&published.activations));
        let is_rectified = published.activations.contains(&Activation::Relu);
        // Without that, it may be the default of an option that is not used.
        let is_said = is_named(training, expected, is_activation);
        rules.extend((is_rectified && !is_said).then(of_slope));
    }
    if is_pooled {
        if has_tokens {
            rules.extend(of_tokens());
        }
        if is_averaged && is_convolutional(expected) {
            rules.extend(of_pooling());
            rules.extend((!is_named(training, expected, is_pooling)).then(of_power));
        }
    }
    rules
}

/// Returns the stride of the first convolution, if it is one that trainings change.
fn first_stride(family: &str) -> Option<f64> {
    const TWO: [&str; 5] = ["DenseNet", "EfficientNet", "MobileNet", "RegNet", "ResNet"];

    match family {
        "ResNet for CIFAR" => None,
        family if family.starts_with("ConvNeXt") => Some(4.0),
        family => TWO.iter().any(|two| family.starts_with(two)).then_some(2.0),
    }
}

/// Checks whether a setting of a kind is a text.
fn is_named(training: &Training, expected: &Expected<'_>, is_of: fn(&Words<'_>) -> bool) -> bool {
    let mut settings = of_network(&training.settings, is_convolutional(expected));
    settings.any(|setting| setting.value.is_string() && is_of(&Words::of(setting)))
}

/// Returns a setting with what it is in the network, if that is something else and a tap depends on it.
fn unusual<'s>(
    setting: &'s Setting,
    rules: &[Rule],
    expected: &Expected<'_>,
) -> Option<Unusual<'s>> {
    let is_resnet = expected.family() == "ResNet";
    let words = Words::of(setting);
    let changed = rules.iter().find(|rule| {
        (rule.is_of)(&words)
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
    /// Returns the first module that the settings change, if it is known and not the first of all.
    fn first_of(&self, expected: &Expected<'_>) -> Option<&'static str> {
        self.first.filter(|_| expected.family() == "ResNet")
    }
}

/// Returns the usual values of a setting with a value for each of the first three or four stages of a
/// ResNet, unless the setting has them.
fn usual_of_stages(setting: &Setting) -> Option<String> {
    let words = Words::of(setting);
    let usual: [u64; 4] = match words.has(&["dilations"]) {
        true => [1; 4],
        false if words.has(&["stride", "strides"]) => [1, 2, 2, 2],
        false => return None,
    };
    let found = setting.value.as_array()?.iter().map(Value::as_u64);
    let found = found.collect::<Option<Vec<u64>>>()?;
    let usual = usual.get(..found.len()).filter(|usual| usual.len() > 2)?;
    // Those of detectors and of heads for segmentation are larger.
    let is_of_stages = found.iter().all(|value| (1..=4).contains(value));
    (is_of_stages && found != usual).then(|| format!("{usual:?}"))
}

#[cfg(test)]
mod tests;
