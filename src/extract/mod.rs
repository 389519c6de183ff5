//! Features of images, as networks see them.
//!
//! [`preprocess`] turns image files into the numbers that a network was trained on.

pub mod preprocess;
