//! What a network needs, without the values of its parameters.

use std::collections::BTreeSet;

use candle_core::Device;

use crate::error::Result;
use crate::extract::architecture::Architecture;
use crate::extract::builder::{Context, Entry, Init, Parameters};
use crate::extract::layers::Activation;
use crate::extract::taps::TapTable;
use crate::linalg::zeroed;

/// The parameters and modules of a network.
pub(in crate::extract) struct Outline {
    /// Parameters and buffers, in the order in which modules use them.
    pub entries: Vec<Entry>,
    /// Paths of all modules that can be tapped, in order.
    pub paths: Vec<String>,
    /// Numbers of heads of attention, in order and without repetitions.
    pub n_heads: Vec<usize>,
    /// Activations between layers, without repetitions.
    pub activations: Vec<Activation>,
    /// Epsilons of the normalizations, without repetitions.
    pub epsilons: Vec<f64>,
    needed: BTreeSet<String>,
}

impl Outline {
    /// Checks whether a tap depends on a parameter.
    pub fn is_needed(&self, key: &str) -> bool {
        self.needed.contains(key)
    }

    /// Checks whether all parameters that this outline has in common with another one have the same
    /// shapes.
    pub fn has_shapes_of(&self, other: &Self) -> bool {
        self.entries.iter().all(|entry| {
            let mut others = other.entries.iter();
            let same = others.find(|other| other.key == entry.key);
            same.is_none_or(|same| same.shape == entry.shape)
        })
    }

    /// Returns the names of the modules at the top level, in order, without the outputs that are no
    /// modules in PyTorch.
    pub fn modules(&self) -> Vec<String> {
        let mut modules: Vec<String> = Vec::new();
        for path in &self.paths {
            let name = path.split('.').next().unwrap_or_default();
            let is_module = !matches!(name, "penultimate" | "output");
            if is_module && !modules.iter().any(|module| module == name) {
                modules.push(name.to_owned());
            }
        }
        modules
    }

    /// Returns the names of the blocks of networks that have them in stages, `blocks.0.0`, in order.
    pub fn blocks(&self) -> Vec<String> {
        let parts = self.paths.iter().map(|path| path.split('.'));
        let blocks = parts.filter_map(|mut parts| {
            let (module, stage, block) = (parts.next()?, parts.next()?, parts.next()?);
            let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            let is_block = module == "blocks" && is_number(stage) && is_number(block);
            is_block.then(|| format!("{module}.{stage}.{block}"))
        });
        let mut blocks: Vec<String> = blocks.collect();
        blocks.dedup();
        blocks
    }
}

/// Parameters with their published shapes, whose values do not matter.
struct Published;

impl Parameters for Published {
    fn values(&self, _: &str, shape: &[usize], _: Init) -> Result<Vec<f32>> {
        zeroed(shape.iter().product(), "the parameters of a network")
    }
}

/// A network that is to be built, with the paths of the modules that are tapped.
pub(in crate::extract) struct Expected<'a> {
    architecture: &'a Architecture,
    taps: &'a [&'a str],
    asks_logits: bool,
    asks_penultimate: bool,
    /// The outline with the published shapes of all parameters.
    pub published: Outline,
}

