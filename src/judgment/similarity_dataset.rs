//! The trait of data sets, below the metrics that read them.

use crate::stimuli::Stimuli;

/// A data set of stimuli and human similarity judgments of them.
pub trait SimilarityDataset {
    /// The type of the judgments, such as [`OddOneOut`](crate::OddOneOut) trials or an
    /// [`RdmSet`](crate::RdmSet).
    type Judgments;

    /// Returns a short name for tables and figures. The name of simulated data says that they are
    /// simulated.
    fn name(&self) -> &str;

    /// Returns the stimuli, in the order to which the judgments refer.
    fn stimuli(&self) -> &Stimuli;

    /// Returns the judgments.
    fn judgments(&self) -> &Self::Judgments;
}
