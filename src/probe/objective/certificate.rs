//! Lower bounds of the minimum, and directions in which the objective decreases.

use faer::MatRef;

use super::Objective;
use crate::error::Result;
use crate::linalg::{dot, eigen, eigenvalues, lower_gram, matrix, product, symmetrized, zeroed};
use crate::probe::penalty::{PenaltyKind, least_departure};

/// A bound of the minimum computed at one point.
pub(in crate::probe) struct Certificate {
    /// A lower bound of the objective of any transform.
    pub lower_bound: f64,
    /// Columns that decrease the objective when appended to Q, steepest first. Their length
    /// increases with the slope. Empty with the isotropic penalty, where the rank is full from the
    /// start and [`Objective::isotropic_descent`] is rarely needed.
    pub descent: Vec<f64>,
}

impl Objective<'_> {
    /// Computes a lower bound of the minimum from the most recently evaluated point.
    ///
    /// # Errors
    /// Returns an error if an eigendecomposition fails or memory is insufficient.
    pub fn certify(&mut self, q: &[f64]) -> Result<Certificate> {
        let by_m = self.by_transform()?;
        match self.penalty.kind {
            PenaltyKind::Trace => self.certify_trace(q, &by_m),
            PenaltyKind::Isotropic => self.certify_isotropic(q, by_m),
        }
    }

    /// Computes C = Zᵀ G Z, the derivative of the loss with respect to M, from the symmetric
    /// derivatives of all pairs.
    fn by_transform(&self) -> Result<Vec<f64>> {
        let (n, n_axes) = (self.questions.n_objects(), self.n_axes());
        let objects = self.coordinates.objects();
        let mut half = zeroed(n * n_axes, "the derivatives of objects")?;
        product(matrix(&self.pairs, n), objects, &mut half);
        let mut by_m = zeroed(n_axes * n_axes, "the derivatives of the transform")?;
        product(objects.transpose(), matrix(&half, n), &mut by_m);
        // The symmetric derivatives contain each pair twice.
        by_m.iter_mut().for_each(|x| *x *= 0.5);
        Ok(by_m)
    }

    /// Computes a lower bound with the trace penalty.
    ///
    /// The choices q = θ p + (1 − θ) y, between the probabilities p of the model and the choices y
    /// of the participants, have derivatives θ G, and θ C is the derivative of their loss with
    /// respect to M. If λ I + θ C has no negative eigenvalue, q is feasible for the dual problem,
    /// and its value, the mean entropy of q, is a lower bound. The largest such θ is λ / max(λ,
    /// −smallest eigenvalue of C).
    fn certify_trace(&mut self, q: &[f64], by_m: &[f64]) -> Result<Certificate> {
        let (values, vectors) = eigen(matrix(by_m, self.n_axes()))?;
        let weight = self.penalty.weight;
        let steepest = values.first().map_or(0.0, |least| -least);
        let theta = weight / steepest.max(weight);
        self.look_up(q);
        let lower_bound = self.questions.mixed_entropy(&self.pairs, theta);
        let slopes: Vec<f64> = values.iter().map(|value| value + weight).collect();
        Ok(Certificate {
            lower_bound,
            descent: self.descent(&slopes, vectors.as_ref()),
        })
    }

    /// Computes a lower bound with the isotropic penalty.
    ///
    /// For choices q with derivatives C(q), the value of the dual problem is the mean entropy of q
    /// plus the minimum over M ⪰ 0 and a of ⟨C(q), M⟩ + λ ‖M − aI‖², see [`least_departure`]. It is
    /// finite if the trace of C(q) is not negative. If the choices of M have a negative trace, those
    /// of M + εI are used instead, which have the same penalty; the smallest such ε gives the
    /// best bound.
    fn certify_isotropic(&mut self, q: &[f64], mut by_m: Vec<f64>) -> Result<Certificate> {
        /// Relative rounding error of a trace.
        const ROUNDING: f64 = 1e-14;
        /// The range and the relative precision of ε.
        const HIGHEST: f64 = 1e9;
        const PRECISION: f64 = 1e-3;

        let n_axes = self.n_axes();
        let diagonal = || by_m.iter().step_by(n_axes + 1);
        let trace: f64 = diagonal().sum();
        let magnitude: f64 = diagonal().map(|x| x.abs()).sum();
        self.look_up(q);
        // With a full derivative of zero, the trace is zero up to rounding.
        if trace < -ROUNDING * magnitude {
            let start = (1e-8 * self.mean_square()).max(1e-12);
            let mut scaling = self.scaling()?;
            let is_found = scaling.minimum(start, HIGHEST, PRECISION).is_some();
            let similarities = scaling.into_similarities();
            if !is_found {
                // No choices of this kind are feasible. Entropies are not negative.
                self.pairs = similarities;
                return Ok(Certificate {
                    lower_bound: 0.0,
                    descent: Vec::new(),
                });
            }
            let n = self.questions.n_objects();
            self.pairs = zeroed(n * n, "the derivatives of all pairs")?;
            symmetrized(&self.derivatives, n, &mut self.pairs);
            by_m = self.by_transform()?;
            self.pairs = similarities;
        }
        let values = eigenvalues(matrix(&by_m, n_axes))?;
        let entropy = self.questions.mixed_entropy(&self.pairs, 1.0);
        Ok(Certificate {
            lower_bound: (entropy + least_departure(&values, self.penalty.weight)).max(0.0),
            descent: Vec::new(),
        })
    }

    /// Returns the mean of the squared weights per axis, the scale a of M.
    fn mean_square(&self) -> f64 {
        dot(&self.weights, &self.weights) / self.n_axes() as f64
    }

    /// Returns columns that decrease the objective with the isotropic penalty when appended to Q,
    /// from the most recently evaluated point, see [`Certificate::descent`].
    ///
    /// # Errors
    /// Returns an error if an eigendecomposition fails or memory is insufficient.
    pub fn isotropic_descent(&self) -> Result<Vec<f64>> {
        let n_axes = self.n_axes();
        let mut slopes = zeroed(n_axes * n_axes, "the transform along the axes")?;
        lower_gram(matrix(&self.weights, n_axes), &mut slopes);
        let scale = self.mean_square();
        slopes
            .iter_mut()
            .step_by(n_axes + 1)
            .for_each(|x| *x -= scale);
        let by_m = self.by_transform()?;
        for (slope, by_m) in slopes.iter_mut().zip(by_m) {
            *slope = by_m + 2.0 * self.penalty.weight * *slope;
        }
        let (values, vectors) = eigen(matrix(&slopes, n_axes))?;
        Ok(self.descent(&values, vectors.as_ref()))
    }

    /// Returns the directions of negative slope, steepest first, as columns of Q.
    fn descent(&self, slopes: &[f64], vectors: MatRef<'_, f64>) -> Vec<f64> {
        let mut descent = Vec::new();
        for (axis, &slope) in slopes.iter().enumerate() {
            if slope < 0.0 {
                let column = vectors.col(axis).iter().zip(&self.scale);
                descent.extend(column.map(|(x, d)| (-slope).sqrt() * x / d));
            }
        }
        descent
    }
}
