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
use crate::extract::builder::Deviations;
use crate::extract::outline::{Expected, Outline};

/// The most sets of parameters that are compared with the network.
const MAX_CANDIDATES: usize = 16;

/// The stored parameters that are used for a network.
pub(in crate::extract) struct Selection {
    /// Prefix of the stored names, without its final dot and without modules that only wrap others.
    pub prefix: String,
    /// The library whose names the parameters have, unless they are those of the network.
    pub library: Option<&'static str>,
    pub deviations: Deviations,
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
    let candidates = candidates(&names, &conventions, &plan, expected);
    let candidates = candidates.iter().map(|(prefix, convention)| {
        candidate(request, &names, prefix, &conventions[*convention], expected)
    });
    let candidates: Vec<Selection> = candidates.collect();
    let (mut fitting, mut others) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let problems = check(request, &candidate, expected)?;
        match problems.is_none() {
            true => fitting.push(candidate),
            false => others.push((candidate, problems)),
        }
    }
    let best = reconsider(request, expected, &mut fitting, others)?;
    let mut fitting = without_copies(request, fitting);
    if fitting.len() > 1 {
        let keys = fitting.into_iter().map(|selection| selection.prefix);
        return Err(ExtractError::AmbiguousWeights {
            keys: keys.collect(),
        }
        .into());
    }
    match (fitting.pop(), best) {
        (Some(selection), _) => Ok(selection),
        (None, Some(problems)) => Err(problems.error),
        (None, None) => {
            let nothing = candidate(request, &names, "", &conventions[0], expected);
            match check(request, &nothing, expected)? {
                None => Ok(nothing),
                Some(problems) => Err(problems.error),
            }
        }
    }
}

/// Compares sets that do not fit again, without the sets that fit: an average over training in the
/// same dictionary is not part of a network. Adds those that fit to `fitting`, and returns what is
/// wrong with the best of the others.
fn reconsider(
    request: &Request<'_>,
    expected: &Expected<'_>,
    fitting: &mut Vec<Selection>,
    others: Vec<(Selection, Option<Problems>)>,
) -> Result<Option<Problems>> {
    let prefixes = fitting.iter().map(|fit| format!("{}.", fit.prefix));
    let prefixes: Vec<String> = prefixes.collect();
    let mut best: Option<Problems> = None;
    for (mut candidate, problems) in others {
        let inside = prefixes
            .iter()
            .filter_map(|prefix| match candidate.prefix.as_str() {
                "" => Some(prefix.as_str()),
                outer => prefix.strip_prefix(outer)?.strip_prefix('.'),
            });
        let inside: Vec<&str> = inside.collect();
        let n = candidate.compositions.len();
        let is_inside = |name: &str| inside.iter().any(|inside| name.starts_with(inside));
        candidate.compositions.retain(|name, _| !is_inside(name));
        let problems = match candidate.compositions.len() < n {
            true => check(request, &candidate, expected)?,
            false => problems,
        };
        match problems {
            None => fitting.push(candidate),
            Some(problems) if best.as_ref().is_none_or(|best| problems.n < best.n) => {
                best = Some(problems);
            }
            Some(_) => {}
        }
    }
    Ok(best)
}

/// Returns the selections without those whose values are the same as those of another.
fn without_copies(request: &Request<'_>, selections: Vec<Selection>) -> Vec<Selection> {
    let mut different: Vec<Selection> = Vec::new();
    for selection in selections {
        let is_copy = |other: &Selection| places(request, other) == places(request, &selection);
        if !different.iter().any(is_copy) {
            different.push(selection);
        }
    }
    different
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
        deviations: convention.deviations(),
        compositions,
    }
}

/// What is wrong with a set of parameters.
struct Problems {
    /// Number of parameters that do not fit.
    n: usize,
    error: Error,
}

/// Compares parameters with those that the network needs before its taps. Returns `None` if they
/// fit.
fn check(
    request: &Request<'_>,
    selection: &Selection,
    expected: &Expected<'_>,
) -> Result<Option<Problems>> {
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
    Ok(Some(Problems {
        n,
        error: mismatch.into(),
    }))
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
