//! RDMs under weights on their stimuli: what a replicate of a bootstrap compares.

use crate::error::{Error, RdmError, Result};
use crate::metric::rsa::Comparator;
use crate::metric::rsa::prepared::{Prepared, dot, sum};
use crate::rdm::{MeanRounding, Ordered, Rounding, Scaling, UNIT_ROUNDOFF, scale, sort_order};

/// How often each pair of stimuli counts: the product of the numbers of times that its two stimuli
/// were drawn. A stimulus makes no pair with itself.
pub(super) struct PairWeights {
    n_stimuli: usize,
    /// Pairs that count at all, with their weight and its root.
    active: Vec<ActivePair>,
    /// The weight of every pair.
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
    /// Each pair once.
    pub fn uniform(n_stimuli: usize) -> Self {
        Self::new(&vec![1; n_stimuli])
    }

    /// The weights of stimuli that were drawn so often.
    pub fn new(counts: &[u32]) -> Self {
        let n = counts.len();
        let mut weights = Vec::with_capacity(crate::rdm::n_pairs(n));
        for first in 0..n {
            let own = f64::from(counts[first]);
            weights.extend(
                counts[first + 1..]
                    .iter()
                    .map(|&other| own * f64::from(other)),
            );
        }
        let active = (0..).zip(&weights).filter(|(_, weight)| **weight > 0.0);
        let active = active.map(|(pair, &weight)| ActivePair {
            pair,
            weight,
            root: weight.sqrt(),
        });
        Self {
            n_stimuli: n,
            active: active.collect(),
            total: weights.iter().sum(),
            weights,
            is_uniform: counts.iter().all(|&count| count == 1),
        }
    }
}

/// The values of an RDM, with what doesn't depend on weights done once.
pub(super) struct Geometry {
    values: Vec<f64>,
    /// How far rounding may have moved the values.
    rounding: Rounding,
    /// Under ranks: where values stand, in ascending order.
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

/// Whether a comparator has a form in which pairs have weights.
fn is_weighted(comparator: Comparator) -> bool {
    matches!(
        comparator,
        Comparator::Pearson | Comparator::Spearman | Comparator::Cosine | Comparator::RhoA
    )
}

fn is_ranked(comparator: Comparator) -> bool {
    comparator.pooling() == Scaling::Rank
}

/// An RDM under weights, ready to be compared with others under the same.
pub(super) enum Weighted {
    /// Values centred where the comparator does so, each times the root of its weight, over the
    /// pairs that count.
    Vector { values: Vec<f64>, length: f64 },
    /// Each pair as often as it counts.
    Repeated {
        values: Vec<f64>,
        rounding: Rounding,
        prepared: Option<Prepared>,
    },
}

/// Makes RDMs ready under weights, and compares them.
pub(super) struct Weighting<'a> {
    pub comparator: Comparator,
    pub weights: &'a PairWeights,
    /// Whether no RDM misses a pair.
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

    /// Ranks under weights, of the pairs that count.
    fn ranks(&self, order: &[Ordered]) -> Vec<f64> {
        let weights = &self.weights.weights;
        let mut ranks = vec![0.0; weights.len()];
        weighted_ranks(order, |place| weights[place], &mut ranks);
        let active = self.weights.active.iter();
        active.map(|pair| ranks[pair.pair as usize]).collect()
    }

    /// Values of the pairs that count, ranks already where the comparator ranks.
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
            let weighted = values.iter().zip(active);
            let mean = weighted
                .map(|(value, pair)| value * pair.weight)
                .sum::<f64>();
            let mean = mean / self.weights.total;
            values.iter_mut().for_each(|value| *value -= mean);
        }
        for (value, pair) in values.iter_mut().zip(active) {
            *value *= pair.root;
        }
        let length = match self.comparator {
            // Expected over random orders of ties: the length of ranks without any.
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

    /// Every pair as often as it counts.
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
            ) => Ok((dot(values, others) / length / other_length).clamp(-1.0, 1.0)),
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
            _ => unreachable!("both were made ready in the same way"),
        }
    }

    /// The RDM nearest to some people, of whom each counts so often: the mean over them, each on the
    /// scale of [`Comparator::pooling`] under these weights.
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
            // Of each value (centred, times the root of its weight and the scale), of their sum, and of
            // the division.
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
        // None at all is NaN: the pair is missing.
        let mean = pooled.into_iter().map(|(sum, weight)| sum / weight);
        self.repeated(mean.collect(), errors.of_mean())
    }
}

/// Ranks under weights: the mean of the ranks that the copies of a value and of its equals would have.
fn weighted_ranks(order: &[Ordered], weight: impl Fn(usize) -> f64, ranks: &mut [f64]) {
    let mut below = 0.0;
    for tied in order.chunk_by(|left, _| left.ties_with_next) {
        let total: f64 = tied.iter().map(|o| weight(o.place as usize)).sum();
        let rank = below + (total + 1.0) / 2.0;
        for ordered in tied {
            ranks[ordered.place as usize] = rank;
        }
        below += total;
    }
}
