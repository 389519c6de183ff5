//! The published recipe: a linear transform learned from choices with mini-batches.
//!
//! This module implements the transforms of two papers, so that their results can be reproduced and
//! compared. To learn a transform for other purposes, prefer the convex [`Probe`](crate::Probe): it
//! finds the global optimum with a certificate, while the result here depends on the learning rate,
//! the batches and the stopping rule. [`Probe::bound`](crate::Probe::bound) computes how far a
//! transform learned here may be from the optimum.
//!
//! # The objective
//!
//! With standardised features x, weights W (features × features) and a bias b, an object is
//! embedded as y = xW + b, and a pair of a trial is chosen with probability softmax(dot product /
//! temperature) over its pairs. Each step follows the gradient of
//!
//! (1 − α) · mean over a batch of trials of −ln p(chosen pair) + α · local term + penalty,
//!
//! in nats. For gLocal, the local term is the [`LocalSimilarity`] of a batch of other images, with
//! its weight α; otherwise α = 0. The bias is not penalised. Features are standardised by one mean
//! and standard deviation over all rows of the representation.
//!
//! | | [`MiniBatchProbe::naive`] | [`MiniBatchProbe::glocal`] |
//! |---|---|---|
//! | paper | Muttenthaler, Dippel, Linhardt, Vandermeulen & Kornblith, "Human alignment of neural network representations" (ICLR 2023, arXiv 2211.01201) | Muttenthaler et al., "Improving neural network representations using human similarity judgments" (NeurIPS 2023, arXiv 2306.04507) |
//! | penalty | λ ‖W‖, the norm not squared | λ ‖W − mean(diag W) · I‖² |
//! | initial W | Gaussian, standard deviation 1e-3 | 1e-3 times the identity |
//! | bias | none | initialised with 1e-3 |
//! | optimizer | Adam | SGD, momentum 0.9 |
//! | learning rate | 1e-3 | 1e-3, increasing linearly from a third of it over the maximum number of epochs |
//! | trials in a batch | 256 | 256 |
//! | images in a batch | – | 1,024 |
//! | epochs | 10 to 100 | 20 to 100 |
//! | patience | 10 epochs without an improvement of 1e-4 | 15 epochs without an improvement of 1e-4 |
//! | maximum norm of the gradient | 1 | 1 |
//! | kept weights | the last | the last |
//!
//! Both published scripts are run over grids of settings: the learning rate, λ, and α and τ for
//! gLocal; the defaults here are one point of the grids. The bias is optional in both scripts; the
//! published gLocal transforms have one. The first version of the ICLR script did not clip
//! gradients. The "global" transform of the second paper is the naive one with
//! [`Penalty::ScaledIdentity`] and [`Initialization::ScaledIdentity`].
//!
//! # Differences from the published scripts
//!
//! - The scripts embed all objects for every batch. Here, only the objects of its trials are
//!   embedded, which gives the same numbers.
//! - The scripts do not standardise the images of the local term, but do standardise the objects.
//!   Here, both are standardised by the same moments, so that the identity, which changes no
//!   similarity, minimises the local term.
//! - The scripts validate gLocal by the plain sum of both losses. Here, validation uses the
//!   objective without the penalty, (1 − α) · loss of trials + α · local term.
//! - The scripts end an epoch when either trials or images run out. Here, an epoch is one pass over
//!   the trials, and images are shuffled again whenever fewer remain than a batch needs.
//! - The scripts compute in `f32`. Here, computations are in `f64`, and the same seed gives bitwise
//!   equal results with any number of threads. The random numbers differ from those of PyTorch.

mod batch;
mod data;
mod fit;
mod initialization;
mod local;
mod local_term;
mod objective;
mod optimizer;
mod penalty;
mod training;
mod trial_loss;

use std::ops::ControlFlow;

pub use fit::{Epoch, Kept, MiniBatchFit, StoppingReason};
pub use initialization::Initialization;
pub use local::LocalSimilarity;
pub use optimizer::{Optimizer, WarmUp};
pub use penalty::Penalty;

