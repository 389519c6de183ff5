//! The names of stored parameters, and the stored tensors that a network's parameters are made of.

use std::collections::{BTreeMap, BTreeSet};

use super::convention::{Convention, Form};
use super::listing::Listing;
use crate::error::{ArgumentError, Error, ExtractError, Result};

/// Map from the names of parameters, as selected and renamed by the user, to their stored names.
pub(super) type Keys = BTreeMap<String, String>;

/// Modules that wrap others without changing what they compute.
const WRAPPERS: [&str; 4] = [
    "module",
    "_orig_mod",
    "_fsdp_wrapped_module",
    "_checkpoint_wrapped_module",
];

/// Returns a name without the modules that only wrap others.
pub(super) fn without_wrappers(name: &str) -> String {
    let parts = name.split('.').filter(|part| !WRAPPERS.contains(part));
    parts.collect::<Vec<_>>().join(".")
}

/// The stored tensors that a parameter is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Composition {
    /// One tensor or some of its rows, possibly transposed or reshaped.
    Single { stored: String, form: Form },
    /// The concatenation of tensors, by their numbers.
    Concatenated(BTreeMap<usize, String>),
    /// The bias of a layer without one: a zero for each row of its weight, which is stored under this
    /// name.
    Zeros { weight: String },
}

impl Composition {
    /// Returns the names of the stored tensors.
    pub fn stored(&self) -> impl Iterator<Item = &str> {
        let (single, parts) = match self {
            Self::Single { stored, .. } => (Some(stored), None),
            Self::Concatenated(parts) => (None, Some(parts.values())),
            Self::Zeros { .. } => (None, None),
        };
        single
            .into_iter()
            .chain(parts.into_iter().flatten())
            .map(String::as_str)
    }

    /// Returns the shape of the parameter, or of the stored tensor if it will be reshaped. Returns
    /// `None` if parts of the parameter do not fit.
    pub fn shape(&self, listing: &Listing) -> Option<Vec<usize>> {
        let of = |stored: &str| Some(listing.get(stored)?.shape.clone());
        match self {
            Self::Single {
                stored,
                form: Form::Transposed,
            } => {
                let mut shape = of(stored)?;
                shape.reverse();
                Some(shape)
            }
            Self::Single { stored, form } => {
                let mut shape = of(stored)?;
                if let Some([first, end]) = form.thirds() {
                    let n_rows = shape.first_mut()?;
                    *n_rows = (*n_rows % 3 == 0).then_some(*n_rows / 3 * (end - first))?;
                }
                Some(shape)
            }
            Self::Zeros { weight } => Some(vec![*of(weight)?.first()?]),
            Self::Concatenated(parts) => {
                let is_complete = parts.keys().copied().eq(0..parts.len());
                let mut shapes = parts.values().map(|stored| of(stored));
                let mut all = shapes.next().filter(|_| is_complete)??;
                for shape in shapes {
                    let shape = shape?;
                    if all.get(1..) != shape.get(1..) {
                        return None;
                    }
                    *all.first_mut()? = all.first()?.checked_add(*shape.first()?)?;
                }
                Some(all)
            }
        }
    }

    pub fn is_reshaped(&self) -> bool {
        matches!(
            self,
            Self::Single {
                form: Form::Reshaped,
                ..
            }
        )
    }
}

/// Parameters of the network with the tensors that they are made of.
pub(super) type Compositions = BTreeMap<String, Composition>;

/// Converts names by a convention, without the prefix that all of them have.
pub(super) fn convert<'k>(
    convention: &Convention,
    names: impl IntoIterator<Item = (&'k str, &'k str)>,
    own_name: &dyn Fn(&str) -> String,
) -> Compositions {
    let mut compositions = Compositions::new();
    let mut former = Vec::new();
    for (name, stored) in names {
        for (converted, form) in convention.convert(name) {
            let own = own_name(&converted);
            if own != converted {
                former.push((converted, own, stored));
                continue;
            }
            add(&mut compositions, own, stored, form);
        }
    }
    // A former name gives way to the current one.
    for (converted, own, stored) in former {
        let name = match compositions.contains_key(&own) {
            true => converted,
            false => own,
        };
        add(&mut compositions, name, stored, Form::AsStored);
    }
    compositions
}

