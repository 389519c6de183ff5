//! The comparison of stored parameters with those that a network needs.

mod causes;
mod fitting;

use std::collections::{BTreeMap, BTreeSet};

use self::causes::COMPUTE_ELSEWHERE;
use super::listing::{StoredTensor, n_elements};
use super::names::{
    Composition, beginnings, dictionaries, is_counter, is_for_training, root, without_wrappers,
};
use super::reader::{Misshapen, Shapes};
use super::request::{REGISTERS, Request, Selection};
use crate::error::{ExtractError, Numbers, Result};
use crate::extract::architecture::Architecture;
use crate::extract::mismatch::{parametrization, remedy};
use crate::extract::outline::{Expected, Outline};

/// The comparison of parameters with those that the network needs before its taps.
pub(super) enum Verdict {
    Fits(Outline),
    Differs(Problems),
}

/// What is wrong with a set of parameters.
#[derive(Default)]
pub(super) struct Problems {
    missing: Vec<String>,
    unexpected: Vec<Unexpected>,
    misshapen: Vec<Misshapen>,
    /// Whether some of the needed parameters have no elements.
    are_empty: bool,
}

/// A parameter that the network does not have.
struct Unexpected {
    /// The name that it would have in the network.
    converted: String,
    /// Its names in the file, without the prefix of the network.
    names: Vec<String>,
    /// Beginnings of the names that no parameter of the network has, if it is in a module beside the
    /// network.
    beside: Vec<String>,
}

impl Problems {
    /// Returns the number of parameters that do not fit.
    pub fn n(&self) -> usize {
        self.missing.len() + self.unexpected.len() + self.misshapen.len()
    }

    /// Checks whether all problems are parameters that the network does not have.
    pub fn are_unexpected(&self) -> bool {
        self.missing.is_empty() && self.misshapen.is_empty()
    }

    /// Checks whether a set could be meant although it does not fit: it has the first parameter and
    /// most of the others, and not those of a larger network.
    pub fn are_few(&self, expected: &Expected<'_>) -> bool {
        /// Smallest ratio of the needed parameters to those that do not fit.
        const FEW: usize = 10;

        let entries = &expected.published.entries;
        let needed: Vec<_> = entries.iter().filter(|entry| entry.is_needed).collect();
        let has_first = needed.first().is_some_and(|first| {
            let of_first = |misshapen: &Misshapen| misshapen.name == first.key;
            !self.missing.contains(&first.key) && !self.misshapen.iter().any(of_first)
        });
        has_first && FEW * self.n() <= needed.len()
    }

    pub fn into_error(self, request: &Request<'_>, expected: &Expected<'_>) -> ExtractError {
        let cause = self.cause(request, expected);
        // All of them, as those that remain would be refused.
        let are_beside = self.unexpected.iter().all(|each| !each.beside.is_empty());
        let beside = self.unexpected.iter().flat_map(|each| &each.beside);
        let beside: BTreeSet<String> = beside.filter(|_| are_beside).cloned().collect();
        let beside: Vec<String> = beside.into_iter().collect();
        let unexpected = self.unexpected.into_iter().flat_map(|each| each.names);
        let unexpected: Vec<String> = unexpected.collect();
        let stored: Vec<String> = request.keys.keys().cloned().collect();
        let misshapen = self.misshapen.into_iter().map(|each| {
            let (found, expected) = (Numbers(&each.found), Numbers(&each.expected));
            format!("{}: {found}, not {expected}", each.name)
        });
        let (missing, misshapen) = (self.missing, misshapen.collect::<Vec<_>>());
        ExtractError::WeightsMismatch {
            remedy: remedy(&missing, &unexpected, &beside, &misshapen, &stored, cause),
            missing,
            unexpected,
            misshapen,
        }
    }

    /// Returns the cause of the problems, with what to do, if names and shapes show it.
    fn cause(&self, request: &Request<'_>, expected: &Expected<'_>) -> Option<String> {
        let mut ends = request
            .keys
            .keys()
            .filter_map(|name| name.rsplit('.').next());
        if ends.any(|end| ["_flat_param", "flat_param"].contains(&end)) {
            return Some(
                "the parameters are parts of one of a distributed training (FSDP): save the full \
                 state dict (`StateDictType.FULL_STATE_DICT`)"
                    .to_owned(),
            );
        }
        if self.are_empty {
            return Some(
                "parameters have no values in this file, which is a part of a checkpoint of a \
                 distributed training: combine its parts first (`zero_to_fp32.py` of DeepSpeed)"
                    .to_owned(),
            );
        }
        let mut converted = self.unexpected.iter().map(|each| &each.converted);
        if converted.any(|name| name == REGISTERS) {
            let other = expected.architecture().replace("_dinov2", "_reg4_dinov2");
            let other = Architecture::named(&other).map(|other| other.name());
            let other = other.ok().filter(|other| *other != expected.architecture());
            return Some(match other {
                Some(other) => format!(
                    "the network has register tokens: name an architecture with them, such as {other}"
                ),
                None => format!(
                    "the network has register tokens, and there is no such architecture of this family \
                     here: {COMPUTE_ELSEWHERE}"
                ),
            });
        }
        let converted = self.unexpected.iter().map(|each| each.converted.as_str());
        parametrization(&self.missing, converted)
            .or_else(|| fitting::suggest(request, expected))
            .or_else(|| self.of_normalizations(expected))
            .or_else(|| self.of_shapes(expected))
            .or_else(|| self.of_classifier(expected))
    }
}

