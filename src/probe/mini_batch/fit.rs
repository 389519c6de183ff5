//! The result of training, and its history.

use serde::{Deserialize, Serialize};

use crate::names::named;
use crate::transform::LinearTransform;

/// The epoch whose weights are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kept {
    /// The last epoch, as published, even if validation was better before; the default.
    #[default]
    LastEpoch,
    /// The epoch with the lowest [monitored](Monitored) validation loss; the earliest if several are
    /// equal.
    BestEpoch,
}

named! {
    Kept, "kept weights":
    LastEpoch = "last-epoch",
    BestEpoch = "best-epoch",
}

/// The validation loss that determines early stopping and the best epoch, in nats. Without a local
/// term, both variants are the validation loss of the trials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Monitored {
    /// The objective without the penalty: (1 − α) · loss of trials + α · local term.
    #[default]
    Objective,
    /// Loss of trials + local term, whatever α is, as in the scripts of gLocal. With a small α, the
    /// local term, which training hardly minimizes, then has as much influence on the number of
    /// epochs as the trials.
    SumOfLosses,
}

named! {
    Monitored, "monitored loss":
    Objective = "objective",
    SumOfLosses = "sum-of-losses",
}

/// The state of early stopping after an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StoppingState {
    /// The monitored loss, in nats, that a later epoch must improve on by more than the minimum
    /// improvement; infinite before the first epoch.
    pub lowest: f64,
    /// Number of consecutive epochs without such an improvement.
    pub n_without_improvement: usize,
}

impl Default for StoppingState {
    fn default() -> Self {
        Self {
            lowest: f64::INFINITY,
            n_without_improvement: 0,
        }
    }
}

impl StoppingState {
    /// Adds the monitored loss of an epoch.
    pub(super) fn add(&mut self, loss: f64, min_improvement: f64) {
        self.n_without_improvement += 1;
        if loss < self.lowest - min_improvement {
            (self.lowest, self.n_without_improvement) = (loss, 0);
        }
    }
}

/// The reason why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StoppingReason {
    /// Early stopping: the monitored loss did not improve for as many epochs as the patience.
    EarlyStopped,
    /// The maximum number of epochs was reached.
    MaxEpochs,
    /// The callback stopped the training.
    StoppedByObserver,
}

impl StoppingReason {
    /// Returns the name used in files.
    pub fn name(self) -> &'static str {
        match self {
            StoppingReason::EarlyStopped => "early-stopped",
            StoppingReason::MaxEpochs => "max-epochs",
            StoppingReason::StoppedByObserver => "stopped-by-observer",
        }
    }
}

/// The record of one epoch: a pass over the training trials, followed by validation. Losses are in
/// nats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Epoch {
    /// Number of the epoch, counted from 1.
    pub number: usize,
    /// The learning rate of the epoch.
    pub learning_rate: f64,
    /// The mean −ln p of the choices in training trials, each evaluated before the step of its
    /// batch; hence not the loss of a single transform.
    pub training_loss: f64,
    /// The mean local term of the batches, each evaluated before its step, if there is a local
    /// term.
    pub training_local_loss: Option<f64>,
    /// The mean −ln p of the choices in validation trials, after the epoch.
    pub validation_loss: f64,
    /// The local term of the validation images, after the epoch, if there is a local term.
    pub validation_local_loss: Option<f64>,
    /// The criterion of early stopping: the [monitored](Monitored) combination of the validation loss
    /// and the local term. Without a local term, this is the validation loss.
    pub validation_objective: f64,
    /// The penalty of the weights after the epoch.
    pub penalty: f64,
    /// Number of steps.
    pub n_steps: usize,
    /// Number of steps with a clipped gradient.
    pub n_clipped: usize,
    /// Number of consecutive epochs, including this one, without an improvement of the criterion by
    /// more than the minimum for early stopping; 0 if this epoch improved it.
    pub n_without_improvement: usize,
}

/// The result of training a [`MiniBatchProbe`](super::MiniBatchProbe).
#[derive(Debug, Clone, PartialEq)]
pub struct MiniBatchFit {
    pub(super) transform: LinearTransform,
    pub(super) history: Vec<Epoch>,
    pub(super) kept: usize,
    pub(super) outcome: StoppingReason,
    pub(super) stopping_state: StoppingState,
    pub(super) training_loss: f64,
    pub(super) objective: f64,
}

impl MiniBatchFit {
    /// Returns the kept transform, features × features, with a record of its training.
    pub fn transform(&self) -> &LinearTransform {
        &self.transform
    }

    /// Returns the records of all epochs, in order.
    pub fn history(&self) -> &[Epoch] {
        &self.history
    }

    /// Returns the record of the epoch whose weights were kept.
    pub fn kept_epoch(&self) -> &Epoch {
        &self.history[self.kept]
    }

    /// Returns the reason why training ended.
    pub fn outcome(&self) -> StoppingReason {
        self.outcome
    }

    /// Returns the state of early stopping after the last epoch.
    pub fn stopping_state(&self) -> StoppingState {
        self.stopping_state
    }

    /// Returns the mean −ln p of the choices in all training trials, in nats, for the kept
    /// transform.
    pub fn training_loss(&self) -> f64 {
        self.training_loss
    }

    /// Returns the mean −ln p of the choices in validation trials, in nats, for the kept transform.
    pub fn validation_loss(&self) -> f64 {
        self.kept_epoch().validation_loss
    }

    /// Returns the local term of the validation images, in nats, if there is a local term.
    pub fn local_loss(&self) -> Option<f64> {
        self.kept_epoch().validation_local_loss
    }

    /// Returns the penalty of the kept weights, in nats.
    pub fn penalty(&self) -> f64 {
        self.kept_epoch().penalty
    }

    /// Returns (1 − α) · training loss + α · local term of the validation images + penalty, in
    /// nats. Without a local term, this is what training minimizes.
    pub fn objective(&self) -> f64 {
        self.objective
    }
}
