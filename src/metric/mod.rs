//! Alignment metrics: scores of how well a representation agrees with human judgments.
//!
//! - [`odd_one_out`]: accuracy and cross-entropy on odd-one-out and anchored trials.
//! - [`rsa`]: comparison of representational dissimilarity matrices (RDMs).
//! - [`cka`]: comparison of two representations of the same stimuli.

pub mod cka;
pub mod odd_one_out;
pub mod rsa;

use crate::error::Result;
use crate::judgment::similarity_dataset::SimilarityDataset;
use crate::representation::{Representation, RepresentationSource};

/// A metric that scores a representation against judgments of type `J`.
///
/// Scoring judgments of a type that the metric does not support is a compile-time error. Rows are
/// matched by stimulus id: the representation may contain more stimuli than the judgments, in any order.
pub trait AlignmentMetric<J: ?Sized> {
    /// The result of the metric.
    type Score;

    /// Scores a representation.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` if a judged stimulus has no
    /// row in the representation; each metric documents its other errors.
    fn score(&self, representation: &Representation, judgments: &J) -> Result<Self::Score>;

    /// Scores a source of representations, such as a [`Representation`] or a file, on a data set.
    ///
    /// # Errors
    /// Returns the error of the source, or an error under the conditions of
    /// [`AlignmentMetric::score`].
    fn score_dataset<S, D>(&self, source: &S, dataset: &D) -> Result<Self::Score>
    where
        Self: Sized,
        J: Sized,
        S: RepresentationSource + ?Sized,
        D: SimilarityDataset<Judgments = J> + ?Sized,
    {
        self.score(&source.represent(dataset.stimuli())?, dataset.judgments())
    }
}
