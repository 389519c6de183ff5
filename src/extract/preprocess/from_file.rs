//! Preprocessing that a file describes.

use std::path::Path;

use serde_json::Value;

use super::Preprocessing;
use crate::error::{FileError, Result};
use crate::extract::weights::configuration::read_text;
use crate::extract::weights::images_config;

impl Preprocessing {
    /// Reads a preprocessing from a JSON file: as this crate serialises it, or a configuration that
    /// transformers (`preprocessor_config.json`), open_clip (`open_clip_config.json`) or timm
    /// (`config.json`) write beside weights.
    ///
    /// # Errors
    /// Returns [`FileError::Read`](crate::error::FileError::Read) if the file cannot be read. Within
    /// `Context::File`, returns [`FileError::Malformed`](crate::error::FileError::Malformed) if it
    /// does not determine the sizes, the interpolation and the normalisation, or if these are not
    /// those of a [`preset`](Self::preset).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        parse(&read_text(path)?).map_err(|error| error.in_file(path))
    }
}

/// Parses the content of a file.
fn parse(text: &[u8]) -> Result<Preprocessing> {
    let malformed = |error| FileError::malformed("preprocessing", error);
    let value: Value = serde_json::from_slice(text).map_err(malformed)?;
    let Some(described) = images_config::of_any(&value) else {
        return serde_json::from_value(value).map_err(malformed);
    };
    if let Some(preset) = described.preset() {
        return Preprocessing::preset(&preset);
    }
    let found = described.unusual.map_or_else(
        || "it does not determine all of size, interpolation, mean and std".to_owned(),
        |unusual| format!("{unusual} is not supported"),
    );
    let problem = format!("{found}: name a preprocessing, such as imagenet-256-bilinear-224");
    Err(FileError::malformed("preprocessing", problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Preprocessing> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("preprocessor_config.json");
        std::fs::write(&path, text).unwrap();
        Preprocessing::from_file(&path)
    }

    #[test]
    fn configurations_and_serialised_preprocessings_are_read() {
        let vit = r#"{"do_resize": true, "size": {"height": 224, "width": 224}, "resample": 3,
            "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}"#;
        assert_eq!(read(vit).unwrap(), Preprocessing::SIGLIP);
        let processor = format!(r#"{{"image_processor": {vit}}}"#);
        assert_eq!(read(&processor).unwrap(), Preprocessing::SIGLIP);
        let own = serde_json::to_string(&Preprocessing::CLIP).unwrap();
        assert_eq!(read(&own).unwrap(), Preprocessing::CLIP);
        for (text, part) in [
            (vit.replace("\"resample\": 3,", ""), "does not determine"),
            (vit.replace("true", "false"), "do_resize false"),
            (r#"{"architectures": []}"#.to_owned(), "unknown field"),
            ("[".to_owned(), "EOF"),
        ] {
            let refused = read(&text).unwrap_err().report().to_string();
            let is_named = refused.contains("preprocessor_config.json");
            assert!(is_named && refused.contains(part), "{refused}");
        }
    }
}
