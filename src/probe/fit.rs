//! What a probe found.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::transform::LinearTransform;

/// The state of a search after an iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Iteration {
    /// Its number; 0 before the first.
    pub number: usize,
    /// Gradients computed so far.
    pub n_gradients: usize,
    /// The objective, in nats; it never rises.
    pub objective: f64,
    /// How far the objective may be from the global minimum, by the last certificate.
    pub duality_gap: f64,
    /// Dimensions of the transform at present.
    pub rank: usize,
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The duality gap is within the tolerance: this is the global minimum to that.
    Certified,
    /// The observer stopped it.
    Stopped,
    /// The limit on gradients was reached without a certificate.
    OutOfGradients,
    /// The objective no longer falls, but the duality gap is beyond the tolerance: with a limit on the
    /// rank, a minimum within that rank; otherwise what rounding leaves.
    Stationary,
}

/// The objective of a transform, in nats, and what no transform goes below.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The mean −ln p of what people chose.
    pub loss: f64,
    /// ‖W‖², the trace of M.
    pub trace: f64,
    /// loss + λ · trace.
    pub objective: f64,
    /// What the objective of no transform goes below.
    pub lower_bound: f64,
}

impl Bound {
    /// How far the objective may be from the global minimum.
    pub fn duality_gap(&self) -> f64 {
        (self.objective - self.lower_bound).max(0.0)
    }
}

/// What a [`Probe`](super::Probe) found: a transform, and how far it may be from the best.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeFit {
    pub(super) transform: LinearTransform,
    pub(super) spectrum: Vec<f64>,
    pub(super) penalty: f64,
    pub(super) loss: f64,
    pub(super) trace: f64,
    pub(super) objective: f64,
    pub(super) lower_bound: f64,
    pub(super) n_gradients: usize,
    pub(super) n_iterations: usize,
    pub(super) outcome: Outcome,
}

impl ProbeFit {
    /// The transform, features × rank: standardised features times W, the factor of M = W Wᵀ with
    /// orthogonal columns, the longest first, the largest weight of each positive.
    ///
    /// Any rotation of its dimensions is as good. With rank 0 it has one dimension, which is zero.
    pub fn transform(&self) -> &LinearTransform {
        &self.transform
    }

    /// The transform that changes features least: by M^½, the symmetric root. It has as many
    /// dimensions as there are features (one more with a bias), and gives the same similarities.
    ///
    /// # Errors
    /// None that a fit can have.
    pub fn symmetric_root(&self) -> crate::Result<LinearTransform> {
        let weights = self.transform.weights();
        let bias = self.transform.bias();
        let mut factor = weights.to_owned();
        if let Some(bias) = bias {
            factor
                .push_row(bias)
                .expect("one number a dimension, as in every row");
        }
        // W = V S with S the root of the spectrum, so that M^½ = V S Vᵀ = W S⁻¹ Wᵀ.
        let mut scaled = factor.clone();
        for (mut column, square) in scaled.columns_mut().into_iter().zip(&self.spectrum) {
            column /= square.sqrt();
        }
        let root = scaled.dot(&factor.t());
        let n_features = self.transform.n_features();
        let (weights, rest) = root.view().split_at(Axis(0), n_features);
        let weights: Array2<f64> = weights.to_owned();
        let root = LinearTransform::new(self.transform.standardization().clone(), weights)?;
        match bias {
            None => Ok(root),
            Some(_) => root.with_bias(rest.row(0).to_owned()),
        }
    }

    /// The eigenvalues of M that are not zero, in descending order; they sum to the trace.
    pub fn spectrum(&self) -> &[f64] {
        &self.spectrum
    }

    /// Dimensions of the transform: the rank of M.
    pub fn rank(&self) -> usize {
        self.spectrum.len()
    }

    /// The weight λ of the penalty.
    pub fn penalty(&self) -> f64 {
        self.penalty
    }

    /// The mean −ln p of what people chose, in nats.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// The trace of M, ‖W‖².
    pub fn trace(&self) -> f64 {
        self.trace
    }

    /// loss + λ · trace, in nats.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// What no transform goes below, of any rank.
    pub fn lower_bound(&self) -> f64 {
        self.lower_bound
    }

    /// How far the objective may be from the global minimum: the objective less the lower bound.
    pub fn duality_gap(&self) -> f64 {
        (self.objective - self.lower_bound).max(0.0)
    }

    /// Gradients that it took.
    pub fn n_gradients(&self) -> usize {
        self.n_gradients
    }

    /// Iterations that it took.
    pub fn n_iterations(&self) -> usize {
        self.n_iterations
    }

    /// Why the search ended.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Whether the duality gap is within the tolerance that was asked for.
    pub fn is_certified(&self) -> bool {
        self.outcome == Outcome::Certified
    }
}
