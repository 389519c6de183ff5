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
mod fingerprint;
mod fit;
mod lbfgs;
pub mod mini_batch;
mod objective;
mod questions;
mod solver;
mod split;

use std::ops::ControlFlow;

use ndarray::{Array1, Array2};

pub use cross_validation::{
    Candidate, CrossValidated, CrossValidation, FoldResult, HoldOut, Moments, Pooled, PooledScore,
};
pub use fit::{Bound, Iteration, Outcome, ProbeFit};

use crate::error::{Error, Result};
use crate::judgment::{ChoiceFrequencies, Task};
use crate::representation::Representation;
use crate::similarity::zeroed;
use crate::transform::{LinearTransform, Standardization, Training};

use coordinates::Coordinates;
use dense::{eigen, matrix, product};
use fingerprint::Fingerprint;
use objective::Objective;
use questions::Questions;
use solver::{Found, Limits, minimise};

/// How features are standardised before a probe is fitted.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Standardize {
    /// By one mean and standard deviation over all features of all stimuli of the representation, as
    /// published; the default.
    #[default]
    Scalar,
    /// By the mean and standard deviation of each feature over the stimuli of the representation.
    PerFeature,
    /// By these moments, whatever the stimuli.
    By(Standardization),
}

impl Standardize {
    fn of(&self, representation: &Representation) -> Result<Standardization> {
        let standardization = match self {
            Standardize::Scalar => Standardization::scalar_of(representation)?,
            Standardize::PerFeature => Standardization::per_feature_of(representation)?,
            Standardize::By(standardization) => standardization.clone(),
        };
        let n_features = representation.n_features();
        match standardization.n_features() {
            Some(found) if found != n_features => Err(Error::LengthMismatch {
                what: "features of the standardisation",
                expected: n_features,
                found,
            }),
            _ => Ok(standardization),
        }
    }
}

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
#[derive(Debug, Clone, PartialEq)]
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
        let problem = Problem::new(&probe, representation, choices)?;
        let mut factor = transform.weights().to_owned();
        if let Some(bias) = transform.bias() {
            factor.push_row(bias).expect("one number a dimension");
        }
        let (n_rows, n_columns) = factor.dim();
        // Weights whose similarities are logits.
        let scale = self.temperature.sqrt().recip();
        let by_column: Vec<f64> = factor.t().iter().map(|x| scale * x).collect();
        let weights = problem.coordinates.of_features(matrix(&by_column, n_rows));
        let mut objective = problem.objective(&probe)?;
        let q = objective.variables(&weights);
        let value = objective.evaluate(&q, &mut vec![0.0; q.len()])?;
        let certificate = objective.certify(&q)?;
        // Weights that no object has a feature for change nothing but the penalty.
        let trace = factor.iter().map(|x| x * x).sum::<f64>();
        debug_assert_eq!(by_column.len(), n_rows * n_columns);
        Ok(Bound {
            loss: value.loss,
            trace,
            objective: value.loss + self.penalty * trace,
            lower_bound: certificate.lower_bound,
        })
    }
}

fn positive(name: &'static str, value: f64) -> Result<f64> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(Error::parameter(name, "positive and finite", value))
    }
}

/// A number by which others are divided.
fn with_inverse(name: &'static str, value: f64) -> Result<f64> {
    if value > 0.0 && value.is_finite() && value.recip().is_finite() {
        Ok(value)
    } else {
        let expected = "positive and finite, as its inverse";
        Err(Error::parameter(name, expected, value))
    }
}

/// All of a fit that doesn't depend on the penalty.
struct Problem {
    standardization: Standardization,
    coordinates: Coordinates,
    questions: Questions,
    n_features: usize,
    data: String,
}

impl Problem {
    fn new<T: Task>(
        probe: &Probe,
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<Self> {
        let standardization = probe.standardize.of(representation)?;
        let n_features = representation.n_features();
        let shown: Vec<usize> = choices
            .shown()
            .iter()
            .map(|&shown| shown as usize)
            .collect();
        let shown = representation.select(&choices.stimuli().select(&shown)?)?;
        let width = n_features + usize::from(probe.has_bias);
        let mut features = zeroed::<f64>(shown.n_stimuli() * width, "the standardised features")?;
        let rows = shown.as_slice().chunks_exact(n_features);
        for (out, row) in features.chunks_exact_mut(width).zip(rows) {
            out[n_features..].fill(1.0);
            standardization.write(row, n_features, &mut out[..n_features]);
        }
        Ok(Self {
            standardization,
            coordinates: Coordinates::new(&features, width)?,
            questions: Questions::new(choices),
            n_features,
            data: fingerprint(&shown, choices),
        })
    }

    fn objective(&self, probe: &Probe) -> Result<Objective<'_>> {
        // With logits as similarities, M = τ N, and the penalty of N is λ τ.
        let penalty = positive(
            "penalty times temperature",
            probe.penalty * probe.temperature,
        )?;
        Objective::new(&self.questions, &self.coordinates, penalty)
    }

