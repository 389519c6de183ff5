//! Initial parameters of training.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::linalg::zeroed;
use crate::names::named;
use crate::probe::mini_batch::batch::Parameters;

/// The initial weights. Every element of the bias is initialized with the initial scale σ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Initialization {
    /// Weights drawn from a Gaussian distribution with mean 0 and standard deviation σ.
    Gaussian,
    /// σ times the identity: similarities start as σ² times those of the representation.
    ScaledIdentity,
}

impl Initialization {
    /// Creates the initial parameters.
    pub(super) fn parameters(
        self,
        scale: f64,
        n_features: usize,
        has_bias: bool,
        rng: &mut ChaCha8Rng,
    ) -> Result<Parameters> {
        let n_weights = n_features.saturating_mul(n_features);
        let n_parameters = n_weights.saturating_add(if has_bias { n_features } else { 0 });
        let mut values = zeroed::<f64>(n_parameters, "the weights of a transform")?;
        let (weights, bias) = values.split_at_mut(n_weights);
        match self {
            Initialization::Gaussian => weights.iter_mut().for_each(|weight| {
                let standard: f64 = StandardNormal.sample(rng);
                *weight = scale * standard;
            }),
            Initialization::ScaledIdentity => {
                let diagonal = weights.iter_mut().step_by(n_features + 1);
                diagonal.for_each(|weight| *weight = scale);
            }
        }
        bias.fill(scale);
        Ok(Parameters { values, n_features })
    }
}

named! {
    Initialization, "initialization":
    Gaussian = "gaussian",
    ScaledIdentity = "scaled-identity",
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use rand::SeedableRng;

    #[test]
    fn weights_have_the_scale_that_was_asked_for() {
        let rng = || ChaCha8Rng::seed_from_u64(1);
        let gaussian = Initialization::Gaussian;
        let parameters = gaussian.parameters(1e-3, 100, true, &mut rng()).unwrap();
        let n = parameters.weights().len() as f64;
        assert_eq!(n, 1e4);
        let mean = parameters.weights().iter().sum::<f64>() / n;
        let square = parameters.weights().iter().map(|w| w * w).sum::<f64>() / n;
        // Within four standard errors.
        assert_abs_diff_eq!(mean, 0.0, epsilon = 4e-5);
        assert_abs_diff_eq!(square.sqrt(), 1e-3, epsilon = 4e-3 / (2.0 * n).sqrt());
        assert_eq!(parameters.bias(), [1e-3; 100]);
        let without = gaussian.parameters(1e-3, 100, false, &mut rng()).unwrap();
        assert_eq!(without.weights(), parameters.weights());
        assert!(without.bias().is_empty());

        let identity = Initialization::ScaledIdentity;
        let parameters = identity.parameters(0.5, 2, false, &mut rng()).unwrap();
        assert_eq!(parameters.values, [0.5, 0.0, 0.0, 0.5]);
    }
}