use crate::error::{Error, Result, with_inverse};
use crate::judgment::{Task, Trials};
use crate::probe::{Standardize, positive};
use crate::representation::Representation;
use crate::transform::Training;

/// The published mini-batch recipe. [`MiniBatchProbe::naive`] and [`MiniBatchProbe::glocal`] create
/// it with the defaults of the [table](self), and every setting can be changed.
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::probe::mini_batch::{MiniBatchProbe, StoppingReason};
/// use human_alignment::{Representation, SimilarityDataset, Stimuli};
/// use ndarray::Array2;
///
/// // A simulated observer, whose choices depend only on the first of three features.
/// let features = Array2::from_shape_fn((12, 3), |(i, j)| ((i * (j + 3) * 7 + j) % 11) as f32);
/// let seen = features.slice(ndarray::s![.., ..1]).mapv(|x| (x - 5.0) / 3.0);
/// let stimuli = Stimuli::numbered(12);
/// let observer = SimulatedObserver::new(Representation::new(stimuli.clone(), seen)?)?;
/// let (training, validation) = (observer.odd_one_out(2000, 1)?, observer.odd_one_out(500, 2)?);
///
/// let representation = Representation::new(stimuli, features)?;
/// let probe = MiniBatchProbe::naive(0.01)?.with_learning_rate(0.01)?.with_seed(7);
/// let fit = probe.fit(&representation, training.judgments(), validation.judgments())?;
/// assert_eq!(fit.outcome(), StoppingReason::EarlyStopped);
/// // The cross-entropy at chance is ln 3 = 1.10.
/// assert!(fit.validation_loss() < 0.9);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MiniBatchProbe {
    penalty: Penalty,
    local: Option<LocalSimilarity>,
    temperature: f64,
    has_bias: bool,
    standardize: Standardize,
    initialization: Initialization,
    initial_scale: f64,
    optimizer: Optimizer,
    learning_rate: f64,
    warm_up: WarmUp,
    gradient_clipping: Option<f64>,
    batch_size: usize,
    min_epochs: usize,
    max_epochs: usize,
    patience: Option<usize>,
    min_improvement: f64,
    kept: Kept,
    seed: u64,
}

impl MiniBatchProbe {
    /// Creates the naive transform (ICLR 2023) with the weight λ of the Frobenius norm. The
    /// published script starts with 0.01.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the weight is negative or not finite.
    pub fn naive(penalty: f64) -> Result<Self> {
        Self {
            penalty: Penalty::Norms {
                weight: 0.0,
                frobenius_share: 1.0,
            },
            local: None,
            temperature: 1.0,
            has_bias: false,
            standardize: Standardize::default(),
            initialization: Initialization::Gaussian,
            initial_scale: 1e-3,
            optimizer: Optimizer::Adam,
            learning_rate: 1e-3,
            warm_up: WarmUp::None,
            gradient_clipping: Some(1.0),
            batch_size: 256,
            min_epochs: 10,
            max_epochs: 100,
            patience: Some(10),
            min_improvement: 1e-4,
            kept: Kept::default(),
            seed: 0,
        }
        .with_penalty(Penalty::Norms {
            weight: penalty,
            frobenius_share: 1.0,
        })
    }

    /// Creates the gLocal transform (NeurIPS 2023) with a local term and the weight λ of the
    /// penalty towards a multiple of the identity. The published script starts with 1e-3.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the weight is negative or not finite.
    pub fn glocal(local: LocalSimilarity, penalty: f64) -> Result<Self> {
        Self {
            local: Some(local),
            has_bias: true,
            initialization: Initialization::ScaledIdentity,
            optimizer: Optimizer::Sgd { momentum: 0.9 },
            warm_up: WarmUp::OverMaxEpochs { from: 1.0 / 3.0 },
            min_epochs: 20,
            patience: Some(15),
            ..Self::naive(0.0)?
        }
        .with_penalty(Penalty::ScaledIdentity { weight: penalty })
    }

    /// Sets the penalty.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if its weight is negative or not finite, or the
    /// share is not in [0, 1].
    pub fn with_penalty(mut self, penalty: Penalty) -> Result<Self> {
        penalty.check()?;
        self.penalty = penalty;
        Ok(self)
    }

