//! The objective of the probe, its gradient, and a lower bound of its minimum.

mod certificate;
mod scale;

use crate::error::{ComputationError, Result};
use crate::linalg::{add_scaled, dot, lower_gram, matrix, mirror, product, symmetrized, zeroed};
use crate::probe::coordinates::Coordinates;
use crate::probe::penalty::{Penalty, PenaltyKind, PenaltyValue};
use crate::probe::questions::Questions;
use scale::Scaling;

/// The objective F = mean −ln p + penalty of M with M = W Wᵀ, in the coordinates of the objects, as
/// a function of Q where W = D Q. The diagonal matrix D improves the conditioning of the
/// optimization. With the trace penalty, if λ is small relative to the variance along an axis, all
/// axes are scaled to equal variance; if it is large, features keep their scale. With the isotropic
/// penalty, whose curvature is equal along all axes, D is the identity.
pub(super) struct Objective<'a> {
    questions: &'a Questions,
    coordinates: &'a Coordinates,
    penalty: Penalty,
    scale: Vec<f64>,
    /// Similarities of all pairs, or the symmetric derivatives of the loss with respect to them.
    pairs: Vec<f64>,
    /// Derivatives of the loss, each pair in one of its two positions.
    derivatives: Vec<f64>,
    third: Vec<f64>,
    weights: Vec<f64>,
    /// Wᵀ W.
    gram: Vec<f64>,
    embedding: Vec<f64>,
    weighted: Vec<f64>,
}

/// The value of the objective at a point, in nats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Value {
    pub loss: f64,
    pub penalty: PenaltyValue,
    pub objective: f64,
}

impl<'a> Objective<'a> {
    pub fn new(
        questions: &'a Questions,
        coordinates: &'a Coordinates,
        penalty: Penalty,
    ) -> Result<Self> {
        let n = questions.n_objects();
        // The curvature of a mean over questions is about 1/n per object.
        let softening = penalty.weight * n as f64;
        let scale = |square: &f64| match penalty.kind {
            PenaltyKind::Isotropic => 1.0,
            PenaltyKind::Trace => (square + softening).sqrt().recip(),
        };
        Ok(Self {
            questions,
            coordinates,
            penalty,
            scale: coordinates.squares().iter().map(scale).collect(),
            pairs: zeroed(n * n, "the similarities of all pairs")?,
            derivatives: zeroed(n * n, "the derivatives of all pairs")?,
            third: zeroed(questions.len(), "the derivatives of questions")?,
            weights: Vec::new(),
            gram: Vec::new(),
            embedding: Vec::new(),
            weighted: Vec::new(),
        })
    }

    /// Returns the number of rows of Q.
    pub fn n_axes(&self) -> usize {
        self.scale.len()
    }

    pub fn penalty(&self) -> Penalty {
        self.penalty
    }

    /// Returns the Q from which to start: none with the trace penalty, whose minimum has a low
    /// rank; the untransformed features at their best temperature with the isotropic penalty, along
    /// the axes of greatest variance if the rank is limited.
    ///
    /// # Errors
    /// Returns an error if memory is insufficient.
    pub fn start(&mut self, max_rank: usize) -> Result<Vec<f64>> {
        /// The range and the relative precision of the scale. It is not 0, where the gradient with
        /// respect to W is zero.
        const LOWEST: f64 = 1e-3;
        const HIGHEST: f64 = 1e9;
        const PRECISION: f64 = 1e-12;

        if self.penalty.kind == PenaltyKind::Trace {
            return Ok(Vec::new());
        }
        let n_axes = self.n_axes();
        self.pairs.fill(0.0);
        let mut scaling = self.scaling()?;
        // If all choices are those of the untransformed features, the loss decreases without limit.
        let scale = scaling.minimum(1.0, HIGHEST, PRECISION);
        self.pairs = scaling.into_similarities();
        let scale = scale.unwrap_or(HIGHEST).max(LOWEST).sqrt();
        let rank = n_axes.min(max_rank);
        let mut q = zeroed(n_axes * rank, "the weights of the transform")?;
        q.iter_mut().step_by(n_axes + 1).for_each(|x| *x = scale);
        Ok(q)
    }

