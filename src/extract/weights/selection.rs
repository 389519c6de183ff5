//! The search for the stored parameters that fit a network: under which prefix they are, and whose
//! names they have.

use std::collections::{BTreeMap, BTreeSet};

use super::beside;
use super::convention::Convention;
use super::conventions::conventions;
use super::copies::{is_part, without_copies};
use super::names::{Keys, add_bias, beginnings, convert, is_counter, without_wrappers};
use super::problems::{Problems, Verdict, check};
use super::request::{Fit, REGISTERS, Request, Selection};
use super::words::is_of_state;
use super::{training, windows};
use crate::error::{ArgumentError, ExtractError, Result};
use crate::extract::builder::Deviations;
use crate::extract::outline::{Expected, Outline};

/// The most sets of parameters that are compared with the network.
const MAX_CANDIDATES: usize = 16;

/// Finds the parameters that fit the network.
///
/// # Errors
/// Returns [`ExtractError::WeightsMismatch`] for those that fit best if none fit, and
/// [`ExtractError::AmbiguousWeights`] if several do.
pub(super) fn select(request: &Request<'_>, expected: &Expected<'_>) -> Result<Fit> {
    let published = &expected.published;
    let conventions = conventions(expected.family(), published.modules(), published.blocks());
    let names = names(request.keys);
    let mut candidates = candidates(&names, &conventions, expected);
    if candidates.is_empty() {
        // Nothing fits, which the comparison with an empty set describes.
        candidates.push((String::new(), 0));
    }
    let (mut fitting, mut others) = (Vec::new(), Vec::new());
    for (prefix, convention) in candidates {
        let selection = candidate(request, &names, &prefix, &conventions[convention], expected);
        match check(request, &selection, expected)? {
            Verdict::Fits(outline) => fitting.push((selection, outline)),
            Verdict::Differs(problems) => others.push((selection, problems)),
        }
    }
    let mut others = reconsider(request, expected, &mut fitting, others)?;
    if request.is_at_root {
        let fits = fitting.iter().map(|(selection, _)| selection);
        let all = fits.chain(others.iter().map(|(selection, _)| selection));
        let prefixes: Vec<String> = all.map(|selection| selection.prefix.clone()).collect();
        if !prefixes.iter().any(String::is_empty) {
            let (what, name) = ("key of parameters", String::new());
            let nearest = prefixes;
            return Err(ArgumentError::UnknownName {
                what,
                name,
                nearest,
            }
            .into());
        }
        fitting.retain(|(selection, _)| selection.prefix.is_empty());
        others.retain(|(selection, _)| selection.prefix.is_empty());
    }
    let mut fitting = without_copies(request, fitting);
    let similar = others.iter().filter(|(selection, problems)| {
        problems.are_few(expected) && !fitting.iter().any(|fit| is_part(request, selection, fit))
    });
    let similar = similar.map(|(selection, _)| selection.prefix.clone());
    let keys = fitting
        .iter()
        .map(|(selection, _)| selection.prefix.clone());
    let keys: Vec<String> = keys.chain(similar).collect();
    if !fitting.is_empty() && keys.len() > 1 {
        return Err(ExtractError::AmbiguousWeights { keys }.into());
    }
    let Some((mut selection, outline)) = fitting.pop() else {
        let best = others.into_iter().min_by_key(|(_, problems)| problems.n());
        if let Some((selection, problems)) = &best
            && problems.are_unexpected()
        {
            // Parameters of other types have scales beside them.
            require_floats(request, selection, published)?;
            beside::check_unexpected(request, selection, expected)?;
        }
        let problems = best.map(|(_, problems)| problems).unwrap_or_default();
        return Err(problems.into_error(request, expected).into());
    };
    if is_of_state(&format!("{}.", selection.prefix)) {
        let meaning = format!(
            "the state of a training, such as moments of its parameters, and no other parameters of this \
             network: choose them by their key if they are those of the network (`Weights::with_key`, \
             `--key {}`)",
            selection.prefix
        );
        let tensors = vec![selection.prefix];
        return Err(ExtractError::MeaningfulTensors { tensors, meaning }.into());
    }
    require_floats(request, &selection, &outline)?;
    beside::check_origin(request, expected)?;
    beside::deviate(request, &mut selection, expected);
    windows::check(request, &selection, &outline, expected)?;
    training::check(
        request.training,
        selection.library,
        request.epsilon,
        expected,
    )?;
    selection.unread = beside::check(request, &selection, &outline, expected)?;
    Ok((selection, outline))
}

