//! Tensors beside the parameters of a network that change what it computes.

use std::collections::BTreeSet;
use std::path::Path;

use super::after;
use super::before;
use super::conventions::HUGGING_FACE;
use super::heads;
use super::listing::{StoredTensor, n_elements};
use super::names::{beginnings, root, without_wrappers};
use super::other::{Other, refuse};
use super::place::Place;
use super::request::{Request, Selection};
use super::timm_config::check_named;
use super::words::is_of_other_network;
use crate::error::{ExtractError, Result};
use crate::extract::outline::{Expected, Outline};

/// Checks that no tensors beside the selected parameters say that the network computes something
/// else: a normalization of the images, layers in front of it, masks of parameters, a LoRA, a
/// classifier of a network that has none here, or a module after it whose networks often compute
/// something else.
///
/// All tensors of the file are considered, also those that the user did not select. Returns the
/// names of modules beside the network.
///
/// # Errors
/// Returns [`ExtractError::MeaningfulTensors`].
pub(super) fn check(
    request: &Request<'_>,
    selection: &Selection,
    outline: &Outline,
    expected: &Expected<'_>,
) -> Result<Vec<String>> {
    let names = short_names(request);
    let others = others(&names, request, selection, outline);
    let normalization = normalization(&others);
    if !normalization.is_empty() {
        let flags = normalization
            .iter()
            .map(|name| format!(" --without {name}"));
        let flags: String = flags.collect();
        refuse(
            normalization,
            format!(
                "which look like a normalization of the images in the network: name it with the \
                 preprocessing (`--preprocessing`), and ignore them (`Weights::without`;{flags})"
            ),
        )?;
    }
    let named = |is_meant: &dyn Fn(&Other<'_>) -> bool| -> Vec<String> {
        let others = others.iter().filter(|other| is_meant(other));
        others.map(|other| other.name.to_owned()).collect()
    };
    refuse(
        named(&|other| is_mask(other, outline)),
        "which look like masks of parameters: multiply the parameters by them before saving"
            .to_owned(),
    )?;
    refuse(
        named(&|other| other.is_of_lora()),
        "which are changes of parameters (LoRA): merge them before saving (`merge_and_unload`), or \
         ignore them if they are of another network (`Weights::without`, `--without`)"
            .to_owned(),
    )?;
    if let Some(tap) = input_of_classifier(selection, expected)
        && expected.asks_penultimate()
    {
        refuse(
            named(&|other| other.name.ends_with("classifier.weight")),
            format!(
                "a classifier whose input is {tap}, and not `penultimate`: extract that (`--tap \
                 {tap}`), or ignore the classifier (`Weights::without`, `--without classifier.`)"
            ),
        )?;
    }
    if expected.lacks_logits() {
        refuse(
            named(&|other| other.is_of_classifier()),
            format!(
                "a classifier, which {} does not have, so that the logits are not known: extract \
                 `penultimate`, or ignore it if it is of another network (`Weights::without`, \
                 `--without`)",
                expected.architecture()
            ),
        )?;
    }
    heads::check(request, selection, outline, expected, &others)?;
    let Some(place) = Place::of(request, selection, outline, expected, &others) else {
        return Ok(Vec::new());
    };
    after::check(request, selection, &place, outline, expected, &others)?;
    before::check(&place, &others)
}

/// Checks parameters that fit but for others beside them: modules after the network may tell that it is
/// computed otherwise, which the advice to ignore them would hide.
///
/// # Errors
/// Returns [`ExtractError::MeaningfulTensors`].
pub(super) fn check_unexpected(
    request: &Request<'_>,
    selection: &Selection,
    expected: &Expected<'_>,
) -> Result<()> {
    let outline = &expected.published;
    let names = short_names(request);
    let others = others(&names, request, selection, outline);
    match Place::of(request, selection, outline, expected, &others) {
        Some(place) => after::check(request, selection, &place, outline, expected, &others),
        None => Ok(()),
    }
}

