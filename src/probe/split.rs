//! The division of trials into folds.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::inference::Folds;
use crate::judgment::{Task, Trials};
use crate::names::named;

/// The unit that is divided into folds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HoldOut {
    /// Objects: a probe is tested on trials whose three objects occur in no training trial. Trials
    /// with objects on both sides of a split are dropped and counted. The default, as in the
    /// [published scripts](crate::probe::mini_batch#folds-of-the-published-scripts).
    #[default]
    Objects,
    /// Random trials: nearly all objects are on both sides of a split, so that information about
    /// the test objects leaks into training. Accuracies are higher than for new objects; for
    /// comparison only.
    TrialsSharingObjects,
}

named! {
    HoldOut, "hold-out":
    Objects = "objects",
    TrialsSharingObjects = "trials-sharing-objects",
}

/// The trials of a fold, as positions.
pub(super) struct Split {
    pub training: Vec<usize>,
    pub test: Vec<usize>,
    /// Number of trials with objects on both sides, which are in neither set.
    pub n_straddling: usize,
}

impl Split {
    /// Splits trials by objects: test trials contain only objects of the fold, and training trials
    /// none. `folds` assigns a fold to every stimulus of the trials.
    pub fn of_objects<T: Task>(trials: &Trials<T>, folds: &Folds, fold: usize) -> Self {
        let mut split = Self {
            training: Vec::new(),
            test: Vec::new(),
            n_straddling: 0,
        };
        for (position, trial) in trials.as_slice().iter().enumerate() {
            let is_held_out = |&stimulus: &u32| folds.assignments()[stimulus as usize] == fold;
            match trial
                .iter()
                .filter(|stimulus| is_held_out(stimulus))
                .count()
            {
                0 => split.training.push(position),
                3 => split.test.push(position),
                _ => split.n_straddling += 1,
            }
        }
        split
    }

    /// Splits trials by folds of the trials.
    pub fn of_trials(folds: &Folds, fold: usize) -> Self {
        Self {
            training: folds.training(fold),
            test: folds.held_out(fold),
            n_straddling: 0,
        }
    }
}

/// Divides objects or trials at random.
pub(super) fn random_folds<T: Task>(
    trials: &Trials<T>,
    hold_out: HoldOut,
    n_folds: usize,
    seed: u64,
) -> Result<Folds> {
    match hold_out {
        HoldOut::TrialsSharingObjects => Folds::random(trials.len(), n_folds, seed),
        HoldOut::Objects => {
            // Only objects that occur in trials are divided, so that folds have equal numbers of
            // them.
            let shown = Folds::random(trials.shown().len(), n_folds, seed)?;
            let mut of = vec![0; trials.stimuli().len()];
            for (&stimulus, &fold) in trials.shown().iter().zip(shown.assignments()) {
                of[stimulus as usize] = fold;
            }
            Folds::new(of)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judgment::OddOneOut;
    use crate::stimuli::Stimuli;

    #[test]
    fn a_trial_on_both_sides_is_in_neither() {
        let trials = vec![[0, 1, 2], [3, 4, 5], [0, 1, 3], [5, 4, 3], [2, 4, 5]];
        let trials = OddOneOut::new(Stimuli::numbered(6), trials).unwrap();
        let folds = Folds::contiguous(6, 2).unwrap();
        let split = Split::of_objects(&trials, &folds, 1);
        assert_eq!((split.training, split.test), (vec![0], vec![1, 3]));
        assert_eq!(split.n_straddling, 2);
        let split = Split::of_trials(&Folds::contiguous(5, 2).unwrap(), 0);
        assert_eq!((split.training, split.test), (vec![3, 4], vec![0, 1, 2]));
    }
}
