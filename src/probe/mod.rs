//! The probe: the linear transform that explains people's choices best.
//!
//! # The objective
//!
//! With standardised features Z (objects × features) and weights W (features × dimensions), the
//! similarity of two objects is the dot product of their rows of ZW, and a pair of a trial is chosen
//! with probability softmax(similarity / temperature) over its pairs. The probe minimises
//!
//! F = mean over trials of −ln p(the pair that people chose) + λ ‖W‖²,
//!
//! in nats. The similarities, and so the loss, depend on W only through M = W Wᵀ, and ‖W‖² is the
//! trace of M: F is convex in M ⪰ 0, so that a minimum is global, whatever the path to it.
//!
//! # The certificate
//!
//! Choices q, one distribution a trial, that satisfy λ I + Zᵀ G(q) Z / temperature ⪰ 0, with G(q) the
//! derivatives of the loss by the similarities where the model chooses by q, are feasible for the dual
//! problem, whose value is the mean entropy of q. (For log Σ exp is the largest value of ⟨q, ·⟩ +
//! entropy(q), and the minimum over M ⪰ 0 of what is left is 0 exactly where that matrix has no
//! negative eigenvalue.) Between the probabilities of any model and the choices of people there
//! are such q, so that any model yields a lower bound of the global minimum; and the difference, the
//! *duality gap*, says how far a fit may be from the best there is. At the minimum F equals the mean
//! entropy of the model's own choices.
//!
//! # Published variants
//!
//! The transforms of Muttenthaler et al. (ICLR 2023; gLocal, NeurIPS 2023) are found by mini-batches,
//! with other penalties and without a bound: [`mini_batch`] has them by name.

mod coordinates;
mod cross_validation;
mod dense;
mod fit;
mod lbfgs;
pub mod mini_batch;
mod objective;
mod problem;
mod questions;
mod solver;
mod split;
mod standardize;

use std::ops::ControlFlow;

pub use cross_validation::{
    Candidate, CrossValidated, CrossValidation, FoldResult, HoldOut, Moments, Pooled, PooledScore,
};
pub use fit::{Bound, Iteration, Outcome, ProbeFit};
pub use standardize::Standardize;

use serde::Serialize;

use crate::error::{Error, Result, with_inverse};
use crate::judgment::{ChoiceFrequencies, Task};
use crate::representation::Representation;
use crate::transform::LinearTransform;

use problem::Problem;

/// The probe: fits the linear transform that explains people's choices best, and proves it.
///
/// | setting | default |
/// |---|---|
/// | temperature | 1 |
/// | rank | as large as it takes |
/// | bias | none |
/// | standardisation | one mean and standard deviation |
/// | tolerance of the duality gap | 1e-7 nats |
/// | limit on gradients | 20,000 |
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::judgment::ChoiceFrequencies;
/// use human_alignment::{Probe, Representation, SimilarityDataset, Stimuli};
/// use ndarray::Array2;
///
/// // An observer who sees only the first of three features.
/// let features = Array2::from_shape_fn((12, 3), |(i, j)| ((i * (j + 3) * 7 + j) % 11) as f32);
/// let seen = features.slice(ndarray::s![.., ..1]).mapv(|x| (x - 5.0) / 3.0);
/// let stimuli = Stimuli::numbered(12);
/// let observer = SimulatedObserver::new(Representation::new(stimuli.clone(), seen)?)?;
/// let people = observer.odd_one_out(2000, 1)?;
///
/// let representation = Representation::new(stimuli, features)?;
/// let choices = ChoiceFrequencies::of(people.judgments());
/// let fit = Probe::new(0.01)?.fit(&representation, &choices)?;
/// assert!(fit.is_certified() && fit.duality_gap() <= 1e-7);
/// // The first feature weighs most by far.
/// let weights = fit.transform().weights();
/// assert!(weights[[0, 0]].abs() > 10.0 * weights[[1, 0]].abs());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probe {
    penalty: f64,
    temperature: f64,
    max_rank: Option<usize>,
    has_bias: bool,
    standardize: Standardize,
    tolerance: f64,
    max_gradients: usize,
}

impl Probe {
    /// A probe with this weight λ of the penalty, in nats.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where it is not positive and finite: without a penalty there may be
    /// no minimum.
    pub fn new(penalty: f64) -> Result<Self> {
        Ok(Self {
            penalty: positive("penalty", penalty)?,
            temperature: 1.0,
            max_rank: None,
            has_bias: false,
            standardize: Standardize::default(),
            tolerance: 1e-7,
            max_gradients: 20_000,
        })
    }

    /// The same probe with another penalty.
    ///
    /// # Errors
    /// As for [`Probe::new`].
    pub fn with_penalty(mut self, penalty: f64) -> Result<Self> {
        self.penalty = positive("penalty", penalty)?;
        Ok(self)
    }

