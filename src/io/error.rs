//! Errors of files: unreadable, malformed, or readable in more than one way.

use std::io;
use std::path::PathBuf;

use crate::error::{BoxedError, Error, List, Quoted, Short, on_one_line};

/// A problem with a file or with its content.
///
/// Lines and fields of text files are 1-based.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A file cannot be opened or read.
    #[error("cannot read {}", path.display())]
    #[non_exhaustive]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },

    /// A file cannot be written. A file that was there before is unchanged.
    #[error("cannot write {}", path.display())]
    #[non_exhaustive]
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },

    /// A file is not of the expected format.
    #[error("not a readable {format} file")]
    #[non_exhaustive]
    Malformed {
        /// Expected format, such as `npy`.
        format: &'static str,
        /// Error of the parser.
        source: BoxedError,
    },

    /// The extension of a file name is not one that the crate reads.
    #[error("cannot tell the format of {} from its name (expected {expected})", path.display())]
    #[non_exhaustive]
    UnknownFormat {
        /// Path of the file.
        path: PathBuf,
        /// Extensions that are read.
        expected: &'static str,
    },

    /// A file has a known format that the crate does not read.
    #[error("{} is {format}, which is not supported: {remedy}", path.display())]
    #[non_exhaustive]
    UnsupportedFormat {
        /// Path of the file.
        path: PathBuf,
        /// Format of the file.
        format: &'static str,
        /// How to convert the file.
        remedy: &'static str,
    },

    /// The elements of an array have a type that is not supported.
    #[error(
        "elements of type {} are not supported (expected {expected}){}",
        Short(found),
        converted(found)
    )]
    #[non_exhaustive]
    UnsupportedElement {
        /// Supported types.
        expected: &'static str,
        /// Type that the file declares.
        found: String,
    },

    /// A file ends before the data that its header declares.
    #[error(
        "the header declares {expected} bytes of data, but the file has only {found}: download or copy it \
         again"
    )]
    #[non_exhaustive]
    Truncated {
        /// Number of bytes of data that the header declares (saturating).
        expected: u64,
        /// Number of bytes of data in the file.
        found: u64,
    },

    /// A file has no array of the given name, or has several and no name was given.
    #[error("{} (available: {})", no_array(name), List(available))]
    #[non_exhaustive]
    NoSuchArray {
        /// Name of the array; empty if none was given.
        name: String,
        /// Names of the arrays in the file.
        available: Vec<String>,
    },

    /// A table has no column of the given name.
    #[error("no column {} ({})", Quoted(name), columns(available))]
    #[non_exhaustive]
    NoSuchColumn {
        /// Name of the column.
        name: String,
        /// Names in the header.
        available: Vec<String>,
    },

    /// A line of a text file has more or fewer fields than the lines above it.
    #[error(
        "line {line} has {found} fields (expected {expected}, as in the lines above){}",
        above(*expected, *found)
    )]
    #[non_exhaustive]
    RaggedRow {
        /// Line, 1-based.
        line: u64,
        /// Expected number of fields.
        expected: usize,
        /// Number of fields in the line.
        found: usize,
    },

    /// The state of an unfinished run is that of a run with other data or settings.
    #[error(
        "this is the state of an unfinished run with other data or settings: repeat the command of \
         that run, or remove the file to start again"
    )]
    OtherRun,

    /// A text file is not in the encoding in which it is read.
    #[error(
        "line {line}: the byte 0x{byte:02X} is not valid UTF-8; older versions of Excel save \
         Windows-1252: set its encoding (`with_encoding`, `--encoding windows-1252`), or save the file as UTF-8"
    )]
    #[non_exhaustive]
    Encoding {
        /// Line, 1-based.
        line: u64,
        /// First invalid byte.
        byte: u8,
    },

    /// A required value is missing.
    #[error(
        "line {line}, {}: the value is missing ({found:?})",
        field_name(*field, column)
    )]
    #[non_exhaustive]
    MissingValue {
        /// Line, 1-based.
        line: u64,
        /// Field, 1-based.
        field: usize,
        /// Name of the column; empty if it has none.
        column: String,
        /// Text of the field.
        found: String,
    },

    /// A field of a text file is not a number of the expected kind.
    #[error(
        "line {line}, {}: {} is not {expected}{}",
        field_name(*field, column),
        Quoted(found),
        if_missing(found)
    )]
    #[non_exhaustive]
    NotANumber {
        /// Line, 1-based.
        line: u64,
        /// Field, 1-based.
        field: usize,
        /// Name of the column; empty if it has none.
        column: String,
        /// Expected kind of number.
        expected: &'static str,
        /// Text of the field.
        found: String,
    },

    /// The content of a file can be interpreted in more than one way.
    #[error("cannot determine {}: {remedy}", on_one_line(what))]
    #[non_exhaustive]
    Ambiguous {
        /// What cannot be determined.
        what: String,
        /// How to specify it.
        remedy: &'static str,
    },

    /// The metadata beside a matrix describe another matrix: one of the two files is stale.
    #[error(
        "{} describes a matrix with SHA-256 {}, but the matrix beside it has {}; \
         one of the two files is stale",
        sidecar.display(), Short(expected), Short(found)
    )]
    #[non_exhaustive]
    StaleSidecar {
        /// Path of the file with ids and provenance.
        sidecar: PathBuf,
        /// Digest in the sidecar.
        expected: String,
        /// Digest of the matrix.
        found: String,
    },
}

