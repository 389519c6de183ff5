//! The optimization of the objective until a certificate proves that the minimum was reached.

use std::ops::ControlFlow;

use faer::Mat;

use crate::error::Result;
use crate::linalg::{add_scaled, dot, eigen, lower_gram, matrix, mirror, product};
use crate::probe::fit::{Convergence, Iteration};
use crate::probe::lbfgs::{History, Preconditioner};
use crate::probe::objective::{Objective, Value};
use crate::probe::penalty::PenaltyKind;

/// Number of steps stored for the approximate inverse Hessian.
const MEMORY: usize = 20;

/// Maximum number of iterations between certificates; a certificate costs about as much as five
/// gradients.
const CERTIFY_EVERY: usize = 25;

/// Minimum number of iterations between certificates.
const CERTIFY_AFTER: usize = 5;

/// Maximum number of columns added to Q at a time.
const ADDED: usize = 8;

/// Relative squared length, with respect to the longest column of Q, below which a column is
/// removed.
const NEGLIGIBLE: f64 = 1e-10;

/// Number of iterations after which the preconditioner is computed anew with the isotropic penalty.
const REFRESH_EVERY: usize = 10;

/// Number of certificates without progress after which the optimization ends.
const PATIENCE: usize = 5;

/// The stopping criteria.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub tolerance: f64,
    pub max_gradients: usize,
    pub max_rank: usize,
}

/// The result of the optimization.
pub(super) struct Found {
    pub q: Vec<f64>,
    pub value: Value,
    pub lower_bound: f64,
    pub n_gradients: usize,
    pub n_iterations: usize,
    pub outcome: Convergence,
}

/// Minimizes the objective from `start`, columns of Q, which may be empty.
///
/// The objective is convex in M, and M = W Wᵀ has low rank at the minimum. The optimization
/// therefore starts with the few directions in which the objective decreases at M = 0, continues by
/// limited-memory BFGS in the factor Q, and periodically appends directions in which, by the
/// certificate, the objective still decreases, and removes columns that have become negligible.
/// Without a limit on the rank, the minimum is global once no such direction remains.
pub(super) fn minimize(
    objective: &mut Objective<'_>,
    start: Vec<f64>,
    limits: Limits,
    observe: &mut dyn FnMut(&Iteration) -> ControlFlow<()>,
) -> Result<Found> {
    let mut search = Search::new(objective, start, limits)?;
    search.certify_and_grow(true)?;
    let (mut certified_at, mut least_gap, mut n_still) = (f64::INFINITY, f64::INFINITY, 0);
    let mut outcome = None;
    while outcome.is_none() {
        if observe(&search.iteration()).is_break() {
            outcome = Some(Convergence::Stopped);
            break;
        }
        if search.gap() <= limits.tolerance {
            outcome = Some(Convergence::Certified);
            break;
        }
        if search.n_gradients >= limits.max_gradients {
            outcome = Some(Convergence::OutOfGradients);
            break;
        }
        let moved = search.step()?;
        if search.is_due(moved) {
            search.certify_and_grow(moved)?;
            // Progress must exceed the resolution of double precision.
            let (objective, gap) = (search.value.objective, search.gap());
            let has_fallen = certified_at - objective > 4.0 * f64::EPSILON * objective;
            n_still = if has_fallen || gap < 0.9 * least_gap {
                0
            } else {
                n_still + 1
            };
            (certified_at, least_gap) = (objective, gap.min(least_gap));
            if gap > limits.tolerance && n_still == PATIENCE {
                outcome = Some(Convergence::Stationary);
            }
        }
    }
    let outcome = outcome.unwrap_or(Convergence::Stationary);
    if search.objective.penalty().kind == PenaltyKind::Trace {
        search.compress()?;
    }
    Ok(Found {
        q: search.q,
        value: search.value,
        lower_bound: search.lower_bound,
        n_gradients: search.n_gradients,
        n_iterations: search.n_iterations,
        outcome,
    })
}

/// A point, the objective at this point and its gradient.
type Evaluated = (Vec<f64>, Value, Vec<f64>);

struct Search<'s, 'o> {
    objective: &'s mut Objective<'o>,
    limits: Limits,
    q: Vec<f64>,
    gradient: Vec<f64>,
    value: Value,
    lower_bound: f64,
    history: History,
    /// The factor by which steps along Q itself are longer than the preconditioner suggests.
    scale_boost: f64,
    preconditioner: Option<Preconditioner>,
    /// The length at which directions were last added, in their own units.
    added_length: f64,
    /// An estimate of the duality gap before the last step.
    estimated_gap: f64,
    certified_at: usize,
    n_gradients: usize,
    n_iterations: usize,
}

