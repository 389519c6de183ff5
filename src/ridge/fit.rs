//! A fitted ridge regression.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use crate::error::{ComputationError, Result, same_length};
use crate::representation::Representation;
use crate::ridge::rows::{Rows, Scaler};
use crate::ridge::training::Training;
use crate::ridge::{Ridge, criterion, targets};
use crate::transform::{self, LinearTransform, Standardization};

/// A fitted ridge regression: coefficients and intercepts, the selected penalties, and the errors
/// by which the penalties were selected.
#[derive(Debug, Clone, PartialEq)]
pub struct RidgeFit {
    grid: Vec<f64>,
    chosen: Vec<usize>,
    errors: Array2<f64>,
    /// Sums of squares about the mean, of the training targets.
    variations: Array1<f64>,
    n_stimuli: usize,
    scaler: Scaler,
    target_means: Array1<f64>,
    coefficients: Array2<f64>,
    intercept: Array1<f64>,
    record: transform::Training,
}

impl RidgeFit {
    pub(super) fn new(ridge: &Ridge, training: &Training<'_>) -> Result<Self> {
        let errors = criterion::errors(training, ridge.selection)?;
        let chosen = criterion::choose(errors.view(), ridge.sharing);
        let n_targets = training.n_targets();
        let chosen_columns = chosen.iter().enumerate();
        let columns: Vec<usize> = chosen_columns
            .map(|(target, penalty)| penalty * n_targets + target)
            .collect();
        let coefficients = training.coefficients(&columns)?;
        let shape = (training.rows.n_features(), n_targets);
        let coefficients = Array2::from_shape_vec(shape, coefficients)
            .expect("one coefficient per feature and target");
        let squares = |target| training.target(target).iter().map(|y| y * y).sum::<f64>();
        let target_means = Array1::from(training.target_means.clone());
        let record = transform::Training::default()
            .with_learner("ridge")
            .with_features(training.rows.provenance())
            .with_stimuli(&training.rows.stimuli()?)
            .with_penalty(chosen.iter().map(|&chosen| training.penalties[chosen]))?
            .with_note("selection", ridge.selection.name())
            .with_note("sharing", ridge.sharing.name())
            .with_note("feature scaling", ridge.feature_scaling.name())
            .with_note("stimuli", training.rows.len().to_string());
        Ok(Self {
            record,
            intercept: intercept(&training.scaler, &target_means, coefficients.view()),
            grid: training.penalties.to_vec(),
            chosen,
            errors,
            variations: (0..n_targets).map(squares).collect(),
            n_stimuli: training.rows.len(),
            scaler: training.scaler.clone(),
            target_means,
            coefficients,
        })
    }

