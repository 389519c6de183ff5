//! Optimizers, learning rate schedules and gradient clipping.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::linalg::{dot, zeroed};

/// Number of parameters per task. The parameters are independent, so it does not affect the result.
const CHUNK: usize = 1 << 13;

/// The optimization method, as defined in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Optimizer {
    /// Adam (Kingma & Ba, 2015) with β₁ = 0.9, β₂ = 0.999 and ε = 1e-8, without weight decay:
    /// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², and at step t
    /// w ← w − η / (1 − β₁ᵗ) · m / (√(v / (1 − β₂ᵗ)) + ε).
    Adam,
    /// Stochastic gradient descent with momentum: v ← μ v + g, w ← w − η v.
    Sgd {
        /// The momentum μ, in [0, 1); 0.9 in the published scripts with `--optim SGD`.
        momentum: f64,
    },
}

impl Optimizer {
    /// Checks the ranges of the parameters.
    pub(super) fn check(&self) -> Result<()> {
        match *self {
            Optimizer::Sgd { momentum } if !(0.0..1.0).contains(&momentum) => {
                Err(Error::parameter("momentum", "in [0, 1)", momentum))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Optimizer::Adam => write!(f, "Adam"),
            Optimizer::Sgd { momentum } => write!(f, "SGD with momentum {momentum}"),
        }
    }
}

/// The schedule by which the learning rate increases to its full value, epoch by epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum WarmUp {
    /// No warm-up: the learning rate is constant.
    None,
    /// Linear increase from a share of the learning rate in the first epoch to the full rate after
    /// the maximum number of epochs, so that the full rate is not quite reached. As in the scripts of
    /// the global and gLocal transforms, where the share is 1/3 (`LinearLR` of PyTorch with its
    /// defaults).
    OverMaxEpochs {
        /// The share in the first epoch, in (0, 1].
        from: f64,
    },
    /// Linear increase from a share of the learning rate in the first epoch to the full rate after
    /// `n_epochs` epochs.
    Over {
        /// The share in the first epoch, in (0, 1].
        from: f64,
        /// Number of epochs before the full learning rate, at least 1.
        n_epochs: usize,
    },
}

impl WarmUp {
    /// Checks the ranges of the parameters.
    pub(super) fn check(&self) -> Result<()> {
        if let WarmUp::OverMaxEpochs { from } | WarmUp::Over { from, .. } = *self
            && !(from > 0.0 && from <= 1.0)
        {
            return Err(Error::parameter("start of the warm-up", "in (0, 1]", from));
        }
        match *self {
            WarmUp::Over { n_epochs: 0, .. } => {
                Err(Error::parameter("epochs of the warm-up", "at least 1", 0))
            }
            _ => Ok(()),
        }
    }

    /// Returns the share of the learning rate after `n_done` epochs.
    pub(super) fn share(&self, n_done: usize, max_epochs: usize) -> f64 {
        let (from, n_epochs) = match *self {
            WarmUp::None => return 1.0,
            WarmUp::OverMaxEpochs { from } => (from, max_epochs),
            WarmUp::Over { from, n_epochs } => (from, n_epochs),
        };
        from + (1.0 - from) * n_done.min(n_epochs) as f64 / n_epochs as f64
    }
}

impl fmt::Display for WarmUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WarmUp::None => write!(f, "none"),
            WarmUp::OverMaxEpochs { from } => write!(f, "from {from} over all epochs"),
            WarmUp::Over { from, n_epochs } => write!(f, "from {from} over {n_epochs} epochs"),
        }
    }
}

/// The state of an optimizer.
pub(crate) struct Descent {
    optimizer: Optimizer,
    /// The running mean of gradients (Adam) or the velocity (SGD).
    first: Vec<f64>,
    /// The running mean of squared gradients (Adam).
    second: Vec<f64>,
    /// The powers β₁ᵗ and β₂ᵗ.
    powers: [f64; 2],
}

impl Descent {
    /// Creates the state before the first step.
    ///
    /// # Errors
    /// Returns `ComputationError::OutOfMemory` if the state does not fit in memory.
    pub fn new(optimizer: Optimizer, n_parameters: usize) -> Result<Self> {
        let n_second = match optimizer {
            Optimizer::Adam => n_parameters,
            Optimizer::Sgd { .. } => 0,
        };
        Ok(Self {
            optimizer,
            first: zeroed(n_parameters, "the first moments of gradients")?,
            second: zeroed(n_second, "the second moments of gradients")?,
            powers: [1.0; 2],
        })
    }

