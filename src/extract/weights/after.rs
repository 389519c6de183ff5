//! Modules after a convolutional network that tell how its last stages, its normalizations or its
//! pooling are computed.
//!
//! No parameter shows the strides, the dilations, the epsilon and the pooling of a network. Programs that
//! need maps of places, or compare images, change them, and what reads the features there has a form of
//! its own.

use std::collections::BTreeSet;

use super::beside::{Other, refuse};
use super::names::without_wrappers;
use super::place::Place;
use super::selection::{Request, Selection};
use super::training::{is_convolutional, says_usual_strides};
use super::words::{has_word, is_of_other_network};
use crate::error::Result;
use crate::extract::outline::{Expected, Outline};

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
const WITH_USUAL_STRIDES: [&str; 7] = [
    "fpn",
    "lateral",
    "laterals",
    "mlp",
    "predictor",
    "projection",
    "projector",
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

/// Words in the names of modules that pool maps.
const POOLINGS: [&str; 17] = [
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
    "pooling",
    "rmac",
    "spoc",
    "vlad",
    "vladpool",
];

/// Checks that no module after a convolutional network is one whose networks often have other strides,
/// another epsilon or another pooling.
///
/// # Errors
/// Returns [`ExtractError::MeaningfulTensors`](crate::error::ExtractError::MeaningfulTensors).
pub(super) fn check(
    request: &Request<'_>,
    selection: &Selection,
    place: &Place<'_>,
    outline: &Outline,
    expected: &Expected<'_>,
    others: &[Other<'_>],
) -> Result<()> {
    if !is_convolutional(expected) {
        return Ok(());
    }
    let modules = Modules::of(place, others);
    let is_resnet = expected.family() == "ResNet";
    if is_resnet && expected.reaches("maxpool") {
        modules.refuse(
            is_of_caffe,
            "of a detector whose ResNet has the strides of Caffe, and may have its pooling and no epsilon, so \
             that only `conv1` can be extracted; if the network is that of torchvision, ignore the modules",
        )?;
    }
    if is_resnet && expected.reaches("maxpool") {
        refuse(
            classifier_of_faces(request),
            "the classes of VGGFace2, whose published ResNets have the strides and the pooling of Caffe, so \
             that only `conv1` and `bn1` can be extracted; if the network is that of torchvision, ignore the \
             classifier (`Weights::without`, `--without`)"
                .to_owned(),
        )?;
    }
    if expected.reaches_pooling() {
        modules.refuse(
            is_pooling,
            "of a pooling that has parameters, which the mean over places of the architecture does not have: \
             extract the maps before it (such as `--tap layer4` of a ResNet); if the mean is meant, ignore \
             the module",
        )?;
    }
    let are_said = says_usual_strides(request.training);
    if !are_said && reaches_dilation(outline, expected) {
        let widths = widths(selection, outline, expected);
        let possible = first_dilated(expected).map_or(String::new(), |first| {
            format!("only taps before {first} can be extracted, or ")
        });
        modules.refuse(
            |other| is_segmentation_head(other) || modules.reads_maps(other, &widths),
            &format!(
                "of modules that read maps of places, as heads for segmentation do, whose networks often have \
                 dilated convolutions instead of strides in their last stages: {possible}use weights that were \
                 trained for classification; if these have the usual strides, ignore the modules"
            ),
        )?;
    }
    if !are_said && is_resnet && expected.reaches("layer4") {
        let width = outline.entries.iter().rev().find(|e| e.shape.len() == 4);
        let width = width.map(|entry| entry.shape[0]);
        modules.refuse(
            |other| modules.is_neck(other, width),
            "of a normalization of the pooled features, as in the re-identification of people, whose networks \
             often have a stride of 1 in layer4: only taps before it can be extracted; if the stride is 2, \
             ignore the module",
        )?;
    }
    if request.epsilon.is_none() && has_frozen_normalizations(request, place) {
        modules.refuse(
            |other| other.name.contains("fpn.inner_blocks."),
            "of a detector of torchvision with frozen normalizations, whose epsilon is 0 in published \
             weights (COCO_V1) and 1e-5 in others: name it (`Weights::with_epsilon`, `--epsilon 0` or \
             `--epsilon 1e-5`), or ignore the module if it is 1e-5",
        )?;
    }
    Ok(())
}

/// The tensors of modules that the network does not have.
struct Modules<'m, 'n> {
    place: &'m Place<'n>,
    others: Vec<&'m Other<'n>>,
    /// Modules with a kernel that reads colours: other networks of images.
    of_images: BTreeSet<&'n str>,
}

impl<'m, 'n> Modules<'m, 'n> {
    fn of(place: &'m Place<'n>, others: &'m [Other<'n>]) -> Self {
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

    /// Refuses the tensors that are meant, with the modules that can be ignored.
    fn refuse(&self, is_meant: impl Fn(&Other<'_>) -> bool, meaning: &str) -> Result<()> {
        let meant = self.others.iter().filter(|other| is_meant(other));
        let names: Vec<&str> = meant.map(|other| other.name).collect();
        let modules: BTreeSet<&str> = names.iter().map(|name| self.place.module(name)).collect();
        let flags: String = modules
            .iter()
            .map(|module| format!(" --without {module}"))
            .collect();
        refuse(
            names.into_iter().map(str::to_owned).collect(),
            format!("{meaning} (`Weights::without`;{flags})"),
        )
    }

    /// Checks whether a tensor is the kernel of a convolution that reads maps with one of these numbers
    /// of channels, in a module whose networks may have other strides.
    fn reads_maps(&self, other: &Other<'_>, widths: &BTreeSet<usize>) -> bool {
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
            return of_decoder.count() > 1;
        }
        !is_of_other_network(other.name) && !self.of_images.contains(self.place.module(other.name))
    }

    /// Checks whether a tensor is of a batch normalization of pooled features.
    fn is_neck(&self, other: &Other<'_>, width: Option<usize>) -> bool {
        let Some(module) = other.name.strip_suffix(".running_mean") else {
            return false;
        };
        if module.split('.').any(|part| NECKS.contains(&part)) {
            return true;
        }
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
            parent == parent_of_matrix && is_before && width == Some(matrix.shape[0])
        });
        let is_of_width = width.is_some_and(|width| *other.shape == [width]);
        is_of_width && !is_of_projection && !is_of_other_network(other.name)
    }
}

