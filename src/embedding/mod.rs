//! Embeddings learned from choices: few non-negative, interpretable dimensions that predict which
//! pair of three objects people find most similar.
//!
//! # SPoSE
//!
//! [`Spose`] (Zheng, Pereira, Baker & Hebart, 2019; Hebart, Zheng, Pereira & Baker, 2020) finds
//! X ≥ 0, objects × dimensions. The similarity of two objects is the dot product of their rows, and
//! a pair is chosen with probability softmax(similarity) over the pairs of a trial. It minimizes
//!
//! F = mean over trials of −ln p(chosen pair) + (λ / objects) Σ x,
//!
//! in nats. The division of λ by the number of objects is that of the published PyTorch code, so
//! that its values of λ can be used here. The penalty makes weights sparse and removes
//! dimensions; [`SposeCrossValidation`] chooses λ.
//!
//! The published code takes many small steps on batches of trials. Here, every gradient is that of
//! all trials: one Gram matrix X Xᵀ, one pass over the trials that gives the derivatives D with
//! respect to the similarities, and the product (D + Dᵀ) X. A projected L-BFGS method needs a few
//! hundred gradients. Trials are grouped by question first, so that repeated triples take no
//! additional time. Trials that are larger than memory are read again in every pass, see
//! [`StreamedTrials`].
//!
//! F is not convex, so that other seeds give other local minima. With few trials for each object,
//! the result depends strongly on λ: if it is slightly too small, the embedding fits the noise of
//! the choices with all its dimensions; if it is slightly too large, all weights are zero.
//!
//! # VICE
//!
//! [`Vice`] (Muttenthaler et al., 2022) learns a normal distribution of every weight instead, and
//! keeps the dimensions in which enough objects have a significantly positive weight.
//!
//! # Comparing embeddings
//!
//! [`reproducibility`] measures how well other seeds or halves of the trials find the same
//! dimensions. [`match_dimensions`] pairs the dimensions of two embeddings, such as those of people
//! and of a network, tests each pair, and lists what each has that the other lacks. The choices of a
//! network or of a language model are embedded like those of people: as trials
//! ([`SimulatedObserver`](crate::dataset::SimulatedObserver)) or as probabilities
//! ([`ChoiceFrequencies::new`](crate::judgment::ChoiceFrequencies::new)).
//!
//! # Questions for an experiment
//!
//! [`random_triples`] draws the questions of a new experiment, and [`informative_triples`] chooses
//! further questions when some have been answered: those about which embeddings that fit the
//! answers so far disagree most.
//!
//! # Stopping
//!
//! A minimum satisfies x ≥ 0, and ∂F/∂x is 0 where x > 0 and not negative where x = 0 (the
//! conditions of Karush, Kuhn & Tucker). The *KKT residual* is the largest
//! |x − max(0, x − objects · ∂F/∂x)|, which is 0 at a minimum. A fit ends if this residual, or
//! the relative decrease of F over ten iterations, is within the tolerance. Both are part of the result.
//!
//! # Objects without trials
//!
//! The rows of an embedding are all stimuli of the trials. A stimulus that no trial shows has zero
//! weights, which minimize F. For this reason, λ is chosen on held-out trials and not on held-out
//! objects: nothing is known about an object that no trial shows.

mod assignment;
mod checkpoint;
mod choices;
mod cross_validation;
mod fit;
mod folds;
mod matching;
mod objective;
mod reproducibility;
mod sampling;
mod score;
mod solver;
mod streamed;
mod vice;
mod vice_embedding;

use std::ops::ControlFlow;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

pub use choices::TrainingChoices;
pub use cross_validation::{LambdaCandidate, SposeCrossValidation, SposeProgress, SposeSelection};
pub use fit::Embedding;
pub use folds::{fold_of_trial, folds_by_question};
pub use matching::{DimensionMatch, MatchedDimensions, match_dimensions};
pub use reproducibility::{Reproducibility, reproducibility};
pub use sampling::{expected_information, informative_triples, random_triples};
pub use score::EmbeddingScore;
pub use solver::{Ending, SposeIteration};
pub use streamed::StreamedTrials;
pub use vice::{Vice, ViceStep};
pub use vice_embedding::ViceEmbedding;

use crate::error::{Error, Result, positive, same_length};
use crate::linalg::zeroed;
use checkpoint::Checkpoint;
use objective::Objective;
use solver::{Limits, Search, State};

