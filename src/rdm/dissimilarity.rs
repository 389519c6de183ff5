//! RDMs computed from representations.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{RdmError, Result, at_least};
use crate::linalg::UNIT_ROUNDOFF;
use crate::names::named;
use crate::rdm::{Rdm, Rounding};
use crate::representation::Representation;
use crate::similarity::{AllPairs, PairRounding, Similarity, for_all_pairs};

/// A measure of the dissimilarity of two rows of features. Identical rows have dissimilarity 0.
///
/// | name | formula for rows *x*, *y* | range | undefined for |
/// |---|---|---|---|
/// | `Correlation` | 1 − Pearson correlation over features | \[0, 2\] | rows whose features are all equal |
/// | `Cosine` | 1 − Σ xₖyₖ / (‖x‖‖y‖) | \[0, 2\] | zero vectors |
/// | `Euclidean` | ‖x − y‖ | ≥ 0 | |
/// | `SquaredEuclidean` | ‖x − y‖² | ≥ 0 | |
/// | `Gaussian` | 1 − exp(−‖x − y‖² / μ) | \[0, 1) | representations whose rows are all equal |
///
/// μ is the mean of the squared distances over all n² elements of the matrix, including the
/// diagonal. Products and results are `f64`, also for `f32` features.
///
/// An RDM stores a bound on its rounding errors, so that dissimilarities that are equal within
/// rounding tie in ranks (see [`Comparator`](crate::metric::rsa::Comparator)), whatever the order
/// of the features. With u = 2⁻⁵³ and c the number of additions in a sum over p features (at most
/// p + p/8 + 30), the bound is c u for correlations and cosines. For squared distances it is the
/// smaller of 16 c u ‖x − y‖² and c u times the squares of the two longest distances from the first
/// row; bounds for other functions of distances follow from it. The distance of a pair that is
/// small compared with the distances of its rows from the first row is computed directly from the
/// difference of the rows, which avoids cancellation.
///
/// ```
/// use human_alignment::{Dissimilarity, Representation, Stimuli};
/// use ndarray::array;
///
/// let stimuli = Stimuli::new(["cat", "dog", "car"])?;
/// let features = array![[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 3.0, 4.0]];
/// let rdm = Dissimilarity::Cosine.rdm(&Representation::new(stimuli, features)?)?;
/// assert_eq!(rdm.values(), [0.0, 1.0, 1.0]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Dissimilarity {
    /// 1 − Pearson correlation over features.
    #[default]
    Correlation,
    /// 1 − cosine.
    Cosine,
    /// Euclidean distance.
    Euclidean,
    /// Squared Euclidean distance.
    SquaredEuclidean,
    /// 1 − Gaussian of the distance, with a width set by the mean squared distance.
    Gaussian,
}

impl Dissimilarity {
    /// Computes the RDM of a representation.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` for fewer than two stimuli, `FeatureError::ConstantRow`,
    /// `FeatureError::ZeroVector` or [`RdmError::Constant`] if the dissimilarity is undefined, and
    /// `ComputationError::OutOfMemory` if n(n−1)/2 numbers cannot be allocated.
    pub fn rdm(self, representation: &Representation) -> Result<Rdm> {
        let n = representation.n_stimuli();
        at_least("stimuli", 2, n)?;
        let pairs = |similarity, of| for_all_pairs(representation, similarity, 0.0, of);
        let AllPairs {
            mut values,
            rounding,
        } = match self {
            Dissimilarity::Correlation => pairs(Similarity::Pearson, subtract_from_1)?,
            Dissimilarity::Cosine => pairs(Similarity::Cosine, subtract_from_1)?,
            Dissimilarity::Euclidean => pairs(Similarity::NegativeEuclidean, subtract_from_0)?,
            Dissimilarity::SquaredEuclidean | Dissimilarity::Gaussian => {
                pairs(Similarity::NegativeSquaredEuclidean, subtract_from_0)?
            }
        };
        let rounding = match (self, rounding) {
            // Rounding of the similarity, plus that of the subtraction.
            (_, PairRounding::Absolute(bound)) => Rounding::Absolute(bound + UNIT_ROUNDOFF),
            (Dissimilarity::Gaussian, PairRounding::Distance(distances)) => {
                let width = 2.0 * values.iter().sum::<f64>() / (n as f64).powi(2);
                if Rounding::SquaredDistance(distances).is_zero(width) {
                    let undefined = "the width of a Gaussian";
                    return Err(RdmError::Constant { undefined }.into());
                }
                values
                    .par_iter_mut()
                    .for_each(|value| *value = -(-*value / width).exp_m1());
                Rounding::Gaussian { distances, width }
            }
            (Dissimilarity::Euclidean, PairRounding::Distance(distances)) => {
                Rounding::Distance(distances)
            }
            (_, PairRounding::Distance(distances)) => Rounding::SquaredDistance(distances),
        };
        Ok(Rdm::from_finite(
            representation.stimuli().clone(),
            values,
            rounding,
        ))
    }
}

/// Subtracts similarities from 1, which rounding can exceed.
fn subtract_from_1(similarities: &mut [f64]) {
    similarities
        .iter_mut()
        .for_each(|s| *s = (1.0 - *s).max(0.0));
}

/// Subtracts similarities from 0, so that −0 becomes 0.
fn subtract_from_0(similarities: &mut [f64]) {
    similarities.iter_mut().for_each(|s| *s = 0.0 - *s);
}

named! {
    Dissimilarity, "dissimilarity":
    Correlation = "correlation",
    Cosine = "cosine",
    Euclidean = "euclidean",
    SquaredEuclidean = "squared-euclidean",
    Gaussian = "gaussian",
}
