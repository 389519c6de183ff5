//! What people said about stimuli.
//!
//! Three stimuli a trial, in two forms that share everything but the question:
//! [`OddOneOut`] trials, where people name the one that fits least, and [`Anchored`] trials, where
//! they say which of two is more like a third.

pub(crate) mod error;
mod frequencies;
mod participants;
mod task;
mod trials;

pub use frequencies::ChoiceFrequencies;
pub use participants::Participants;
pub use task::{AnchoredTask, Answer, OddOneOutTask, Question, Task};
pub use trials::{Anchored, OddOneOut, Trials};

pub(crate) use task::choosing;
