//! Reading and writing of arrays, tables and trials in files, used by the public types.
//!
//! Files are not trusted: declared sizes are compared with the available data before memory is
//! allocated, and failed allocations are errors.

pub(crate) mod array_names;
pub(crate) mod arrays;
pub(crate) mod atomic;
pub(crate) mod choice;
pub(crate) mod digest;
pub(crate) mod element;
pub(crate) mod error;
pub(crate) mod format;
pub(crate) mod mat;
pub(crate) mod npy;
pub(crate) mod npy_header;
pub(crate) mod npy_text;
pub(crate) mod npz;
pub(crate) mod safetensors;
pub(crate) mod summary;
pub(crate) mod text;
pub(crate) mod triplets;
pub(crate) mod txt_triplets;

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::{BoxedError, Error, FileError, Result};

/// Size of read buffers in bytes: small enough for the cache, large enough for few system calls.
pub(crate) const BUFFER_BYTES: usize = 256 * 1024;

/// The source of bytes, which is named in errors: the file for errors of the operating system, the
/// format for errors of a decoder.
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

    /// Returns the error for a failed read.
    pub(crate) fn unreadable(&self, source: std::io::Error) -> Error {
        match source.kind() {
            // A decoder, for example of an archive, reports malformed content by these kinds.
            ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof => {
                self.malformed(source)
            }
            _ => FileError::unreadable(self.path.clone(), source),
        }
    }

    /// Returns the error for content that does not follow the format.
    pub(crate) fn malformed(&self, source: impl Into<BoxedError>) -> Error {
        FileError::malformed(self.format, source)
    }
}

/// Returns the file extension in lower case, or an empty string if there is none.
pub(crate) fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_ascii_lowercase()
}

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> Result<std::fs::File> {
    std::fs::File::open(path).map_err(|source| FileError::unreadable(path, source))
}

/// Opens a regular file for reading. In contrast to [`open`], refuses pipes and devices instead of
/// waiting for them.
///
/// # Errors
/// Returns [`FileError::Read`].
pub(crate) fn open_file(path: &Path) -> Result<std::fs::File> {
    check_file(path)?;
    open(path)
}

/// Checks that a path, or the target of a symbolic link, is a regular file.
///
/// # Errors
/// Returns [`FileError::Read`] if it is not, or does not exist.
pub(crate) fn check_file(path: &Path) -> Result<()> {
    let metadata = metadata(path)?;
    let what = match (metadata.is_file(), metadata.is_dir()) {
        (true, _) => return Ok(()),
        (_, true) => "it is a folder, not a file",
        _ => "it is a pipe, a socket or a device, not a file",
    };
    let source = std::io::Error::new(ErrorKind::InvalidInput, what);
    Err(FileError::unreadable(path, source))
}

/// Returns the metadata of a path, or of the target of a symbolic link.
///
/// # Errors
/// Returns [`FileError::Read`] if it does not exist, with the target of a dangling link.
pub(crate) fn metadata(path: &Path) -> Result<std::fs::Metadata> {
    path.metadata().map_err(|source| {
        let source = match path.read_link() {
            Ok(target) => {
                let problem = format!("it is a symbolic link to {}: {source}", target.display());
                std::io::Error::new(source.kind(), problem)
            }
            Err(_) => source,
        };
        FileError::unreadable(path, source)
    })
}

/// Returns the length of a regular file, or `None` for a pipe or device.
pub(crate) fn known_length(file: &std::fs::File) -> Option<u64> {
    let metadata = file.metadata().ok()?;
    metadata.is_file().then_some(metadata.len())
}

/// Reads until the buffer is full or the input ends, and returns the number of bytes read.
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
