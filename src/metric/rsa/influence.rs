//! Influences of pairs of stimuli on the similarity of two RDMs.

use crate::error::Result;
use crate::metric::rsa::Comparator;
use crate::metric::rsa::kendall::KendallRanks;
use crate::metric::rsa::prepared::{Prepared, row_sums};
use crate::rdm::{Ordered, Rdm, Rounding, sort_order};

/// The similarity of two RDMs, and the effects of pairs and stimuli on it.
#[derive(Debug, Clone)]
pub(super) struct Influences {
    /// The similarity.
    pub value: f64,
    /// Influence of each pair: the change of the similarity, to first order, if the weight of the
    /// pair among *m* pairs is raised from 1 to 2. The sum is 0; it is 0 for missing pairs.
    pub pairs: Vec<f64>,
    /// Effect of each stimulus, about the sum of the influences of its pairs.
    pub stimuli: Vec<f64>,
}

impl Influences {
    /// Returns `scale` × self − `other_scale` × other.
    pub fn minus(&self, scale: f64, other: &Self, other_scale: f64) -> Self {
        let combine = |own: &[f64], other: &[f64]| -> Vec<f64> {
            let both = own.iter().zip(other);
            both.map(|(own, other)| scale * own - other_scale * other)
                .collect()
        };
        Self {
            value: scale * self.value - other_scale * other.value,
            pairs: combine(&self.pairs, &other.pairs),
            stimuli: combine(&self.stimuli, &other.stimuli),
        }
    }
}

/// An RDM, with the computations of its influences that do not depend on the other RDM.
pub(super) struct Influencing<'a> {
    comparator: Comparator,
    rdm: &'a Rdm,
    needs: Needs,
}

/// What comparisons of an RDM need.
enum Needs {
    /// Only the similarity.
    Value,
    /// Influences. There is no operand if pairs are missing.
    Influences(Option<Operand>),
}

impl<'a> Influencing<'a> {
    /// Prepares an RDM. The comparator may be whitened only if influences are not needed.
    pub fn new(comparator: Comparator, rdm: &'a Rdm, needs_influences: bool) -> Result<Self> {
        let needs = match (needs_influences, rdm.n_missing()) {
            (false, _) => Needs::Value,
            (true, 0) => {
                let values = rdm.values().to_vec();
                Needs::Influences(Some(Operand::new(comparator, values, rdm.rounding())?))
            }
            (true, _) => Needs::Influences(None),
        };
        Ok(Self {
            comparator,
            rdm,
            needs,
        })
    }

    /// Computes the similarity to another RDM of the same stimuli, over the pairs that both have.
    pub fn compare(&self, other: &Self) -> Result<Influences> {
        let n = self.rdm.n_stimuli();
        match (&self.needs, &other.needs) {
            (Needs::Influences(Some(first)), Needs::Influences(Some(second))) => {
                Ok(first.influences(second, n, None))
            }
            (Needs::Influences(_), Needs::Influences(_)) => self.compare_common_pairs(other),
            _ => Ok(Influences {
                value: self.comparator.compare(self.rdm, other.rdm)?,
                pairs: Vec::new(),
                stimuli: Vec::new(),
            }),
        }
    }

    fn compare_common_pairs(&self, other: &Self) -> Result<Influences> {
        let (first, second) = (self.rdm.values(), other.rdm.values());
        let in_both = first.iter().zip(second);
        let in_both = in_both.map(|(a, b)| !a.is_nan() && !b.is_nan());
        let places = in_both.enumerate().filter(|(_, is_there)| *is_there);
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        let [first, second] = self.comparator.common_values(first, second)?;
        let first = Operand::new(self.comparator, first, self.rdm.rounding())?;
        let second = Operand::new(self.comparator, second, other.rdm.rounding())?;
        Ok(first.influences(&second, self.rdm.n_stimuli(), Some(&places)))
    }
}

/// The values of an RDM, prepared for a comparator.
enum Operand {
    /// Values of length 1, centred under Pearson.
    Values { unit: Vec<f64>, is_centred: bool },
    /// Centred ranks divided by `length`, and the order of the values.
    Ranks {
        unit: Vec<f64>,
        length: f64,
        order: Vec<Ordered>,
        is_normalized: bool,
    },
    /// Ranks of Kendall's τ; for τ-b, the number of values that differ from each.
    Concordance {
        ranks: KendallRanks,
        n_different: Option<Vec<f64>>,
    },
}

impl Operand {
    fn new(comparator: Comparator, values: Vec<f64>, rounding: Rounding) -> Result<Self> {
        let order = match comparator {
            Comparator::Spearman | Comparator::RhoA => sort_order(&values, rounding),
            _ => Vec::new(),
        };
        let prepared = Prepared::of_some_pairs(comparator, values, rounding)?;
        Ok(match prepared {
            Prepared::Kendall(ranks, _) => Operand::Concordance {
                n_different: (comparator == Comparator::KendallTauB).then(|| ranks.n_different()),
                ranks,
            },
            Prepared::Vector { mut values, length } => {
                values.iter_mut().for_each(|value| *value /= length);
                match comparator {
                    Comparator::Spearman | Comparator::RhoA => Operand::Ranks {
                        unit: values,
                        length,
                        order,
                        is_normalized: comparator == Comparator::Spearman,
                    },
                    _ => Operand::Values {
                        unit: values,
                        is_centred: comparator == Comparator::Pearson,
                    },
                }
            }
        })
    }

