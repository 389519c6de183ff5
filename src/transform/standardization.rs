//! Standardization of features before the weights of a transform.

use std::fmt;
use std::slice::from_ref;

use ndarray::Array1;
use serde::{Serialize, Serializer};

use super::{check_finite, round};
use crate::error::{Error, FeatureError, Result, at_least, same_length};
use crate::linalg::{Real, Values, with_values};
use crate::representation::Representation;

/// Standardization of features, (x − mean) / std: with one mean and standard deviation for all
/// features, with one of each per feature, or none.
///
/// Standard deviations are those of a population, with the number of values as divisor.
///
/// ```
/// use human_alignment::transform::Standardization;
/// use human_alignment::{Representation, Stimuli};
/// use ndarray::array;
///
/// let features = array![[1.0, 2.0], [3.0, 6.0]];
/// let representation = Representation::new(Stimuli::numbered(2), features)?;
/// let standardization = Standardization::per_feature_of(&representation)?;
/// // The mean and standard deviation of the second feature.
/// assert_eq!(standardization.of_feature(1), Some((4.0, 2.0)));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Standardization(Moments);

/// The means and the standard deviations.
impl Serialize for Standardization {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match &self.0 {
            Moments::None => serializer.serialize_none(),
            Moments::Scalar { mean, std } => (mean, std).serialize(serializer),
            Moments::PerFeature { mean, std } => {
                (mean.to_vec(), std.to_vec()).serialize(serializer)
            }
        }
    }
}

#[derive(Clone, PartialEq)]
enum Moments {
    None,
    Scalar { mean: f64, std: f64 },
    PerFeature { mean: Array1<f64>, std: Array1<f64> },
}

/// Formats all moments, because `ndarray` would omit the middle of a long array and different
/// moments must have different texts.
impl fmt::Debug for Moments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Scalar { mean, std } => write!(f, "Scalar {{ mean: {mean:?}, std: {std:?} }}"),
            Self::PerFeature { mean, std } => {
                let [mean, std] = [mean, std].map(|moments| moments.to_vec());
                write!(f, "PerFeature {{ mean: {mean:?}, std: {std:?} }}")
            }
        }
    }
}

impl Standardization {
    /// Creates a standardization that leaves features unchanged.
    pub fn none() -> Self {
        Self(Moments::None)
    }

    /// Creates a standardization with one mean and standard deviation for all features, which keeps
    /// the ratios of the distances between stimuli.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the mean is not finite, or the standard
    /// deviation is not positive and finite.
    pub fn scalar(mean: f64, std: f64) -> Result<Self> {
        if !mean.is_finite() {
            return Err(Error::parameter("mean", "finite", mean));
        }
        if !is_scale(std) {
            return Err(Error::parameter("standard deviation", SCALE, std));
        }
        Ok(Self(Moments::Scalar { mean, std }))
    }

    /// Creates a standardization with a mean and standard deviation per feature.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the numbers of means and standard deviations
    /// differ, and `ArgumentError::InvalidParameter` as [`Standardization::scalar`].
    pub fn per_feature(mean: Array1<f64>, std: Array1<f64>) -> Result<Self> {
        same_length("standard deviations of features", mean.len(), std.len())?;
        check_finite("mean", mean.view())?;
        if let Some(feature) = std.iter().position(|&std| !is_scale(std)) {
            let found = format_args!("{} at {feature}", std[feature]);
            return Err(Error::parameter("standard deviation", SCALE, found));
        }
        // Contiguous in memory, as they are written to files.
        let [mean, std] = [mean, std].map(|moment| moment.as_standard_layout().into_owned());
        Ok(Self(Moments::PerFeature { mean, std }))
    }

    /// Computes the scalar mean and standard deviation over all features of all stimuli.
    ///
    /// # Errors
    /// Returns [`FeatureError::Constant`] if all features are equal, and `ArgumentError::TooFew`
    /// if there are no stimuli.
    pub fn scalar_of(representation: &Representation) -> Result<Self> {
        with_values!(representation.values(), values => Self::scalar_of_values(values))
    }