impl<'s, 'o> Search<'s, 'o> {
    fn new(objective: &'s mut Objective<'o>, q: Vec<f64>, limits: Limits) -> Result<Self> {
        let scale_boost = objective.scale_boost(&q)?;
        let mut gradient = vec![0.0; q.len()];
        let value = objective.evaluate(&q, &mut gradient)?;
        Ok(Self {
            objective,
            limits,
            q,
            gradient,
            value,
            // Entropies are not negative.
            lower_bound: 0.0,
            history: History::new(MEMORY),
            scale_boost,
            preconditioner: None,
            added_length: 1.0,
            estimated_gap: f64::INFINITY,
            certified_at: 0,
            n_gradients: 1,
            n_iterations: 0,
        })
    }

    fn gap(&self) -> f64 {
        // Due to rounding, the objective at the minimum may be below the bound.
        (self.value.objective - self.lower_bound).max(0.0)
    }

    /// Returns true if the next certificate is due.
    fn is_due(&self, moved: bool) -> bool {
        let n_since = self.n_iterations - self.certified_at;
        let is_expected = self.estimated_gap <= self.limits.tolerance && n_since >= CERTIFY_AFTER;
        !moved || n_since >= CERTIFY_EVERY || is_expected
    }

    fn rank(&self) -> usize {
        self.q.len() / self.objective.n_axes()
    }

    fn iteration(&self) -> Iteration {
        Iteration {
            number: self.n_iterations,
            n_gradients: self.n_gradients,
            objective: self.value.objective,
            duality_gap: self.gap(),
            rank: self.rank(),
        }
    }

    fn evaluate(&mut self, q: &[f64]) -> Result<(Value, Vec<f64>)> {
        self.n_gradients += 1;
        let mut gradient = vec![0.0; q.len()];
        let value = self.objective.evaluate(q, &mut gradient)?;
        Ok((value, gradient))
    }

    /// Performs one iteration of BFGS with a line search by bisection for the weak Wolfe conditions
    /// (Lewis & Overton, 2013). Returns true if the point changed.
    fn step(&mut self) -> Result<bool> {
        /// Maximum number of evaluations along a line.
        const MOST: usize = 25;
        const SUFFICIENT_DECREASE: f64 = 1e-4;
        const CURVATURE: f64 = 0.9;
        /// Relative differences of the objective below this are rounding errors.
        const ROUNDING: f64 = 1e-13;

        self.n_iterations += 1;
        if self.q.is_empty() {
            return Ok(false);
        }
        let penalty = self.objective.penalty();
        let preconditioner = self.preconditioner(penalty.kind);
        let (n_axes, q) = (self.objective.n_axes(), &self.q);
        let precondition = |v: &[f64]| preconditioner.apply(v, q, n_axes);
        if penalty.kind == PenaltyKind::Isotropic
            && self.n_iterations - self.certified_at >= CERTIFY_AFTER
        {
            // With B the derivative with respect to M, the gradient is 2BW, and the gap is about
            // ‖B‖² / (4λ) because the objective is strongly convex.
            let preconditioned = precondition(&self.gradient);
            let square = dot(&self.gradient, &preconditioned) / 4.0;
            self.estimated_gap = square / (4.0 * penalty.weight);
        }
        let direction = self.history.direction(&self.gradient, precondition);
        self.preconditioner = Some(preconditioner);
        let slope = dot(&direction, &self.gradient);
        if slope >= 0.0 {
            self.history.clear();
            return Ok(false);
        }
        let mut step = 1.0;
        if self.history.is_empty() {
            // Without curvature information, start with a tenth of the length of Q.
            let lengths = dot(&self.q, &self.q) / dot(&direction, &direction);
            step = 0.1 * lengths.sqrt();
        }
        let (mut low, mut high) = (0.0, f64::INFINITY);
        for _ in 0..MOST {
            let mut q = self.q.clone();
            add_scaled(&mut q, step, &direction);
            let (value, gradient) = self.evaluate(&q)?;
            let rise = value.objective - self.value.objective;
            let new_slope = dot(&gradient, &direction);
            // If the objective differs only by rounding, use its slope instead (Hager & Zhang,
            // 2005).
            let is_rounding = rise.abs() <= ROUNDING * value.objective;
            let has_fallen = match is_rounding {
                true => new_slope <= (2.0 * SUFFICIENT_DECREASE - 1.0) * slope,
                false => rise <= SUFFICIENT_DECREASE * step * slope,
            };
            if !has_fallen {
                high = step;
                // The minimum of the parabola through the known values.
                let least = -slope * step * step / (2.0 * (rise - slope * step));
                step = if low == 0.0 && !is_rounding {
                    least.clamp(0.1 * step, 0.5 * step)
                } else {
                    0.5 * (low + high)
                };
            } else if new_slope < CURVATURE * slope {
                low = step;
                step = if high.is_finite() {
                    0.5 * (low + high)
                } else {
                    2.0 * step
                };
            } else {
                let change = gradient
                    .iter()
                    .zip(&self.gradient)
                    .map(|(new, old)| new - old);
                let change = change.collect();
                let moved = q.iter().zip(&self.q).map(|(new, old)| new - old).collect();
                self.history.push(moved, change);
                (self.q, self.gradient, self.value) = (q, gradient, value);
                return Ok(true);
            }
        }
        self.history.clear();
        // The buffers of the objective contain the last trial step; restore them.
        let q = std::mem::take(&mut self.q);
        let evaluated = self.evaluate(&q);
        self.q = q;
        evaluated?;
        Ok(false)
    }