    /// Sets the temperature of the softmax over the pairs of a trial.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the temperature or its inverse is not positive
    /// and finite.
    pub fn with_temperature(mut self, temperature: f64) -> Result<Self> {
        self.temperature = with_inverse("temperature", temperature)?;
        Ok(self)
    }

    /// Adds a bias, initialised with the initial scale.
    #[must_use]
    pub fn with_bias(mut self) -> Self {
        self.has_bias = true;
        self
    }

    /// Removes the bias.
    #[must_use]
    pub fn without_bias(mut self) -> Self {
        self.has_bias = false;
        self
    }

    /// Sets the standardisation of features; context images are standardised by the same moments.
    /// The moments are computed over all stimuli of the representation given to
    /// [`MiniBatchProbe::fit`], including stimuli that occur in no trial.
    #[must_use]
    pub fn with_standardize(mut self, standardize: Standardize) -> Self {
        self.standardize = standardize;
        self
    }

    /// Sets the initialisation of the weights.
    #[must_use]
    pub fn with_initialization(mut self, initialization: Initialization) -> Self {
        self.initialization = initialization;
        self
    }

    /// Sets the scale σ of the initial weights and of the initial bias.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the scale is not positive and finite: the
    /// gradient is zero at 0.
    pub fn with_initial_scale(mut self, scale: f64) -> Result<Self> {
        self.initial_scale = positive("initial scale", scale)?;
        Ok(self)
    }

    /// Sets the optimizer.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the momentum is not in [0, 1).
    pub fn with_optimizer(mut self, optimizer: Optimizer) -> Result<Self> {
        optimizer.check()?;
        self.optimizer = optimizer;
        Ok(self)
    }

    /// Sets the learning rate η.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the learning rate is not positive and finite.
    pub fn with_learning_rate(mut self, learning_rate: f64) -> Result<Self> {
        self.learning_rate = positive("learning rate", learning_rate)?;
        Ok(self)
    }

    /// Sets the warm-up of the learning rate.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it starts at a share outside (0, 1] or takes 0
    /// epochs.
    pub fn with_warm_up(mut self, warm_up: WarmUp) -> Result<Self> {
        warm_up.check()?;
        self.warm_up = warm_up;
        Ok(self)
    }

    /// Sets the maximum norm of the gradient, of weights and bias together; longer gradients are
    /// scaled to it. `None` disables clipping.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the limit is not positive and finite.
    pub fn with_gradient_clipping(mut self, limit: Option<f64>) -> Result<Self> {
        self.gradient_clipping = limit
            .map(|limit| positive("limit on the norm of a gradient", limit))
            .transpose()?;
        Ok(self)
    }

    /// Sets the number of trials in a batch; the last batch of an epoch may have fewer.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is 0.
    pub fn with_batch_size(mut self, n_trials: usize) -> Result<Self> {
        self.batch_size = at_least_one("trials in a batch", n_trials)?;
        Ok(self)
    }

    /// Sets the minimum number of epochs before early stopping and the maximum number of epochs.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if `max` is 0 or less than `min`.
    pub fn with_epochs(mut self, min: usize, max: usize) -> Result<Self> {
        self.max_epochs = at_least_one("maximum number of epochs", max)?;
        if min > max {
            let expected = "at most the maximum number of epochs";
            return Err(Error::parameter("fewest epochs", expected, min));
        }
        self.min_epochs = min;
        Ok(self)
    }

    /// Sets early stopping: training stops if the validation objective has not improved by more
    /// than `min_improvement` nats for `patience` epochs.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the patience is 0, or the improvement is
    /// negative or not finite.
    pub fn with_early_stopping(mut self, patience: usize, min_improvement: f64) -> Result<Self> {
        self.patience = Some(at_least_one("patience", patience)?);
        if !(min_improvement >= 0.0 && min_improvement.is_finite()) {
            let (name, expected) = ("minimum improvement", "finite and not negative");
            return Err(Error::parameter(name, expected, min_improvement));
        }
        self.min_improvement = min_improvement;
        Ok(self)
    }

