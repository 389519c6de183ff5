//! The result of fitting a probe.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::probe::PenaltyKind;
use crate::transform::LinearTransform;

/// The state of the optimization after an iteration.
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

/// The reason why the optimization ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Convergence {
    /// The duality gap is within the tolerance: the global minimum was reached up to the tolerance.
    Certified,
    /// The callback stopped the optimization.
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
    /// The trace of M, in the units of the penalty.
    pub trace: f64,
    /// The objective, loss + penalty.
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
    /// True if the transform is the symmetric root of M.
    pub(super) is_root: bool,
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
    /// Returns the transform, which multiplies standardized features by W, a factor of M = W Wᵀ.
    /// Any rotation of its dimensions has the same objective.
    ///
    /// With the isotropic penalty, W is the symmetric root M^½, features × features, which stays
    /// closest to the original features. In directions that no object of the trials has, it is
    /// [`identity_scale`](Self::identity_scale)^½ times the identity. With a bias, it has one more
    /// dimension.
    ///
    /// With the trace penalty or a maximum rank, W is features × rank, with orthogonal columns in
    /// descending order of length, each with a positive largest weight. If the rank is 0, the
    /// transform has one dimension, which is zero.
    pub fn transform(&self) -> &LinearTransform {
        &self.transform
    }

    /// Returns the transform by the symmetric root M^½, which stays closest to the original
    /// features. It has as many dimensions as there are features (plus one with a bias), and gives
    /// the same similarities. With the isotropic penalty and without a maximum rank, it is
    /// [`transform`](Self::transform).
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a weight overflows.
    pub fn symmetric_root(&self) -> crate::Result<LinearTransform> {
        if self.is_root {
            return Ok(self.transform.clone());
        }
        let weights = self.transform.weights();
        let bias = self.transform.bias();
        let mut factor = weights.to_owned();
        if let Some(bias) = bias {
            factor
                .push_row(bias)
                .expect("one number per dimension, as in every row");
        }
        // W = V S with orthonormal V and diagonal S, so that M^½ = V S Vᵀ = W S⁻¹ Wᵀ.
        let mut scaled = factor.clone();
        for mut column in scaled.columns_mut() {
            let length = column.dot(&column).sqrt();
            if length > 0.0 {
                column /= length;
            }
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

    /// Returns the eigenvalues of M in descending order; their sum is the trace. With the trace
    /// penalty or a maximum rank, these are all that are not zero. With the isotropic penalty, these
    /// are all in the directions of the objects of the trials; in other directions, the eigenvalue
    /// is [`identity_scale`](Self::identity_scale).
    pub fn spectrum(&self) -> &[f64] {
        &self.spectrum
    }

    /// Returns the rank of M in the directions of the objects of the trials: the number of
    /// eigenvalues that are not zero up to rounding.
    pub fn rank(&self) -> usize {
        /// Rounding error relative to the largest eigenvalue.
        const ROUNDING: f64 = 1e-13;

        let least = ROUNDING * self.spectrum.first().copied().unwrap_or(0.0);
        self.spectrum.iter().filter(|&&value| value > least).count()
    }

    /// Returns the weight λ of the penalty.
    pub fn penalty(&self) -> f64 {
        self.penalty
    }

    /// Returns the form of the penalty.
    pub fn penalty_kind(&self) -> PenaltyKind {
        self.penalty_kind
    }

    /// Returns the scale a of the multiple of the identity that is nearest to M. It is the
    /// eigenvalue of M in all directions that are orthogonal to the features of the objects of the
    /// trials. It is 0 with the trace penalty or a maximum rank. It applies to the features that
    /// the penalty refers to, see [`PenaltyKind::Isotropic`].
    pub fn identity_scale(&self) -> f64 {
        self.identity_scale
    }

    /// Returns the mean −ln p of the choices, in nats.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// Returns the trace of M, which is the sum of its [`spectrum`](Self::spectrum).
    pub fn trace(&self) -> f64 {
        self.trace
    }

    /// Returns the objective, in nats: the loss plus the penalty, which is λ times the trace, or λ
    /// times the squared distance of M from the nearest multiple of the identity.
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

    /// Returns the reason why the optimization ended.
    pub fn outcome(&self) -> Convergence {
        self.outcome
    }

    /// Returns true if the duality gap is within the requested tolerance.
    pub fn is_certified(&self) -> bool {
        self.outcome == Convergence::Certified
    }
}
