//! The local term of gLocal, which preserves the local similarity structure of images.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, at_least, same_length, with_inverse};
use crate::names::named;
use crate::representation::Representation;

/// The minimum number of images: each needs two others to compare.
const FEWEST: usize = 3;

/// The local term of gLocal (Muttenthaler et al., NeurIPS 2023), which preserves the local
/// similarity structure of other images, the *context*, under the transform.
///
/// In a batch, image i assigns to every other image j the probability softmax(cosine / τ): pᵢⱼ for
/// the features before the transform (standardized like those of the objects; see
/// [`ContextFeatures`]), and qᵢⱼ for the transformed features. The term is the mean over images i
/// of −Σⱼ pᵢⱼ ln qᵢⱼ, in nats. Its minimum, the mean entropy of p, is reached if the transform
/// changes no cosine. The objective is (1 − α) times the loss of the trials plus α times the local
/// term.
///
/// | setting | default |
/// |---|---|
/// | images in a batch | 1,024 |
/// | features of the images | [`ContextFeatures::Standardized`] |
/// | images for validation | one batch of the context, drawn once |
///
/// The formula of the paper divides by m² − m, with m images in a batch, but the published code and
/// this crate take the mean over images: α corresponds to that of the code.
///
/// ```
/// use human_alignment::probe::mini_batch::{LocalSimilarity, MiniBatchProbe};
/// use human_alignment::{Representation, Stimuli};
///
/// let images = Representation::new(Stimuli::numbered(4), ndarray::Array2::<f32>::eye(4))?;
/// let local = LocalSimilarity::new(images, 0.1, 1.0)?.with_batch_size(4)?;
/// let probe = MiniBatchProbe::glocal(local, 1e-3)?;
/// assert!(probe.local_similarity().is_some());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LocalSimilarity {
    // Shared, so that cloning a learner does not copy the images.
    context: Arc<Representation>,
    validation: Option<Arc<Representation>>,
    alpha: f64,
    tau: f64,
    batch_size: usize,
    context_features: ContextFeatures,
}

/// The features of context images that the local term compares and transforms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ContextFeatures {
    /// Features standardized by the moments of the objects, which are also those of the fitted
    /// transform; the default. The identity, which changes no cosine, minimizes the local term.
    #[default]
    Standardized,
    /// Features without standardization, as in the published scripts, which standardize only the
    /// objects. The transform is then learned from images on another scale than that of the features
    /// to which it is applied.
    AsGiven,
}

named! {
    ContextFeatures, "features of the context images":
    Standardized = "standardized",
    AsGiven = "as-given",
}

impl LocalSimilarity {
    /// Creates the local term from context images (images × features), the weight α and the
    /// temperature τ. The defaults of the published scripts are α = 0.1 and τ = 1;
    /// [`PublishedGrid`](super::PublishedGrid) has the values that they accept.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are fewer than three images, and
    /// `ArgumentError::InvalidParameter` if α is not in [0, 1], or τ or its inverse is not
    /// positive and finite.
    pub fn new(context: Representation, alpha: f64, tau: f64) -> Result<Self> {
        check_number(context.n_stimuli())?;
        if !(0.0..=1.0).contains(&alpha) {
            return Err(Error::parameter("alpha", "in [0, 1]", alpha));
        }
        Ok(Self {
            context: Arc::new(context),
            validation: None,
            alpha,
            tau: with_inverse("tau", tau)?,
            batch_size: 1024,
            context_features: ContextFeatures::default(),
        })
    }

    /// Sets the number of images in a batch. If the context has fewer images, every batch contains
    /// all.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is less than three.
    pub fn with_batch_size(mut self, n_images: usize) -> Result<Self> {
        if n_images < FEWEST {
            let name = "images in a batch";
            return Err(Error::parameter(name, "at least 3", n_images));
        }
        self.batch_size = n_images;
        Ok(self)
    }

    /// Sets whether the images are standardized like the objects.
    #[must_use]
    pub fn with_context_features(mut self, features: ContextFeatures) -> Self {
        self.context_features = features;
        self
    }

    /// Sets the validation images of the local term. They are divided into complete batches, which
    /// are the same after every epoch; a remainder is ignored.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are fewer than three images, and
    /// `ArgumentError::LengthMismatch` if their number of features differs from that of the
    /// context.
    pub fn with_validation(mut self, images: Representation) -> Result<Self> {
        check_number(images.n_stimuli())?;
        check_width(&images, self.context.n_features())?;
        self.validation = Some(Arc::new(images));
        Ok(self)
    }

    /// Returns the context images.
    pub fn context(&self) -> &Representation {
        &self.context
    }

    /// Returns the validation images, or `None` if validation uses the context.
    pub fn validation(&self) -> Option<&Representation> {
        self.validation.as_deref()
    }

    /// Returns the weight α of the local term.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// Returns the temperature τ.
    pub fn tau(&self) -> f64 {
        self.tau
    }

    /// Returns the number of images in a batch.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// Returns the features of the images that are compared.
    pub fn context_features(&self) -> ContextFeatures {
        self.context_features
    }

    /// Checks that the images have as many features as the objects.
    pub(super) fn check(&self, n_features: usize) -> Result<()> {
        check_width(&self.context, n_features)
    }
}

fn check_number(found: usize) -> Result<()> {
    at_least("context images", FEWEST, found)
}

fn check_width(images: &Representation, expected: usize) -> Result<()> {
    same_length(
        "features of the context images",
        expected,
        images.n_features(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ArgumentError, assert_refused};
    use crate::stimuli::Stimuli;
    use ndarray::Array2;

    #[test]
    fn parameters_outside_their_range_are_refused() {
        let images = |n: u32, n_features| {
            let features = Array2::<f32>::ones((n as usize, n_features));
            Representation::new(Stimuli::numbered(n), features).unwrap()
        };
        let refused = LocalSimilarity::new(images(2, 2), 0.1, 1.0);
        assert_refused!(
            refused,
            Argument(ArgumentError::TooFew {
                needed: 3,
                found: 2,
                ..
            })
        );
        for alpha in [-0.1, 1.1, f64::NAN] {
            assert!(LocalSimilarity::new(images(3, 2), alpha, 1.0).is_err());
        }
        for tau in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-320] {
            assert!(LocalSimilarity::new(images(3, 2), 0.1, tau).is_err());
        }
        let local = LocalSimilarity::new(images(3, 2), 0.1, 1.0).unwrap();
        assert!(local.clone().with_batch_size(2).is_err());
        assert!(local.clone().with_validation(images(2, 2)).is_err());
        assert_refused!(
            local.with_validation(images(5, 3)),
            Argument(ArgumentError::LengthMismatch {
                expected: 2,
                found: 3,
                ..
            })
        );
    }
}