/// Adds a bias of zeros to a linear layer of which only the weight is stored, as one without a bias.
pub(super) fn add_bias(compositions: &mut Compositions, layer: &str, listing: &Listing) {
    let module = format!("{layer}.");
    let mut of_layer = compositions
        .iter()
        .filter(|(name, _)| name.starts_with(&module));
    let weight = match (of_layer.next(), of_layer.next()) {
        (Some((name, Composition::Single { stored, .. })), None)
            if name[module.len()..] == *"weight" =>
        {
            stored.clone()
        }
        _ => return,
    };
    if listing
        .get(&weight)
        .is_some_and(|tensor| tensor.shape.len() == 2)
    {
        compositions.insert(format!("{module}bias"), Composition::Zeros { weight });
    }
}

fn add(compositions: &mut Compositions, name: String, stored: &str, form: Form) {
    let stored = stored.to_owned();
    match (form, compositions.get_mut(&name)) {
        (Form::Part(number), Some(Composition::Concatenated(parts))) => {
            parts.insert(number, stored);
        }
        (Form::Part(number), _) => {
            let parts = BTreeMap::from([(number, stored)]);
            compositions.insert(name, Composition::Concatenated(parts));
        }
        (form, _) => {
            compositions.insert(name, Composition::Single { stored, form });
        }
    }
}

/// Returns the positions in a name at which a part begins that a network could know.
pub(super) fn beginnings(name: &str) -> impl Iterator<Item = usize> {
    let dots = name.match_indices('.').map(|(dot, _)| dot + 1);
    [0].into_iter().chain(dots)
}

/// Returns the numbers of the dictionaries in which tensors are stored.
pub(super) fn dictionaries<'c>(
    compositions: impl IntoIterator<Item = &'c Composition>,
    listing: &Listing,
) -> BTreeSet<usize> {
    let stored = compositions.into_iter().flat_map(Composition::stored);
    stored
        .filter_map(|stored| Some(listing.get(stored)?.dictionary))
        .collect()
}

/// Returns the name of the module at the top level.
pub(super) fn root(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

/// Checks whether a name is that of what pretraining with masked images has beside the network.
pub(super) fn is_for_training(name: &str) -> bool {
    let last = name.rsplit('.').next();
    last == Some("mask_token") || name.starts_with("decoder_")
}

/// Checks whether a buffer of integers only counts, or follows from the size of the images.
pub(super) fn is_counter(name: &str) -> bool {
    const NAMES: [&str; 4] = [
        "num_batches_tracked",
        "position_ids",
        "relative_position_index",
        "attn_mask",
    ];

    NAMES.contains(&name.rsplit('.').next().unwrap_or_default())
}

/// Returns the names with a prefix, without it.
pub(super) fn under(keys: &Keys, prefix: &str) -> Result<Keys> {
    let stripped = |name: &dyn Fn(&str) -> String| -> Keys {
        let strip = |(key, stored): (&String, &String)| {
            Some((name(key).strip_prefix(prefix)?.to_owned(), stored.clone()))
        };
        keys.iter().filter_map(strip).collect()
    };
    for kept in [stripped(&str::to_owned), stripped(&without_wrappers)] {
        if !kept.is_empty() {
            return Ok(kept);
        }
    }
    // The names of dictionaries before the prefix.
    let mut outer: BTreeSet<&str> = BTreeSet::new();
    let mut kept = Keys::new();
    for (key, stored) in keys {
        let found = beginnings(key).find_map(|at| Some((at, key[at..].strip_prefix(prefix)?)));
        if let Some((at, rest)) = found {
            outer.insert(&key[..at]);
            kept.insert(rest.to_owned(), stored.clone());
        }
    }
    match outer.len() {
        0 => {
            let beginnings = keys.keys().filter_map(|key| key.split('.').next());
            let beginnings: BTreeSet<&str> = beginnings.collect();
            Err(unknown("prefix of parameters", prefix, beginnings))
        }
        1 => Ok(kept),
        _ => Err(ExtractError::AmbiguousWeights {
            keys: outer
                .iter()
                .map(|outer| format!("{outer}{prefix}"))
                .collect(),
        }
        .into()),
    }
}

/// Returns the error for a name that is not there, with some of those that are.
pub(super) fn unknown<'n>(
    what: &'static str,
    name: &str,
    there: impl IntoIterator<Item = &'n str>,
) -> Error {
    const NAMED: usize = 4;

    Error::from(ArgumentError::UnknownName {
        what,
        name: name.into(),
        nearest: there.into_iter().take(NAMED).map(str::to_owned).collect(),
    })
}
