//! Linear transforms of representations, as learned from human judgments.

mod application;
mod file;
mod fingerprint;
mod source;
mod standardization;
mod training;
mod weights;

use ndarray::{Array1, Array2, ArrayView, ArrayView1, ArrayView2, CowArray, Dimension, Ix2};

pub use source::Transformed;
pub use standardization::Standardization;
pub use training::Training;

use self::fingerprint::Cached;
use self::weights::Weights;
use crate::error::{Error, Result, same_length};
use crate::linalg::Precision;

/// A linear transform: standardized features times weights, plus a bias.
///
/// y = ((x − mean) / std) W + b, with W of shape features × dimensions.
///
/// In memory, the weights have one of two forms: all numbers ([`LinearTransform::new`]), or a
/// multiple of the identity plus a matrix of low rank ([`LinearTransform::near_identity`]), which
/// needs less memory and time. In files, the weights are always all numbers.
///
/// Two transforms are equal if they have the same numbers in the same form. To compare what
/// transforms of different forms compute, compare [`LinearTransform::fingerprint`].
///
/// ```
/// use human_alignment::transform::{LinearTransform, Standardization};
/// use human_alignment::{Representation, Stimuli};
/// use ndarray::array;
///
/// let features = array![[1.0, 2.0], [3.0, 4.0]];
/// let representation = Representation::new(Stimuli::new(["cat", "dog"])?, features)?;
/// let transform = LinearTransform::new(Standardization::none(), array![[1.0], [-1.0]])?
///     .with_bias(array![0.5])?;
/// assert_eq!(transform.apply(&representation)?.features(), array![[-0.5], [-0.5]]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LinearTransform {
    standardization: Standardization,
    weights: Weights,
    bias: Option<Array1<f64>>,
    precision: Precision,
    training: Option<Training>,
    fingerprint: Cached,
}

impl LinearTransform {
    /// Creates a transform without a bias; `weights` are features × dimensions.
    ///
    /// # Errors
    /// Returns `ArgumentError::Shape` if there are no features or no dimensions,
    /// `ArgumentError::LengthMismatch` if the standardization is for another number of features,
    /// and `ArgumentError::InvalidParameter` if a weight is not finite.
    pub fn new(standardization: Standardization, weights: Array2<f64>) -> Result<Self> {
        Self::of_weights(standardization, Weights::dense(weights)?)
    }

    /// Creates a transform without a bias by the weights W = c·E + L·R, of which only the scale c
    /// and the two factors are kept in memory.
    ///
    /// | symbol | argument | shape | |
    /// |---|---|---|---|
    /// | c | `scale` | | at least 0 |
    /// | E | | features × dimensions | ones on the main diagonal: the identity if there are as many dimensions as features |
    /// | L | `left` | features × rank | |
    /// | R | `right` | rank × dimensions | |
    ///
    /// The rank may be 0. For n stimuli, the products of [`LinearTransform::apply`] take
    /// n · rank · (features + dimensions) multiplications instead of n · features · dimensions. The
    /// first application also computes the fingerprint, which visits all weights in blocks: rank ·
    /// features · dimensions multiplications, once for a transform and its later clones.
    ///
    /// ```
    /// use human_alignment::transform::{LinearTransform, Standardization};
    /// use ndarray::array;
    ///
    /// let left = array![[1.0], [0.0], [-1.0]];
    /// let right = array![[1.0, 2.0, 3.0]];
    /// let transform = LinearTransform::near_identity(Standardization::none(), 0.5, left, right)?;
    /// let weights = array![[1.5, 2.0, 3.0], [0.0, 0.5, 0.0], [-1.0, -2.0, -2.5]];
    /// assert_eq!(transform.weights(), weights);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::Shape` if there are no features or no dimensions,
    /// `ArgumentError::LengthMismatch` if the ranks of the factors differ or the standardization is
    /// for another number of features, `ArgumentError::InvalidParameter` if the scale is negative
    /// or not finite, a number of a factor is not finite, or the bound
    /// c + Σₖ maxᵢ|Lᵢₖ| · maxⱼ|Rₖⱼ| on the weights is above half of the largest `f64`, and
    /// `ComputationError::OutOfMemory` if no memory could hold features × dimensions numbers.
    pub fn near_identity(
        standardization: Standardization,
        scale: f64,
        left: Array2<f64>,
        right: Array2<f64>,
    ) -> Result<Self> {
        Self::of_weights(standardization, Weights::near_identity(scale, left, right)?)
    }

