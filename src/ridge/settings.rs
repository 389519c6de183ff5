//! Settings for the selection of penalties and the scaling of features.

use serde::{Deserialize, Serialize};

use crate::names::named;

/// The error by which a penalty is selected: an estimate of the mean squared error for stimuli that
/// are not in the training data.
///
/// The formulas use the residuals eᵢ and the leverages hᵢ of n stimuli. Leverages are the diagonal
/// of the matrix H that maps targets to predictions, including the intercept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Selection {
    /// Leave-one-out (default): the mean of (eᵢ / (1 − hᵢ))², which is exactly the squared error of
    /// each stimulus for the fit to all others (Allen's PRESS).
    #[default]
    LeaveOneOut,
    /// Generalized cross-validation (Golub, Heath & Wahba 1979): the mean of eᵢ² divided by (1 −
    /// trace(H) / n)². Unlike leave-one-out, it is invariant to rotations of the stimuli.
    GeneralizedCrossValidation,
}

named! {
    Selection, "selection":
    LeaveOneOut = "leave-one-out",
    GeneralizedCrossValidation = "generalized-cross-validation",
}

/// The targets that share a penalty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Sharing {
    /// Each target has its own penalty (default).
    #[default]
    PerTarget,
    /// All targets have the penalty with the smallest mean error over targets.
    Joint,
}

named! {
    Sharing, "sharing":
    PerTarget = "per-target",
    Joint = "joint",
}

/// The values by which features are divided, after their means over the training rows were
/// subtracted.
///
/// Results depend on the scale of features, because the penalty is the same for all coefficients.
/// Standard deviations have the number of rows as divisor. A feature that does not vary is not
/// scaled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FeatureScaling {
    /// No scaling (default).
    #[default]
    None,
    /// Standard deviations over the training rows.
    TrainingRows,
    /// Standard deviations over all rows, including the held-out ones, as if features were
    /// standardized before the data are divided into folds. The variance of held-out features (not
    /// their targets) thus leaks into the training. Without cross-validation, it is the same as
    /// [`FeatureScaling::TrainingRows`].
    AllRows,
}

named! {
    FeatureScaling, "feature scaling":
    None = "none",
    TrainingRows = "training-rows",
    AllRows = "all-rows",
}
