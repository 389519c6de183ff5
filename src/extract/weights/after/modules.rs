//! Modules that the network does not have, and what their tensors are.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::extract::weights::listing::n_elements;
use crate::extract::weights::other::{Other, refuse};
use crate::extract::weights::place::Place;
use crate::extract::weights::words::{has_word, is_of_other_network};

/// Modules that classify places.
const SEGMENTATION_HEADS: [&str; 7] = [
    "aspp",
    "aux_classifier",
    "auxiliary_head",
    "classifier",
    "decode_head",
    "ppm",
    "psp",
];

/// Words in the names of modules that read maps of networks with the usual strides: pyramids for the
/// detection of objects, and what a training without labels adds.
const WITH_USUAL_STRIDES: [&str; 9] = [
    "deconv",
    "fpn",
    "lateral",
    "laterals",
    "mlp",
    "predictor",
    "projection",
    "projector",
    "upconv",
];

/// Names of the normalization of pooled features in programs for the re-identification of people.
const NECKS: [&str; 7] = [
    "add_block",
    "bn_neck",
    "bnneck",
    "bottleneck",
    "bottleneck_g",
    "feat_bn",
    "neck_bn",
];

/// Words in the names of modules that pool maps, or whiten pooled features in the retrieval of images.
const POOLINGS: [&str; 20] = [
    "agg",
    "aggregation",
    "aggregator",
    "attnpool",
    "avgpool",
    "gap",
    "gem",
    "gempool",
    "globalpool",
    "gpool",
    "netvlad",
    "pool",
    "pooler",
    "pooling",
    "rmac",
    "spoc",
    "vlad",
    "vladpool",
    "whiten",
    "whitening",
];

/// The tensors of modules that the network does not have.
pub(super) struct Modules<'m, 'n> {
    place: &'m Place<'n>,
    others: Vec<&'m Other<'n>>,
    /// Modules with a kernel that reads colours: other networks of images.
    of_images: BTreeSet<&'n str>,
}

