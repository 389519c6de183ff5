//! Files with the settings of a training beside the weights.

use std::path::Path;

use serde_json::Value;

use super::{collect, yaml};
use crate::error::{BoxedError, FileError, Result};
use crate::extract::weights::configuration::read_text;
use crate::extract::weights::listing::Setting;

/// Names of files with settings, without their endings.
const NAMES: [&str; 18] = [
    "args",
    "config",
    "hparams",
    "hps",
    "hyper_parameters",
    "hyperparameters",
    "hyperparams",
    "model_args",
    "model_config",
    "opt",
    "options",
    "opts",
    "params",
    "settings",
    "train_args",
    "training_args",
    ".hydra/config",
    ".hydra/overrides",
];

/// Endings of the names of such files. Texts may be in any form that programs print, or in none.
const ENDINGS: [&str; 7] = ["json", "yaml", "yml", "txt", "toml", "ini", "cfg"];

/// Names of folders with checkpoints alone.
const OF_CHECKPOINTS: [&str; 5] = ["checkpoint", "checkpoints", "ckpt", "ckpts", "weights"];

/// Reads the settings in the files beside the weights that timm, Lightning, Hydra and other programs
/// write.
///
/// # Errors
/// Returns [`FileError::Read`] or [`FileError::Malformed`] if a file cannot be read.
pub(in crate::extract::weights) fn beside(weights: &Path) -> Result<Vec<Setting>> {
    let mut found = Vec::new();
    let folder = weights.parent();
    // Lightning and others have a folder of checkpoints beside the settings.
    let is_of_checkpoints = |folder: &&Path| {
        let name = folder.file_name().map(|name| name.to_string_lossy());
        name.is_some_and(|name| OF_CHECKPOINTS.contains(&name.to_lowercase().as_str()))
    };
    let outer = folder.filter(is_of_checkpoints).and_then(Path::parent);
    let folders = folder.into_iter().chain(outer);
    for (folder, name) in folders.flat_map(|folder| NAMES.map(|name| (folder, name))) {
        for ending in ENDINGS {
            let path = folder.join(format!("{name}.{ending}"));
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
        // Programs in Python write numbers that JSON does not have, but YAML.
        "json" => serde_json::from_slice(&text).or_else(|error| {
            let text = std::str::from_utf8(&text).map_err(|_| error.to_string())?;
            let value = yaml::parse(text).map_err(|_| error.to_string())?;
            match value.is_object() {
                true => Ok(value),
                false => Err(error.to_string().into()),
            }
        }),
        "yaml" | "yml" => String::from_utf8(text)
            .map_err(Into::into)
            .and_then(|text| yaml::parse(&text)),
        _ => Ok(String::from_utf8_lossy(&text).into()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_found_beside_a_folder_of_checkpoints() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("hparams.yaml"), "lr: 1").unwrap();
        let n_found =
            |folder: &str, root: &Path| beside(&root.join(folder).join("last.ckpt")).unwrap().len();
        assert_eq!(n_found("checkpoints", folder.path()), 1);
        assert_eq!(n_found("others", folder.path()), 0);
        // As Python writes numbers that JSON does not have.
        let text = r#"{"best": NaN, "lr": [Infinity, 1e-3]}"#;
        std::fs::write(folder.path().join("args.json"), text).unwrap();
        assert_eq!(n_found(".", folder.path()), 3);
        // As open_clip, argparse and TOML write settings.
        for (name, text) in [
            ("params.txt", "lr: 1\nmodel: ViT-B-32\n"),
            ("args.txt", "Namespace(lr=1, model='ViT-B-32')"),
            ("config.toml", "[train]\nlr = 1\nmodel = \"ViT-B-32\"\n"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(name), text).unwrap();
            assert_eq!(n_found(".", folder.path()), 2, "{name}");
        }
    }
}
