//! Bins of probabilities.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::names::named;

/// The rule by which probabilities are divided into bins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BinRule {
    /// Bins of equal width, (0, 1/n], (1/n, 2/n], …, where the first bin includes 0.
    #[default]
    EqualWidth,
    /// Bins with about the same number of answers, where equal probabilities are in the same bin.
    /// The upper end of bin *k* is the smallest probability such that at least k/n of the answers
    /// are at or below it.
    EqualMass,
}

named! {
    BinRule, "bins":
    EqualWidth = "equal-width",
    EqualMass = "equal-mass",
}

/// A number of bins and the rule by which probabilities are divided into them. Default: ten bins of
/// equal width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Bins {
    rule: BinRule,
    n: usize,
}

impl Bins {
    /// Creates bins of equal width.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if `n` is 0 or larger than 10,000.
    pub fn equal_width(n: usize) -> Result<Self> {
        Self::new(BinRule::EqualWidth, n)
    }

    /// Creates bins with about the same number of answers.
    ///
    /// # Errors
    /// The same as for [`Bins::equal_width`].
    pub fn equal_mass(n: usize) -> Result<Self> {
        Self::new(BinRule::EqualMass, n)
    }

    /// Creates bins with a rule.
    ///
    /// # Errors
    /// The same as for [`Bins::equal_width`].
    pub fn new(rule: BinRule, n: usize) -> Result<Self> {
        if (1..=10_000).contains(&n) {
            Ok(Self { rule, n })
        } else {
            Err(Error::parameter("bins", "1 to 10000", n))
        }
    }

    /// Returns the rule by which probabilities are divided into bins.
    pub fn rule(self) -> BinRule {
        self.rule
    }

    /// Returns the number of bins. Bins of equal mass can be fewer, if probabilities are equal.
    pub fn n(self) -> usize {
        self.n
    }

    /// Computes the ends of the bins in ascending order, from 0 to 1, for probabilities with
    /// weights.
    pub(super) fn edges(self, weighted: impl Iterator<Item = (f64, f64)>) -> Vec<f64> {
        let n = self.n;
        match self.rule {
            BinRule::EqualWidth => (0..=n).map(|k| k as f64 / n as f64).collect(),
            BinRule::EqualMass => {
                let mut sorted: Vec<(f64, f64)> = weighted.collect();
                sorted.sort_by(|(left, _), (right, _)| left.total_cmp(right));
                let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
                let mut edges = vec![0.0];
                let (mut below, mut values) = (0.0, sorted.into_iter());
                for k in 1..n {
                    // The share is slightly reduced, so that rounding of the sum does not miss it.
                    let share = total * (k as f64 / n as f64) * (1.0 - 1e-12);
                    let mut end = None;
                    while below < share
                        && let Some((value, weight)) = values.next()
                    {
                        below += weight;
                        end = Some(value);
                    }
                    edges.extend(end);
                }
                edges.push(1.0);
                edges.dedup();
                edges
            }
        }
    }
}

impl Default for Bins {
    fn default() -> Self {
        Self {
            rule: BinRule::EqualWidth,
            n: 10,
        }
    }
}

/// The deserialized settings, before they are checked.
#[derive(Deserialize)]
struct Unchecked {
    rule: BinRule,
    n: usize,
}

impl TryFrom<Unchecked> for Bins {
    type Error = Error;

    fn try_from(Unchecked { rule, n }: Unchecked) -> Result<Self> {
        Self::new(rule, n)
    }
}

/// Returns the bin of a probability, such that lower end < probability ≤ upper end.
pub(super) fn bin_of(edges: &[f64], probability: f64) -> usize {
    let inner = &edges[1..edges.len() - 1];
    inner.partition_point(|&edge| edge < probability)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_at_an_edge_is_below_it() {
        let edges = Bins::equal_width(4).unwrap().edges(std::iter::empty());
        assert_eq!(edges, [0.0, 0.25, 0.5, 0.75, 1.0]);
        let bins = [0.0, 0.1, 0.25, 0.26, 0.75, 1.0].map(|p| bin_of(&edges, p));
        assert_eq!(bins, [0, 0, 0, 1, 2, 3]);
    }

    #[test]
    fn equal_masses_are_quantiles() {
        // np.quantile([.2, .4, .4, .5, .6, .9], [1/3, 2/3], method="inverted_cdf",
        //             weights=[1, 1, 2, 1, 3, 1])
        let weighted = [
            (0.4, 1.0),
            (0.9, 1.0),
            (0.2, 1.0),
            (0.4, 2.0),
            (0.6, 3.0),
            (0.5, 1.0),
        ];
        let edges = Bins::equal_mass(3).unwrap().edges(weighted.into_iter());
        assert_eq!(edges, [0.0, 0.4, 0.6, 1.0]);
        // Equal probabilities are in the same bin, which leaves fewer bins.
        let same = [(0.5, 1.0); 7];
        let edges = Bins::equal_mass(5).unwrap().edges(same.into_iter());
        assert_eq!(edges, [0.0, 0.5, 1.0]);
    }

    #[test]
    fn impossible_numbers_are_refused() {
        assert!(Bins::equal_width(0).is_err());
        assert!(Bins::equal_mass(10_001).is_err());
        assert!(serde_json::from_str::<Bins>(r#"{"rule":"equal-mass","n":0}"#).is_err());
    }
}
