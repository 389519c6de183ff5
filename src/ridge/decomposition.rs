//! The decomposition of the training rows, which the fits of all targets and penalties share.

use std::ops::Range;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::tridiag::{tridiag_in_place, tridiag_in_place_scratch};
use faer::linalg::householder;
use faer::linalg::matmul::matmul;
use faer::{Accum, Conj, MatMut, MatRef, Par};

use crate::error::Result;
use crate::linalg::{singular_values, zeroed};
use crate::ridge::gram;
use crate::ridge::rows::{Rows, Scaler};
use crate::ridge::tridiagonal::Tridiagonal;

/// Smallest penalty, relative to the Frobenius norm of the products, for which products are
/// accurate enough: their rounding error, about 1e-16 of the norm, is then 1e-8 of the penalty.
const SMALLEST_SHARE: f64 = 1e-8;

/// Number of reflections that are applied at a time.
const REFLECTIONS: usize = 32;

/// Rows R and a matrix T from which every fit is computed, as (T + α I)⁻¹ Rᵀ Y.
///
/// T is the tridiagonal form of XᵀX or XXᵀ (whichever is smaller), by a rotation Q of Householder
/// reflections. This is the first third of an eigendecomposition. The other steps would save
/// nothing, because a system in T + α I takes a few operations per row (as in Eldén 1977,
/// "Algorithms for the regularization of ill-conditioned least squares problems", BIT 17, with a
/// bidiagonal matrix). If penalties are so small that the rounding of products matters, T is the
/// diagonal matrix of squared singular values.
pub(super) struct Decomposition {
    basis: Basis,
    pub core: Tridiagonal,
    pub form: Form,
}

/// The meaning of R (T + α I)⁻¹ Rᵀ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// The matrix that maps centred targets to their predictions.
    Predictions,
    /// The matrix that maps centred targets to their residuals, divided by α. If T includes the
    /// constant vector as an eigenvector with eigenvalue c, the diagonal of this matrix is larger
    /// by 1/((c + α)n).
    Residuals { constant: Option<f64> },
}

enum Basis {
    /// Q for features: R = XQ.
    Features(Rotation),
    /// Q for rows: R = Q.
    Rows(Rotation),
    /// Singular vectors, multiplied by singular values as the form requires.
    Singular {
        /// R, rows × rank, column-major.
        left: Vec<f64>,
        /// The map from solutions to coefficients, features × rank, column-major.
        right: Vec<f64>,
    },
}

impl Decomposition {
    /// Decomposes rows. `gram` is XᵀX of the scaled rows, if known.
    pub fn new(
        rows: Rows<'_>,
        scaler: &Scaler,
        gram: Option<Vec<f64>>,
        smallest_penalty: f64,
    ) -> Result<Self> {
        let by_features = rows.n_features() < rows.len();
        let (order, mut gram) = match (by_features, gram) {
            (true, Some(gram)) => (rows.n_features(), gram),
            (true, None) => (rows.n_features(), gram::of_features(rows, scaler)?),
            (false, _) => (rows.len(), gram::of_rows(rows, scaler)?),
        };
        if smallest_penalty < SMALLEST_SHARE * norm_of_symmetric(&gram, order) {
            return Self::by_singular_values(rows, scaler);
        }
        let constant = match by_features {
            true => None,
            false => Some(weigh_constant(&mut gram, order)),
        };
        let (rotation, core) = Rotation::to_tridiagonal(gram, order)?;
        let (basis, form) = match by_features {
            true => (Basis::Features(rotation), Form::Predictions),
            false => (Basis::Rows(rotation), Form::Residuals { constant }),
        };
        Ok(Self { basis, core, form })
    }

    fn by_singular_values(rows: Rows<'_>, scaler: &Scaler) -> Result<Self> {
        let (n, n_features) = (rows.len(), rows.n_features());
        let order = n.min(n_features);
        let mut scaled = zeroed::<f64>(n * n_features, "features")?;
        scaler.write(rows, 0..n, 0..n_features, &mut scaled);
        let mut left = zeroed::<f64>(n * order, "singular vectors")?;
        let mut right = zeroed::<f64>(n_features * order, "singular vectors")?;
        let values = singular_values(
            MatRef::from_row_major_slice(&scaled, n, n_features),
            Some(MatMut::from_column_major_slice_mut(&mut left, n, order)),
            Some(MatMut::from_column_major_slice_mut(
                &mut right, n_features, order,
            )),
            "the singular value decomposition of the features",
        )?;

        // Smaller singular values are rounding errors, which a small penalty would amplify.
        let smallest = f64::EPSILON * n.max(n_features) as f64 * values[0];
        let rank = values.iter().take_while(|&&value| value > smallest).count();
        left.truncate(n * rank);
        right.truncate(n_features * rank);
        // If the rows span all centred targets, residuals are more accurate if computed directly
        // than as small differences.
        let form = match rank + 1 == n {
            true => Form::Residuals { constant: None },
            false => Form::Predictions,
        };
        let (scaled, length) = match form {
            Form::Predictions => (&mut left, n),
            Form::Residuals { .. } => (&mut right, n_features),
        };
        for (column, value) in scaled.chunks_exact_mut(length).zip(&values) {
            column.iter_mut().for_each(|x| *x *= value);
        }
        Ok(Self {
            basis: Basis::Singular { left, right },
            core: Tridiagonal {
                diagonal: values[..rank].iter().map(|value| value * value).collect(),
                off_diagonal: Vec::new(),
            },
            form,
        })
    }