    /// Returns by how much the curvature of the isotropic penalty exceeds that of the loss along
    /// multiples of the identity, which the penalty does not affect; at least 1. With the trace
    /// penalty, returns 1.
    ///
    /// # Errors
    /// Returns an error if memory is insufficient.
    pub fn scale_boost(&mut self, q: &[f64]) -> Result<f64> {
        if self.penalty.kind == PenaltyKind::Trace {
            return Ok(1.0);
        }
        let scale = dot(q, q) / self.n_axes() as f64;
        self.pairs.fill(0.0);
        let mut scaling = self.scaling()?;
        let curvature = scaling.curvature(scale);
        self.pairs = scaling.into_similarities();
        let boost = 2.0 * self.penalty.weight * self.n_axes() as f64 / curvature;
        // The curvature vanishes where all choices are certain.
        Ok(boost.clamp(1.0, 1e6))
    }

    /// Returns the loss along multiples of the identity from the similarities in `pairs`, which are
    /// moved out.
    fn scaling(&mut self) -> Result<Scaling<'_>> {
        Ok(Scaling {
            questions: self.questions,
            dot_products: self.coordinates.dot_products()?,
            similarities: std::mem::take(&mut self.pairs),
            derivatives: &mut self.derivatives,
            third: &mut self.third,
            epsilon: 0.0,
        })
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
        let (n, n_axes) = (self.questions.n_objects(), self.n_axes());
        let rank = q.len() / n_axes;
        let (derivatives, third) = (&mut self.derivatives, &mut self.third);
        let loss = self.questions.pass(&self.pairs, derivatives, third);
        self.gram.resize(rank * rank, 0.0);
        if rank > 0 {
            let weights = matrix(&self.weights, n_axes);
            lower_gram(weights.transpose(), &mut self.gram);
            mirror(&mut self.gram, rank);
        }
        let penalty = self.penalty.of_gram(&self.gram, rank, n_axes);
        let objective = loss + penalty.value;
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
            self.add_penalty(penalty.scale, rank, gradient);
        }
        for gradient in gradient.chunks_exact_mut(n_axes) {
            gradient
                .iter_mut()
                .zip(&self.scale)
                .for_each(|(g, d)| *g *= d);
        }
        Ok(Value {
            loss,
            penalty,
            objective,
        })
    }

    /// Adds the gradient of the penalty with respect to W: 2λW, or 4λ(M − aI)W = 4λ W(WᵀW − aI).
    fn add_penalty(&mut self, scale: f64, rank: usize, gradient: &mut [f64]) {
        let weight = self.penalty.weight;
        match self.penalty.kind {
            PenaltyKind::Trace => add_scaled(gradient, 2.0 * weight, &self.weights),
            PenaltyKind::Isotropic => {
                let diagonal = self.gram.iter_mut().step_by(rank + 1);
                diagonal.for_each(|x| *x -= scale);
                let mut slope = vec![0.0; gradient.len()];
                let weights = matrix(&self.weights, self.n_axes());
                product(weights, matrix(&self.gram, rank), &mut slope);
                add_scaled(gradient, 4.0 * weight, &slope);
            }
        }
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
    fn check<T: Task>(kind: PenaltyKind) {
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
        let weight = 0.02;
        let penalty = Penalty { kind, weight };
        let mut objective = Objective::new(&questions, &coordinates, penalty).unwrap();
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

        let value = objective.evaluate(&q, &mut gradient).unwrap().objective;
        let certificate = objective.certify(&q).unwrap();
        assert!(certificate.lower_bound < value);
        if kind == PenaltyKind::Isotropic {
            return;
        }
        // Appending a short column d changes the objective by dᵀ(A + λ)d, which must be negative.
        let descent = certificate.descent;
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
        for &kind in PenaltyKind::ALL {
            check::<OddOneOutTask>(kind);
            check::<AnchoredTask>(kind);
        }
    }
}
