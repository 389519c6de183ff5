//! RDMs prepared for a comparator, so that computations on a single RDM are done once.

use crate::error::{Error, RdmError, Result};
use crate::linalg::{row_range, short_dot};
use crate::metric::rsa::Comparator;
use crate::metric::rsa::kendall::{Denominator, KendallRanks};
use crate::rdm::{Rounding, centred_ranks};

/// The prepared values of an RDM. Two of them can be compared if they were prepared for the same
/// comparator and the same pairs.
#[derive(Debug, Clone)]
pub(crate) enum Prepared {
    /// Values whose comparison is the dot product of the two, divided by both lengths.
    Vector {
        /// Values or ranks, centred if the comparator centres them.
        values: Vec<f64>,
        /// Divisor that converts a dot product to a correlation or a cosine.
        length: f64,
    },
    /// Ranks whose comparison counts concordant pairs.
    Kendall(KendallRanks, Denominator),
}

impl Prepared {
    /// Prepares the values of all pairs of `n` stimuli, without missing pairs; `rounding` bounds
    /// their errors.
    pub fn new(
        comparator: Comparator,
        n: usize,
        values: Vec<f64>,
        rounding: Rounding,
    ) -> Result<Self> {
        match comparator {
            Comparator::WhitenedCosine => {
                let values = not_zero(values, rounding, "the cosine")?;
                with_length(gram(n, values), "the cosine")
            }
            Comparator::WhitenedPearson => {
                let centred = centre(values, rounding, "the correlation")?;
                with_length(gram(n, centred), "the correlation")
            }
            _ => Self::of_some_pairs(comparator, values, rounding),
        }
    }

    /// Prepares the values of some pairs, for a comparator that does not depend on the stimuli of
    /// pairs.
    pub fn of_some_pairs(
        comparator: Comparator,
        mut values: Vec<f64>,
        rounding: Rounding,
    ) -> Result<Self> {
        let m = values.len() as f64;
        match comparator {
            Comparator::Pearson | Comparator::WhitenedPearson => {
                let centred = centre(values, rounding, "the correlation")?;
                with_length(centred, "the correlation")
            }
            Comparator::Cosine | Comparator::WhitenedCosine => {
                let values = not_zero(values, rounding, "the cosine")?;
                with_length(values, "the cosine")
            }
            Comparator::Spearman => {
                let squared = centred_ranks(&mut values, rounding);
                match squared > 0.0 {
                    true => Ok(Prepared::Vector {
                        values,
                        length: squared.sqrt(),
                    }),
                    false => Err(constant("the rank correlation")),
                }
            }
            Comparator::RhoA => {
                centred_ranks(&mut values, rounding);
                // The length of ranks without ties.
                let length = (m * (m * m - 1.0) / 12.0).sqrt();
                Ok(Prepared::Vector { values, length })
            }
            Comparator::KendallTauA => Ok(Prepared::Kendall(
                KendallRanks::new(&values, rounding),
                Denominator::AllPairs,
            )),
            Comparator::KendallTauB => {
                let ranks = KendallRanks::new(&values, rounding);
                if !ranks.vary() {
                    return Err(constant("Kendall's τ-b"));
                }
                Ok(Prepared::Kendall(ranks, Denominator::PairsThatDiffer))
            }
        }
    }

    /// Returns values of length 1, whose dot product is the comparison; returns `self` as an error
    /// under Kendall's τ.
    pub fn into_unit(self) -> Result<Vec<f64>, Self> {
        match self {
            Prepared::Vector { mut values, length } => {
                values.iter_mut().for_each(|value| *value /= length);
                Ok(values)
            }
            other => Err(other),
        }
    }

    /// Returns the value of the comparator, clamped to \[−1, 1\] against rounding.
    pub fn compare(&self, other: &Self) -> f64 {
        let value = match (self, other) {
            (
                Prepared::Vector { values, length },
                Prepared::Vector {
                    values: others,
                    length: other_length,
                },
            ) => short_dot(values, others) / length / other_length,
            (Prepared::Kendall(first, denominator), Prepared::Kendall(second, _)) => {
                first.tau(second, *denominator)
            }
            _ => unreachable!("both are prepared for the same comparator"),
        };
        value.clamp(-1.0, 1.0)
    }
}

fn constant(undefined: &'static str) -> Error {
    Error::from(RdmError::Constant { undefined })
}

/// Returns an error if all values are 0, within rounding.
fn not_zero(values: Vec<f64>, rounding: Rounding, undefined: &'static str) -> Result<Vec<f64>> {
    match values.iter().all(|value| rounding.is_zero(value.abs())) {
        true => Err(constant(undefined)),
        false => Ok(values),
    }
}

/// Subtracts the mean of the values; returns an error if they are constant.
fn centre(values: Vec<f64>, rounding: Rounding, undefined: &'static str) -> Result<Vec<f64>> {
    if !rounding.vary(&values) {
        return Err(constant(undefined));
    }
    let mut values = within_range(values);
    let mean = sum(&values, |value| value) / values.len() as f64;
    values.iter_mut().for_each(|value| *value -= mean);
    Ok(values)
}

fn with_length(values: Vec<f64>, undefined: &'static str) -> Result<Prepared> {
    let values = within_range(values);
    let length = sum(&values, |value| value * value).sqrt();
    match length > 0.0 {
        true => Ok(Prepared::Vector { values, length }),
        false => Err(constant(undefined)),
    }
}

/// Divides values by the largest if their squares might leave the range of `f64`; no comparator
/// depends on the unit of values.
fn within_range(mut values: Vec<f64>) -> Vec<f64> {
    let largest = values
        .iter()
        .fold(0.0, |max: f64, value| max.max(value.abs()));
    if largest > 0.0 && !(1e-100..1e100).contains(&largest) {
        values.iter_mut().for_each(|value| *value /= largest);
    }
    values
}

/// Computes the centred Gram matrix −½ H D H of an RDM, as a vector whose dot product is the inner
/// product of the matrices: elements above the diagonal times √2, then the diagonal.
pub(super) fn gram(n: usize, mut values: Vec<f64>) -> Vec<f64> {
    let row_sums = row_sums(n, &values);
    let total = sum(&row_sums, |value| value) / (n * n) as f64;
    let means: Vec<f64> = row_sums.iter().map(|sum| sum / n as f64).collect();
    for first in 0..n {
        let row = &mut values[row_range(n, first)];
        for (value, mean) in row.iter_mut().zip(&means[first + 1..]) {
            *value = -0.5 * (*value - means[first] - mean + total) * std::f64::consts::SQRT_2;
        }
    }
    values.extend(means.iter().map(|mean| -0.5 * (total - 2.0 * mean)));
    values
}

/// Returns, for each of `n` stimuli, the sum of the values of its pairs.
pub(super) fn row_sums(n: usize, values: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; n];
    for first in 0..n {
        let row = &values[row_range(n, first)];
        sums[first] += sum(row, |value| value);
        for (sum, value) in sums[first + 1..].iter_mut().zip(row) {
            *sum += value;
        }
    }
    sums
}

/// Number of independent sums, so that an addition need not wait for the previous one.
const LANES: usize = 8;

/// Computes the sum of `of(value)` over the values, in a fixed order.
pub(super) fn sum(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += of(value);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|&value| of(value)).sum::<f64>()
}
