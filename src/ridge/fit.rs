//! A fitted ridge regression.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use crate::error::{ArgumentError, ComputationError, Result};
use crate::representation::Representation;
use crate::ridge::rows::{Rows, Scaler};
use crate::ridge::training::Training;
use crate::ridge::{Ridge, criterion, targets};
use crate::transform::{self, LinearTransform, Standardization};

/// Coefficients and intercepts, the penalties that were chosen for them, and the errors that they
/// were chosen by.
#[derive(Debug, Clone, PartialEq)]
pub struct RidgeFit {
    grid: Vec<f64>,
    chosen: Vec<usize>,
    errors: Array2<f64>,
    /// Sums of squares about the mean, of the targets that were learned from.
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
        let coefficients =
            Array2::from_shape_vec(shape, coefficients).expect("one coefficient a feature");
        let squares = |target| training.target(target).iter().map(|y| y * y).sum::<f64>();
        let target_means = Array1::from(training.target_means.clone());
        let record = transform::Training::default()
            .with_learner("ridge")
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

    /// The coefficients, features × targets: of the standardised features where they are scaled,
    /// otherwise of the features as they are.
    pub fn coefficients(&self) -> ArrayView2<'_, f64> {
        self.coefficients.view()
    }

    /// The intercept of each target, which the coefficients times the features are added to
    /// (standardised, where they are scaled).
    pub fn intercept(&self) -> ArrayView1<'_, f64> {
        self.intercept.view()
    }

    /// The penalty that was chosen for each target.
    pub fn penalties(&self) -> Vec<f64> {
        self.chosen
            .iter()
            .map(|&chosen| self.grid[chosen])
            .collect()
    }

    /// Whether the penalty of each target is the smallest or the largest of several that there were
    /// to choose from, so that one beyond them might be better. `false` where there was no choice.
    pub fn at_grid_end(&self) -> Vec<bool> {
        let last = self.grid.len() - 1;
        let at_end = |&chosen: &usize| last > 0 && (chosen == 0 || chosen == last);
        self.chosen.iter().map(at_end).collect()
    }

    /// The error that penalties were chosen by, penalties (ascending) × targets: an estimate of the
    /// mean squared error for other stimuli.
    pub fn errors(&self) -> ArrayView2<'_, f64> {
        self.errors.view()
    }

    /// R² to be expected for other stimuli, by target: 1 − error / variance of the target, with the
    /// error that the penalty was chosen by. Under leave-one-out it is R² of the stimuli that were
    /// learned from, each predicted from all others.
    ///
    /// It is the best over penalties, and so a little too high.
    ///
    /// # Errors
    /// [`Error::ConstantTarget`] names a target that doesn't vary.
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

    /// The linear map that the fit is: its weights are the coefficients, and its bias the intercept.
    /// Its record of training tells the penalties, and how they were chosen.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where a coefficient is not finite, which only features beyond any
    /// real ones can bring about.
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

    /// The targets as they are predicted for any stimuli.
    ///
    /// # Errors
    /// As for [`LinearTransform::apply`].
    pub fn predict(&self, features: &Representation) -> Result<Representation> {
        self.transform()?.apply(features)
    }

    /// R² of each target for any stimuli: 1 − Σ (y − ŷ)² / Σ (y − ȳ)², with the mean ȳ of these
    /// stimuli. 1 is perfect, 0 no better than that mean, below 0 worse. Targets are matched by
    /// stimulus.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for other numbers of features or targets,
    /// [`Error::MissingStimuli`] and [`Error::ExtraStimuli`] where the targets are of other stimuli,
    /// [`Error::ConstantTarget`] names a target that doesn't vary.
    pub fn r2(&self, features: &Representation, targets: &Representation) -> Result<Array1<f64>> {
        for (what, expected, found) in [
            ("features", self.coefficients.nrows(), features.n_features()),
            ("targets", self.coefficients.ncols(), targets.n_features()),
        ] {
            if found != expected {
                return Err(ArgumentError::LengthMismatch {
                    what,
                    expected,
                    found,
                }
                .into());
            }
        }
        let targets = targets::join(features, targets)?;
        let rows: Vec<usize> = (0..features.n_stimuli()).collect();
        let predictions = self.predict_rows(Rows::new(features, &rows))?;
        targets::r2(targets.view(), predictions.view())
    }

    /// Predictions in double precision, rows × targets.
    pub(super) fn predict_rows(&self, rows: Rows<'_>) -> Result<Array2<f64>> {
        let predictions = rows.times(&self.scaler, self.coefficients.view())?;
        Ok(predictions + &self.target_means)
    }
}

/// The intercept that goes with features which are shifted only where they are scaled.
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
