//! The names and shapes of stored tensors.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::error::{Error, ExtractError};

/// A tensor in a file or in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::extract) struct StoredTensor {
    pub shape: Vec<usize>,
    pub is_float: bool,
    /// Number of the dictionary in which the tensor is stored.
    pub dictionary: usize,
    /// The place of the values, which a tensor shares with its copies under other names, if it is
    /// known.
    pub place: Option<String>,
}

/// Returns the number of elements of a tensor of a stored shape, which may be impossible; then it is
/// the largest number.
pub(super) fn n_elements(shape: &[usize]) -> usize {
    let lengths = shape.iter();
    lengths.fold(1, |n: usize, &length| n.saturating_mul(length))
}

/// Stored tensors by name. The names of nested dictionaries are joined with dots.
pub(in crate::extract) type Listing = BTreeMap<String, StoredTensor>;

/// What a checkpoint says about the training of its parameters.
#[derive(Debug, Clone, Default)]
pub(in crate::extract) struct Training {
    pub(super) named: Vec<NamedArchitecture>,
    pub(super) settings: Vec<Setting>,
}

/// A setting of a training.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    /// Name in small letters, after those of the dictionaries that it is in, joined with dots.
    pub name: String,
    pub value: Value,
    /// The file beside the weights that has it, unless it is in the checkpoint.
    pub file: Option<PathBuf>,
}

impl Setting {
    /// Creates a setting in the checkpoint.
    pub fn new(name: &str, value: Value) -> Self {
        Self {
            name: name.to_lowercase(),
            value,
            file: None,
        }
    }

    /// Adds the file that has the setting to an error, unless it is in the checkpoint.
    pub fn locate(&self, error: ExtractError) -> Error {
        match &self.file {
            Some(file) => Error::from(error).in_file(file),
            None => error.into(),
        }
    }

    /// Returns the name without those of the dictionaries.
    pub fn key(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or_default()
    }

    /// Returns the names of the dictionaries.
    pub fn place(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(place, _)| place)
    }
}

/// The name of an architecture that was stored with parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedArchitecture {
    /// Name of the setting.
    pub setting: String,
    pub name: String,
    /// Whether timm stored it, so that it is a name of timm.
    pub by_timm: bool,
    /// Arguments of the network that timm stored with it, by name.
    pub arguments: Vec<(String, Value)>,
}

impl NamedArchitecture {
    /// Creates the name that a program other than timm stored in a setting.
    pub fn new(setting: &str, name: &str) -> Self {
        Self {
            setting: setting.to_owned(),
            name: name.to_owned(),
            by_timm: false,
            arguments: Vec::new(),
        }
    }
}
