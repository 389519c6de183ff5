//! The choice of λ on held-out trials.

use std::ops::ControlFlow;
use std::path::Path;

use serde::Serialize;

use super::checkpoint::{Checkpoint, CompleteFit, run_of};
use super::fit::in_order;
use super::folds::folds_by_question;
use super::objective::Objective;
use super::score::score;
use super::solver::State;
use super::{Embedding, Spose, SposeIteration};
use crate::error::{Result, at_least, check_penalties};
use crate::judgment::{ChoiceFrequencies, Task};

/// The default candidates. A good λ is below 0.01 with thousands of trials for each object, and about
/// 0.06 with 200.
const DEFAULT_LAMBDAS: [f64; 30] = [
    0.001, 0.0012, 0.0015, 0.0018, 0.0021, 0.0025, 0.003, 0.0036, 0.0044, 0.0052, 0.0063, 0.0075,
    0.009, 0.011, 0.013, 0.016, 0.019, 0.023, 0.028, 0.033, 0.04, 0.048, 0.058, 0.07, 0.083, 0.1,
    0.12, 0.14, 0.17, 0.2,
];

/// Number of default candidates in succession that predict worse than a larger one, after which the
/// smaller ones are skipped.
const PATIENCE: usize = 2;

/// A candidate λ, and how well it predicts held-out choices.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LambdaCandidate {
    /// The weight λ of the penalty.
    pub lambda: f64,
    /// The mean −ln p of the held-out choices, in nats.
    pub cross_entropy: f64,
    /// The share of held-out choices that are the pair with the largest similarity.
    pub accuracy: f64,
    /// The mean number of dimensions over folds.
    pub n_dimensions: f64,
}

/// The progress of a cross-validation.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SposeProgress {
    /// Number of fits that are complete.
    pub n_complete: usize,
    /// Number of all fits, if no λ is skipped: one for each λ and fold, and that to all choices.
    pub n_fits: usize,
    /// The λ of the current fit.
    pub lambda: f64,
    /// The state of the current fit.
    pub iteration: SposeIteration,
}

/// The result of a [`SposeCrossValidation`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SposeSelection {
    /// The candidates that were tried, in ascending order of λ.
    pub path: Vec<LambdaCandidate>,
    /// The candidate with the lowest cross-entropy; the largest λ if several are equal.
    pub best: LambdaCandidate,
    /// The embedding of all choices with the chosen λ.
    pub embedding: Embedding,
}

/// The choice of λ by cross-validation, and the fit to all choices with the chosen λ.
///
/// Questions are divided into folds at random, so that all repetitions of a triple are in the same
/// fold. Every fit starts from the same random weights, as [`Spose::fit`] does, and not from the
/// embedding of another λ: dimensions that a larger λ has removed cannot return, and dimensions that
/// fitted noise with a smaller λ disappear slowly.
///
/// The default candidates are tried from the largest, and the smaller ones are skipped after two in
/// succession that predict worse than a larger one: fits with a small λ take most iterations.
/// Candidates that are given are all tried.
///
/// | setting | default |
/// |---|---|
/// | candidates | 0.2 to 0.001, each about 1.2 times the next |
/// | folds | 5 |
/// | seed of the folds | 0 |
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::embedding::{Spose, SposeCrossValidation};
/// use human_alignment::judgment::ChoiceFrequencies;
/// use human_alignment::{Representation, SimilarityDataset, Stimuli};
/// use ndarray::Array2;
///
/// let kinds = Array2::from_shape_fn((12, 2), |(i, j)| if i % 2 == j { 1.5 } else { 0.0 });
/// let truth = Representation::new(Stimuli::numbered(12), kinds)?;
/// let trials = SimulatedObserver::new(truth)?.odd_one_out(1000, 1)?;
///
/// let choices = ChoiceFrequencies::from_trials(trials.judgments());
/// let selection = SposeCrossValidation::new(Spose::new(5)?)
///     .with_lambdas(&[0.01, 0.05, 2.0])?
///     .run(&choices)?;
/// // With too large a penalty, all dimensions are removed.
/// assert_eq!(selection.path[2].n_dimensions, 0.0);
/// assert!(selection.best.lambda < 2.0);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SposeCrossValidation {
    spose: Spose,
    /// In ascending order.
    lambdas: Vec<f64>,
    /// Whether candidates may be skipped.
    may_skip: bool,
    n_folds: usize,
    seed: u64,
}

