//! Orthogonal Procrustes distance: the distance of two sets of features after the best rotation.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::matmul::matmul;
use faer::linalg::{qr, svd};
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, ComputationError, Result};
use crate::metric::AlignmentMetric;
use crate::metric::cka::centred::Centred;
use crate::representation::Representation;
use crate::similarity::zeroed;

/// Orthogonal Procrustes distance: both feature matrices are centred and scaled to unit Frobenius
/// norm, and one is rotated onto the other with the smallest possible error.
///
/// Schönemann (1966); compared with CKA by Ding, Denain & Steinhardt (2021, arXiv 2108.01661) and
/// Williams et al. (2021, arXiv 2110.14739). The numbers of features may differ: the smaller matrix
/// is padded with zeros.
///
/// ```
/// use human_alignment::metric::cka::Procrustes;
/// use human_alignment::{Representation, Stimuli};
/// use ndarray::array;
///
/// let stimuli = Stimuli::new(["cat", "dog", "car"])?;
/// let features = array![[1.0, 0.5], [1.0, 0.25], [0.0, 0.5]];
/// let rotated = array![[-0.5, 1.0], [-0.25, 1.0], [-0.5, 0.0]];
/// let features = Representation::new(stimuli.clone(), features)?;
/// let rotated = Representation::new(stimuli, rotated)?;
/// let fit = Procrustes.compare(&features, &rotated)?;
/// assert!(fit.squared_distance < 1e-14);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procrustes;

/// The similarity and distance of two feature matrices.
///
/// The rounding error of either number is about 1e-14, so distances below 1e-7 are not meaningful.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProcrustesFit {
    /// ‖XᵀY‖₊, the sum of the singular values of XᵀY, in [0, 1].
    pub similarity: f64,
    /// d² = 2 − 2‖XᵀY‖₊, the squared Frobenius norm of the difference after rotation, in [0, 2].
    pub squared_distance: f64,
}

impl ProcrustesFit {
    /// Returns the distance d, in [0, √2]. It is a metric: symmetric, with the triangle inequality.
    pub fn distance(&self) -> f64 {
        self.squared_distance.sqrt()
    }
}

impl Procrustes {
    /// Returns the Procrustes fit of two representations of the same stimuli. Rows are matched by
    /// stimulus id.
    ///
    /// The time is cubic in the number of features or of stimuli, whichever is smaller.
    ///
    /// # Errors
    /// - Returns `StimuliError::Missing` or `StimuliError::Unexpected` if the two sets of stimuli
    ///   differ.
    /// - Returns [`ArgumentError::TooFew`] if there are fewer than 2 stimuli.
    /// - Returns `FeatureError::EqualRows` if all rows of a representation are equal.
    /// - Returns [`ComputationError::OutOfMemory`] if memory cannot be allocated.
    pub fn compare(
        &self,
        first: &Representation,
        second: &Representation,
    ) -> Result<ProcrustesFit> {
        let stimuli = first.stimuli();
        if stimuli.len() < 2 {
            return Err(ArgumentError::TooFew {
                what: "stimuli for the Procrustes distance",
                needed: 2,
                found: stimuli.len(),
            }
            .into());
        }
        let left = Centred::new(first, stimuli, 0)?;
        let right = Centred::new(second, stimuli, 1)?;
        let squared_norm = |centred: &Centred<f64>| centred.squared_norms.iter().sum::<f64>();
        let norms = squared_norm(&left).sqrt() * squared_norm(&right).sqrt();
        let (left, right) = rayon::join(|| rotated(&left), || rotated(&right));
        let (left, right) = (left?, right?);
        let product = cross_product(left.as_ref(), right.as_ref())?;
        let product = MatRef::from_column_major_slice(&product, left.ncols(), right.ncols());
        let similarity = (nuclear_norm(product)? / norms).clamp(0.0, 1.0);
        Ok(ProcrustesFit {
            similarity,
            squared_distance: 2.0 - 2.0 * similarity,
        })
    }
}

/// Comparison with a reference representation that describes human similarity.
impl AlignmentMetric<Representation> for Procrustes {
    type Score = ProcrustesFit;

    /// Computes [`Procrustes::compare`] over the stimuli of `people`; the representation may
    /// contain more.
    ///
    /// # Errors
    /// Returns the same errors as [`Procrustes::compare`].
    fn score(
        &self,
        representation: &Representation,
        people: &Representation,
    ) -> Result<ProcrustesFit> {
        self.compare(&representation.select(people.stimuli())?, people)
    }
}

/// Name of the allocation in errors.
const WHAT: &str = "a product of features";

/// Returns the features, rotated into no more dimensions than there are stimuli: stimuli ×
/// dimensions.
///
/// With the decomposition Xᵀ = QR, where the columns of Q are orthonormal, Rᵀ = XQ is X rotated by
/// Q.
fn rotated(centred: &Centred<f64>) -> Result<Mat<f64>> {
    let (n, n_features) = (centred.n_stimuli(), centred.n_features());
    // The column-major transpose has the memory layout of the row-major features.
    let mut transposed = zeroed(n_features * n, WHAT)?;
    let mut transposed = MatMut::from_column_major_slice_mut(&mut transposed, n_features, n);
    for panel in centred.panels() {
        let mut rows = transposed
            .as_mut()
            .subrows_mut(panel.columns.start, panel.columns.len());
        rows.copy_from(panel.matrix().transpose());
    }
    if n_features <= n {
        return Ok(transposed.transpose().to_owned());
    }
    let block = qr::no_pivoting::factor::recommended_block_size::<f64>(n_features, n);
    let mut householder = Mat::zeros(block, n);
    let scratch = qr::no_pivoting::factor::qr_in_place_scratch::<f64>(
        n_features,
        n,
        block,
        Par::Seq,
        Default::default(),
    );
    qr::no_pivoting::factor::qr_in_place(
        transposed.as_mut(),
        householder.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    );
    Ok(Mat::from_fn(n, n, |row, column| {
        if column <= row {
            transposed[(column, row)]
        } else {
            0.0
        }
    }))
}

/// Computes XᵀY, column-major.
fn cross_product(left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> Result<Vec<f64>> {
    /// Number of columns of the product that a task computes.
    const STRIP: usize = 64;

    let (n_rows, n_columns) = (left.ncols(), right.ncols());
    let mut product = zeroed(n_rows * n_columns, WHAT)?;
    let strips = product.par_chunks_mut(n_rows * STRIP).enumerate();
    strips.for_each(|(strip, out)| {
        let n_columns = out.len() / n_rows;
        matmul(
            MatMut::from_column_major_slice_mut(out, n_rows, n_columns),
            Accum::Replace,
            left.transpose(),
            right.subcols(strip * STRIP, n_columns),
            1.0,
            Par::Seq,
        );
    });
    Ok(product)
}

/// Computes the sum of the singular values.
fn nuclear_norm(matrix: MatRef<'_, f64>) -> Result<f64> {
    let (n_rows, n_columns) = matrix.shape();
    let mut values = Diag::zeros(n_rows.min(n_columns));
    let scratch = svd::svd_scratch::<f64>(
        n_rows,
        n_columns,
        svd::ComputeSvdVectors::No,
        svd::ComputeSvdVectors::No,
        Par::Seq,
        Default::default(),
    );
    // Sequential, because the blocks of a parallel computation depend on the number of threads.
    svd::svd(
        matrix,
        values.as_mut(),
        None,
        None,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .map_err(|_| ComputationError::NotConverged {
        what: "the singular value decomposition",
    })?;
    Ok(values.column_vector().iter().sum())
}
