//! Linear transforms of representations, as learned from human judgments.

mod application;
mod file;
mod fingerprint;
mod source;
mod standardization;
mod training;

use ndarray::{Array1, Array2, ArrayView, ArrayView1, ArrayView2, Dimension};

pub use source::Transformed;
pub use standardization::Standardization;
pub use training::Training;

use crate::error::{Error, Result, same_length, wrong_shape};
use crate::linalg::Precision;

/// A linear transform: standardised features times weights, plus a bias.
///
/// y = ((x − mean) / std) W + b, with W of shape features × dimensions.
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
    weights: Array2<f64>,
    bias: Option<Array1<f64>>,
    precision: Precision,
    training: Option<Training>,
}

impl LinearTransform {
    /// Creates a transform without a bias; `weights` are features × dimensions.
    ///
    /// # Errors
    /// Returns `ArgumentError::Shape` if there are no features or no dimensions,
    /// `ArgumentError::LengthMismatch` if the standardisation is for another number of features,
    /// and `ArgumentError::InvalidParameter` if a weight is not finite.
    pub fn new(standardization: Standardization, weights: Array2<f64>) -> Result<Self> {
        if weights.is_empty() {
            return Err(wrong_shape(
                "the weights of a transform",
                "features × dimensions, at least one of each",
                weights.shape(),
            ));
        }
        if let Some(found) = standardization.n_features() {
            same_length("features of the standardisation", weights.nrows(), found)?;
        }
        check_finite("weights", weights.view())?;
        Ok(Self {
            standardization,
            weights: weights.as_standard_layout().into_owned(),
            bias: None,
            precision: Precision::Double,
            training: None,
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

    /// Returns the standardisation of features, which is applied before the weights.
    pub fn standardization(&self) -> &Standardization {
        &self.standardization
    }

    /// Returns the weights, features × dimensions, always in row-major order.
    pub fn weights(&self) -> ArrayView2<'_, f64> {
        self.weights.view()
    }

    /// Returns the bias, one number per dimension, if there is one.
    pub fn bias(&self) -> Option<ArrayView1<'_, f64>> {
        self.bias.as_ref().map(|bias| bias.view())
    }

    /// Returns the number of features (input).
    pub fn n_features(&self) -> usize {
        self.weights.nrows()
    }

    /// Returns the number of dimensions (output).
    pub fn n_dimensions(&self) -> usize {
        self.weights.ncols()
    }

    /// Returns the precision of the numbers in files: [`Precision::Double`] unless they were
    /// rounded or read from a file of `f32`. The transform is applied in `f64` in both cases.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Sets the precision of the numbers; with [`Precision::Single`], weights, bias, means and
    /// standard deviations are rounded to the nearest `f32`.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a number is outside the range of `f32`, or a
    /// standard deviation would be rounded to 0.
    pub fn with_precision(mut self, precision: Precision) -> Result<Self> {
        if precision == Precision::Single {
            self.standardization = self.standardization.rounded()?;
            for weight in &mut self.weights {
                *weight = round("weights", *weight)?;
            }
            for bias in self.bias.iter_mut().flatten() {
                *bias = round("bias", *bias)?;
            }
        }
        self.precision = precision;
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

    /// Returns the weights in row-major order.
    fn weights_in_order(&self) -> &[f64] {
        let weights = self.weights.as_slice();
        weights.expect("kept in row-major order")
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
        assert_eq!(transform.weights_in_order()[..3], [1.0, 3.0, 5.0]);
        let transform = transform.with_bias(bias).unwrap();
        assert_eq!(transform.bias_in_order().unwrap(), [3.0, 2.0, 1.0]);
    }
}
