//! Image files, each the image of one stimulus.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::io::extension;
use crate::stimuli::Stimuli;

/// Endings of images, in the order in which they are looked for.
pub(crate) const IMAGE_ENDINGS: [&str; 3] = ["jpg", "jpeg", "png"];

/// An ordered set of image files. The id of a stimulus is the name of its file without the ending:
/// `images/aardvark.jpg` shows `aardvark`.
///
/// The files are not opened before they are asked for.
///
/// ```
/// use human_alignment::{ImageFiles, Stimuli};
///
/// let images = ImageFiles::from_paths(["photos/dog.jpg", "drawings/cat.png"])?;
/// assert_eq!(images.stimuli().ids(), ["dog", "cat"]);
/// let judged = images.select(&Stimuli::new(["cat"])?)?;
/// assert_eq!(judged.paths(), ["drawings/cat.png"].map(std::path::PathBuf::from));
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFiles {
    stimuli: Stimuli,
    paths: Vec<PathBuf>,
}

impl ImageFiles {
    /// Lists the `.jpg`, `.jpeg` and `.png` files of a folder, in whatever case their endings are
    /// written; hidden files and folders within it are passed over.
    ///
    /// Where all ids are whole numbers they stand in the order of the numbers (`2`, `10`), else in
    /// that of their bytes (`a10`, `a2`).
    ///
    /// # Errors
    /// [`Error::Read`] where the folder can't be read; within [`Error::InFile`] naming the folder:
    /// [`Error::NoImages`] where there are none, [`Error::DuplicateImage`] for two files that
    /// differ in their endings alone.
    pub fn in_folder(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let mut paths = list(folder)?;
        if paths.is_empty() {
            return Err(Error::NoImages.in_file(folder));
        }
        if paths.iter().all(|path| is_number(&id(path))) {
            paths.sort_by_cached_key(|path| {
                let digits = id(path);
                let value = digits.trim_start_matches('0').to_owned();
                // Of two numbers that don't begin with 0 the longer is the larger.
                (value.len(), value, digits)
            });
        } else {
            // Not by whole file names, where "a-1.png" stands before "a.png".
            paths.sort_by_cached_key(|path| (id(path), path.clone()));
        }
        Self::from_paths(paths).map_err(|error| error.in_file(folder))
    }