    fn scalar_of_values<T: Real>(values: &[T]) -> Result<Self> {
        at_least("stimuli", 1, values.len())?;
        let n = values.len() as f64;
        let mut mean = sum(values, |x| x) / n;
        if T::IS_DOUBLE {
            // An offset costs digits of the sum; for f32 there are enough.
            mean += sum(values, |x| x - mean) / n;
        }
        let std = (sum(values, |x| (x - mean).powi(2)) / n).sqrt();
        if values.iter().all(|x| x == &values[0]) {
            return Err(FeatureError::Constant {
                undefined: "the standardization",
            }
            .into());
        }
        Self::scalar(mean, std)
    }

    /// Computes the mean and standard deviation of each feature over the stimuli. For a constant
    /// feature, the standard deviation is set to 1, so that the standardized feature is 0.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are no stimuli.
    pub fn per_feature_of(representation: &Representation) -> Result<Self> {
        let n_features = representation.n_features();
        with_values!(representation.values(), values => {
            Self::per_feature_of_values(values, n_features)
        })
    }

    fn per_feature_of_values<T: Real>(values: &[T], n_features: usize) -> Result<Self> {
        let n = values.len() / n_features;
        at_least("stimuli", 1, n)?;
        let rows = || values.chunks_exact(n_features);
        let mut mean = Array1::<f64>::zeros(n_features);
        for row in rows() {
            mean.iter_mut()
                .zip(row)
                .for_each(|(sum, &x)| *sum += x.into());
        }
        mean /= n as f64;
        if T::IS_DOUBLE {
            // An offset costs digits of the sum; for f32 there are enough.
            let mut left = Array1::<f64>::zeros(n_features);
            for row in rows() {
                let cells = left.iter_mut().zip(&mean).zip(row);
                cells.for_each(|((sum, mean), &x)| *sum += x.into() - mean);
            }
            mean += &(left / n as f64);
        }
        let mut std = Array1::<f64>::zeros(n_features);
        for row in rows() {
            let deviations = row.iter().zip(&mean).map(|(&x, &mean)| x.into() - mean);
            std.iter_mut()
                .zip(deviations)
                .for_each(|(sum, x)| *sum += x * x);
        }
        std.mapv_inplace(|squares| (squares / n as f64).sqrt());
        for (column, std) in std.iter_mut().enumerate() {
            // Compare the values, because the rounding of a mean would leave a tiny deviation.
            let mut others = values[column..].iter().step_by(n_features);
            if others.all(|&x| x == values[column]) || *std == 0.0 {
                *std = 1.0;
            }
        }
        Self::per_feature(mean, std)
    }

    /// Returns the number of features, or `None` if the standardization applies to any number.
    pub fn n_features(&self) -> Option<usize> {
        match &self.0 {
            Moments::PerFeature { mean, .. } => Some(mean.len()),
            _ => None,
        }
    }

    /// Returns the mean and standard deviation of a feature, or `None` if the index is out of
    /// range.
    pub fn of_feature(&self, feature: usize) -> Option<(f64, f64)> {
        match &self.0 {
            Moments::None => Some((0.0, 1.0)),
            Moments::Scalar { mean, std } => Some((*mean, *std)),
            Moments::PerFeature { mean, std } => Some((*mean.get(feature)?, *std.get(feature)?)),
        }
    }

    /// Returns the means and the standard deviations, one of each or one per feature; `None` if
    /// there is no standardization.
    pub(super) fn moments(&self) -> Option<(&[f64], &[f64])> {
        match &self.0 {
            Moments::None => None,
            Moments::Scalar { mean, std } => Some((from_ref(mean), from_ref(std))),
            Moments::PerFeature { mean, std } => {
                let [mean, std] = [mean, std].map(|moment| moment.as_slice());
                Some((mean.expect("kept in order"), std.expect("kept in order")))
            }
        }
    }

