//! The published recipe: a linear transform learned from choices by mini-batches.
//!
//! These are the transforms of two papers, so that their numbers can be reproduced and compared. To
//! learn a transform, prefer the convex [`Probe`](crate::Probe): it finds the best there is, and proves
//! it, where what is found here depends on the learning rate, the batches and when it stops.
//! [`Probe::bound`](crate::Probe::bound) says how far a transform from here may be from the best.
//!
//! # The objective
//!
//! With standardised features x, weights W (features × features) and a bias b, an object is at
//! y = xW + b, and a pair of a trial is chosen with probability softmax(dot product / temperature) over
//! its pairs. A step goes down the gradient of
//!
//! (1 − α) · mean over a batch of trials of −ln p(the pair that people chose) + α · local term +
//! penalty,
//!
//! in nats, where the [`LocalSimilarity`] of a batch of other images and α are those of gLocal;
//! otherwise α = 0. The bias is not penalised. Features are standardised by one mean and standard
//! deviation over all rows of the representation.
//!
//! | | [`MiniBatchProbe::naive`] | [`MiniBatchProbe::glocal`] |
//! |---|---|---|
//! | paper | Muttenthaler, Dippel, Linhardt, Vandermeulen & Kornblith, "Human alignment of neural network representations" (ICLR 2023, arXiv 2211.01201) | Muttenthaler et al., "Improving neural network representations using human similarity judgments" (NeurIPS 2023, arXiv 2306.04507) |
//! | penalty | λ ‖W‖, the norm not squared | λ ‖W − mean(diag W) · I‖² |
//! | first W | Gaussian, standard deviation 1e-3 | 1e-3 times the identity |
//! | bias | none | begins as 1e-3 |
//! | optimizer | Adam | SGD, momentum 0.9 |
//! | learning rate | 1e-3 | 1e-3, rising linearly from a third of it over the most epochs there may be |
//! | trials in a batch | 256 | 256 |
//! | images in a batch | – | 1,024 |
//! | epochs | 10 to 100 | 20 to 100 |
//! | patience | 10 epochs without 1e-4 of improvement | 15 epochs without 1e-4 of improvement |
//! | limit on the norm of a gradient | 1 | 1 |
//! | weights that are kept | the last | the last |
//!
//! Both scripts are run over grids of settings, of the learning rate, of λ, and of α and τ for gLocal;
//! the defaults here are one point of them. Both leave the bias as an option, which the transforms
//! published for gLocal use. The first version of the ICLR script did not clip gradients. The "global"
//! transform of the second paper is the naive one with [`Penalty::ScaledIdentity`] and
//! [`Initialization::ScaledIdentity`].
//!
//! # Where this differs from the published scripts
//!
//! - They embed all objects for every batch, here only those that its trials show: the same numbers.
//! - They give the images of the local term as they are, though objects are standardised. Here both are
//!   standardised by the same moments, so that the identity, which changes no similarity, minimises
//!   the local term.
//! - They validate gLocal by the plain sum of both losses; here by the objective without the penalty,
//!   (1 − α) · loss of trials + α · local term.
//! - They end an epoch when either trials or images run out. Here an epoch is one pass over the trials;
//!   images are shuffled anew whenever fewer are left than a batch takes.
//! - They compute in `f32`, here it is `f64`, and the same seed gives the same bits on any number of
//!   threads. Random numbers are others than PyTorch's.

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

pub use fit::{Epoch, Kept, MiniBatchFit, Outcome};
pub use initialization::Initialization;
pub use local::LocalSimilarity;
pub use optimizer::{Optimizer, WarmUp};
pub use penalty::Penalty;

use crate::error::{Error, Result, with_inverse};
use crate::judgment::{Task, Trials};
use crate::probe::{Standardize, positive};
use crate::representation::Representation;
use crate::transform::Training;

