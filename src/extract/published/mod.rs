//! Published weights: what they were trained on and for, how their images are preprocessed, and where
//! they are to be had.

mod others;
mod torchvision;
mod transformers;

use crate::error::{ArgumentError, Result};
use crate::extract::nearest::nearest;
use crate::extract::preprocess::Preprocessing;

/// Weights that somebody publishes for an [`Architecture`](super::Architecture), with the factors of the
/// paper's analysis: architecture, training data, objective, and accuracy on ImageNet.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubFile {
    /// The repository, `owner/name`.
    pub repository: String,
    /// The file in it.
    pub file: &'static str,
    /// What the names of the parameters begin with there.
    pub prefix: &'static str,
}

impl PublishedWeights {
    fn new(
        architecture: &'static str,
        tag: &'static str,
        preprocessing: Preprocessing,
        training_data: &'static str,
        objective: &'static str,
    ) -> Self {
        Self {
            architecture,
            tag,
            preprocessing,
            training_data,
            objective,
            imagenet_top1: None,
            hub: None,
        }
    }

    fn with_imagenet_top1(mut self, percent: f64) -> Self {
        self.imagenet_top1 = Some(percent);
        self
    }

    fn on_hub(mut self, repository: String, file: &'static str, prefix: &'static str) -> Self {
        self.hub = Some(HubFile {
            repository,
            file,
            prefix,
        });
        self
    }

    /// All that are known here; those of one architecture stand together, the first of them first.
    pub fn all() -> impl Iterator<Item = Self> {
        torchvision::all()
            .chain(others::all())
            .chain(transformers::all())
    }

    /// The weights of this name, `architecture.tag`; an architecture alone means its first.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the most similar names.
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

    /// Their name: the architecture and, behind a dot, which of its weights they are.
    pub fn name(&self) -> String {
        format!("{}.{}", self.architecture, self.tag)
    }

    /// The name of the architecture.
    pub fn architecture(&self) -> &'static str {
        self.architecture
    }

    /// How images are preprocessed for them.
    pub fn preprocessing(&self) -> Preprocessing {
        self.preprocessing
    }

    /// What they were trained on.
    pub fn training_data(&self) -> &'static str {
        self.training_data
    }

    /// What they were trained for.
    pub fn objective(&self) -> &'static str {
        self.objective
    }

    /// The share of ImageNet's validation images that they classify correctly, in %, as published.
    pub fn imagenet_top1(&self) -> Option<f64> {
        self.imagenet_top1
    }

    /// Where they are on the hub, if they are there under the names that the architecture has.
    pub fn hub(&self) -> Option<&HubFile> {
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
            let [_, height, width] = weights.preprocessing().shape();
            assert_eq!(height, width);
            // The first of an architecture is what it is said to be made for.
            if PublishedWeights::named(weights.architecture()).unwrap() == weights {
                assert_eq!(architecture.input_size(), width, "{}", weights.name());
            }
        }
        let refused = PublishedWeights::named("resnet50.v3")
            .unwrap_err()
            .report()
            .to_string();
        assert!(refused.contains("resnet50.imagenet1k_v"), "{refused}");
    }
}