    /// Rounds all moments to the nearest `f32`.
    pub(super) fn rounded(&self) -> Result<Self> {
        match &self.0 {
            Moments::None => Ok(Self::none()),
            Moments::Scalar { mean, std } => {
                Self::scalar(round("mean", *mean)?, round_scale(*std)?)
            }
            Moments::PerFeature { mean, std } => Self::per_feature(
                mean.iter()
                    .map(|&mean| round("mean", mean))
                    .collect::<Result<_>>()?,
                std.iter()
                    .map(|&std| round_scale(std))
                    .collect::<Result<_>>()?,
            ),
        }
    }

    /// Writes standardized features in row-major order to `out`, which has the same number of
    /// elements.
    pub(crate) fn write(&self, features: Values<'_>, n_features: usize, out: &mut [f64]) {
        with_values!(features, features => self.write_of(features, n_features, out))
    }

    fn write_of<T: Real>(&self, features: &[T], n_features: usize, out: &mut [f64]) {
        let rows = features.chunks_exact(n_features);
        for (row, out) in rows.zip(out.chunks_exact_mut(n_features)) {
            let cells = out.iter_mut().zip(row);
            match &self.0 {
                Moments::None => cells.for_each(|(out, &x)| *out = x.into()),
                Moments::Scalar { mean, std } => {
                    cells.for_each(|(out, &x)| *out = (x.into() - mean) / std);
                }
                Moments::PerFeature { mean, std } => {
                    let moments = mean.iter().zip(std);
                    cells.zip(moments).for_each(|((out, &x), (mean, std))| {
                        *out = (x.into() - mean) / std;
                    });
                }
            }
        }
    }
}

fn sum<T: Real>(values: &[T], of: impl Fn(f64) -> f64) -> f64 {
    values.iter().fold(0.0, |sum, &x| sum + of(x.into()))
}

/// The requirement on a standard deviation.
const SCALE: &str = "positive and finite";

fn is_scale(std: f64) -> bool {
    std > 0.0 && std.is_finite()
}

/// Rounds a standard deviation, which must not become 0.
fn round_scale(std: f64) -> Result<f64> {
    match round("standard deviation", std)? {
        0.0 => Err(Error::parameter(
            "standard deviation",
            "positive as f32",
            std,
        )),
        rounded => Ok(rounded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::assert_refused;
    use crate::stimuli::Stimuli;
    use approx::assert_relative_eq;
    use ndarray::array;

    fn features() -> Representation {
        let features = array![[1.0, 2.0, 7.0], [3.0, 6.0, 7.0]];
        Representation::new(Stimuli::numbered(2), features).unwrap()
    }

    #[test]
    fn moments_are_those_of_a_population() {
        // np.mean(x), np.std(x)
        let scalar = Standardization::scalar_of(&features()).unwrap();
        let (mean, std) = scalar.of_feature(1).unwrap();
        assert_relative_eq!(mean, 26.0 / 6.0);
        assert_relative_eq!(std, 2.4267032964268394, max_relative = 1e-14);

        let by_feature = Standardization::per_feature_of(&features()).unwrap();
        let mut out = [0.0; 6];
        by_feature.write(features().values(), 3, &mut out);
        assert_eq!(out, [-1.0, -1.0, 0.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn what_does_not_vary_has_no_scale() {
        let constant = Representation::new(Stimuli::numbered(2), array![[0.1, 0.1], [0.1, 0.1]]);
        let refused = Standardization::scalar_of(&constant.unwrap());
        assert_refused!(refused, Feature(FeatureError::Constant { .. }));
        for (mean, std) in [
            (f64::NAN, 1.0),
            (0.0, 0.0),
            (0.0, -1.0),
            (0.0, f64::INFINITY),
        ] {
            assert!(Standardization::scalar(mean, std).is_err());
        }
        assert!(Standardization::per_feature(array![0.0], array![1.0, 1.0]).is_err());
    }
}
