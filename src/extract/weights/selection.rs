//! The search for the stored parameters that fit a network: under which prefix they are, and whose
//! names they have.

use std::collections::{BTreeMap, BTreeSet};

use super::convention::{Convention, Converted};
use super::conventions::conventions;
use super::listing::Listing;
use super::names::{
    Composition, Compositions, Keys, beginnings, convert, dictionaries, without_wrappers,
};
use super::reader::{Nothing, Shapes};
use crate::error::{Error, ExtractError, Result};
use crate::extract::outline::{Expected, Outline};

/// The most sets of parameters that are compared with the network.
const MAX_CANDIDATES: usize = 16;

/// The stored parameters that are used for a network.
pub(in crate::extract) struct Selection {
    /// Prefix of the stored names, without its final dot and without modules that only wrap others.
    pub prefix: String,
    /// The library whose names the parameters have, unless they are those of the network.
    pub library: Option<&'static str>,
    pub epsilon: Option<f64>,
    pub(super) compositions: Compositions,
}

impl Selection {
    /// Returns the outline of the network with the shapes of these parameters.
    pub(super) fn outline(&self, listing: &Listing, expected: &Expected<'_>) -> Result<Outline> {
        expected.outline(&Shapes::new(listing, self))
    }
}

/// What a user asks of the names.
pub(super) struct Request<'w> {
    pub keys: &'w Keys,
    pub listing: &'w Listing,
    /// Prefixes of names that are ignored.
    pub absent: &'w [String],
}

/// Finds the parameters that fit the network.
///
/// # Errors
/// Returns [`ExtractError::WeightsMismatch`] for those that fit best if none fit, and
/// [`ExtractError::AmbiguousWeights`] if several do.
pub(super) fn select(request: &Request<'_>, expected: &Expected<'_>) -> Result<Selection> {
    let plan = expected.outline(&Nothing)?;
    let conventions = conventions(expected.family(), plan.modules());
    let names: Vec<(String, &str)> = request
        .keys
        .iter()
        .map(|(key, stored)| (without_wrappers(key), stored.as_str()))
        .collect();
    let mut fitting: Vec<Selection> = Vec::new();
    let mut best: Option<(usize, Error)> = None;
    for (prefix, convention) in candidates(&names, &conventions, &plan, expected) {
        let candidate = candidate(request, &names, &prefix, &conventions[convention], expected);
        match check(request, &candidate, expected)? {
            None => {
                let is_same =
                    |other: &Selection| places(request, other) == places(request, &candidate);
                if !fitting.iter().any(is_same) {
                    fitting.push(candidate);
                }
            }
            Some((n, error)) => {
                if best.as_ref().is_none_or(|(least, _)| n < *least) {
                    best = Some((n, error));
                }
            }
        }
    }
    if fitting.len() > 1 {
        let keys = fitting.into_iter().map(|selection| match selection.prefix {
            prefix if prefix.is_empty() => "(no key)".into(),
            prefix => prefix,
        });
        return Err(ExtractError::AmbiguousWeights {
            keys: keys.collect(),
        }
        .into());
    }
    match (fitting.pop(), best) {
        (Some(selection), _) => Ok(selection),
        (None, Some((_, error))) => Err(error),
        (None, None) => {
            let nothing = candidate(request, &names, "", &conventions[0], expected);
            match check(request, &nothing, expected)? {
                None => Ok(nothing),
                Some((_, error)) => Err(error),
            }
        }
    }
}

/// Returns the prefixes and the indices of the conventions with which most names are those of
/// parameters of the network, the best first.
fn candidates(
    names: &[(String, &str)],
    conventions: &[Convention],
    plan: &Outline,
    expected: &Expected<'_>,
) -> Vec<(String, usize)> {
    let known: BTreeSet<&str> = plan
        .entries
        .iter()
        .map(|entry| entry.key.as_str())
        .collect();
    let mut votes: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    for (name, _) in names {
        for (at, (index, convention)) in beginnings(name)
            .flat_map(|at| conventions.iter().enumerate().map(move |each| (at, each)))
        {
            let Converted::Parameter(converted, _) = convention.convert(&name[at..]) else {
                continue;
            };
            if known.contains(expected.own_name(&converted).as_str()) {
                *votes.entry((&name[..at], index)).or_default() += 1;
            }
        }
    }
    // For each prefix, the convention with most votes; the first of several.
    let mut by_prefix: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (&(prefix, convention), &n) in &votes {
        let best = by_prefix.entry(prefix).or_insert((n, convention));
        if n > best.0 {
            *best = (n, convention);
        }
    }
    let most = by_prefix.values().map(|&(n, _)| n).max().unwrap_or(0);
    let mut likely: Vec<_> = by_prefix
        .into_iter()
        .filter(|&(_, (n, _))| 2 * n > most)
        .collect();
    likely.sort_by_key(|&(_, (n, _))| std::cmp::Reverse(n));
    likely.truncate(MAX_CANDIDATES);
    likely
        .into_iter()
        .map(|(prefix, (_, convention))| (prefix.to_owned(), convention))
        .collect()
}

