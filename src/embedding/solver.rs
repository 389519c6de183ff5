//! The minimization of the objective over non-negative weights.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::objective::{Objective, Value};
use crate::error::Result;
use crate::linalg::dot;
use crate::probe::History;

/// Number of steps stored for the approximate inverse Hessian.
const MEMORY: usize = 10;

/// Number of iterations over which the relative change of the objective is measured.
const WINDOW: usize = 10;

/// The reason why a fit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ending {
    /// The relative change of the objective, or the KKT residual, is within the tolerance.
    Converged,
    /// The callback stopped the fit.
    Stopped,
    /// The limit on the number of iterations was reached.
    OutOfIterations,
}

/// The state of a fit after an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SposeIteration {
    /// Number of the iteration; 0 is the state before the first.
    pub number: usize,
    /// Number of passes over the trials so far.
    pub n_passes: usize,
    /// The objective, in nats; it never increases.
    pub objective: f64,
    /// The decrease of the objective over the last ten iterations, relative to the objective;
    /// infinite before the tenth.
    pub relative_change: f64,
    /// The KKT residual.
    pub kkt_residual: f64,
    /// Number of dimensions whose weights are not all zero.
    pub n_dimensions: usize,
}

/// A point of the search, with everything that the next steps depend on.
pub(super) struct State {
    /// Objects × dimensions, in column-major order. Dimensions whose weights are all zero are
    /// removed: their gradient is the penalty alone, so that they stay zero.
    pub x: Vec<f64>,
    pub gradient: Vec<f64>,
    pub value: Value,
    pub history: History,
    pub n_iterations: usize,
    pub n_passes: usize,
    /// The objective after each of the last iterations, oldest first.
    pub recent: Vec<f64>,
    pub ending: Option<Ending>,
}

/// Returns a history without steps.
pub(super) fn new_history() -> History {
    History::new(MEMORY)
}

/// The stopping criteria.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub tolerance: f64,
    pub max_iterations: usize,
}

/// A search for a minimum.
pub(super) struct Search<'s, 'o> {
    objective: &'s mut Objective<'o>,
    pub state: State,
}

impl<'s, 'o> Search<'s, 'o> {
    /// Starts a search at X ≥ 0.
    ///
    /// # Errors
    /// Returns `ComputationError::LossNotFinite` if the objective is not finite.
    pub fn start(objective: &'s mut Objective<'o>, x: Vec<f64>) -> Result<Self> {
        let mut gradient = vec![0.0; x.len()];
        let value = objective.evaluate(&x, &mut gradient)?;
        let state = State {
            x,
            gradient,
            value,
            history: new_history(),
            n_iterations: 0,
            n_passes: 1,
            recent: vec![value.objective],
            ending: None,
        };
        Ok(Self::resume(objective, state))
    }

    /// Returns the search at one of its states, from where it continues bit for bit.
    pub fn resume(objective: &'s mut Objective<'o>, state: State) -> Self {
        Self { objective, state }
    }

    /// Minimizes the objective. `observe` is called with every state and may stop the search.
    ///
    /// # Errors
    /// Returns an error of `observe`, and `ComputationError::LossNotFinite` if the objective is not
    /// finite.
    pub fn run(
        &mut self,
        limits: Limits,
        observe: &mut dyn FnMut(&State, &SposeIteration) -> Result<ControlFlow<()>>,
    ) -> Result<Ending> {
        loop {
            if let Some(ending) = self.state.ending {
                return Ok(ending);
            }
            let iteration = self.iteration();
            if observe(&self.state, &iteration)?.is_break() {
                return Ok(Ending::Stopped);
            }
            self.state.ending = if iteration.relative_change <= limits.tolerance
                || iteration.kkt_residual <= limits.tolerance
            {
                Some(Ending::Converged)
            } else if self.state.n_iterations >= limits.max_iterations {
                Some(Ending::OutOfIterations)
            } else if self.step()? {
                None
            } else {
                // No step decreases the objective beyond rounding.
                Some(Ending::Converged)
            };
        }
    }

