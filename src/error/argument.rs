//! Errors of arguments.

use std::borrow::Cow;

use super::{Error, NAMED_IDS, Numbers, Quoted, Result, Short};

/// An argument that is out of range or does not fit the others.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// A parameter is outside its range.
    #[error("{name} must be {expected}, not {}", Short(found))]
    #[non_exhaustive]
    InvalidParameter {
        /// Name of the parameter.
        name: &'static str,
        /// Its range in words.
        expected: Cow<'static, str>,
        /// The given value.
        found: String,
    },

    /// There are fewer items than a method needs.
    #[error("too few {what}: {found} (needed: at least {needed})")]
    #[non_exhaustive]
    TooFew {
        /// The items.
        what: &'static str,
        /// Number of items that are needed.
        needed: usize,
        /// Number of items.
        found: usize,
    },

    /// Two arguments that belong together have different lengths.
    #[error("wrong number of {what}: {found} (expected {expected})")]
    #[non_exhaustive]
    LengthMismatch {
        /// The length.
        what: &'static str,
        /// The expected length.
        expected: usize,
        /// The given length.
        found: usize,
    },

    /// An array has another shape than is needed.
    #[error("{what} has shape {} (expected {expected})", Numbers(found))]
    #[non_exhaustive]
    Shape {
        /// The array.
        what: &'static str,
        /// The expected shape in words.
        expected: String,
        /// The given shape.
        found: Vec<u64>,
    },

    /// Two tallies, or two parts of one result, do not belong together.
    #[error("cannot merge: {what} differs ({} and {})", Short(left), Short(right))]
    #[non_exhaustive]
    Incompatible {
        /// What differs.
        what: &'static str,
        /// Its value on one side.
        left: String,
        /// Its value on the other side.
        right: String,
    },

    /// A name is not known.
    #[error("no {what} {}{}", Quoted(name), or_else(nearest))]
    #[non_exhaustive]
    UnknownName {
        /// The kind of thing that is named.
        what: &'static str,
        /// The name.
        name: String,
        /// The most similar known names.
        nearest: Vec<String>,
    },
}

/// Returns a question such as ` (did you mean "resnet50", "resnet34"?)`.
fn or_else(nearest: &[String]) -> String {
    let quoted: Vec<String> = nearest
        .iter()
        .take(NAMED_IDS)
        .map(|name| Quoted(name).to_string())
        .collect();
    match quoted.is_empty() {
        true => String::new(),
        false => format!(" (did you mean {}?)", quoted.join(", ")),
    }
}

/// Returns a parameter if it is positive and finite.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64> {
    match value > 0.0 && value.is_finite() {
        true => Ok(value),
        false => Err(Error::parameter(name, "positive and finite", value)),
    }
}

/// Returns the error of trials without participants.
pub(crate) fn unknown_participants() -> Error {
    let expected = "known (`Trials::with_participants`, `--participants`)";
    Error::parameter("participants of the trials", expected, "missing")
}

/// Checks that there are as many items as a method needs.
pub(crate) fn at_least(what: &'static str, needed: usize, found: usize) -> Result<()> {
    if found >= needed {
        return Ok(());
    }
    Err(ArgumentError::TooFew {
        what,
        needed,
        found,
    }
    .into())
}

/// Checks the length of an argument that belongs to another one.
pub(crate) fn same_length(what: &'static str, expected: usize, found: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(ArgumentError::LengthMismatch {
        what,
        expected,
        found,
    }
    .into())
}

/// Returns the error of an array that has another shape than is needed.
pub(crate) fn wrong_shape<N: Copy + TryInto<u64>>(
    what: &'static str,
    expected: impl Into<String>,
    found: &[N],
) -> Error {
    let found = found.iter().map(|&len| len.try_into().unwrap_or(u64::MAX));
    ArgumentError::Shape {
        what,
        expected: expected.into(),
        found: found.collect(),
    }
    .into()
}

/// Checks that there are penalties, and that none of them is given twice.
pub(crate) fn check_penalties(sorted_penalties: &[f64]) -> Result<()> {
    at_least("penalties", 1, sorted_penalties.len())?;
    match sorted_penalties.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(twice) => {
            let found = format_args!("{} twice", twice[0]);
            Err(Error::parameter("penalties", "different", found))
        }
    }
}
