//! SHA-256 hashes of data while it is read or written, so that files need not be read twice.

use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{BUFFER_BYTES, open_file};
use crate::error::{FileError, Result};

/// Converts bytes to lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the hash of a regular file as 64 hexadecimal digits.
///
/// # Errors
/// Returns [`FileError::Read`].
pub(crate) fn hash_of_file(path: &Path) -> Result<String> {
    let hash = Hashing::new(open_file(path)?).finish_reading();
    let hash = hash.map_err(|source| FileError::unreadable(path, source))?;
    Ok(hash.expect("hashed from its beginning"))
}

/// A reader or writer that hashes the bytes that pass through it.
pub(crate) struct Hashing<S> {
    inner: S,
    digest: Option<Sha256>,
}

impl<S> Hashing<S> {
    /// Creates a wrapper that hashes the bytes read from or written to `inner`.
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            digest: Some(Sha256::new()),
        }
    }

    /// Creates a wrapper that does not hash.
    pub(crate) fn without_digest(inner: S) -> Self {
        Self {
            inner,
            digest: None,
        }
    }

    /// Returns the hash as 64 hexadecimal digits, or `None` if the wrapper does not hash.
    pub(crate) fn finish(self) -> Option<String> {
        self.digest.map(|digest| hex(&digest.finalize()))
    }
}

impl<R: Read> Hashing<R> {
    /// Reads the remaining bytes, and returns the hash of all bytes.
    pub(crate) fn finish_reading(mut self) -> io::Result<Option<String>> {
        if self.digest.is_some() {
            let mut buffer = vec![0; BUFFER_BYTES];
            while super::read_up_to(&mut self, &mut buffer)? > 0 {}
        }
        Ok(self.finish())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        if let Some(digest) = &mut self.digest {
            digest.update(&buffer[..n]);
        }
        Ok(n)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        if let Some(digest) = &mut self.digest {
            digest.update(&bytes[..n]);
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
