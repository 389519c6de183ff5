//! Architectures of networks.

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::extract::builder::Builder;
use crate::extract::module::Sequential;
use crate::extract::preprocess::Preprocessing;
use crate::extract::published::PublishedWeights;
use crate::extract::tap::Axes;

type Build = dyn Fn(&Builder<'_>) -> Result<Sequential> + Send + Sync;

/// An architecture of a network: what it computes, and the names of its parameters and modules.
///
/// The names are those of torchvision, timm or open_clip, so that their checkpoints can be loaded
/// unchanged.
///
/// ```
/// use human_alignment::extract::Architecture;
///
/// let resnet = Architecture::named("resnet50")?;
/// assert_eq!((resnet.family(), resnet.input_size()), ("ResNet", 224));
/// let refused = Architecture::named("resnet5").unwrap_err().to_string();
/// assert!(refused.contains("resnet50"), "{refused}");
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Clone)]
pub struct Architecture {
    name: &'static str,
    family: &'static str,
    input_size: usize,
    head: Head,
    channels_last: &'static [&'static str],
    channels_first: &'static [&'static str],
    former_names: &'static [(&'static str, &'static str)],
    channels_last_ends: &'static [&'static str],
    build: Arc<Build>,
}

/// The paths of the last two modules of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) struct Head {
    /// Path of the module whose output is the logits, or the embedding of a network without a
    /// classifier.
    pub logits: &'static str,
    /// Path of the module before the last one, as in Muttenthaler et al. (2023).
    pub penultimate: &'static str,
}

impl Architecture {
    /// Creates an architecture for images of 224 × 224 pixels.
    pub(in crate::extract) fn new(
        name: &'static str,
        family: &'static str,
        head: Head,
        build: impl Fn(&Builder<'_>) -> Result<Sequential> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            family,
            input_size: 224,
            head,
            channels_last: &[],
            channels_first: &[],
            former_names: &[],
            channels_last_ends: &[],
            build: Arc::new(build),
        }
    }

    /// Sets the prefixes of the paths of modules whose output is height × width × channels.
    pub(in crate::extract) fn with_channels_last(
        mut self,
        prefixes: &'static [&'static str],
    ) -> Self {
        self.channels_last = prefixes;
        self
    }

    /// Sets the prefixes of the paths of exceptions, whose output is channels × height × width.
    pub(in crate::extract) fn with_channels_first(
        mut self,
        prefixes: &'static [&'static str],
    ) -> Self {
        self.channels_first = prefixes;
        self
    }

    /// Sets parts of parameter names in older checkpoints, each with its current form.
    pub(in crate::extract) fn with_former_names(
        mut self,
        names: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.former_names = names;
        self
    }

    /// Sets the suffixes of the paths of modules whose output is height × width × channels.
    pub(in crate::extract) fn with_channels_last_ends(
        mut self,
        ends: &'static [&'static str],
    ) -> Self {
        self.channels_last_ends = ends;
        self
    }

    /// Sets the height and width of the input images, in pixels.
    pub(in crate::extract) fn with_input_size(mut self, size: usize) -> Self {
        self.input_size = size;
        self
    }

    /// Returns the name of the architecture, such as `resnet50`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the family of the architecture, such as `ResNet`.
    pub fn family(&self) -> &'static str {
        self.family
    }

    /// Returns the height and width of the images that the architecture was designed for, in
    /// pixels.
    pub fn input_size(&self) -> usize {
        self.input_size
    }

    /// Returns the preprocessing of the first [`PublishedWeights`] of the architecture, or that of
    /// ImageNet if there are none.
    ///
    /// Other weights of the architecture may need a different preprocessing.
    pub fn preprocessing(&self) -> Preprocessing {
        let published = PublishedWeights::named(self.name);
        published.map_or(Preprocessing::IMAGENET, |weights| weights.preprocessing())
    }

    /// Returns the path of a module; the names `logits` and `penultimate` are replaced by the paths
    /// of these modules.
    pub(in crate::extract) fn module<'n>(&self, name: &'n str) -> &'n str
    where
        'static: 'n,
    {
        match name {
            "logits" => self.head.logits,
            "penultimate" => self.head.penultimate,
            path => path,
        }
    }

    /// Returns the order of the axes of the output of a module.
    pub(in crate::extract) fn axes(&self, path: &str) -> Axes {
        let begins = |prefixes: &[&str]| prefixes.iter().any(|p| path.starts_with(p));
        let ends = self.channels_last_ends.iter().any(|p| path.ends_with(p));
        match ends || begins(self.channels_last) && !begins(self.channels_first) {
            true => Axes::ChannelsLast,
            false => Axes::ChannelsFirst,
        }
    }

    /// Returns the current name of a parameter, given its name in a checkpoint.
    pub(in crate::extract) fn current_name(&self, stored: &str) -> String {
        let replace = |name: String, (former, now): &(&str, &str)| name.replace(former, now);
        self.former_names.iter().fold(stored.to_owned(), replace)
    }

    pub(in crate::extract) fn build(&self, builder: &Builder<'_>) -> Result<Sequential> {
        (self.build)(builder)
    }
}

impl fmt::Debug for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Architecture")
            .field("name", &self.name)
            .field("family", &self.family)
            .field("input_size", &self.input_size)
            .finish_non_exhaustive()
    }
}
