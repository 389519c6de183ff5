//! The zero-shot odd-one-out metric.

#[path = "../common/mod.rs"]
mod common;

mod choice_frequencies;
mod collapsed_representations;
mod invalid_input;
mod invariance;
mod published_script;
mod reference_scores;
mod ties;
mod trials;
