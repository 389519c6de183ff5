//! Computations that the fits of one set of training rows share.

use faer::MatRef;
use ndarray::ArrayView2;

use crate::error::{ComputationError, Result, at_least};
use crate::linalg::zeroed;
use crate::ridge::decomposition::{Decomposition, Form};
use crate::ridge::rows::{Rows, Scaler};
use crate::ridge::tridiagonal::Factors;

/// Checks that there are at least 3 rows. With fewer, no slope could be fitted to the rows that
/// remain if one is left out.
pub(super) fn check_rows(n: usize) -> Result<()> {
    const FEWEST: usize = 3;

    at_least("stimuli to learn from", FEWEST, n)
}

/// Training rows and their targets, decomposed and solved for all penalties.
pub(super) struct Training<'a> {
    pub rows: Rows<'a>,
    pub scaler: Scaler,
    pub penalties: &'a [f64],
    pub target_means: Vec<f64>,
    /// Centred targets, column-major.
    targets: Vec<f64>,
    pub decomposition: Decomposition,
    /// One per penalty.
    pub factors: Vec<Factors>,
    /// Solutions, rank × (penalties × targets), row-major.
    solutions: Vec<f64>,
}

impl<'a> Training<'a> {
    /// Decomposes and solves at least 3 rows. `targets` are in the order of the representation,
    /// `gram` is XᵀX of the scaled rows if known, and `penalties` are ascending.
    pub fn new(
        rows: Rows<'a>,
        scaler: Scaler,
        gram: Option<Vec<f64>>,
        targets: ArrayView2<'_, f64>,
        penalties: &'a [f64],
    ) -> Result<Self> {
        let n = rows.len();
        let n_targets = targets.ncols();
        let mut centred = zeroed::<f64>(n * n_targets, "targets")?;
        let mut target_means = Vec::with_capacity(n_targets);
        for (target, centred) in targets
            .columns()
            .into_iter()
            .zip(centred.chunks_exact_mut(n))
        {
            // Differences from the first value, so that a constant target is exactly 0.
            let first = target[rows.positions()[0]];
            for (out, &row) in centred.iter_mut().zip(rows.positions()) {
                *out = target[row] - first;
            }
            let mean = centred.iter().sum::<f64>() / n as f64;
            centred.iter_mut().for_each(|x| *x -= mean);
            target_means.push(first + mean);
        }

        let decomposition = Decomposition::new(rows, &scaler, gram, penalties[0])?;
        let matrix = MatRef::from_column_major_slice(&centred, n, n_targets);
        let rhs = decomposition.project(rows, &scaler, matrix)?;
        let n_columns = penalties.len() * n_targets;
        let mut solutions = zeroed(decomposition.core.len() * n_columns, "solutions")?;
        let shifted = penalties.iter().enumerate().map(|(position, &penalty)| {
            let factors = decomposition.core.shifted(penalty);
            if !solutions.is_empty() {
                let out = &mut solutions[position * n_targets..];
                factors.solve(&rhs, n_targets, out, n_columns);
            }
            factors
        });
        let factors = shifted.collect();
        Ok(Self {
            rows,
            scaler,
            penalties,
            target_means,
            targets: centred,
            decomposition,
            factors,
            solutions,
        })
    }

    pub fn n_targets(&self) -> usize {
        self.target_means.len()
    }

    /// Returns a target minus its mean.
    pub fn target(&self, target: usize) -> &[f64] {
        &self.targets[target * self.rows.len()..][..self.rows.len()]
    }

    /// Returns (T + α I)⁻¹ Rᵀ Y, rank × columns, with the targets of each penalty side by side.
    pub fn solutions(&self) -> MatRef<'_, f64> {
        let n_columns = self.penalties.len() * self.n_targets();
        MatRef::from_row_major_slice(&self.solutions, self.decomposition.core.len(), n_columns)
    }

    /// Computes 1 − leverage of a row from zᵀ (T + α I)⁻¹ z, where z is the row of R.
    pub fn complement(&self, form: f64, penalty: usize) -> f64 {
        let n = self.rows.len() as f64;
        let penalty = self.penalties[penalty];
        match self.decomposition.form {
            Form::Predictions => 1.0 - 1.0 / n - form,
            Form::Residuals { constant: None } => penalty * form,
            Form::Residuals { constant: Some(c) } => penalty * (form - 1.0 / ((c + penalty) * n)),
        }
    }

    /// Returns an error if 1 − leverage is 0 within rounding.
    pub fn check_complement(&self, complement: f64, penalty: usize, row: usize) -> Result<()> {
        /// A difference of numbers near 1 must be larger than their rounding errors.
        const SMALLEST: f64 = 1e-9;

        let smallest = match self.decomposition.form {
            Form::Residuals { constant: None } => f64::MIN_POSITIVE,
            _ => SMALLEST,
        };
        if complement >= smallest {
            return Ok(());
        }
        Err(ComputationError::FullLeverage {
            stimulus: self.rows.id(row).to_owned(),
            penalty: self.penalties[penalty],
        }
        .into())
    }

    /// Computes the coefficients for some columns of [`Training::solutions`], features × columns,
    /// row-major.
    pub fn coefficients(&self, columns: &[usize]) -> Result<Vec<f64>> {
        let n_columns = self.penalties.len() * self.n_targets();
        let mut chosen = zeroed(
            self.decomposition.core.len() * columns.len(),
            "coefficients",
        )?;
        let rows = chosen.chunks_exact_mut(columns.len());
        for (out, solutions) in rows.zip(self.solutions.chunks_exact(n_columns)) {
            for (out, &column) in out.iter_mut().zip(columns) {
                *out = solutions[column];
            }
        }
        let (rows, scaler) = (self.rows, &self.scaler);
        self.decomposition
            .coefficients(rows, scaler, chosen, columns.len())
    }
}
