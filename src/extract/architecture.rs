//! Networks by name.

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::extract::builder::Builder;
use crate::extract::module::Sequential;
use crate::extract::preprocess::Preprocessing;
use crate::extract::published::PublishedWeights;
use crate::extract::tap::Axes;

type Build = dyn Fn(&Builder<'_>) -> Result<Sequential> + Send + Sync;

/// The architecture of a network: what it computes, and the names of its parameters and modules, which
/// are those of torchvision, timm or open_clip, so that their checkpoints load unchanged.
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

/// What the ends of a network are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) struct Head {
    /// The module whose output is the logits, or the embedding of a network without a classifier.
    pub logits: &'static str,
    /// The module before it, as the paper means it.
    pub penultimate: &'static str,
}

impl Architecture {
    /// A network for images of 224 × 224.
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

    /// Says whose modules give height × width × channels: those whose paths begin with one of these.
    pub(in crate::extract) fn with_channels_last(
        mut self,
        prefixes: &'static [&'static str],
    ) -> Self {
        self.channels_last = prefixes;
        self
    }

    /// Says whose modules among those give channels × height × width all the same.
    pub(in crate::extract) fn with_channels_first(
        mut self,
        prefixes: &'static [&'static str],
    ) -> Self {
        self.channels_first = prefixes;
        self
    }

    /// Gives what older checkpoints have in the names of parameters, and what is there now.
    pub(in crate::extract) fn with_former_names(
        mut self,
        names: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.former_names = names;
        self
    }

    /// Says whose modules give height × width × channels: those whose paths end with one of these.
    pub(in crate::extract) fn with_channels_last_ends(
        mut self,
        ends: &'static [&'static str],
    ) -> Self {
        self.channels_last_ends = ends;
        self
    }

    /// Sets the height and width of the images that it was made for.
    pub(in crate::extract) fn with_input_size(mut self, size: usize) -> Self {
        self.input_size = size;
        self
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The family that it belongs to.
    pub fn family(&self) -> &'static str {
        self.family
    }

    /// Height and width of the images that it was made for.
    pub fn input_size(&self) -> usize {
        self.input_size
    }

    /// The preprocessing of the first [`PublishedWeights`] of the architecture; that of ImageNet where there
    /// are none. Other weights may want another.
    pub fn preprocessing(&self) -> Preprocessing {
        let published = PublishedWeights::named(self.name);
        published.map_or(Preprocessing::IMAGENET, |weights| weights.preprocessing())
    }

    /// The path of the module that `name` means: itself, or that of `logits` and `penultimate`.
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

    /// What the axes of the output of a module are.
    pub(in crate::extract) fn axes(&self, path: &str) -> Axes {
        let begins = |prefixes: &[&str]| prefixes.iter().any(|p| path.starts_with(p));
        let ends = self.channels_last_ends.iter().any(|p| path.ends_with(p));
        match ends || begins(self.channels_last) && !begins(self.channels_first) {
            true => Axes::ChannelsLast,
            false => Axes::ChannelsFirst,
        }
    }

    /// What a parameter that a checkpoint calls so is called now.
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
