//! Causes of problems that names and shapes of parameters show.

use std::collections::BTreeSet;

use super::{Misshapen, Problems};
use crate::extract::outline::Expected;

/// What to do with a network that is none of the architectures.
pub(super) const COMPUTE_ELSEWHERE: &str =
    "compute its features with the program that it was trained with, and read them from a file";

impl Problems {
    /// Returns why only parameters of batch normalizations are missing.
    pub(super) fn of_normalizations(&self, expected: &Expected<'_>) -> Option<String> {
        let entries = || expected.published.entries.iter();
        let norms: BTreeSet<&str> = entries()
            .filter_map(|entry| entry.key.strip_suffix(".running_var"))
            .collect();
        let is_of_norm = |name: &String| {
            let module = name.rsplit_once('.').map(|(module, _)| module);
            module.is_some_and(|module| norms.contains(module))
        };
        let unexpected = || self.unexpected.iter().map(|each| each.converted.as_str());
        // Statistics under other names.
        let are_elsewhere = unexpected().any(|name| name.ends_with("running_var"));
        if self.missing.is_empty() || !self.missing.iter().all(is_of_norm) || are_elsewhere {
            return None;
        }
        let has_kernel = |module: &str| {
            let weight = format!("{module}.weight");
            entries().any(|entry| entry.key == weight && entry.shape.len() == 4)
        };
        let mut biased = unexpected().filter_map(|name| name.strip_suffix(".bias"));
        let is_statistic = |name: &String| name.contains(".running_");
        Some(if biased.any(has_kernel) {
            "the batch normalizations were folded into the convolutions, which have biases instead: save \
             the parameters before that (before fusing or exporting the network)"
                .to_owned()
        } else if self.missing.iter().all(is_statistic) {
            format!(
                "the normalizations have no running statistics, so that they are others, such as \
                 GroupNorm, InstanceNorm or batch normalization without them \
                 (`track_running_stats=False`): {COMPUTE_ELSEWHERE}"
            )
        } else {
            format!(
                "the network has no batch normalizations, or others without parameters, such as \
                 InstanceNorm: {COMPUTE_ELSEWHERE}"
            )
        })
    }

    /// Returns what the shape of the first kernels or of the position embeddings means.
    pub(super) fn of_shapes(&self, expected: &Expected<'_>) -> Option<String> {
        let mut entries = expected.published.entries.iter();
        let first = entries.find(|entry| entry.shape.len() == 4)?;
        let stem = self.misshapen.iter().find(|each| each.name == first.key);
        let is_transformer = !expected.published.n_heads.is_empty();
        let stem = stem.and_then(|stem| of_stem(stem, is_transformer));
        let found = match &self.misshapen[..] {
            [single] if stem.is_none() => of_positions(single),
            _ => stem,
        };
        found.map(|found| format!("{found}: {COMPUTE_ELSEWHERE}"))
    }

    /// Returns what to extract of a network without a classifier.
    pub(super) fn of_classifier(&self, expected: &Expected<'_>) -> Option<String> {
        let classifier = format!("{}.", expected.classifier()?);
        let is_of_classifier = |name: &String| name.starts_with(&classifier);
        let are_all = !self.missing.is_empty() && self.missing.iter().all(is_of_classifier);
        (are_all && self.misshapen.is_empty()).then(|| {
            "the file has no classifier under the name that the network has for it: extract \
             `penultimate` instead of the logits, or rename its parameters (`Weights::renamed`, \
             `--rename`)"
                .to_owned()
        })
    }
}

/// Returns what the shape of the first kernels says of the images, or of the network.
fn of_stem(stem: &Misshapen, is_transformer: bool) -> Option<String> {
    let (&[n, channels, height, width], &[usual_n, usual_channels, usual, _]) =
        (&stem.found[..], &stem.expected[..])
    else {
        return None;
    };
    if n != usual_n {
        return None;
    }
    if channels != usual_channels {
        return Some(format!(
            "the number of channels of the images is {channels}, and not {usual_channels}"
        ));
    }
    Some(match is_transformer {
        true => format!(
            "the network has patches of {height} × {width} pixels, and not of {usual} × {usual}"
        ),
        false => format!(
            "the first convolution has kernels of {height} × {width} pixels, and not of {usual} × \
             {usual}{}, and its stride is not known",
            match height < usual {
                true => ", as in networks for small images",
                false => "",
            }
        ),
    })
}

/// Returns what the number of position embeddings says of the images.
fn of_positions(positions: &Misshapen) -> Option<String> {
    let (&[.., n, width], &[.., usual, usual_width]) =
        (&positions.found[..], &positions.expected[..])
    else {
        return None;
    };
    if width != usual_width || n == usual || !positions.name.contains("pos") {
        return None;
    }
    let side = usual.isqrt();
    let n_special = usual - side * side;
    let is_square = |n: usize| n.isqrt().pow(2) == n;
    let why = if n_special > 0 && is_square(n) {
        ", so that the class token has none, or there is none".to_owned()
    } else if n_special == 0 && is_square(n.checked_sub(1)?) {
        ", so that there is one for a class token, which this network does not have".to_owned()
    } else if let Some(n_others) = (2..=5).find(|&n_others| n > n_others && is_square(n - n_others))
    {
        format!(
            ", so that there are {n_others} for tokens that are not of patches, such as those of distillation or \
             registers, of which this network has {n_special}"
        )
    } else {
        match sides(n.checked_sub(n_special)?) {
            Some([a, b]) => {
                format!(", as for images that are not square, such as {a} × {b} patches")
            }
            None => ", which are not those of square images".to_owned(),
        }
    };
    let of_class = match n_special {
        0 => "",
        _ => " and the class token",
    };
    Some(format!(
        "there are {n} position embeddings, and not those of {side} × {side} patches{of_class}{why}"
    ))
}

/// Returns the sides of the grid of this size that is nearest to a square, unless it is very oblong.
fn sides(n: usize) -> Option<[usize; 2]> {
    /// More than images have.
    const MAX: usize = 1 << 20;

    if n > MAX {
        return None;
    }
    let short = (1..=n.isqrt()).rev().find(|&side| n.is_multiple_of(side))?;
    let long = n / short;
    (long <= 4 * short).then_some([long, short])
}
