//! Cross-validation of a ridge regression.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rayon::prelude::*;

use crate::error::{ArgumentError, Result};
use crate::inference::Folds;
use crate::representation::{Features, Representation};
use crate::ridge::rows::{Rows, Scaler};
use crate::ridge::shared_gram::SharedGram;
use crate::ridge::training::{self, Training};
use crate::ridge::{FeatureScaling, Ridge, RidgeFit, targets};
use crate::similarity::Precision;

/// The result of a cross-validation of a [`Ridge`] regression: R², selected penalties, and
/// predictions for held-out stimuli.
#[derive(Debug, Clone)]
pub struct RidgeCrossValidationResult {
    r2: Array2<f64>,
    penalties: Array2<f64>,
    at_grid_end: Array2<bool>,
    predictions: Representation,
}

impl RidgeCrossValidationResult {
    pub(super) fn new(
        ridge: &Ridge,
        features: &Representation,
        targets: ArrayView2<'_, f64>,
        folds: &Folds,
    ) -> Result<Self> {
        let n = features.n_stimuli();
        if folds.assignments().len() != n {
            return Err(ArgumentError::LengthMismatch {
                what: "stimuli that are divided into folds",
                expected: n,
                found: folds.assignments().len(),
            }
            .into());
        }
        targets::check(features, targets)?;
        let all: Vec<usize> = (0..n).collect();
        let stds = match ridge.feature_scaling {
            FeatureScaling::AllRows => Some(Rows::new(features, &all).moments()?.1),
            _ => None,
        };
        let shared = SharedGram::new(features, folds)?;
        let in_fold = |fold| {
            let held_out = folds.held_out(fold);
            let rows = folds.training(fold);
            let fit = fit_fold(
                ridge,
                features,
                targets,
                &rows,
                stds.clone(),
                |rows, scaler| {
                    let shared = shared.as_ref()?;
                    shared.without(fold, rows, scaler)
                },
            )?;
            let predictions = fit.predict_rows(Rows::new(features, &held_out))?;
            let held_out_targets = targets.select(Axis(0), &held_out);
            let r2 = targets::r2(held_out_targets.view(), predictions.view())?;
            Ok((held_out, fit, predictions, r2))
        };
        let parts: Vec<Result<_>> = (0..folds.n_folds()).into_par_iter().map(in_fold).collect();

        let shape = (folds.n_folds(), targets.ncols());
        let mut r2 = Array2::zeros(shape);
        let mut penalties = Array2::zeros(shape);
        let mut at_grid_end = Array2::from_elem(shape, false);
        let mut predicted = Array2::zeros((n, targets.ncols()));
        for (fold, part) in parts.into_iter().enumerate() {
            let (held_out, fit, predictions, of_fold) =
                part.map_err(|error| error.in_fold(fold))?;
            r2.row_mut(fold).assign(&of_fold);
            penalties
                .row_mut(fold)
                .assign(&Array1::from(fit.penalties()));
            let ends = Array1::from(fit.at_grid_end());
            at_grid_end.row_mut(fold).assign(&ends);
            for (row, predictions) in held_out.into_iter().zip(predictions.rows()) {
                predicted.row_mut(row).assign(&predictions);
            }
        }
        let predicted: Features = match features.precision() {
            Precision::Single => predicted.mapv(|value| value as f32).into(),
            Precision::Double => predicted.into(),
        };
        let predictions = Representation::new(features.stimuli().clone(), predicted)?;
        Ok(Self {
            r2,
            penalties,
            at_grid_end,
            predictions: predictions.with_provenance(features.provenance().clone()),
        })
    }

    /// Returns R² of the held-out stimuli, folds × targets, relative to the mean of these stimuli.
    pub fn r2(&self) -> ArrayView2<'_, f64> {
        self.r2.view()
    }

    /// Returns the mean R² over folds, per target.
    pub fn r2_per_target(&self) -> Array1<f64> {
        self.r2.mean_axis(Axis(0)).expect("at least two folds")
    }

    /// Returns the mean R² over folds and targets.
    pub fn mean_r2(&self) -> f64 {
        self.r2.mean().expect("at least one fold and one target")
    }

    /// Returns the penalties that were selected with the training stimuli of each fold, folds ×
    /// targets.
    pub fn penalties(&self) -> ArrayView2<'_, f64> {
        self.penalties.view()
    }

    /// Returns true for each selected penalty at an end of the grid, folds × targets, as
    /// [`RidgeFit::at_grid_end`].
    pub fn at_grid_end(&self) -> ArrayView2<'_, bool> {
        self.at_grid_end.view()
    }

    /// Returns the predictions of the targets, stimuli × targets, in the precision of the features.
    /// Each stimulus is predicted by the fit of the fold in which it is held out.
    pub fn predictions(&self) -> &Representation {
        &self.predictions
    }
}

/// Fits the training rows of a fold. `gram` returns XᵀX of the scaled rows if it is known.
fn fit_fold(
    ridge: &Ridge,
    features: &Representation,
    targets: ArrayView2<'_, f64>,
    rows: &[usize],
    stds_of_all: Option<Vec<f64>>,
    gram: impl FnOnce(Rows<'_>, &Scaler) -> Option<Vec<f64>>,
) -> Result<RidgeFit> {
    training::check_rows(rows.len())?;
    let rows = Rows::new(features, rows);
    let (means, stds) = rows.moments()?;
    let stds = match ridge.feature_scaling {
        FeatureScaling::None => None,
        FeatureScaling::TrainingRows => Some(stds),
        FeatureScaling::AllRows => stds_of_all,
    };
    let scaler = Scaler { means, stds };
    let gram = gram(rows, &scaler);
    RidgeFit::new(
        ridge,
        &Training::new(rows, scaler, gram, targets, &ridge.penalties)?,
    )
}