/// Returns all tensors of the file that are not parameters of the network, without those that the user
/// ignores.
fn others<'n>(
    names: &'n [(String, &str, &StoredTensor)],
    request: &Request<'_>,
    selection: &Selection,
    outline: &Outline,
) -> Vec<Other<'n>> {
    let used = selection.compositions.iter();
    let used = used.filter(|(name, _)| outline.entries.iter().any(|entry| entry.key == **name));
    let used: BTreeSet<&str> = used.flat_map(|(_, used)| used.stored()).collect();
    let others = names
        .iter()
        .filter(|(name, stored, _)| !used.contains(stored) && !request.is_absent(name));
    let others = others.map(|(name, _, tensor)| Other {
        name,
        shape: &tensor.shape,
        is_float: tensor.is_float,
        dictionary: tensor.dictionary,
    });
    others.collect()
}

/// Returns the names of all tensors without modules that only wrap others, with their stored names.
fn short_names<'r>(request: &Request<'r>) -> Vec<(String, &'r str, &'r StoredTensor)> {
    let names = request.listing.iter();
    names
        .map(|(stored, tensor)| (without_wrappers(stored), stored.as_str(), tensor))
        .collect()
}

/// Adds what the authors of DINO and iBOT compute otherwise than timm to a checkpoint of their training,
/// which has a teacher or a student.
pub(super) fn deviate(request: &Request<'_>, selection: &mut Selection, expected: &Expected<'_>) {
    let names = || request.listing.keys();
    let is_of_training = names().any(|name| ["teacher", "student"].contains(&root(name)));
    // The head of DINO, and of iBOT and DINOv2 after it.
    let has_head =
        names().any(|name| name.contains("head.last_layer.") || name.contains(".head.mlp."));
    let mut settings = request.training.settings.iter();
    let is_dino = match expected.family() {
        "DINO" => true,
        "ViT (timm)" | "DeiT" => {
            has_head || settings.any(|setting| setting.key() == "momentum_teacher")
        }
        _ => false,
    };
    if is_dino && selection.library.is_none() && is_of_training {
        deviate_as_dino(selection);
    }
}

/// Adds the same to a file with a name of the authors of DINO, such as `dino_deitsmall16_pretrain.pth`,
/// whose parameters have the names of timm. Returns a description of it.
pub(super) fn deviate_by_name(
    path: &Path,
    selection: &mut Selection,
    expected: &Expected<'_>,
) -> &'static str {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_dino = name.starts_with("dino_") && name.contains("pretrain");
    let is_vit = ["ViT (timm)", "DeiT", "DINO"].contains(&expected.family());
    if is_dino && is_vit && selection.library.is_none() {
        deviate_as_dino(selection);
        return ", positions as by the authors of DINO";
    }
    ""
}

/// Sets the interpolation of positions of the authors of DINO.
fn deviate_as_dino(selection: &mut Selection) {
    selection.deviations.is_aliased = true;
    selection.deviations.grid_offset = 0.1;
}

/// Returns the tap that the classifiers of transformers read, where it is not `penultimate`.
fn input_of_classifier(selection: &Selection, expected: &Expected<'_>) -> Option<String> {
    let is_of_transformers = selection.library == Some(HUGGING_FACE);
    let tap = match expected.family() {
        "SigLIP" => "norm@token-mean".to_owned(),
        "DINOv2" => "norm@class-token-and-mean".to_owned(),
        "CLIP" => format!(
            "{}@token-mean",
            expected.last_block("transformer.resblocks")?
        ),
        _ => return None,
    };
    is_of_transformers.then_some(tap)
}

/// Returns the names of a mean and a deviation, each of one value or of one for each colour, and of
/// a mean of colours alone; with other names, those of two tensors of a module with one value for
/// each colour.
fn normalization(others: &[Other<'_>]) -> Vec<String> {
    let of = |words: &'static [&'static str]| {
        others.iter().filter(move |other| {
            let (before, word) = other.last_word();
            let is_of_layer = before.ends_with("running_");
            matches!(n_elements(other.shape), 1 | 3) && words.contains(&word) && !is_of_layer
        })
    };
    let mut names = Vec::new();
    // A mean of colours counts alone.
    let of_colors = of(&["mean", "mu", "shift"]).filter(|other| n_elements(other.shape) == 3);
    let of_colors = of_colors.filter(|other| other.is_float && !is_of_other_network(other.name));
    names.extend(of_colors.map(|other| other.name.to_owned()));
    for mean in of(&["mean", "mu"]) {
        let beside = |other: &&Other<'_>| other.last_word().0 == mean.last_word().0;
        if let Some(deviation) = of(&["std", "sigma", "var"]).find(beside) {
            names.retain(|name| name != mean.name);
            names.extend([mean.name.to_owned(), deviation.name.to_owned()]);
        }
    }
    let of_colors: Vec<&Other<'_>> = others.iter().filter(|other| other.is_of_colors()).collect();
    for pair in of_colors.windows(2) {
        let is_pair = pair[0].module() == pair[1].module() && pair[0].shape == pair[1].shape;
        let names_in_pair = pair.iter().map(|other| other.name.to_owned());
        let (known, new): (Vec<String>, Vec<String>) =
            names_in_pair.partition(|name| names.contains(name));
        if is_pair && known.len() == names.len() {
            names.extend(new);
        }
    }
    names
}

