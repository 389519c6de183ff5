//! Errors of representational dissimilarity matrices.

use std::fmt;

use crate::error::Quoted;

/// A problem with dissimilarities.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RdmError {
    /// The dissimilarity of a pair of stimuli (or of one with itself) is invalid.
    #[error("pair ({}, {}): {problem}", Quoted(first), Quoted(second))]
    #[non_exhaustive]
    InvalidPair {
        /// One stimulus.
        first: String,
        /// The other stimulus.
        second: String,
        /// The reason.
        problem: PairProblem,
    },

    /// A matrix appears to hold similarities where dissimilarities are expected.
    #[error(
        "these look like similarities ({evidence}), but dissimilarities are expected: \
         convert those of people (`RdmFile::with_similarities`, `--similarities`), and those of a \
         model in its file, for example to 1 − similarity"
    )]
    #[non_exhaustive]
    LooksLikeSimilarities {
        /// The evidence.
        evidence: String,
    },

    /// The number of dissimilarities is not n(n−1)/2 for any n.
    #[error("{found} dissimilarities: their number must be n(n−1)/2 for some number n of stimuli")]
    #[non_exhaustive]
    NotAllPairs {
        /// Number of dissimilarities.
        found: usize,
    },

    /// All dissimilarities are equal, so that a quantity is undefined.
    #[error("the dissimilarities do not vary: {undefined} is undefined")]
    #[non_exhaustive]
    Constant {
        /// The undefined quantity.
        undefined: &'static str,
    },

    /// The dissimilarities are a linear combination of those held constant, so that a partial
    /// quantity is undefined.
    #[error(
        "the dissimilarities are a linear combination of those held constant: {undefined} is \
         undefined"
    )]
    #[non_exhaustive]
    Collinear {
        /// The undefined quantity.
        undefined: &'static str,
    },

    /// A participant (in the same session) occurs twice in a set of RDMs.
    #[error(
        "duplicate participant {}, at {first} and {second}; give each participant another label, or the RDMs \
         of one participant different sessions (`Participant::in_session`)",
        Quoted(participant)
    )]
    #[non_exhaustive]
    DuplicateParticipant {
        /// The participant and session.
        participant: String,
        /// Position of the first occurrence, 0-based.
        first: usize,
        /// Position of the second occurrence.
        second: usize,
    },

    /// Two participants have labels that differ only by case, by zeros before a number or by `.0`.
    #[error(
        "cannot determine whether {} and {} are one participant: write the label of one participant in the \
         same way everywhere, and give different participants labels that differ by more than case, leading \
         zeros or `.0`",
        Quoted(first),
        Quoted(second)
    )]
    #[non_exhaustive]
    AlikeParticipants {
        /// One label.
        first: String,
        /// The other label.
        second: String,
    },

    /// Two arrangements share no pair of stimuli, not even through other arrangements.
    #[error(
        "arrangements {first} and {second} share no pair of stimuli, not even through other \
         arrangements: their relative scale is undefined"
    )]
    #[non_exhaustive]
    Disconnected {
        /// One arrangement, 0-based.
        first: usize,
        /// The other arrangement.
        second: usize,
    },
}

/// The reason why the dissimilarity of a pair is invalid.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum PairProblem {
    /// The dissimilarity is NaN or infinite.
    NotFinite {
        /// The value.
        value: f64,
    },
    /// The dissimilarity is missing where all pairs are needed.
    Missing,
    /// The dissimilarity is outside the scale of the judgments.
    OffScale {
        /// The value.
        value: f64,
        /// The lowest value of the scale.
        lowest: f64,
        /// The highest value of the scale.
        highest: f64,
    },
    /// The dissimilarity is negative.
    Negative {
        /// The value.
        value: f64,
    },
    /// The two elements of a square matrix differ.
    Asymmetric {
        /// The element above the diagonal.
        upper: f64,
        /// The element below the diagonal.
        lower: f64,
        /// Largest accepted difference.
        tolerance: f64,
    },
    /// The dissimilarity of a stimulus with itself is not 0.
    Diagonal {
        /// The value.
        value: f64,
        /// Largest accepted distance from 0.
        tolerance: f64,
    },
}

impl fmt::Display for PairProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PairProblem::NotFinite { value } => write!(f, "{value} is not finite"),
            PairProblem::Missing => write!(
                f,
                "the dissimilarity is missing; to allow missing pairs, set `RdmFile::with_missing_pairs` \
                 (`--missing`)"
            ),
            PairProblem::OffScale {
                value,
                lowest,
                highest,
            } => write!(f, "{value} is not on the scale from {lowest} to {highest}"),
            PairProblem::Negative { value } => write!(f, "{value} is negative"),
            PairProblem::Asymmetric {
                upper,
                lower,
                tolerance,
            } if upper.is_nan() || lower.is_nan() => {
                let (value, [on, other]) = match lower.is_nan() {
                    true => (upper, ["above", "below"]),
                    false => (lower, ["below", "above"]),
                };
                write!(
                    f,
                    "the matrix is not symmetric: {value} {on} the diagonal, missing {other}; if one judgment of \
                     a pair is enough, use it for both (`RdmFile::with_averaged_triangles`, \
                     `--average-triangles`)"
                )
            }
            PairProblem::Asymmetric {
                upper,
                lower,
                tolerance,
            } => write!(
                f,
                "the matrix is not symmetric: {upper} above the diagonal, {lower} below (tolerance \
                 {tolerance}); if both are judgments of the pair, average them \
                 (`RdmFile::with_averaged_triangles`, `--average-triangles`)"
            ),
            PairProblem::Diagonal { value, tolerance } => {
                write!(f, "the diagonal is {value}, not 0 (tolerance {tolerance})")
            }
        }
    }
}