    /// Computes RᵀY of centred targets (rows × targets), row-major.
    pub fn project(
        &self,
        rows: Rows<'_>,
        scaler: &Scaler,
        targets: MatRef<'_, f64>,
    ) -> Result<Vec<f64>> {
        let n_targets = targets.ncols();
        let what = "products with targets";
        Ok(match &self.basis {
            Basis::Features(rotation) => {
                let mut products = gram::with_targets(rows, scaler, targets)?;
                rotation.rotate_transposed(&mut products, n_targets);
                products
            }
            Basis::Rows(rotation) => {
                let mut rotated = zeroed(rows.len() * n_targets, what)?;
                MatMut::from_row_major_slice_mut(&mut rotated, rows.len(), n_targets)
                    .copy_from(targets);
                rotation.rotate_transposed(&mut rotated, n_targets);
                rotated
            }
            Basis::Singular { left, .. } => {
                let rank = self.core.len();
                let mut products = zeroed(rank * n_targets, what)?;
                matmul(
                    MatMut::from_row_major_slice_mut(&mut products, rank, n_targets),
                    Accum::Replace,
                    MatRef::from_column_major_slice(left, rows.len(), rank).transpose(),
                    targets,
                    1.0,
                    Par::Seq,
                );
                products
            }
        })
    }

    /// Computes the coefficients (features × columns, row-major) from columns of (T + α I)⁻¹ Rᵀ Y
    /// (row-major).
    pub fn coefficients(
        &self,
        rows: Rows<'_>,
        scaler: &Scaler,
        mut solutions: Vec<f64>,
        n_columns: usize,
    ) -> Result<Vec<f64>> {
        match &self.basis {
            Basis::Features(rotation) => {
                rotation.rotate(&mut solutions, n_columns);
                Ok(solutions)
            }
            Basis::Rows(rotation) => {
                rotation.rotate(&mut solutions, n_columns);
                let weights = MatRef::from_row_major_slice(&solutions, rows.len(), n_columns);
                gram::with_targets(rows, scaler, weights)
            }
            Basis::Singular { right, .. } => {
                let (n_features, rank) = (rows.n_features(), self.core.len());
                let mut coefficients = zeroed(n_features * n_columns, "coefficients")?;
                matmul(
                    MatMut::from_row_major_slice_mut(&mut coefficients, n_features, n_columns),
                    Accum::Replace,
                    MatRef::from_column_major_slice(right, n_features, rank),
                    MatRef::from_row_major_slice(&solutions, rank, n_columns),
                    1.0,
                    Par::Seq,
                );
                Ok(coefficients)
            }
        }
    }

    /// Writes some rows of R, column-major. `scaled` is scratch space for the features of the rows.
    pub fn write_rows(
        &self,
        rows: Rows<'_>,
        scaler: &Scaler,
        range: Range<usize>,
        scaled: &mut [f64],
        out: &mut [f64],
    ) {
        let (n, n_features, rank) = (rows.len(), rows.n_features(), self.core.len());
        let mut out = MatMut::from_column_major_slice_mut(out, range.len(), rank);
        match &self.basis {
            Basis::Features(rotation) => {
                let scaled = &mut scaled[..range.len() * n_features];
                scaler.write(rows, range.clone(), 0..n_features, scaled);
                out.copy_from(MatRef::from_row_major_slice(
                    scaled,
                    range.len(),
                    n_features,
                ));
                rotation.rotate_rows(out);
            }
            Basis::Rows(rotation) => {
                out.fill(0.0);
                for (position, row) in range.enumerate() {
                    out[(position, row)] = 1.0;
                }
                rotation.rotate_rows(out);
            }
            Basis::Singular { left, .. } => {
                let left = MatRef::from_column_major_slice(left, n, rank);
                out.copy_from(left.subrows(range.start, range.len()));
            }
        }
    }
}

