//! The images of a data set, whose names are the ids of the stimuli.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::io::extension;
use crate::stimuli::Stimuli;

/// Endings of images, in the order in which they are looked for.
pub(super) const IMAGE_ENDINGS: [&str; 3] = ["jpg", "jpeg", "png"];

/// The images in a folder, in the order of their file names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Images {
    stimuli: Stimuli,
    paths: Vec<PathBuf>,
}

impl Images {
    /// Lists a folder. The id of an image is its file name without the ending.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let unreadable = |source| Error::Read {
            path: folder.into(),
            source,
        };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if is_image(&path) {
                paths.push(path);
            }
        }
        paths.sort_unstable();
        let id = |path: &PathBuf| {
            let stem = path.file_stem().unwrap_or_default();
            stem.to_string_lossy().into_owned()
        };
        let stimuli = Stimuli::new(paths.iter().map(id));
        Ok(Self {
            stimuli: stimuli.map_err(|error| error.in_file(folder))?,
            paths,
        })
    }

    /// The ids.
    pub(super) fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// The image of a stimulus.
    pub(super) fn path(&self, id: &str) -> Option<&Path> {
        let position = self.stimuli.position(id)?;
        self.paths.get(position).map(PathBuf::as_path)
    }

    /// Checks that there is one image for each of `n` rows.
    pub(super) fn require(&self, n: usize) -> Result<()> {
        if self.paths.len() == n {
            return Ok(());
        }
        Err(Error::LengthMismatch {
            what: "images beside a matrix of as many stimuli",
            expected: n,
            found: self.paths.len(),
        })
    }
}

/// Whether this is an image file; hidden files are none.
pub(super) fn is_image(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_else(|| OsStr::new("."));
    IMAGE_ENDINGS.contains(&extension(path).as_str())
        && !name.as_encoded_bytes().starts_with(b".")
        && path.is_file()
}
