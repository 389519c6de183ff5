//! Penalties on the weights of a transform.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::linalg::{add_scaled, dot};

/// The penalty R of the weights W, in nats. The bias is not penalized.
///
/// ```
/// use human_alignment::probe::mini_batch::Penalty;
///
/// let published = Penalty::Norms { weight: 0.01, frobenius_share: 1.0 };
/// assert_eq!(published.to_string(), "0.01 · ‖W‖");
/// assert_eq!(published.weight(), 0.01);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Penalty {
    /// λ (β ‖W‖ + (1 − β) ‖W‖₁), with the Frobenius norm, *not squared*, and the sum of absolute
    /// values, as in the scripts of Muttenthaler et al. (ICLR 2023), where β is 1 (0.8 in an early
    /// version). The subgradient at W = 0 is taken as 0.
    Norms {
        /// The weight λ, at least 0; 0 means no penalty.
        weight: f64,
        /// The share β of the Frobenius norm, in [0, 1].
        frobenius_share: f64,
    },
    /// λ ‖W‖², with the squared Frobenius norm: the trace penalty of the convex
    /// [`Probe`](crate::Probe), for comparison.
    SquaredFrobenius {
        /// The weight λ, at least 0; 0 means no penalty.
        weight: f64,
    },
    /// λ ‖W − cI‖² with c the mean of the diagonal of W, so that cI is the nearest multiple of the
    /// identity, as in the global and gLocal transforms (Muttenthaler et al., NeurIPS 2023).
    ScaledIdentity {
        /// The weight λ, at least 0; 0 means no penalty.
        weight: f64,
    },
}

impl Penalty {
    /// Returns the weight λ.
    pub fn weight(&self) -> f64 {
        match *self {
            Penalty::Norms { weight, .. }
            | Penalty::SquaredFrobenius { weight }
            | Penalty::ScaledIdentity { weight } => weight,
        }
    }

    /// Checks the ranges of the parameters.
    pub(super) fn check(&self) -> Result<()> {
        let weight = self.weight();
        if !(weight >= 0.0 && weight.is_finite()) {
            return Err(Error::parameter(
                "penalty",
                "finite and not negative",
                weight,
            ));
        }
        match *self {
            Penalty::Norms {
                frobenius_share, ..
            } if !(0.0..=1.0).contains(&frobenius_share) => Err(Error::parameter(
                "share of the Frobenius norm",
                "in [0, 1]",
                frobenius_share,
            )),
            _ => Ok(()),
        }
    }

    /// Computes R for weights, features × features.
    pub(super) fn value(&self, weights: &[f64], n_features: usize) -> f64 {
        match *self {
            Penalty::Norms {
                weight,
                frobenius_share,
            } => {
                let sum: f64 = weights.iter().map(|w| w.abs()).sum();
                weight * (frobenius_share * norm(weights) + (1.0 - frobenius_share) * sum)
            }
            Penalty::SquaredFrobenius { weight } => weight * dot(weights, weights),
            Penalty::ScaledIdentity { weight } => {
                let scale = mean_of_diagonal(weights, n_features);
                let squares = weights.iter().enumerate().map(|(position, w)| {
                    let is_diagonal = position % (n_features + 1) == 0;
                    (w - if is_diagonal { scale } else { 0.0 }).powi(2)
                });
                weight * squares.sum::<f64>()
            }
        }
    }

    /// Adds the gradient of R with respect to the weights.
    pub(super) fn add_gradient(&self, weights: &[f64], n_features: usize, gradient: &mut [f64]) {
        match *self {
            Penalty::Norms {
                weight,
                frobenius_share,
            } => {
                let norm = norm(weights);
                if norm > 0.0 {
                    add_scaled(gradient, weight * frobenius_share / norm, weights);
                }
                let slope = weight * (1.0 - frobenius_share);
                if slope > 0.0 {
                    gradient
                        .par_iter_mut()
                        .zip(weights)
                        .for_each(|(gradient, &w)| {
                            // Not `signum`, which is 1 at 0.
                            *gradient += slope * (f64::from(w > 0.0) - f64::from(w < 0.0));
                        });
                }
            }
            Penalty::SquaredFrobenius { weight } => {
                add_scaled(gradient, 2.0 * weight, weights);
            }
            Penalty::ScaledIdentity { weight } => {
                // The deviations of the diagonal sum to 0, so that the derivative through the mean
                // vanishes.
                add_scaled(gradient, 2.0 * weight, weights);
                let scale = mean_of_diagonal(weights, n_features);
                for diagonal in gradient.iter_mut().step_by(n_features + 1) {
                    *diagonal -= 2.0 * weight * scale;
                }
            }
        }
    }
}

