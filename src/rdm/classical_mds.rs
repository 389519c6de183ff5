//! Classical multidimensional scaling.

use faer::Mat;
use ndarray::Array2;

use crate::error::{Error, RdmError, Result};
use crate::linalg::{eigen, out_of_memory};
use crate::rdm::Rdm;

/// Classical multidimensional scaling (Torgerson 1952; Gower 1966): positions of stimuli whose
/// Euclidean distances approximate the dissimilarities.
///
/// With D the dissimilarities and J = I − 1/n, the matrix B = −½ J D² J has eigenvalues λ and
/// eigenvectors v; the k-th coordinate is √λₖ vₖ. Euclidean distances are reproduced exactly if
/// there are enough dimensions. Other dissimilarities lead to negative eigenvalues, which the
/// positions do not represent.
///
/// ```
/// use human_alignment::rdm::ClassicalMds;
/// use human_alignment::{Rdm, Stimuli};
///
/// // Three towns on a road.
/// let towns = Stimuli::new(["a", "b", "c"])?;
/// let mds = ClassicalMds::new(&Rdm::new(towns, vec![3.0, 7.0, 4.0])?, 2)?;
/// let distance = (mds.positions[[0, 0]] - mds.positions[[2, 0]]).abs();
/// assert!((distance - 7.0).abs() < 1e-12);
/// assert!(mds.variance_shown() > 1.0 - 1e-12);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClassicalMds {
    /// Coordinates, stimuli × dimensions, in descending order of the eigenvalues. Each column sums
    /// to 0, and its element with the largest absolute value is positive. Dimensions without a
    /// positive eigenvalue are 0.
    pub positions: Array2<f64>,
    /// All n eigenvalues, in descending order.
    pub eigenvalues: Vec<f64>,
}

impl ClassicalMds {
    /// Computes positions in `n_dimensions` dimensions.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the number of dimensions is 0 or larger than
    /// the number of stimuli, [`RdmError::InvalidPair`] if a dissimilarity is missing or negative,
    /// [`RdmError::Constant`] if all dissimilarities are 0, `ComputationError::OutOfMemory`, and
    /// `ComputationError::NotConverged`.
    pub fn new(rdm: &Rdm, n_dimensions: usize) -> Result<Self> {
        let n = rdm.n_stimuli();
        if !(1..=n).contains(&n_dimensions) {
            let expected = "at least 1 and at most the number of stimuli";
            return Err(Error::parameter("dimensions", expected, n_dimensions));
        }
        rdm.require_complete()?;
        rdm.require_non_negative()?;
        let largest = rdm.values().iter().copied().fold(0.0, f64::max);
        if largest == 0.0 {
            return Err(RdmError::Constant {
                undefined: "classical multidimensional scaling",
            }
            .into());
        }
        let mut products = Mat::<f64>::new();
        products
            .try_reserve(n, n)
            .map_err(|_| out_of_memory::<f64>("products of positions", (n as u64).pow(2)))?;
        // Dividing by the largest value keeps squares finite.
        let square = |value: f64| (value / largest).powi(2);
        products.resize_with(n, n, |row, column| {
            rdm.between(row, column).map_or(0.0, square)
        });
        let means: Vec<f64> = (0..n)
            .map(|column| products.col(column).iter().sum::<f64>() / n as f64)
            .collect();
        let mean = means.iter().sum::<f64>() / n as f64;
        for column in 0..n {
            for row in 0..n {
                let centred = products[(row, column)] - means[row] - means[column] + mean;
                products[(row, column)] = -0.5 * centred;
            }
        }
        let (values, vectors) = eigen(products.as_ref())?;
        // Smaller eigenvalues are 0 within rounding, and their eigenvectors are arbitrary.
        let rounding = n as f64 * f64::EPSILON * values[n - 1].abs();
        let mut positions = Array2::zeros((n, n_dimensions));
        for (dimension, mut column) in positions.columns_mut().into_iter().enumerate() {
            let position = n - 1 - dimension;
            let vector = vectors.col(position);
            // Of elements with the same absolute value within rounding, the first sets the sign.
            let farther = |farthest: f64, &x: &f64| match x.abs() > farthest.abs() * (1.0 + 1e-9) {
                true => x,
                false => farthest,
            };
            let sign = vector.iter().fold(0.0, farther).signum();
            let length = match values[position] > rounding {
                true => sign * values[position].sqrt() * largest,
                false => 0.0,
            };
            for (out, x) in column.iter_mut().zip(vector.iter()) {
                *out = length * x;
            }
        }
        let scale = largest * largest;
        let eigenvalues = values
            .into_iter()
            .rev()
            .map(|value| value * scale)
            .collect();
        Ok(Self {
            positions,
            eigenvalues,
        })
    }

    /// Returns the share of the variance of each dimension of [`positions`](Self::positions): its
    /// eigenvalue divided by the sum of the positive eigenvalues, in [0, 1].
    pub fn variance_by_dimension(&self) -> Vec<f64> {
        let positive = self.eigenvalues.iter().map(|value| value.max(0.0));
        let total: f64 = positive.clone().sum();
        let shown = positive.take(self.positions.ncols());
        shown.map(|value| value / total).collect()
    }

    /// Returns the share of the variance of all dimensions together, in [0, 1].
    pub fn variance_shown(&self) -> f64 {
        self.variance_by_dimension().iter().sum()
    }
}
