//! Targets of a regression, and R².

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Zip};

use crate::error::{ComputationError, Error, FeatureError, Result, same_length, wrong_shape};
use crate::linalg::{out_of_memory, zeroed};
use crate::representation::Representation;

/// Largest standard deviation of values that are equal up to rounding, in units of the rounding error
/// of the largest of them.
const ROUNDING: f64 = 4.0;

/// Largest absolute value of a target; it keeps sums of squares, and quotients by small penalties,
/// finite.
const LARGEST: f64 = 1e150;

/// Returns the features of `targets` in double precision, in the order of the stimuli of
/// `features`.
pub(super) fn join(features: &Representation, targets: &Representation) -> Result<Array2<f64>> {
    targets.stimuli().same_set_as(features.stimuli())?;
    let rows = targets.stimuli().positions_of(features.stimuli())?;
    let shape = (features.n_stimuli(), targets.n_features());
    let mut joined = Array2::from_shape_vec(shape, zeroed(shape.0 * shape.1, "targets")?)
        .map_err(|_| out_of_memory::<f64>("targets", u64::MAX))?;
    let values = targets.features();
    for (mut out, row) in joined.rows_mut().into_iter().zip(rows) {
        let row = values.row(row as usize);
        out.iter_mut()
            .zip(row.iter())
            .for_each(|(out, value)| *out = value);
    }
    Ok(joined)
}

/// Checks the shape and the range of targets.
pub(super) fn check(features: &Representation, targets: ArrayView2<'_, f64>) -> Result<()> {
    same_length("rows of targets", features.n_stimuli(), targets.nrows())?;
    if targets.ncols() == 0 {
        return Err(wrong_shape(
            "the targets",
            "stimuli × targets, at least one of each",
            targets.shape(),
        ));
    }
    for ((row, column), &value) in targets.indexed_iter() {
        if !value.is_finite() {
            return Err(FeatureError::NotFinite {
                row,
                stimulus: features.stimuli().ids()[row].clone(),
                column,
                value,
            }
            .into());
        }
        if value.abs() > LARGEST {
            return Err(Error::parameter("a target", "within ±1e150", value));
        }
    }
    Ok(())
}

/// Computes R² of each target: 1 − Σ (y − ŷ)² / Σ (y − ȳ)², where ȳ is the mean of the scored rows.
pub(super) fn r2(
    targets: ArrayView2<'_, f64>,
    predictions: ArrayView2<'_, f64>,
) -> Result<Array1<f64>> {
    check_vary(targets)?;
    let r2 = r2_where_defined(targets, predictions).into_iter();
    Ok(r2.flatten().collect())
}

/// Computes R² of each target like [`r2`], `None` if the target is constant.
pub(super) fn r2_where_defined(
    targets: ArrayView2<'_, f64>,
    predictions: ArrayView2<'_, f64>,
) -> Vec<Option<f64>> {
    let columns = targets.columns().into_iter().zip(predictions.columns());
    columns
        .map(|(values, predictions)| {
            let variation = variation(values)?;
            let residual = Zip::from(values)
                .and(predictions)
                .fold(0.0, |sum, y, predicted| sum + (y - predicted).powi(2));
            Some(1.0 - residual / variation)
        })
        .collect()
}

/// Returns an error if a target is constant.
pub(super) fn check_vary(targets: ArrayView2<'_, f64>) -> Result<()> {
    let constant = |values| variation(values).is_none();
    match targets.columns().into_iter().position(constant) {
        Some(target) => Err(ComputationError::ConstantTarget { target }.into()),
        None => Ok(()),
    }
}

/// Computes Σ (y − ȳ)², or returns `None` if the values are equal up to rounding.
fn variation(values: ArrayView1<'_, f64>) -> Option<f64> {
    // Differences from the first value, so that a constant is exactly 0.
    let first = values.first().copied().unwrap_or_default();
    let n = values.len() as f64;
    let mean = values.fold(0.0, |sum, y| sum + (y - first)) / n;
    let squares = values.fold(0.0, |sum, y| sum + (y - first - mean).powi(2));
    let largest = values.fold(0.0, |largest: f64, y| largest.max(y.abs()));
    let rounding = ROUNDING * f64::EPSILON * largest;
    (squares > n * rounding.powi(2)).then_some(squares)
}