impl SposeCrossValidation {
    /// Creates the cross-validation of an embedding.
    pub fn new(spose: Spose) -> Self {
        Self {
            spose,
            lambdas: DEFAULT_LAMBDAS.to_vec(),
            may_skip: true,
            n_folds: 5,
            seed: 0,
        }
    }

    /// Sets the candidates, all of which are tried.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are none, and `ArgumentError::InvalidParameter` if
    /// one is not positive and finite, or is a duplicate.
    pub fn with_lambdas(mut self, lambdas: &[f64]) -> Result<Self> {
        for &lambda in lambdas {
            self.spose.clone().with_lambda(lambda)?;
        }
        self.may_skip = false;
        self.lambdas = lambdas.to_vec();
        self.lambdas.sort_by(f64::total_cmp);
        check_penalties(&self.lambdas)?;
        Ok(self)
    }

    /// Sets the number of folds.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are fewer than two folds.
    pub fn with_folds(mut self, n_folds: usize) -> Result<Self> {
        at_least("folds", 2, n_folds)?;
        self.n_folds = n_folds;
        Ok(self)
    }

    /// Sets the seed of the folds.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Chooses λ and fits the embedding of all choices.
    ///
    /// # Errors
    /// Returns an error if [`Spose::fit`] does, and `ArgumentError::TooFew` if there are fewer
    /// questions than folds.
    pub fn run<T: Task>(&self, choices: &ChoiceFrequencies<T>) -> Result<SposeSelection> {
        let all = self.run_observed(choices, None, |_| ControlFlow::Continue(()))?;
        Ok(all.expect("it was not stopped"))
    }

    /// Chooses λ and fits the embedding like [`SposeCrossValidation::run`], and calls `observe` in
    /// every iteration of every fit. Returns `None` if `observe` stopped it.
    ///
    /// With a `checkpoint`, the state is kept in this file, and a run that was interrupted or
    /// stopped is continued from there, with the same result bit for bit, see
    /// [`Spose::fit_resumable`].
    ///
    /// # Errors
    /// Returns an error if [`SposeCrossValidation::run`] or [`Spose::fit_resumable`] does.
    pub fn run_observed<T: Task>(
        &self,
        choices: &ChoiceFrequencies<T>,
        checkpoint: Option<&Path>,
        mut observe: impl FnMut(&SposeProgress) -> ControlFlow<()>,
    ) -> Result<Option<SposeSelection>> {
        let folds = folds_by_question(choices, self.n_folds, self.seed)?;
        let (checkpoint, saved) = match checkpoint {
            None => (None, None),
            Some(path) => {
                let (checkpoint, saved) = Checkpoint::open(path, run_of(self, choices))?;
                (Some(checkpoint), saved)
            }
        };
        let (complete, state) = saved.map_or((Vec::new(), None), |(complete, state)| {
            (complete, Some(state))
        });
        let mut run = Run {
            spose: &self.spose,
            checkpoint,
            complete,
            state,
            n_fits: self.n_folds * self.lambdas.len() + 1,
            observe: &mut observe,
        };
        let weights = (0..self.n_folds).map(|fold| {
            let held_out = folds.held_out(fold);
            let frequencies = held_out.iter().map(|&question| choices.by_pair()[question]);
            frequencies.flatten().sum::<f64>()
        });
        let weights: Vec<f64> = weights.collect();
        let mut path: Vec<LambdaCandidate> = Vec::new();
        for &lambda in self.lambdas.iter().rev() {
            if self.may_skip && is_over(&path) {
                break;
            }
            let first = path.len() * self.n_folds;
            for fold in run.complete.len().saturating_sub(first)..self.n_folds {
                // Selected again for each λ: this takes little time beside a fit, while the choices of
                // all folds at once would take several times the memory.
                let training = choices.select(&folds.training(fold))?;
                let test = choices.select(&folds.held_out(fold))?;
                let flow = run.fit(&training, &test, lambda);
                if flow.map_err(|error| error.in_fold(fold))?.is_break() {
                    return Ok(None);
                }
            }
            let fits = &run.complete[first..first + self.n_folds];
            path.push(candidate(lambda, fits, &weights));
        }
        path.reverse();
        let order = |a: &&LambdaCandidate, b: &&LambdaCandidate| {
            let by_lambda = b.lambda.total_cmp(&a.lambda);
            a.cross_entropy.total_cmp(&b.cross_entropy).then(by_lambda)
        };
        let best = *path.iter().min_by(order).expect("at least one candidate");
        let is_complete = run.complete.len() > path.len() * self.n_folds;
        if !is_complete && run.fit(choices, choices, best.lambda)?.is_break() {
            return Ok(None);
        }
        let spose = self.spose.clone().with_lambda(best.lambda)?;
        let state = run.state.take().expect("the state of the last fit");
        let embedding = Embedding::of_complete(&spose, choices, state)?;
        Ok(Some(SposeSelection {
            path,
            best,
            embedding,
        }))
    }
}

