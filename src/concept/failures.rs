//! Trials in which every model fails.

use serde::{Deserialize, Serialize};

use crate::concept::TrialGroups;
use crate::error::{Result, at_least, same_length};
use crate::inference::Credit;

/// The trials in which all of several models fail ([`SharedFailures::new`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SharedFailures {
    /// Number of models.
    pub n_models: usize,
    /// Number of trials, including those in which models succeed.
    pub n_trials: usize,
    /// The 0-based positions of the trials in which all models fail, in ascending order.
    pub trials: Vec<usize>,
    /// The number of shared failures expected if the failures of models were independent.
    pub expected: f64,
    /// The failures by group.
    pub groups: Vec<GroupFailures>,
}

/// The trials of a group in which all models fail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupFailures {
    /// Name of the group.
    pub name: String,
    /// Number of trials of the group.
    pub n_trials: usize,
    /// Number of trials of the group in which all models fail.
    pub n_failed: usize,
}

impl SharedFailures {
    /// Finds the trials in which all of several models have no credit, and counts them by group.
    ///
    /// ```
    /// use human_alignment::concept::{TrialGroups, SharedFailures};
    /// use human_alignment::inference::Credit;
    ///
    /// let (right, wrong) = (Credit::FULL, Credit::NONE);
    /// let [red, round] = ["red", "round"].map(str::to_owned);
    /// let groups = TrialGroups::new(4, [(red, vec![0, 1]), (round, vec![2, 3])])?;
    /// let failures = SharedFailures::new(
    ///     &[&[wrong, wrong, wrong, right], &[wrong, wrong, right, right]],
    ///     &groups,
    /// )?;
    /// assert_eq!(failures.trials, [0, 1]);
    /// assert_eq!((failures.groups[0].n_failed, failures.groups[1].n_failed), (2, 0));
    /// assert_eq!(failures.expected, 4.0 * (3.0 / 4.0) * (2.0 / 4.0));
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are no models, and
    /// `ArgumentError::LengthMismatch` if the number of credits of a model differs from the
    /// number of trials of the groups.
    pub fn new(models: &[&[Credit]], groups: &TrialGroups) -> Result<SharedFailures> {
        at_least("models", 1, models.len())?;
        let n_trials = groups.n_trials();
        let mut all_fail = vec![true; n_trials];
        let mut expected = n_trials as f64;
        for credits in models {
            same_length("credits of trials", n_trials, credits.len())?;
            let mut n_failed = 0usize;
            for (all_fail, &credit) in all_fail.iter_mut().zip(*credits) {
                let fails = credit == Credit::NONE;
                *all_fail &= fails;
                n_failed += usize::from(fails);
            }
            expected *= n_failed as f64 / n_trials as f64;
        }
        let of_groups = groups.iter().map(|(name, trials)| GroupFailures {
            name: name.clone(),
            n_trials: trials.len(),
            n_failed: trials.iter().filter(|&&trial| all_fail[trial]).count(),
        });
        Ok(SharedFailures {
            n_models: models.len(),
            n_trials,
            groups: of_groups.collect(),
            trials: (0..n_trials).filter(|&trial| all_fail[trial]).collect(),
            expected,
        })
    }
}