    /// Takes the preconditioner, or computes it if it is not recent.
    fn preconditioner(&mut self, kind: PenaltyKind) -> Preconditioner {
        let age = match kind {
            // Columns are few, and their lengths change quickly.
            PenaltyKind::Trace => 1,
            PenaltyKind::Isotropic => REFRESH_EVERY,
        };
        let recent = self.preconditioner.take().filter(|known| {
            known.rank() == self.rank() && self.n_iterations - known.computed_at < age
        });
        recent.unwrap_or_else(|| {
            Preconditioner::new(self.gram(), self.scale_boost, self.n_iterations)
        })
    }

    fn gram(&self) -> Mat<f64> {
        let (q, rank) = (matrix(&self.q, self.objective.n_axes()), self.rank());
        let mut gram = vec![0.0; rank * rank];
        lower_gram(q.transpose(), &mut gram);
        mirror(&mut gram, rank);
        matrix(&gram, rank).to_owned()
    }

    /// Rotates the columns of Q to its principal axes, which does not change the objective, and
    /// removes negligible columns.
    fn compress(&mut self) -> Result<()> {
        let (n_axes, rank) = (self.objective.n_axes(), self.rank());
        if rank == 0 {
            return Ok(());
        }
        let (values, vectors) = eigen(self.gram().as_ref())?;
        let least = NEGLIGIBLE * values[rank - 1];
        let kept = values.iter().filter(|&&value| value > least).count();
        let axes = Mat::from_fn(rank, kept, |row, column| vectors[(row, rank - 1 - column)]);
        let rotate = |v: &[f64]| {
            let mut out = vec![0.0; n_axes * kept];
            product(matrix(v, n_axes), axes.as_ref(), &mut out);
            out
        };
        let q = rotate(&self.q);
        self.history.map(rotate);
        (self.value, self.gradient) = self.evaluate(&q)?;
        self.q = q;
        Ok(())
    }

    /// Bounds the minimum, and appends columns in which the objective decreases, if there are any
    /// and the maximum rank allows it. With the isotropic penalty, columns are only appended if the
    /// gradient is too small to explain the gap, or if the last step did not move.
    fn certify_and_grow(&mut self, moved: bool) -> Result<()> {
        let kind = self.objective.penalty().kind;
        if kind == PenaltyKind::Trace {
            self.compress()?;
        }
        self.certified_at = self.n_iterations;
        let certificate = self.objective.certify(&self.q)?;
        self.lower_bound = self.lower_bound.max(certificate.lower_bound);
        let mut added = certificate.descent;
        if kind == PenaltyKind::Isotropic
            && self.gap() > self.limits.tolerance
            && (!moved || self.estimated_gap < 0.1 * self.gap())
        {
            self.compress()?;
            added = self.objective.isotropic_descent()?;
        }
        let n_axes = self.objective.n_axes();
        // Starting from an empty Q, add all directions.
        let most = if self.q.is_empty() { n_axes } else { ADDED };
        let most = most.min(self.limits.max_rank.saturating_sub(self.rank()));
        added.truncate(most * n_axes);
        if added.is_empty() || self.gap() <= self.limits.tolerance {
            return Ok(());
        }
        if let Some((q, value, gradient)) = self.try_lengths(&added)? {
            (self.q, self.value, self.gradient) = (q, value, gradient);
            self.history.widen(added.len());
        }
        Ok(())
    }

    /// Appends columns at the best of several lengths, found by doubling or halving.
    fn try_lengths(&mut self, added: &[f64]) -> Result<Option<Evaluated>> {
        /// Maximum number of lengths.
        const MOST: usize = 60;

        let mut best: Option<Evaluated> = None;
        let mut length = self.added_length;
        let mut falling = None;
        for _ in 0..MOST {
            let mut q = self.q.clone();
            q.extend(added.iter().map(|x| length * x));
            let (value, gradient) = self.evaluate(&q)?;
            let least = best
                .as_ref()
                .map_or(self.value.objective, |(_, best, _)| best.objective);
            if value.objective < least {
                best = Some((q, value, gradient));
                self.added_length = length;
                if falling == Some(false) {
                    break;
                }
                falling = Some(true);
                length *= 2.0;
            } else if falling == Some(true) {
                break;
            } else {
                falling = Some(false);
                length *= 0.5;
            }
        }
        Ok(best)
    }
}
