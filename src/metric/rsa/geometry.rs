//! RDMs with weights on their stimuli, as compared in a replicate of a bootstrap.

use crate::error::{Error, RdmError, Result};
use crate::linalg::{UNIT_ROUNDOFF, short_dot};
use crate::metric::rsa::Comparator;
use crate::metric::rsa::prepared::{Prepared, sum};
use crate::rdm::{MeanRounding, Ordered, Rounding, Scaling, scale, sort_order};

/// The weights of pairs of stimuli: the product of the numbers of times that its two stimuli were
/// drawn. A stimulus forms no pair with itself.
pub(super) struct PairWeights {
    n_stimuli: usize,
    /// Pairs with a positive weight.
    active: Vec<ActivePair>,
    /// Weight of every pair.
    weights: Vec<f64>,
    total: f64,
    is_uniform: bool,
}

struct ActivePair {
    pair: u32,
    weight: f64,
    root: f64,
}

impl PairWeights {
    /// Creates weights of 1.
    pub fn uniform(n_stimuli: usize) -> Self {
        Self::new(&vec![1; n_stimuli])
    }

    /// Creates the weights for stimuli drawn `counts` times.
    pub fn new(counts: &[u32]) -> Self {
        let n = counts.len();
        let mut weights = Vec::with_capacity(crate::linalg::n_pairs(n));
        let (mut active, mut total) = (Vec::new(), 0.0);
        for first in 0..n {
            let own = f64::from(counts[first]);
            for &other in &counts[first + 1..] {
                let weight = own * f64::from(other);
                if weight > 0.0 {
                    active.push(ActivePair {
                        pair: weights.len() as u32,
                        weight,
                        root: weight.sqrt(),
                    });
                    total += weight;
                }
                weights.push(weight);
            }
        }
        Self {
            n_stimuli: n,
            active,
            total,
            weights,
            is_uniform: counts.iter().all(|&count| count == 1),
        }
    }
}

/// The values of an RDM, with the computations that do not depend on weights.
pub(super) struct Geometry {
    values: Vec<f64>,
    /// Bound on the rounding errors of the values.
    rounding: Rounding,
    /// Ascending order of the values, if the comparator uses ranks.
    order: Vec<Ordered>,
}

impl Geometry {
    pub fn new(comparator: Comparator, values: Vec<f64>, rounding: Rounding) -> Self {
        let is_complete = values.iter().all(|value| !value.is_nan());
        let order = match is_complete && is_weighted(comparator) && is_ranked(comparator) {
            true => sort_order(&values, rounding),
            false => Vec::new(),
        };
        Self {
            values,
            rounding,
            order,
        }
    }

    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

/// Checks whether a comparator has a weighted form.
fn is_weighted(comparator: Comparator) -> bool {
    matches!(
        comparator,
        Comparator::Pearson | Comparator::Spearman | Comparator::Cosine | Comparator::RhoA
    )
}

fn is_ranked(comparator: Comparator) -> bool {
    comparator.pooling() == Scaling::Rank
}

/// A weighted RDM, prepared for comparison with others under the same weights.
pub(super) enum Weighted {
    /// Values of the pairs with a positive weight, centred if the comparator centres them, each
    /// times the square root of its weight.
    Vector { values: Vec<f64>, length: f64 },
    /// Values repeated according to the weights of their pairs.
    Repeated {
        values: Vec<f64>,
        rounding: Rounding,
        prepared: Option<Prepared>,
    },
}

/// Preparation and comparison of RDMs under weights.
pub(super) struct Weighting<'a> {
    pub comparator: Comparator,
    pub weights: &'a PairWeights,
    /// True if no RDM has missing pairs.
    pub is_complete: bool,
}