    fn of_weights(standardization: Standardization, weights: Weights) -> Result<Self> {
        if let Some(found) = standardization.n_features() {
            same_length("features of the standardization", weights.dim().0, found)?;
        }
        Ok(Self {
            standardization,
            weights,
            bias: None,
            precision: Precision::Double,
            training: None,
            fingerprint: Cached::default(),
        })
    }

    /// Sets the bias, one number per dimension, which is rounded to the precision of the transform.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of dimensions differs, and
    /// `ArgumentError::InvalidParameter` if a number is not finite, or outside the range of `f32`
    /// if the precision is single.
    pub fn with_bias(mut self, bias: Array1<f64>) -> Result<Self> {
        same_length("dimensions of the bias", self.n_dimensions(), bias.len())?;
        check_finite("bias", bias.view())?;
        self.bias = Some(bias.as_standard_layout().into_owned());
        let precision = self.precision;
        self.with_precision(precision)
    }

    /// Returns the standardization of features, which is applied before the weights.
    pub fn standardization(&self) -> &Standardization {
        &self.standardization
    }

    /// Returns the weights, features × dimensions, always in row-major order.
    ///
    /// The result is a view if all weights are in memory. For a transform by
    /// [`LinearTransform::near_identity`], features × dimensions numbers are computed.
    ///
    /// # Panics
    /// Panics if the memory for computed weights cannot be allocated;
    /// [`LinearTransform::factors`] needs no memory.
    pub fn weights(&self) -> CowArray<'_, f64, Ix2> {
        match self.weights.all() {
            Ok(weights) => weights,
            Err(error) => panic!("{error}"),
        }
    }

    /// Returns the scale c, the left factor L (features × rank) and the right factor R (rank ×
    /// dimensions) of the weights c·E + L·R, or `None` if all weights are in memory. See
    /// [`LinearTransform::near_identity`].
    pub fn factors(&self) -> Option<(f64, ArrayView2<'_, f64>, ArrayView2<'_, f64>)> {
        match &self.weights {
            Weights::Dense(_) => None,
            Weights::NearIdentity { scale, left, right } => {
                Some((*scale, left.view(), right.view()))
            }
        }
    }

    /// Returns the bias, one number per dimension, if there is one.
    pub fn bias(&self) -> Option<ArrayView1<'_, f64>> {
        self.bias.as_ref().map(|bias| bias.view())
    }

    /// Returns the number of features (input).
    pub fn n_features(&self) -> usize {
        self.weights.dim().0
    }

    /// Returns the number of dimensions (output).
    pub fn n_dimensions(&self) -> usize {
        self.weights.dim().1
    }

    /// Returns the precision of the numbers in files: [`Precision::Double`] unless they were
    /// rounded or read from a file of `f32`. The transform is applied in `f64` in both cases.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Sets the precision of the numbers; with [`Precision::Single`], weights, bias, means and
    /// standard deviations are rounded to the nearest `f32`.
    ///
    /// Rounded weights are no longer a multiple of the identity plus a matrix of low rank: with
    /// [`Precision::Single`], all weights of a transform by [`LinearTransform::near_identity`] are
    /// computed, rounded and kept in memory, so that a file has exactly the numbers of the
    /// transform.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a number is outside the range of `f32`, or a
    /// standard deviation would be rounded to 0, and `ComputationError::OutOfMemory` if the memory
    /// for computed weights cannot be allocated.
    pub fn with_precision(mut self, precision: Precision) -> Result<Self> {
        if precision == Precision::Single {
            self.standardization = self.standardization.rounded()?;
            let mut weights = match self.weights {
                Weights::Dense(weights) => weights,
                computed => computed.all()?.into_owned(),
            };
            for weight in &mut weights {
                *weight = round("weights", *weight)?;
            }
            self.weights = Weights::Dense(weights);
            for bias in self.bias.iter_mut().flatten() {
                *bias = round("bias", *bias)?;
            }
        }
        self.precision = precision;
        self.fingerprint = Cached::default();
        Ok(self)
    }

    /// Sets the record of how the transform was learned.
    #[must_use]
    pub fn with_training(mut self, training: Training) -> Self {
        self.training = Some(training);
        self
    }

    /// Returns the record of how the transform was learned, if there is one.
    pub fn training(&self) -> Option<&Training> {
        self.training.as_ref()
    }

    fn bias_in_order(&self) -> Option<&[f64]> {
        let bias = self.bias.as_ref()?.as_slice();
        Some(bias.expect("kept in order"))
    }
}

