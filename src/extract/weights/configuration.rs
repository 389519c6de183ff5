//! A configuration that a library writes beside the weights of a network.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, ExtractError, FileError, Result};
use crate::io::open_file;

/// Reads the text of a configuration, of at most 16 MB: a longer one is cut and not valid. Leaves out
/// a byte order mark at the beginning.
///
/// # Errors
/// Returns [`FileError::Read`].
pub(in crate::extract) fn read_text(path: &Path) -> Result<Vec<u8>> {
    const MAX_BYTES: u64 = 1 << 24;
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

    let mut text = Vec::new();
    let read = open_file(path)?.take(MAX_BYTES).read_to_end(&mut text);
    read.map_err(|error| FileError::unreadable(path, error))?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(text)
}

/// A configuration beside the weights.
pub(super) struct Configuration {
    pub path: PathBuf,
    /// Name of the file.
    pub name: &'static str,
    pub value: Value,
}

impl Configuration {
    /// Reads a configuration, or returns `None` if there is no such file.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] or [`FileError::Malformed`] if it cannot be read.
    pub fn beside(weights: &Path, name: &'static str) -> Result<Option<Self>> {
        let path = weights.with_file_name(name);
        if !path.exists() {
            return Ok(None);
        }
        match serde_json::from_slice(&read_text(&path)?) {
            Ok(value) => Ok(Some(Self { path, name, value })),
            Err(error) => {
                let reason = format!("{error}; repair it, or remove it if it is of other weights");
                Err(FileError::malformed(name, reason).in_file(path))
            }
        }
    }

    /// Adds the file to an error.
    pub fn locate(&self, error: ExtractError) -> Error {
        Error::from(error).in_file(&self.path)
    }
}
