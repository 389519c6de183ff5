//! The fits of all penalties.

use ndarray::{Array2, Array3, ArrayView2, ArrayView3, Axis};

use crate::error::Result;
use crate::ridge::fit;
use crate::ridge::training::Training;

/// The coefficients and intercepts for every penalty ([`Ridge::path`](super::Ridge::path)).
#[derive(Debug, Clone, PartialEq)]
pub struct RidgePath {
    penalties: Vec<f64>,
    coefficients: Array3<f64>,
    intercepts: Array2<f64>,
}

impl RidgePath {
    pub(super) fn new(training: &Training<'_>) -> Result<Self> {
        let (n_penalties, n_targets) = (training.penalties.len(), training.n_targets());
        let columns: Vec<usize> = (0..n_penalties * n_targets).collect();
        let shape = (training.rows.n_features(), n_penalties, n_targets);
        let coefficients = Array3::from_shape_vec(shape, training.coefficients(&columns)?)
            .expect("one coefficient per feature, penalty and target");
        // The penalties become the first axis.
        let coefficients = coefficients.permuted_axes([1, 0, 2]);
        let means = training.target_means.clone().into();
        let mut intercepts = Array2::zeros((n_penalties, n_targets));
        let rows = intercepts.axis_iter_mut(Axis(0));
        for (mut out, coefficients) in rows.zip(coefficients.axis_iter(Axis(0))) {
            out.assign(&fit::intercept(&training.scaler, &means, coefficients));
        }
        Ok(Self {
            penalties: training.penalties.to_vec(),
            coefficients,
            intercepts,
        })
    }

    /// Returns the penalties, in ascending order.
    pub fn penalties(&self) -> &[f64] {
        &self.penalties
    }

    /// Returns the coefficients, penalties × features × targets, as
    /// [`RidgeFit::coefficients`](super::RidgeFit::coefficients).
    pub fn coefficients(&self) -> ArrayView3<'_, f64> {
        self.coefficients.view()
    }

    /// Returns the intercepts, penalties × targets, as
    /// [`RidgeFit::intercept`](super::RidgeFit::intercept).
    pub fn intercepts(&self) -> ArrayView2<'_, f64> {
        self.intercepts.view()
    }
}
