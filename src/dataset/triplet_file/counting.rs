//! The base from which the stimulus indices of trials are counted.

use serde::{Deserialize, Serialize};

use crate::error::{FileError, Result};
use crate::names::named;

/// The base from which the stimulus indices of trials are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Counting {
    /// Inferred from the indices: 1 if the number of stimuli occurs and 0 does not, otherwise 0. If
    /// neither occurs, but at least nine tenths of the other indices do, the base cannot be inferred,
    /// which is an error.
    #[default]
    Inferred,
    /// Counted from 0.
    Zero,
    /// Counted from 1, as in MATLAB and R.
    One,
}

impl Counting {
    /// Returns the index of the first of `n_stimuli` stimuli: 0 or 1.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if the base has to be inferred and both are possible.
    pub(super) fn first(self, trials: &[[u32; 3]], n_stimuli: usize, place: &str) -> Result<u32> {
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
        Self::check_from_zero(&occurs, trials.len() as u64, place)?;
        Ok(0)
    }

    /// Checks that indices may count from 0, given which of them occur.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if index 0 is the only one (or one of at most a tenth) that
    /// never occurs.
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
        if n_absent == 1 || 10 * n_absent <= occurs.len() {
            return Err(FileError::Ambiguous {
                what: format!(
                    "whether its indices count from 0 or from 1: index 0 never occurs in {n_trials} trials"
                ),
                remedy: "set the base of the indices (`with_counting`; `--count-from 0` or `--count-from 1`)",
            }
            .into());
        }
        log::warn!(
            "{place}: index 0 never occurs; if indices count from 1, set this (`with_counting`, `--count-from 1`)"
        );
        Ok(())
    }
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
        let first = |trials: &[[u32; 3]], n| Counting::Inferred.first(trials, n, "t").ok();
        assert_eq!(first(&[[0, 1, 2]], 5), Some(0));
        assert_eq!(first(&[[1, 2, 3], [4, 5, 1]], 5), Some(1));
        // Only 0 is absent.
        assert_eq!(first(&[[1, 2, 3], [4, 2, 1]], 5), None);
        // 0 is one of many absent indices.
        assert_eq!(first(&[[1, 2, 3], [4, 2, 1]], 40), Some(0));
        assert_eq!(first(&[[1, 2, 9]], 5), Some(0));
        assert_eq!(Counting::One.first(&[[0, 1, 2]], 5, "t").unwrap(), 1);
    }
}
