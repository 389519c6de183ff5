//! What a folder of images holds.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::is_image;
use crate::error::{Error, FileError, ImageError, Result};

/// The files of a folder that are not hidden.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Images, in no order.
    pub images: Vec<PathBuf>,
    /// Others, in order.
    pub ignored: Vec<PathBuf>,
}

impl Files {
    /// The files in a folder; what lies in folders within it is left aside.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        let mut files = Self::default();
        files.add(folder)?;
        files.ignored.sort_unstable();
        Ok(files)
    }

    /// The files in a folder and in all folders within it.
    ///
    /// # Errors
    /// [`Error::Read`] for what can't be read, also for a symbolic link to nothing; [`Error::SameFolder`] where
    /// links lead to a folder on two ways, as those do that lead around in a circle.
    pub fn in_tree(folder: &Path) -> Result<Self> {
        let mut files = Self::default();
        let mut known: HashMap<PathBuf, PathBuf> = HashMap::new();
        let mut waiting = vec![folder.to_owned()];
        while let Some(folder) = waiting.pop() {
            let real = folder
                .canonicalize()
                .map_err(|source| unreadable(&folder, source))?;
            if let Some(first) = known.insert(real, folder.clone()) {
                return Err(ImageError::SameFolder {
                    first,
                    second: folder,
                }
                .into());
            }
            waiting.extend(files.add(&folder)?);
        }
        files.ignored.sort_unstable();
        Ok(files)
    }

    /// Adds the files in a folder, and returns the folders in it.
    fn add(&mut self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        let entries = std::fs::read_dir(folder).map_err(|source| unreadable(folder, source))?;
        for entry in entries {
            let path = entry.map_err(|source| unreadable(folder, source))?.path();
            if is_hidden(&path) {
                continue;
            }
            // Of what a link leads to.
            let metadata = path.metadata().map_err(|source| match path.read_link() {
                Ok(target) => unreadable(&path, dangling(&target, &source)),
                Err(_) => unreadable(&path, source),
            })?;
            if metadata.is_dir() {
                folders.push(path);
            } else if is_image(&path) {
                self.images.push(path);
            } else {
                self.ignored.push(path);
            }
        }
        // The same way through the folders on every platform.
        folders.sort_unstable_by(|left, right| right.cmp(left));
        Ok(folders)
    }
}

/// Whether a file is hidden.
pub(super) fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_else(|| OsStr::new("."));
    name.as_encoded_bytes().starts_with(b".")
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    Error::from(FileError::Read {
        path: path.into(),
        source,
    })
}

fn dangling(target: &Path, source: &io::Error) -> io::Error {
    let problem = format!("it is a symbolic link to {}: {source}", target.display());
    io::Error::new(source.kind(), problem)
}
