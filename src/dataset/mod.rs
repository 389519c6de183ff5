//! Human similarity judgments: the stimuli that were shown, and what people said about them.

use crate::stimuli::Stimuli;

/// Stimuli and what people said about them.
pub trait SimilarityDataset {
    /// What people said, such as [`OddOneOut`](crate::OddOneOut) trials.
    type Judgments;

    /// A short name for tables and figures; simulated data say there that they are simulated.
    fn name(&self) -> &str;

    /// The stimuli, in the order that the judgments count them.
    fn stimuli(&self) -> &Stimuli;

    /// What people said.
    fn judgments(&self) -> &Self::Judgments;
}
