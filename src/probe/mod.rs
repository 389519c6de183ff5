//! The probe: an optimal linear transform of a representation for predicting human choices.
//!
//! # The objective
//!
//! With standardized features Z (objects × features) and weights W (features × dimensions), the
//! similarity of two objects is the dot product of their rows of ZW, and a pair of a trial is
//! chosen with probability softmax(similarity / temperature) over its pairs. The similarities, and
//! therefore the loss, depend on W only through M = W Wᵀ. The probe minimizes
//!
//! F = mean over trials of −ln p(chosen pair) + penalty of M,
//!
//! in nats. F is convex in M ⪰ 0, so every minimum is global, regardless of the starting point.
//!
//! # The penalty
//!
//! | [`PenaltyKind`] | penalty of M | if λ → ∞ | directions that no trial contains |
//! |---|---|---|---|
//! | isotropic (default) | λ · min over a of ‖M − aI‖² | the untransformed features at their best temperature | left unchanged |
//! | trace | λ · trace(M) = λ ‖W‖² | all features are set to 0 | set to 0 |
//!
//! With the isotropic penalty, Z is divided by its root mean squared row norm over the objects of
//! the trials, and a = trace(M) / r with the rank r of Z. Use it for transforms that are applied to
//! other objects or other judgments. With the trace penalty, M has a low rank: use it to find few
//! dimensions that explain the choices. Good weights are between 10⁻² and 10⁻⁶ for the isotropic,
//! and between 1 and 10⁻³ for the trace penalty; [`ProbeCrossValidation`] chooses among several.
//!
//! Choices may be frequencies or probabilities instead of single answers, such as those of a
//! teacher model, see [`ChoiceFrequencies`].
//!
//! # The certificate
//!
//! Every fit has an upper bound of its distance from the global minimum. Let q be choice
//! probabilities, one distribution per trial, and C(q) = Zᵀ G(q) Z / temperature, where G(q) are
//! the derivatives of the loss with respect to the similarities if the model chooses with
//! probabilities q. Because log Σ exp is the maximum over q of ⟨q, ·⟩ + entropy(q), each q yields
//! the lower bound
//!
//! D(q) = mean entropy of q + minimum over M ⪰ 0 of ⟨C(q), M⟩ + penalty of M.
//!
//! With the trace penalty, the minimum is 0 if λ I + C(q) has no negative eigenvalue, and −∞
//! otherwise. Such q can be found for any model, as a weighted mean of its probabilities and the
//! choices of the participants. With the isotropic penalty and eigenvalues c of C(q), whose sum
//! must not be negative, the minimum is
//!
//! min over a ≥ 0 of Σ [c a − c² / (4λ) if c ≤ 2λa, λa² otherwise],
//!
//! a problem in one dimension. If the sum is negative for the probabilities of M, those of M + εI
//! are used, which have the same penalty, with the smallest sufficient ε.
//!
//! The difference between F and the bound, the *duality gap*, bounds the distance of a fit from the
//! minimum.
//!
//! # Published variants
//!
//! The transforms of Muttenthaler et al. (ICLR 2023; gLocal, NeurIPS 2023) are learned with
//! mini-batches and other penalties, without a bound; see [`mini_batch`].

mod coordinates;
mod cross_validation;
mod fit;
mod lbfgs;
pub mod mini_batch;
mod objective;
mod penalty;
mod problem;
mod questions;
mod solver;
mod split;
mod standardize;

use std::ops::ControlFlow;

use serde::Serialize;

pub use cross_validation::{
    PenaltyCandidate, Pooled, PooledScore, ProbeCrossValidation, ProbeCrossValidationResult,
    ProbeFoldResult, ProbeProgress,
};
pub use fit::{Bound, Convergence, Iteration, ProbeFit};
pub(crate) use lbfgs::History;
pub use penalty::PenaltyKind;
pub(crate) use questions::{Questions, add_trials};
pub use split::HoldOut;
pub use standardize::{Moments, Standardize};

use crate::error::{Error, Result, positive, same_length, with_inverse};
use crate::judgment::{ChoiceFrequencies, Task};
use crate::representation::Representation;
use crate::transform::LinearTransform;

use problem::Problem;

