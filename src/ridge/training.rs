//! Everything that the fits of one set of training rows have in common.

use faer::MatRef;
use ndarray::ArrayView2;

use crate::error::{ArgumentError, ComputationError, Result};
use crate::ridge::decomposition::{Decomposition, Form};
use crate::ridge::rows::{Rows, Scaler};
use crate::ridge::tridiagonal::Factors;
use crate::similarity::zeroed;

/// Refuses fewer rows than a penalty can be chosen from: with one of two left out, there is nothing
/// that a slope could be fitted to.
pub(super) fn check_rows(n: usize) -> Result<()> {
    const FEWEST: usize = 3;

    if n >= FEWEST {
        return Ok(());
    }
    Err(ArgumentError::TooFew {
        what: "stimuli to learn from",
        needed: FEWEST,
        found: n,
    }
    .into())
}

/// Training rows and their targets, decomposed and solved for all penalties.
pub(super) struct Training<'a> {
    pub rows: Rows<'a>,
    pub scaler: Scaler,
    pub penalties: &'a [f64],
    pub target_means: Vec<f64>,
    /// Centred, one after another.
    targets: Vec<f64>,
    pub decomposition: Decomposition,
    /// By penalty.
    pub factors: Vec<Factors>,
    /// Rank × (penalties × targets), row by row.
    solutions: Vec<f64>,
}

impl<'a> Training<'a> {
    /// Decomposes the rows, of which there are enough; `targets` are in the order of the representation, and `gram` is XᵀX of
    /// the scaled rows where it is known already. Penalties ascend.
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
            // Distances from the first, so that a constant target is 0 exactly.
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

    /// A target, less its mean.
    pub fn target(&self, target: usize) -> &[f64] {
        &self.targets[target * self.rows.len()..][..self.rows.len()]
    }

    /// (T + α I)⁻¹ Rᵀ Y: rank × columns, those of one penalty after those of another.
    pub fn solutions(&self) -> MatRef<'_, f64> {
        let n_columns = self.penalties.len() * self.n_targets();
        MatRef::from_row_major_slice(&self.solutions, self.decomposition.core.len(), n_columns)
    }

    /// 1 − the leverage of a row, from zᵀ (T + α I)⁻¹ z of its row of R.
    pub fn complement(&self, form: f64, penalty: usize) -> f64 {
        let n = self.rows.len() as f64;
        let penalty = self.penalties[penalty];
        match self.decomposition.form {
            Form::Predictions => 1.0 - 1.0 / n - form,
            Form::Residuals { constant: None } => penalty * form,
            Form::Residuals { constant: Some(c) } => penalty * (form - 1.0 / ((c + penalty) * n)),
        }
    }

    /// Refuses a 1 − leverage that is 0 to rounding.
    pub fn check_complement(&self, complement: f64, penalty: usize, row: usize) -> Result<()> {
        /// What is left of a difference of numbers near 1 must be more than their rounding.
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

    /// The coefficients of some columns of [`Training::solutions`]: features × columns, row by row.
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
