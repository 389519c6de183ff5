//! Errors of computations: undefined results, divergence and lack of memory.

use super::Quoted;

/// A computation that failed or whose result is undefined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComputationError {
    /// An allocation failed.
    #[error("{what} would need {bytes} bytes of memory, which cannot be allocated")]
    #[non_exhaustive]
    OutOfMemory {
        /// What the memory is for.
        what: &'static str,
        /// Number of bytes (saturating).
        bytes: u64,
    },

    /// An iteration did not converge.
    #[error("{what} did not converge")]
    #[non_exhaustive]
    NotConverged {
        /// The iteration.
        what: &'static str,
    },

    /// The loss of a learner is not finite.
    #[error(
        "the loss became {loss}, which is not finite: check the scale of the features, or reduce the \
         learning rate"
    )]
    #[non_exhaustive]
    LossNotFinite {
        /// The loss.
        loss: f64,
    },

    /// In every question, all pairs are equally similar, so that no temperature can be fitted.
    #[error(
        "in every question, all pairs are equally similar: the probabilities of choices do not \
         depend on the temperature"
    )]
    EqualSimilarities,

    /// The values of all trials are equal, so that their variance cannot be estimated.
    #[error(
        "the values of all trials are equal, so that their variance cannot be estimated; for a \
         difference of models, choose models that differ"
    )]
    EqualValues,

    /// All models are equally aligned, so that there are no differences to explain.
    #[error("all models are equally aligned: there are no differences to explain")]
    EqualAlignment,

    /// More than half of all pairs of rows are equal, so that their median distance is 0.
    #[error(
        "the median distance between rows of representation {representation} is 0: \
         the bandwidth of its kernel is undefined; remove duplicate stimuli, or use the linear kernel"
    )]
    #[non_exhaustive]
    ZeroMedianDistance {
        /// Position of the representation among those compared, 0-based.
        representation: usize,
    },

    /// The estimated HSIC of a representation with itself, by which others are divided, is not
    /// positive.
    #[error(
        "the HSIC of representation {representation} with itself is {hsic:e}, not positive beyond \
         rounding: its CKA is undefined; use more stimuli, or the biased estimator (`Estimator::Biased`, \
         `--estimator biased`)"
    )]
    #[non_exhaustive]
    HsicNotPositive {
        /// Position of the representation among those compared, 0-based.
        representation: usize,
        /// The estimate.
        hsic: f64,
    },

    /// A target has the same value for all stimuli on which it is scored.
    #[error("target {target} does not vary: its R² is undefined")]
    #[non_exhaustive]
    ConstantTarget {
        /// The target, 0-based.
        target: usize,
    },

    /// A stimulus has leverage 1: the fit equals its target for any target.
    #[error(
        "with penalty {penalty:e} the fit passes through the target of stimulus {} whatever its \
         value: the leave-one-out error is undefined; use a larger penalty",
        Quoted(stimulus)
    )]
    #[non_exhaustive]
    FullLeverage {
        /// The stimulus.
        stimulus: String,
        /// The penalty.
        penalty: f64,
    },
}