/// Computes the means over folds. `weights` are the sums of the frequencies of the folds.
fn candidate(lambda: f64, fits: &[CompleteFit], weights: &[f64]) -> LambdaCandidate {
    let total: f64 = weights.iter().sum();
    let mean = |of: fn(&CompleteFit) -> f64| -> f64 {
        let sums = fits.iter().zip(weights);
        sums.map(|(fit, weight)| weight * of(fit)).sum::<f64>() / total
    };
    let n_dimensions: usize = fits.iter().map(|fit| fit.n_dimensions).sum();
    LambdaCandidate {
        lambda,
        cross_entropy: mean(|fit| fit.score.cross_entropy),
        accuracy: mean(|fit| fit.score.accuracy),
        n_dimensions: n_dimensions as f64 / fits.len() as f64,
    }
}

/// Returns true if the last candidates predict worse than one before them.
fn is_over(path: &[LambdaCandidate]) -> bool {
    let (before, last) = path.split_at(path.len().saturating_sub(PATIENCE));
    let scores = before.iter().map(|candidate| candidate.cross_entropy);
    let best = scores.fold(f64::INFINITY, f64::min);
    !before.is_empty() && last.iter().all(|candidate| candidate.cross_entropy > best)
}

/// The fits of a cross-validation, some of which may be complete.
struct Run<'a> {
    spose: &'a Spose,
    checkpoint: Option<Checkpoint>,
    complete: Vec<CompleteFit>,
    /// The state of the current fit, or of the last complete one.
    state: Option<State>,
    n_fits: usize,
    observe: &'a mut dyn FnMut(&SposeProgress) -> ControlFlow<()>,
}

impl Run<'_> {
    /// Fits the next λ, from the saved state if there is one, and scores it on the test choices.
    fn fit<T: Task>(
        &mut self,
        training: &ChoiceFrequencies<T>,
        test: &ChoiceFrequencies<T>,
        lambda: f64,
    ) -> Result<ControlFlow<()>> {
        let spose = self.spose.clone().with_lambda(lambda)?;
        let mut objective = Objective::new(training, lambda)?;
        // The state of a complete fit is that of the previous one.
        let from = self.state.take().filter(|state| state.ending.is_none());
        let (complete, n_fits) = (&self.complete, self.n_fits);
        let (checkpoint, observe) = (&mut self.checkpoint, &mut self.observe);
        let (mut state, (_, ending)) =
            spose.solve(&mut objective, from, &mut |state, iteration| {
                let flow = observe(&SposeProgress {
                    n_complete: complete.len(),
                    n_fits,
                    lambda,
                    iteration: *iteration,
                });
                if let Some(checkpoint) = checkpoint {
                    checkpoint.save_if_due(complete, state, flow.is_break())?;
                }
                Ok(flow)
            })?;
        if ending == super::Ending::Stopped {
            return Ok(ControlFlow::Break(()));
        }
        self.complete
            .push(complete_fit(&spose, training, test, &state));
        state.ending = Some(ending);
        if let Some(checkpoint) = &mut self.checkpoint {
            checkpoint.save_if_due(&self.complete, &state, false)?;
        }
        self.state = Some(state);
        Ok(ControlFlow::Continue(()))
    }
}

/// Scores the embedding of a state on test choices.
fn complete_fit<T: Task>(
    spose: &Spose,
    training: &ChoiceFrequencies<T>,
    test: &ChoiceFrequencies<T>,
    state: &State,
) -> CompleteFit {
    let n = training.shown().len();
    let x = in_order(&state.x, n, spose.smallest_maximum);
    let n_dimensions = x.len() / n;
    // One more row of zeros, for stimuli that no training choice shows.
    let mut rows = vec![0.0; (n + 1) * n_dimensions];
    for (dimension, column) in x.chunks_exact(n).enumerate() {
        for (object, &weight) in column.iter().enumerate() {
            rows[object * n_dimensions + dimension] = weight;
        }
    }
    let mut row_of = vec![n as u32; training.stimuli().len()];
    for (object, &stimulus) in (0..).zip(training.shown()) {
        row_of[stimulus as usize] = object;
    }
    CompleteFit {
        score: score(&rows, n_dimensions, &row_of, test),
        n_dimensions,
    }
}