/// Checks whether a tensor has the name of a parameter or of a module after a part `mask` or `masks`.
fn is_mask(other: &Other<'_>, outline: &Outline) -> bool {
    let masked = ["mask.", "masks."].into_iter().find_map(|part| {
        let at = beginnings(other.name).find(|&at| other.name[at..].starts_with(part))?;
        Some(&other.name[at + part.len()..])
    });
    masked.is_some_and(|masked| {
        beginnings(masked).any(|at| {
            let masked = &masked[at..];
            let mut entries = outline.entries.iter();
            entries.any(|entry| {
                let rest = entry.key.strip_prefix(masked);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        })
    })
}

/// Checks what the file tells about the network beside its parameters: the architecture that timm
/// noted, and the names of other tensors.
///
/// # Errors
/// Returns [`ExtractError::OtherActivation`] or [`ExtractError::OtherConfiguration`].
pub(super) fn check_origin(request: &Request<'_>, expected: &Expected<'_>) -> Result<()> {
    let architecture = expected.architecture();
    for found in &request.training.named {
        check_named(found, expected)?;
    }
    let has = |part: &str| {
        let mut names = request.listing.keys();
        names.any(|name| name.split('.').any(|each| each == part))
    };
    // Only files of OpenAI have these.
    let is_openai = ["input_resolution", "context_length", "vocab_size"].map(has);
    let is_clip = expected.family() == "CLIP" && architecture.starts_with("ViT");
    if is_clip && is_openai == [true; 3] && !architecture.ends_with("-quickgelu") {
        return Err(ExtractError::OtherActivation {
            architecture,
            activation: "QuickGELU".to_owned(),
            other: format!("{architecture}-quickgelu"),
        }
        .into());
    }
    let other = |setting: &str, found: &str, expected: &str| {
        Err(ExtractError::OtherConfiguration {
            architecture,
            setting: setting.to_owned(),
            found: found.to_owned(),
            expected: expected.to_owned(),
        }
        .into())
    };
    // The encoders of Taskonomy have the parameters of a ResNet-50.
    if has("compress_bn") && expected.family() == "ResNet" {
        let setting = "the block with the stride";
        return other(setting, "the last of each stage (Taskonomy)", "the first");
    }
    // mmpretrain reduces maps with the channels in another order.
    let is_mmpretrain = has("w_msa") || has("ffn") && has("reduction");
    if is_mmpretrain && expected.family() == "Swin" && expected.reaches("features.2") {
        let found = "by channels and then by places (mmpretrain; only taps before features.2 can be extracted)";
        return other(
            "the order of channels in the reduction of maps",
            found,
            "by places",
        );
    }
    // The Inception for the Fréchet distance has more classes, and other pooling.
    let classes = request.listing.iter();
    let mut classes = classes.filter(|(name, _)| name.ends_with("fc.weight"));
    let has_1008_classes = classes.any(|(_, tensor)| tensor.shape.first() == Some(&1008));
    if has_1008_classes && architecture == "inception_v3" {
        let found = "without padding, and by maximum in the last block (1008 classes)";
        return other("the pooling", found, "by the mean with padding");
    }
    // The third pooling of SSD300 has more places.
    let is_ssd = ["extra", "scale_weight"].map(has) == [true; 2];
    if is_ssd && architecture == "vgg16" && expected.reaches("features.16") {
        let found = "with `ceil_mode` (SSD300; only taps before it can be extracted)";
        return other("the pooling features.16", found, "without it");
    }
    Ok(())
}
