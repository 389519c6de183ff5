//! The penalty of a probe.

use serde::{Deserialize, Serialize};

use crate::linalg::dot;
use crate::names::named;

/// The form of the penalty on M = W Wᵀ.
///
/// The penalty determines what a transform does in directions about which the trials contain no
/// information. The isotropic penalty leaves them as they are, the trace penalty removes them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PenaltyKind {
    /// λ · min over a of ‖M − aI‖², with the squared Frobenius norm: the distance from the nearest
    /// multiple of the identity. Features are scaled to a mean squared norm of 1 over the objects,
    /// so that λ does not depend on the number or the scale of features. With λ → ∞ the probe is
    /// the untransformed representation at its best temperature. The default.
    #[default]
    Isotropic,
    /// λ · trace(M) = λ ‖W‖², with standardized features: directions that do not help to predict
    /// the trials are removed, so that the rank of M is low.
    Trace,
}

named! {
    PenaltyKind, "penalty":
    Isotropic = "isotropic",
    Trace = "trace",
}

/// The penalty in the coordinates of the objects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Penalty {
    pub kind: PenaltyKind,
    /// The weight λ, for similarities that are logits.
    pub weight: f64,
}

/// The value of the penalty at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PenaltyValue {
    /// λ times the distance or the trace.
    pub value: f64,
    /// The trace of M.
    pub trace: f64,
    /// The scale a of the nearest multiple of the identity, trace / number of axes.
    pub scale: f64,
}

impl Penalty {
    /// Computes the penalty of M = W Wᵀ, where W has `n_axes` rows and `gram` is Wᵀ W.
    pub fn of_gram(self, gram: &[f64], rank: usize, n_axes: usize) -> PenaltyValue {
        /// Relative differences of a diagonal element from the mean that are rounding errors, which
        /// a large weight would magnify.
        const ROUNDING: f64 = 4.0 * f64::EPSILON;

        let trace: f64 = gram.iter().step_by(rank + 1).sum();
        let scale = trace / n_axes as f64;
        let value = match self.kind {
            PenaltyKind::Trace => trace,
            PenaltyKind::Isotropic => {
                // ‖M − aI‖² without cancellation: over the rank of W, and a² for each other axis.
                let off = |(position, x): (usize, &f64)| match position % (rank + 1) {
                    0 if (x - scale).abs() <= ROUNDING * scale => 0.0,
                    0 => (x - scale).powi(2),
                    _ => x * x,
                };
                let within: f64 = gram.iter().enumerate().map(off).sum();
                within + (n_axes as f64 - rank as f64) * scale * scale
            }
        };
        PenaltyValue {
            value: self.weight * value,
            trace,
            scale,
        }
    }
}

/// Returns min over a ≥ 0 of Σ min over m ≥ 0 of c m + λ (m − a)², for ascending c whose sum is not
/// negative.
///
/// The minimum over m is c a − c²/(4λ) if c ≤ 2λa, and λa² otherwise. The derivative of the sum is
/// Σ min(c, 2λa), so that u = 2λa is −(sum of the smallest k) / (number of the others) for the k
/// for which this is between c of k − 1 and c of k. A sum that is negative only by rounding is
/// taken as 0.
pub(super) fn least_departure(ascending: &[f64], weight: f64) -> f64 {
    let n = ascending.len();
    let mut sum = 0.0;
    let mut n_below = 0;
    let mut limit = ascending.last().map_or(0.0, |&largest| largest.max(0.0));
    while n_below < n {
        // Invariant: the derivative is negative at u = ascending[n_below - 1].
        let u = -sum / (n - n_below) as f64;
        if u <= ascending[n_below] {
            limit = u;
            break;
        }
        sum += ascending[n_below];
        n_below += 1;
    }
    let limit = limit.max(0.0);
    let below = &ascending[..n_below];
    let linear: f64 = below.iter().map(|c| 2.0 * limit * c).sum();
    (linear - dot(below, below) + (n - n_below) as f64 * limit * limit) / (4.0 * weight)
}
