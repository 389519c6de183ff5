//! The search for architectures that parameters fit.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::error::Result;
use crate::extract::architecture::Architecture;
use crate::extract::outline::Expected;
use crate::extract::weights::request::Request;
use crate::extract::weights::selection::fits;

/// All architectures with the shapes of their kernels.
///
/// All conventions keep these shapes, so that few architectures are compared by the names of their
/// parameters, which takes longer.
static ARCHITECTURES: LazyLock<Vec<(Architecture, BTreeSet<Vec<usize>>)>> = LazyLock::new(|| {
    let kernels = |architecture: &Architecture| {
        let taps = penultimate(architecture);
        let expected = Expected::new(architecture, &taps).ok()?;
        let shapes = expected.published.entries.into_iter();
        let shapes = shapes
            .filter(|entry| entry.is_needed)
            .map(|entry| entry.shape);
        Some(shapes.filter(|shape| shape.len() == 4).collect())
    };
    Architecture::all()
        .filter_map(|architecture| Some((architecture.clone(), kernels(&architecture)?)))
        .collect()
});

/// Returns which other architectures the parameters fit.
pub(super) fn suggest(request: &Request<'_>, expected: &Expected<'_>) -> Option<String> {
    let stored = request.listing.values();
    let stored: BTreeSet<&[usize]> = stored.map(|tensor| tensor.shape.as_slice()).collect();
    let has = |kernels: &BTreeSet<Vec<usize>>| {
        let mut kernels = kernels.iter();
        kernels.all(|kernel| stored.contains(kernel.as_slice()))
    };
    let others = ARCHITECTURES.iter().filter(|(architecture, kernels)| {
        architecture.name() != expected.architecture() && has(kernels)
    });
    let fitting: Vec<&str> = others
        .filter(|(other, _)| is_fitting(request, other).unwrap_or(false))
        .map(|(other, _)| other.name())
        .collect();
    (!fitting.is_empty()).then(|| {
        format!(
            "the names and shapes are those of {}: name the architecture that was trained \
             (`Architecture::named`, `--model`)",
            fitting.join(" or ")
        )
    })
}

fn is_fitting(request: &Request<'_>, architecture: &Architecture) -> Result<bool> {
    let taps = penultimate(architecture);
    fits(request, &Expected::new(architecture, &taps)?)
}

fn penultimate(architecture: &Architecture) -> [&'static str; 1] {
    [architecture.module("penultimate")]
}
