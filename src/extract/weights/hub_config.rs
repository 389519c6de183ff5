//! The configuration that Hugging Face transformers writes beside the weights of a network.
//!
//! The activation of CLIP cannot be told from the weights: OpenAI's networks have QuickGELU, and most
//! others have GELU.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, ExtractError, Result};
use crate::io::{open, read_up_to};

/// Largest size of a configuration that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;

#[derive(Deserialize)]
struct Config {
    hidden_act: Option<String>,
    vision_config: Option<VisionConfig>,
}

#[derive(Deserialize)]
struct VisionConfig {
    hidden_act: Option<String>,
}

/// Checks that an image encoder of CLIP has the activation of the configuration beside its weights,
/// if there is one.
///
/// # Errors
/// Returns [`ExtractError::OtherActivation`] if the configuration names another activation.
pub(super) fn check_activation(weights: &Path, architecture: &'static str) -> Result<()> {
    let path = weights.with_file_name("config.json");
    let Some(found) = activation(&path) else {
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
        false => Err(Error::from(ExtractError::OtherActivation {
            architecture,
            activation: found,
            other,
        })
        .in_file(path)),
    }
}

/// Returns the activation in a configuration, or `None` if it has none or cannot be read.
fn activation(path: &Path) -> Option<String> {
    let mut text = vec![0; MAX_BYTES];
    let n = read_up_to(&mut open(path).ok()?, &mut text).ok()?;
    let config: Config = serde_json::from_slice(&text[..n]).ok()?;
    let of_images = config.vision_config.and_then(|config| config.hidden_act);
    of_images.or(config.hidden_act)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_activation_is_that_of_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("model.safetensors");
        let check = |text: &str, architecture| {
            std::fs::write(folder.path().join("config.json"), text).unwrap();
            check_activation(&weights, architecture)
        };
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
}
