//! Estimates of single units that are shrunken towards the mean of all.

use serde::{Deserialize, Serialize};

use super::random_effects::Profile;
use crate::error::Result;

/// The estimate of a unit in a random-effects model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Shrunken {
    /// The estimate, between the value of the unit and the mean of all units.
    pub value: f64,
    /// Standard error, including that of the mean and of the amount of shrinkage.
    pub standard_error: f64,
    /// Shrinkage towards the mean, from 0 (none) to 1 (the mean of all units).
    pub shrinkage: f64,
}

/// Computes the values of units shrunken towards their mean, according to their sampling variances.
///
/// In the normal random-effects model yᵢ ~ N(θᵢ, vᵢ), θᵢ ~ N(μ, τ²) (see
/// [`RandomEffects`](super::RandomEffects)), the estimates are the means and standard deviations of
/// θᵢ given all values, with flat priors of μ and of τ². They are averages over τ², so that the
/// standard errors are also valid if the estimate of τ² is 0 (Morris 1983; Morris & Tang 2011). With
/// fewer than four units nothing is shrunken.
///
/// # Errors
/// Returns `ArgumentError::TooFew` for fewer than two units, `ArgumentError::LengthMismatch` if there
/// is not one variance per value, and `ArgumentError::InvalidParameter` if a value is not finite or a
/// variance is not positive and finite.
///
/// ```
/// use human_alignment::individual::shrink;
///
/// let shrunken = shrink(&[0.52, 0.61, 0.47, 0.70, 0.58], &[0.001; 5])?;
/// assert!(0.58 < shrunken[3].value && shrunken[3].value < 0.70);
/// # Ok::<(), human_alignment::Error>(())
/// ```
pub fn shrink(values: &[f64], variances: &[f64]) -> Result<Vec<Shrunken>> {
    let profile = Profile::new(values, variances)?;
    let units = values.iter().zip(variances);
    if values.len() < 4 {
        let unchanged = |(&value, variance): (&f64, &f64)| Shrunken {
            value,
            standard_error: variance.sqrt(),
            shrinkage: 0.0,
        };
        return Ok(units.map(unchanged).collect());
    }
    let nodes = nodes(profile);
    Ok(units.map(|(&y, &v)| average(&nodes, y, v)).collect())
}

/// A value of τ² with its probability and the distribution of μ.
struct Node {
    between: f64,
    probability: f64,
    mean: f64,
    variance_of_mean: f64,
}

/// Returns the mean and the standard deviation of a unit, averaged over τ².
fn average(nodes: &[Node], y: f64, v: f64) -> Shrunken {
    let estimate = |node: &Node| {
        let shrinkage = v / (v + node.between);
        let value = y - shrinkage * (y - node.mean);
        let variance = v * (1.0 - shrinkage) + shrinkage.powi(2) * node.variance_of_mean;
        [shrinkage, value, variance]
    };
    let mut means = [0.0; 3];
    for node in nodes {
        for (mean, value) in means.iter_mut().zip(estimate(node)) {
            *mean += node.probability * value;
        }
    }
    let [shrinkage, value, within] = means;
    let squares = nodes
        .iter()
        .map(|node| node.probability * (estimate(node)[1] - value).powi(2));
    Shrunken {
        value,
        standard_error: (within + squares.sum::<f64>()).sqrt(),
        shrinkage,
    }
}

/// Nodes and weights of the Gauss–Legendre rule of five points on [0, 1].
const RULE: [(f64, f64); 5] = [
    (0.046_910_077_030_668_004, 0.118_463_442_528_094_54),
    (0.230_765_344_947_158_45, 0.239_314_335_249_683_23),
    (0.5, 0.284_444_444_444_444_44),
    (0.769_234_655_052_841_5, 0.239_314_335_249_683_23),
    (0.953_089_922_969_332, 0.118_463_442_528_094_54),
];

/// Number of intervals of the quadrature: the posterior of a million units is wider than one.
const N_INTERVALS: usize = 400;

/// Probability relative to the largest below which a node is left out.
const NEGLIGIBLE: f64 = 1e-14;

/// Returns the posterior distribution of τ², by quadrature over s with s² = v / (v + τ²) for the mean
/// sampling variance v, over which it has no singularity.
fn nodes(profile: Profile<'_>) -> Vec<Node> {
    let n = profile.variances.len() as f64;
    let variance = profile.variances.iter().sum::<f64>() / n;
    let places = (0..N_INTERVALS).flat_map(|interval| {
        let at = move |(place, weight)| ((interval as f64 + place) / N_INTERVALS as f64, weight);
        RULE.into_iter().map(at)
    });
    let mut nodes: Vec<Node> = places
        .map(|(s, weight): (f64, f64)| {
            let between = variance * (1.0 / (s * s) - 1.0);
            let total = profile.total_weight(between);
            let logs: f64 = profile.variances.iter().map(|v| (v + between).ln()).sum();
            // dτ² is proportional to ds / s³.
            let log_density = -0.5 * (logs + total.ln() + profile.q(between)) - 3.0 * s.ln();
            Node {
                between,
                probability: weight.ln() + log_density,
                mean: profile.mean(between),
                variance_of_mean: 1.0 / total,
            }
        })
        .collect();
    let largest = nodes
        .iter()
        .map(|node| node.probability)
        .fold(f64::MIN, f64::max);
    for node in &mut nodes {
        node.probability = (node.probability - largest).exp();
    }
    nodes.retain(|node| node.probability > NEGLIGIBLE);
    let total: f64 = nodes.iter().map(|node| node.probability).sum();
    for node in &mut nodes {
        node.probability /= total;
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn equal_units_have_the_shrinkage_of_stein() {
        // For equal variances and Q = 0 the posterior of the shrinkage is a beta distribution, whose
        // mean is (k − 3) / (k − 1).
        for k in [4, 5, 20, 400] {
            let found = shrink(&vec![0.5; k], &vec![0.01; k]).unwrap();
            let expected = (k as f64 - 3.0) / (k as f64 - 1.0);
            for unit in found {
                assert_relative_eq!(unit.shrinkage, expected, max_relative = 1e-10);
                assert_relative_eq!(unit.value, 0.5, max_relative = 1e-12);
            }
        }
    }
}
