//! What training found, and the way there.

use serde::{Deserialize, Serialize};

use crate::names::named;
use crate::transform::LinearTransform;

/// Which weights of a training are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// Those after the last epoch, as published, even if validation was better before; the default.
    #[default]
    LastEpoch,
    /// Those after the epoch whose validation objective was least, the earliest of several.
    BestEpoch,
}

impl Kept {
    /// Both of them.
    pub const ALL: [Kept; 2] = [Kept::LastEpoch, Kept::BestEpoch];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            Kept::LastEpoch => "last-epoch",
            Kept::BestEpoch => "best-epoch",
        }
    }
}

named!(Kept, "kept weights", "last-epoch or best-epoch");

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The validation objective had not improved for as many epochs as the patience allows.
    EarlyStopped,
    /// All epochs are over.
    MaxEpochs,
    /// The observer stopped it.
    StoppedByObserver,
}

impl Outcome {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::EarlyStopped => "early-stopped",
            Outcome::MaxEpochs => "max-epochs",
            Outcome::StoppedByObserver => "stopped-by-observer",
        }
    }
}

/// One epoch: a pass over the training trials, and the validation after it. Losses are in nats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Its number, counted from 1.
    pub number: usize,
    /// The learning rate of its steps.
    pub learning_rate: f64,
    /// The mean −ln p of the choices in training trials, each as it was before the step of its batch:
    /// not the loss of one transform.
    pub training_loss: f64,
    /// The mean local term of its batches, each before its step, where there is one.
    pub training_local_loss: Option<f64>,
    /// The mean −ln p of the choices in validation trials, after the epoch.
    pub validation_loss: f64,
    /// The local term of validation images, where there is one.
    pub validation_local_loss: Option<f64>,
    /// (1 − α) · validation loss + α · local term: what early stopping goes by. Without a local term it
    /// is the validation loss.
    pub validation_objective: f64,
    /// The penalty of the weights after the epoch.
    pub penalty: f64,
    /// Steps of the epoch.
    pub n_steps: usize,
    /// Steps whose gradient was clipped.
    pub n_clipped: usize,
    /// Epochs, up to this one, in which the validation objective has not improved by as much as early
    /// stopping asks for; 0 where it has in this one.
    pub n_without_improvement: usize,
}

/// What a [`MiniBatchProbe`](super::MiniBatchProbe) found.
#[derive(Debug, Clone, PartialEq)]
pub struct MiniBatchFit {
    pub(super) transform: LinearTransform,
    pub(super) history: Vec<Epoch>,
    pub(super) kept: usize,
    pub(super) outcome: Outcome,
    pub(super) training_loss: f64,
    pub(super) objective: f64,
}

impl MiniBatchFit {
    /// The transform that was kept, features × features, with a record of its training.
    pub fn transform(&self) -> &LinearTransform {
        &self.transform
    }

    /// All epochs, in their order.
    pub fn history(&self) -> &[Epoch] {
        &self.history
    }

    /// The epoch after which the transform was kept.
    pub fn kept_epoch(&self) -> &Epoch {
        &self.history[self.kept]
    }

    /// Why training ended.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The mean −ln p of what people chose in all training trials, in nats, by the transform that was
    /// kept.
    pub fn training_loss(&self) -> f64 {
        self.training_loss
    }

    /// The mean −ln p of what people chose in validation trials, in nats, by the transform that was
    /// kept.
    pub fn validation_loss(&self) -> f64 {
        self.kept_epoch().validation_loss
    }

    /// The local term of validation images, where there is one.
    pub fn local_loss(&self) -> Option<f64> {
        self.kept_epoch().validation_local_loss
    }

    /// The penalty of the weights, in nats.
    pub fn penalty(&self) -> f64 {
        self.kept_epoch().penalty
    }

    /// (1 − α) · training loss + α · local term of validation images + penalty, in nats; without a
    /// local term, what training minimises.
    pub fn objective(&self) -> f64 {
        self.objective
    }
}
