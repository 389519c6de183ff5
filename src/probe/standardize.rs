//! The standardization of features before fitting a probe.

use serde::{Deserialize, Serialize};

use crate::error::{Result, same_length};
use crate::representation::Representation;
use crate::transform::Standardization;

/// The standardization of features before fitting a probe.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "kebab-case")]
pub enum Standardize {
    /// One mean and standard deviation over all features of all stimuli of the representation, as
    /// published; the default.
    #[default]
    Scalar,
    /// The mean and standard deviation of each feature over the stimuli of the representation.
    PerFeature,
    /// Given moments, independent of the stimuli.
    By(Standardization),
}

impl Standardize {
    pub(super) fn of(&self, representation: &Representation) -> Result<Standardization> {
        let standardization = match self {
            Standardize::Scalar => Standardization::scalar_of(representation)?,
            Standardize::PerFeature => Standardization::per_feature_of(representation)?,
            Standardize::By(standardization) => standardization.clone(),
        };
        let n_features = representation.n_features();
        if let Some(found) = standardization.n_features() {
            same_length("features of the standardization", n_features, found)?;
        }
        Ok(standardization)
    }
}

/// The objects over which the moments of a standardization are computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Moments {
    /// The objects of the training trials; the default.
    #[default]
    TrainingObjects,
    /// All rows of the representation, including held-out objects, as published.
    AllObjects,
}
