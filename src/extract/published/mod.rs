//! Published weights: training data, objective, preprocessing, accuracy and the repository on the
//! Hugging Face hub.

mod model_name;
mod table;

pub use model_name::ModelName;

use crate::error::{ArgumentError, Result};
use crate::extract::nearest::nearest;
use crate::extract::preprocess::Preprocessing;

/// Published weights of an [`Architecture`](super::Architecture), with the factors analysed in the
/// paper: architecture, training data, objective and ImageNet accuracy.
///
/// ```
/// use human_alignment::extract::PublishedWeights;
///
/// let weights = PublishedWeights::named("resnet50.imagenet1k_v1")?;
/// assert_eq!(weights.architecture(), "resnet50");
/// assert_eq!(weights.training_data(), "ImageNet-1k");
/// assert_eq!(weights.imagenet_top1(), Some(76.13));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedWeights {
    architecture: &'static str,
    tag: &'static str,
    preprocessing: Preprocessing,
    training_data: &'static str,
    objective: &'static str,
    imagenet_top1: Option<f64>,
    hub: Option<HubFile>,
}

/// A file on the Hugging Face hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HubFile {
    /// Name of the repository, `owner/name`.
    pub repository: &'static str,
    /// Path of the file in the repository.
    pub file: &'static str,
    /// Prefix of the names of the parameters in the file.
    pub prefix: &'static str,
}

impl PublishedWeights {
    /// Returns all known weights. Those of one architecture follow each other, the default ones
    /// first.
    pub fn all() -> impl Iterator<Item = Self> {
        table::TABLE.iter().cloned()
    }

    /// Returns the weights with a name `architecture.tag`. The name of an architecture alone
    /// selects its default weights, which are the first of its weights.
    ///
    /// # Errors
    /// Returns [`ArgumentError::UnknownName`], with the most similar names, if there are no such
    /// weights.
    pub fn named(name: &str) -> Result<Self> {
        let mut all = Self::all();
        let found = all.find(|weights| weights.name() == name || weights.architecture == name);
        found.ok_or_else(|| {
            ArgumentError::UnknownName {
                what: "published weights",
                name: name.into(),
                nearest: nearest(name, Self::all().map(|weights| weights.name())),
            }
            .into()
        })
    }

    /// Returns the name, `architecture.tag`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.architecture, self.tag)
    }

    /// Returns the name of the architecture.
    pub fn architecture(&self) -> &'static str {
        self.architecture
    }

    /// Returns the tag, such as `imagenet1k_v1`.
    pub fn tag(&self) -> &'static str {
        self.tag
    }

    /// Returns true if these are the weights of an architecture with a tag.
    fn is(&self, architecture: &str, tag: &str) -> bool {
        (self.architecture, self.tag) == (architecture, tag)
    }

    /// Returns the preprocessing of images for these weights.
    pub fn preprocessing(&self) -> Preprocessing {
        self.preprocessing
    }

    /// Returns the training data, such as `ImageNet-1k`.
    pub fn training_data(&self) -> &'static str {
        self.training_data
    }

    /// Returns the training objective, such as `supervised`.
    pub fn objective(&self) -> &'static str {
        self.objective
    }

    /// Returns the published top-1 accuracy on the validation images of ImageNet, in %, if known.
    pub fn imagenet_top1(&self) -> Option<f64> {
        self.imagenet_top1
    }

    /// Returns the file on the Hugging Face hub, if one has parameter names that fit the
    /// architecture.
    #[cfg(feature = "hub")]
    pub(super) fn hub(&self) -> Option<&HubFile> {
        self.hub.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::extract::Architecture;

    #[test]
    fn every_name_is_there_once_and_has_an_architecture() {
        let mut names = BTreeSet::new();
        for weights in PublishedWeights::all() {
            assert!(names.insert(weights.name()), "{}", weights.name());
            let architecture = Architecture::named(weights.architecture()).unwrap();
            assert_eq!(weights, PublishedWeights::named(&weights.name()).unwrap());
            let [_, height, width] = weights.preprocessing().shape();
            assert_eq!(height, width);
            // The default weights have the input size of the architecture.
            if PublishedWeights::named(weights.architecture()).unwrap() == weights {
                assert_eq!(architecture.input_size(), width, "{}", weights.name());
            }
        }
        let refused = PublishedWeights::named("resnet50.imagenet1k_v3")
            .unwrap_err()
            .report()
            .to_string();
        assert!(refused.contains("resnet50.imagenet1k_v"), "{refused}");
    }
}