    /// These files, in this order.
    ///
    /// # Errors
    /// [`Error::DuplicateImage`] for two files of one id, [`Error::EmptyStimulusId`] for a path
    /// without a file name.
    pub fn from_paths<I>(paths: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: Into<PathBuf>,
    {
        let paths: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
        let stimuli = Stimuli::new(paths.iter().map(|path| id(path)));
        let stimuli = stimuli.map_err(|error| match error {
            Error::DuplicateStimulus { id, first, second } => Error::DuplicateImage {
                id,
                first: paths[first].clone(),
                second: paths[second].clone(),
            },
            other => other,
        })?;
        Ok(Self { stimuli, paths })
    }

    /// The images in a folder in the order of their file names, which is what the rows of published
    /// matrices count. There may be none.
    pub(crate) fn by_file_name(folder: &Path) -> Result<Self> {
        let mut paths = list(folder)?;
        paths.sort_unstable();
        Self::from_paths(paths).map_err(|error| error.in_file(folder))
    }

    /// The ids, in order.
    pub fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// The files, in order.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The image of a stimulus; `None` where there is no such stimulus.
    pub fn path(&self, id: &str) -> Option<&Path> {
        let position = self.stimuli.position(id)?;
        self.paths.get(position).map(PathBuf::as_path)
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// The images of these stimuli, in their order.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] names those that have no image.
    pub fn select(&self, stimuli: &Stimuli) -> Result<Self> {
        let positions = self.stimuli.positions_of(stimuli)?;
        let path = |position: u32| self.paths[position as usize].clone();
        Ok(Self {
            stimuli: stimuli.clone(),
            paths: positions.into_iter().map(path).collect(),
        })
    }

    /// Checks that there is one image for each of `n` rows.
    pub(crate) fn require(&self, n: usize) -> Result<()> {
        if self.len() == n {
            return Ok(());
        }
        Err(Error::LengthMismatch {
            what: "images beside a matrix of as many stimuli",
            expected: n,
            found: self.len(),
        })
    }
}

/// Whether this is an image file; hidden files are none.
pub(crate) fn is_image(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_else(|| OsStr::new("."));
    IMAGE_ENDINGS.contains(&extension(path).as_str())
        && !name.as_encoded_bytes().starts_with(b".")
        && path.is_file()
}

/// The images in a folder, in no order.
fn list(folder: &Path) -> Result<Vec<PathBuf>> {
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
    Ok(paths)
}

/// The file name without its ending.
fn id(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_of(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        folder
    }

    fn ids(names: &[&str]) -> Vec<String> {
        let folder = folder_of(names);
        let images = ImageFiles::in_folder(folder.path()).unwrap();
        images.stimuli().ids().to_vec()
    }

    #[test]
    fn numbers_stand_in_the_order_of_numbers_and_names_in_that_of_bytes() {
        assert_eq!(
            ids(&["10.jpg", "2.JPEG", "01.png", "0.jpg", "notes.txt"]),
            ["0", "01", "2", "10"]
        );
        assert_eq!(
            ids(&["a2.png", "a10.png", "a.png", "a-1.png"]),
            ["a", "a-1", "a10", "a2"]
        );
        assert_eq!(ids(&["10.jpg", "2.jpg", "x.jpg"]), ["10", "2", "x"]);
        // More digits than any integer type has.
        let (small, large) = (
            format!("1{}", "0".repeat(40)),
            format!("2{}", "0".repeat(40)),
        );
        let names = [
            format!("{large}.png"),
            format!("{small}.png"),
            "9.png".into(),
        ];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(ids(&names), ["9".to_owned(), small, large]);
    }

    #[test]
    fn only_images_of_the_folder_itself_count() {
        let folder = folder_of(&["a.png", ".b.png", "c.gif", "d"]);
        std::fs::create_dir(folder.path().join("e.png")).unwrap();
        let images = ImageFiles::in_folder(folder.path()).unwrap();
        assert_eq!(images.paths(), [folder.path().join("a.png")]);
        assert_eq!(
            images.path("a"),
            Some(folder.path().join("a.png").as_path())
        );
        assert_eq!(images.path("d"), None);
    }

    #[test]
    fn two_files_of_one_stimulus_are_named() {
        let folder = folder_of(&["cat.png", "dog.png", "cat.jpg"]);
        let error = ImageFiles::in_folder(folder.path()).unwrap_err();
        let Error::InFile { path, source } = error else {
            panic!("{error}");
        };
        assert_eq!(path, folder.path());
        assert!(
            matches!(*source, Error::DuplicateImage { id, first, second }
            if id == "cat" && first.ends_with("cat.jpg") && second.ends_with("cat.png"))
        );
    }

    #[test]
    fn a_folder_without_images_is_refused() {
        let folder = folder_of(&["notes.txt"]);
        let error = ImageFiles::in_folder(folder.path()).unwrap_err();
        assert!(matches!(error, Error::InFile { source, .. }
            if matches!(*source, Error::NoImages)));
        let missing = folder.path().join("no");
        assert!(matches!(
            ImageFiles::in_folder(&missing),
            Err(Error::Read { path, .. }) if path == missing
        ));
    }

    #[test]
    fn stimuli_without_an_image_are_named() {
        let images = ImageFiles::from_paths(["a.png", "b.png", "c.png"]).unwrap();
        let wanted = Stimuli::new(["c", "a"]).unwrap();
        let selected = images.select(&wanted).unwrap();
        assert_eq!(selected.stimuli(), &wanted);
        assert_eq!(selected.paths(), [PathBuf::from("c.png"), "a.png".into()]);
        assert!(matches!(
            images.select(&Stimuli::new(["a", "x"]).unwrap()),
            Err(Error::MissingStimuli { ids, n_missing: 1, n_needed: 2, .. }) if ids == ["x"]
        ));
        assert!(matches!(
            ImageFiles::from_paths(["a.png", ".."]),
            Err(Error::EmptyStimulusId { position: 1 })
        ));
    }
}