/// Checks whether a tap depends on the stages that are dilated in networks for segmentation.
fn reaches_dilation(outline: &Outline, expected: &Expected<'_>) -> bool {
    if let Some(first) = first_dilated(expected) {
        return expected.reaches(first);
    }
    let mut needed = outline.entries.iter().filter(|entry| entry.is_needed);
    match expected.family() {
        "AlexNet" => false,
        // Those after the third pooling.
        "VGG" => needed.any(|entry| matches!(*entry.shape, [512, _, _, _])),
        _ => needed.filter(|entry| entry.shape.len() == 4).count() > 1,
    }
}

/// Returns the first module whose maps have a sixteenth of the sides of the images, if it is known: later
/// ones are dilated in networks for segmentation.
fn first_dilated(expected: &Expected<'_>) -> Option<&'static str> {
    match expected.family() {
        "ResNet" | "ResNet for CIFAR" => Some("layer3"),
        "MobileNetV2" => Some("features.7"),
        "MobileNetV3" if expected.architecture() == "mobilenet_v3_small" => Some("features.4"),
        "MobileNetV3" => Some("features.7"),
        "EfficientNet" => Some("features.4"),
        _ => None,
    }
}

/// Returns the numbers of channels of the last maps in the file.
fn widths(selection: &Selection, outline: &Outline, expected: &Expected<'_>) -> BTreeSet<usize> {
    /// Families whose last maps are those of several convolutions.
    const CONCATENATED: [&str; 4] = ["DenseNet", "GoogLeNet", "Inception", "SqueezeNet"];

    let entries = || outline.entries.iter().rev();
    let classifier = format!("{}.", expected.logits());
    let mut classifiers = entries().filter(|e| e.key.starts_with(&classifier));
    let inputs = classifiers.find_map(|entry| match *entry.shape {
        [_, inputs] => Some(inputs),
        _ => None,
    });
    let mut widths: BTreeSet<usize> = inputs.into_iter().collect();
    let mut kernels = entries()
        .filter(|entry| entry.shape.len() == 4)
        .filter(|entry| selection.compositions.contains_key(&entry.key));
    if CONCATENATED.contains(&expected.family()) {
        return widths;
    }
    if let Some(&[outputs, inputs, height, width]) = kernels.next().map(|k| k.shape.as_slice()) {
        widths.insert(outputs);
        // Inverted residuals are followed by one more convolution, which programs leave out.
        let is_resnet = expected.family() == "ResNet";
        if !is_resnet && height * width == 1 && inputs > 1 {
            widths.insert(inputs);
        }
    }
    widths
}

/// Checks whether a tensor is a kernel that reads maps with one of these numbers of channels, together or
/// each alone.
fn reads(other: &Other<'_>, widths: &BTreeSet<usize>) -> bool {
    match *other.shape {
        [outputs, 1, height, width] => height * width > 1 && widths.contains(&outputs),
        [_, inputs, _, _] => widths.contains(&inputs),
        _ => false,
    }
}

/// Checks whether no normalization of the network counts its batches, as where they are frozen.
fn has_frozen_normalizations(request: &Request<'_>, place: &Place<'_>) -> bool {
    let mut names = request.listing.keys().map(|name| without_wrappers(name));
    !names.any(|name| name.starts_with(&place.prefix) && name.ends_with("num_batches_tracked"))
}

/// Checks whether a tensor is the kernel of a convolution in a module that classifies places.
fn is_segmentation_head(other: &Other<'_>) -> bool {
    let is_head = |part: &str| SEGMENTATION_HEADS.contains(&part.to_lowercase().as_str());
    other.shape.len() == 4 && other.name.split('.').any(is_head)
}

/// Returns the name of a classifier with the 8,631 people of VGGFace2, unless the user ignores it.
fn classifier_of_faces(request: &Request<'_>) -> Vec<String> {
    let names = request.listing.iter();
    names
        .filter(|(name, tensor)| matches!(*tensor.shape, [8631, _]) && name.ends_with(".weight"))
        .map(|(name, _)| without_wrappers(name))
        .filter(|name| !request.is_absent(name))
        .collect()
}

/// Checks whether a tensor is of Faster R-CNN by its first authors in PyTorch, or of maskrcnn-benchmark.
fn is_of_caffe(other: &Other<'_>) -> bool {
    let mut parts = other.name.split('.');
    parts.any(|part| part.starts_with("RCNN_") || part.starts_with("fpn_inner"))
}

/// Checks whether a tensor is of a pooling: the exponent of a generalized mean, or in a module with such a
/// name.
fn is_pooling(other: &Other<'_>) -> bool {
    let last = other.name.rsplit('.').next();
    let is_exponent = last == Some("p") && other.shape.iter().product::<usize>() == 1;
    let is_named = has_word(other.name, &POOLINGS) && !is_segmentation_head(other);
    (is_exponent || is_named) && !is_of_other_network(other.name)
}
