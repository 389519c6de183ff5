//! The settings of the recipe.

use std::ops::ControlFlow;

use crate::error::{Error, Result, positive, with_inverse};
use crate::judgment::{Task, Trials};
use crate::probe::Standardize;
use crate::probe::mini_batch::{
    Epoch, Initialization, Kept, LocalSimilarity, MiniBatchFit, Monitored, Optimizer, Penalty,
    StoppingState, WarmUp, training,
};
use crate::representation::Representation;
use crate::transform::Training;

/// The published mini-batch recipes. [`MiniBatchProbe::naive`], [`MiniBatchProbe::global`] and
/// [`MiniBatchProbe::glocal`] create them with the defaults of the [table](super), and every setting
/// can be changed. [`PublishedGrid`](super::PublishedGrid) has the values of the settings that the
/// published scripts accept.
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
    pub(super) penalty: Penalty,
    pub(super) local: Option<LocalSimilarity>,
    pub(super) temperature: f64,
    pub(super) has_bias: bool,
    pub(super) standardize: Standardize,
    pub(super) initialization: Initialization,
    pub(super) initial_scale: f64,
    pub(super) optimizer: Optimizer,
    pub(super) learning_rate: f64,
    pub(super) warm_up: WarmUp,
    pub(super) gradient_clipping: Option<f64>,
    pub(super) batch_size: usize,
    pub(super) min_epochs: usize,
    pub(super) max_epochs: usize,
    pub(super) patience: Option<usize>,
    pub(super) min_improvement: f64,
    pub(super) monitored: Monitored,
    pub(super) stopping_state: StoppingState,
    pub(super) kept: Kept,
    pub(super) seed: u64,
}

impl MiniBatchProbe {
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

    /// Adds a bias, initialized with the initial scale.
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

    /// Sets the standardization of features; context images are standardized by the same moments.
    /// The moments are computed over all stimuli of the representation given to
    /// [`MiniBatchProbe::fit`], including stimuli that occur in no trial.
    #[must_use]
    pub fn with_standardize(mut self, standardize: Standardize) -> Self {
        self.standardize = standardize;
        self
    }

    /// Sets the initialization of the weights.
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

    /// Sets early stopping: training stops if the [monitored](Monitored) validation loss has not
    /// improved by more than `min_improvement` nats for `patience` epochs.
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

    /// Sets the validation loss that early stopping and [`Kept::BestEpoch`] use.
    #[must_use]
    pub fn with_monitored(mut self, monitored: Monitored) -> Self {
        self.monitored = monitored;
        self
    }

    /// Sets the state of early stopping before the first epoch, for example
    /// [`MiniBatchFit::stopping_state`] of the previous fold. By default, no loss has been seen.
    ///
    /// The published scripts of cross-validation use one early-stopping object for all folds, so
    /// that a fold starts with the lowest loss and the count of the fold before. A fold after an
    /// early-stopped one that never improves on the folds before stops at the minimum number of epochs.
    #[must_use]
    pub fn with_stopping_state(mut self, state: StoppingState) -> Self {
        self.stopping_state = state;
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
    /// `FeatureError::Constant` if features do not vary, `ArgumentError::LengthMismatch` if given
    /// moments or context images have another number of features, `FeatureError::ZeroVector` with
    /// the id of a context image whose standardized features are all zero, and
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
    pub(super) fn record(&self) -> Result<Training> {
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
            .with_note("bias", if self.has_bias { "yes" } else { "no" })
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
            .with_note("minimum epochs", self.min_epochs.to_string())
            .with_note("maximum epochs", self.max_epochs.to_string())
            .with_note("patience", or_none(patience))
            .with_note("monitored", self.monitored.name())
            .with_note("kept", self.kept.name())
            .with_note("seed", self.seed.to_string());
        if self.stopping_state != StoppingState::default() {
            let StoppingState {
                lowest,
                n_without_improvement,
            } = self.stopping_state;
            let state = format!("{lowest}, {n_without_improvement} epochs without improvement");
            record = record.with_note("initial stopping state", state);
        }
        if let Some(local) = &self.local {
            record = record
                .with_note("context features", local.context_features().name())
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
