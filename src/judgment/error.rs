//! Errors of trials and choices.

use std::fmt;

use crate::error::{Error, Numbers, Quoted};

/// A problem with trials or with choices.
///
/// Trials and questions are 0-based.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgmentError {
    /// There are no trials, or none are left after filtering.
    #[error("there are no trials")]
    NoTrials,

    /// There are more trials than one tally can count without overflow.
    #[error("{found} trials are more than one tally can hold ({limit})")]
    #[non_exhaustive]
    TooManyTrials {
        /// Largest number of trials.
        limit: u64,
        /// Number of trials.
        found: u64,
    },

    /// A trial is invalid.
    #[error("trial {trial}: {problem}")]
    #[non_exhaustive]
    InvalidTrial {
        /// The trial.
        trial: u64,
        /// The reason.
        problem: TrialProblem,
    },

    /// A row of a table of trials lacks a stimulus or the participant.
    #[error(
        "every trial needs three stimuli, and a participant if others have one: remove rows that are \
         no trials, such as practice and instructions, or fill in the value"
    )]
    #[non_exhaustive]
    Incomplete {
        /// Which value is missing.
        source: Error,
    },

    /// The answer of a trial is none of its stimuli.
    #[error(
        "trial {trial}: the answer {answer} is neither one of its stimuli nor the position or column of \
         one{}: write the stimulus, its position or the name of its column as the answer, and remove \
         trials without an answer",
        similar_to(similar)
    )]
    #[non_exhaustive]
    UnknownAnswer {
        /// The trial.
        trial: u64,
        /// The answer.
        answer: String,
        /// The stimulus of the trial from which the answer differs only by case, folder or ending.
        similar: Option<String>,
    },

    /// Trials show stimuli that have no features.
    #[error(
        "{n_trials} of {n_total} trials show stimuli without features, or that are not in the list of stimuli; \
         drop them (`Trials::restrict_to`, `TripletSource::without_unknown`, `--drop-missing`), or add the \
         stimuli"
    )]
    #[non_exhaustive]
    WithoutFeatures {
        /// Number of such trials.
        n_trials: usize,
        /// Number of all trials.
        n_total: usize,
        /// Which stimuli have no features.
        source: Error,
    },

    /// A source of choices does not answer the question of a trial, or has fewer answers than are needed.
    #[error(
        "trial {trial}: the choices contain no further answer to its question; give as many answers to each \
         question as there are trials with it"
    )]
    #[non_exhaustive]
    Unanswered {
        /// The trial.
        trial: usize,
    },

    /// The frequencies of the three pairs of a question are invalid.
    #[error(
        "question {question}: the frequencies {found:?} are invalid (expected finite numbers, none \
         negative and one positive, of pairs that can be chosen)"
    )]
    #[non_exhaustive]
    InvalidFrequencies {
        /// The question.
        question: usize,
        /// The frequencies.
        found: [f64; 3],
    },

    /// The probabilities of the pairs of a question are invalid.
    #[error(
        "question {question}: the probabilities {} are invalid (expected numbers in [0, 1] that \
         sum to 1)",
        Numbers(found)
    )]
    #[non_exhaustive]
    InvalidProbabilities {
        /// The question.
        question: usize,
        /// The probabilities.
        found: Vec<f64>,
    },
}

/// The reason why a trial is invalid.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum TrialProblem {
    /// An index is not below the number of stimuli.
    OutOfRange {
        /// The index.
        index: u64,
        /// Number of stimuli.
        n_stimuli: usize,
    },
    /// An index is negative.
    Negative {
        /// The value.
        value: f64,
    },
    /// An index is not an integer.
    NotAnInteger {
        /// The value.
        value: f64,
    },
    /// An index is below the index of the first stimulus.
    BelowFirst {
        /// The index.
        index: u32,
        /// Index of the first stimulus.
        first: u32,
    },
    /// A stimulus occurs more than once in the trial.
    Repeated {
        /// Index of the stimulus.
        index: u32,
    },
}

impl fmt::Display for TrialProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrialProblem::OutOfRange { index, n_stimuli } => {
                write!(
                    f,
                    "index {index} is out of range: there are {n_stimuli} stimuli"
                )?;
                match *index == *n_stimuli as u64 {
                    true => write!(
                        f,
                        " (if indices count from 1, set this: `with_counting`, `--count-from 1`)"
                    ),
                    false => Ok(()),
                }
            }
            TrialProblem::BelowFirst { index, first } => {
                write!(f, "index {index} is below {first}, the first index")
            }
            TrialProblem::Negative { value } => write!(f, "index {value} is negative"),
            TrialProblem::NotAnInteger { value } => write!(f, "index {value} is not an integer"),
            TrialProblem::Repeated { index } => write!(
                f,
                "stimulus {index} occurs twice; trials with repeated stimuli can be dropped \
                 (`TripletSource::without_repeats`, `--drop-repeated`)"
            ),
        }
    }
}

fn similar_to(similar: &Option<String>) -> String {
    match similar {
        Some(stimulus) => format!(
            "; it is {} in another form: convert ids to one form (`with_id_form`, `--match-ids`)",
            Quoted(stimulus)
        ),
        None => String::new(),
    }
}
