//! Limited-memory BFGS and its preconditioner.

use std::collections::VecDeque;

use faer::Mat;

use crate::linalg::{add_scaled, dot, inverse, matrix, product};

/// The latest steps and changes of the gradient, which define the approximate inverse Hessian
/// (Nocedal, 1980).
pub(crate) struct History {
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
        self.push_unchecked(step, change);
    }

    /// Adds a step that [`History::push`] accepted before.
    pub fn push_unchecked(&mut self, step: Vec<f64>, change: Vec<f64>) {
        let product = dot(&step, &change);
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

    /// Returns minus the approximate inverse Hessian of the free variables times their gradient, and
    /// 0 for the others. `free` is 1 for a free variable and 0 for one that stays where it is.
    ///
    /// The approximation uses the parts of the stored steps along the free variables only, and
    /// leaves out steps along which the objective is then not convex.
    pub fn free_direction(&self, gradient: &[f64], free: &[f64]) -> Vec<f64> {
        let masked = |v: &[f64]| -> Vec<f64> { v.iter().zip(free).map(|(x, f)| x * f).collect() };
        let mut direction: Vec<f64> = masked(gradient).iter().map(|x| -x).collect();
        let pairs: Vec<(Vec<f64>, &Pair, f64)> = (self.pairs.iter())
            .filter_map(|pair| {
                let step = masked(&pair.step);
                let product = dot(&step, &pair.change);
                (product > 0.0).then_some((step, pair, product))
            })
            .collect();
        let mut shares = Vec::with_capacity(pairs.len());
        for (step, pair, product) in pairs.iter().rev() {
            let share = dot(step, &direction) / product;
            add_masked(&mut direction, -share, &pair.change, free);
            shares.push(share);
        }
        if let Some((_, pair, product)) = pairs.last() {
            let change = masked(&pair.change);
            let scale = product / dot(&change, &change);
            direction.iter_mut().for_each(|x| *x *= scale);
        }
        for ((step, pair, product), share) in pairs.iter().zip(shares.into_iter().rev()) {
            let other = dot(&pair.change, &direction) / product;
            add_scaled(&mut direction, share - other, step);
        }
        direction
    }

    /// Returns the stored steps and the changes of the gradient along them, oldest first.
    pub fn pairs(&self) -> impl Iterator<Item = (&[f64], &[f64])> {
        let pairs = self.pairs.iter();
        pairs.map(|pair| (pair.step.as_slice(), pair.change.as_slice()))
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

/// Computes out += factor · values for the free variables.
fn add_masked(out: &mut [f64], factor: f64, values: &[f64], free: &[f64]) {
    for ((out, value), free) in out.iter_mut().zip(values).zip(free) {
        *out += factor * value * free;
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
