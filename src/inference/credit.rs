//! The credit of a trial.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The credit of a trial in sixths: 1, 0, or 1/2 or 1/3 for each of two or three tied choices. The
/// difference of two credits is also a credit.
///
/// Sixths are integers, so that sums over trials are exact and do not depend on the order.
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
#[serde(try_from = "i8")]
pub struct Credit(i8);

impl TryFrom<i8> for Credit {
    type Error = Error;

    /// Returns the credit of a number of sixths.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` unless it is −6 to 6.
    fn try_from(sixths: i8) -> Result<Self> {
        match (-6..=6).contains(&sixths) {
            true => Ok(Self(sixths)),
            false => Err(Error::parameter(
                "the sixths of a credit",
                "-6 to 6",
                sixths,
            )),
        }
    }
}

impl Credit {
    /// Full credit, 1.
    pub const FULL: Credit = Credit(6);

    /// No credit, 0.
    pub const NONE: Credit = Credit(0);

    /// Returns a share of 1/n of a trial.
    ///
    /// # Panics
    /// Panics if `n` is not 1, 2 or 3.
    pub const fn share_of(n: u8) -> Self {
        assert!(matches!(n, 1..=3), "the number of ties must be 1, 2 or 3");
        Credit(6 / n as i8)
    }

    /// Returns the credit as a number, with 1 for full credit.
    pub fn value(self) -> f64 {
        f64::from(self.0) / 6.0
    }

    /// Returns the credit in sixths.
    pub const fn sixths(self) -> i8 {
        self.0
    }

    /// Returns the credit of `self` minus that of `other`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deserialized_credits_are_checked() {
        for sixths in [-6, 0, 2, 6] {
            let credit: Credit = serde_json::from_str(&sixths.to_string()).unwrap();
            assert_eq!(i32::from(credit.sixths()), sixths);
            assert_eq!(serde_json::to_string(&credit).unwrap(), sixths.to_string());
        }
        assert!(serde_json::from_str::<Credit>("7").is_err());
    }
}
