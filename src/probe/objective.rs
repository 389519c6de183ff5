//! The objective of the probe, its gradient, and a lower bound of its minimum.

use crate::error::{ComputationError, Result};
use crate::linalg::{dot, eigen, lower_gram, matrix, mirror, product, symmetrized, zeroed};
use crate::probe::coordinates::Coordinates;
use crate::probe::questions::Questions;

/// The objective F = mean −ln p + λ trace M with M = W Wᵀ, in the coordinates of the objects, as a
/// function of Q where W = D Q. The diagonal matrix D improves the conditioning of the
/// optimisation: if the penalty is small relative to the variance along an axis, all axes are
/// scaled to equal variance; if it is large, features keep their scale.
pub(super) struct Objective<'a> {
    questions: &'a Questions,
    coordinates: &'a Coordinates,
    penalty: f64,
    scale: Vec<f64>,
    /// Similarities of all pairs, or the symmetric derivatives of the loss with respect to them.
    pairs: Vec<f64>,
    /// Derivatives of the loss, each pair in one of its two positions.
    derivatives: Vec<f64>,
    third: Vec<f64>,
    weights: Vec<f64>,
    embedding: Vec<f64>,
    weighted: Vec<f64>,
}

/// The value of the objective at a point, in nats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Value {
    pub loss: f64,
    /// ‖W‖², the trace of M.
    pub trace: f64,
    pub objective: f64,
}

/// A bound of the minimum computed at one point.
pub(super) struct Certificate {
    /// A lower bound of the objective of any transform.
    pub lower_bound: f64,
    /// Columns that decrease the objective when appended to Q, steepest first. Their length
    /// increases with the slope.
    pub descent: Vec<f64>,
}

impl<'a> Objective<'a> {
    pub fn new(
        questions: &'a Questions,
        coordinates: &'a Coordinates,
        penalty: f64,
    ) -> Result<Self> {
        let n = questions.n_objects();
        // The curvature of a mean over questions is about 1/n per object.
        let softening = penalty * n as f64;
        let scale = |square: &f64| (square + softening).sqrt().recip();
        Ok(Self {
            questions,
            coordinates,
            penalty,
            scale: coordinates.squares().iter().map(scale).collect(),
            pairs: zeroed(n * n, "the similarities of all pairs")?,
            derivatives: zeroed(n * n, "the derivatives of all pairs")?,
            third: zeroed(questions.len(), "the derivatives of questions")?,
            weights: Vec::new(),
            embedding: Vec::new(),
            weighted: Vec::new(),
        })
    }

    /// Returns the number of rows of Q.
    pub fn n_axes(&self) -> usize {
        self.scale.len()
    }