    /// Fits, from weights along the axes whose similarities are logits if there are any, and gives those
    /// found.
    fn solve(
        &self,
        probe: &Probe,
        start: Option<Vec<f64>>,
        observe: &mut dyn FnMut(&Iteration) -> ControlFlow<()>,
    ) -> Result<(ProbeFit, Vec<f64>)> {
        let mut objective = self.objective(probe)?;
        let start = start.map_or(Vec::new(), |logits| objective.variables(&logits));
        let limits = Limits {
            tolerance: probe.tolerance,
            max_gradients: probe.max_gradients,
            max_rank: probe.max_rank.unwrap_or(usize::MAX),
        };
        let found = minimise(&mut objective, start, limits, observe)?;
        let of_logits = objective.weights(&found.q);
        Ok((self.fit(probe, &found, &of_logits)?, of_logits))
    }

    fn fit(&self, probe: &Probe, found: &Found, of_logits: &[f64]) -> Result<ProbeFit> {
        let scale = probe.temperature.sqrt();
        let weights: Vec<f64> = of_logits.iter().map(|x| scale * x).collect();
        let (spectrum, factor) = self.principal(&weights)?;
        let (matrix, bias) = factor.view().split_at(ndarray::Axis(0), self.n_features);
        let mut transform = LinearTransform::new(self.standardization.clone(), matrix.to_owned())?;
        if probe.has_bias {
            let bias: Array1<f64> = bias.row(0).to_owned();
            transform = transform.with_bias(bias)?;
        }
        let duality_gap = (found.value.objective - found.lower_bound).max(0.0);
        let training = Training::default()
            .with_learner("probe")
            .with_data(self.data.clone())
            .with_penalty([probe.penalty])?
            .with_objective(found.value.objective)?
            .with_duality_gap(duality_gap)?;
        Ok(ProbeFit {
            transform: transform.with_training(training),
            spectrum,
            penalty: probe.penalty,
            loss: found.value.loss,
            trace: found.value.trace * probe.temperature,
            objective: found.value.objective,
            lower_bound: found.lower_bound,
            n_gradients: found.n_gradients,
            n_iterations: found.n_iterations,
            outcome: found.outcome,
        })
    }

    /// The eigenvalues of M, and W with its columns rotated to their eigenvectors, features × rank.
    fn principal(&self, weights: &[f64]) -> Result<(Vec<f64>, Array2<f64>)> {
        let n_axes = self.coordinates.squares().len();
        let n_rows = self.coordinates.n_features();
        let rank = weights.len() / n_axes;
        if rank == 0 {
            return Ok((Vec::new(), Array2::zeros((n_rows, 1))));
        }
        let weights = matrix(weights, n_axes);
        let mut gram = vec![0.0; rank * rank];
        product(weights.transpose(), weights, &mut gram);
        let (values, vectors) = eigen(matrix(&gram, rank))?;
        let positive = values.iter().rev().take_while(|&&value| value > 0.0);
        let spectrum: Vec<f64> = positive.copied().collect();
        let axes = vectors.as_ref().reverse_cols();
        let mut rotated = vec![0.0; n_axes * spectrum.len()];
        product(weights, axes.subcols(0, spectrum.len()), &mut rotated);
        let mut factor = self.coordinates.to_features(matrix(&rotated, n_axes));
        for column in factor.chunks_exact_mut(n_rows) {
            let largest =
                column.iter().fold(
                    0.0,
                    |largest: f64, &x| {
                        if x.abs() > largest.abs() { x } else { largest }
                    },
                );
            if largest < 0.0 {
                column.iter_mut().for_each(|x| *x = -*x);
            }
        }
        let by_column = Array2::from_shape_vec((spectrum.len(), n_rows), factor);
        let by_column = by_column.expect("one number a row and column");
        Ok((spectrum, by_column.reversed_axes()))
    }
}

/// SHA-256 of what a probe learns from.
fn fingerprint<T: Task>(shown: &Representation, choices: &ChoiceFrequencies<T>) -> String {
    let mut fingerprint = Fingerprint::of::<T>();
    fingerprint.text(&shown.stimuli().fingerprint());
    fingerprint.text(&choices.stimuli().fingerprint());
    fingerprint.features(shown);
    for (question, frequencies) in choices.questions().iter().zip(choices.of_pairs()) {
        fingerprint.trial(question);
        fingerprint.frequencies(frequencies);
    }
    fingerprint.finish()
}
