//! Sums that do not depend on the order of their terms.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::softmax::rounded;

/// A sum of non-negative numbers, each rounded to a multiple of 2⁻⁴⁰ (about 1e-12), so that partial
/// sums add up exactly, whatever the partition. Saturates above about 10²⁶.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct ExactSum(i128);

/// Unit of the sum.
const UNIT: f64 = 1.0 / (1u64 << 40) as f64;

/// Bound for terms of which 1,024 can be added in 64 bits.
const SMALL: f64 = 2000.0;

impl ExactSum {
    /// Returns the sum of up to 1,024 terms.
    #[inline(always)]
    pub fn of(terms: &[f64]) -> Self {
        debug_assert!(terms.len() <= 1024);
        let largest = terms
            .iter()
            .fold(0.0, |largest: f64, &term| largest.max(term));
        if largest < SMALL {
            let units = |&term: &f64| rounded(term / UNIT);
            Self(terms.iter().map(units).sum::<i64>().into())
        } else {
            let units = |&term: &f64| (term / UNIT).round_ties_even() as i128;
            Self(terms.iter().map(units).fold(0, i128::saturating_add))
        }
    }

    /// Checks whether the sum is possible for non-negative terms.
    pub fn is_valid(self) -> bool {
        self.0 >= 0
    }

    /// Returns the sum; infinite if it saturated.
    pub fn value(self) -> f64 {
        if self.0 == i128::MAX {
            f64::INFINITY
        } else {
            self.0 as f64 * UNIT
        }
    }
}

impl AddAssign for ExactSum {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }
}

// Most formats have no 128-bit integers.
impl From<ExactSum> for String {
    fn from(sum: ExactSum) -> String {
        sum.0.to_string()
    }
}

impl TryFrom<String> for ExactSum {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole(
            terms in proptest::collection::vec(prop_oneof![0.0..2.0f64, 0.0..1e9], 0..100),
            cut in 0usize..100,
        ) {
            let (left, right) = terms.split_at(cut.min(terms.len()));
            let mut sum = ExactSum::of(right);
            sum += ExactSum::of(left);
            prop_assert_eq!(sum, ExactSum::of(&terms));
            assert_relative_eq!(sum.value(), terms.iter().sum::<f64>(), epsilon = 1e-9, max_relative = 1e-12);
            prop_assert_eq!(ExactSum::try_from(String::from(sum)).unwrap(), sum);
        }
    }

    #[test]
    fn what_cannot_be_held_is_infinite() {
        let mut sum = ExactSum::of(&[1e30, 1e30]);
        sum += ExactSum::of(&[1.0]);
        assert_eq!(sum.value(), f64::INFINITY);
    }
}
