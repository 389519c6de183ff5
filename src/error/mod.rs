//! The error type of the crate.
//!
//! Every fallible function returns [`Error`]: an [`ErrorKind`], which says what is wrong, and its
//! [`Context`], which says where (the file, the array, the fold …).
//!
//! ```
//! use human_alignment::error::{ErrorKind, StimuliError};
//! use human_alignment::Stimuli;
//!
//! let error = Stimuli::new(["cat", "dog", "cat"]).unwrap_err();
//! assert!(error.to_string().starts_with("duplicate stimulus \"cat\", at 0 and 2"));
//! match error.kind() {
//!     ErrorKind::Stimuli(StimuliError::Duplicate { id, .. }) => assert_eq!(id, "cat"),
//!     other => panic!("unexpected: {other}"),
//! }
//! ```
//!
//! An implementation of one of the crate's traits returns errors of its own through
//! [`Error::other`].

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

mod argument;
mod computation;
mod report;
mod short;

pub use argument::ArgumentError;
pub(crate) use argument::{
    at_least, check_penalties, positive, same_length, unknown_participants, wrong_shape,
};
pub use computation::ComputationError;
pub(crate) use short::{List, NAMED_IDS, Numbers, Quoted, Sample, Short, on_one_line};

#[cfg(feature = "extract")]
pub use crate::extract::error::ExtractError;
#[cfg(feature = "figures")]
pub use crate::figure::error::FigureError;
pub use crate::images::error::ImageError;
pub use crate::io::error::FileError;
pub use crate::judgment::error::{JudgmentError, TrialProblem};
pub use crate::rdm::error::{PairProblem, RdmError};
pub use crate::representation::error::FeatureError;
pub use crate::stimuli::error::StimuliError;

/// The result of a fallible function of the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of another library, or of an implementation of one of the crate's traits.
pub type BoxedError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What went wrong, and where.
///
/// As in the standard library, the text of an error does not include that of its
/// [`source`](std::error::Error::source); [`report`](Self::report) formats both on one line.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    /// From the innermost to the outermost.
    context: Vec<Context>,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is out of range or does not fit the others.
    #[error(transparent)]
    Argument(ArgumentError),
    /// A computation failed, or its result is undefined.
    #[error(transparent)]
    Computation(ComputationError),
    /// A file or its content is invalid.
    #[error(transparent)]
    File(FileError),
    /// Ids of stimuli are invalid or cannot be matched.
    #[error(transparent)]
    Stimuli(StimuliError),
    /// Features are invalid.
    #[error(transparent)]
    Feature(FeatureError),
    /// Trials or choices are invalid.
    #[error(transparent)]
    Judgment(JudgmentError),
    /// Dissimilarities are invalid.
    #[error(transparent)]
    Rdm(RdmError),
    /// Images are invalid.
    #[error(transparent)]
    Image(ImageError),
    /// A network, its weights or an extraction is invalid.
    #[cfg(feature = "extract")]
    #[error(transparent)]
    Extract(ExtractError),
    /// A figure cannot be drawn.
    #[cfg(feature = "figures")]
    #[error(transparent)]
    Figure(FigureError),
    /// An error from outside of the crate.
    #[error(transparent)]
    Other(BoxedError),
}

/// Where something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Context {
    /// In a file.
    File(PathBuf),
    /// In a line of a text file, 1-based.
    Line(usize),
    /// In an array of a file.
    Array(String),
    /// In the RDM of a participant, a model or a feature.
    Rdm(String),
    /// In an arrangement of stimuli, 0-based.
    Arrangement(usize),
    /// In a fold of a cross-validation, 0-based.
    Fold(usize),
    /// In the participants of a fold of a cross-validation over stimuli and participants, 0-based.
    ParticipantFold(usize),
    /// In one of several models, 0-based.
    Model(usize),
    /// In the output of a model for a data set of a study.
    Output {
        /// Name of the model.
        model: String,
        /// Name of the data set.
        dataset: String,
    },
    /// In an epoch of a training, 1-based.
    Epoch(usize),
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Context::File(path) => path.display().fmt(f),
            Context::Line(line) => write!(f, "line {line}"),
            Context::Array(name) => write!(f, "array {}", Quoted(name)),
            Context::Rdm(name) => write!(f, "RDM of {}", Short(name)),
            Context::Arrangement(position) => write!(f, "arrangement {position}"),
            Context::Fold(fold) => write!(f, "fold {fold}"),
            Context::ParticipantFold(fold) => write!(f, "fold {fold} of participants"),
            Context::Model(position) => write!(f, "model {position}"),
            Context::Output { model, dataset } => {
                write!(f, "{} on {}", Short(model), Short(dataset))
            }
            Context::Epoch(epoch) => write!(f, "epoch {epoch}"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for context in self.context() {
            write!(f, "{context}: ")?;
        }
        self.0.kind.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.kind.source()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        let context = Vec::new();
        Self(Box::new(Inner { kind, context }))
    }
}

