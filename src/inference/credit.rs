//! How much of a trial is earned.

use serde::{Deserialize, Serialize};

/// How much of a trial is earned, in sixths: all of it, nothing, or the half or third that falls to
/// each of two or three that tie. A difference of two credits is a credit too.
///
/// Sixths are whole numbers, so that sums over trials are exact in whatever order they are taken.
///
/// ```
/// use human_alignment::inference::Credit;
///
/// assert_eq!(Credit::FULL.value(), 1.0);
/// assert_eq!(Credit::share_of(3).value(), 1.0 / 3.0);
/// ```
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Credit(i8);

impl Credit {
    /// The whole trial.
    pub const FULL: Credit = Credit(6);

    /// Nothing of it.
    pub const NONE: Credit = Credit(0);

    /// An equal share of one, two or three.
    ///
    /// # Panics
    /// For any other number.
    pub const fn share_of(n: u8) -> Self {
        assert!(
            matches!(n, 1..=3),
            "a trial has one, two or three to share it"
        );
        Credit(6 / n as i8)
    }

    /// The credit as a number, 1 for the whole trial.
    pub fn value(self) -> f64 {
        f64::from(self.0) / 6.0
    }

    /// The credit in sixths.
    pub const fn sixths(self) -> i8 {
        self.0
    }

    /// What `self` earns more than `other`.
    pub(crate) fn difference(self, other: Self) -> Self {
        Credit(self.0 - other.0)
    }

    #[cfg(test)]
    pub(crate) fn from_sixths(sixths: i8) -> Self {
        Credit(sixths)
    }
}

impl From<bool> for Credit {
    fn from(correct: bool) -> Self {
        if correct { Credit::FULL } else { Credit::NONE }
    }
}
