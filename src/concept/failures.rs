//! Trials in which every model fails.

use serde::{Deserialize, Serialize};

use crate::concept::TrialGroups;
use crate::error::{ArgumentError, Result};
use crate::inference::Credit;

/// The trials in which every one of several models fails ([`shared_failures`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SharedFailures {
    /// Models.
    pub n_models: usize,
    /// Trials in all.
    pub n_trials: usize,
    /// The positions of the trials in which all models fail, ascending.
    pub trials: Vec<usize>,
    /// How many these would be on average, were the failures of models independent of each other.
    pub expected: f64,
    /// The failures by group.
    pub groups: Vec<GroupFailures>,
}

/// The trials of a group in which every model fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupFailures {
    /// The group.
    pub name: String,
    /// Its trials.
    pub n_trials: usize,
    /// Those in which all models fail.
    pub n_failed: usize,
}

/// The trials in which every one of several models earns nothing, and the groups that they are in: what
/// the models have in common that people have not.
///
/// ```
/// use human_alignment::concept::{TrialGroups, shared_failures};
/// use human_alignment::inference::Credit;
///
/// let (right, wrong) = (Credit::FULL, Credit::NONE);
/// let groups = TrialGroups::new(4, [("red".to_owned(), vec![0, 1]), ("round".to_owned(), vec![2, 3])])?;
/// let failures = shared_failures(
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
/// [`Error::TooFew`] without models; [`Error::LengthMismatch`] where a model has not one credit for each
/// trial of the groups.
pub fn shared_failures(models: &[&[Credit]], groups: &TrialGroups) -> Result<SharedFailures> {
    if models.is_empty() {
        return Err(ArgumentError::TooFew {
            what: "models",
            needed: 1,
            found: 0,
        }
        .into());
    }
    let n_trials = groups.n_trials();
    let mut all_fail = vec![true; n_trials];
    let mut expected = n_trials as f64;
    for credits in models {
        if credits.len() != n_trials {
            return Err(ArgumentError::LengthMismatch {
                what: "credits of trials",
                expected: n_trials,
                found: credits.len(),
            }
            .into());
        }
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
