//! RDMs under weights on their stimuli: what a replicate of a bootstrap compares.

use crate::error::{Error, Result};
use crate::metric::rsa::Comparator;
use crate::metric::rsa::prepared::{Prepared, dot, sum};
use crate::rdm::{Ordered, Scaling, scale, sort_order};

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
    /// Under ranks: where values stand, in ascending order.
    order: Vec<Ordered>,
}

impl Geometry {
    pub fn new(comparator: Comparator, values: Vec<f64>) -> Self {
        let is_complete = values.iter().all(|value| !value.is_nan());
        let order = match is_complete && is_weighted(comparator) && is_ranked(comparator) {
            true => sort_order(&values),
            false => Vec::new(),
        };
        Self { values, order }
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
            let values = match is_ranked(self.comparator) {
                true => self.ranks(&geometry.order),
                false => {
                    let active = self.weights.active.iter();
                    active
                        .map(|pair| geometry.values[pair.pair as usize])
                        .collect()
                }
            };
            return self.vector(values);
        }
        let values = match self.weights.is_uniform {
            true => geometry.values.clone(),
            false => self.repeat(&geometry.values),
        };
        self.repeated(values)
    }

    /// Ranks under weights of the pairs that count: the mean of the ranks that the copies of a value
    /// and of its equals would have.
    fn ranks(&self, order: &[Ordered]) -> Vec<f64> {
        let weights = &self.weights.weights;
        let mut ranks = vec![0.0; weights.len()];
        let (mut below, mut tied, mut start) = (0.0, 0.0, 0);
        for (position, ordered) in order.iter().enumerate() {
            tied += weights[ordered.place as usize];
            if !ordered.ties_with_next {
                let rank = below + (tied + 1.0) / 2.0;
                for ordered in &order[start..=position] {
                    ranks[ordered.place as usize] = rank;
                }
                below += tied;
                tied = 0.0;
                start = position + 1;
            }
        }
        let active = self.weights.active.iter();
        active.map(|pair| ranks[pair.pair as usize]).collect()
    }

    /// Values of the pairs that count, ranks already where the comparator ranks.
    fn vector(&self, mut values: Vec<f64>) -> Result<Weighted> {
        let undefined = || Error::ConstantRdm {
            undefined: "the comparison",
        };
        let active = &self.weights.active;
        let Some(&first) = values.first() else {
            return Err(undefined());
        };
        if self.comparator != Comparator::Cosine {
            if self.comparator != Comparator::RhoA && values.iter().all(|&value| value == first) {
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

    fn repeated(&self, values: Vec<f64>) -> Result<Weighted> {
        let prepared = match self.is_complete {
            true if self.weights.is_uniform => {
                let n = self.weights.n_stimuli;
                Some(Prepared::new(self.comparator, n, values.clone())?)
            }
            true => Some(Prepared::of_some_pairs(self.comparator, values.clone())?),
            false => None,
        };
        Ok(Weighted::Repeated { values, prepared })
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
                Weighted::Repeated { values, prepared },
                Weighted::Repeated {
                    values: others,
                    prepared: other_prepared,
                },
            ) => match (prepared, other_prepared) {
                (Some(prepared), Some(other)) => Ok(prepared.compare(other)),
                _ => {
                    let [values, others] = self.comparator.common_values(values, others)?;
                    let first = Prepared::of_some_pairs(self.comparator, values)?;
                    let second = Prepared::of_some_pairs(self.comparator, others)?;
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
            let mut pooled = vec![0.0; values.len()];
            for (person, &count) in counted() {
                if let Weighted::Vector { values, length } = person {
                    let scale = match is_ranked(self.comparator) {
                        true => f64::from(count),
                        false => f64::from(count) / length,
                    };
                    for (sum, value) in pooled.iter_mut().zip(values) {
                        *sum += scale * value;
                    }
                }
            }
            for (value, pair) in pooled.iter_mut().zip(&self.weights.active) {
                *value /= pair.root;
            }
            if !is_ranked(self.comparator) {
                return self.vector(pooled);
            }
            // Sums that are equal but for rounding tie.
            let largest = pooled
                .iter()
                .fold(0.0, |max: f64, value| max.max(value.abs()));
            let unit = largest * 1e-12;
            let mut full = vec![f64::INFINITY; self.weights.weights.len()];
            for (value, pair) in pooled.iter().zip(&self.weights.active) {
                full[pair.pair as usize] = match unit > 0.0 {
                    true => (value / unit).round(),
                    false => 0.0,
                };
            }
            return self.vector(self.ranks(&sort_order(&full)));
        }
        let mut pooled: Vec<(f64, f64)> = Vec::new();
        for (person, &count) in counted() {
            if let Weighted::Repeated { values, .. } = person {
                let mut values = values.clone();
                scale(&mut values, self.comparator.pooling())?;
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
        self.repeated(mean.collect())
    }
}
