//! The names of architectures in the settings of a training.

use serde_json::Value;

use super::is_convolutional;
use super::words::{GENERIC, Words, is_of_other_part};
use crate::error::{Error, ExtractError, Result};
use crate::extract::ModelName;
use crate::extract::outline::Expected;
use crate::extract::weights::listing::{NamedArchitecture, Setting};
use crate::extract::weights::timm_config::check_named;
use crate::extract::weights::variants::check_name;

/// Words of settings that name a network.
const OF_NETWORKS: [&str; 16] = [
    "arch",
    "architecture",
    "backbone",
    "basenet",
    "cnn",
    "encoder",
    "extractor",
    "model",
    "models",
    "net",
    "network",
    "resnet",
    "student",
    "trunk",
    "vision",
    "visual",
];

/// Other words in the names of such settings.
const BESIDE: [&str; 24] = [
    "base",
    "basename",
    "class",
    "cls",
    "feat",
    "feature",
    "features",
    "fn",
    "id",
    "identifier",
    "image",
    "img",
    "key",
    "kind",
    "name",
    "str",
    "string",
    "target",
    "timm",
    "torchvision",
    "type",
    "variant",
    "version",
    "vit",
];

/// Words of dictionaries with the arguments of what their own dictionary names.
const OF_ARGUMENTS: [&str; 9] = [
    "args",
    "cfg",
    "conf",
    "config",
    "hparams",
    "init",
    "kwargs",
    "params",
    "parameters",
];

/// Checks whether a setting names a network: `arch`, `model_name`, or `name` and the like in a
/// dictionary with such a name.
pub(in crate::extract::weights) fn is_name_of_network(setting: &Setting) -> bool {
    let is_generic = GENERIC.contains(&setting.key());
    let is_of_network = |words: &Words<'_>| {
        let is_known = |word: &&str| {
            let is_of_arguments = is_generic && OF_ARGUMENTS.contains(word);
            OF_NETWORKS.contains(word) || BESIDE.contains(word) || is_of_arguments
        };
        words.has(&OF_NETWORKS) && words.key.iter().all(is_known)
    };
    if is_of_network(&Words::of(setting)) {
        return true;
    }
    // `model.init_args.name`.
    let mut place = setting.place();
    let mut last = place.rsplit('.').next().unwrap_or_default();
    while is_of_arguments(last) {
        place = place.rsplit_once('.').map_or("", |(outer, _)| outer);
        last = place.rsplit('.').next().unwrap_or_default();
    }
    let outer = Setting::new(&format!("{last}.{}", setting.key()), Value::Null);
    is_of_network(&Words::of(&outer))
}

fn is_of_arguments(name: &str) -> bool {
    !name.is_empty() && name.split('_').all(|word| OF_ARGUMENTS.contains(&word))
}

/// Checks that no setting names another architecture. If several are known, it is enough that one of
/// them is that of the network.
///
/// # Errors
/// Returns [`ExtractError::OtherActivation`] or [`ExtractError::OtherConfiguration`].
pub(super) fn check(settings: &[Setting], expected: &Expected<'_>) -> Result<()> {
    let is_convolutional = is_convolutional(expected);
    let mut refused: Option<Error> = None;
    let mut is_known = false;
    for setting in settings.iter().filter(|s| is_name_of_network(s)) {
        let Some(text) = setting.value.as_str() else {
            continue;
        };
        let (is_name, checked) = check_text(text, setting, expected);
        match checked {
            Ok(()) => is_known |= is_name,
            Err(_) if is_of_other_part(&setting.name, is_convolutional) => {}
            Err(error) => {
                let error = setting.locate(error);
                if !is_name {
                    return Err(error);
                }
                refused.get_or_insert(error);
            }
        }
    }
    match refused {
        Some(error) if !is_known => Err(error),
        _ => Ok(()),
    }
}

/// Checks a text that may be the name of an architecture, possibly after that of a module or of a
/// user. Returns whether it is a known name, and the error if it is that of another network.
fn check_text(
    text: &str,
    setting: &Setting,
    expected: &Expected<'_>,
) -> (bool, std::result::Result<(), ExtractError>) {
    let after = |separator: char| text.rsplit(separator).next().unwrap_or(text);
    let small = after('/').to_lowercase();
    // efficientnet_pytorch spells its networks so, which are those of TensorFlow.
    if small.starts_with("efficientnet-b") && expected.family() == "EfficientNet (TensorFlow)" {
        let own = expected.architecture().replace('_', "-");
        return (own.ends_with(&small), Ok(()));
    }
    // Of timm in segmentation_models_pytorch.
    let of_timm = ["tu-", "timm-"];
    let of_timm = of_timm.iter().find_map(|prefix| text.strip_prefix(prefix));
    let texts = [
        text,
        of_timm.unwrap_or(text),
        after('/'),
        after(':'),
        after('.'),
    ];
    let mut texts = texts.into_iter();
    let known = texts.find(|text| text.parse::<ModelName>().is_ok());
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    if has_digit
        && known != Some(text)
        && let Err(error) = check_name(text, &setting.name, expected)
    {
        return (false, Err(error));
    }
    let found = match known {
        Some(name) => name,
        None if has_digit => after('/'),
        None => return (false, Ok(())),
    };
    let found = NamedArchitecture::new(&setting.name, found);
    (known.is_some(), check_named(&found, expected))
}
