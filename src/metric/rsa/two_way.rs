//! Variances over stimuli and participants, from the influences of both.

use rayon::prelude::*;

use crate::error::Result;
use crate::inference::{Resample, small_sample};
use crate::linalg::short_dot;
use crate::metric::rsa::influence::Influences;
use crate::metric::rsa::prepared::row_sums;

/// The effects of stimuli and participants on several statistics, each of which is a mean over
/// participants.
#[derive(Debug, Clone)]
pub(super) struct TwoWayEffects {
    resample: Resample,
    /// Mean of each statistic over participants.
    pub means: Vec<f64>,
    /// Effect of each stimulus on each statistic: statistics × stimuli.
    stimuli: Vec<Vec<f64>>,
    /// Effect of each participant on each statistic: statistics × participants.
    pub people: Vec<Vec<f64>>,
    /// Covariances of the statistics from the interaction of stimuli and participants; 0 unless
    /// both are sampled.
    interaction: Vec<Vec<f64>>,
    /// 1/(1 − f), where f is the share of the pairs of pairs that have a stimulus in common.
    correction: f64,
}

/// A variance and its degrees of freedom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variance {
    pub value: f64,
    pub degrees_of_freedom: f64,
}

/// The influences of one participant, without those of pairs.
struct Person {
    values: Vec<f64>,
    stimuli: Vec<Vec<f64>>,
}

/// Number of participants whose influences of pairs are in memory at the same time.
const N_AT_ONCE: usize = 8;

impl TwoWayEffects {
    /// Collects the influences of `n_people` participants on all statistics, which `of_person`
    /// returns. `correction` is the result of [`small_sample_of_pairs`].
    pub fn new(
        resample: Resample,
        n_people: usize,
        correction: f64,
        of_person: impl Fn(usize) -> Result<Vec<Influences>> + Sync,
    ) -> Result<Self> {
        let both = resample == Resample::Both;
        let of_person = |person| -> Result<_> {
            let found = of_person(person)?;
            let pairs: Vec<&[f64]> = found.iter().map(|found| &found.pairs[..]).collect();
            let products = if both { products(&pairs) } else { Vec::new() };
            Ok((found, products))
        };
        let mut people = Vec::new();
        let (mut pairs, mut squares) = (Vec::new(), Vec::new());
        for start in (0..n_people).step_by(N_AT_ONCE) {
            let some = start..n_people.min(start + N_AT_ONCE);
            let some: Vec<Result<_>> = some.into_par_iter().map(of_person).collect();
            for found in some {
                let (found, products) = found?;
                if both {
                    add(&mut pairs, found.iter().map(|found| &found.pairs[..]));
                    add(&mut squares, products.iter().map(|row| &row[..]));
                }
                people.push(Person {
                    values: found.iter().map(|found| found.value).collect(),
                    stimuli: found.into_iter().map(|found| found.stimuli).collect(),
                });
            }
        }
        let p = n_people as f64;
        let mut stimuli = Vec::new();
        for person in &people {
            add(
                &mut stimuli,
                person.stimuli.iter().map(|effects| &effects[..]),
            );
        }
        stimuli.iter_mut().flatten().for_each(|effect| *effect /= p);
        let n_statistics = stimuli.len();
        let mut interaction = vec![vec![0.0; n_statistics]; n_statistics];
        if both {
            for person in &people {
                let deviations = person.stimuli.iter().zip(&stimuli).map(|(own, mean)| {
                    let both = own.iter().zip(mean);
                    both.map(|(own, mean)| own - mean).collect::<Vec<f64>>()
                });
                let deviations: Vec<Vec<f64>> = deviations.collect();
                let deviations: Vec<&[f64]> = deviations.iter().map(|row| &row[..]).collect();
                let products = products(&deviations);
                add(&mut interaction, products.iter().map(|row| &row[..]));
            }
            let pairs: Vec<&[f64]> = pairs.iter().map(|row: &Vec<f64>| &row[..]).collect();
            let of_means = products(&pairs);
            let scale = correction * small_sample(n_people) / (p * p);
            for (row, (squares, of_means)) in
                interaction.iter_mut().zip(squares.iter().zip(&of_means))
            {
                for (value, (square, of_mean)) in row.iter_mut().zip(squares.iter().zip(of_means)) {
                    *value = scale * (*value - (square - of_mean / p));
                }
            }
        }
        let of_statistics = (0..n_statistics).map(|statistic| {
            let values = people.iter().map(|person| person.values[statistic]);
            let mean = values.clone().sum::<f64>() / p;
            (mean, values.map(|value| (value - mean) / p).collect())
        });
        let (means, effects_of_people) = of_statistics.unzip();
        Ok(Self {
            resample,
            means,
            people: effects_of_people,
            stimuli,
            interaction,
            correction,
        })
    }

