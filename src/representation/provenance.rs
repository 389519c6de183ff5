//! Where a representation comes from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where a representation comes from: what has to be the same for two matrices to be the same.
///
/// It travels with the features into files and back, so that features of other weights or of
/// another preprocessing are noticed. Every field is optional; what has no field of its own goes
/// into the named notes.
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
    /// Sets the model that made the features.
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

    /// Leaves out a named note.
    #[must_use]
    pub fn without_note(mut self, name: &str) -> Self {
        self.notes.remove(name);
        self
    }

    /// The model that made the features.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The layer or module that the features were taken from.
    pub fn tap(&self) -> Option<&str> {
        self.tap.as_deref()
    }

    /// The hash of the weights.
    pub fn weights(&self) -> Option<&str> {
        self.weights.as_deref()
    }

    /// The hash or name of the preprocessing of the images.
    pub fn preprocessing(&self) -> Option<&str> {
        self.preprocessing.as_deref()
    }

    /// The note of this name.
    pub fn note(&self, name: &str) -> Option<&str> {
        self.notes.get(name).map(String::as_str)
    }
}
