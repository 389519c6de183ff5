//! The local term of gLocal: a transform is to keep which images are neighbours.

use std::sync::Arc;

use crate::error::{ArgumentError, Error, Result, with_inverse};
use crate::representation::Representation;

/// The fewest images that have neighbours to choose from.
const FEWEST: usize = 3;

/// The local term of gLocal (Muttenthaler et al., NeurIPS 2023): the local similarity structure of
/// other images, the *context*, before and after the transform.
///
/// Each image of a batch sees the others with probabilities softmax(cosine / τ): p of the features as
/// they are, standardised like those of the objects, and q of the transformed ones. The term is the
/// mean over images i of −Σⱼ pᵢⱼ ln qᵢⱼ, in nats: least, the mean entropy of p, where the transform
/// changes no cosine. The objective is (1 − α) times the loss of the trials plus α times this.
///
/// | setting | default |
/// |---|---|
/// | images in a batch | 1,024 |
/// | images for validation | one batch of the context, drawn once |
///
/// The paper divides by m² − m, with m images in a batch, where the published code, and this, takes the
/// mean over images: what the code calls α is this α.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalSimilarity {
    // Shared, so that a learner can be cloned for another setting without a million images.
    context: Arc<Representation>,
    validation: Option<Arc<Representation>>,
    alpha: f64,
    tau: f64,
    batch_size: usize,
}

impl LocalSimilarity {
    /// The local term with these images as context, weight α (0.1 in the paper) and temperature τ
    /// (1 there).
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than three images; [`Error::InvalidParameter`] where α is not in
    /// [0, 1], or τ or its inverse not positive and finite.
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
        })
    }

    /// Sets the number of images in a batch; where there are fewer, all are in every batch.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for fewer than three.
    pub fn with_batch_size(mut self, n_images: usize) -> Result<Self> {
        if n_images < FEWEST {
            let name = "images in a batch";
            return Err(Error::parameter(name, "at least 3", n_images));
        }
        self.batch_size = n_images;
        Ok(self)
    }

    /// Sets images on which the local term is validated: in as many whole batches as there are, the
    /// same ones after every epoch.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than three images, [`Error::LengthMismatch`] where they have other
    /// features than the context.
    pub fn with_validation(mut self, images: Representation) -> Result<Self> {
        check_number(images.n_stimuli())?;
        check_width(&images, self.context.n_features())?;
        self.validation = Some(Arc::new(images));
        Ok(self)
    }

    /// The context images.
    pub fn context(&self) -> &Representation {
        &self.context
    }

    /// The images for validation, where they are others than the context.
    pub fn validation(&self) -> Option<&Representation> {
        self.validation.as_deref()
    }

    /// The weight α of the local term.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The temperature τ.
    pub fn tau(&self) -> f64 {
        self.tau
    }

    /// Images in a batch.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// Refuses images that have other features than the objects.
    pub(super) fn check(&self, n_features: usize) -> Result<()> {
        check_width(&self.context, n_features)
    }
}

fn check_number(found: usize) -> Result<()> {
    match found >= FEWEST {
        true => Ok(()),
        false => Err(ArgumentError::TooFew {
            what: "context images",
            needed: FEWEST,
            found,
        }
        .into()),
    }
}

fn check_width(images: &Representation, expected: usize) -> Result<()> {
    match images.n_features() {
        found if found == expected => Ok(()),
        found => Err(ArgumentError::LengthMismatch {
            what: "features of the context images",
            expected,
            found,
        }
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::stimuli::Stimuli;
    use ndarray::Array2;

    #[test]
    fn parameters_outside_their_range_are_refused() {
        let images = |n: u32, n_features| {
            let features = Array2::<f32>::ones((n as usize, n_features));
            Representation::new(Stimuli::numbered(n), features).unwrap()
        };
        let refused = LocalSimilarity::new(images(2, 2), 0.1, 1.0);
        assert!(matches!(
            refused.as_ref().map_err(Error::kind),
            Err(ErrorKind::Argument(ArgumentError::TooFew {
                needed: 3,
                found: 2,
                ..
            }))
        ));
        for alpha in [-0.1, 1.1, f64::NAN] {
            assert!(LocalSimilarity::new(images(3, 2), alpha, 1.0).is_err());
        }
        for tau in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-320] {
            assert!(LocalSimilarity::new(images(3, 2), 0.1, tau).is_err());
        }
        let local = LocalSimilarity::new(images(3, 2), 0.1, 1.0).unwrap();
        assert!(local.clone().with_batch_size(2).is_err());
        assert!(local.clone().with_validation(images(2, 2)).is_err());
        assert!(matches!(
            local
                .with_validation(images(5, 3))
                .as_ref()
                .map_err(Error::kind),
            Err(ErrorKind::Argument(ArgumentError::LengthMismatch {
                expected: 2,
                found: 3,
                ..
            }))
        ));
    }
}
