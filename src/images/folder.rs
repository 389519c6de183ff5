//! Files in a folder of images.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, FileError, ImageError, Result};
use crate::io::{check_file, extension, metadata};

/// File extensions of images, in the order in which they are searched.
pub(crate) const IMAGE_ENDINGS: [&str; 10] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "tif", "tiff", "gif",
];

/// The files of a folder that are not hidden.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Image files, unsorted.
    pub images: Vec<PathBuf>,
    /// Other files, sorted.
    pub ignored: Vec<PathBuf>,
}

impl Files {
    /// Lists the files in a folder, not those in its subfolders.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the folder or a file cannot be read, also for a dangling
    /// symbolic link, and for a folder, pipe or device with the name of an image.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        let mut files = Self::default();
        files.add(folder)?;
        files.ignored.sort_unstable();
        Ok(files)
    }

    /// Lists the files in a folder and in all its subfolders.
    ///
    /// # Errors
    /// As for [`Files::in_folder`]. Also returns [`ImageError::SameFolder`] if symbolic links lead
    /// to the same folder twice, for example in a cycle.
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

    /// Adds the files in a folder, and returns its subfolders.
    fn add(&mut self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        let entries = std::fs::read_dir(folder).map_err(|source| unreadable(folder, source))?;
        for entry in entries {
            let path = entry.map_err(|source| unreadable(folder, source))?.path();
            if is_hidden(&path) {
                continue;
            }
            if has_image_ending(&path) {
                check_file(&path)?;
                self.images.push(path);
            } else if metadata(&path)?.is_dir() {
                folders.push(path);
            } else {
                self.ignored.push(path);
            }
        }
        // The order of the traversal is the same on every platform.
        folders.sort_unstable_by(|left, right| right.cmp(left));
        Ok(folders)
    }
}

/// Checks whether a path is an image file that is not hidden.
pub(crate) fn is_image(path: &Path) -> bool {
    has_image_ending(path) && !is_hidden(path) && path.is_file()
}

/// Checks whether the name of a file is that of an image.
pub(super) fn has_image_ending(path: &Path) -> bool {
    IMAGE_ENDINGS.contains(&extension(path).as_str())
}

/// Checks whether the name of a file is that of a text.
pub(super) fn is_named_as_text(path: &Path) -> bool {
    ["", "csv", "list", "lst", "text", "tsv", "txt"].contains(&extension(path).as_str())
}

/// Checks whether a file is hidden.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_else(|| OsStr::new("."));
    name.as_encoded_bytes().starts_with(b".")
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    FileError::unreadable(path, source)
}
