//! The result of fitting a probe.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::probe::PenaltyKind;
use crate::transform::LinearTransform;

/// The state of the optimisation after an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Iteration {
    /// Number of the iteration; 0 is the state before the first.
    pub number: usize,
    /// Number of gradients computed so far.
    pub n_gradients: usize,
    /// The objective, in nats; it never increases.
    pub objective: f64,
    /// The duality gap by the latest certificate, in nats: an upper bound on the distance to the
    /// minimum.
    pub duality_gap: f64,
    /// Current rank of the transform.
    pub rank: usize,
}

/// The reason why the optimisation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Convergence {
    /// The duality gap is within the tolerance: the global minimum was reached up to the tolerance.
    Certified,
    /// The observer stopped the optimisation.
    Stopped,
    /// The limit on the number of gradients was reached without a certificate.
    OutOfGradients,
    /// The objective no longer decreases, but the duality gap exceeds the tolerance. With a limit
    /// on the rank, this is a minimum within this rank; otherwise a limit of numerical precision.
    Stationary,
}

/// The objective of a transform and a lower bound of the objective over all transforms, in nats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bound {
    /// The mean −ln p of the choices.
    pub loss: f64,
    /// ‖W‖², the trace of M.
    pub trace: f64,
    /// The objective, loss + λ · trace.
    pub objective: f64,
    /// A lower bound of the objective of any transform.
    pub lower_bound: f64,
}

impl Bound {
    /// Returns the duality gap, objective − lower bound: an upper bound on the distance to the
    /// minimum.
    pub fn duality_gap(&self) -> f64 {
        (self.objective - self.lower_bound).max(0.0)
    }
}

/// The result of fitting a [`Probe`](super::Probe): a transform, and a bound on its distance from
/// the optimum.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeFit {
    pub(super) transform: LinearTransform,
    pub(super) spectrum: Vec<f64>,
    pub(super) penalty: f64,
    pub(super) penalty_kind: PenaltyKind,
    pub(super) loss: f64,
    pub(super) trace: f64,
    pub(super) identity_scale: f64,
    pub(super) objective: f64,
    pub(super) lower_bound: f64,
    pub(super) n_gradients: usize,
    pub(super) n_iterations: usize,
    pub(super) outcome: Convergence,
}

impl ProbeFit {
    /// Returns the transform, features × rank. It multiplies standardised features by W, the factor
    /// of M = W Wᵀ with orthogonal columns in descending order of length, each with a positive
    /// largest weight.
    ///
    /// Any rotation of the dimensions has the same objective. If the rank is 0, the transform has
    /// one dimension, which is zero.
    pub fn transform(&self) -> &LinearTransform {
        &self.transform
    }

    /// Returns the transform by the symmetric root M^½, which stays closest to the original
    /// features. It has as many dimensions as there are features (plus one with a bias), and gives
    /// the same similarities.
    ///
    /// # Errors
    /// Does not return an error for a fitted probe.
    pub fn symmetric_root(&self) -> crate::Result<LinearTransform> {
        let weights = self.transform.weights();
        let bias = self.transform.bias();
        let mut factor = weights.to_owned();
        if let Some(bias) = bias {
            factor
                .push_row(bias)
                .expect("one number per dimension, as in every row");
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

    /// Returns the nonzero eigenvalues of M, in descending order; their sum is the trace.
    pub fn spectrum(&self) -> &[f64] {
        &self.spectrum
    }

    /// Returns the rank of M, which is the number of dimensions of the transform.
    pub fn rank(&self) -> usize {
        self.spectrum.len()
    }

    /// Returns the weight λ of the penalty.
    pub fn penalty(&self) -> f64 {
        self.penalty
    }

    /// Returns the form of the penalty.
    pub fn penalty_kind(&self) -> PenaltyKind {
        self.penalty_kind
    }

    /// Returns the scale a of the multiple of the identity that is nearest to M, by which M acts on
    /// all directions that no object of the trials has; 0 with the trace penalty. Features are
    /// those that the penalty refers to, see [`PenaltyKind::Isotropic`].
    pub fn identity_scale(&self) -> f64 {
        self.identity_scale
    }

    /// Returns the mean −ln p of the choices, in nats.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// Returns the trace of M, which is ‖W‖².
    pub fn trace(&self) -> f64 {
        self.trace
    }

    /// Returns the objective, loss + λ · trace, in nats.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// Returns a lower bound of the objective of any transform of any rank, in nats.
    pub fn lower_bound(&self) -> f64 {
        self.lower_bound
    }

    /// Returns the duality gap, objective − lower bound, in nats: an upper bound on the distance to
    /// the global minimum.
    pub fn duality_gap(&self) -> f64 {
        (self.objective - self.lower_bound).max(0.0)
    }

    /// Returns the number of gradients that were computed.
    pub fn n_gradients(&self) -> usize {
        self.n_gradients
    }

    /// Returns the number of iterations.
    pub fn n_iterations(&self) -> usize {
        self.n_iterations
    }

    /// Returns the reason why the optimisation ended.
    pub fn outcome(&self) -> Convergence {
        self.outcome
    }

    /// Returns true if the duality gap is within the requested tolerance.
    pub fn is_certified(&self) -> bool {
        self.outcome == Convergence::Certified
    }
}
