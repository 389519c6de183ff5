//! The provenance of features.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;

/// Name of the note with the hash of the names of features.
const COLUMNS: &str = "columns";

/// A record of where features come from: the model, the layer, and hashes of weights and
/// preprocessing.
///
/// It is stored in files together with the features, so that features of other weights or another
/// preprocessing can be recognized. Every field is optional; other information can be stored in
/// named notes.
///
/// ```
/// use human_alignment::Provenance;
///
/// let provenance = Provenance::default()
///     .with_model("alexnet")
///     .with_tap("classifier.4")
///     .with_note("training data", "ImageNet-1k");
/// assert_eq!(provenance.tap(), Some("classifier.4"));
/// assert_eq!(provenance.note("training data"), Some("ImageNet-1k"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tap: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weights: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preprocessing: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    notes: BTreeMap<String, String>,
}

impl Provenance {
    /// Sets the name of the model that computed the features.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Sets the layer or module that the features were taken from.
    #[must_use]
    pub fn with_tap(mut self, tap: impl Into<String>) -> Self {
        self.tap = Some(tap.into());
        self
    }

    /// Sets the hash of the weights.
    #[must_use]
    pub fn with_weights(mut self, hash: impl Into<String>) -> Self {
        self.weights = Some(hash.into());
        self
    }

    /// Sets the hash or name of the preprocessing of the images.
    #[must_use]
    pub fn with_preprocessing(mut self, preprocessing: impl Into<String>) -> Self {
        self.preprocessing = Some(preprocessing.into());
        self
    }

    /// Adds or replaces a named note.
    #[must_use]
    pub fn with_note(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.notes.insert(name.into(), value.into());
        self
    }

    /// Removes a named note.
    #[must_use]
    pub fn without_note(mut self, name: &str) -> Self {
        self.notes.remove(name);
        self
    }

    /// Returns the name of the model that computed the features.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Returns the layer or module that the features were taken from.
    pub fn tap(&self) -> Option<&str> {
        self.tap.as_deref()
    }

    /// Returns the hash of the weights.
    pub fn weights(&self) -> Option<&str> {
        self.weights.as_deref()
    }

    /// Returns the hash or name of the preprocessing of the images.
    pub fn preprocessing(&self) -> Option<&str> {
        self.preprocessing.as_deref()
    }

    /// Sets the names of the features, such as those of the columns of a table. A hash of them is
    /// stored as the note `"columns"`.
    #[must_use]
    pub(crate) fn with_columns(self, names: &[&str]) -> Self {
        let mut fingerprint = Fingerprint::new("columns");
        names.iter().for_each(|name| fingerprint.text(name));
        self.with_note(COLUMNS, fingerprint.finish())
    }

    /// Returns the hash of the names of the features.
    pub(crate) fn columns(&self) -> Option<&str> {
        self.note(COLUMNS)
    }

    /// Returns the note with the given name.
    pub fn note(&self, name: &str) -> Option<&str> {
        self.notes.get(name).map(String::as_str)
    }
}
