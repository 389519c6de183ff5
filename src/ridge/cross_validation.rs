//! Cross-validation of a ridge regression.

use ndarray::{Array1, Array2, ArrayView, ArrayView1, ArrayView2, Axis, Dimension};
use rayon::prelude::*;

use crate::error::{Result, same_length};
use crate::inference::Folds;
use crate::linalg::Precision;
use crate::representation::{Features, Representation};
use crate::ridge::rows::{Rows, Scaler};
use crate::ridge::shared_gram::SharedGram;
use crate::ridge::training::{self, Training};
use crate::ridge::{FeatureScaling, Ridge, RidgeFit, targets};

/// The result of a cross-validation of a [`Ridge`] regression: R², selected penalties, and
/// predictions for held-out stimuli.
///
/// R² is pooled over all held-out stimuli ([`pooled_r2`](Self::pooled_r2)), and also computed
/// within each fold ([`r2`](Self::r2)). The mean of R² over folds is far too low if folds have few
/// stimuli, because the mean of a few held-out values is a better prediction of them than any mean
/// that is known in advance: the expected R² of a prediction of m normal values by their true mean
/// is −1 / (m − 3), and −∞ for m ≤ 3.
#[derive(Debug, Clone, PartialEq)]
pub struct RidgeCrossValidationResult {
    pooled_r2: Array1<f64>,
    r2: Array2<Option<f64>>,
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
        same_length(
            "stimuli that are divided into folds",
            n,
            folds.assignments().len(),
        )?;
        targets::check(features, targets)?;
        targets::check_vary(targets)?;
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
            let r2 = targets::r2_where_defined(held_out_targets.view(), predictions.view());
            Ok((held_out, fit, predictions, r2))
        };
        let parts: Vec<Result<_>> = (0..folds.n_folds()).into_par_iter().map(in_fold).collect();

        let shape = (folds.n_folds(), targets.ncols());
        let mut r2 = Array2::from_elem(shape, None);
        let mut penalties = Array2::zeros(shape);
        let mut at_grid_end = Array2::from_elem(shape, false);
        let mut predicted = Array2::zeros((n, targets.ncols()));
        for (fold, part) in parts.into_iter().enumerate() {
            let (held_out, fit, predictions, of_fold) =
                part.map_err(|error| error.in_fold(fold))?;
            r2.row_mut(fold).assign(&Array1::from(of_fold));
            penalties
                .row_mut(fold)
                .assign(&Array1::from(fit.penalties()));
            let ends = Array1::from(fit.at_grid_end());
            at_grid_end.row_mut(fold).assign(&ends);
            for (row, predictions) in held_out.into_iter().zip(predictions.rows()) {
                predicted.row_mut(row).assign(&predictions);
            }
        }
        let pooled_r2 = targets::r2(targets, predicted.view())?;
        let predicted: Features = match features.precision() {
            Precision::Single => predicted.mapv(|value| value as f32).into(),
            Precision::Double => predicted.into(),
        };
        let predictions = Representation::new(features.stimuli().clone(), predicted)?;
        Ok(Self {
            pooled_r2,
            r2,
            penalties,
            at_grid_end,
            predictions: predictions.with_provenance(features.provenance().clone()),
        })
    }

    /// Returns R² over all stimuli, per target: 1 − Σ (y − ŷ)² / Σ (y − ȳ)², where each ŷ is
    /// predicted by the fit of the fold in which the stimulus is held out, and ȳ is the mean of all
    /// stimuli.
    ///
    /// It is defined for folds of any size, down to leave-one-out. For predictions by the mean of
    /// the training stimuli, without the features, it is slightly below 0: 1 − (n / (n − 1))² for
    /// leave-one-out.
    pub fn pooled_r2(&self) -> ArrayView1<'_, f64> {
        self.pooled_r2.view()
    }

    /// Returns the mean over targets of [`pooled_r2`](Self::pooled_r2).
    pub fn mean_pooled_r2(&self) -> f64 {
        self.pooled_r2.mean().expect("at least one target")
    }

    /// Returns R² of the held-out stimuli of each fold, folds × targets, relative to the mean of
    /// these stimuli. It is `None` if the target has the same value for all of them.
    pub fn r2(&self) -> ArrayView2<'_, Option<f64>> {
        self.r2.view()
    }

    /// Returns the number of folds and targets for which [`r2`](Self::r2) is undefined.
    pub fn n_undefined(&self) -> usize {
        self.r2.iter().filter(|r2| r2.is_none()).count()
    }

    /// Returns the mean R² over the folds in which it is defined, per target; `None` if there is no
    /// such fold.
    pub fn r2_per_target(&self) -> Array1<Option<f64>> {
        self.r2.map_axis(Axis(0), mean_where_defined)
    }

    /// Returns the mean R² over all folds and targets for which it is defined; `None` if there are
    /// none.
    pub fn mean_r2(&self) -> Option<f64> {
        mean_where_defined(self.r2.view())
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

/// Returns the mean of the defined values, or `None` if there are none.
fn mean_where_defined<D: Dimension>(values: ArrayView<'_, Option<f64>, D>) -> Option<f64> {
    let defined = values.iter().flatten();
    let n = defined.clone().count();
    (n > 0).then(|| defined.sum::<f64>() / n as f64)
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