impl FileError {
    /// Returns the error for a file that cannot be opened or read.
    pub(crate) fn unreadable(path: impl Into<PathBuf>, source: io::Error) -> Error {
        let path = path.into();
        FileError::Read { path, source }.into()
    }

    /// Returns the error for content that does not follow the format.
    pub(crate) fn malformed(format: &'static str, source: impl Into<BoxedError>) -> Error {
        let source = source.into();
        FileError::Malformed { format, source }.into()
    }
}

/// Returns the names of the columns that there are.
fn columns(available: &[String]) -> String {
    match available.is_empty() {
        true => "the table has no header: write the names of the columns in its first line".into(),
        false => format!("available: {}", List(available)),
    }
}

/// Returns a description such as `field 3 ("weight")`.
fn field_name(field: usize, column: &str) -> String {
    match column.is_empty() {
        true => format!("field {field}"),
        false => format!("field {field} ({})", Quoted(column)),
    }
}

/// Returns what to do if a field that is not a number marks a missing value.
fn if_missing(found: &str) -> &'static str {
    const TOKENS: [&str; 12] = [
        "n.a.",
        "n.a",
        "na.",
        "missing",
        "skipped",
        "skip",
        "timeout",
        "timed out",
        "no response",
        "noresponse",
        "nil",
        "undefined",
    ];

    let found = found.trim().to_lowercase();
    let has_letters = found.contains(char::is_alphanumeric);
    match !has_letters && found.chars().count() <= 3 || TOKENS.contains(&found.as_str()) {
        true => ": if the value is missing, leave the field empty or write NA, or remove the row",
        false => "",
    }
}

/// Returns a hint for an array of Python objects.
fn converted(found: &str) -> &'static str {
    match found {
        "|O" => {
            ": convert these Python objects before saving, for example by array.astype(float), or numpy.stack(list(values)) of a dictionary"
        }
        _ => "",
    }
}

/// Returns a hint for a line with another number of fields than the lines above it.
fn above(expected: usize, found: usize) -> &'static str {
    match found > expected {
        true => {
            "; remove lines above the table that are no part of it, such as a title, and write a \
             triangle of a matrix in full"
        }
        false => {
            "; write as many fields in each line, empty ones for missing values, and a triangle of a matrix in \
             full"
        }
    }
}

fn no_array(name: &str) -> String {
    match name.is_empty() {
        true => "several arrays could be the matrix: name one (`with_array`; `--array`, \
                 `--human-array`)"
            .into(),
        false => format!("no array {}", Quoted(name)),
    }
}