impl fmt::Display for Penalty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Penalty::Norms {
                weight,
                frobenius_share: 1.0,
            } => write!(f, "{weight} · ‖W‖"),
            Penalty::Norms {
                weight,
                frobenius_share,
            } => {
                let rest = 1.0 - frobenius_share;
                write!(f, "{weight} · ({frobenius_share} · ‖W‖ + {rest} · ‖W‖₁)")
            }
            Penalty::SquaredFrobenius { weight } => write!(f, "{weight} · ‖W‖²"),
            Penalty::ScaledIdentity { weight } => write!(f, "{weight} · ‖W − mean(diag W) · I‖²"),
        }
    }
}

fn norm(weights: &[f64]) -> f64 {
    dot(weights, weights).sqrt()
}

fn mean_of_diagonal(weights: &[f64], n_features: usize) -> f64 {
    weights.iter().step_by(n_features + 1).sum::<f64>() / n_features as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ArgumentError, assert_refused};
    use approx::{assert_abs_diff_eq, assert_relative_eq};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const N: usize = 5;

    fn all(weight: f64) -> [Penalty; 5] {
        let norms = |frobenius_share| Penalty::Norms {
            weight,
            frobenius_share,
        };
        let squared = Penalty::SquaredFrobenius { weight };
        let identity = Penalty::ScaledIdentity { weight };
        [norms(1.0), norms(0.3), norms(0.0), squared, identity]
    }

    fn gradient(penalty: Penalty, weights: &[f64]) -> Vec<f64> {
        // The gradient is added to existing values.
        let mut gradient = vec![1.0; weights.len()];
        penalty.add_gradient(weights, N, &mut gradient);
        gradient.iter().map(|g| g - 1.0).collect()
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let weights: Vec<f64> = (0..N * N).map(|_| rng.random_range(-1.0..1.0)).collect();
        let step = 1e-6;
        for penalty in all(0.7) {
            let gradient = gradient(penalty, &weights);
            for (position, found) in gradient.into_iter().enumerate() {
                let at = |step: f64| {
                    let mut moved = weights.clone();
                    moved[position] += step;
                    penalty.value(&moved, N)
                };
                let difference = (at(step) - at(-step)) / (2.0 * step);
                assert_abs_diff_eq!(found, difference, epsilon = 1e-8);
            }
        }
    }

    #[test]
    fn values_are_those_of_the_definitions() {
        let weights = [3.0, 0.0, -4.0, 1.0];
        // np.linalg.norm([[3, 0], [-4, 1]]) = sqrt(26)
        let values = [
            26f64.sqrt(),
            0.3 * 26f64.sqrt() + 0.7 * 8.0,
            8.0,
            26.0,
            1.0 + 16.0 + 1.0,
        ];
        for (penalty, value) in all(0.5).into_iter().zip(values) {
            assert_relative_eq!(
                penalty.value(&weights, 2),
                0.5 * value,
                max_relative = 1e-15
            );
        }
    }

    #[test]
    fn a_multiple_of_the_identity_is_free() {
        let mut weights = vec![0.0; N * N];
        weights
            .iter_mut()
            .step_by(N + 1)
            .for_each(|diagonal| *diagonal = -2.5);
        let penalty = Penalty::ScaledIdentity { weight: 1.0 };
        assert_eq!(penalty.value(&weights, N), 0.0);
        assert!(gradient(penalty, &weights).iter().all(|&g| g == 0.0));
        weights[1] = 0.5;
        assert_eq!(penalty.value(&weights, N), 0.25);
        assert_eq!(gradient(penalty, &weights)[1], 1.0);
    }

    #[test]
    fn nothing_is_pulled_at_zero_or_without_weight() {
        for penalty in all(0.7) {
            assert!(
                gradient(penalty, &[0.0; N * N]).iter().all(|&g| g == 0.0),
                "{penalty}"
            );
        }
        let weights = vec![1.0; N * N];
        for penalty in all(0.0) {
            assert_eq!(penalty.value(&weights, N), 0.0);
            assert!(gradient(penalty, &weights).iter().all(|&g| g == 0.0));
            assert!(penalty.check().is_ok());
        }
    }

    #[test]
    fn parameters_outside_their_range_are_refused() {
        for weight in [-1e-9, f64::NAN, f64::INFINITY] {
            for penalty in all(weight) {
                assert_refused!(
                    penalty.check(),
                    Argument(ArgumentError::InvalidParameter {
                        name: "penalty",
                        ..
                    })
                );
            }
        }
        for frobenius_share in [-0.1, 1.1, f64::NAN] {
            let norms = Penalty::Norms {
                weight: 1.0,
                frobenius_share,
            };
            assert!(norms.check().is_err());
        }
    }
}
