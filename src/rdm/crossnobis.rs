//! Cross-validated squared distances.

use faer::{Mat, Side};
use ndarray::{Array2, ArrayView2, Axis};

use crate::error::{Error, Result, at_least, same_length, wrong_shape};
use crate::linalg::n_pairs;
use crate::rdm::Rdm;
use crate::representation::Representation;

impl Rdm {
    /// Computes the cross-validated squared Mahalanobis distances ("crossnobis", Walther et al.
    /// 2016) of repeated measurements of the same stimuli.
    ///
    /// With xₐᵢ the features of stimulus *i* in measurement *a* and P the noise precision (features
    /// × features), the dissimilarity of *i* and *j* is the mean over ordered pairs of different
    /// measurements (*a*, *b*) of
    ///
    /// (xₐᵢ − xₐⱼ)ᵀ P (x_bᵢ − x_bⱼ).
    ///
    /// If noise is independent between measurements, the expectation for identical stimuli is 0;
    /// single values can be negative. Without a precision, the result is the cross-validated
    /// squared Euclidean distance. Divide by the number of features
    /// ([`Representation::n_features`]) to get distances per feature, as in rsatoolbox.
    ///
    /// Measurements are matched by stimulus id; the RDM has the order of the first measurement.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` for fewer than two measurements or stimuli,
    /// `StimuliError::Missing` or `StimuliError::Unexpected` if the measurements have different
    /// stimuli, `ArgumentError::LengthMismatch` if they have different numbers of features,
    /// `ArgumentError::Shape` if the precision is not features × features, and
    /// `ArgumentError::InvalidParameter` if it is not finite, symmetric and positive definite.
    pub fn crossnobis(
        measurements: &[Representation],
        noise_precision: Option<ArrayView2<'_, f64>>,
    ) -> Result<Rdm> {
        at_least("measurements", 2, measurements.len())?;
        let first = &measurements[0];
        let (stimuli, n_features) = (first.stimuli(), first.n_features());
        let n = stimuli.len();
        at_least("stimuli", 2, n)?;
        if let Some(precision) = &noise_precision {
            check_precision(precision, n_features)?;
        }
        let centred: Vec<Array2<f64>> = measurements
            .iter()
            .map(|measurement| {
                measurement.stimuli().same_set_as(stimuli)?;
                same_length(
                    "features of a measurement",
                    n_features,
                    measurement.n_features(),
                )?;
                let features = measurement.select(stimuli)?.into_features().into_f64();
                // Centring does not change distances and reduces the rounding errors of products.
                let mean = features.sum_axis(Axis(0)) / n as f64;
                Ok(features - &mean)
            })
            .collect::<Result<_>>()?;
        let sum = centred
            .iter()
            .skip(1)
            .fold(centred[0].clone(), |sum, measurement| sum + measurement);

        let mut products = Array2::<f64>::zeros((n, n));
        for own in &centred {
            let whitened = match &noise_precision {
                Some(precision) => own.dot(precision),
                None => own.clone(),
            };
            products += &whitened.dot(&(&sum - own).t());
        }
        let r = centred.len() as f64;
        products /= r * (r - 1.0);
        let mut values = Vec::with_capacity(n_pairs(n));
        for i in 0..n {
            for j in i + 1..n {
                let diagonal = products[[i, i]] + products[[j, j]];
                values.push(diagonal - products[[i, j]] - products[[j, i]]);
            }
        }
        Rdm::new(stimuli.clone(), values)
    }
}

fn check_precision(precision: &ArrayView2<'_, f64>, n_features: usize) -> Result<()> {
    if precision.dim() != (n_features, n_features) {
        return Err(wrong_shape(
            "the noise precision",
            format!("{n_features}×{n_features}, one row and column per feature"),
            precision.shape(),
        ));
    }
    let refused = |found: String| {
        let expected = "finite, symmetric and positive definite";
        Err(Error::parameter("the noise precision", expected, found))
    };
    let largest = precision.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
    for ((row, column), &value) in precision.indexed_iter() {
        if !value.is_finite() || row == column && value <= 0.0 {
            return refused(format!("{value} at ({row}, {column})"));
        }
        let other = precision[[column, row]];
        if (value - other).abs() > Rdm::TOLERANCE * largest {
            return refused(format!(
                "{value} at ({row}, {column}) and {other} at ({column}, {row})"
            ));
        }
    }
    let matrix = Mat::from_fn(n_features, n_features, |row, column| {
        precision[[row, column]]
    });
    match matrix.llt(Side::Lower) {
        Ok(_) => Ok(()),
        Err(_) => refused("a matrix that is not positive definite".into()),
    }
}
