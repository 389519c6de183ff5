//! Tensors beside the parameters of a network that change what it computes.

use std::collections::BTreeSet;

use super::names::beginnings;
use super::selection::{Request, Selection};
use crate::error::{ExtractError, Result};
use crate::extract::builder::Entry;
use crate::extract::outline::Outline;

/// Checks that no tensors beside the selected parameters say that the network computes something
/// else: a normalisation of the images, masks of parameters, or a head for segmentation.
///
/// `names` are those of all tensors without modules that only wrap others, with the stored names.
///
/// # Errors
/// Returns [`ExtractError::MeaningfulTensors`].
pub(super) fn check(
    request: &Request<'_>,
    names: &[(String, &str)],
    selection: &Selection,
    outline: &Outline,
) -> Result<()> {
    let used = selection.compositions.iter();
    let used = used.filter(|(name, _)| outline.entries.iter().any(|entry| entry.key == **name));
    let used: BTreeSet<&str> = used.flat_map(|(_, used)| used.stored()).collect();
    let is_absent = |name: &str| request.absent.iter().any(|absent| name.starts_with(absent));
    let others = names.iter().filter(|(name, stored)| {
        let relative = name.strip_prefix(&selection.prefix);
        let relative = relative.map(|name| name.trim_start_matches('.'));
        !used.contains(stored) && !is_absent(name) && !relative.is_some_and(is_absent)
    });
    let others: Vec<Other<'_>> = others
        .map(|(name, stored)| Other {
            name,
            shape: request
                .listing
                .get(*stored)
                .map_or(&[], |tensor| &tensor.shape),
        })
        .collect();
    let normalization = normalization(&others);
    if !normalization.is_empty() {
        let flags = normalization
            .iter()
            .map(|name| format!(" --without {name}"));
        let flags: String = flags.collect();
        return refuse(
            normalization,
            format!(
                "which look like a normalisation of the images in the network: name it with the \
                 preprocessing (--preprocessing), and ignore them (`Weights::without`,{flags})"
            ),
        );
    }
    let masks = others
        .iter()
        .filter(|other| is_mask(other, outline))
        .map(|other| other.name.to_owned())
        .collect();
    refuse(
        masks,
        "which look like masks of parameters: multiply the parameters by them before saving"
            .to_owned(),
    )?;
    // What is before the third stage is computed as in the network for classification.
    let is_dilated = |entry: &Entry| {
        entry.is_needed
            && !["layer1.", "layer2.", "conv1.", "bn1."]
                .iter()
                .any(|before| entry.key.starts_with(before))
    };
    let is_backbone = selection.prefix.rsplit('.').next() == Some("backbone");
    if is_backbone && outline.entries.iter().any(is_dilated) {
        let heads = others
            .iter()
            .filter(|other| is_segmentation_head(other))
            .map(|other| other.name.to_owned())
            .collect();
        refuse(
            heads,
            "a head for segmentation, whose networks have dilated convolutions instead of strides in \
             their last stages: only taps before layer3 can be extracted, or use weights that were \
             trained for classification"
                .to_owned(),
        )?;
    }
    Ok(())
}

/// A tensor that is not a parameter of the network.
struct Other<'n> {
    name: &'n str,
    shape: &'n [usize],
}

impl Other<'_> {
    /// Returns the name up to its last word, and that word.
    fn last_word(&self) -> (&str, &str) {
        let at = self.name.rfind(['.', '_']).map_or(0, |at| at + 1);
        self.name.split_at(at)
    }
}

fn refuse(tensors: Vec<String>, meaning: String) -> Result<()> {
    match tensors.is_empty() {
        true => Ok(()),
        false => Err(ExtractError::MeaningfulTensors { tensors, meaning }.into()),
    }
}

/// Returns the names of a mean and a deviation, each of one value or of one for each colour.
fn normalization(others: &[Other<'_>]) -> Vec<String> {
    let of = |words: &'static [&'static str]| {
        others.iter().filter(move |other| {
            let n = other.shape.iter().product::<usize>();
            matches!(n, 1 | 3) && words.contains(&other.last_word().1)
        })
    };
    let mut names = Vec::new();
    for mean in of(&["mean", "mu"]) {
        let beside = |other: &&Other<'_>| other.last_word().0 == mean.last_word().0;
        if let Some(deviation) = of(&["std", "sigma", "var"]).find(beside) {
            names.extend([mean.name.to_owned(), deviation.name.to_owned()]);
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

/// Checks whether a tensor is the kernel of a convolution in a classifier of places.
fn is_segmentation_head(other: &Other<'_>) -> bool {
    const HEADS: [&str; 5] = [
        "classifier",
        "aux_classifier",
        "decode_head",
        "auxiliary_head",
        "aspp",
    ];

    other.shape.len() == 4 && other.name.split('.').any(|part| HEADS.contains(&part))
}
