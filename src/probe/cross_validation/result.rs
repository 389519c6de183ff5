//! The result of a cross-validation.

use serde::Serialize;

use super::Pooled;
use crate::metric::odd_one_out::OddOneOutScore;
use crate::probe::split::HoldOut;
use crate::probe::{Convergence, ProbeFit};

/// A candidate penalty and its cross-entropy on trials held out within a fold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PenaltyCandidate {
    /// The weight λ of the penalty.
    pub penalty: f64,
    /// The mean −ln p of the choices, in nats.
    pub cross_entropy: f64,
}

impl PenaltyCandidate {
    /// Returns the candidate with the lowest cross-entropy, and the largest penalty if several are
    /// equal.
    pub fn best(candidates: &[PenaltyCandidate]) -> Option<PenaltyCandidate> {
        let costs = |a: &PenaltyCandidate, b: &PenaltyCandidate| {
            let by_penalty = b.penalty.total_cmp(&a.penalty);
            a.cross_entropy.total_cmp(&b.cross_entropy).then(by_penalty)
        };
        candidates.iter().copied().min_by(costs)
    }
}

/// The result of one fold: a probe fitted to the other folds and tested on this one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProbeFoldResult {
    /// The chosen weight λ of the penalty.
    pub penalty: f64,
    /// All candidate penalties; empty if there was only one.
    pub candidates: Vec<PenaltyCandidate>,
    /// Number of training trials.
    pub n_training_trials: usize,
    /// Number of test trials.
    pub n_test_trials: usize,
    /// Number of dropped trials, whose objects are on both sides of the split.
    pub n_straddling: usize,
    /// Number of objects in the training trials.
    pub n_training_objects: usize,
    /// Number of objects in the test trials.
    pub n_test_objects: usize,
    /// The objective of the fit, in nats.
    pub objective: f64,
    /// The duality gap: an upper bound on the distance of the objective from its minimum, in nats.
    pub duality_gap: f64,
    /// The reason why the fit ended.
    pub outcome: Convergence,
    /// Rank of the transform.
    pub rank: usize,
    /// The score of the untransformed representation on the test trials.
    pub zero_shot: OddOneOutScore,
    /// The score of the transformed representation on the test trials. Its uncertainty is that of
    /// the test objects and trials, conditional on the fit.
    pub probed: OddOneOutScore,
    /// The fit.
    #[serde(skip)]
    pub fit: ProbeFit,
}

/// The result of a [`ProbeCrossValidation`](crate::probe::ProbeCrossValidation).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProbeCrossValidationResult {
    /// The unit that was held out.
    pub hold_out: HoldOut,
    /// Number of trials that were in no test set, because their objects are in several folds.
    pub n_untested: usize,
    /// The result of each fold.
    pub folds: Vec<ProbeFoldResult>,
    /// The pooled result of all folds.
    pub pooled: Pooled,
}
