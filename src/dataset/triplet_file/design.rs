//! Whether trials without answers are more than a design, told by the order of their stimuli.

use crate::error::{FileError, Result};

/// Number of trials in which it is no coincidence that all are alike.
pub(super) const MANY: usize = 20;

/// Pairs of places in a trial.
const PLACES: [[usize; 2]; 3] = [[0, 1], [0, 2], [1, 2]];

/// The pairs of places whose stimuli are in the same order in all trials.
#[derive(Debug, Clone, Copy)]
pub(in crate::dataset) struct Design {
    n_trials: usize,
    ascend: [bool; 3],
    descend: [bool; 3],
}

impl Default for Design {
    fn default() -> Self {
        Self {
            n_trials: 0,
            ascend: [true; 3],
            descend: [true; 3],
        }
    }
}

impl Design {
    /// Looks at all trials of a file.
    pub fn of<K: PartialOrd>(trials: impl Iterator<Item = [K; 3]>) -> Self {
        let mut design = Self::default();
        design.add(trials);
        design
    }

    /// Looks at more trials.
    pub(in crate::dataset) fn add<K: PartialOrd>(&mut self, trials: impl Iterator<Item = [K; 3]>) {
        for trial in trials {
            self.n_trials += 1;
            for (pair, [one, two]) in PLACES.into_iter().enumerate() {
                self.ascend[pair] &= trial[one] < trial[two];
                self.descend[pair] &= trial[one] > trial[two];
            }
        }
    }

    /// Checks that the order of the stimuli can be the answers, with the odd one last: in many trials,
    /// neither all three are in the same order, nor the last one and one other, and no other two.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if they are.
    pub(in crate::dataset) fn check(&self) -> Result<()> {
        if self.n_trials < MANY {
            return Ok(());
        }
        let is_sorted = |pair: usize| self.ascend[pair] || self.descend[pair];
        let what = match [0, 1, 2].map(is_sorted) {
            [true, true, true] if self.ascend[0] == self.ascend[2] => {
                "the three stimuli of every trial are in ascending or in descending order, as in a design \
                 without answers"
            }
            [false, false, true] => {
                "the second and third stimulus of every trial are in order, and the first is not, as in a \
                 design without answers or with the odd one first"
            }
            [false, true, false] => {
                "the first and third stimulus of every trial are in order, and the second is not, as with \
                 the odd one in the middle"
            }
            _ => return Ok(()),
        };
        Err(FileError::Ambiguous {
            what: format!("what the answers are: {what}"),
            remedy: "add a column \"choice\" with the answers, or order the stimuli of each trial by the \
                     answer, the odd one (or the farther candidate) last",
        }
        .into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stimuli_in_order_are_a_design() {
        let is_refused = |order: [usize; 3]| {
            // The stimuli in ascending order, and the first one at any place.
            let trials = (0..30_usize).map(|trial| {
                let [a, b] = [10 + trial % 7, 20 + trial % 5];
                let other = [3, 15, 30][trial % 3];
                let all = [a, b, other];
                order.map(|place| all[place])
            });
            Design::of(trials).check().is_err()
        };
        // The pair is sorted, and the odd one last.
        assert!(!is_refused([0, 1, 2]) && !is_refused([1, 0, 2]));
        for order in [[2, 0, 1], [2, 1, 0], [0, 2, 1], [1, 2, 0]] {
            assert!(is_refused(order), "{order:?}");
        }
        let sorted = |trials: &[[u32; 3]]| Design::of(trials.iter().copied()).check().is_err();
        assert!(sorted(&[[1, 2, 3]; 20]) && sorted(&[[3, 2, 1]; 20]));
        assert!(!sorted(&[[1, 2, 3]; 19]));
        // The odd one is always the largest, as in trials of labels.
        assert!(!sorted(&[[[1, 2, 3]; 20], [[2, 1, 3]; 20]].concat()));
    }
}
