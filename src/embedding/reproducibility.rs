//! The reproducibility of dimensions.

use serde::Serialize;

use super::matching::{correlations, standardized};
use crate::error::{Result, at_least};
use crate::representation::Representation;

/// The reproducibility of a dimension.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Reproducibility {
    /// The dimension, 0-based.
    pub dimension: usize,
    /// The largest correlation with a dimension of each of the other embeddings.
    pub correlations: Vec<f64>,
    /// The mean of the correlations after Fisher's z transform, transformed back.
    pub mean: f64,
}

/// Computes the reproducibility of each dimension of an embedding in others, such as those of other
/// seeds or of other halves of the trials.
///
/// The measure is that of Hebart et al. (2020): for each dimension, the largest correlation with any
/// dimension of each other embedding, averaged after Fisher's z transform. A dimension of an
/// embedding may be the best match of several, and the largest of many correlations is positive by
/// chance; [`match_dimensions`](super::match_dimensions) tests against this.
///
/// Rows are matched by id.
///
/// ```
/// use human_alignment::embedding::reproducibility;
/// use human_alignment::{Representation, Stimuli};
/// use ndarray::Array2;
///
/// let values = Array2::from_shape_fn((30, 2), |(i, j)| ((i * (j + 3) * 7) % 11) as f64);
/// let first = Representation::new(Stimuli::numbered(30), values.clone())?;
/// let second = Representation::new(Stimuli::numbered(30), 2.0 * values)?;
/// let found = reproducibility(&first, &[&second])?;
/// assert!(found.iter().all(|dimension| dimension.mean > 0.999));
/// # Ok::<(), human_alignment::Error>(())
/// ```
///
/// # Errors
/// Returns `ArgumentError::TooFew` if there are no other embeddings or fewer than three stimuli,
/// `StimuliError::Missing` if another embedding lacks stimuli of the first, and
/// `ArgumentError::InvalidParameter` if a dimension is constant.
pub fn reproducibility(
    embedding: &Representation,
    others: &[&Representation],
) -> Result<Vec<Reproducibility>> {
    at_least("other embeddings", 1, others.len())?;
    let n = embedding.n_stimuli();
    let n_dimensions = embedding.n_features();
    let own = standardized(embedding)?;
    let mut largest = vec![Vec::with_capacity(others.len()); n_dimensions];
    for other in others {
        let other = standardized(&other.select(embedding.stimuli())?)?;
        let all = correlations(&own, &other, n);
        for (dimension, largest) in largest.iter_mut().enumerate() {
            let of_dimension = all.iter().skip(dimension).step_by(n_dimensions);
            largest.push(of_dimension.copied().fold(-1.0, f64::max));
        }
    }
    let dimensions = largest.into_iter().enumerate();
    let found = dimensions.map(|(dimension, correlations)| {
        let sum: f64 = correlations.iter().map(|r| r.atanh()).sum();
        Reproducibility {
            dimension,
            mean: (sum / correlations.len() as f64).tanh(),
            correlations,
        }
    });
    Ok(found.collect())
}
