//! Sets of parameters with the same values under several names.

use std::collections::BTreeMap;

use super::request::{Fit, Request, Selection};
use crate::extract::outline::Outline;

/// Checks whether the parameters of a set are those of another one under other names, as far as the
/// network needs them.
pub(super) fn is_part(request: &Request<'_>, selection: &Selection, fit: &Fit) -> bool {
    let (fitting, outline) = fit;
    let all = places(request, fitting, outline);
    let part = places(request, selection, outline);
    part.iter()
        .all(|(name, places)| all.get(name) == Some(places))
}

/// Returns the sets without those that have the same values as another one, as far as the network
/// needs them.
pub(super) fn without_copies(request: &Request<'_>, sets: Vec<Fit>) -> Vec<Fit> {
    let mut different: Vec<Fit> = Vec::new();
    for set in sets {
        let is_copy =
            |other: &Fit| places(request, &other.0, &other.1) == places(request, &set.0, &set.1);
        if !different.iter().any(is_copy) {
            different.push(set);
        }
    }
    different
}

/// Returns the places of the values that the network needs, or the names where their places are
/// unknown.
fn places<'f>(
    request: &Request<'_>,
    selection: &'f Selection,
    outline: &Outline,
) -> BTreeMap<&'f str, Vec<String>> {
    let place = |stored: &str| {
        let known = request.listing.get(stored);
        let known = known.and_then(|tensor| tensor.place.clone());
        known.unwrap_or_else(|| stored.to_owned())
    };
    let compositions = selection.compositions.iter();
    compositions
        .filter(|(name, _)| outline.is_needed(name))
        .map(|(name, composition)| (name.as_str(), composition.stored().map(place).collect()))
        .collect()
}
