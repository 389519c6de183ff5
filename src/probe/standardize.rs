//! The standardisation of features before fitting a probe.

use serde::Serialize;

use crate::error::{ArgumentError, Result};
use crate::representation::Representation;
use crate::transform::Standardization;

/// The standardisation of features before fitting a probe.
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
        match standardization.n_features() {
            Some(found) if found != n_features => Err(ArgumentError::LengthMismatch {
                what: "features of the standardisation",
                expected: n_features,
                found,
            }
            .into()),
            _ => Ok(standardization),
        }
    }
}
