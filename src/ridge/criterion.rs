//! The errors by which penalties are selected, for all targets and penalties in one pass over the
//! rows.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array2, ArrayView2, Axis};
use pulp::Arch;
use rayon::prelude::*;

use crate::error::Result;
use crate::linalg::{blocks, zeroed};
use crate::ridge::decomposition::Form;
use crate::ridge::training::Training;
use crate::ridge::tridiagonal::QuadraticForms;
use crate::ridge::{Selection, Sharing};

/// Number of rows per task.
const TILE: usize = 128;

/// Number of columns (a target with a penalty) whose predictions are computed at a time.
const COLUMNS: usize = 512;

/// Computes the error of each penalty for each target, penalties × targets.
pub(super) fn errors(training: &Training<'_>, selection: Selection) -> Result<Array2<f64>> {
    let (n_penalties, n_targets) = (training.penalties.len(), training.n_targets());
    let n_columns = n_penalties * n_targets;
    let tiles: Vec<Range<usize>> = blocks(training.rows.len(), TILE).collect();
    let parts = tiles
        .into_par_iter()
        .map_init(
            || Tile::new(training),
            |tile, range| {
                // An error cannot be cloned, and a later task may succeed.
                if tile.is_err() {
                    *tile = Ok(Tile::new(training)?);
                }
                let tile = tile.as_mut().expect("created above if missing");
                tile.sums(training, selection, range)
            },
        )
        .collect::<Vec<Result<Sums>>>();
    let mut sums = Sums {
        squares: zeroed(n_columns, "errors")?,
        complements: vec![0.0; n_penalties],
    };
    // Summed in the order of rows, whatever the number of threads.
    for part in parts {
        let part = part?;
        add(&mut sums.squares, &part.squares);
        add(&mut sums.complements, &part.complements);
    }
    let n = training.rows.len() as f64;
    let mut errors =
        Array2::from_shape_vec((n_penalties, n_targets), sums.squares).expect("one sum per column");
    errors.mapv_inplace(|sum| sum / n);
    if selection == Selection::GeneralizedCrossValidation {
        for (penalty, complements) in sums.complements.into_iter().enumerate() {
            let mean = complements / n;
            training.check_complement(mean, penalty, 0)?;
            errors
                .row_mut(penalty)
                .mapv_inplace(|error| error / mean / mean);
        }
    }
    Ok(errors)
}

/// Returns the index of the penalty with the smallest error for each target, the first if several
/// are equal.
pub(super) fn choose(errors: ArrayView2<'_, f64>, sharing: Sharing) -> Vec<usize> {
    let smallest = |errors: &mut dyn Iterator<Item = f64>| {
        let errors = errors.enumerate();
        let best = errors.reduce(|best, next| if next.1 < best.1 { next } else { best });
        best.expect("at least one penalty").0
    };
    match sharing {
        Sharing::PerTarget => {
            let targets = errors.columns().into_iter();
            targets
                .map(|errors| smallest(&mut errors.iter().copied()))
                .collect()
        }
        Sharing::Joint => {
            let mut means = errors.axis_iter(Axis(0)).map(|errors| errors.sum());
            vec![smallest(&mut means); errors.ncols()]
        }
    }
}

/// Sums over some rows.
struct Sums {
    /// Squared errors, penalties × targets, row-major.
    squares: Vec<f64>,
    /// Sum of 1 − leverage, per penalty.
    complements: Vec<f64>,
}

/// Buffers of a task.
struct Tile {
    scaled: Vec<f64>,
    rows: Vec<f64>,
    partial: Vec<f64>,
    /// Penalties × rows: first 1 − leverage, then the factor of the residual.
    complements: Vec<f64>,
    fitted: Vec<f64>,
}

impl Tile {
    fn new(training: &Training<'_>) -> Result<Self> {
        let (n_features, rank) = (
            training.rows.n_features(),
            training.decomposition.core.len(),
        );
        let n_columns = training.penalties.len() * training.n_targets();
        let what = "rows of a decomposition";
        Ok(Self {
            scaled: zeroed(TILE * n_features, what)?,
            rows: zeroed(TILE * rank, what)?,
            partial: zeroed(TILE * training.penalties.len(), what)?,
            complements: zeroed(TILE * training.penalties.len(), what)?,
            fitted: zeroed(TILE * COLUMNS.min(n_columns), what)?,
        })
    }

    fn sums(
        &mut self,
        training: &Training<'_>,
        selection: Selection,
        range: Range<usize>,
    ) -> Result<Sums> {
        let n_rows = range.len();
        let decomposition = &training.decomposition;
        let rank = decomposition.core.len();
        let rows = &mut self.rows[..n_rows * rank];
        decomposition.write_rows(
            training.rows,
            &training.scaler,
            range.clone(),
            &mut self.scaled,
            rows,
        );

        let n_penalties = training.penalties.len();
        let complements = &mut self.complements[..n_rows * n_penalties];
        Arch::new().dispatch(QuadraticForms {
            factors: &training.factors,
            vectors: rows,
            n_vectors: n_rows,
            partial: &mut self.partial[..n_rows * n_penalties],
            out: complements,
        });
        let mut sums = Sums {
            squares: zeroed(n_penalties * training.n_targets(), "errors")?,
            complements: Vec::with_capacity(n_penalties),
        };
        for (penalty, complements) in complements.chunks_exact_mut(n_rows).enumerate() {
            for (index, complement) in range.clone().zip(complements.iter_mut()) {
                *complement = training.complement(*complement, penalty);
                if selection == Selection::LeaveOneOut {
                    training.check_complement(*complement, penalty, index)?;
                }
            }
            sums.complements.push(complements.iter().sum());
            let factor = |complement: f64| match selection {
                Selection::LeaveOneOut => 1.0 / complement,
                Selection::GeneralizedCrossValidation => 1.0,
            };
            complements.iter_mut().for_each(|x| *x = factor(*x));
        }

        let solutions = training.solutions();
        let rows = MatRef::from_column_major_slice(rows, n_rows, rank);
        for columns in blocks(solutions.ncols(), COLUMNS) {
            let fitted = &mut self.fitted[..n_rows * columns.len()];
            matmul(
                MatMut::from_column_major_slice_mut(fitted, n_rows, columns.len()),
                Accum::Replace,
                rows,
                solutions.subcols(columns.start, columns.len()),
                1.0,
                Par::Seq,
            );
            for (column, fitted) in columns.zip(fitted.chunks_exact(n_rows)) {
                let (penalty, target) =
                    (column / training.n_targets(), column % training.n_targets());
                let factors = &complements[penalty * n_rows..][..n_rows];
                let targets = &training.target(target)[range.clone()];
                let cells = fitted.iter().zip(targets).zip(factors);
                sums.squares[column] = match decomposition.form {
                    Form::Predictions => cells.fold(0.0, |sum, ((fitted, target), factor)| {
                        sum + ((target - fitted) * factor).powi(2)
                    }),
                    Form::Residuals { .. } => {
                        let penalty = training.penalties[penalty];
                        cells.fold(0.0, |sum, ((fitted, _), factor)| {
                            sum + (penalty * fitted * factor).powi(2)
                        })
                    }
                };
            }
        }
        Ok(sums)
    }
}

fn add(sums: &mut [f64], parts: &[f64]) {
    sums.iter_mut()
        .zip(parts)
        .for_each(|(sum, part)| *sum += part);
}