    /// Computes W = D Q.
    pub fn weights(&self, q: &[f64]) -> Vec<f64> {
        let columns = q.chunks_exact(self.n_axes());
        let scaled = |column: &'_ [f64]| -> Vec<f64> {
            column.iter().zip(&self.scale).map(|(x, d)| x * d).collect()
        };
        columns.flat_map(scaled).collect()
    }

    /// Computes Q = D⁻¹ W.
    pub fn variables(&self, weights: &[f64]) -> Vec<f64> {
        let columns = weights.chunks_exact(self.n_axes());
        let unscaled = |column: &'_ [f64]| -> Vec<f64> {
            column.iter().zip(&self.scale).map(|(x, d)| x / d).collect()
        };
        columns.flat_map(unscaled).collect()
    }

    /// Computes the value at Q, and the gradient with respect to Q.
    ///
    /// # Errors
    /// Returns [`ComputationError::LossNotFinite`] if the objective is not finite.
    pub fn evaluate(&mut self, q: &[f64], gradient: &mut [f64]) -> Result<Value> {
        self.look_up(q);
        let n = self.questions.n_objects();
        let (derivatives, third) = (&mut self.derivatives, &mut self.third);
        let loss = self.questions.pass(&self.pairs, derivatives, third);
        let trace = dot(&self.weights, &self.weights);
        let objective = loss + self.penalty * trace;
        if !objective.is_finite() {
            return Err(ComputationError::LossNotFinite { loss: objective }.into());
        }
        symmetrized(&self.derivatives, n, &mut self.pairs);
        if !q.is_empty() {
            self.weighted.resize(self.embedding.len(), 0.0);
            let embedding = matrix(&self.embedding, n);
            product(matrix(&self.pairs, n), embedding, &mut self.weighted);
            let objects = self.coordinates.objects();
            product(objects.transpose(), matrix(&self.weighted, n), gradient);
        }
        let n_axes = self.n_axes();
        let columns = gradient.chunks_exact_mut(n_axes);
        for (gradient, weights) in columns.zip(self.weights.chunks_exact(n_axes)) {
            for ((g, w), d) in gradient.iter_mut().zip(weights).zip(&self.scale) {
                *g = d * (*g + 2.0 * self.penalty * w);
            }
        }
        Ok(Value {
            loss,
            trace,
            objective,
        })
    }

    /// Computes a lower bound of the minimum from the most recently evaluated point.
    ///
    /// The choices q = θ p + (1 − θ) y, between the probabilities p of the model and the choices y
    /// of the participants, have derivatives θ G, and A = Zᵀ G Z is the derivative of the loss with
    /// respect to M. If λ I + θ A has no negative eigenvalue, q is feasible for the dual problem,
    /// and its value, the mean entropy of q, is a lower bound. The largest such θ is λ / max(λ,
    /// −smallest eigenvalue of A).
    pub fn certify(&mut self, q: &[f64]) -> Result<Certificate> {
        let (n, n_axes) = (self.questions.n_objects(), self.n_axes());
        let objects = self.coordinates.objects();
        let mut half = zeroed(n * n_axes, "the derivatives of objects")?;
        product(matrix(&self.pairs, n), objects, &mut half);
        let mut by_m = zeroed(n_axes * n_axes, "the derivatives of the transform")?;
        product(objects.transpose(), matrix(&half, n), &mut by_m);
        // The symmetric derivatives contain each pair twice.
        by_m.iter_mut().for_each(|x| *x *= 0.5);
        let (values, vectors) = eigen(matrix(&by_m, n_axes))?;
        let steepest = values.first().map_or(0.0, |least| -least);
        let theta = self.penalty / steepest.max(self.penalty);
        self.look_up(q);
        let lower_bound = self.questions.mixed_entropy(&self.pairs, theta);
        let mut descent = Vec::new();
        for (axis, value) in values.iter().enumerate() {
            let slope = -value - self.penalty;
            if slope > 0.0 {
                let column = vectors.col_as_slice(axis).iter().zip(&self.scale);
                descent.extend(column.map(|(x, d)| slope.sqrt() * x / d));
            }
        }
        Ok(Certificate {
            lower_bound,
            descent,
        })
    }

    /// Computes weights, embedding, and similarities of all pairs.
    fn look_up(&mut self, q: &[f64]) {
        let (n, n_axes) = (self.questions.n_objects(), self.n_axes());
        self.weights = self.weights(q);
        if q.is_empty() {
            self.pairs.fill(0.0);
            return;
        }
        self.embedding.resize(n * (q.len() / n_axes), 0.0);
        let weights = matrix(&self.weights, n_axes);
        product(self.coordinates.objects(), weights, &mut self.embedding);
        lower_gram(matrix(&self.embedding, n), &mut self.pairs);
        if self.questions.reads_both_triangles() {
            mirror(&mut self.pairs, n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judgment::{AnchoredTask, ChoiceFrequencies, OddOneOutTask, Task};
    use crate::stimuli::Stimuli;
    use approx::assert_relative_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Checks the gradient against central differences, and the derivative with respect to M used
    /// in the certificate against the change of the objective along its directions.
    fn check<T: Task>() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let (n, n_features, rank) = (9usize, 5, 3);
        let mut uniform = || rng.random_range(-1.0..1.0);
        let features: Vec<f64> = (0..n * n_features).map(|_| uniform()).collect();
        let q: Vec<f64> = (0..n_features * rank).map(|_| uniform()).collect();
        let direction: Vec<f64> = (0..n_features * rank).map(|_| uniform()).collect();
        let mut questions = Vec::new();
        for a in 0..n as u32 {
            for b in 0..n as u32 {
                let c = (a + 2 * b + 1) % n as u32;
                if a != b && a != c && b != c {
                    questions.push([a, b, c]);
                }
            }
        }
        let frequencies = questions.iter().map(|_| {
            let third = if T::N_PAIRS == 3 {
                uniform().abs()
            } else {
                0.0
            };
            [uniform().abs(), uniform().abs(), third]
        });
        let frequencies = frequencies.collect();
        let stimuli = Stimuli::numbered(n as u32);
        let choices = ChoiceFrequencies::<T>::new(stimuli, questions, frequencies).unwrap();

        let questions = Questions::new(&choices);
        let coordinates = Coordinates::new(&features, n_features).unwrap();
        let mut objective = Objective::new(&questions, &coordinates, 0.02).unwrap();
        let mut gradient = vec![0.0; q.len()];
        objective.evaluate(&q, &mut gradient).unwrap();
        let mut at = |share: f64| {
            let moved: Vec<f64> = q
                .iter()
                .zip(&direction)
                .map(|(q, d)| q + share * d)
                .collect();
            let mut unused = vec![0.0; moved.len()];
            objective.evaluate(&moved, &mut unused).unwrap().objective
        };
        let step = 1e-5;
        let difference = (at(step) - at(-step)) / (2.0 * step);
        assert_relative_eq!(dot(&gradient, &direction), difference, max_relative = 1e-8);

        // Appending a short column d changes the objective by dᵀ(A + λ)d, which must be negative.
        let value = objective.evaluate(&q, &mut gradient).unwrap().objective;
        let descent = objective.certify(&q).unwrap().descent;
        for column in descent.chunks_exact(n_features) {
            let length = 1e-4;
            let mut wider = q.clone();
            wider.extend(column.iter().map(|x| length * x));
            let mut unused = vec![0.0; wider.len()];
            let change = objective.evaluate(&wider, &mut unused).unwrap().objective - value;
            let weights = objective.weights(column);
            // Its squared length is the slope.
            let slope = dot(&weights, &weights);
            assert_relative_eq!(change, -(length * slope).powi(2), max_relative = 1e-3);
        }
        assert!(!descent.is_empty());
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        check::<OddOneOutTask>();
        check::<AnchoredTask>();
    }
}
