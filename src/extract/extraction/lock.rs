//! Locks of outputs, so that two runs do not write the same file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use same_file::Handle;

use crate::error::{Error, ExtractError, FileError, Result};

/// A lock of the operating system on a file beside an output. The file names the process that holds
/// the lock, and is removed when the lock is dropped.
///
/// The lock of a process that ends in any way is released, so a file that is left behind does not
/// prevent the next run.
pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Creates the lock of `output` in the file `path`.
    ///
    /// # Errors
    /// Returns [`ExtractError::InUse`] if another process, or another extraction of this process,
    /// holds the lock, and [`FileError::Write`] if the file cannot be created or locked.
    pub fn acquire(output: &Path, path: PathBuf) -> Result<Self> {
        let unwritable = |source| -> Error {
            let path = path.clone();
            FileError::Write { path, source }.into()
        };
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(unwritable)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(ExtractError::InUse {
                        path: output.into(),
                        holder: holder_of(&file),
                    }
                    .into());
                }
                Err(TryLockError::Error(source)) => return Err(unwritable(source)),
            }
            // Between opening and locking, the previous holder may have removed the file.
            if is_at(&file, &path).map_err(unwritable)? {
                write_holder(&file).map_err(unwritable)?;
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The lock is still held. A file that cannot be removed does no harm.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Checks whether an open file is the one that a path leads to.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    match Handle::from_path(path) {
        Ok(found) => Ok(found == Handle::from_file(file.try_clone()?)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn write_holder(mut file: &File) -> io::Result<()> {
    file.set_len(0)?;
    let host = gethostname::gethostname();
    let id = std::process::id();
    write!(file, "process {id} on {}", host.to_string_lossy())
}

/// Returns the process that holds a lock. Some systems do not let others read a locked file.
fn holder_of(file: &File) -> String {
    /// Largest number of bytes that are read.
    const LONGEST: u64 = 300;

    let mut holder = String::new();
    match file.take(LONGEST).read_to_string(&mut holder) {
        Ok(n) if n > 0 => holder,
        _ => "another process".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::assert_refused;

    #[test]
    fn only_one_of_many_threads_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let Ok(_lock) = Lock::acquire(&path, path.clone()) else {
                            continue;
                        };
                        use std::sync::atomic::Ordering::SeqCst;
                        assert_eq!(held.fetch_add(1, SeqCst), 0);
                        std::thread::yield_now();
                        held.fetch_sub(1, SeqCst);
                    }
                });
            }
        });
        assert!(!path.exists());
    }

    #[test]
    fn the_holder_is_named_and_a_file_left_behind_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let (output, path) = (folder.path().join("f.npy"), folder.path().join("lock"));
        std::fs::write(&path, "process 1 on a machine that was switched off").unwrap();
        let lock = Lock::acquire(&output, path.clone()).unwrap();
        let this = format!("process {} on ", std::process::id());
        assert_refused!(
            Lock::acquire(&output, path.clone()),
            Extract(ExtractError::InUse { path, holder }) if *path == output && holder.starts_with(&this)
        );
        drop(lock);
        assert!(!path.exists());
        Lock::acquire(&output, path).unwrap();
    }
}