/// Rounds a number to the nearest `f32`.
fn round(name: &'static str, value: f64) -> Result<f64> {
    match f64::from(value as f32) {
        rounded if rounded.is_finite() => Ok(rounded),
        _ => Err(Error::parameter(name, "within the range of f32", value)),
    }
}

fn check_finite<D: Dimension>(name: &'static str, values: ArrayView<'_, f64, D>) -> Result<()> {
    let mut values = values.indexed_iter();
    match values.find(|(_, value)| !value.is_finite()) {
        None => Ok(()),
        Some((index, value)) => {
            let found = format_args!("{value} at {index:?}");
            Err(Error::parameter(name, "finite", found))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ArgumentError, assert_kind};
    use ndarray::array;

    #[test]
    fn single_precision_rounds_every_number() {
        let tenths = Standardization::per_feature(array![0.1, 0.2], array![0.3, 0.4]).unwrap();
        let transform = LinearTransform::new(tenths, array![[0.5, 0.6], [0.7, 0.8]]).unwrap();
        assert_eq!(transform.precision(), Precision::Double);
        let rounded = transform.with_precision(Precision::Single).unwrap();
        // A bias that is set later is rounded as well.
        let rounded = rounded.with_bias(array![0.9, -0.1]).unwrap();
        assert_eq!(rounded.precision(), Precision::Single);
        let f32 = |value: f32| f64::from(value);
        assert_eq!(rounded.weights()[[1, 0]], f32(0.7));
        assert_eq!(rounded.bias().unwrap(), array![f32(0.9), f32(-0.1)]);
        let moments = rounded.standardization().of_feature(1);
        assert_eq!(moments, Some((f32(0.2), f32(0.4))));
        let again = rounded.clone().with_precision(Precision::Single).unwrap();
        assert_eq!(again, rounded);
    }

    #[test]
    fn what_single_precision_cannot_hold_is_refused() {
        let plain = || LinearTransform::new(Standardization::none(), array![[1.0]]).unwrap();
        let scaled = |mean, std| {
            let standardization = Standardization::scalar(mean, std).unwrap();
            LinearTransform::new(standardization, array![[1.0]]).unwrap()
        };
        for (transform, name) in [
            (scaled(1e39, 1.0), "mean"),
            (scaled(0.0, 1e39), "standard deviation"),
            (scaled(0.0, 1e-60), "standard deviation"),
            (plain().with_bias(array![-1e39]).unwrap(), "bias"),
        ] {
            let refused = transform.with_precision(Precision::Single).unwrap_err();
            assert_kind!(refused, Argument(ArgumentError::InvalidParameter { name: named, .. }) if *named == name);
        }
        let single = plain().with_precision(Precision::Single).unwrap();
        assert!(single.with_bias(array![1e39]).is_err());
    }

    #[test]
    fn numbers_that_are_not_finite_are_placed() {
        let weights = array![[1.0, 2.0], [f64::NAN, 3.0]];
        let refused = LinearTransform::new(Standardization::none(), weights).unwrap_err();
        assert_eq!(
            refused.report().to_string(),
            "weights must be finite, not NaN at (1, 0)"
        );
    }

    #[test]
    fn memory_order_is_no_matter() {
        let weights = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].reversed_axes();
        let [mut bias, mut std] = [array![1.0, 2.0, 3.0], array![1.0, 2.0]];
        bias.invert_axis(ndarray::Axis(0));
        std.invert_axis(ndarray::Axis(0));
        let standardization = Standardization::per_feature(array![0.0, 0.0], std).unwrap();
        assert_eq!(standardization.moments().unwrap().1, [2.0, 1.0]);
        let transform = LinearTransform::new(standardization, weights).unwrap();
        assert_eq!(
            transform.weights().as_slice().unwrap()[..3],
            [1.0, 3.0, 5.0]
        );
        let transform = transform.with_bias(bias).unwrap();
        assert_eq!(transform.bias_in_order().unwrap(), [3.0, 2.0, 1.0]);
    }
}
