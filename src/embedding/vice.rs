//! VICE: an embedding with the uncertainty of every weight.

use std::ops::ControlFlow;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::check_dimensions;
use super::choices::TrainingChoices;
use super::objective::Objective;
use super::vice_embedding::ViceEmbedding;
use crate::error::{Error, Result, positive};
use crate::inference::benjamini_hochberg;
use crate::linalg::zeroed;
use crate::probe::mini_batch::{Descent, Optimizer};

/// Settings of VICE (Muttenthaler et al., 2022), which learns a distribution of embeddings.
///
/// Every weight has a normal distribution with its own mean μ and standard deviation σ. Choices are
/// predicted by X = max(0, w) as in [`Spose`](super::Spose). The sum of
///
/// mean over trials of −ln p(chosen pair) + (1 / trials) Σ [ln q(w) − ln p(w)]
///
/// is minimized over μ and ln σ, where q is the density of the weight and the prior p a mixture of
/// two normal distributions around 0: π N(0, spike²) + (1 − π) N(0, slab²). Every step draws all
/// weights once and uses all trials, by Adam with a learning rate that declines linearly to a
/// twentieth at the last step, instead of batches of trials as published.
///
/// A dimension is *relevant*, by the published rule, if more than `k` objects have a weight that is
/// significantly positive: with the p-values P(w ≤ 0), at a false discovery rate of 5 % over the
/// objects of the dimension. After a burn-in, the fit ends when the number of relevant dimensions
/// has not changed in a number of steps. Other dimensions are then removed.
///
/// | setting | default |
/// |---|---|
/// | spike, slab, π | 0.25, 1, 0.6 |
/// | k | 5 |
/// | seed of the initial weights and of the draws | 0 |
/// | learning rate | 0.02 |
/// | steps of the burn-in, without change, at most | 500, 2,000, 10,000 |
///
/// A dimension that duplicates another one disappears only after a thousand steps or more. If the
/// number of steps without change is set too low, the fit ends with too many dimensions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Vice {
    n_dimensions: usize,
    spike: f64,
    slab: f64,
    spike_weight: f64,
    k: usize,
    pub(super) seed: u64,
    learning_rate: f64,
    burn_in: usize,
    window: usize,
    max_steps: usize,
}

/// The state of a fit of [`Vice`] after a step.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ViceStep {
    /// Number of the step, from 1.
    pub number: usize,
    /// The mean −ln p of the choices with the drawn weights, in nats.
    pub loss: f64,
    /// Number of relevant dimensions.
    pub n_dimensions: usize,
}

impl Vice {
    /// Creates the settings, with the number of dimensions before any are removed.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` unless it is from 1 to 10,000.
    pub fn new(n_dimensions: usize) -> Result<Self> {
        check_dimensions(n_dimensions)?;
        Ok(Self {
            n_dimensions,
            spike: 0.25,
            slab: 1.0,
            spike_weight: 0.6,
            k: 5,
            seed: 0,
            learning_rate: 0.02,
            burn_in: 500,
            window: 2000,
            max_steps: 10_000,
        })
    }

    /// Sets the prior: the standard deviations of spike and slab, and the weight π of the spike.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a standard deviation is not positive and finite
    /// or π is not in [0, 1].
    pub fn with_prior(mut self, spike: f64, slab: f64, spike_weight: f64) -> Result<Self> {
        self.spike = positive("spike", spike)?;
        self.slab = positive("slab", slab)?;
        if !(0.0..=1.0).contains(&spike_weight) {
            return Err(Error::parameter(
                "weight of the spike",
                "in [0, 1]",
                spike_weight,
            ));
        }
        self.spike_weight = spike_weight;
        Ok(self)
    }

    /// Sets k: a dimension is relevant if more than k objects have a significantly positive weight.
    #[must_use]
    pub fn with_k(mut self, k: usize) -> Self {
        self.k = k;
        self
    }

    /// Sets the seed of the initial weights and of the draws.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the initial learning rate of Adam.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is not positive and finite.
    pub fn with_learning_rate(mut self, rate: f64) -> Result<Self> {
        self.learning_rate = positive("learning rate", rate)?;
        Ok(self)
    }

