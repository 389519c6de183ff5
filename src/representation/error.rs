//! Errors of features.

use crate::error::{Error, Quoted};

/// A problem with the features of stimuli.
///
/// Rows and columns are 0-based.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// A feature is NaN or infinite.
    #[error(
        "row {row} ({}), column {column}: {value} is not finite; replace the value, or remove the stimulus",
        Quoted(stimulus)
    )]
    #[non_exhaustive]
    NotFinite {
        /// Row of the feature.
        row: usize,
        /// Stimulus of the row.
        stimulus: String,
        /// Column of the feature.
        column: usize,
        /// Value of the feature.
        value: f64,
    },

    /// The absolute value of a feature exceeds the range of `f32`.
    #[error(
        "row {row} ({}), column {column}: {value:e} is beyond ±3.4e38, the largest size of a \
         feature; divide the features by a constant",
        Quoted(stimulus)
    )]
    #[non_exhaustive]
    OutOfRange {
        /// Row of the feature.
        row: usize,
        /// Stimulus of the row.
        stimulus: String,
        /// Column of the feature.
        column: usize,
        /// Value of the feature.
        value: f64,
    },

    /// A row has more or fewer features than the first row.
    #[error(
        "row {row} ({}) has {found} features where row 0 has {expected}",
        Quoted(stimulus)
    )]
    #[non_exhaustive]
    Ragged {
        /// The row.
        row: usize,
        /// Stimulus of the row.
        stimulus: String,
        /// Number of features of the first row.
        expected: usize,
        /// Number of features of this row.
        found: usize,
    },

    /// A feature is missing.
    #[error("every stimulus needs all features: remove its row, or fill in the value")]
    #[non_exhaustive]
    Missing {
        /// Which feature is missing.
        source: Error,
    },

    /// An entry of a concept embedding is negative.
    #[error(
        "stimulus {} has {value} in dimension {dimension}: the dimensions of a concept embedding \
         must not be negative",
        Quoted(stimulus)
    )]
    #[non_exhaustive]
    Negative {
        /// The stimulus.
        stimulus: String,
        /// The dimension, 0-based.
        dimension: usize,
        /// The entry.
        value: f64,
    },

    /// All features of a stimulus are 0, so that its cosine similarity is undefined.
    #[error(
        "stimulus {} is a zero vector: its cosine similarity is undefined; remove the stimulus, or use \
         another similarity",
        Quoted(stimulus)
    )]
    #[non_exhaustive]
    ZeroVector {
        /// The stimulus.
        stimulus: String,
    },

    /// All features of a stimulus are equal, so that its correlation is undefined.
    #[error(
        "the features of stimulus {} are all equal: its correlation is undefined; remove the stimulus, or use \
         another similarity",
        Quoted(stimulus)
    )]
    #[non_exhaustive]
    ConstantRow {
        /// The stimulus.
        stimulus: String,
    },

    /// All rows of a representation are equal, so that their similarity is undefined.
    #[error(
        "all rows of representation {representation} (counted from 0) are equal: their similarity is \
         undefined; check how the features were computed"
    )]
    #[non_exhaustive]
    EqualRows {
        /// Position of the representation among those compared, 0-based.
        representation: usize,
    },

    /// No feature varies over the stimuli, so that features cannot be standardized or reduced.
    #[error(
        "the features of all stimuli are equal, so that {undefined} is undefined; check how the features \
         were computed"
    )]
    #[non_exhaustive]
    Constant {
        /// The undefined quantity.
        undefined: &'static str,
    },
}