/// Settings of SPoSE, which learns a sparse non-negative embedding from choices.
///
/// | setting | default |
/// |---|---|
/// | λ | 0.008 |
/// | seed of the initial weights | 0 |
/// | tolerance | 1e-5 |
/// | maximum number of iterations | 2,000 |
/// | smallest maximum of a dimension | 0.1 |
/// | scale of the initial weights | 4 |
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::embedding::Spose;
/// use human_alignment::judgment::ChoiceFrequencies;
/// use human_alignment::{Representation, SimilarityDataset, Stimuli};
/// use ndarray::Array2;
///
/// // Twelve objects of two kinds, and an observer who sees the kinds.
/// let kinds = Array2::from_shape_fn((12, 2), |(i, j)| if i % 2 == j { 2.0 } else { 0.0 });
/// let truth = Representation::new(Stimuli::numbered(12), kinds)?;
/// let trials = SimulatedObserver::new(truth)?.odd_one_out(2000, 1)?;
///
/// let choices = ChoiceFrequencies::from_trials(trials.judgments());
/// let embedding = Spose::new(10)?.with_lambda(0.05)?.fit(&choices)?;
/// assert_eq!(embedding.n_dimensions(), 2);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spose {
    n_dimensions: usize,
    lambda: f64,
    seed: u64,
    tolerance: f64,
    max_iterations: usize,
    smallest_maximum: f64,
    initial_scale: f64,
}

/// Checks the number of initial dimensions, on which the memory depends.
fn check_dimensions(n_dimensions: usize) -> Result<()> {
    const MOST: usize = 10_000;

    match n_dimensions {
        1..=MOST => Ok(()),
        _ => Err(Error::parameter(
            "dimensions",
            "at least 1 and at most 10,000",
            n_dimensions,
        )),
    }
}

impl Spose {
    /// Creates the settings, with the number of dimensions before any are removed.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` unless it is from 1 to 10,000.
    pub fn new(n_dimensions: usize) -> Result<Self> {
        check_dimensions(n_dimensions)?;
        Ok(Self {
            n_dimensions,
            lambda: 0.008,
            seed: 0,
            tolerance: 1e-5,
            max_iterations: 2000,
            smallest_maximum: 0.1,
            initial_scale: 4.0,
        })
    }

    /// Sets the weight λ of the penalty, in nats per unit of the mean sum of the weights of an
    /// object.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is not positive and finite: without a
    /// penalty, a minimum may not exist.
    pub fn with_lambda(mut self, lambda: f64) -> Result<Self> {
        self.lambda = positive("lambda", lambda)?;
        Ok(self)
    }

    /// Sets the seed of the initial weights.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the tolerance of the relative decrease of the objective over ten iterations, and of the
    /// KKT residual.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is not positive and finite.
    pub fn with_tolerance(mut self, tolerance: f64) -> Result<Self> {
        self.tolerance = positive("tolerance", tolerance)?;
        Ok(self)
    }

    /// Sets the maximum number of iterations.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is 0.
    pub fn with_max_iterations(mut self, n: usize) -> Result<Self> {
        if n == 0 {
            return Err(Error::parameter("limit on iterations", "at least 1", n));
        }
        self.max_iterations = n;
        Ok(self)
    }

    /// Sets the threshold for removing dimensions: one whose largest weight is below it is removed
    /// after the fit.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is negative or not finite.
    pub fn with_smallest_maximum(mut self, weight: f64) -> Result<Self> {
        if !(weight >= 0.0 && weight.is_finite()) {
            let expected = "not negative and finite";
            return Err(Error::parameter("smallest maximum", expected, weight));
        }
        self.smallest_maximum = weight;
        Ok(self)
    }

    /// Sets the scale of the initial weights, which are uniform between 0 and a largest weight. With
    /// a scale of 1, the similarities of an object with two others differ by about one.
    ///
    /// With few trials for each object, the minimum depends on the scale: from small initial
    /// weights, a λ that is slightly too large removes all dimensions, while larger initial weights
    /// lead to a minimum with a lower objective. With many trials, the scale makes little
    /// difference, and smaller weights need fewer iterations.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is not positive and finite.
    pub fn with_initial_scale(mut self, scale: f64) -> Result<Self> {
        self.initial_scale = positive("initial scale", scale)?;
        Ok(self)
    }