    pub fn step(&mut self, learning_rate: f64, gradient: &[f64], parameters: &mut [f64]) {
        const BETA_1: f64 = 0.9;
        const BETA_2: f64 = 0.999;
        const EPSILON: f64 = 1e-8;

        let chunks = parameters
            .par_chunks_mut(CHUNK)
            .zip(gradient.par_chunks(CHUNK))
            .zip(self.first.par_chunks_mut(CHUNK));
        match self.optimizer {
            Optimizer::Sgd { momentum } => chunks.for_each(|((parameters, gradient), velocity)| {
                for ((w, g), v) in parameters.iter_mut().zip(gradient).zip(velocity) {
                    *v = momentum * *v + g;
                    *w -= learning_rate * *v;
                }
            }),
            Optimizer::Adam => {
                self.powers = [self.powers[0] * BETA_1, self.powers[1] * BETA_2];
                let step = learning_rate / (1.0 - self.powers[0]);
                let root = (1.0 - self.powers[1]).sqrt();
                let chunks = chunks.zip(self.second.par_chunks_mut(CHUNK));
                chunks.for_each(|(((parameters, gradient), means), squares)| {
                    let moments = means.iter_mut().zip(squares);
                    for ((w, g), (m, v)) in parameters.iter_mut().zip(gradient).zip(moments) {
                        *m += (1.0 - BETA_1) * (g - *m);
                        *v = BETA_2 * *v + (1.0 - BETA_2) * g * g;
                        *w -= step * *m / (v.sqrt() / root + EPSILON);
                    }
                });
            }
        }
    }
}

/// Scales a gradient whose norm exceeds the limit, as in PyTorch; returns true if it was scaled.
pub(super) fn clip(gradient: &mut [f64], limit: f64) -> bool {
    let factor = limit / (dot(gradient, gradient).sqrt() + 1e-6);
    let is_clipped = factor < 1.0;
    if is_clipped {
        gradient.par_iter_mut().for_each(|g| *g *= factor);
    }
    is_clipped
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// Performs three steps on f(w) = (w₁ − 1)² + 10 w₂² + w₁w₂ from (2, −1) with learning rate
    /// 0.1.
    fn three_steps(optimizer: Optimizer) -> Vec<f64> {
        let mut w = vec![2.0, -1.0];
        let mut descent = Descent::new(optimizer, 2).unwrap();
        for _ in 0..3 {
            let gradient = [2.0 * (w[0] - 1.0) + w[1], 20.0 * w[1] + w[0]];
            descent.step(0.1, &gradient, &mut w);
        }
        w
    }

    #[test]
    fn steps_are_those_of_pytorch() {
        // torch.optim.Adam([w], lr=0.1) and torch.optim.SGD([w], lr=0.1, momentum=m), three times
        // zero_grad, backward of the function above, step; in float64.
        for (optimizer, expected) in [
            (Optimizer::Adam, ADAM),
            (Optimizer::Sgd { momentum: 0.9 }, MOMENTUM),
            (Optimizer::Sgd { momentum: 0.0 }, PLAIN),
        ] {
            for (found, expected) in three_steps(optimizer).into_iter().zip(expected) {
                assert_relative_eq!(found, expected, max_relative = 1e-13);
            }
        }
    }

    const ADAM: [f64; 2] = [1.701586552736697, -0.7017176218368251];
    const MOMENTUM: [f64; 2] = [1.062, -0.938];
    const PLAIN: [f64; 2] = [1.611, 0.826];

    #[test]
    fn only_long_gradients_are_clipped() {
        let mut gradient = vec![3.0, -4.0];
        assert!(!clip(&mut gradient, 5.1));
        assert_eq!(gradient, [3.0, -4.0]);
        // torch.nn.utils.clip_grad_norm_([w], 1.0) with w.grad = (3, -4), in float64.
        assert!(clip(&mut gradient, 1.0));
        assert_relative_eq!(gradient[0], 3.0 / 5.000001, max_relative = 1e-15);
        assert_relative_eq!(gradient[1], -4.0 / 5.000001, max_relative = 1e-15);
    }

    #[test]
    fn the_learning_rate_rises_linearly() {
        // torch.optim.lr_scheduler.LinearLR(optimizer, total_iters=4): 1/3, 1/2, 2/3, 5/6, 1, 1.
        let over = WarmUp::Over {
            from: 1.0 / 3.0,
            n_epochs: 4,
        };
        let all = WarmUp::OverMaxEpochs { from: 1.0 / 3.0 };
        for (n_done, share) in [1.0 / 3.0, 0.5, 2.0 / 3.0, 5.0 / 6.0, 1.0, 1.0]
            .into_iter()
            .enumerate()
        {
            assert_relative_eq!(over.share(n_done, 100), share, max_relative = 1e-15);
            assert_relative_eq!(all.share(n_done, 4), share, max_relative = 1e-15);
            assert_eq!(WarmUp::None.share(n_done, 4), 1.0);
        }
    }

    #[test]
    fn parameters_outside_their_range_are_refused() {
        for momentum in [-0.1, 1.0, f64::NAN] {
            assert!(Optimizer::Sgd { momentum }.check().is_err());
        }
        for from in [0.0, 1.1, f64::NAN] {
            assert!(WarmUp::OverMaxEpochs { from }.check().is_err());
            assert!(WarmUp::Over { from, n_epochs: 1 }.check().is_err());
        }
        let none = WarmUp::Over {
            from: 0.5,
            n_epochs: 0,
        };
        assert!(none.check().is_err());
    }
}