impl Weighting<'_> {
    pub fn apply(&self, geometry: &Geometry) -> Result<Weighted> {
        if self.is_complete && is_weighted(self.comparator) {
            if is_ranked(self.comparator) {
                return self.vector(self.ranks(&geometry.order), Rounding::NONE);
            }
            let active = self.weights.active.iter();
            let values = active.map(|pair| geometry.values[pair.pair as usize]);
            return self.vector(values.collect(), geometry.rounding);
        }
        let values = match self.weights.is_uniform {
            true => geometry.values.clone(),
            false => self.repeat(&geometry.values),
        };
        self.repeated(values, geometry.rounding)
    }

    /// Computes weighted ranks of the pairs with a positive weight.
    fn ranks(&self, order: &[Ordered]) -> Vec<f64> {
        let weights = &self.weights.weights;
        let mut ranks = vec![0.0; weights.len()];
        weighted_ranks(order, |place| weights[place], &mut ranks);
        let active = self.weights.active.iter();
        active.map(|pair| ranks[pair.pair as usize]).collect()
    }

    /// Creates a weighted RDM from values, or from ranks if the comparator uses ranks, of the pairs
    /// with a positive weight.
    fn vector(&self, mut values: Vec<f64>, rounding: Rounding) -> Result<Weighted> {
        let undefined = || {
            Error::from(RdmError::Constant {
                undefined: "the comparison",
            })
        };
        let active = &self.weights.active;
        if values.is_empty() {
            return Err(undefined());
        }
        if self.comparator == Comparator::Cosine {
            if values.iter().all(|value| rounding.is_zero(value.abs())) {
                return Err(undefined());
            }
        } else {
            if self.comparator != Comparator::RhoA && !rounding.vary(&values) {
                return Err(undefined());
            }
            let mean = match is_ranked(self.comparator) {
                // Ranks and weights are whole or half numbers, whose weighted sum is exact.
                true => (self.weights.total + 1.0) / 2.0,
                false => {
                    let weighted = values.iter().zip(active);
                    let weighted = weighted.map(|(value, pair)| value * pair.weight);
                    weighted.sum::<f64>() / self.weights.total
                }
            };
            values.iter_mut().for_each(|value| *value -= mean);
        }
        for (value, pair) in values.iter_mut().zip(active) {
            *value *= pair.root;
        }
        let length = match self.comparator {
            // The length of ranks without ties: the expected value over random orders of ties.
            Comparator::RhoA => {
                let total = self.weights.total;
                ((total * total * total - total) / 12.0).sqrt()
            }
            _ => sum(&values, |value| value * value).sqrt(),
        };
        match length > 0.0 {
            true => Ok(Weighted::Vector { values, length }),
            false => Err(undefined()),
        }
    }

    /// Repeats every value according to the weight of its pair.
    fn repeat(&self, values: &[f64]) -> Vec<f64> {
        let active = self.weights.active.iter();
        let copies = |pair: &ActivePair| {
            std::iter::repeat_n(values[pair.pair as usize], pair.weight as usize)
        };
        active.flat_map(copies).collect()
    }

    fn repeated(&self, values: Vec<f64>, rounding: Rounding) -> Result<Weighted> {
        let prepared = match self.is_complete {
            true if self.weights.is_uniform => {
                let n = self.weights.n_stimuli;
                let values = values.clone();
                Some(Prepared::new(self.comparator, n, values, rounding)?)
            }
            true => {
                let values = values.clone();
                Some(Prepared::of_some_pairs(self.comparator, values, rounding)?)
            }
            false => None,
        };
        Ok(Weighted::Repeated {
            values,
            rounding,
            prepared,
        })
    }

    pub fn compare(&self, first: &Weighted, second: &Weighted) -> Result<f64> {
        match (first, second) {
            (
                Weighted::Vector { values, length },
                Weighted::Vector {
                    values: others,
                    length: other_length,
                },
            ) => Ok((short_dot(values, others) / length / other_length).clamp(-1.0, 1.0)),
            (
                Weighted::Repeated {
                    values,
                    rounding,
                    prepared,
                },
                Weighted::Repeated {
                    values: others,
                    rounding: other_rounding,
                    prepared: other_prepared,
                },
            ) => match (prepared, other_prepared) {
                (Some(prepared), Some(other)) => Ok(prepared.compare(other)),
                _ => {
                    let [values, others] = self.comparator.common_values(values, others)?;
                    let first = Prepared::of_some_pairs(self.comparator, values, *rounding)?;
                    let second = Prepared::of_some_pairs(self.comparator, others, *other_rounding)?;
                    Ok(first.compare(&second))
                }
            },
            _ => unreachable!("both are prepared in the same way"),
        }
    }

    /// Computes the RDM nearest to participants with the given counts: their mean, each scaled by
    /// [`Comparator::pooling`] under these weights.
    pub fn pool(&self, people: &[Weighted], counts: &[u32]) -> Result<Weighted> {
        let counted = || {
            let people = people.iter().zip(counts);
            people.filter(|(_, count)| **count > 0)
        };
        if let Some(Weighted::Vector { values, .. }) = people.first() {
            let active = &self.weights.active;
            let mut pooled = vec![0.0; values.len()];
            let mut sizes = 0.0;
            for (person, &count) in counted() {
                if let Weighted::Vector { values, length } = person {
                    let scale = match is_ranked(self.comparator) {
                        true => f64::from(count),
                        false => f64::from(count) / length,
                    };
                    let mut largest = 0.0f64;
                    for ((sum, value), pair) in pooled.iter_mut().zip(values).zip(active) {
                        *sum += scale * value;
                        largest = largest.max(value.abs() / pair.root);
                    }
                    sizes += scale * largest;
                }
            }
            for (value, pair) in pooled.iter_mut().zip(active) {
                *value /= pair.root;
            }
            // Roundings of each value (centring, root of the weight, scale), of the sum and of the
            // division.
            let operations = people.len() as f64 + 5.0;
            let rounding = Rounding::Absolute(operations * UNIT_ROUNDOFF * sizes);
            if !is_ranked(self.comparator) {
                return self.vector(pooled, rounding);
            }
            let mut ranks = vec![0.0; active.len()];
            let order = sort_order(&pooled, rounding);
            weighted_ranks(&order, |place| active[place].weight, &mut ranks);
            return self.vector(ranks, Rounding::NONE);
        }
        let mut errors = MeanRounding::default();
        let mut pooled: Vec<(f64, f64)> = Vec::new();
        for (person, &count) in counted() {
            if let Weighted::Repeated {
                values, rounding, ..
            } = person
            {
                let mut values = values.clone();
                let rounding = scale(&mut values, self.comparator.pooling(), *rounding)?;
                errors.add(&values, rounding);
                pooled.resize(values.len(), (0.0, 0.0));
                for ((sum, weight), value) in pooled.iter_mut().zip(values) {
                    if !value.is_nan() {
                        *sum += f64::from(count) * value;
                        *weight += f64::from(count);
                    }
                }
            }
        }
        // A pair without values is 0 / 0 = NaN, which means missing.
        let mean = pooled.into_iter().map(|(sum, weight)| sum / weight);
        self.repeated(mean.collect(), errors.of_mean())
    }
}

/// Computes weighted ranks: the mean rank of the copies of a value and of its ties.
fn weighted_ranks(order: &[Ordered], weight: impl Fn(usize) -> f64, ranks: &mut [f64]) {
    let (mut below, mut total, mut start) = (0.0, 0.0, 0);
    for (at, last) in order.iter().enumerate() {
        total += weight(last.place as usize);
        if last.ties_with_next {
            continue;
        }
        let rank = below + (total + 1.0) / 2.0;
        for tied in &order[start..=at] {
            ranks[tied.place as usize] = rank;
        }
        below += total;
        (total, start) = (0.0, at + 1);
    }
}