    /// Returns the weight λ of the penalty.
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// Fits an embedding. The weight of a question in the mean is the sum of its frequencies; with
    /// probabilities instead of counts, the embedding is that of the model that they belong to.
    ///
    /// Results are bitwise equal with any number of threads. The memory grows with questions +
    /// objects² + objects × dimensions; with [`StreamedTrials`], it does not grow with questions.
    ///
    /// # Errors
    /// Returns `ComputationError::LossNotFinite` if the objective is not finite,
    /// `ComputationError::OutOfMemory`, and the errors of reading streamed trials.
    pub fn fit(&self, choices: &impl TrainingChoices) -> Result<Embedding> {
        self.fit_observed(choices, |_| ControlFlow::Continue(()))
    }

    /// Fits an embedding and calls `observe` in every iteration, which may stop the fit. The
    /// embedding of that iteration is then returned.
    ///
    /// # Errors
    /// Returns an error if [`Spose::fit`] does.
    pub fn fit_observed(
        &self,
        choices: &impl TrainingChoices,
        mut observe: impl FnMut(&SposeIteration) -> ControlFlow<()>,
    ) -> Result<Embedding> {
        let mut objective = Objective::new(choices, self.lambda)?;
        let (state, last) = self.solve(&mut objective, None, &mut |_, iteration| {
            Ok(observe(iteration))
        })?;
        Embedding::new(self, choices, &mut objective, state, last)
    }

    /// Fits an embedding like [`Spose::fit_observed`] and keeps the state of the fit in a file. If
    /// the file exists, the fit continues from there, and the embedding is the same bit for bit as
    /// that of a fit without interruption.
    ///
    /// The file is replaced every few seconds, and when the fit ends or is stopped. It is not
    /// removed.
    ///
    /// # Errors
    /// Returns an error if [`Spose::fit`] does. Returns `FileError::Write` if the file cannot be
    /// written and, within `Context::File`, `FileError::Malformed` if it is not the state of a fit
    /// and `FileError::OtherRun` if it is that of other choices or settings.
    pub fn fit_resumable(
        &self,
        choices: &impl TrainingChoices,
        checkpoint: impl AsRef<Path>,
        mut observe: impl FnMut(&SposeIteration) -> ControlFlow<()>,
    ) -> Result<Embedding> {
        let mut objective = Objective::new(choices, self.lambda)?;
        let run = checkpoint::run_of(self, choices);
        let (mut checkpoint, saved) = Checkpoint::open(checkpoint.as_ref(), run)?;
        let state = saved.map(|(_, state)| state);
        let (state, last) = self.solve(&mut objective, state, &mut |state, iteration| {
            let flow = observe(iteration);
            checkpoint.save_if_due(&[], state, flow.is_break())?;
            Ok(flow)
        })?;
        checkpoint.save_if_due(&[], &state, true)?;
        Embedding::new(self, choices, &mut objective, state, last)
    }

    /// Minimizes the objective from a state, or from random weights.
    fn solve(
        &self,
        objective: &mut Objective<'_>,
        from: Option<State>,
        observe: &mut dyn FnMut(&State, &SposeIteration) -> Result<ControlFlow<()>>,
    ) -> Result<(State, (SposeIteration, Ending))> {
        let mut search = match from {
            Some(state) => {
                let n_left = state.x.len() % objective.n_objects();
                same_length("weights of an unfinished fit that are no column", 0, n_left)?;
                Search::resume(objective, state)
            }
            None => {
                let x = self.initial(objective.n_objects())?;
                Search::start(objective, x)?
            }
        };
        let limits = Limits {
            tolerance: self.tolerance,
            max_iterations: self.max_iterations,
        };
        let ending = search.run(limits, observe)?;
        let last = search.iteration();
        Ok((search.state, (last, ending)))
    }

    /// Draws the initial weights.
    fn initial(&self, n_objects: usize) -> Result<Vec<f64>> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        // The product of two uniform numbers has a variance of 1/9 − 1/16.
        let spread = (2.0 * self.n_dimensions as f64 * (1.0 / 9.0 - 1.0 / 16.0)).sqrt();
        let largest = self.initial_scale / spread.sqrt();
        let len = n_objects.saturating_mul(self.n_dimensions);
        let mut x = zeroed(len, "the weights of the embedding")?;
        x.iter_mut()
            .for_each(|x| *x = largest * rng.random::<f64>());
        Ok(x)
    }
}