/// The rotation Q that makes a symmetric matrix tridiagonal, as reflections of all coordinates but
/// the first.
struct Rotation {
    /// Reflections, column-major, below the subdiagonal.
    reflections: Vec<f64>,
    /// Triangular factors of blocks of reflections, column-major.
    factors: Vec<f64>,
    order: usize,
}

impl Rotation {
    fn to_tridiagonal(mut gram: Vec<f64>, order: usize) -> Result<(Self, Tridiagonal)> {
        let n_factors = order - 1;
        let mut factors = zeroed(REFLECTIONS * n_factors, "reflections")?;
        // Sequential, because the sums of faer's parallel version depend on the number of threads.
        if order > 1 {
            let scratch = tridiag_in_place_scratch::<f64>(order, Par::Seq, Default::default());
            tridiag_in_place(
                MatMut::from_column_major_slice_mut(&mut gram, order, order),
                MatMut::from_column_major_slice_mut(&mut factors, REFLECTIONS, n_factors),
                Par::Seq,
                MemStack::new(&mut MemBuffer::new(scratch)),
                Default::default(),
            );
        }
        let element = |row: usize, column: usize| gram[column * order + row];
        let core = Tridiagonal {
            diagonal: (0..order).map(|row| element(row, row)).collect(),
            off_diagonal: (1..order).map(|row| element(row, row - 1)).collect(),
        };
        let rotation = Self {
            reflections: gram,
            factors,
            order,
        };
        Ok((rotation, core))
    }

    fn reflections(&self) -> MatRef<'_, f64> {
        let below = self.order - 1;
        MatRef::from_column_major_slice(&self.reflections, self.order, self.order)
            .submatrix(1, 0, below, below)
    }

    fn factors(&self) -> MatRef<'_, f64> {
        MatRef::from_column_major_slice(&self.factors, REFLECTIONS, self.order - 1)
    }

    /// Multiplies row-major columns by Q, in place.
    fn rotate(&self, columns: &mut [f64], n_columns: usize) {
        if self.order < 2 {
            return;
        }
        let scratch = householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<
            f64,
        >(self.order - 1, REFLECTIONS, n_columns);
        householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
            self.reflections(),
            self.factors(),
            Conj::No,
            MatMut::from_row_major_slice_mut(&mut columns[n_columns..], self.order - 1, n_columns),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
        );
    }

    /// Multiplies row-major columns by Qᵀ, in place.
    fn rotate_transposed(&self, columns: &mut [f64], n_columns: usize) {
        if self.order < 2 {
            return;
        }
        let scratch =
            householder::apply_block_householder_sequence_transpose_on_the_left_in_place_scratch::<
                f64,
            >(self.order - 1, REFLECTIONS, n_columns);
        householder::apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj(
            self.reflections(),
            self.factors(),
            Conj::No,
            MatMut::from_row_major_slice_mut(&mut columns[n_columns..], self.order - 1, n_columns),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
        );
    }

    /// Multiplies rows by Q from the right, in place.
    fn rotate_rows(&self, rows: MatMut<'_, f64>) {
        if self.order < 2 {
            return;
        }
        let scratch = householder::apply_block_householder_sequence_on_the_right_in_place_scratch::<
            f64,
        >(self.order - 1, REFLECTIONS, rows.nrows());
        householder::apply_block_householder_sequence_on_the_right_in_place_with_conj(
            self.reflections(),
            self.factors(),
            Conj::No,
            rows.subcols_mut(1, self.order - 1),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
        );
    }
}

/// Adds the mean eigenvalue to the eigenvalue of the constant vector, and returns it.
///
/// Products of centred rows are 0 for the constant vector. With an eigenvalue of 0, the constant
/// would dominate the inverse, and removing it would leave a small difference of large numbers.
fn weigh_constant(gram: &mut [f64], order: usize) -> f64 {
    let trace: f64 = gram.iter().step_by(order + 1).sum();
    let mean = trace / order as f64;
    gram.iter_mut().for_each(|x| *x += mean / order as f64);
    mean
}

/// Computes the Frobenius norm of a symmetric matrix from its lower triangle.
fn norm_of_symmetric(matrix: &[f64], order: usize) -> f64 {
    let columns = matrix.chunks_exact(order).enumerate();
    let squares = columns.map(|(column, values)| {
        let below: f64 = values[column + 1..].iter().map(|x| x * x).sum();
        2.0 * below + values[column] * values[column]
    });
    squares.sum::<f64>().sqrt()
}
