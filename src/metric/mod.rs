//! Metrics of alignment: a representation held against what people said.

pub mod cka;
pub mod odd_one_out;
pub mod rsa;

use crate::dataset::SimilarityDataset;
use crate::error::Result;
use crate::representation::{Representation, RepresentationSource};

/// A way of holding a representation against judgments of type `J`.
///
/// A metric that can't read the judgments of a data set doesn't compile. Rows are matched by
/// stimulus id: the representation may hold more stimuli than the judgments, in any order.
pub trait AlignmentMetric<J: ?Sized> {
    /// What comes out.
    type Score;

    /// Scores a representation.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`](crate::Error::MissingStimuli) where a stimulus that was judged has
    /// no row; otherwise what the metric needs of representations and judgments.
    fn score(&self, representation: &Representation, judgments: &J) -> Result<Self::Score>;

    /// Scores a source of representations, such as a [`Representation`] or a file, on a data set.
    ///
    /// # Errors
    /// Returns the error of the source, or an error under the conditions of [`AlignmentMetric::score`].
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
