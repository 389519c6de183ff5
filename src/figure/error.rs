//! Errors of figures.

use crate::error::{BoxedError, Quoted};

/// A problem with a figure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    /// A number cannot be drawn: it is not finite, beyond ±1e150, or not positive on a logarithmic
    /// axis.
    #[error("the {what} of {} is {value}, which cannot be drawn", Quoted(of))]
    #[non_exhaustive]
    NotDrawable {
        /// Which number.
        what: &'static str,
        /// The model, the concept or the point of the number.
        of: String,
        /// The number.
        value: f64,
    },

    /// The drawing library failed.
    #[error("the figure cannot be drawn")]
    #[non_exhaustive]
    Drawing {
        /// Error of the drawing library.
        source: BoxedError,
    },
}
