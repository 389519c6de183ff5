//! Atomic writes: a file is written beside its target and then renamed.

#[cfg(feature = "extract")]
use std::ffi::OsStr;
use std::ffi::OsString;
use std::fs::{self, Metadata, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::BUFFER_BYTES;
use crate::error::{Error, FileError, Result};

/// Writes a file atomically: readers see either the old or the new content.
///
/// On errors the old file is unchanged. A new file gets default permissions, and an existing file
/// keeps its permissions. Symbolic links are followed. Read-only files and anything but regular
/// files are refused.
pub(crate) fn write_atomically<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> Result<T> {
    let (staged, value) = Staged::write(path, write)?;
    staged.commit()?;
    Ok(value)
}

/// A file that is completely written, but not yet renamed to its target.
///
/// The file is deleted if it is dropped without [`Staged::commit`].
pub(crate) struct Staged {
    /// The path as given, for error messages.
    path: PathBuf,
    target: PathBuf,
    file: NamedTempFile,
}

impl Staged {
    /// Writes the content to a temporary file beside its target.
    pub(crate) fn write<T>(
        path: &Path,
        write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
    ) -> Result<(Self, T)> {
        let staged = || {
            let (target, old) = resolve(path)?;
            let mut file = create_beside(&target)?;
            let mut writer = BufWriter::with_capacity(BUFFER_BYTES, file.as_file_mut());
            let value = write(&mut writer)?;
            writer.flush()?;
            drop(writer);
            if let Some(old) = old {
                file.as_file().set_permissions(old.permissions())?;
            }
            file.as_file().sync_all()?;
            let path = path.to_path_buf();
            Ok((Self { path, target, file }, value))
        };
        staged().map_err(|source| unwritable(path, source))
    }

    /// Renames the file to its target.
    pub(crate) fn commit(self) -> Result<()> {
        match self.file.persist(&self.target) {
            Ok(_) => Ok(()),
            Err(error) => Err(unwritable(&self.path, error.error)),
        }
    }
}

/// Checks that a path is not that of a folder, a device or a read-only file, before long work.
///
/// # Errors
/// Returns [`FileError::Write`] if it is.
#[cfg(feature = "extract")]
pub(crate) fn check_writable(path: &Path) -> Result<()> {
    resolve(path)
        .map(drop)
        .map_err(|source| unwritable(path, source))
}

/// Resolves symbolic links, and returns the metadata of an existing file.
fn resolve(path: &Path) -> io::Result<(PathBuf, Option<Metadata>)> {
    let old = match fs::metadata(path) {
        Ok(old) => old,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((path.into(), None)),
        Err(error) => return Err(error),
    };
    // A rename would silently replace a device or a read-only file.
    if !old.is_file() {
        let reason = "it exists and is not a regular file";
        return Err(io::Error::new(ErrorKind::InvalidInput, reason));
    }
    if old.permissions().readonly() {
        let reason = "the existing file is read-only";
        return Err(io::Error::new(ErrorKind::PermissionDenied, reason));
    }
    Ok((fs::canonicalize(path)?, Some(old)))
}

/// Creates a temporary file in the folder of the target, so that the rename is atomic.
fn create_beside(target: &Path) -> io::Result<NamedTempFile> {
    let folder = folder_of(target);
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The umask is applied to this mode.
        builder.permissions(Permissions::from_mode(0o666));
    }
    builder
        .prefix(&temporary_prefix(target))
        .rand_bytes(N_RANDOM)
        .tempfile_in(folder)
}

/// Returns the beginning of the names of temporary files for a target, which random characters
/// follow.
fn temporary_prefix(target: &Path) -> OsString {
    /// Longest name of a target, in bytes, that is part of the name of its temporary files.
    const LONGEST: usize = 200;

    let mut prefix = OsString::from(".writing-");
    match target.file_name() {
        Some(name) if name.len() <= LONGEST => prefix.push(name),
        _ => {}
    }
    prefix.push("-");
    prefix
}

/// Removes the temporary files that killed processes left behind while they wrote a file. Nothing
/// else may write the file at the same time.
#[cfg(feature = "extract")]
pub(crate) fn remove_left_over(path: &Path) {
    let target = path.canonicalize().unwrap_or_else(|_| path.into());
    let folder = folder_of(&target);
    let prefix = temporary_prefix(&target);
    let prefix = prefix.as_encoded_bytes();
    let is_temporary = |name: &OsStr| match name.as_encoded_bytes().strip_prefix(prefix) {
        Some(random) => random.len() == N_RANDOM && random.iter().all(u8::is_ascii_alphanumeric),
        None => false,
    };
    // Files that cannot be found or removed do no harm.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_temporary(&entry.file_name()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Number of random characters at the end of the name of a temporary file.
const N_RANDOM: usize = 6;

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn unwritable(path: &Path, source: io::Error) -> Error {
    Error::from(FileError::Write {
        path: path.into(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::assert_refused;

    fn put(path: &Path, text: &str) -> Result<()> {
        write_atomically(path, |writer| writer.write_all(text.as_bytes()))
    }

    #[test]
    fn the_old_file_survives_a_failed_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        put(&path, "old").unwrap();
        let error = write_atomically(&path, |writer| {
            writer.write_all(b"half of the ne")?;
            Err::<(), _>(io::Error::other("the disk is full"))
        });
        assert_refused!(error, File(FileError::Write { path: named, .. }) if *named == path);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        put(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn refuses_folders_that_are_not_there_and_what_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("no/such/a.txt"), folder.path().into()] {
            assert_refused!(put(&path, ""), File(FileError::Write { path: named, .. }) if *named == path);
        }
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_ordinary_or_kept() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let (plain, ours) = (folder.path().join("plain"), folder.path().join("ours"));
        fs::write(&plain, "").unwrap();
        put(&ours, "").unwrap();
        assert_eq!(mode(&ours), mode(&plain));

        fs::set_permissions(&ours, Permissions::from_mode(0o640)).unwrap();
        put(&ours, "new").unwrap();
        assert_eq!(mode(&ours), 0o640);

        fs::set_permissions(&ours, Permissions::from_mode(0o444)).unwrap();
        assert!(put(&ours, "newer").is_err());
        assert_eq!(fs::read_to_string(&ours).unwrap(), "new");
    }

    #[cfg(feature = "extract")]
    #[test]
    fn what_a_killed_process_left_behind_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| fs::write(folder.path().join(name), "").unwrap();
        let kept = [
            ".writing-a.npy-x-A1b2C3",
            ".writing-b.npy-A1b2C3",
            "a.npy",
            "a.npy-A1b2C3",
        ];
        kept.into_iter().for_each(put);
        put(".writing-a.npy-A1b2C3");
        // The name that the writer chooses is one of those that are removed.
        let (staged, ()) = Staged::write(&folder.path().join("a.npy"), |_| Ok(())).unwrap();
        std::mem::forget(staged);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), kept.len() + 2);
        remove_left_over(&folder.path().join("a.npy"));
        let mut found: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        found.sort();
        assert_eq!(found, kept);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        put(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
