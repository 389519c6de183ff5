//! Human similarity judgments of stimuli.
//!
//! Each trial has three stimuli. In an [`OddOneOut`] trial, a participant names the stimulus that
//! is least similar to the other two. In an [`Anchored`] trial, a participant names which of two
//! stimuli is more similar to a third one. [`ChoiceFrequencies`] counts repeated trials, and
//! [`TrialParticipants`] holds the participant of each trial.

pub(crate) mod error;
mod frequencies;
mod participants;
pub(crate) mod similarity_dataset;
mod task;
mod trials;

pub use frequencies::ChoiceFrequencies;
pub(crate) use frequencies::FrequencyAnswer;
pub use participants::TrialParticipants;
pub(crate) use participants::check_both_or_neither;
pub use task::{AnchoredTask, OddOneOutTask, Task};
pub(crate) use task::{Answer, Question};
pub use trials::{Anchored, OddOneOut, Trials};

pub(crate) use task::choosing;
