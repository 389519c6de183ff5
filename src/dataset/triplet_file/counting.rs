//! The base from which the stimulus indices of trials are counted.

use serde::{Deserialize, Serialize};

use crate::error::{Error, FileError, Result};
use crate::names::named;

/// The base from which the stimulus indices of trials are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Counting {
    /// Inferred from the indices: 1 if the number of stimuli occurs and 0 does not, otherwise 0.
    ///
    /// It is an error ([`FileError::Ambiguous`]) if neither occurs although one of them would be
    /// expected, because
    ///
    /// - at least nine tenths of the other indices occur,
    /// - there are many trials, in which at least nine tenths of the indices up to the largest one
    ///   occur, or
    /// - answers in the same file are positions counted from 1.
    #[default]
    Inferred,
    /// Counted from 0.
    Zero,
    /// Counted from 1, as in MATLAB and R.
    One,
}

impl Counting {
    /// Returns the index of the first of `n_stimuli` stimuli: 0 or 1, given whether answers in the same
    /// file are positions that count from 1.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if the base has to be inferred and both are possible.
    pub(super) fn first(
        self,
        trials: &[[u32; 3]],
        n_stimuli: usize,
        answers_from_one: bool,
        place: &str,
    ) -> Result<u32> {
        match self {
            Counting::Zero => return Ok(0),
            Counting::One => return Ok(1),
            Counting::Inferred => {}
        }
        let indices = trials.as_flattened();
        if indices.is_empty() || indices.contains(&0) {
            return Ok(0);
        }
        let last = indices.iter().copied().max().unwrap_or(0) as usize;
        if last == n_stimuli {
            log::info!(
                "{place}: indices count from 1, since {n_stimuli} is among them and 0 is not"
            );
            return Ok(1);
        }
        if last > n_stimuli {
            return Ok(0);
        }
        let mut occurs = vec![false; n_stimuli];
        for &index in indices {
            occurs[index as usize] = true;
        }
        if answers_from_one {
            let reason = "index 0 never occurs, and answers are positions that count from 1";
            return Err(unknown_base(reason));
        }
        Self::check_from_zero(&occurs, trials.len() as u64, place)?;
        Ok(0)
    }

    /// Checks that indices may count from 0, given which of them occur.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if index 0 is the only one (or one of at most a tenth) that
    /// never occurs, or if this is improbable.
    pub(in crate::dataset) fn check_from_zero(
        occurs: &[bool],
        n_trials: u64,
        place: &str,
    ) -> Result<()> {
        if occurs.first() != Some(&false) {
            return Ok(());
        }
        let n_absent = occurs.iter().filter(|occurs| !**occurs).count();
        // If many indices are absent, index 0 may be absent by chance.
        let is_one_of_few = n_absent == 1 || 10 * n_absent <= occurs.len();
        if is_one_of_few || is_improbable(occurs, n_trials) {
            return Err(unknown_base(&format!(
                "index 0 never occurs in {n_trials} trials"
            )));
        }
        log::warn!(
            "{place}: index 0 never occurs; if indices count from 1, set this (`with_counting`, `--count-from 1`)"
        );
        Ok(())
    }
}

/// Checks whether it is improbable that index 0 never occurs in trials whose indices count from 0, given
/// which of them occur. Index 0 is probably as often one of the stimuli that are used as the others are, up
/// to the last one, and each of these is as often shown as the others.
fn is_improbable(occurs: &[bool], n_trials: u64) -> bool {
    /// Largest probability of what is improbable.
    const LARGEST: f64 = 0.1;

    let Some(last @ 1..) = occurs.iter().rposition(|&occurs| occurs) else {
        return false;
    };
    let n_used = occurs[1..=last].iter().filter(|occurs| **occurs).count() as f64;
    let is_used = n_used / last as f64;
    let is_never_shown = (1.0 - 3.0 / (n_used + 1.0)).max(0.0).powf(n_trials as f64);
    1.0 - is_used * (1.0 - is_never_shown) <= LARGEST
}

fn unknown_base(reason: &str) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!("whether its indices count from 0 or from 1: {reason}"),
        remedy: "set the base of the indices (`with_counting`; `--count-from 0` or `--count-from 1`)",
    })
}

named! {
    Counting, "counting":
    Inferred = "inferred",
    Zero = "0",
    One = "1",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_tells_where_indices_count_from() {
        let first = |trials: &[[u32; 3]], n| Counting::Inferred.first(trials, n, false, "t").ok();
        assert_eq!(first(&[[0, 1, 2]], 5), Some(0));
        assert_eq!(first(&[[1, 2, 3], [4, 5, 1]], 5), Some(1));
        // Only 0 is absent.
        assert_eq!(first(&[[1, 2, 3], [4, 2, 1]], 5), None);
        // 0 is one of many absent indices.
        assert_eq!(first(&[[1, 2, 3], [4, 2, 1]], 40), Some(0));
        assert_eq!(first(&[[1, 2, 9]], 5), Some(0));
        let one = Counting::One.first(&[[0, 1, 2]], 5, false, "t");
        assert_eq!(one.unwrap(), 1);
    }

    #[test]
    fn many_trials_of_the_first_stimuli_show_index_0_if_they_count_from_it() {
        let first = |shown: &[u32], n: usize, n_trials: usize| {
            let trial = |at: usize| [0, 3, 7].map(|next| shown[(at + next) % shown.len()]);
            let trials: Vec<[u32; 3]> = (0..n_trials).map(trial).collect();
            Counting::Inferred.first(&trials, n, false, "t").ok()
        };
        let consecutive: Vec<u32> = (1..=12).collect();
        assert_eq!(first(&consecutive, 24, 200), None);
        assert_eq!(first(&consecutive[..11], 14, 100), None);
        assert_eq!(first(&consecutive, 24, 3), Some(0));
        // Index 0 is one of many in between that are absent.
        let others: Vec<u32> = (1..=12).map(|n| 2 * n).collect();
        assert_eq!(first(&others, 30, 200), Some(0));
        let with_zero: Vec<u32> = (0..12).collect();
        assert_eq!(first(&with_zero, 24, 200), Some(0));
        // Answers that count from 1 are evidence, whatever the stimuli are.
        let counted = |trials: &[[u32; 3]]| Counting::Inferred.first(trials, 30, true, "t").ok();
        assert_eq!(counted(&[[4, 9, 2]]), None);
        assert_eq!(counted(&[[4, 9, 0]]), Some(0));
    }
}
