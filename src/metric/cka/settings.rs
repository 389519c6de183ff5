//! The kernel and the estimator of HSIC.

use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, Error, Result};
use crate::names::named;

/// A kernel function of two rows of a representation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kernel {
    /// The dot product; the default.
    #[default]
    Linear,
    /// The Gaussian kernel exp(−d² / 2σ²) of the Euclidean distance d, where σ² is the square of
    /// this fraction times the median of d² over all pairs of different stimuli.
    ///
    /// The median makes the kernel invariant to the scale of features. The larger the fraction, the
    /// closer the CKA is to that of the linear kernel.
    Rbf(f64),
}

impl Kernel {
    /// Checks the bandwidth.
    pub(super) fn check(self) -> Result<()> {
        let Kernel::Rbf(fraction) = self else {
            return Ok(());
        };
        let square = fraction * fraction;
        if fraction > 0.0 && square.is_finite() && square.recip().is_finite() {
            Ok(())
        } else {
            let expected = "positive, with a finite square and inverse square";
            Err(Error::parameter("bandwidth", expected, fraction))
        }
    }
}

/// An estimator of the Hilbert–Schmidt independence criterion (HSIC) from a sample of stimuli.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// tr(KHLH) / (n − 1)², with the centring matrix H (Gretton et al. 2005): the estimator of the
    /// original CKA paper. Its bias grows with the ratio of the number of features to the number of
    /// stimuli, so the CKA of wide representations is too large if there are few stimuli. Needs 2
    /// stimuli.
    Biased,
    /// The U-statistic of Song et al. (2012); the default. It is unbiased for any number of
    /// stimuli, and can therefore be negative if the true value is near 0. Needs 4 stimuli.
    #[default]
    Unbiased,
}

impl Estimator {
    /// Checks that the estimator is defined for `n` stimuli.
    pub(super) fn check(self, n: usize) -> Result<()> {
        let (what, needed) = match self {
            Estimator::Biased => ("stimuli for biased CKA", 2),
            Estimator::Unbiased => ("stimuli for unbiased CKA", 4),
        };
        if n >= needed {
            Ok(())
        } else {
            Err(ArgumentError::TooFew {
                what,
                needed,
                found: n,
            }
            .into())
        }
    }
}

named! {
    Estimator, "estimator":
    Biased = "biased",
    Unbiased = "unbiased",
}
