//! Limited-memory BFGS and its preconditioner.

use std::collections::VecDeque;

use faer::Mat;

use crate::linalg::{add_scaled, dot, inverse, matrix, product};

/// The latest steps and changes of the gradient, which define the approximate inverse Hessian
/// (Nocedal, 1980).
pub(super) struct History {
    pairs: VecDeque<Pair>,
    memory: usize,
}

struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    inverse_product: f64,
}

impl History {
    pub fn new(memory: usize) -> Self {
        Self {
            pairs: VecDeque::with_capacity(memory),
            memory,
        }
    }

    pub fn clear(&mut self) {
        self.pairs.clear();
    }

    /// Adds a step, unless the objective is not convex along the step.
    pub fn push(&mut self, step: Vec<f64>, change: Vec<f64>) {
        let product = dot(&step, &change);
        if product <= 1e-12 * (dot(&step, &step) * dot(&change, &change)).sqrt() {
            return;
        }
        if self.pairs.len() == self.memory {
            self.pairs.pop_front();
        }
        self.pairs.push_back(Pair {
            step,
            change,
            inverse_product: 1.0 / product,
        });
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Returns minus the approximate inverse Hessian times the gradient. The approximation starts
    /// from the preconditioner, scaled by the curvature along the last step.
    pub fn direction(
        &self,
        gradient: &[f64],
        precondition: impl Fn(&[f64]) -> Vec<f64>,
    ) -> Vec<f64> {
        let mut direction: Vec<f64> = gradient.iter().map(|x| -x).collect();
        let mut shares = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let share = pair.inverse_product * dot(&pair.step, &direction);
            add_scaled(&mut direction, -share, &pair.change);
            shares.push(share);
        }
        direction = precondition(&direction);
        if let Some(last) = self.pairs.back() {
            let seen = dot(&last.change, &precondition(&last.change));
            let scale = 1.0 / (last.inverse_product * seen);
            direction.iter_mut().for_each(|x| *x *= scale);
        }
        for (pair, share) in self.pairs.iter().zip(shares.into_iter().rev()) {
            let other = pair.inverse_product * dot(&pair.change, &direction);
            add_scaled(&mut direction, share - other, &pair.step);
        }
        direction
    }

    /// Applies a linear map to all stored steps and changes.
    pub fn map(&mut self, map: impl Fn(&[f64]) -> Vec<f64>) {
        for pair in &mut self.pairs {
            pair.step = map(&pair.step);
            pair.change = map(&pair.change);
        }
    }

    /// Appends columns of zeros to all stored steps and changes.
    pub fn widen(&mut self, n_added: usize) {
        for pair in &mut self.pairs {
            pair.step.resize(pair.step.len() + n_added, 0.0);
            pair.change.resize(pair.change.len() + n_added, 0.0);
        }
    }
}

/// An approximate inverse Hessian P, which maps V to V (QᵀQ)⁻¹ + along · ⟨V, Q⟩ Q.
pub(super) struct Preconditioner {
    inverse: Mat<f64>,
    along: f64,
    /// The number of the iteration in which it was computed.
    pub computed_at: usize,
}

impl Preconditioner {
    /// Creates the preconditioner from QᵀQ, such that P (Q QᵀQ) = boost · Q.
    ///
    /// With the inverse of the damped QᵀQ, convergence is as fast along short columns of Q as along
    /// long ones (Tong, Ma & Chi, 2021; Zhang, Fattahi & Zhang, 2021).
    pub fn new(mut gram: Mat<f64>, boost: f64, n_iterations: usize) -> Self {
        /// A share of the squared length of the longest column, which limits the effect of very
        /// short columns.
        const DAMPING: f64 = 1e-2;

        let along = (boost - 1.0) / gram.squared_norm_l2();
        let rank = gram.nrows();
        let longest = (0..rank)
            .map(|column| gram[(column, column)])
            .fold(0.0, f64::max);
        for column in 0..rank {
            gram[(column, column)] += DAMPING * longest;
        }
        Self {
            // There is no inverse only if all columns are zero.
            inverse: inverse(gram).unwrap_or_else(|| Mat::identity(rank, rank)),
            along,
            computed_at: n_iterations,
        }
    }

    /// Returns the number of columns of Q.
    pub fn rank(&self) -> usize {
        self.inverse.nrows()
    }

    /// Applies the preconditioner to V at Q, both with `n_axes` rows.
    pub fn apply(&self, v: &[f64], q: &[f64], n_axes: usize) -> Vec<f64> {
        let mut out = vec![0.0; v.len()];
        product(matrix(v, n_axes), self.inverse.as_ref(), &mut out);
        if self.along > 0.0 {
            add_scaled(&mut out, self.along * dot(v, q), q);
        }
        out
    }
}
