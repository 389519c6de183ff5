//! Bins of probabilities.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::names::named;

/// How probabilities are put into bins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BinRule {
    /// Bins of the same width, (0, 1/n], (1/n, 2/n], …, the first with 0.
    #[default]
    EqualWidth,
    /// Bins of the same number of answers, as nearly as equal probabilities stay together: the k-th ends
    /// with the smallest probability below or at which k/n of the answers lie.
    EqualMass,
}

impl BinRule {
    /// Both of them.
    pub const ALL: [BinRule; 2] = [BinRule::EqualWidth, BinRule::EqualMass];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            BinRule::EqualWidth => "equal-width",
            BinRule::EqualMass => "equal-mass",
        }
    }
}

named!(BinRule, "bins", "equal-width or equal-mass");

/// A number of bins, and how probabilities are put into them; ten of equal width by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Bins {
    rule: BinRule,
    n: usize,
}

impl Bins {
    /// Bins of the same width.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where there are none, or more than 10,000.
    pub fn equal_width(n: usize) -> Result<Self> {
        Self::new(BinRule::EqualWidth, n)
    }

    /// Bins of the same number of answers.
    ///
    /// # Errors
    /// As for [`Bins::equal_width`].
    pub fn equal_mass(n: usize) -> Result<Self> {
        Self::new(BinRule::EqualMass, n)
    }

    /// Bins by a rule.
    ///
    /// # Errors
    /// As for [`Bins::equal_width`].
    pub fn new(rule: BinRule, n: usize) -> Result<Self> {
        if (1..=10_000).contains(&n) {
            Ok(Self { rule, n })
        } else {
            Err(Error::parameter("bins", "1 to 10000", n))
        }
    }

    /// How probabilities are put into them.
    pub fn rule(self) -> BinRule {
        self.rule
    }

    /// How many there are at most.
    pub fn n(self) -> usize {
        self.n
    }

    /// The ends of the bins in ascending order, from 0 to 1, for probabilities with weights.
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
                    // A little less, lest a sum of fractions miss it by rounding.
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

/// Bins as they are read, before they are checked.
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

/// The bin of a probability: the one whose lower end is below it and whose upper end is not.
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
        // Equal probabilities stay together, and leave fewer bins.
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