impl<'m, 'n> Modules<'m, 'n> {
    pub fn of(place: &'m Place<'n>, others: &'m [Other<'n>]) -> Self {
        let others = others
            .iter()
            .filter(|other| place.is_of_other_module(other));
        let others: Vec<&Other<'_>> = others.collect();
        let of_images = others
            .iter()
            .filter(|other| matches!(*other.shape, [n, 3, _, _] if n > 3));
        Self {
            of_images: of_images.map(|other| place.module(other.name)).collect(),
            place,
            others,
        }
    }

    /// Refuses the tensors that are meant, with the modules beside the network that can be ignored.
    pub fn refuse(&self, is_meant: impl Fn(&Other<'_>) -> bool, meaning: &str) -> Result<()> {
        self.refuse_each(is_meant, meaning, |other| self.place.module(other.name))
    }

    /// Refuses the tensors that are meant, with the layers that can be ignored: others in the same module
    /// may mean something else.
    pub fn refuse_layers(
        &self,
        is_meant: impl Fn(&Other<'_>) -> bool,
        meaning: &str,
    ) -> Result<()> {
        self.refuse_each(is_meant, meaning, |other| match other.module() {
            "" => other.name,
            layer => layer,
        })
    }

    fn refuse_each(
        &self,
        is_meant: impl Fn(&Other<'_>) -> bool,
        meaning: &str,
        ignored: impl Fn(&Other<'n>) -> &'n str,
    ) -> Result<()> {
        let meant = self.others.iter().filter(|other| is_meant(other));
        let meant: Vec<&Other<'_>> = meant.copied().collect();
        let ignored: BTreeSet<&str> = meant.iter().map(|other| ignored(other)).collect();
        let flags: String = ignored
            .iter()
            .map(|name| format!(" --without {name}"))
            .collect();
        refuse(
            meant.iter().map(|other| other.name.to_owned()).collect(),
            format!("{meaning} (`Weights::without`;{flags})"),
        )
    }

    /// Checks whether a tensor is the kernel of a convolution that reads maps with one of these numbers
    /// of channels, in a module whose networks may have other strides.
    pub fn reads_maps(&self, other: &Other<'_>, widths: &BTreeSet<usize>) -> bool {
        if !reads(other, widths) || has_word(other.name, &WITH_USUAL_STRIDES) {
            return false;
        }
        // Those with steps from small to large maps read the last map once.
        if has_word(other.name, &["decoder"]) {
            let of_decoder = self.others.iter().filter(|other| {
                has_word(other.name, &["decoder"])
                    && reads(other, widths)
                    && !has_word(other.name, &WITH_USUAL_STRIDES)
            });
            // A head has fewer layers than steps to larger maps.
            let has_steps = has_word(other.name, &["block", "blocks", "up"]);
            return of_decoder.count() > 1 || !has_steps && self.n_kernels_of_decoder() <= 3;
        }
        !is_of_other_network(other.name) && !self.of_images.contains(self.place.module(other.name))
    }

    fn n_kernels_of_decoder(&self) -> usize {
        let kernels = self.others.iter().filter(|o| o.shape.len() == 4);
        kernels.filter(|o| has_word(o.name, &["decoder"])).count()
    }

    /// Checks whether a tensor is a normalization of twice as many features as the maps have channels, or of
    /// those of all places, or a matrix for them, before all others of its module.
    pub fn is_of_two_poolings(&self, other: &Other<'_>, width: usize) -> bool {
        // Fewer places than 6 × 6 may be a number of features of something else.
        let is_of_maps = |ratio: usize| ratio == 2 || ratio >= 36 && ratio.isqrt().pow(2) == ratio;
        let is_several = |n: usize| n.is_multiple_of(width) && is_of_maps(n / width);
        let module = self.place.module(other.name);
        let is_meant = match *other.shape {
            [_, inputs] => is_several(inputs) && other.name.ends_with(".weight"),
            [n] => is_several(n) && other.name.ends_with(".running_mean"),
            _ => false,
        };
        let mut matrices = self.others.iter().filter(|o| o.shape.len() == 2);
        let reads_fewer = |matrix: &&Other<'_>| {
            let is_after = number(matrix) > number(other) && number(other).is_some();
            self.place.module(matrix.name) == module && matrix.shape[1] == width && !is_after
        };
        is_meant && !matrices.any(reads_fewer) && !is_of_other_network(other.name)
    }

    /// Checks whether a tensor is of a normalization of pooled features.
    pub fn is_neck(&self, other: &Other<'_>, width: usize) -> bool {
        let has_name = other.name.split('.').any(|part| NECKS.contains(&part));
        if has_name && other.shape.len() == 1 {
            return true;
        }
        let Some(module) = other.name.strip_suffix(".running_mean") else {
            return false;
        };
        let (parent, name) = module.rsplit_once('.').unwrap_or(("", module));
        let number: Option<usize> = name.parse().ok();
        // Those of projections normalize the outputs of a linear layer.
        let mut matrices = self.others.iter().filter(|o| o.shape.len() == 2);
        let is_of_projection = matrices.any(|matrix| {
            let (parent_of_matrix, name) = match matrix.module().rsplit_once('.') {
                Some(parts) => parts,
                None => ("", matrix.module()),
            };
            let is_before = match (name.parse::<usize>().ok(), number) {
                (Some(matrix), Some(own)) => matrix < own,
                _ => !parent.is_empty(),
            };
            parent == parent_of_matrix && is_before && matrix.shape[0] == width
        });
        *other.shape == [width] && !is_of_projection && !is_of_other_network(other.name)
    }
}

/// Returns the number of the layer of a tensor in a sequence.
fn number(other: &Other<'_>) -> Option<usize> {
    let mut parts = other.module().rsplit('.');
    parts.find_map(|part| part.parse().ok())
}

/// Checks whether a tensor is a kernel that reads maps with one of these numbers of channels, together or
/// each alone.
fn reads(other: &Other<'_>, widths: &BTreeSet<usize>) -> bool {
    match *other.shape {
        [outputs, 1, height, width] => (height, width) != (1, 1) && widths.contains(&outputs),
        [_, inputs, _, _] => widths.contains(&inputs),
        _ => false,
    }
}

/// Checks whether a tensor is the kernel of a convolution in a module that classifies places.
pub(super) fn is_segmentation_head(other: &Other<'_>) -> bool {
    let is_head = |part: &str| SEGMENTATION_HEADS.contains(&part.to_lowercase().as_str());
    other.shape.len() == 4 && other.name.split('.').any(is_head)
}

/// Checks whether a tensor is of Faster R-CNN by its first authors in PyTorch, or of maskrcnn-benchmark.
pub(super) fn is_of_caffe(other: &Other<'_>) -> bool {
    let mut parts = other.name.split('.');
    let is_detector = parts.any(|part| part.starts_with("RCNN_") || part.starts_with("fpn_inner"));
    // Its last stage computes the features of each region.
    let has_stage = ["roi_heads.res5.", "feature_extractor.head.layer4."];
    is_detector || has_stage.iter().any(|stage| other.name.contains(stage))
}

/// Checks whether a tensor is of a pooling: the exponent of a generalized mean, or in a module with such a
/// name.
pub(super) fn is_pooling(other: &Other<'_>) -> bool {
    let last = other.name.rsplit('.').next();
    let is_exponent = last == Some("p") && n_elements(other.shape) == 1;
    let is_named = has_word(other.name, &POOLINGS) && !is_segmentation_head(other);
    (is_exponent || is_named) && !is_of_other_network(other.name)
}