/// The published mini-batch recipe: [`MiniBatchProbe::naive`] or [`MiniBatchProbe::glocal`], whose
/// defaults are in the [table](self), with every setting open to change.
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::probe::mini_batch::{MiniBatchProbe, Outcome};
/// use human_alignment::{Representation, SimilarityDataset, Stimuli};
/// use ndarray::Array2;
///
/// // An observer who sees only the first of three features.
/// let features = Array2::from_shape_fn((12, 3), |(i, j)| ((i * (j + 3) * 7 + j) % 11) as f32);
/// let seen = features.slice(ndarray::s![.., ..1]).mapv(|x| (x - 5.0) / 3.0);
/// let stimuli = Stimuli::numbered(12);
/// let observer = SimulatedObserver::new(Representation::new(stimuli.clone(), seen)?)?;
/// let (training, validation) = (observer.odd_one_out(2000, 1)?, observer.odd_one_out(500, 2)?);
///
/// let representation = Representation::new(stimuli, features)?;
/// let probe = MiniBatchProbe::naive(0.01)?.with_learning_rate(0.01)?.with_seed(7);
/// let fit = probe.fit(&representation, training.judgments(), validation.judgments())?;
/// assert_eq!(fit.outcome(), Outcome::EarlyStopped);
/// // Chance is ln 3 = 1.10.
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
    /// The naive transform (ICLR 2023), with this weight λ of the norm; 0.01 where its script begins.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where it is negative or not finite.
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

    /// The gLocal transform (NeurIPS 2023), with this local term and this weight λ of the penalty
    /// towards a multiple of the identity; 1e-3 where its script begins.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where the weight is negative or not finite.
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
    /// [`Error::InvalidParameter`] where its weight is negative or not finite, or a share is not in
    /// [0, 1].
    pub fn with_penalty(mut self, penalty: Penalty) -> Result<Self> {
        penalty.check()?;
        self.penalty = penalty;
        Ok(self)
    }

    /// Sets the temperature of the softmax over the pairs of a trial.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where it or its inverse is not positive and finite.
    pub fn with_temperature(mut self, temperature: f64) -> Result<Self> {
        self.temperature = with_inverse("temperature", temperature)?;
        Ok(self)
    }

    /// Adds a bias, which begins as the initial scale.
    #[must_use]
    pub fn with_bias(mut self) -> Self {
        self.has_bias = true;
        self
    }

    /// Leaves the bias out.
    #[must_use]
    pub fn without_bias(mut self) -> Self {
        self.has_bias = false;
        self
    }

    /// Sets how features are standardised, those of context images by the same moments. Moments are
    /// those of all stimuli of the representation that is given to [`MiniBatchProbe::fit`], whether
    /// trials show them or not.
    #[must_use]
    pub fn with_standardize(mut self, standardize: Standardize) -> Self {
        self.standardize = standardize;
        self
    }

    /// Sets what the weights are before the first step.
    #[must_use]
    pub fn with_initialization(mut self, initialization: Initialization) -> Self {
        self.initialization = initialization;
        self
    }

    /// Sets the scale σ of the first weights and of the bias.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where it is not positive and finite: at 0 there is no slope.
    pub fn with_initial_scale(mut self, scale: f64) -> Result<Self> {
        self.initial_scale = positive("initial scale", scale)?;
        Ok(self)
    }

    /// Sets how a gradient becomes a step.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where the momentum is not in [0, 1).
    pub fn with_optimizer(mut self, optimizer: Optimizer) -> Result<Self> {
        optimizer.check()?;
        self.optimizer = optimizer;
        Ok(self)
    }

    /// Sets the learning rate η.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where it is not positive and finite.
    pub fn with_learning_rate(mut self, learning_rate: f64) -> Result<Self> {
        self.learning_rate = positive("learning rate", learning_rate)?;
        Ok(self)
    }

    /// Sets how the learning rate rises to its full value.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where it begins at a share that is not in (0, 1], or takes no epoch.
    pub fn with_warm_up(mut self, warm_up: WarmUp) -> Result<Self> {
        warm_up.check()?;
        self.warm_up = warm_up;
        Ok(self)
    }

    /// Sets the norm, of weights and bias together, that longer gradients are scaled to; `None` leaves
    /// them as they are.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where it is not positive and finite.
    pub fn with_gradient_clipping(mut self, limit: Option<f64>) -> Result<Self> {
        self.gradient_clipping = limit
            .map(|limit| positive("limit on the norm of a gradient", limit))
            .transpose()?;
        Ok(self)
    }

    /// Sets the number of trials in a batch; the last batch of an epoch has what is left.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for 0.
    pub fn with_batch_size(mut self, n_trials: usize) -> Result<Self> {
        self.batch_size = at_least_one("trials in a batch", n_trials)?;
        Ok(self)
    }

    /// Sets the number of epochs before which training does not stop early, and after which it ends.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where the most is 0 or below the fewest.
    pub fn with_epochs(mut self, min: usize, max: usize) -> Result<Self> {
        self.max_epochs = at_least_one("most epochs", max)?;
        if min > max {
            let expected = "no more than the most";
            return Err(Error::parameter("fewest epochs", expected, min));
        }
        self.min_epochs = min;
        Ok(self)
    }

    /// Has training stop when, for `patience` epochs, the validation objective has not been less than
    /// the best so far by more than `min_improvement` nats.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where the patience is 0, or the improvement negative or not finite.
    pub fn with_early_stopping(mut self, patience: usize, min_improvement: f64) -> Result<Self> {
        self.patience = Some(at_least_one("patience", patience)?);
        if !(min_improvement >= 0.0 && min_improvement.is_finite()) {
            let (name, expected) = ("least improvement", "finite and not negative");
            return Err(Error::parameter(name, expected, min_improvement));
        }
        self.min_improvement = min_improvement;
        Ok(self)
    }

    /// Has training go on for all epochs.
    #[must_use]
    pub fn without_early_stopping(mut self) -> Self {
        self.patience = None;
        self
    }

    /// Sets which weights are kept.
    #[must_use]
    pub fn with_kept(mut self, kept: Kept) -> Self {
        self.kept = kept;
        self
    }

    /// Sets the seed of the first weights and of the order of trials and images.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The penalty.
    pub fn penalty(&self) -> Penalty {
        self.penalty
    }

    /// The local term, where there is one.
    pub fn local_similarity(&self) -> Option<&LocalSimilarity> {
        self.local.as_ref()
    }

    /// Learns the transform from training trials; validation trials say when to stop. Rows are matched
    /// by id.
    ///
    /// The same seed gives the same bits on any number of threads. With p features a batch takes 2 p²
    /// multiply-adds for each object that its trials show and for each of its images, and 2 p for each
    /// image beside each other. Memory is that of some 5 p² numbers, of the features of all objects that
    /// trials show (twice, in `f64`), and of two squares of the images of a batch.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] where a stimulus of a trial has no row;
    /// [`Error::ConstantRepresentation`] where features don't vary; [`Error::LengthMismatch`] where
    /// given moments or context images have another number of features; [`Error::ZeroVector`] naming a
    /// context image whose standardised features are all zero; [`Error::OutOfMemory`]. Within
    /// [`Error::InEpoch`], what ends a training that diverges: [`Error::LossNotFinite`], or
    /// [`Error::ZeroVector`] naming a context image that the transform takes to zero.
    pub fn fit<T: Task>(
        &self,
        representation: &Representation,
        training: &Trials<T>,
        validation: &Trials<T>,
    ) -> Result<MiniBatchFit> {
        let observe = |_: &Epoch| ControlFlow::Continue(());
        self.fit_observed(representation, training, validation, observe)
    }

    /// Learns the transform, and shows every epoch to `observe`, which may stop the training: the last
    /// or best weights so far are kept then.
    ///
    /// # Errors
    /// As for [`MiniBatchProbe::fit`].
    pub fn fit_observed<T: Task>(
        &self,
        representation: &Representation,
        training: &Trials<T>,
        validation: &Trials<T>,
        mut observe: impl FnMut(&Epoch) -> ControlFlow<()>,
    ) -> Result<MiniBatchFit> {
        training::train(self, representation, training, validation, &mut observe)
    }

    /// What a transform records of these settings.
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
