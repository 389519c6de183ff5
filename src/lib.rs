//! How human is this representation?
pub mod error;
pub mod inference;
pub mod judgment;
pub mod metric;
pub mod representation;
pub mod similarity;
pub mod stimuli;

pub use error::{Error, Result, TrialProblem};
pub use judgment::{Anchored, AnchoredTask, OddOneOut, OddOneOutTask, Participants, Task, Trials};
pub use metric::AlignmentMetric;
pub use metric::odd_one_out::ZeroShotOddOneOut;
pub use representation::{Provenance, Representation, RepresentationSource};
pub use similarity::{Precision, Similarity};
pub use stimuli::Stimuli;
