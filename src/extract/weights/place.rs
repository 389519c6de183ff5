//! Where the parameters of a network are among the tensors of a file.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{is_counter, root, without_wrappers};
use super::other::Other;
use super::request::{Request, Selection};
use super::words::is_of_state;
use crate::extract::outline::{Expected, Outline};

/// Where the parameters of a network are in a file.
pub(super) struct Place<'l> {
    /// Beginning of the names of the network, with its final dot.
    pub prefix: String,
    /// Number of the dictionary.
    dictionary: usize,
    /// Beginnings of the names of other networks with the same parameters.
    copies: Vec<&'l str>,
    /// Those of them that are beginnings of the names of this network too.
    outer: Vec<&'l str>,
    /// Names of the parameters of the network after the prefix.
    names: BTreeSet<String>,
    /// Modules of the network at the top level, without a classifier after the taps.
    modules: BTreeSet<String>,
    /// Number of outputs of the first convolution: the width of tokens.
    pub width: Option<usize>,
}

impl<'l> Place<'l> {
    /// Finds the network by its first parameter. Returns `None` if no tap depends on a parameter.
    pub fn of(
        request: &Request<'_>,
        selection: &Selection,
        outline: &Outline,
        expected: &Expected<'_>,
        others: &[Other<'l>],
    ) -> Option<Self> {
        let mut needed = outline.entries.iter().filter(|entry| entry.is_needed);
        let first = needed.next()?;
        let stored = selection.compositions.get(&first.key)?.stored().next()?;
        let (key, _) = request.keys.iter().find(|(_, other)| *other == stored)?;
        let (key, name) = (without_wrappers(key), without_wrappers(stored));
        let dictionary = request.listing.get(stored)?.dictionary;
        let relative = key.strip_prefix(&selection.prefix)?.trim_start_matches('.');
        let prefix = name.strip_suffix(relative)?;
        // What else is under the name of a classifier after the taps may be of anything.
        let classifier = expected.classifier().map(root);
        let own = outline.entries.iter();
        let own = own.filter(|entry| entry.is_needed || Some(root(&entry.key)) != classifier);
        let own = own.flat_map(|entry| {
            let composition = selection.compositions.get(&entry.key);
            let stored = composition.into_iter().flat_map(|c| c.stored());
            let stored = stored.map(without_wrappers);
            let names = stored.filter_map(|name| Some(root(name.strip_prefix(prefix)?).to_owned()));
            names.chain([root(&entry.key).to_owned()])
        });
        let modules = own.collect();
        let stored = selection.compositions.values().flat_map(|c| c.stored());
        let shapes = stored.filter_map(|stored| {
            let name = without_wrappers(stored);
            let shape = request.listing.get(stored)?.shape.as_slice();
            Some((name.strip_prefix(prefix)?.to_owned(), shape))
        });
        let shapes: BTreeMap<String, &[usize]> = shapes.collect();
        let copies = others.iter().filter_map(|other| {
            let copy = other.name.strip_suffix(relative)?;
            let is_beginning = copy.is_empty() || copy.ends_with('.');
            (is_beginning && is_copy(copy, &shapes, others)).then_some(copy)
        });
        let (outer, copies) = copies.partition(|copy| prefix.starts_with(copy));
        let mut kernels = outline.entries.iter().filter(|e| e.shape.len() == 4);
        Some(Self {
            prefix: prefix.to_owned(),
            dictionary,
            copies,
            outer,
            names: shapes.into_keys().collect(),
            modules,
            width: kernels.next().map(|kernel| kernel.shape[0]),
        })
    }

    /// Checks whether a tensor is beside the network and its copies, and not of the state of a
    /// training. All other names in the dictionary of the network that have its beginning were compared
    /// with it.
    pub fn is_beside(&self, other: &Other<'_>) -> bool {
        let is_in = |prefix: &&str| other.name.starts_with(*prefix);
        let is_compared = self.has(other) && is_in(&self.prefix.as_str());
        let is_of_outer = |outer: &&str| {
            let name = other.name.strip_prefix(outer);
            name.is_some_and(|name| self.names.contains(name))
        };
        other.is_float
            && !is_compared
            && !self.outer.iter().any(is_of_outer)
            && !self.copies.iter().any(is_in)
            && (self.has(other) || !is_of_state(other.name))
    }

    /// Checks whether a tensor is of a module that the network does not have, here or in a copy of it,
    /// and not of the state of a training.
    pub fn is_of_other_module(&self, other: &Other<'_>) -> bool {
        let is_own = |beginning: &str| {
            let name = other.name.strip_prefix(beginning);
            name.is_some_and(|name| self.modules.contains(root(name)))
        };
        let mut copies = self.outer.iter().chain(&self.copies);
        other.is_float
            && !(self.has(other) && is_own(&self.prefix))
            && !copies.any(|copy| is_own(copy))
            && (self.has(other) || !is_of_state(other.name))
    }

    /// Checks whether a tensor is in the dictionary of the network.
    pub fn has(&self, other: &Other<'_>) -> bool {
        other.dictionary == self.dictionary
    }

    /// Returns the name of the module that has a tensor beside the network, or of the tensor.
    pub fn module<'n>(&self, name: &'n str) -> &'n str {
        let dots = name.match_indices('.').map(|(dot, _)| dot);
        let mut ends = dots.chain([name.len()]);
        let is_other = |&end: &usize| {
            let of_network = self.prefix.strip_prefix(&name[..end]);
            !of_network.is_some_and(|rest| rest.starts_with('.'))
        };
        &name[..ends.find(is_other).unwrap_or(name.len())]
    }

    /// Checks whether a tensor is of a module before the network in the same sequence.
    pub fn is_earlier(&self, name: &str) -> bool {
        let module = self.module(name);
        let at = module.rfind('.').map_or(0, |dot| dot + 1);
        let number = |name: &str| root(name).parse::<usize>().ok();
        match (
            number(&module[at..]),
            self.prefix.get(at..).and_then(number),
        ) {
            (Some(other), Some(own)) => other < own,
            _ => false,
        }
    }
}

/// Checks whether at least half of the parameters of the network have the same names and shapes after
/// another beginning. A module in front of it can have the name of its first parameter.
fn is_copy(copy: &str, shapes: &BTreeMap<String, &[usize]>, others: &[Other<'_>]) -> bool {
    let is_buffer = |name: &str| name.ends_with("running_mean") || name.ends_with("running_var");
    let same = others.iter().filter(|other| {
        let name = other.name.strip_prefix(copy).filter(|n| !is_buffer(n));
        let shape = name.and_then(|name| shapes.get(name));
        other.is_float && shape.is_some_and(|shape| *shape == other.shape)
    });
    let parameters = shapes.keys().filter(|name| !is_buffer(name));
    2 * same.count() >= parameters.filter(|name| !is_counter(name)).count()
}
