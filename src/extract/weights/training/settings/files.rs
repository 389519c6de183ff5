//! Files with the settings of a training beside the weights.

use std::path::Path;

use serde_json::Value;

use super::{collect, yaml};
use crate::error::{BoxedError, FileError, Result};
use crate::extract::weights::configuration::read_text;
use crate::extract::weights::listing::Setting;

/// Names of files with settings, without their endings.
const NAMES: [&str; 9] = [
    "args",
    "config",
    "hparams",
    "hyper_parameters",
    "hyperparameters",
    "model_args",
    "model_config",
    "train_args",
    ".hydra/config",
];

/// Reads the settings in the files beside the weights that timm, Lightning, Hydra and other programs
/// write.
///
/// # Errors
/// Returns [`FileError::Read`] or [`FileError::Malformed`] if a file cannot be read.
pub(in crate::extract::weights) fn beside(weights: &Path) -> Result<Vec<Setting>> {
    let mut found = Vec::new();
    for name in NAMES {
        for ending in ["json", "yaml", "yml"] {
            let path = weights.with_file_name(format!("{name}.{ending}"));
            if !path.is_file() {
                continue;
            }
            let value = match parse(&path, ending)? {
                Ok(value) => value,
                // Readers of their own refuse it.
                Err(_) if (name, ending) == ("config", "json") => continue,
                Err(error) => {
                    let reason =
                        format!("{error}; repair it, or remove it if it is of other weights");
                    let format = if ending == "json" { "JSON" } else { "YAML" };
                    return Err(FileError::malformed(format, reason).in_file(path));
                }
            };
            if (name, ending) == ("config", "json") && is_of_library(&value) {
                continue;
            }
            let mut settings = Vec::new();
            let place = name.rsplit('/').next().unwrap_or_default();
            collect(place, &value, &mut settings);
            found.extend(settings.into_iter().map(|setting| Setting {
                file: Some(path.clone()),
                ..setting
            }));
        }
    }
    Ok(found)
}

fn parse(path: &Path, ending: &str) -> Result<std::result::Result<Value, BoxedError>> {
    let text = read_text(path)?;
    Ok(match ending {
        "json" => serde_json::from_slice(&text).map_err(Into::into),
        _ => String::from_utf8(text)
            .map_err(Into::into)
            .and_then(|text| yaml::parse(&text)),
    })
}

/// Checks whether a configuration is one of transformers or timm, which have readers of their own.
fn is_of_library(config: &Value) -> bool {
    let names = [
        "architecture",
        "architectures",
        "model_type",
        "transformers_version",
    ];
    names.iter().any(|name| config.get(name).is_some())
}
