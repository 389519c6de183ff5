//! The factors that may explain alignment.

use serde::{Deserialize, Serialize};

use crate::names::named;
use crate::study::input::ModelFactors;

/// A factor that may explain differences in alignment between networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Factor {
    /// Training data of a network.
    TrainingData,
    /// Training objective.
    Objective,
    /// Family of the architecture.
    Architecture,
    /// Decimal logarithm of the number of parameters.
    Parameters,
    /// Number of layers.
    Depth,
    /// Accuracy on ImageNet, in %.
    ImagenetAccuracy,
}

impl Factor {
    /// Returns the value of the factor for a network; `None` if unknown.
    pub(super) fn of(self, factors: &ModelFactors) -> Option<Known<'_>> {
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

/// The known value of a factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Known<'f> {
    Level(&'f str),
    Number(f64),
}