/// Checks whether any parameters of a file fit the network by their names and shapes.
pub(super) fn fits(request: &Request<'_>, expected: &Expected<'_>) -> Result<bool> {
    let published = &expected.published;
    let conventions = conventions(expected.family(), published.modules(), published.blocks());
    let names = names(request.keys);
    for (prefix, convention) in candidates(&names, &conventions, expected) {
        let selection = candidate(request, &names, &prefix, &conventions[convention], expected);
        if matches!(check(request, &selection, expected)?, Verdict::Fits(_)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Checks that the parameters that the network needs are stored as floats.
fn require_floats(request: &Request<'_>, selection: &Selection, outline: &Outline) -> Result<()> {
    let is_float = |stored: &str| request.listing.get(stored).is_none_or(|t| t.is_float);
    let needed = selection.compositions.iter();
    let others = needed.filter(|(name, composition)| {
        outline.is_needed(name) && !is_counter(name) && !composition.stored().all(is_float)
    });
    let parameters: Vec<String> = others.map(|(name, _)| name.clone()).collect();
    match parameters.is_empty() {
        true => Ok(()),
        false => Err(ExtractError::NotFloats { parameters }.into()),
    }
}

/// Returns the names of parameters without the modules that only wrap others, with their stored
/// names. Names that would be the same remain: they belong to different sets of parameters.
fn names(keys: &Keys) -> Vec<(String, &str)> {
    let mut n_names: BTreeMap<String, usize> = BTreeMap::new();
    for key in keys.keys() {
        *n_names.entry(without_wrappers(key)).or_default() += 1;
    }
    let name = |key: &String| match without_wrappers(key) {
        short if n_names[&short] == 1 => short,
        _ => key.clone(),
    };
    keys.iter()
        .map(|(key, stored)| (name(key), stored.as_str()))
        .collect()
}

/// Compares sets that do not fit again, without the sets that fit: an average over training in the
/// same dictionary is not part of a network. Adds those that fit to `fitting`, and returns the
/// others with what is wrong with them.
fn reconsider(
    request: &Request<'_>,
    expected: &Expected<'_>,
    fitting: &mut Vec<Fit>,
    others: Vec<(Selection, Problems)>,
) -> Result<Vec<(Selection, Problems)>> {
    let prefixes = fitting.iter().map(|(fit, _)| format!("{}.", fit.prefix));
    let prefixes: Vec<String> = prefixes.collect();
    let mut different = Vec::new();
    for (mut selection, problems) in others {
        let inside = prefixes
            .iter()
            .filter_map(|prefix| match selection.prefix.as_str() {
                "" => Some(prefix.as_str()),
                outer => prefix.strip_prefix(outer)?.strip_prefix('.'),
            });
        let inside: Vec<&str> = inside.collect();
        let n = selection.compositions.len();
        let is_inside = |name: &str| inside.iter().any(|inside| name.starts_with(inside));
        selection.compositions.retain(|name, _| !is_inside(name));
        let verdict = match selection.compositions.len() < n {
            true => check(request, &selection, expected)?,
            false => Verdict::Differs(problems),
        };
        match verdict {
            Verdict::Fits(outline) => fitting.push((selection, outline)),
            Verdict::Differs(problems) => different.push((selection, problems)),
        }
    }
    Ok(different)
}

/// Returns the prefixes and the indices of the conventions with which most names are those of
/// parameters of the network, the best first.
fn candidates(
    names: &[(String, &str)],
    conventions: &[Convention],
    expected: &Expected<'_>,
) -> Vec<(String, usize)> {
    let known: BTreeSet<&str> = expected
        .published
        .entries
        .iter()
        .map(|entry| entry.key.as_str())
        .collect();
    // The number of names of parameters, and of names that the convention knows to be of no use.
    let mut votes: BTreeMap<(&str, usize), (usize, usize)> = BTreeMap::new();
    for (name, _) in names {
        for (at, (index, convention)) in beginnings(name)
            .flat_map(|at| conventions.iter().enumerate().map(move |each| (at, each)))
        {
            let (converted, is_of_library) = convention.read(&name[at..]);
            // The numbers of the network itself, where `features` is not a prefix.
            let is_own =
                matches!(convention, Convention::Features) && name[..at].ends_with("features.");
            if !is_of_library || is_own {
                continue;
            }
            let is_known =
                |(name, _): &&(String, _)| known.contains(expected.own_name(name).as_str());
            let n = converted.iter().filter(is_known).count();
            let n_ignored = usize::from(converted.is_empty());
            if n + n_ignored > 0 {
                let votes = votes.entry((&name[..at], index)).or_default();
                *votes = (votes.0 + n, votes.1 + n_ignored);
            }
        }
    }
    // For each prefix, the convention with most votes; the first of several.
    let mut by_prefix: BTreeMap<&str, ((usize, usize), usize)> = BTreeMap::new();
    for (&(prefix, convention), &n) in &votes {
        let best = by_prefix.entry(prefix).or_insert((n, convention));
        if n > best.0 {
            *best = (n, convention);
        }
    }
    let most = by_prefix.values().map(|&((n, _), _)| n).max().unwrap_or(0);
    let mut likely: Vec<_> = by_prefix
        .into_iter()
        .filter(|&(_, ((n, _), _))| 2 * n > most)
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
    // A network with registers is another one than that without them.
    let is_register = |name: &str| {
        let mut converted = convention.convert(name).into_iter();
        converted.any(|(name, _)| expected.own_name(&name) == REGISTERS)
    };
    let relative = names.iter().filter_map(|(name, stored)| {
        let relative = name.strip_prefix(prefix)?;
        // A part of the prefix, or the beginning of the name of a parameter.
        let mut beginnings = beginnings(name).take_while(|&at| at <= prefix.len());
        let is_absent = beginnings.any(|at| is_absent(&name[at..]));
        (!is_absent || is_register(relative)).then_some((relative, *stored))
    });
    let mut compositions = convert(convention, relative, &|name| expected.own_name(name));
    if let Some(layer) = expected.classifier() {
        add_bias(&mut compositions, layer, request.listing);
    }
    compositions.retain(|name, _| !is_absent(name) || name == REGISTERS);
    // All libraries interpolate the positions of networks with registers in the same way.
    let mut entries = expected.published.entries.iter();
    let has_registers = entries.any(|entry| entry.key == REGISTERS);
    Selection {
        prefix: prefix.trim_end_matches('.').to_owned(),
        library: convention.library(),
        deviations: match has_registers {
            true => Deviations::NONE,
            false => convention.deviations(),
        },
        unread: Vec::new(),
        compositions,
    }
}
