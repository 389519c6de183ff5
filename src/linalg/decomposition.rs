//! Decompositions of dense matrices. All are sequential, because the block sizes of parallel ones
//! depend on the number of threads.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::{Mat, MatMut, MatRef, Par};

use crate::error::{ComputationError, Result};

/// Computes the inverse of a symmetric positive definite matrix from its lower triangle; returns
/// `None` if it is not positive definite.
pub(crate) fn inverse(mut matrix: Mat<f64>) -> Option<Mat<f64>> {
    let n = matrix.nrows();
    let scratch = llt::factor::cholesky_in_place_scratch::<f64>(n, Par::Seq, Default::default());
    llt::factor::cholesky_in_place(
        matrix.as_mut(),
        Default::default(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .ok()?;
    let mut inverse = Mat::zeros(n, n);
    let scratch = llt::inverse::inverse_scratch::<f64>(n, Par::Seq);
    let stack = &mut MemBuffer::new(scratch);
    llt::inverse::inverse(
        inverse.as_mut(),
        matrix.as_ref(),
        Par::Seq,
        MemStack::new(stack),
    );
    // The inverse has only its lower triangle filled.
    for column in 0..n {
        for row in column + 1..n {
            inverse[(column, row)] = inverse[(row, column)];
        }
    }
    Some(inverse)
}

/// Computes the eigenvalues of a symmetric matrix, in ascending order, and its eigenvectors as
/// columns. Only the lower triangle is read.
pub(crate) fn eigen(matrix: MatRef<'_, f64>) -> Result<(Vec<f64>, Mat<f64>)> {
    let n = matrix.nrows();
    let mut vectors = Mat::zeros(n, n);
    let values = decompose(matrix, Some(vectors.as_mut()))?;
    Ok((values, vectors))
}

/// Computes the eigenvalues of a symmetric matrix, in ascending order. Only the lower triangle is
/// read.
pub(crate) fn eigenvalues(matrix: MatRef<'_, f64>) -> Result<Vec<f64>> {
    decompose(matrix, None)
}

fn decompose(matrix: MatRef<'_, f64>, vectors: Option<MatMut<'_, f64>>) -> Result<Vec<f64>> {
    let n = matrix.nrows();
    let mut values = Diag::zeros(n);
    let compute = match vectors {
        Some(_) => ComputeEigenvectors::Yes,
        None => ComputeEigenvectors::No,
    };
    let scratch = self_adjoint_evd_scratch::<f64>(n, compute, Par::Seq, Default::default());
    // Sequential, because the block sizes would otherwise depend on the number of threads.
    self_adjoint_evd(
        matrix,
        values.as_mut(),
        vectors,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .map_err(|_| ComputationError::NotConverged {
        what: "the eigendecomposition",
    })?;
    let values: Vec<f64> = values.column_vector().iter().copied().collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(ComputationError::NotConverged {
            what: "the eigendecomposition",
        }
        .into());
    }
    Ok(values)
}

/// Computes the singular values of a matrix, in descending order, and, where there is room for
/// them, the corresponding left and right singular vectors as columns. `what` names the
/// decomposition in errors.
pub(crate) fn singular_values(
    matrix: MatRef<'_, f64>,
    left: Option<MatMut<'_, f64>>,
    right: Option<MatMut<'_, f64>>,
    what: &'static str,
) -> Result<Vec<f64>> {
    let (n_rows, n_columns) = matrix.shape();
    let mut values = Diag::zeros(n_rows.min(n_columns));
    let [of_left, of_right] = [left.is_some(), right.is_some()].map(|is_wanted| match is_wanted {
        true => ComputeSvdVectors::Thin,
        false => ComputeSvdVectors::No,
    });
    let parameters = Default::default();
    let scratch = svd_scratch::<f64>(n_rows, n_columns, of_left, of_right, Par::Seq, parameters);
    svd(
        matrix,
        values.as_mut(),
        left,
        right,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        parameters,
    )
    .map_err(|_| ComputationError::NotConverged { what })?;
    Ok(values.column_vector().iter().copied().collect())
}
