//! Where the indices of trials count from.

use serde::{Deserialize, Serialize};

use crate::error::{FileError, Result};
use crate::names::named;

/// Where the indices of trials count from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Counting {
    /// Told from the indices: from 1 where the number of stimuli is among them and 0 is not, else
    /// from 0. Refused where 0 is the only one (or one of few) that never occurs and so the last
    /// stimulus may be the one that was never shown.
    #[default]
    Inferred,
    /// From 0.
    Zero,
    /// From 1, as in MATLAB and R.
    One,
}

impl Counting {
    /// All of them.
    pub const ALL: [Counting; 3] = [Counting::Inferred, Counting::Zero, Counting::One];

    /// Returns the name on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Counting::Inferred => "inferred",
            Counting::Zero => "0",
            Counting::One => "1",
        }
    }

    /// Returns the index of the first of `n_stimuli` stimuli.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] where it is to be told from the trials and could be both.
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
        let n_absent = occurs.iter().filter(|occurs| !**occurs).count();
        // Of many that are absent, 0 is one by chance.
        if n_absent == 1 || 10 * n_absent <= n_stimuli {
            return Err(FileError::Ambiguous {
                what: format!(
                    "whether its indices count from 0 or from 1: index 0 never occurs in {} trials",
                    trials.len()
                ),
                remedy: "say so (--count-from 0, or --count-from 1)",
            }
            .into());
        }
        if last + 1 == n_stimuli {
            log::warn!(
                "{place}: index 0 never occurs and {last} does; if indices count from 1, say so \
                 (--count-from 1)"
            );
        }
        Ok(0)
    }
}

named!(Counting, "counting", "inferred, 0 or 1");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_tells_where_indices_count_from() {
        let first = |trials: &[[u32; 3]], n| Counting::Inferred.first(trials, n, "t").ok();
        assert_eq!(first(&[[0, 1, 2]], 5), Some(0));
        assert_eq!(first(&[[1, 2, 3], [4, 5, 1]], 5), Some(1));
        // 0 alone is absent.
        assert_eq!(first(&[[1, 2, 3], [4, 2, 1]], 5), None);
        // One of many.
        assert_eq!(first(&[[1, 2, 3], [4, 2, 1]], 40), Some(0));
        assert_eq!(first(&[[1, 2, 9]], 5), Some(0));
        assert_eq!(Counting::One.first(&[[0, 1, 2]], 5, "t").unwrap(), 1);
    }
}
