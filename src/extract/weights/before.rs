//! Tensors beside a network that change its images or tokens: layers in front of it or within it, and
//! prompts.
//!
//! Such layers have other names than the network, so that it fits without them.

use std::collections::{BTreeMap, BTreeSet};

use super::other::{Other, refuse};
use super::place::Place;
use super::words::{has_word, is_of_other_network};
use crate::error::Result;

/// Words in the names of layers for images, whatever their shape.
const OF_IMAGES: [&str; 7] = [
    "blur",
    "gabor",
    "lgn",
    "lowpass",
    "perturbation",
    "vone",
    "vonenet",
];

/// Words in the names of tokens that are added to those of the image.
const PROMPTS: [&str; 4] = ["prompt", "prompts", "prompter", "vpt"];

/// Words in the names of layers that are added within a network.
const WITHIN: [&str; 6] = [
    "adapter",
    "adapters",
    "adaptformer",
    "adaptmlp",
    "lora",
    "temporal",
];

/// What the modules beside the network have.
struct Neighbours<'l> {
    shapes: BTreeMap<&'l str, &'l [usize]>,
    /// Numbers of tensors with a value for each colour, by their modules.
    n_of_colors: BTreeMap<&'l str, usize>,
    /// Modules beside the network with matrices or kernels.
    with_matrices: BTreeSet<&'l str>,
    /// Modules beside the network with kernels whose outputs have the channels of an image.
    with_kernels_of_images: BTreeSet<&'l str>,
    /// Modules beside the network with other tensors that change colours.
    that_change_colors: BTreeSet<&'l str>,
}

impl<'l> Neighbours<'l> {
    fn of(place: &Place<'_>, others: &[Other<'l>]) -> Self {
        let mut n_of_colors = BTreeMap::new();
        for other in others.iter().filter(|other| *other.shape == [3]) {
            *n_of_colors.entry(other.module()).or_default() += 1;
        }
        let matrices = others.iter().filter(|other| other.shape.len() > 1);
        let mut neighbours = Self {
            shapes: others
                .iter()
                .map(|other| (other.name, other.shape))
                .collect(),
            n_of_colors,
            with_matrices: matrices.map(|other| place.module(other.name)).collect(),
            with_kernels_of_images: BTreeSet::new(),
            that_change_colors: BTreeSet::new(),
        };
        let of_kernels = others.iter().filter(|other| match *other.shape {
            [3, _, _, _] => true,
            [n, 3, _, _] => n > 1 && !neighbours.reads_colors(place, other),
            _ => false,
        });
        let of_kernels: BTreeSet<&str> = of_kernels.map(|o| place.module(o.name)).collect();
        let of_others = others.iter().filter(|other| match *other.shape {
            [n, 3, _, _] => n == 1,
            _ => neighbours.reads_colors(place, other),
        });
        let of_others = of_others.map(|other| place.module(other.name)).collect();
        neighbours.with_kernels_of_images = of_kernels;
        neighbours.that_change_colors = of_others;
        neighbours
    }

    /// Checks whether a tensor could be of a module that computes the images of the network. In the
    /// dictionary of the network, a tensor that reads colours is enough; in another one, the module has
    /// to compute colours, and if it has the name of another network, with kernels.
    fn is_of_images(&self, place: &Place<'_>, other: &Other<'_>) -> bool {
        let module = place.module(other.name);
        let has_kernels = self.with_kernels_of_images.contains(module);
        let is_meant = match is_of_other_network(other.name) {
            true => has_kernels && matches!(*other.shape, [n, 3, _, _] if n > 1),
            false => place.has(other) || has_kernels || self.that_change_colors.contains(module),
        };
        is_meant && self.reads_colors(place, other)
    }

    /// Checks whether a tensor has the shape of a kernel that reads the colours of an image, of a
    /// matrix of colours, or of an image, or is of a normalization of colours.
    fn reads_colors(&self, place: &Place<'_>, other: &Other<'_>) -> bool {
        /// The smallest side of an image.
        const SIDE: usize = 16;

        match *other.shape {
            [n, 3, _, _] => {
                // A transposed convolution that writes colours has as many biases.
                let bias = self.shapes.get(format!("{}.bias", other.module()).as_str());
                n == 3 || bias.is_none_or(|bias| **bias != [3])
            }
            [3, 1, _, _] | [3, 1, 1] => true,
            // Others are statistics of three classes.
            [3, 3] => place.has(other) || other.is_of_layer(),
            [1, 1, height, width] => height * width > 1,
            [3, height, width] => height >= SIDE && width >= SIDE,
            // One of at least two such tensors, and not of what a matrix before it writes.
            [3] => {
                (place.has(other) || other.is_of_layer())
                    && self.n_of_colors.get(other.module()) > Some(&1)
                    && !self.with_matrices.contains(place.module(other.name))
            }
            _ => false,
        }
    }
}

/// Checks that no tensors look like layers in front of the network or within it, or like prompts.
///
/// Returns the names of the other modules beside the network.
///
/// # Errors
/// Returns [`ExtractError::MeaningfulTensors`](crate::error::ExtractError::MeaningfulTensors).
pub(super) fn check(place: &Place<'_>, others: &[Other<'_>]) -> Result<Vec<String>> {
    let neighbours = Neighbours::of(place, others);
    let has_meaning = |other: &Other<'_>| {
        place.has(other) && place.is_earlier(other.name)
            || has_word(other.name, &OF_IMAGES)
            || has_word(other.name, &WITHIN)
            || is_prompt(other, place.width)
    };
    let is_before = |other: &&Other<'_>| {
        !is_of_other_network(other.name) && has_meaning(other)
            || neighbours.is_of_images(place, other)
    };
    let beside = || others.iter().filter(|other| place.is_beside(other));
    let before: BTreeSet<&str> = beside().filter(is_before).map(|other| other.name).collect();
    let modules: BTreeSet<String> = before
        .iter()
        .map(|name| match place.module(name) {
            module if module == *name => module.to_owned(),
            module => format!("{module}."),
        })
        .collect();
    let flags: String = modules.iter().map(|m| format!(" --without {m}")).collect();
    refuse(
        before.into_iter().map(str::to_owned).collect(),
        format!(
            "which look like layers in front of the network or within it, or prompts: the features of the whole model \
             cannot be computed; if they belong to something else, or only the network is meant, \
             ignore them (`Weights::without`;{flags})"
        ),
    )?;
    let unread: BTreeSet<&str> = beside().map(|other| place.module(other.name)).collect();
    Ok(unread.into_iter().map(str::to_owned).collect())
}

/// Checks whether a tensor is of prompts that have the width of the tokens of the network; those of
/// a text have another width.
fn is_prompt(other: &Other<'_>, width: Option<usize>) -> bool {
    has_word(other.name, &PROMPTS) && width.is_some_and(|width| other.shape.contains(&width))
}
