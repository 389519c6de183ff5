//! What may explain alignment.

use serde::{Deserialize, Serialize};

use crate::names::named;
use crate::study::Factors;

/// What may explain why one network is more human than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Factor {
    /// What a network was trained on.
    TrainingData,
    /// What it was trained for.
    Objective,
    /// The family of its architecture.
    Architecture,
    /// The decimal logarithm of the number of its parameters.
    Parameters,
    /// The number of its layers.
    Depth,
    /// Its accuracy on ImageNet, in %.
    ImagenetAccuracy,
}

impl Factor {
    /// What is known of a network; `None` where nothing is.
    pub(super) fn of(self, factors: &Factors) -> Option<Known<'_>> {
        match self {
            Factor::TrainingData => factors.training_data.as_deref().map(Known::Level),
            Factor::Objective => factors.objective.as_deref().map(Known::Level),
            Factor::Architecture => factors.family.as_deref().map(Known::Level),
            Factor::Parameters => factors
                .n_parameters
                .filter(|&n| n > 0)
                .map(|n| Known::Number((n as f64).log10())),
            Factor::Depth => factors.n_layers.map(|n| Known::Number(n.into())),
            Factor::ImagenetAccuracy => factors.imagenet_top1.map(Known::Number),
        }
    }
}

named! {
    Factor, "factor":
    TrainingData = "training-data",
    Objective = "objective",
    Architecture = "architecture",
    Parameters = "parameters",
    Depth = "depth",
    ImagenetAccuracy = "imagenet-accuracy",
}

/// The value of a factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Known<'f> {
    Level(&'f str),
    Number(f64),
}