    /// Returns the coefficients, features × targets. They apply to the standardized features if
    /// features are scaled, otherwise to the original features.
    pub fn coefficients(&self) -> ArrayView2<'_, f64> {
        self.coefficients.view()
    }

    /// Returns the intercept of each target, which is added to the products of features
    /// (standardized if features are scaled) and coefficients.
    pub fn intercept(&self) -> ArrayView1<'_, f64> {
        self.intercept.view()
    }

    /// Returns the selected penalty of each target.
    pub fn penalties(&self) -> Vec<f64> {
        self.chosen
            .iter()
            .map(|&chosen| self.grid[chosen])
            .collect()
    }

    /// Returns, per target, true if the selected penalty is the smallest or largest of several
    /// penalties, so that a penalty outside of the grid might be better. It is `false` if there is
    /// only one penalty.
    pub fn at_grid_end(&self) -> Vec<bool> {
        let last = self.grid.len() - 1;
        let at_end = |&chosen: &usize| last > 0 && (chosen == 0 || chosen == last);
        self.chosen.iter().map(at_end).collect()
    }

    /// Returns the errors by which penalties were selected, penalties (ascending) × targets:
    /// estimates of the mean squared error for other stimuli.
    pub fn errors(&self) -> ArrayView2<'_, f64> {
        self.errors.view()
    }

    /// Returns the R² expected for other stimuli, per target: 1 − error / variance of the target,
    /// with the error by which the penalty was selected.
    ///
    /// With [`Selection::LeaveOneOut`](super::Selection::LeaveOneOut) it is the R² of the training
    /// stimuli, each predicted from all others. It is slightly too high, because it is the best of
    /// all penalties.
    ///
    /// # Errors
    /// Returns [`ComputationError::ConstantTarget`] naming a target that does not vary.
    pub fn expected_r2(&self) -> Result<Array1<f64>> {
        let targets = self.chosen.iter().zip(&self.variations).enumerate();
        targets
            .map(|(target, (&chosen, &variation))| {
                if variation > 0.0 {
                    let error = self.errors[[chosen, target]] * self.n_stimuli as f64;
                    Ok(1.0 - error / variation)
                } else {
                    Err(ComputationError::ConstantTarget { target }.into())
                }
            })
            .collect::<Result<Vec<f64>>>()
            .map(Array1::from)
    }

    /// Returns the linear map of the fit, with the coefficients as weights and the intercept as
    /// bias. Its training record has the penalties and the settings.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a coefficient is not finite, which requires
    /// features of extreme size.
    pub fn transform(&self) -> Result<LinearTransform> {
        let standardization = match &self.scaler.stds {
            None => Standardization::none(),
            Some(stds) => {
                let means = Array1::from(self.scaler.means.clone());
                Standardization::per_feature(means, Array1::from(stds.clone()))?
            }
        };
        LinearTransform::new(standardization, self.coefficients.clone())?
            .with_bias(self.intercept.clone())
            .map(|transform| transform.with_training(self.record.clone()))
    }

    /// Predicts the targets of any stimuli.
    ///
    /// # Errors
    /// The same as for [`LinearTransform::apply`].
    pub fn predict(&self, features: &Representation) -> Result<Representation> {
        self.transform()?.apply(features)
    }

    /// Computes R² of each target for any stimuli: 1 − Σ (y − ŷ)² / Σ (y − ȳ)², where ȳ is the mean
    /// of these stimuli.
    ///
    /// The best value is 1; predicting the mean gives 0, and worse predictions are negative.
    /// Targets are matched by stimulus id.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` for another number of features or targets than in
    /// the fit, `StimuliError::Missing` or `StimuliError::Unexpected` if the targets have other
    /// stimuli, and [`ComputationError::ConstantTarget`] naming a target that does not vary.
    pub fn r2(&self, features: &Representation, targets: &Representation) -> Result<Array1<f64>> {
        for (what, expected, found) in [
            ("features", self.coefficients.nrows(), features.n_features()),
            ("targets", self.coefficients.ncols(), targets.n_features()),
        ] {
            same_length(what, expected, found)?;
        }
        let targets = targets::join(features, targets)?;
        let rows: Vec<usize> = (0..features.n_stimuli()).collect();
        let predictions = self.predict_rows(Rows::new(features, &rows))?;
        targets::r2(targets.view(), predictions.view())
    }

    /// Computes predictions in double precision, rows × targets.
    pub(super) fn predict_rows(&self, rows: Rows<'_>) -> Result<Array2<f64>> {
        let predictions = rows.times(&self.scaler, self.coefficients.view())?;
        Ok(predictions + &self.target_means)
    }
}

/// Computes the intercept. It includes the means of the features only if features are not scaled.
pub(super) fn intercept(
    scaler: &Scaler,
    target_means: &Array1<f64>,
    coefficients: ArrayView2<'_, f64>,
) -> Array1<f64> {
    let mut intercept = target_means.clone();
    if scaler.stds.is_none() {
        for (mean, coefficients) in scaler.means.iter().zip(coefficients.axis_iter(Axis(0))) {
            intercept.scaled_add(-mean, &coefficients);
        }
    }
    intercept
}
