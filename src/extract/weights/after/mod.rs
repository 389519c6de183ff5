//! Modules after a convolutional network that tell how its last stages, its normalizations or its
//! pooling are computed.
//!
//! No parameter shows the strides, the dilations, the epsilon and the pooling of a network. Programs that
//! need maps of places, or compare images, change them, and what reads the features there has a form of
//! its own.

mod modules;

use std::collections::BTreeSet;

use super::names::without_wrappers;
use super::other::{Other, refuse};
use super::place::Place;
use super::request::{Request, Selection};
use super::training::{is_convolutional, says_usual_strides};
use crate::error::Result;
use crate::extract::outline::{Expected, Outline};
use modules::{Modules, is_of_caffe, is_pooling, is_segmentation_head};

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
    let network = After {
        request,
        selection,
        outline,
        expected,
        modules: Modules::of(place, others),
    };
    network.check_strides_of_caffe()?;
    if expected.reaches_pooling() {
        network.check_pooling()?;
    }
    if !says_usual_strides(request.training) {
        network.check_strides()?;
    }
    match request.epsilon {
        None => network.check_epsilon(place),
        Some(_) => Ok(()),
    }
}

/// A network, with the modules that it does not have.
struct After<'a, 'n> {
    request: &'a Request<'a>,
    selection: &'a Selection,
    outline: &'a Outline,
    expected: &'a Expected<'a>,
    modules: Modules<'a, 'n>,
}

impl After<'_, '_> {
    fn is_resnet(&self) -> bool {
        self.expected.family() == "ResNet"
    }

    /// Returns the number of channels of the last maps of a ResNet.
    fn width(&self) -> Option<usize> {
        let mut kernels = self.outline.entries.iter().rev();
        let last = kernels.find(|entry| entry.shape.len() == 4);
        last.filter(|_| self.is_resnet())
            .map(|entry| entry.shape[0])
    }

    fn check_strides_of_caffe(&self) -> Result<()> {
        if !self.is_resnet() || !self.expected.reaches("maxpool") {
            return Ok(());
        }
        self.modules.refuse(
            is_of_caffe,
            "of a detector whose ResNet has the strides of Caffe, and may have its pooling and no epsilon, so \
             that only `conv1` can be extracted; if the network is that of torchvision, ignore the modules",
        )?;
        refuse(
            classifier_of_faces(self.request),
            "the classes of VGGFace2, whose published ResNets have the strides and the pooling of Caffe, so \
             that only `conv1` and `bn1` can be extracted; if the network is that of torchvision, ignore the \
             classifier (`Weights::without`, `--without`)"
                .to_owned(),
        )
    }

    fn check_pooling(&self) -> Result<()> {
        refuse(
            self.classifier_of_others(),
            "a classifier of other features than the mean of the last maps over places, such as their mean and \
             maximum, or all places: extract the maps before it (such as `--tap layer4` of a ResNet); if the \
             mean is meant, ignore the classifier (`Weights::without`, `--without`)"
                .to_owned(),
        )?;
        if let Some(width) = self.width() {
            self.modules.refuse(
                |other| self.modules.is_of_two_poolings(other, width),
                "of modules that read the mean and the maximum of the last maps, or all places, while the \
                 architecture has the mean alone: extract the maps (such as `--tap layer4` of a ResNet); if \
                 the mean is meant, ignore the modules",
            )?;
        }
        self.modules.refuse_layers(
            is_pooling,
            "of a pooling that has parameters, which the mean over places of the architecture does not have: \
             extract the maps before it (such as `--tap layer4` of a ResNet); if the mean is meant, ignore \
             the module",
        )
    }

    fn check_strides(&self) -> Result<()> {
        if self.reaches_dilation() {
            let widths = self.widths();
            let possible = first_dilated(self.expected).map_or(String::new(), |first| {
                format!("only taps before {first} can be extracted, or ")
            });
            self.modules.refuse(
                |other| is_segmentation_head(other) || self.modules.reads_maps(other, &widths),
                &format!(
                    "of modules that read maps of places, as heads for segmentation do, whose networks \
                     often have dilated convolutions instead of strides in their last stages: {possible}use \
                     weights that were trained for classification; if these have the usual strides, ignore \
                     the modules"
                ),
            )?;
        }
        match self.width().filter(|_| self.expected.reaches("layer4")) {
            Some(width) => self.modules.refuse_layers(
                |other| self.modules.is_neck(other, width),
                "of a normalization of the pooled features, as in the re-identification of people, whose \
                 networks often have a stride of 1 in layer4: only taps before it can be extracted; if the \
                 stride is 2, ignore the module",
            ),
            None => Ok(()),
        }
    }

