//! The search for the minimum, until a certificate says that it is one.

use std::ops::ControlFlow;

use faer::Mat;

use crate::error::Result;
use crate::probe::dense::{add_scaled, dot, eigen, inverse, matrix, product};
use crate::probe::fit::{Iteration, Outcome};
use crate::probe::lbfgs::History;
use crate::probe::objective::{Objective, Value};

/// Steps that the model of the inverse Hessian remembers.
const MEMORY: usize = 20;

/// Iterations between certificates: a certificate costs about as much as five gradients.
const CERTIFY_EVERY: usize = 25;

/// Columns that are added to Q at a time.
const ADDED: usize = 8;

/// A column of Q this much shorter than the longest, squared, is left out.
const NEGLIGIBLE: f64 = 1e-10;

/// What keeps the preconditioner from following columns that are next to nothing, as a share of the
/// longest column, squared.
const DAMPING: f64 = 1e-2;

/// Certificates without any progress after which the search ends.
const PATIENCE: usize = 5;

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub tolerance: f64,
    pub max_gradients: usize,
    pub max_rank: usize,
}

/// Where the search ended.
pub(super) struct Found {
    pub q: Vec<f64>,
    pub value: Value,
    pub lower_bound: f64,
    pub n_gradients: usize,
    pub n_iterations: usize,
    pub outcome: Outcome,
}

/// Minimises from `start`, columns of Q, which may be none.
///
/// The objective is convex in M, and M = W Wᵀ has low rank at the minimum. So the search begins with
/// the few directions in which the objective falls at M = 0, goes on by limited-memory BFGS in the
/// factor Q, and every so often adds directions in which the certificate sees the objective still
/// fall, and leaves out those that have become nothing. Without a limit on the rank, where no
/// direction is left, the minimum is global.
pub(super) fn minimise(
    objective: &mut Objective<'_>,
    start: Vec<f64>,
    limits: Limits,
    observe: &mut dyn FnMut(&Iteration) -> ControlFlow<()>,
) -> Result<Found> {
    let mut search = Search::new(objective, start, limits)?;
    search.certify_and_grow()?;
    let (mut certified_at, mut least_gap, mut n_still) = (f64::INFINITY, f64::INFINITY, 0);
    let mut outcome = None;
    while outcome.is_none() {
        if observe(&search.iteration()).is_break() {
            outcome = Some(Outcome::Stopped);
            break;
        }
        if search.gap() <= limits.tolerance {
            outcome = Some(Outcome::Certified);
            break;
        }
        if search.n_gradients >= limits.max_gradients {
            outcome = Some(Outcome::OutOfGradients);
            break;
        }
        let moved = search.step()?;
        if search.n_iterations % CERTIFY_EVERY == 0 || !moved {
            search.compress()?;
            search.certify_and_grow()?;
            // Nothing that doubles can still resolve is gained.
            let (objective, gap) = (search.value.objective, search.gap());
            let has_fallen = certified_at - objective > 4.0 * f64::EPSILON * objective;
            n_still = if has_fallen || gap < 0.9 * least_gap {
                0
            } else {
                n_still + 1
            };
            (certified_at, least_gap) = (objective, gap.min(least_gap));
            if gap > limits.tolerance && n_still == PATIENCE {
                outcome = Some(Outcome::Stationary);
            }
        }
    }
    let outcome = outcome.unwrap_or(Outcome::Stationary);
    search.compress()?;
    Ok(Found {
        q: search.q,
        value: search.value,
        lower_bound: search.lower_bound,
        n_gradients: search.n_gradients,
        n_iterations: search.n_iterations,
        outcome,
    })
}

/// A point, the objective there and its gradient.
type Evaluated = (Vec<f64>, Value, Vec<f64>);

struct Search<'s, 'o> {
    objective: &'s mut Objective<'o>,
    limits: Limits,
    q: Vec<f64>,
    gradient: Vec<f64>,
    value: Value,
    lower_bound: f64,
    history: History,
    /// The length at which directions were added last, in their own units.
    added_length: f64,
    n_gradients: usize,
    n_iterations: usize,
}

