//! RDMs of representations.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, RdmError, Result};
use crate::names::named;
use crate::rdm::{Rdm, Rounding, UNIT_ROUNDOFF};
use crate::representation::Representation;
use crate::similarity::{AllPairs, PairRounding, Similarity, for_all_pairs};

/// How unlike two rows of features are. Larger is more unlike; identical rows are exactly 0 apart.
///
/// | name | of rows *x*, *y* | range | undefined for |
/// |---|---|---|---|
/// | `Correlation` | 1 − Pearson correlation over features | \[0, 2\] | rows whose features are all equal |
/// | `Cosine` | 1 − Σ xₖyₖ / (‖x‖‖y‖) | \[0, 2\] | zero vectors |
/// | `Euclidean` | ‖x − y‖ | ≥ 0 | |
/// | `SquaredEuclidean` | ‖x − y‖² | ≥ 0 | |
/// | `Gaussian` | 1 − exp(−‖x − y‖² / μ) | \[0, 1) | representations with a single row repeated |
///
/// μ is the mean of the squared distances over all n² elements of the matrix, its diagonal among
/// them. Products and results are `f64`, whatever the features.
///
/// An RDM knows how far the arithmetic may have moved its values, so that dissimilarities which are equal but for
/// rounding tie in ranks ([`Comparator`](crate::metric::rsa::Comparator) says how), whatever the order of the
/// features. With u = 2⁻⁵³ and c the number of additions of a sum of p features, at most p + p/8 + 30, the bound
/// is c u for correlations and cosines; for squared distances it is the smaller of 16 c u ‖x − y‖² and c u times
/// the squares of the two longest distances from the first row; other functions of distances have the error that
/// follows from it. Pairs whose distance is small beside their distances from the first row are computed by
/// themselves, which keeps their digits.
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
pub enum Dissimilarity {
    /// One minus the correlation over features.
    #[default]
    Correlation,
    /// One minus the cosine.
    Cosine,
    /// The Euclidean distance.
    Euclidean,
    /// The squared Euclidean distance.
    SquaredEuclidean,
    /// One minus a Gaussian of the distance, its width set by the mean squared distance.
    Gaussian,
}

impl Dissimilarity {
    /// All of them.
    pub const ALL: [Dissimilarity; 5] = [
        Dissimilarity::Correlation,
        Dissimilarity::Cosine,
        Dissimilarity::Euclidean,
        Dissimilarity::SquaredEuclidean,
        Dissimilarity::Gaussian,
    ];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            Dissimilarity::Correlation => "correlation",
            Dissimilarity::Cosine => "cosine",
            Dissimilarity::Euclidean => "euclidean",
            Dissimilarity::SquaredEuclidean => "squared-euclidean",
            Dissimilarity::Gaussian => "gaussian",
        }
    }

    /// The RDM of a representation.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than two stimuli; [`Error::ConstantRow`], [`Error::ZeroVector`] or
    /// [`Error::ConstantRdm`] where the dissimilarity is undefined; [`Error::OutOfMemory`] where
    /// n(n−1)/2 numbers can't be held.
    pub fn rdm(self, representation: &Representation) -> Result<Rdm> {
        let n = representation.n_stimuli();
        if n < 2 {
            return Err(ArgumentError::TooFew {
                what: "stimuli",
                needed: 2,
                found: n,
            }
            .into());
        }
        let pairs =
            |similarity, of: fn(f64) -> f64| for_all_pairs(representation, similarity, 0.0, of);
        let AllPairs {
            mut values,
            rounding,
        } = match self {
            // Rounding can leave a similarity a little above 1.
            Dissimilarity::Correlation => pairs(Similarity::Pearson, |s| (1.0 - s).max(0.0))?,
            Dissimilarity::Cosine => pairs(Similarity::Cosine, |s| (1.0 - s).max(0.0))?,
            // Adding 0 makes 0 of −0.
            Dissimilarity::Euclidean => pairs(Similarity::NegativeEuclidean, |s| 0.0 - s)?,
            Dissimilarity::SquaredEuclidean | Dissimilarity::Gaussian => {
                pairs(Similarity::NegativeSquaredEuclidean, |s| 0.0 - s)?
            }
        };
        let rounding = match (self, rounding) {
            // Of the similarity, and of the difference.
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

named!(
    Dissimilarity,
    "dissimilarity",
    "correlation, cosine, euclidean, squared-euclidean or gaussian"
);