    /// Returns the contribution of each pair to the square of the length, whose sum is 1.
    fn own(&self) -> Vec<f64> {
        match self {
            Operand::Values { unit, .. } => unit.iter().map(|value| value * value).collect(),
            Operand::Ranks {
                unit,
                length,
                order,
                is_normalized: true,
            } => {
                let m = unit.len() as f64;
                let shifts = sums_above(order, unit).into_iter();
                let own = unit.iter().zip(shifts);
                own.map(|(value, shift)| value * value + 2.0 * (shift / length - 1.0 / m))
                    .collect()
            }
            Operand::Concordance {
                n_different: Some(n_different),
                ..
            } => {
                let total: f64 = n_different.iter().sum();
                let each = 1.0 / n_different.len() as f64;
                let own = n_different.iter();
                own.map(|different| 2.0 * different / total - each)
                    .collect()
            }
            // The divisor does not depend on the values.
            Operand::Ranks { unit, .. } => vec![1.0 / unit.len() as f64; unit.len()],
            Operand::Concordance { ranks, .. } => vec![1.0 / ranks.len() as f64; ranks.len()],
        }
    }

    /// Returns the contribution of each pair to the similarity, whose sum is the similarity.
    fn shared(&self, other: &Self) -> Vec<f64> {
        match (self, other) {
            (Operand::Values { unit, .. }, Operand::Values { unit: others, .. }) => {
                unit.iter().zip(others).map(|(a, b)| a * b).collect()
            }
            (
                Operand::Ranks {
                    unit,
                    length,
                    order,
                    ..
                },
                Operand::Ranks {
                    unit: others,
                    length: other_length,
                    order: other_order,
                    ..
                },
            ) => {
                // A pair also moves the ranks of all pairs with larger values.
                let value: f64 = unit.iter().zip(others).map(|(a, b)| a * b).sum();
                let twice = 2.0 * value / unit.len() as f64;
                let shifts = sums_above(order, others);
                let other_shifts = sums_above(other_order, unit);
                let shifts = shifts.iter().zip(&other_shifts);
                let shifts = shifts.map(|(own, other)| own / length + other / other_length - twice);
                let products = unit.iter().zip(others).map(|(a, b)| a * b);
                products.zip(shifts).map(|(a, shift)| a + shift).collect()
            }
            (
                Operand::Concordance { ranks, n_different },
                Operand::Concordance {
                    ranks: others,
                    n_different: other_different,
                },
            ) => {
                let m = ranks.len() as f64;
                let divisor = match (n_different, other_different) {
                    (Some(own), Some(other)) => {
                        own.iter().sum::<f64>().sqrt() * other.iter().sum::<f64>().sqrt()
                    }
                    _ => m * (m - 1.0),
                };
                let balance = ranks.concordance(others);
                let each = balance.iter().sum::<f64>() / divisor / m;
                let balance = balance.into_iter();
                balance
                    .map(|balance| 2.0 * balance / divisor - each)
                    .collect()
            }
            _ => unreachable!("both are prepared for the same comparator"),
        }
    }

    /// Computes the influences on the similarity. `places` are the positions of the pairs among all
    /// pairs of `n` stimuli, if pairs are missing.
    fn influences(&self, other: &Self, n: usize, places: Option<&[usize]>) -> Influences {
        let everywhere = |values: Vec<f64>| match places {
            None => values,
            Some(places) => {
                let mut all = vec![0.0; crate::linalg::n_pairs(n)];
                for (&place, value) in places.iter().zip(values) {
                    all[place] = value;
                }
                all
            }
        };
        let shared = self.shared(other);
        let value: f64 = shared.iter().sum();
        let m = shared.len() as f64;
        let (own, others) = (self.own(), other.own());
        let terms = shared.iter().zip(own.iter().zip(&others));
        let pairs = terms.map(|(shared, (own, other))| shared - 0.5 * value * (own + other));
        let pairs = everywhere(pairs.collect());
        let mut stimuli = row_sums(n, &pairs);
        if let (
            Operand::Values { unit, is_centred },
            Operand::Values {
                unit: other_unit, ..
            },
        ) = (self, other)
        {
            let sums = |values: Vec<f64>| row_sums(n, &everywhere(values));
            let (shared, own, others) = (sums(shared), sums(own), sums(others));
            let counts = sums(vec![1.0; unit.len()]);
            let means = is_centred.then(|| [sums(unit.clone()), sums(other_unit.clone())]);
            for (stimulus, effect) in stimuli.iter_mut().enumerate() {
                let left = m - counts[stimulus];
                let (first, second) = match &means {
                    Some([first, second]) => (first[stimulus], second[stimulus]),
                    None => (0.0, 0.0),
                };
                let product = value - shared[stimulus] - first * second / left;
                let squares = 1.0 - own[stimulus] - first * first / left;
                let other_squares = 1.0 - others[stimulus] - second * second / left;
                // Without the stimulus, the similarity may be undefined.
                if left > 1.0 && squares.min(other_squares) > SMALLEST_REST {
                    let without = product / (squares.sqrt() * other_squares.sqrt());
                    *effect = (value - without) * left / m;
                }
            }
            let mean = stimuli.iter().sum::<f64>() / n as f64;
            stimuli.iter_mut().for_each(|effect| *effect -= mean);
        }
        Influences {
            value,
            pairs,
            stimuli,
        }
    }
}

/// Smallest share of the squares of an RDM that must remain without a stimulus.
const SMALLEST_REST: f64 = 1e-9;

/// Returns, for each value in an order, the sum of the weights of larger values, plus half of the
/// weights of the values that tie with it.
fn sums_above(order: &[Ordered], weights: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; weights.len()];
    let mut above: f64 = weights.iter().sum();
    for tied in order.chunk_by(|left, _| left.ties_with_next) {
        let own: f64 = tied.iter().map(|o| weights[o.place as usize]).sum();
        above -= own;
        for ordered in tied {
            sums[ordered.place as usize] = above + own / 2.0;
        }
    }
    sums
}
