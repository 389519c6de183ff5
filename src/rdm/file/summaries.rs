//! RDMs that are not those of participants: summaries of the others, and properties of the pairs.

use ndarray::Array2;

use crate::error::{FileError, Quoted, Result};
use crate::io::summary::summary_of;
use crate::io::text::{AVERAGES, words};
use crate::rdm::Rdm;

/// Checks that no participant is named like the mean of several, and none otherwise than all others, as
/// a column `block` beside `P1`, `P2` and `P3` is.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if one is.
pub(super) fn refuse_summaries(participants: &[String]) -> Result<()> {
    let is_summary = |name: &&String| {
        words(name)
            .iter()
            .any(|word| AVERAGES.contains(&word.as_str()))
    };
    let summary = participants.iter().find(is_summary);
    match summary.or_else(|| named_otherwise(participants)) {
        Some(name) if participants.len() > 1 => Err(FileError::Ambiguous {
            what: format!(
                "whether {} is a participant, or summarises or describes others",
                Quoted(name)
            ),
            remedy: "remove it if it is none, or name it like the others",
        }
        .into()),
        _ => Ok(()),
    }
}

/// Returns the only name without a number if all others, at least two, are numbered.
fn named_otherwise(names: &[String]) -> Option<&String> {
    let stem = |name: &String| {
        name.trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    let is_plain = |name: &&String| !name.contains(|c: char| c.is_ascii_digit());
    let mut plain = names.iter().filter(is_plain);
    let (Some(name), None) = (plain.next(), plain.next()) else {
        return None;
    };
    let mut stems = names.iter().filter(|other| !is_plain(other)).map(stem);
    let first = stems.next()?;
    let are_alike = names.len() > 2 && !first.is_empty() && stems.all(|stem| stem == first);
    are_alike.then_some(name)
}

/// Checks that the first or last RDM is not the mean or the sum of the others.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it is, and this is no coincidence.
pub(super) fn refuse_mean(rdms: &[Rdm]) -> Result<()> {
    /// Number of pairs that are enough to tell.
    const MOST: usize = 1000;

    let n_pairs = rdms.first().map_or(0, |rdm| rdm.values().len()).min(MOST);
    let values = rdms
        .iter()
        .flat_map(|rdm| rdm.values()[..n_pairs].iter().copied());
    let values = Array2::from_shape_vec((rdms.len(), n_pairs), values.collect());
    let values = values.map_err(|error| FileError::malformed("array", error))?;
    match summary_of(values.view()) {
        Some((row, what)) => Err(FileError::Ambiguous {
            what: format!(
                "whether its {} RDM is that of a participant: it {what}",
                if row == 0 { "first" } else { "last" }
            ),
            remedy: "remove it if it summarises the others; otherwise move it between them",
        }
        .into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_no_participants() {
        let check = |names: [&str; 2]| refuse_summaries(&names.map(str::to_owned));
        assert!(check(["S1", "group_mean"]).is_err());
        assert!(check(["S1", "meander"]).is_ok());
        assert!(check(["AB", "SD"]).is_ok());
        assert!(refuse_summaries(&["mean".to_owned()]).is_ok());
        let check = |names: [&str; 3]| refuse_summaries(&names.map(str::to_owned));
        assert!(check(["block", "P1", "P2"]).is_err());
        for names in [
            ["P1", "P2", "P3"],
            ["ann", "P1", "ben"],
            ["ann", "a1", "b2"],
        ] {
            assert!(check(names).is_ok(), "{names:?}");
        }
    }
}