    fn check_epsilon(&self, place: &Place<'_>) -> Result<()> {
        let meaning = match self.expected.family() {
            "MobileNetV3" => {
                "of a detector of torchvision, whose normalizations have an epsilon of 1e-5 and not 1e-3: name \
                 it (`Weights::with_epsilon`, `--epsilon 1e-5`), or ignore the module if it is 1e-3"
            }
            "ResNet" if has_frozen_normalizations(self.request, place) => {
                "of a detector of torchvision with frozen normalizations, whose epsilon is 0 in published \
                 weights (COCO_V1) and 1e-5 in others: name it (`Weights::with_epsilon`, `--epsilon 0` or \
                 `--epsilon 1e-5`), or ignore the module if it is 1e-5"
            }
            _ => return Ok(()),
        };
        let is_of_detector = |other: &Other<'_>| other.name.contains("fpn.inner_blocks.");
        self.modules.refuse(is_of_detector, meaning)
    }

    /// Checks whether a tap depends on the stages that are dilated in networks for segmentation.
    fn reaches_dilation(&self) -> bool {
        if let Some(first) = first_dilated(self.expected) {
            return self.expected.reaches(first);
        }
        let mut needed = self.outline.entries.iter().filter(|entry| entry.is_needed);
        match self.expected.family() {
            "AlexNet" => false,
            // Those after the third pooling.
            "VGG" => needed.any(|entry| matches!(*entry.shape, [512, _, _, _])),
            _ => needed.filter(|entry| entry.shape.len() == 4).count() > 1,
        }
    }

    /// Returns the numbers of channels of the last maps in the file, which tell what reads them.
    fn widths(&self) -> BTreeSet<usize> {
        let (outline, expected) = (self.outline, self.expected);
        /// Families whose last maps are those of several convolutions.
        const CONCATENATED: [&str; 4] = ["DenseNet", "GoogLeNet", "Inception", "SqueezeNet"];

        // They have few channels, as many other layers.
        if expected.family() == "ResNet for CIFAR" {
            return BTreeSet::new();
        }
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
            .filter(|entry| self.selection.compositions.contains_key(&entry.key));
        if CONCATENATED.contains(&expected.family()) {
            return widths;
        }
        if let Some(&[outputs, inputs, height, width]) = kernels.next().map(|k| k.shape.as_slice())
        {
            widths.insert(outputs);
            // Inverted residuals are followed by one more convolution, which programs leave out.
            if !self.is_resnet() && (height, width) == (1, 1) && inputs > 1 {
                widths.insert(inputs);
            }
        }
        widths
    }

    /// Returns the weights of a classifier that reads another number of features than that of the network, or
    /// maps.
    fn classifier_of_others(&self) -> Vec<String> {
        let (request, expected) = (self.request, self.expected);
        let Some(classifier) = expected.classifier() else {
            return Vec::new();
        };
        let key = format!("{classifier}.weight");
        let published = expected.published.entries.iter().find(|e| e.key == key);
        let composition = self.selection.compositions.get(&key);
        let stored = composition.and_then(|composition| composition.stored().next());
        let tensor = stored.and_then(|stored| Some((stored, request.listing.get(stored)?)));
        let (Some(published), Some((stored, tensor))) = (published, tensor) else {
            return Vec::new();
        };
        let is_other = tensor.shape.get(1) != published.shape.get(1) || tensor.shape.len() != 2;
        match is_other && !self.outline.is_needed(&key) && !request.is_absent(stored) {
            true => vec![stored.to_owned()],
            false => Vec::new(),
        }
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

/// Checks whether no normalization of the network counts its batches, as where they are frozen.
fn has_frozen_normalizations(request: &Request<'_>, place: &Place<'_>) -> bool {
    let mut names = request.listing.keys().map(|name| without_wrappers(name));
    !names.any(|name| name.starts_with(&place.prefix) && name.ends_with("num_batches_tracked"))
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