/// Compares parameters with those that the network needs.
pub(super) fn check(
    request: &Request<'_>,
    selection: &Selection,
    expected: &Expected<'_>,
) -> Result<Verdict> {
    let shapes = Shapes::new(request.listing, selection);
    let outline = expected.outline(&shapes)?;
    let (missing, misshapen) = shapes.finish(&outline);
    let is_empty = |stored: &str| {
        let tensor = request.listing.get(stored);
        tensor.is_some_and(|tensor| n_elements(&tensor.shape) == 0)
    };
    let are_empty = selection
        .compositions
        .iter()
        .any(|(name, composition)| outline.is_needed(name) && composition.stored().any(is_empty));
    let problems = Problems {
        missing,
        unexpected: unexpected(request, selection, &outline, expected),
        misshapen,
        are_empty,
    };
    Ok(match problems.n() {
        0 => Verdict::Fits(outline),
        _ => Verdict::Differs(problems),
    })
}

/// Returns stored parameters that the network does not have, so that it may be another network.
///
/// Tensors in other dictionaries, parameters of modules after the taps, what only training uses, and
/// integers that count or index do not matter.
fn unexpected(
    request: &Request<'_>,
    selection: &Selection,
    outline: &Outline,
    expected: &Expected<'_>,
) -> Vec<Unexpected> {
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
    let mut is_root_needed: BTreeMap<&str, bool> = BTreeMap::new();
    for (name, is_needed) in &known {
        *is_root_needed.entry(root(name)).or_default() |= is_needed;
    }
    let stored = |composition: &Composition| -> Vec<&StoredTensor> {
        let stored = composition.stored();
        stored
            .filter_map(|stored| request.listing.get(stored))
            .collect()
    };
    let matters = |(name, composition): &(&String, &Composition)| {
        let is_in_module = is_root_needed.contains_key(root(name));
        let has_effect = |float: bool| match float {
            true => !is_for_training(name),
            false => is_in_module && !is_counter(name),
        };
        let is_parameter = stored(composition)
            .into_iter()
            .any(|tensor| has_effect(tensor.is_float) && dictionaries.contains(&tensor.dictionary));
        let is_after = match is_root_needed.get(root(name)) {
            Some(is_needed) => !is_needed,
            // Such as a classifier in place of the identity.
            None => expected.is_after_taps(root(name)),
        };
        !known.contains_key(name.as_str()) && is_parameter && !is_after
    };
    let unexpected: Vec<_> = selection.compositions.iter().filter(matters).collect();
    if unexpected.is_empty() {
        return Vec::new();
    }
    let names = names_in_file(request, selection);
    let names = |composition: &Composition| -> Vec<String> {
        let stored = composition.stored();
        stored
            .filter_map(|stored| names.get(stored).cloned())
            .collect()
    };
    let used = selection.compositions.iter();
    let used = used.filter(|(name, _)| known.get(name.as_str()) == Some(&true));
    let used: Vec<String> = used
        .flat_map(|(_, composition)| names(composition))
        .collect();
    let describe = |(converted, composition): (&String, &Composition)| {
        let names = names(composition);
        // A token or a position changes the network, whatever module it is in.
        let is_token = |tensor: &StoredTensor| matches!(tensor.shape[..], [1, _, _]);
        let is_in_network = is_root_needed.get(root(converted)) == Some(&true)
            || stored(composition).into_iter().any(is_token);
        let beside = names.iter().filter(|_| !is_in_network);
        Unexpected {
            beside: beside
                .filter_map(|name| beginning_beside(name, &used))
                .collect(),
            converted: converted.clone(),
            names,
        }
    };
    unexpected.into_iter().map(describe).collect()
}

/// Returns the names of stored tensors as the user selected them, without the prefix of the network.
fn names_in_file<'r>(request: &Request<'r>, selection: &Selection) -> BTreeMap<&'r str, String> {
    let relative = |key: &str| {
        let rest = key.strip_prefix(&selection.prefix);
        rest.map(|rest| rest.trim_start_matches('.').to_owned())
    };
    let named = |(key, stored): (&'r String, &'r String)| {
        let short = without_wrappers(key);
        let name = relative(&short).or_else(|| relative(key));
        (stored.as_str(), name.unwrap_or_else(|| key.clone()))
    };
    request.keys.iter().map(named).collect()
}

/// Returns the shortest beginning of a name, up to a dot, that is not one of a name of the network.
fn beginning_beside(name: &str, used: &[String]) -> Option<String> {
    let is_used = |beginning: &str| {
        used.iter()
            .any(|used| beginnings(used).any(|at| used[at..].starts_with(beginning)))
    };
    let dots = name.match_indices('.').map(|(dot, _)| dot);
    let mut all = dots.chain([name.len()]).map(|end| &name[..end]);
    all.find(|beginning| !is_used(beginning)).map(str::to_owned)
}