    /// Sets the number of steps of the burn-in, and the number of steps without a change of the
    /// number of relevant dimensions after which the fit ends.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the second is 0.
    pub fn with_stopping(mut self, burn_in: usize, window: usize) -> Result<Self> {
        if window == 0 {
            return Err(Error::parameter("steps without change", "at least 1", 0));
        }
        (self.burn_in, self.window) = (burn_in, window);
        Ok(self)
    }

    /// Sets the maximum number of steps, over which the learning rate declines.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is 0.
    pub fn with_max_steps(mut self, max_steps: usize) -> Result<Self> {
        if max_steps == 0 {
            return Err(Error::parameter("maximum number of steps", "at least 1", 0));
        }
        self.max_steps = max_steps;
        Ok(self)
    }

    /// Fits the distribution of embeddings. Results are bitwise equal with any number of threads.
    ///
    /// # Errors
    /// Returns `ComputationError::LossNotFinite` if the loss is not finite, and
    /// `ComputationError::OutOfMemory`.
    pub fn fit(&self, choices: &impl TrainingChoices) -> Result<ViceEmbedding> {
        self.fit_observed(choices, |_| ControlFlow::Continue(()))
    }

    /// Fits the distribution and calls `observe` after every step, which may stop the fit.
    ///
    /// # Errors
    /// Returns an error if [`Vice::fit`] does.
    pub fn fit_observed(
        &self,
        choices: &impl TrainingChoices,
        mut observe: impl FnMut(&ViceStep) -> ControlFlow<()>,
    ) -> Result<ViceEmbedding> {
        let mut objective = Objective::new(choices, 0.0)?;
        let n = objective.n_objects();
        let n_trials = choices.weight();
        let n_weights = n.saturating_mul(self.n_dimensions);
        // The means, followed by the logarithms of the standard deviations.
        let mut parameters = zeroed(n_weights.saturating_mul(2), "the weights")?;
        let mut gradient = zeroed(parameters.len(), "the gradient")?;
        self.initialize(n_weights, &mut parameters);
        let mut descent = Descent::new(Optimizer::Adam, parameters.len())?;
        let mut draw = Draw {
            noise: vec![0.0; n_weights],
            weights: vec![0.0; n_weights],
            positive: vec![0.0; n_weights],
            of_loss: vec![0.0; n_weights],
        };
        let mut unchanged = (0, 0);
        let (mut n_steps, mut is_converged) = (0, false);
        while n_steps < self.max_steps && !is_converged {
            n_steps += 1;
            draw.at(&parameters, self.seed, n_steps);
            let value = objective.evaluate(&draw.positive, &mut draw.of_loss)?;
            self.gradient(&draw, &parameters, n_trials, &mut gradient);
            descent.step(self.learning_rate_of(n_steps), &gradient, &mut parameters);
            let n_relevant = self.relevant(&parameters, n).len();
            unchanged = match unchanged {
                (count, same) if same == n_relevant => (count + 1, same),
                _ => (1, n_relevant),
            };
            is_converged = n_steps > self.burn_in && unchanged.0 >= self.window;
            let step = ViceStep {
                number: n_steps,
                loss: value.loss,
                n_dimensions: n_relevant,
            };
            if observe(&step).is_break() {
                break;
            }
        }
        let relevant = self.relevant(&parameters, n);
        let ending = (n_steps, is_converged);
        ViceEmbedding::new(self, choices, &parameters, relevant, ending)
    }

    /// Returns the learning rate of a step, from 1.
    fn learning_rate_of(&self, step: usize) -> f64 {
        let progress = (step - 1) as f64 / self.max_steps as f64;
        self.learning_rate * (1.0 - 0.95 * progress)
    }

    /// Draws the initial means from N(0, 2 / dimensions) and sets ln σ to −1 over their standard
    /// deviation, as published.
    fn initialize(&self, n_weights: usize, parameters: &mut [f64]) {
        let deviation = (2.0 / self.n_dimensions as f64).sqrt();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let (means, log_deviations) = parameters.split_at_mut(n_weights);
        for mean in means {
            let normal: f64 = StandardNormal.sample(&mut rng);
            *mean = deviation * normal;
        }
        log_deviations.fill(-1.0 / deviation);
    }

