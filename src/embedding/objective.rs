//! The objective of SPoSE and its gradient.

use super::choices::{PairLoss, TrainingChoices};
use crate::error::{ComputationError, Result};
use crate::linalg::{lower_gram, matrix, mirror, product, symmetrized, zeroed};

/// The objective F = mean −ln p + (λ / objects) Σ x as a function of X (objects × dimensions, in
/// column-major order), where p = softmax of the elements of S = X Xᵀ.
pub(super) struct Objective<'a> {
    n_objects: usize,
    choices: Box<dyn PairLoss + 'a>,
    /// λ / objects: the gradient of the penalty.
    slope: f64,
    /// Similarities of all pairs, or the symmetric derivatives of the loss with respect to them.
    pairs: Vec<f64>,
    /// Derivatives of the loss, those of a pair divided between its two positions.
    derivatives: Vec<f64>,
}

/// The value of the objective at a point, in nats.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Value {
    pub loss: f64,
    pub objective: f64,
}

impl<'a> Objective<'a> {
    /// Creates the objective.
    ///
    /// # Errors
    /// Returns `ComputationError::OutOfMemory`.
    pub fn new(choices: &'a impl TrainingChoices, lambda: f64) -> Result<Self> {
        let n = choices.shown().len();
        Ok(Self {
            n_objects: n,
            choices: choices.pair_loss()?,
            slope: lambda / n as f64,
            pairs: zeroed(n * n, "the similarities of all pairs")?,
            derivatives: zeroed(n * n, "the derivatives of all pairs")?,
        })
    }

    /// Returns the number of rows of X.
    pub fn n_objects(&self) -> usize {
        self.n_objects
    }

    /// Computes the value at X ≥ 0, and the gradient with respect to X.
    ///
    /// With D, the derivatives of the loss with respect to the similarities, those of a pair
    /// divided between its two positions, the gradient is (D + Dᵀ) X + λ / objects: one Gram
    /// matrix, one pass over the questions and one product.
    ///
    /// # Errors
    /// Returns [`ComputationError::LossNotFinite`] if the objective is not finite, and the errors of
    /// reading streamed trials.
    pub fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<Value> {
        let n = self.n_objects;
        if x.is_empty() {
            self.pairs.fill(0.0);
        } else {
            lower_gram(matrix(x, n), &mut self.pairs);
        }
        if self.choices.reads_both_triangles() {
            mirror(&mut self.pairs, n);
        }
        let loss = (self.choices).evaluate(&self.pairs, &mut self.derivatives)?;
        let sum: f64 = x.chunks(n).map(|column| column.iter().sum::<f64>()).sum();
        let objective = loss + self.slope * sum;
        if !objective.is_finite() {
            return Err(ComputationError::LossNotFinite { loss: objective }.into());
        }
        if !x.is_empty() {
            symmetrized(&self.derivatives, n, &mut self.pairs);
            product(matrix(&self.pairs, n), matrix(x, n), gradient);
            gradient.iter_mut().for_each(|g| *g += self.slope);
        }
        Ok(Value { loss, objective })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judgment::{AnchoredTask, ChoiceFrequencies, OddOneOutTask, Task};
    use crate::linalg::dot;
    use crate::stimuli::Stimuli;
    use approx::assert_relative_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn check<T: Task>() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let (n, rank) = (9u32, 3);
        let mut uniform = || rng.random_range(0.0..1.0);
        let mut questions = Vec::new();
        for a in 0..n {
            for b in 0..n {
                let c = (a + 2 * b + 1) % n;
                if a != b && a != c && b != c {
                    questions.push([a, b, c]);
                }
            }
        }
        let third = if T::N_PAIRS == 3 { 1.0 } else { 0.0 };
        let frequencies = (questions.iter())
            .map(|_| [uniform(), uniform(), third * uniform()])
            .collect();
        let stimuli = Stimuli::numbered(n);
        let choices = ChoiceFrequencies::<T>::new(stimuli, questions, frequencies).unwrap();
        let mut objective = Objective::new(&choices, 0.3).unwrap();
        let x: Vec<f64> = (0..n * rank).map(|_| 0.1 + uniform()).collect();
        let direction: Vec<f64> = x.iter().map(|_| uniform() - 0.5).collect();
        let mut gradient = vec![0.0; x.len()];
        let value = objective.evaluate(&x, &mut gradient).unwrap();
        let penalty = 0.3 / f64::from(n) * x.iter().sum::<f64>();
        assert_relative_eq!(value.objective, value.loss + penalty, max_relative = 1e-14);
        let mut at = |share: f64| {
            let moved: Vec<f64> = (x.iter().zip(&direction))
                .map(|(x, d)| x + share * d)
                .collect();
            let mut unused = vec![0.0; moved.len()];
            objective.evaluate(&moved, &mut unused).unwrap().objective
        };
        let step = 1e-5;
        let difference = (at(step) - at(-step)) / (2.0 * step);
        assert_relative_eq!(dot(&gradient, &direction), difference, max_relative = 1e-8);
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        check::<OddOneOutTask>();
        check::<AnchoredTask>();
    }
}
