//! How a penalty is chosen, and how features are scaled.

use serde::{Deserialize, Serialize};

use crate::names::named;

/// The error that a penalty is chosen by: an estimate of the mean squared error for stimuli that were
/// not learned from.
///
/// With residuals eᵢ and leverages hᵢ (the diagonal of the matrix H that makes predictions of
/// targets, the intercept among what is fitted) of n stimuli:
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// Leave-one-out, the default: the mean of (eᵢ / (1 − hᵢ))², which is exactly the squared error
    /// of each stimulus under the fit to all others (Allen's PRESS).
    #[default]
    LeaveOneOut,
    /// Generalised cross-validation (Golub, Heath & Wahba 1979): the mean of eᵢ², over
    /// (1 − trace(H) / n)². Unlike leave-one-out it doesn't change when stimuli are rotated.
    GeneralizedCrossValidation,
}

impl Selection {
    /// Both of them.
    pub const ALL: [Selection; 2] = [
        Selection::LeaveOneOut,
        Selection::GeneralizedCrossValidation,
    ];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            Selection::LeaveOneOut => "leave-one-out",
            Selection::GeneralizedCrossValidation => "generalized-cross-validation",
        }
    }
}

named!(
    Selection,
    "selection",
    "leave-one-out or generalized-cross-validation"
);

/// Which targets share a penalty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// Each target has its own, the default.
    #[default]
    PerTarget,
    /// All have the one whose error is smallest in the mean over targets.
    Joint,
}

impl Sharing {
    /// Both of them.
    pub const ALL: [Sharing; 2] = [Sharing::PerTarget, Sharing::Joint];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            Sharing::PerTarget => "per-target",
            Sharing::Joint => "joint",
        }
    }
}

named!(Sharing, "sharing", "per-target or joint");

/// What features are divided by, after their means over the training rows are subtracted.
///
/// A penalty weighs features by their scale, so that results depend on it. Standard deviations have
/// the number of rows as divisor; a feature that doesn't vary is not scaled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureScaling {
    /// Nothing, the default.
    #[default]
    None,
    /// Their standard deviations over the training rows.
    TrainingRows,
    /// Their standard deviations over all rows, those held out among them: what a user gets who
    /// standardises before dividing into folds. How much the features of held-out stimuli vary leaks
    /// into training (their targets don't). Outside of a cross-validation it is
    /// [`FeatureScaling::TrainingRows`].
    AllRows,
}

impl FeatureScaling {
    /// All of them.
    pub const ALL: [FeatureScaling; 3] = [
        FeatureScaling::None,
        FeatureScaling::TrainingRows,
        FeatureScaling::AllRows,
    ];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            FeatureScaling::None => "none",
            FeatureScaling::TrainingRows => "training-rows",
            FeatureScaling::AllRows => "all-rows",
        }
    }
}

named!(
    FeatureScaling,
    "feature scaling",
    "none, training-rows or all-rows"
);