impl<'s, 'o> Search<'s, 'o> {
    fn new(objective: &'s mut Objective<'o>, q: Vec<f64>, limits: Limits) -> Result<Self> {
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
            added_length: 1.0,
            n_gradients: 1,
            n_iterations: 0,
        })
    }

    fn gap(&self) -> f64 {
        // Rounding may put a proved minimum below its bound.
        (self.value.objective - self.lower_bound).max(0.0)
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

    /// One iteration of BFGS, with a search along the line for the weak Wolfe conditions by bisection
    /// (Lewis & Overton, 2013). Says whether it moved.
    fn step(&mut self) -> Result<bool> {
        /// Trials along a line.
        const MOST: usize = 25;
        const SUFFICIENT_DECREASE: f64 = 1e-4;
        const CURVATURE: f64 = 0.9;
        /// Relative differences of the objective below this are rounding.
        const ROUNDING: f64 = 1e-13;

        self.n_iterations += 1;
        if self.q.is_empty() {
            return Ok(false);
        }
        let inverse = self.preconditioner();
        let n_axes = self.objective.n_axes();
        let precondition = |v: &[f64]| {
            let mut out = vec![0.0; v.len()];
            product(matrix(v, n_axes), inverse.as_ref(), &mut out);
            out
        };
        let direction = self.history.direction(&self.gradient, precondition);
        let slope = dot(&direction, &self.gradient);
        if slope >= 0.0 {
            self.history.clear();
            return Ok(false);
        }
        let mut step = 1.0;
        if self.history.is_empty() {
            // Without a model of the curvature: a tenth of what there is.
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
            // Where the objective is all rounding, its slope tells (Hager & Zhang, 2005).
            let is_rounding = rise.abs() <= ROUNDING * value.objective;
            let has_fallen = match is_rounding {
                true => new_slope <= (2.0 * SUFFICIENT_DECREASE - 1.0) * slope,
                false => rise <= SUFFICIENT_DECREASE * step * slope,
            };
            if !has_fallen {
                high = step;
                // Where the parabola through what is known is least.
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
        // The room of the objective is of the last trial.
        let q = std::mem::take(&mut self.q);
        let evaluated = self.evaluate(&q);
        self.q = q;
        evaluated?;
        Ok(false)
    }

    /// The inverse of QᵀQ, damped: with it the search is as fast along short columns of Q as along long
    /// ones (Tong, Ma & Chi, 2021; Zhang, Fattahi & Zhang, 2021).
    fn preconditioner(&self) -> Mat<f64> {
        let mut gram = self.gram();
        let rank = self.rank();
        let longest = (0..rank)
            .map(|column| gram[(column, column)])
            .fold(0.0, f64::max);
        for column in 0..rank {
            gram[(column, column)] += DAMPING * longest;
        }
        // Without one only where all columns are zero.
        inverse(gram).unwrap_or_else(|| Mat::identity(rank, rank))
    }

    fn gram(&self) -> Mat<f64> {
        let (q, rank) = (matrix(&self.q, self.objective.n_axes()), self.rank());
        let mut gram = vec![0.0; rank * rank];
        product(q.transpose(), q, &mut gram);
        matrix(&gram, rank).to_owned()
    }

    /// Rotates the columns of Q to its principal axes, which changes nothing, and leaves out those that
    /// are next to nothing.
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

    /// Bounds the minimum, and adds columns in which the objective falls, if there are any and there is
    /// room for them.
    fn certify_and_grow(&mut self) -> Result<()> {
        let certificate = self.objective.certify(&self.q)?;
        self.lower_bound = self.lower_bound.max(certificate.lower_bound);
        let n_axes = self.objective.n_axes();
        // From nothing, with all there are.
        let most = if self.q.is_empty() { n_axes } else { ADDED };
        let most = most.min(self.limits.max_rank - self.rank());
        let mut added = certificate.descent;
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

    /// Adds columns in the best of lengths that double or halve.
    fn try_lengths(&mut self, added: &[f64]) -> Result<Option<Evaluated>> {
        /// Lengths that are tried.
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
