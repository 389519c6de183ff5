//! Stimuli shared by several representations.

use human_alignment::{Error, Representation, Result, Stimuli};

use crate::pairing::pair;

/// Returns the stimuli of the first representation, which all others must have; with `drop_missing`
/// the stimuli that all representations have.
pub fn shared_stimuli<'a>(
    representations: impl IntoIterator<Item = &'a Representation>,
    drop_missing: bool,
) -> Result<Stimuli> {
    let mut stimuli = representations.into_iter().map(Representation::stimuli);
    let first = stimuli.next().cloned().unwrap_or(Stimuli::unnamed(0));
    stimuli.try_fold(first, |shared, other| match drop_missing {
        true => Ok(shared.intersection(other)),
        false => pair(&shared, other).map(|_| shared).map_err(|error| {
            Error::other(format!(
                "the representations have other stimuli: {} (--drop-missing keeps those that all have)",
                error.report()
            ))
        }),
    })
}
