//! Orthogonal Procrustes distance: the distance of two sets of features after the best rotation.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::qr;
use faer::{Mat, MatMut, Par};
use serde::{Deserialize, Serialize};

use crate::error::{Result, at_least};
use crate::linalg::{matrix, product_by_bands, singular_values, zeroed};
use crate::metric::AlignmentMetric;
use crate::metric::cka::centred::Centred;
use crate::representation::Representation;

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
    /// - Returns `ArgumentError::TooFew` if there are fewer than 2 stimuli.
    /// - Returns `FeatureError::EqualRows` if all rows of a representation are equal.
    /// - Returns `ComputationError::OutOfMemory` if memory cannot be allocated.
    pub fn compare(
        &self,
        first: &Representation,
        second: &Representation,
    ) -> Result<ProcrustesFit> {
        let stimuli = first.stimuli();
        at_least("stimuli for the Procrustes distance", 2, stimuli.len())?;
        let left = Centred::new(first, stimuli, 0)?;
        let right = Centred::new(second, stimuli, 1)?;
        let squared_norm = |centred: &Centred<f64>| centred.squared_norms.iter().sum::<f64>();
        let norms = squared_norm(&left).sqrt() * squared_norm(&right).sqrt();
        let (left, right) = rayon::join(|| rotated(&left), || rotated(&right));
        let (left, right) = (left?, right?);
        let mut product = zeroed(left.ncols() * right.ncols(), WHAT)?;
        product_by_bands(left.transpose(), right.as_ref(), STRIP, &mut product);
        let what = "the singular value decomposition";
        let values = singular_values(matrix(&product, left.ncols()), None, None, what)?;
        let nuclear_norm: f64 = values.iter().sum();
        let similarity = (nuclear_norm / norms).clamp(0.0, 1.0);
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

/// Number of columns of the product that a task computes.
const STRIP: usize = 64;

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