fn candidate(
    request: &Request<'_>,
    names: &[(String, &str)],
    prefix: &str,
    convention: &Convention,
    expected: &Expected<'_>,
) -> Selection {
    let is_absent = |name: &str| request.absent.iter().any(|absent| name.starts_with(absent));
    let relative = names.iter().filter_map(|(name, stored)| {
        let relative = name.strip_prefix(prefix)?;
        (!is_absent(name) && !is_absent(relative)).then_some((relative, *stored))
    });
    let mut compositions = convert(convention, relative, &|name| expected.own_name(name));
    compositions.retain(|name, _| !is_absent(name));
    Selection {
        prefix: prefix.trim_end_matches('.').to_owned(),
        library: convention.library(),
        epsilon: convention.epsilon(),
        compositions,
    }
}

/// Compares parameters with those that the network needs before its taps. Returns `None` if they
/// fit, and otherwise the number of parameters that do not, with the error.
fn check(
    request: &Request<'_>,
    selection: &Selection,
    expected: &Expected<'_>,
) -> Result<Option<(usize, Error)>> {
    let shapes = Shapes::new(request.listing, selection);
    let outline = expected.outline(&shapes)?;
    let (missing, misshapen) = shapes.finish(&outline);
    let unexpected = unexpected(request, selection, &outline);
    if missing.is_empty() && misshapen.is_empty() && unexpected.is_empty() {
        return Ok(None);
    }
    let n = missing.len() + misshapen.len() + unexpected.len();
    let mismatch = ExtractError::WeightsMismatch {
        missing,
        unexpected,
        misshapen,
        stored: request.keys.keys().cloned().collect(),
    };
    Ok(Some((n, mismatch.into())))
}

/// Returns stored parameters that the network does not have, so that it may be another network.
///
/// Integers, tensors in other dictionaries, and parameters of modules after the taps do not matter.
fn unexpected(request: &Request<'_>, selection: &Selection, outline: &Outline) -> Vec<String> {
    let known: BTreeMap<&str, bool> = outline
        .entries
        .iter()
        .map(|entry| (entry.key.as_str(), entry.is_needed))
        .collect();
    let of_network = selection
        .compositions
        .iter()
        .filter(|(name, _)| known.contains_key(name.as_str()));
    let dictionaries = dictionaries(
        of_network.map(|(_, composition)| composition),
        request.listing,
    );
    let root = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let mut is_root_needed: BTreeMap<String, bool> = BTreeMap::new();
    for (name, is_needed) in &known {
        *is_root_needed.entry(root(name)).or_default() |= is_needed;
    }
    let matters = |(name, composition): &(&String, &Composition)| {
        let stored = composition
            .stored()
            .filter_map(|stored| request.listing.get(stored));
        let is_parameter = stored
            .into_iter()
            .any(|tensor| tensor.is_float && dictionaries.contains(&tensor.dictionary));
        let is_after = is_root_needed.get(&root(name)) == Some(&false);
        !known.contains_key(name.as_str()) && is_parameter && !is_after
    };
    let unexpected = selection.compositions.iter().filter(matters);
    unexpected.map(|(name, _)| name.clone()).collect()
}

/// Returns the places of the values of a selection, or the names where their places are unknown.
fn places(request: &Request<'_>, selection: &Selection) -> BTreeMap<String, Vec<String>> {
    let place = |stored: &str| {
        let known = request
            .listing
            .get(stored)
            .and_then(|tensor| tensor.place.clone());
        known.unwrap_or_else(|| stored.to_owned())
    };
    selection
        .compositions
        .iter()
        .map(|(name, composition)| (name.clone(), composition.stored().map(place).collect()))
        .collect()
}