    /// Returns the description of the current state.
    pub fn iteration(&self) -> SposeIteration {
        let state = &self.state;
        let relative_change = match state.recent.len() > WINDOW {
            true => (state.recent[0] - state.value.objective) / state.value.objective,
            false => f64::INFINITY,
        };
        SposeIteration {
            number: state.n_iterations,
            n_passes: state.n_passes,
            objective: state.value.objective,
            relative_change,
            kkt_residual: self.kkt_residual(),
            n_dimensions: state.x.len() / self.objective.n_objects(),
        }
    }

    /// Computes the largest distance of a weight from max(0, weight − objects × gradient).
    fn kkt_residual(&self) -> f64 {
        let n = self.objective.n_objects() as f64;
        let pairs = self.state.x.iter().zip(&self.state.gradient);
        let moves = pairs.map(|(x, g)| (x - (x - n * g).max(0.0)).abs());
        moves.fold(0.0, f64::max)
    }

    /// Performs one iteration of projected L-BFGS (two-metric projection, Bertsekas 1982; Schmidt,
    /// Kim & Sra 2011): variables at zero whose gradient is positive stay, and a backtracking search
    /// follows the projected path of the others. Returns false if no step decreases the objective.
    fn step(&mut self) -> Result<bool> {
        let free: Vec<f64> = (self.state.x.iter().zip(&self.state.gradient))
            .map(|(&x, &g)| f64::from(x > 0.0 || g < 0.0))
            .collect();
        loop {
            let is_steepest = self.state.history.is_empty();
            if self.search_along(&free)? {
                self.state.n_iterations += 1;
                if self.state.recent.len() > WINDOW {
                    self.state.recent.remove(0);
                }
                self.state.recent.push(self.state.value.objective);
                self.drop_zero_dimensions();
                return Ok(true);
            }
            if is_steepest {
                return Ok(false);
            }
            self.state.history.clear();
        }
    }

    /// Searches along the projected quasi-Newton direction. Returns true if the point changed.
    fn search_along(&mut self, free: &[f64]) -> Result<bool> {
        /// Maximum number of evaluations along a path.
        const MOST: usize = 15;
        const SUFFICIENT_DECREASE: f64 = 1e-4;

        let state = &mut self.state;
        let direction = state.history.free_direction(&state.gradient, free);
        if dot(&direction, &state.gradient) >= 0.0 {
            return Ok(false);
        }
        let mut step = 1.0;
        if state.history.is_empty() {
            // Without curvature information, start with a tenth of the length of X.
            let lengths = dot(&state.x, &state.x) / dot(&direction, &direction);
            step = 0.1 * lengths.sqrt();
        }
        for _ in 0..MOST {
            let x: Vec<f64> = (state.x.iter().zip(&direction))
                .map(|(x, d)| (x + step * d).max(0.0))
                .collect();
            let moved: Vec<f64> = x.iter().zip(&state.x).map(|(new, old)| new - old).collect();
            let mut gradient = vec![0.0; x.len()];
            let value = self.objective.evaluate(&x, &mut gradient)?;
            state.n_passes += 1;
            let slope = dot(&state.gradient, &moved);
            let rise = value.objective - state.value.objective;
            if slope < 0.0 && rise < 0.0 && rise <= SUFFICIENT_DECREASE * slope {
                let change = (gradient.iter().zip(&state.gradient))
                    .map(|(new, old)| new - old)
                    .collect();
                state.history.push(moved, change);
                (state.x, state.gradient, state.value) = (x, gradient, value);
                return Ok(true);
            }
            // The minimum of the parabola through the known values.
            let least = 0.5 * slope / (slope - rise);
            step *= match least.is_finite() {
                true => least.clamp(0.1, 0.5),
                false => 0.5,
            };
        }
        Ok(false)
    }

    /// Removes dimensions whose weights are all zero.
    fn drop_zero_dimensions(&mut self) {
        let n = self.objective.n_objects();
        let kept: Vec<bool> = (self.state.x.chunks_exact(n))
            .map(|column| column.iter().any(|&x| x > 0.0))
            .collect();
        if kept.iter().all(|&kept| kept) {
            return;
        }
        let without = |all: &[f64]| -> Vec<f64> {
            let columns = all.chunks_exact(n).zip(&kept);
            let columns = columns.filter(|(_, kept)| **kept);
            columns.flat_map(|(column, _)| column).copied().collect()
        };
        self.state.x = without(&self.state.x);
        self.state.gradient = without(&self.state.gradient);
        self.state.history.map(without);
    }
}
