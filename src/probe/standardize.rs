//! How features are standardised before a probe is fitted.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::representation::Representation;
use crate::transform::Standardization;

/// How features are standardised before a probe is fitted.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standardize {
    /// By one mean and standard deviation over all features of all stimuli of the representation, as
    /// published; the default.
    #[default]
    Scalar,
    /// By the mean and standard deviation of each feature over the stimuli of the representation.
    PerFeature,
    /// By these moments, whatever the stimuli.
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
            Some(found) if found != n_features => Err(Error::LengthMismatch {
                what: "features of the standardisation",
                expected: n_features,
                found,
            }),
            _ => Ok(standardization),
        }
    }
}