    /// Disables early stopping: training runs for the maximum number of epochs.
    #[must_use]
    pub fn without_early_stopping(mut self) -> Self {
        self.patience = None;
        self
    }

    /// Sets the epoch whose weights are kept.
    #[must_use]
    pub fn with_kept(mut self, kept: Kept) -> Self {
        self.kept = kept;
        self
    }

    /// Sets the seed of the initial weights and of the order of trials and images.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Returns the penalty.
    pub fn penalty(&self) -> Penalty {
        self.penalty
    }

    /// Returns the local term, if there is one.
    pub fn local_similarity(&self) -> Option<&LocalSimilarity> {
        self.local.as_ref()
    }

    /// Fits the transform to training trials; validation trials determine when to stop. Rows are
    /// matched by id.
    ///
    /// The same seed gives bitwise equal results with any number of threads. With p features, a
    /// batch takes 2 p² multiply-adds for each object of its trials and for each of its images, and
    /// 2 p for each pair of images. The memory is about 5 p² numbers, twice the features of all
    /// objects that occur in trials (in `f64`), and two matrices of all pairs of images in a batch.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` if a stimulus of a trial has no row,
    /// `FeatureError::EqualRows` if features do not vary, `ArgumentError::LengthMismatch` if given
    /// moments or context images have another number of features, `FeatureError::ZeroVector` with
    /// the id of a context image whose standardised features are all zero, and
    /// `ComputationError::OutOfMemory`. If training diverges, returns, within `Context::Epoch`,
    /// `ComputationError::LossNotFinite` or `FeatureError::ZeroVector` with the id of a context
    /// image that the transform maps to zero.
    pub fn fit<T: Task>(
        &self,
        representation: &Representation,
        training: &Trials<T>,
        validation: &Trials<T>,
    ) -> Result<MiniBatchFit> {
        let observe = |_: &Epoch| ControlFlow::Continue(());
        self.fit_observed(representation, training, validation, observe)
    }

    /// Fits the transform and calls `observe` after every epoch, which may stop the training. The
    /// last or best weights up to this epoch are then kept.
    ///
    /// # Errors
    /// Returns an error if [`MiniBatchProbe::fit`] does.
    pub fn fit_observed<T: Task>(
        &self,
        representation: &Representation,
        training: &Trials<T>,
        validation: &Trials<T>,
        mut observe: impl FnMut(&Epoch) -> ControlFlow<()>,
    ) -> Result<MiniBatchFit> {
        training::train(self, representation, training, validation, &mut observe)
    }

    /// Creates the record of these settings that is stored with the transform.
    fn record(&self) -> Result<Training> {
        let or_none = |value: Option<String>| value.unwrap_or_else(|| "none".into());
        let patience = self.patience.map(|patience| {
            let improvement = self.min_improvement;
            format!("{patience} epochs without {improvement} of improvement")
        });
        let mut record = Training::default()
            .with_learner("mini-batch probe")
            .with_penalty([self.penalty.weight()])?
            .with_note("penalty", self.penalty.to_string())
            .with_note("temperature", self.temperature.to_string())
            .with_note("initialization", self.initialization.name())
            .with_note("initial scale", self.initial_scale.to_string())
            .with_note("optimizer", self.optimizer.to_string())
            .with_note("learning rate", self.learning_rate.to_string())
            .with_note("warm-up", self.warm_up.to_string())
            .with_note(
                "gradient clipping",
                or_none(self.gradient_clipping.map(|limit| limit.to_string())),
            )
            .with_note("batch size", self.batch_size.to_string())
            .with_note("patience", or_none(patience))
            .with_note("kept", self.kept.name())
            .with_note("seed", self.seed.to_string());
        if let Some(local) = &self.local {
            record = record
                .with_note("alpha", local.alpha().to_string())
                .with_note("tau", local.tau().to_string())
                .with_note("context images", local.context().n_stimuli().to_string())
                .with_note("context batch size", local.batch_size().to_string());
        }
        Ok(record)
    }
}

fn at_least_one(name: &'static str, found: usize) -> Result<usize> {
    match found {
        0 => Err(Error::parameter(name, "at least 1", found)),
        _ => Ok(found),
    }
}