/// Converts each family of errors into an error without context.
macro_rules! families {
    ($($(#[$gate:meta])? $kind:ident($family:ty),)*) => {$(
        $(#[$gate])?
        impl From<$family> for Error {
            fn from(error: $family) -> Self {
                ErrorKind::$kind(error).into()
            }
        }
    )*};
}

families! {
    Argument(ArgumentError),
    Computation(ComputationError),
    File(FileError),
    Stimuli(StimuliError),
    Feature(FeatureError),
    Judgment(JudgmentError),
    Rdm(RdmError),
    Image(ImageError),
    #[cfg(feature = "extract")]
    Extract(ExtractError),
    #[cfg(feature = "figures")]
    Figure(FigureError),
}

impl Error {
    /// Creates an error of an implementation of one of the crate's traits.
    ///
    /// ```
    /// use human_alignment::Error;
    ///
    /// let error = Error::other("the camera is not connected");
    /// assert_eq!(error.to_string(), "the camera is not connected");
    /// ```
    pub fn other(error: impl Into<BoxedError>) -> Self {
        ErrorKind::Other(error.into()).into()
    }

    /// Returns what went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Returns what went wrong, without its context.
    pub fn into_kind(self) -> ErrorKind {
        self.0.kind
    }

    /// Returns where it went wrong, from the outermost context to the innermost.
    pub fn context(&self) -> impl Iterator<Item = &Context> {
        self.0.context.iter().rev()
    }

    /// Returns the innermost file that the error is about, if any.
    pub fn path(&self) -> Option<&Path> {
        match &self.0.kind {
            ErrorKind::File(
                FileError::Read { path, .. }
                | FileError::Write { path, .. }
                | FileError::UnknownFormat { path, .. }
                | FileError::UnsupportedFormat { path, .. },
            ) => Some(path),
            _ => self.0.context.iter().find_map(|context| match context {
                Context::File(path) => Some(path.as_path()),
                _ => None,
            }),
        }
    }

    /// Adds an outer context.
    pub fn with_context(mut self, context: Context) -> Self {
        self.0.context.push(context);
        self
    }

    /// Returns the text of the error followed by those of its sources, separated by `: `, on one
    /// line.
    ///
    /// ```
    /// use human_alignment::Stimuli;
    ///
    /// let error = Stimuli::read_column("missing.tsv", "id").unwrap_err();
    /// assert_eq!(error.to_string(), "cannot read missing.tsv");
    /// assert!(error.report().to_string().starts_with("cannot read missing.tsv: "));
    /// ```
    pub fn report(&self) -> impl fmt::Display + use<'_> {
        report::Report(self)
    }

    /// Adds the file, unless the error names a file already.
    pub(crate) fn in_file(self, path: impl Into<PathBuf>) -> Self {
        match self.path() {
            Some(_) => self,
            None => self.with_context(Context::File(path.into())),
        }
    }

    /// Adds the array of a file, unless the file cannot be read at all.
    pub(crate) fn in_array(self, name: &str) -> Self {
        match self.0.kind {
            ErrorKind::File(FileError::Read { .. }) => self,
            _ => self.with_context(Context::Array(name.into())),
        }
    }

    /// Adds the participant, model or feature whose RDM the error is about.
    pub(crate) fn in_rdm(self, name: impl fmt::Display) -> Self {
        self.with_context(Context::Rdm(name.to_string()))
    }

    /// Adds the fold of a cross-validation.
    pub(crate) fn in_fold(self, fold: usize) -> Self {
        self.with_context(Context::Fold(fold))
    }

    /// Adds the number of stimuli to an error of a reader that does not know it.
    pub(crate) fn among(mut self, n: usize) -> Self {
        if let ErrorKind::Judgment(JudgmentError::InvalidTrial {
            problem: TrialProblem::OutOfRange { n_stimuli, .. },
            ..
        }) = &mut self.0.kind
        {
            *n_stimuli = n;
        }
        self
    }

    /// Creates the error of a parameter outside its range.
    pub(crate) fn parameter(
        name: &'static str,
        expected: impl Into<Cow<'static, str>>,
        found: impl fmt::Display,
    ) -> Self {
        /// The longest text that is shown of a number.
        const MAX_DIGITS: usize = 24;

        // Numbers that are very small or large have hundreds of digits.
        let text = found.to_string();
        let number = text.parse().ok().filter(|_: &f64| text.len() > MAX_DIGITS);
        let found = number.map_or(text, |number| format!("{number:e}"));
        ArgumentError::InvalidParameter {
            name,
            expected: expected.into(),
            found,
        }
        .into()
    }
}

/// Checks a number by which others are divided.
pub(crate) fn with_inverse(name: &'static str, value: f64) -> Result<f64> {
    if value > 0.0 && value.is_finite() && value.recip().is_finite() {
        Ok(value)
    } else {
        // 1/MAX and MAX: the inverse of a smaller number overflows.
        let expected = "positive and finite, with a finite inverse (5.6e-309 to 1.8e308)";
        // Debug prints an exponent rather than hundreds of zeros.
        Err(Error::parameter(name, expected, format_args!("{value:?}")))
    }
}

/// Checks that a result is an error of a kind.
#[cfg(test)]
macro_rules! assert_refused {
    ($result:expr, $($expected:tt)+) => {
        match &$result {
            Ok(_) => panic!("not refused: {}", stringify!($result)),
            Err(error) => $crate::error::assert_kind!(error, $($expected)+),
        }
    };
}

/// Checks that an error is of a kind.
#[cfg(test)]
macro_rules! assert_kind {
    ($error:expr, $kind:ident($pattern:pat) $(if $guard:expr)? $(, $($message:tt)+)?) => {{
        let error = &$error;
        let is_it = matches!(error.kind(), $crate::error::ErrorKind::$kind($pattern) $(if $guard)?);
        let case = [String::new() $(, format!($($message)+))?].concat();
        assert!(is_it, "{error:?} {case}");
    }};
}

#[cfg(test)]
pub(crate) use {assert_kind, assert_refused};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crosses_threads() {
        fn crosses<T: Send + Sync + 'static>() {}
        crosses::<Error>();
    }

    #[test]
    fn knows_its_innermost_file() {
        let error = Error::from(JudgmentError::NoTrials);
        assert_eq!(error.path(), None);
        let error = error.in_file("trials.npy").in_file("other.npy");
        assert_eq!(error.path(), Some(Path::new("trials.npy")));
        assert_eq!(error.to_string(), "trials.npy: there are no trials");
    }
}