/// A convex probe: fits the linear transform that best predicts human choices, with a certificate
/// of optimality.
///
/// | setting | default |
/// |---|---|
/// | form of the penalty | isotropic |
/// | temperature | 1 |
/// | maximum rank | unlimited |
/// | bias | none |
/// | standardization | one mean and standard deviation |
/// | tolerance of the duality gap | 1e-7 nats |
/// | maximum number of gradients | 20,000 |
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::judgment::ChoiceFrequencies;
/// use human_alignment::{Probe, Representation, SimilarityDataset, Stimuli};
/// use ndarray::Array2;
///
/// // A simulated observer, whose choices depend only on the first of three features.
/// let features = Array2::from_shape_fn((12, 3), |(i, j)| ((i * (j + 3) * 7 + j) % 11) as f32);
/// let seen = features.slice(ndarray::s![.., ..1]).mapv(|x| (x - 5.0) / 3.0);
/// let stimuli = Stimuli::numbered(12);
/// let observer = SimulatedObserver::new(Representation::new(stimuli.clone(), seen)?)?;
/// let people = observer.odd_one_out(2000, 1)?;
///
/// let representation = Representation::new(stimuli, features)?;
/// let choices = ChoiceFrequencies::from_trials(people.judgments());
/// let fit = Probe::new(0.01)?.fit(&representation, &choices)?;
/// assert!(fit.is_certified() && fit.duality_gap() <= 1e-7);
/// // The first feature has by far the largest weight.
/// let weights = fit.transform().weights();
/// assert!(weights[[0, 0]].abs() > 10.0 * weights[[1, 0]].abs());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probe {
    penalty: f64,
    penalty_kind: PenaltyKind,
    temperature: f64,
    max_rank: Option<usize>,
    has_bias: bool,
    standardize: Standardize,
    tolerance: f64,
    max_gradients: usize,
}

impl Probe {
    /// Creates a probe with the weight λ of the penalty, in nats.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the weight is not positive and finite:
    /// without a penalty a minimum may not exist.
    pub fn new(penalty: f64) -> Result<Self> {
        Ok(Self {
            penalty: positive("penalty", penalty)?,
            penalty_kind: PenaltyKind::default(),
            temperature: 1.0,
            max_rank: None,
            has_bias: false,
            standardize: Standardize::default(),
            tolerance: 1e-7,
            max_gradients: 20_000,
        })
    }

    /// Sets the weight λ of the penalty, in nats.
    ///
    /// # Errors
    /// Returns an error if [`Probe::new`] does.
    pub fn with_penalty(mut self, penalty: f64) -> Result<Self> {
        self.penalty = positive("penalty", penalty)?;
        Ok(self)
    }

    /// Sets the form of the penalty.
    #[must_use]
    pub fn with_penalty_kind(mut self, kind: PenaltyKind) -> Self {
        self.penalty_kind = kind;
        self
    }

    /// Sets the temperature of the softmax.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the temperature or its inverse is not
    /// positive and finite.
    pub fn with_temperature(mut self, temperature: f64) -> Result<Self> {
        self.temperature = with_inverse("temperature", temperature)?;
        Ok(self)
    }

    /// Sets the maximum rank of M, which is the number of dimensions of the transform. All other
    /// directions are removed, with either penalty. With a limit, the problem is not convex: the
    /// fit is a local minimum within this rank, and its duality gap bounds the distance from the
    /// best transform of any rank.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the rank is 0.
    pub fn with_rank(mut self, rank: usize) -> Result<Self> {
        if rank == 0 {
            return Err(Error::parameter("rank", "at least 1", rank));
        }
        self.max_rank = Some(rank);
        Ok(self)
    }

    /// Adds a bias: a feature that is 1 for all objects, whose weights are penalized like the
    /// others.
    #[must_use]
    pub fn with_bias(mut self) -> Self {
        self.has_bias = true;
        self
    }

    /// Sets the standardization of features. The moments are computed over all stimuli of the
    /// representation given to [`Probe::fit`], including stimuli that occur in no trial.
    #[must_use]
    pub fn with_standardize(mut self, standardize: Standardize) -> Self {
        self.standardize = standardize;
        self
    }

    /// Sets the duality gap, in nats, at which a fit is complete.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the tolerance is not positive and finite.
    pub fn with_tolerance(mut self, tolerance: f64) -> Result<Self> {
        self.tolerance = positive("tolerance", tolerance)?;
        Ok(self)
    }