impl<'a> Expected<'a> {
    pub fn new(architecture: &'a Architecture, taps: &'a [&'a str]) -> Result<Self> {
        Ok(Self {
            architecture,
            taps,
            asks_logits: false,
            asks_penultimate: false,
            published: outline(architecture, taps, &Published)?,
        })
    }

    /// Notes whether the user asked for `logits` and `penultimate` by these names.
    pub fn with_names(mut self, names: &[&str]) -> Self {
        self.asks_logits = names.contains(&"logits");
        self.asks_penultimate = names.contains(&"penultimate");
        self
    }

    /// Checks whether the user asked for `penultimate` by this name.
    pub fn asks_penultimate(&self) -> bool {
        self.asks_penultimate
    }

    /// Returns the path of the last block of a network whose blocks are numbered in a module.
    pub fn last_block(&self, module: &str) -> Option<&str> {
        let is_block = |path: &&str| {
            let number = path.strip_prefix(module).and_then(|p| p.strip_prefix('.'));
            number.is_some_and(|number| number.parse::<usize>().is_ok())
        };
        let mut paths = self.published.paths.iter().map(String::as_str).rev();
        paths.find(is_block)
    }

    /// Returns the name of the module that computes the logits.
    pub fn logits(&self) -> &str {
        self.architecture.module("logits")
    }

    /// Returns the path of the last linear layer of the module that computes the logits, if these are
    /// of classes.
    pub fn classifier(&self) -> Option<&str> {
        if self.family() == "CLIP" {
            return None;
        }
        let mut entries = self.published.entries.iter().rev();
        entries.find_map(|entry| {
            let layer = entry.key.strip_suffix(".weight")?;
            let rest = layer.strip_prefix(self.logits())?;
            let is_within = rest.is_empty() || rest.starts_with('.');
            (is_within && entry.shape.len() == 2).then_some(layer)
        })
    }

    /// Returns the name of the architecture.
    pub fn architecture(&self) -> &'static str {
        self.architecture.name()
    }

    /// Returns the side of the images that the architecture was designed for, in pixels.
    pub fn input_size(&self) -> usize {
        self.architecture.input_size()
    }

    pub fn family(&self) -> &'static str {
        self.architecture.family()
    }

    /// Returns the name that the network uses for a parameter, given its name in a checkpoint.
    pub fn own_name(&self, stored: &str) -> String {
        self.architecture.current_name(stored)
    }

    /// Checks whether a module at the top level is computed after all taps, or is a missing
    /// classifier ([`lacks_logits`](Self::lacks_logits)).
    pub fn is_after_taps(&self, module: &str) -> bool {
        let is_classifier = self.architecture.module("logits") == module && self.lacks_logits();
        self.place(module) > self.last_tap() || is_classifier
    }

    /// Checks whether a tap is a module with this path, is within it or is computed after it.
    pub fn reaches(&self, path: &str) -> bool {
        // Modules are listed after those within them.
        let is_within = |other: &String| {
            let rest = other.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let first = self.published.paths.iter().position(is_within);
        first.is_some() && first <= self.last_tap()
    }

    /// Checks whether a tap is computed from the pooled outputs of the network.
    pub fn reaches_pooling(&self) -> bool {
        let ends = ["penultimate", "logits"].map(|name| self.architecture.module(name));
        let pools = ["avgpool", "global_pool", "head.global_pool"];
        pools.into_iter().chain(ends).any(|path| self.reaches(path))
    }

    fn place(&self, path: &str) -> Option<usize> {
        self.published.paths.iter().position(|other| other == path)
    }

    fn last_tap(&self) -> Option<usize> {
        self.taps.iter().filter_map(|tap| self.place(tap)).max()
    }

    /// Checks whether the logits are tapped of a network that has no classifier.
    pub fn lacks_logits(&self) -> bool {
        let logits = self.logits();
        // What CLIP returns is no classification, and is tapped as such by its own name.
        if self.family() == "CLIP" {
            return self.asks_logits;
        }
        let mut entries = self.published.entries.iter();
        let has_parameters = entries.any(|entry| entry.key.starts_with(&format!("{logits}.")));
        self.taps.contains(&logits) && !has_parameters
    }

    /// Returns the outline with the shapes of these parameters.
    pub fn outline(&self, parameters: &dyn Parameters) -> Result<Outline> {
        outline(self.architecture, self.taps, parameters)
    }
}

/// Builds a network without preparing its layers.
fn outline(
    architecture: &Architecture,
    taps: &[&str],
    parameters: &dyn Parameters,
) -> Result<Outline> {
    let table = TapTable::these(taps.iter().copied());
    let context = Context::outline(parameters, &table, &Device::Cpu);
    architecture.build(&context.root())?;
    let n_heads = context.n_heads();
    let (activations, epsilons) = (context.activations(), context.epsilons());
    let entries = context.into_entries();
    let needed = entries.iter().filter(|entry| entry.is_needed);
    Ok(Outline {
        needed: needed.map(|entry| entry.key.clone()).collect(),
        entries,
        n_heads,
        activations,
        epsilons,
        paths: table.into_names(),
    })
}