    /// Computes the variance of a weighted sum of statistics, given as positions and weights.
    /// Returns `None` if stimuli are sampled and all pairs have a stimulus in common.
    pub fn variance(&self, terms: &[(usize, f64)]) -> Option<Variance> {
        if self.resample.draws_stimuli() && !self.correction.is_finite() {
            return None;
        }
        let combined = |effects: &[Vec<f64>]| {
            let mut sum = vec![0.0; effects[0].len()];
            for &(statistic, weight) in terms {
                let effects = sum.iter_mut().zip(&effects[statistic]);
                effects.for_each(|(sum, effect)| *sum += weight * effect);
            }
            sum
        };
        let (stimuli, people) = (combined(&self.stimuli), combined(&self.people));
        let n_people = people.len();
        let by_stimuli = Variance {
            value: self.correction * short_dot(&stimuli, &stimuli),
            degrees_of_freedom: effective(&stimuli),
        };
        let by_people = Variance {
            value: small_sample(n_people) * short_dot(&people, &people),
            degrees_of_freedom: n_people as f64 - 1.0,
        };
        Some(match self.resample {
            Resample::Stimuli => by_stimuli,
            Resample::People => by_people,
            Resample::Both => {
                let products = terms.iter().flat_map(|&(first, weight)| {
                    let row = &self.interaction[first];
                    let products = terms.iter();
                    products.map(move |&(second, other)| weight * other * row[second])
                });
                let interaction: f64 = products.sum();
                union(by_stimuli, by_people, interaction)
            }
        })
    }
}

/// Computes the variance over stimuli and participants. The two-way sum is limited from below by
/// either of its parts, and its degrees of freedom are those of Satterthwaite (1946) for a sum of
/// the variance over participants and the rest.
fn union(stimuli: Variance, people: Variance, interaction: f64) -> Variance {
    let value = stimuli.value + people.value - interaction;
    let value = value.max(stimuli.value).max(people.value);
    let share = match value > 0.0 {
        true => people.value / value,
        false => 1.0,
    };
    let spread = share * share / people.degrees_of_freedom
        + (1.0 - share).powi(2) / stimuli.degrees_of_freedom;
    Variance {
        value,
        degrees_of_freedom: 1.0 / spread,
    }
}

/// Returns the degrees of freedom of a sum of squared effects, from the fourth moment of the
/// effects: at most their number minus 1, and 2 or less if one effect outweighs all others.
fn effective(effects: &[f64]) -> f64 {
    let n = effects.len() as f64;
    let sum = |power: i32| effects.iter().map(|effect| effect.powi(power)).sum::<f64>();
    let squared = sum(2).powi(2);
    let spread = sum(4) - squared / n;
    match spread > 0.0 {
        true => (2.0 * squared / spread).clamp(1.0, n - 1.0),
        false => n - 1.0,
    }
}

/// Returns 1/(1 − f), where f is the share of the ordered pairs of pairs of stimuli that have a
/// stimulus in common, for pairs of the given weights; for all pairs of n stimuli, n(n − 1)/((n −
/// 2)(n − 3)). It is infinite if all have a stimulus in common.
pub(super) fn small_sample_of_pairs(n: usize, weights: &[f64]) -> f64 {
    let squares = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>();
    let total: f64 = weights.iter().sum();
    let shared = squares(&row_sums(n, weights)) - squares(weights);
    let rest = total * total - shared;
    match rest > 1e-9 * total * total {
        true => total * total / rest,
        false => f64::INFINITY,
    }
}

/// Adds lists of numbers to sums, which are empty before the first addition.
fn add<'a>(sums: &mut Vec<Vec<f64>>, added: impl Iterator<Item = &'a [f64]>) {
    for (position, added) in added.enumerate() {
        match sums.get_mut(position) {
            None => sums.push(added.to_vec()),
            Some(sum) => sum
                .iter_mut()
                .zip(added)
                .for_each(|(sum, value)| *sum += value),
        }
    }
}

/// Returns the dot products of every two lists.
fn products(lists: &[&[f64]]) -> Vec<Vec<f64>> {
    let row = |first: &&[f64]| {
        lists
            .iter()
            .map(|second| short_dot(first, second))
            .collect()
    };
    lists.iter().map(row).collect()
}
