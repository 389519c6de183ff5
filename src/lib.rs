//! How human is this representation?
pub mod error;
mod io;
pub mod representation;
pub mod stimuli;

pub use error::{Error, Result, TrialProblem};
pub use representation::{FileSource, Provenance, Representation, RepresentationSource};
pub use stimuli::Stimuli;