    /// Computes the gradient with respect to the parameters. Along a draw w = μ + σε, ln q(w) is
    /// −ln σ up to a constant.
    fn gradient(&self, draw: &Draw, parameters: &[f64], n_trials: f64, out: &mut [f64]) {
        let n_weights = draw.weights.len();
        let (_, log_deviations) = parameters.split_at(n_weights);
        let (of_means, of_deviations) = out.split_at_mut(n_weights);
        for index in 0..n_weights {
            let weight = draw.weights[index];
            let mut slope = -self.log_prior_slope(weight) / n_trials;
            if weight > 0.0 {
                slope += draw.of_loss[index];
            }
            of_means[index] = slope;
            let deviation = log_deviations[index].exp();
            of_deviations[index] = slope * draw.noise[index] * deviation - 1.0 / n_trials;
        }
    }

    /// Returns the standard deviation of the prior.
    pub(super) fn prior_deviation(&self) -> f64 {
        let of_spike = self.spike_weight * self.spike.powi(2);
        (of_spike + (1.0 - self.spike_weight) * self.slab.powi(2)).sqrt()
    }

    /// Returns the derivative of ln p(w), where p is the prior.
    fn log_prior_slope(&self, weight: f64) -> f64 {
        let (spike, slab) = (self.spike * self.spike, self.slab * self.slab);
        let square = weight * weight;
        // Relative to the density of the wider component, so that not both underflow.
        let wide = spike.max(slab);
        let relative = |share: f64, variance: f64| {
            share / variance.sqrt() * (-0.5 * square * (1.0 / variance - 1.0 / wide)).exp()
        };
        let of_spike = relative(self.spike_weight, spike);
        let of_slab = relative(1.0 - self.spike_weight, slab);
        match of_spike + of_slab > 0.0 {
            true => -weight * (of_spike / spike + of_slab / slab) / (of_spike + of_slab),
            // The wider component has no weight.
            false => -weight / spike.min(slab),
        }
    }

    /// Returns the relevant dimensions with their numbers of significant objects.
    fn relevant(&self, parameters: &[f64], n_objects: usize) -> Vec<(usize, usize)> {
        /// The false discovery rate.
        const LEVEL: f64 = 0.05;

        let (means, log_deviations) = parameters.split_at(parameters.len() / 2);
        let standard = Normal::standard();
        let columns = means
            .chunks_exact(n_objects)
            .zip(log_deviations.chunks_exact(n_objects));
        let n_significant = columns.map(|(means, log_deviations)| {
            let p_values: Vec<f64> = (means.iter().zip(log_deviations))
                .map(|(mean, log_deviation)| standard.cdf(-mean / log_deviation.exp()))
                .collect();
            let adjusted = benjamini_hochberg(&p_values);
            adjusted.iter().filter(|&&p| p <= LEVEL).count()
        });
        let all = n_significant.enumerate();
        all.filter(|&(_, n_significant)| n_significant > self.k)
            .collect()
    }
}

/// The weights drawn in a step.
struct Draw {
    noise: Vec<f64>,
    weights: Vec<f64>,
    positive: Vec<f64>,
    /// The gradient of the loss with respect to the positive weights.
    of_loss: Vec<f64>,
}

impl Draw {
    /// Draws the weights of a step, each step from its own stream of random numbers.
    fn at(&mut self, parameters: &[f64], seed: u64, step: usize) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // The initial weights were drawn from stream 0.
        rng.set_stream(step as u64);
        let (means, log_deviations) = parameters.split_at(self.weights.len());
        for index in 0..means.len() {
            let noise: f64 = StandardNormal.sample(&mut rng);
            let weight = means[index] + log_deviations[index].exp() * noise;
            self.noise[index] = noise;
            self.weights[index] = weight;
            self.positive[index] = weight.max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn the_slope_of_the_prior_is_that_of_finite_differences() {
        let density = |x: f64, s: f64| (-0.5 * (x / s).powi(2)).exp() / s;
        for share in [0.0, 0.6, 1.0] {
            let vice = Vice::new(2).unwrap().with_prior(0.25, 1.0, share).unwrap();
            let log_prior =
                |x: f64| (share * density(x, 0.25) + (1.0 - share) * density(x, 1.0)).ln();
            for weight in [-1.3, -0.2, 0.01, 0.4, 2.5] {
                let difference = (log_prior(weight + 1e-6) - log_prior(weight - 1e-6)) / 2e-6;
                let slope = vice.log_prior_slope(weight);
                assert_relative_eq!(slope, difference, max_relative = 1e-6);
            }
            assert!(vice.log_prior_slope(1e3).is_finite());
        }
    }
}
