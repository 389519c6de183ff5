//! Arrays, tables and trials in files: what is read and written underneath the public types.
//!
//! Everything here treats a file as hostile: sizes that a header claims are compared with what is
//! there before memory is asked for, and memory that cannot be had is an error.

pub(crate) mod atomic;
pub(crate) mod digest;
pub(crate) mod element;
pub(crate) mod error;
pub(crate) mod format;
pub(crate) mod mat;
pub(crate) mod npy;
pub(crate) mod npy_header;
pub(crate) mod npz;
pub(crate) mod safetensors;
pub(crate) mod text;
pub(crate) mod triplets;
pub(crate) mod txt_triplets;

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::{BoxedError, ComputationError, Error, FileError, Result};

/// How much of a file is read at once: small enough for the cache, large enough for few calls.
pub(crate) const BUFFER_BYTES: usize = 256 * 1024;

/// Where bytes come from, so that an error of the operating system names the file and an error of
/// a decoder the format.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) path: PathBuf,
    pub(crate) format: &'static str,
}

impl Origin {
    pub(crate) fn new(path: impl Into<PathBuf>, format: &'static str) -> Self {
        Self {
            path: path.into(),
            format,
        }
    }

    /// The error for bytes that could not be had.
    pub(crate) fn unreadable(&self, source: std::io::Error) -> Error {
        match source.kind() {
            // A decoder underneath (of an archive) reports content in this way.
            ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof => {
                self.malformed(source)
            }
            _ => Error::from(FileError::Read {
                path: self.path.clone(),
                source,
            }),
        }
    }

    /// The error for content that is not of the format.
    pub(crate) fn malformed(&self, source: impl Into<BoxedError>) -> Error {
        Error::from(FileError::Malformed {
            format: self.format,
            source: source.into(),
        })
    }
}

/// The ending of a file name, in lower case; empty where there is none.
pub(crate) fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_ascii_lowercase()
}

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> Result<std::fs::File> {
    std::fs::File::open(path).map_err(|source| {
        FileError::Read {
            path: path.into(),
            source,
        }
        .into()
    })
}

/// The length of a regular file; `None` for a pipe or a device, whose length is not known.
pub(crate) fn known_length(file: &std::fs::File) -> Option<u64> {
    let metadata = file.metadata().ok()?;
    metadata.is_file().then_some(metadata.len())
}

/// Reads until the buffer is full or the bytes end; returns how many came.
pub(crate) fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Asks for memory for `additional` more elements, exactly.
pub(crate) fn reserve<T>(out: &mut Vec<T>, additional: usize, what: &'static str) -> Result<()> {
    out.try_reserve_exact(additional)
        .map_err(|_| out_of_memory::<T>(what, (out.len() as u64).saturating_add(additional as u64)))
}

/// The error for memory that cannot be had for `n` elements.
pub(crate) fn out_of_memory<T>(what: &'static str, n: u64) -> Error {
    Error::from(ComputationError::OutOfMemory {
        what,
        bytes: n.saturating_mul(size_of::<T>() as u64),
    })
}