    /// Sets the temperature of the softmax.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where it is not positive and finite.
    pub fn with_temperature(mut self, temperature: f64) -> Result<Self> {
        self.temperature = with_inverse("temperature", temperature)?;
        Ok(self)
    }

    /// Limits the rank of M, the dimensions of the transform. The problem is no longer convex: what is
    /// found is a minimum within that rank, and its duality gap tells how far it may be from the best
    /// transform of any rank.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for rank 0.
    pub fn with_rank(mut self, rank: usize) -> Result<Self> {
        if rank == 0 {
            return Err(Error::parameter("rank", "at least 1", rank));
        }
        self.max_rank = Some(rank);
        Ok(self)
    }

    /// Adds a bias: a feature that is 1 for all objects, with weights penalised like all others.
    #[must_use]
    pub fn with_bias(mut self) -> Self {
        self.has_bias = true;
        self
    }

    /// Sets how features are standardised. Moments are those of all stimuli of the representation that
    /// is given to [`Probe::fit`], whether trials show them or not.
    #[must_use]
    pub fn with_standardize(mut self, standardize: Standardize) -> Self {
        self.standardize = standardize;
        self
    }

    /// Sets the duality gap, in nats, at which a fit is done.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where it is not positive and finite.
    pub fn with_tolerance(mut self, tolerance: f64) -> Result<Self> {
        self.tolerance = positive("tolerance", tolerance)?;
        Ok(self)
    }

    /// Sets how many gradients may be computed. A fit that needs more ends without a certificate, and
    /// says so.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for 0.
    pub fn with_max_gradients(mut self, n: usize) -> Result<Self> {
        if n == 0 {
            return Err(Error::parameter("limit on gradients", "at least 1", n));
        }
        self.max_gradients = n;
        Ok(self)
    }

    /// The weight λ of the penalty.
    pub fn penalty(&self) -> f64 {
        self.penalty
    }

    /// The temperature of the softmax.
    pub fn temperature(&self) -> f64 {
        self.temperature
    }

    /// Fits the transform. Rows are matched by id; stimuli of the representation that no trial shows
    /// count for the standardisation alone.
    ///
    /// The same bits come out on any number of threads. Memory is that of objects² + objects × features
    /// + questions.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] where a stimulus of a trial has no row;
    /// [`Error::ConstantRepresentation`] where features don't vary; [`Error::LossNotFinite`];
    /// [`Error::LengthMismatch`] where given moments are for another number of features;
    /// [`Error::OutOfMemory`].
    pub fn fit<T: Task>(
        &self,
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<ProbeFit> {
        self.fit_observed(representation, choices, |_| ControlFlow::Continue(()))
    }

    /// Fits the transform, and shows every iteration to `observe`, which may stop it: the best so far
    /// is kept then, with its bound.
    ///
    /// # Errors
    /// As for [`Probe::fit`].
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

    /// Fits the transform for each of several penalties, in their order, each from the one before: from
    /// large penalties to small is fastest.
    ///
    /// # Errors
    /// As for [`Probe::new`] and [`Probe::fit`].
    pub fn path<T: Task>(
        &self,
        penalties: &[f64],
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<Vec<ProbeFit>> {
        let problem = Problem::new(self, representation, choices)?;
        let mut weights = None;
        let mut fits = Vec::new();
        for &penalty in penalties {
            let probe = self.clone().with_penalty(penalty)?;
            let observe = &mut |_: &Iteration| ControlFlow::Continue(());
            let (fit, last) = problem.solve(&probe, weights.take(), observe)?;
            weights = Some(last);
            fits.push(fit);
        }
        Ok(fits)
    }

    /// How far a transform, wherever it comes from, may be from the best: its objective, and what no
    /// transform goes below. Features are standardised as the transform says; its bias counts as
    /// weights of a feature that is 1.
    ///
    /// # Errors
    /// As for [`Probe::fit`], and [`Error::LengthMismatch`] where the transform takes another number of
    /// features.
    pub fn bound<T: Task>(
        &self,
        transform: &LinearTransform,
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<Bound> {
        let mut probe = self.clone();
        probe.has_bias = transform.bias().is_some();
        probe.standardize = Standardize::By(transform.standardization().clone());
        if transform.n_features() != representation.n_features() {
            return Err(Error::LengthMismatch {
                what: "features to transform",
                expected: transform.n_features(),
                found: representation.n_features(),
            });
        }
        Problem::new(&probe, representation, choices)?.bound(&probe, transform)
    }
}

fn positive(name: &'static str, value: f64) -> Result<f64> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(Error::parameter(name, "positive and finite", value))
    }
}
