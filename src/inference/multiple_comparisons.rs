//! Corrections for multiple comparisons.

use serde::{Deserialize, Serialize};

use crate::names::named;

/// A correction of the p-values of a family of tests.
///
/// A family is the set of all tests from which conclusions are drawn together. All corrections are
/// for the family that is given: tests that were made but are not in the family are not corrected
/// for.
///
/// ```
/// use human_alignment::inference::Correction;
///
/// assert_eq!(Correction::Holm.adjust(&[0.01, 0.04, 0.02]), [0.03, 0.04, 0.04]);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Correction {
    /// The false discovery rate, for tests that are independent or positively dependent
    /// ([`benjamini_hochberg`]).
    #[default]
    BenjaminiHochberg,
    /// The false discovery rate under any dependence ([`benjamini_yekutieli`]). The differences of
    /// one model from several others are dependent.
    BenjaminiYekutieli,
    /// The probability of any false rejection, under any dependence ([`holm`]).
    Holm,
}

named! {
    Correction, "correction":
    BenjaminiHochberg = "benjamini-hochberg",
    BenjaminiYekutieli = "benjamini-yekutieli",
    Holm = "holm",
}

impl Correction {
    /// Returns the adjusted p-values, in the order of the input.
    pub fn adjust(self, p_values: &[f64]) -> Vec<f64> {
        match self {
            Self::BenjaminiHochberg => benjamini_hochberg(p_values),
            Self::BenjaminiYekutieli => benjamini_yekutieli(p_values),
            Self::Holm => holm(p_values),
        }
    }
}

/// Returns adjusted p-values that control the false discovery rate (Benjamini & Hochberg 1995).
///
/// Rejecting the hypotheses with adjusted p-values of at most *q* keeps the expected share of false
/// rejections at or below *q*. With the p-values in ascending order, the adjusted *i*-th of *m* is
/// minⱼ≥ᵢ (m/j) pⱼ, at most 1. The result is in the order of the input.
///
/// ```
/// use human_alignment::inference::benjamini_hochberg;
///
/// assert_eq!(benjamini_hochberg(&[0.01, 0.04, 0.02]), [0.03, 0.04, 0.03]);
/// ```
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    step_up(p_values, 1.0)
}

/// Returns adjusted p-values that control the false discovery rate under any dependence of the
/// tests (Benjamini & Yekutieli 2001): those of [`benjamini_hochberg`], multiplied by 1 + 1/2 + … +
/// 1/m before they are limited to 1.
///
/// ```
/// use human_alignment::inference::benjamini_yekutieli;
///
/// let adjusted = benjamini_yekutieli(&[0.01, 0.2]);
/// assert!((adjusted[0] - 0.03).abs() < 1e-12 && (adjusted[1] - 0.3).abs() < 1e-12);
/// ```
pub fn benjamini_yekutieli(p_values: &[f64]) -> Vec<f64> {
    let harmonic: f64 = (1..=p_values.len()).map(|rank| 1.0 / rank as f64).sum();
    step_up(p_values, harmonic)
}

/// Returns adjusted p-values that control the family-wise error rate under any dependence of the
/// tests (Holm 1979).
///
/// Rejecting the hypotheses with adjusted p-values of at most α keeps the probability of one or
/// more false rejections at or below α. With the p-values in ascending order, the adjusted *i*-th
/// of *m* is maxⱼ≤ᵢ (m − j + 1) pⱼ, at most 1. The result is in the order of the input.
///
/// ```
/// use human_alignment::inference::holm;
///
/// assert_eq!(holm(&[0.01, 0.04, 0.02]), [0.03, 0.04, 0.04]);
/// ```
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let m = p_values.len();
    let mut adjusted = vec![1.0; m];
    let mut largest: f64 = 0.0;
    for (from_smallest, position) in descending(p_values).into_iter().rev().enumerate() {
        largest = largest.max(p_values[position] * (m - from_smallest) as f64);
        adjusted[position] = largest.min(1.0);
    }
    adjusted
}

/// Returns minⱼ≥ᵢ (factor m/j) pⱼ, at most 1.
fn step_up(p_values: &[f64], factor: f64) -> Vec<f64> {
    let m = p_values.len() as f64;
    let mut adjusted = vec![1.0; p_values.len()];
    let mut smallest: f64 = 1.0;
    for (from_largest, position) in descending(p_values).into_iter().enumerate() {
        smallest = smallest.min(p_values[position] * factor * m / (m - from_largest as f64));
        adjusted[position] = smallest;
    }
    adjusted
}

/// Returns the positions of the p-values, from the largest p-value to the smallest.
fn descending(p_values: &[f64]) -> Vec<usize> {
    let mut descending: Vec<usize> = (0..p_values.len()).collect();
    descending.sort_by(|&a, &b| p_values[b].total_cmp(&p_values[a]));
    descending
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    const P_VALUES: [f64; 7] = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.9];

    fn check(correction: Correction, expected: [f64; 7]) {
        let forwards = correction.adjust(&P_VALUES);
        let mut backwards = P_VALUES;
        backwards.reverse();
        let mut backwards = correction.adjust(&backwards);
        backwards.reverse();
        for (found, expected) in forwards.into_iter().zip(backwards).zip(expected) {
            assert_relative_eq!(found.0, expected, epsilon = 1e-12);
            assert_relative_eq!(found.1, expected, epsilon = 1e-12);
        }
        assert!(correction.adjust(&[]).is_empty());
    }

    #[test]
    fn agrees_with_scipy_and_statsmodels() {
        // scipy.stats.false_discovery_control([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.9])
        let expected = [0.007, 0.028, 0.0588, 0.0588, 0.0588, 0.07, 0.9];
        check(Correction::BenjaminiHochberg, expected);
        // The same with method="by".
        let expected = [0.01815, 0.0726, 0.15246, 0.15246, 0.15246, 0.1815, 1.0];
        check(Correction::BenjaminiYekutieli, expected);
        // statsmodels.stats.multitest.multipletests([0.001, …], method="holm")[1]
        let expected = [0.007, 0.048, 0.195, 0.195, 0.195, 0.195, 0.9];
        check(Correction::Holm, expected);
    }
}