    /// Sets the maximum number of gradients. A fit that needs more ends without a certificate, with
    /// [`Convergence::OutOfGradients`].
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is 0.
    pub fn with_max_gradients(mut self, n: usize) -> Result<Self> {
        if n == 0 {
            return Err(Error::parameter("limit on gradients", "at least 1", n));
        }
        self.max_gradients = n;
        Ok(self)
    }

    /// Returns the weight λ of the penalty.
    pub fn penalty(&self) -> f64 {
        self.penalty
    }

    /// Returns the temperature of the softmax.
    pub fn temperature(&self) -> f64 {
        self.temperature
    }

    /// Returns the form of the penalty.
    pub fn penalty_kind(&self) -> PenaltyKind {
        self.penalty_kind
    }

    /// Fits the transform. Rows are matched by id; stimuli of the representation that occur in no
    /// trial only affect the standardization.
    ///
    /// Results are bitwise equal with any number of threads. The memory grows with objects² +
    /// objects × features + questions.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` if a stimulus of a trial has no row,
    /// `FeatureError::Constant` if features do not vary, `ComputationError::LossNotFinite` if the
    /// objective is not finite, `ArgumentError::LengthMismatch` if given moments are for another
    /// number of features, and `ComputationError::OutOfMemory`.
    pub fn fit<T: Task>(
        &self,
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<ProbeFit> {
        self.fit_observed(representation, choices, |_| ControlFlow::Continue(()))
    }

    /// Computes the hash that is stored with a transform fitted to these data
    /// ([`Training::data`](crate::transform::Training::data)).
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` if a stimulus of a trial has no row.
    pub fn data_hash<T: Task>(
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<String> {
        let shown = problem::shown(representation, choices)?;
        Ok(problem::fingerprint(&shown, choices))
    }

    /// Fits the transform and calls `observe` in every iteration, which may stop the fit. The best
    /// transform found so far is then returned, with its bound.
    ///
    /// # Errors
    /// Returns an error if [`Probe::fit`] does.
    pub fn fit_observed<T: Task>(
        &self,
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
        mut observe: impl FnMut(&Iteration) -> ControlFlow<()>,
    ) -> Result<ProbeFit> {
        let problem = Problem::new(self, representation, choices)?;
        let (fit, _) = problem.solve(self, None, &mut observe)?;
        Ok(fit)
    }

    /// Fits the transform for each of several penalties, in the given order. Each fit starts from
    /// the previous one; descending penalties are fastest.
    ///
    /// # Errors
    /// Returns an error if [`Probe::new`] or [`Probe::fit`] does.
    pub fn path<T: Task>(
        &self,
        penalties: &[f64],
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<Vec<ProbeFit>> {
        self.path_of(penalties, representation, choices)?.collect()
    }

    /// Returns an iterator over the fits of [`Probe::path`].
    fn path_of<T: Task>(
        &self,
        penalties: &[f64],
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<impl Iterator<Item = Result<ProbeFit>>> {
        let problem = Problem::new(self, representation, choices)?;
        let mut weights = None;
        Ok(penalties.iter().map(move |&penalty| {
            let probe = self.clone().with_penalty(penalty)?;
            let observe = &mut |_: &Iteration| ControlFlow::Continue(());
            let (fit, last) = problem.solve(&probe, weights.take(), observe)?;
            weights = Some(last);
            Ok(fit)
        }))
    }

    /// Computes the objective of any given transform, and a lower bound of the objective over all
    /// transforms. Features are standardized as in the transform; its bias counts as the weights of
    /// a feature that is 1.
    ///
    /// # Errors
    /// Returns an error if [`Probe::fit`] does, and `ArgumentError::LengthMismatch` if the
    /// transform is for another number of features.
    pub fn bound<T: Task>(
        &self,
        transform: &LinearTransform,
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<Bound> {
        let mut probe = self.clone();
        probe.has_bias = transform.bias().is_some();
        probe.standardize = Standardize::By(transform.standardization().clone());
        same_length(
            "features to transform",
            transform.n_features(),
            representation.n_features(),
        )?;
        Problem::new(&probe, representation, choices)?.bound(&probe, transform)
    }
}
