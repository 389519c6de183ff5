//! The kernel and the estimator of HSIC.

use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, Error, Result};
use crate::names::named;

/// The kernel that compares two rows of one representation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kernel {
    /// The dot product.
    #[default]
    Linear,
    /// The Gaussian kernel exp(−d² / 2σ²) of the Euclidean distance d, where σ² is the square of
    /// this fraction times the median of d² over all pairs of different stimuli.
    ///
    /// The median makes it invariant to the scale of features. The larger the fraction, the closer
    /// the result comes to that of the linear kernel.
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
            let expected = "positive and finite, as its square";
            Err(Error::parameter("bandwidth", expected, fraction))
        }
    }
}

/// How the Hilbert–Schmidt independence criterion (HSIC) is estimated from a sample of stimuli.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// tr(KHLH) / (n − 1)², with the centring matrix H (Gretton et al. 2005): what was published as
    /// CKA. It is too large by a term that grows with the number of features over that of stimuli,
    /// so that wide representations look alike where there are few stimuli. Needs 2 stimuli.
    Biased,
    /// The U-statistic of Song et al. (2012), the default: its mean is right with any number of
    /// stimuli, and so it can be negative where the truth is near 0. Needs 4 stimuli.
    #[default]
    Unbiased,
}

impl Estimator {
    /// Both of them.
    pub const ALL: [Estimator; 2] = [Estimator::Biased, Estimator::Unbiased];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            Estimator::Biased => "biased",
            Estimator::Unbiased => "unbiased",
        }
    }

    /// Checks that it is defined for `n` stimuli.
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

named!(Estimator, "estimator", "biased or unbiased");
