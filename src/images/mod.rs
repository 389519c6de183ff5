//! Sets of image files, one image for each stimulus.

pub(crate) mod error;
mod folder;
mod order;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use self::folder::{Files, is_hidden};
pub use self::order::ImageOrder;
use crate::error::{ArgumentError, Error, ErrorKind, ImageError, NAMED_IDS, Result, StimuliError};
use crate::io::extension;
use crate::stimuli::Stimuli;

/// File extensions of images, in the order in which they are searched.
pub(crate) const IMAGE_ENDINGS: [&str; 8] =
    ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif"];

/// The extensions of images for error messages.
pub(crate) const IMAGE_FILES: &str = ".jpg, .jpeg, .png, .webp, .bmp, .tif, .tiff or .gif";

/// An ordered set of image files, one for each stimulus.
///
/// The id of a stimulus is the file name without extension: `images/aardvark.jpg` has the id
/// `aardvark`. For images in subfolders, the id is the relative path:
/// `images/aardvark/aardvark_01b.jpg` has the id `aardvark/aardvark_01b`, with a slash on every
/// platform. Files are not opened until they are needed.
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
    order: ImageOrder,
    ignored: Vec<PathBuf>,
}

impl ImageFiles {
    /// Lists the images of a folder. If it has no images itself, lists those of all its subfolders,
    /// as for THINGS (`images/aardvark/aardvark_01b.jpg`).
    ///
    /// Images have the extension `.jpg`, `.jpeg`, `.png`, `.webp`, `.bmp`, `.tif`, `.tiff` or
    /// `.gif`, in lower or upper case. [`ignored`](Self::ignored) lists the other files; hidden
    /// files and folders are skipped. Symbolic links are followed.
    ///
    /// The order is natural (`2`, `10`) if all ids are whole numbers, otherwise plain (`a10`,
    /// `a2`). Use [`sorted`](Self::sorted) to change it.
    ///
    /// # Errors
    /// Returns `FileError::Read` if a folder cannot be read or a symbolic link is dangling. Also
    /// returns, within `Context::File`, [`ImageError::NoImages`] if there are no images,
    /// [`ImageError::MixedFolder`] if there are images both in the folder and in subfolders (see
    /// [`from_tree`](Self::from_tree)), [`ImageError::Duplicate`] if two files differ only in their
    /// extensions, and [`ImageError::SameFolder`] if symbolic links lead to the same folder twice.
    pub fn from_folder(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let files = Files::in_tree(folder).map_err(|error| error.in_file(folder))?;
        let (own, inner): (Vec<&Path>, Vec<&Path>) = files
            .images
            .iter()
            .map(PathBuf::as_path)
            .partition(|path| path.parent() == Some(folder));
        if !own.is_empty() && !inner.is_empty() {
            let folders: BTreeSet<String> = inner
                .iter()
                .map(|path| first_folder(path, folder))
                .collect();
            let mixed = Error::from(ImageError::MixedFolder {
                n_own: own.len(),
                n_inner: inner.len(),
                folders: folders.into_iter().take(NAMED_IDS).collect(),
            });
            return Err(mixed.in_file(folder));
        }
        Self::of(files, folder)
    }

    /// Lists the images of a folder and of all its subfolders. In contrast to
    /// [`from_folder`](Self::from_folder), there may be images at several levels.
    ///
    /// # Errors
    /// As for [`from_folder`](Self::from_folder), except [`ImageError::MixedFolder`].
    pub fn from_tree(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let files = Files::in_tree(folder).map_err(|error| error.in_file(folder))?;
        Self::of(files, folder)
    }

    /// Creates the set of the images of a folder, in default order.
    fn of(files: Files, folder: &Path) -> Result<Self> {
        let Files { images, ignored } = files;
        if images.is_empty() {
            let no_images = Error::from(ImageError::NoImages {
                n_ignored: ignored.len(),
                ignored: ignored
                    .iter()
                    .take(NAMED_IDS)
                    .map(|path| name(path))
                    .collect(),
            });
            return Err(no_images.in_file(folder));
        }
        let ids: Vec<String> = images.iter().map(|path| id_within(path, folder)).collect();
        let order = ImageOrder::of_ids(ids.iter().map(String::as_str));
        let mut both: Vec<(String, PathBuf)> = ids.into_iter().zip(images).collect();
        // The paths break ties, so that the error for duplicate ids does not depend on the
        // platform.
        both.sort_unstable_by(|(left, left_path), (right, right_path)| {
            order
                .compare(left, right)
                .then_with(|| left_path.cmp(right_path))
        });
        let (ids, paths) = both.into_iter().unzip();
        let images = Self::new(ids, paths, order, ignored);
        images.map_err(|error| error.in_file(folder))
    }

    fn new(
        ids: Vec<String>,
        paths: Vec<PathBuf>,
        order: ImageOrder,
        ignored: Vec<PathBuf>,
    ) -> Result<Self> {
        let stimuli = Stimuli::new(ids).map_err(|error| match error.into_kind() {
            ErrorKind::Stimuli(StimuliError::Duplicate { id, first, second }) => {
                let [first, second] = [first, second].map(|position| paths[position].clone());
                Error::from(ImageError::Duplicate { id, first, second })
            }
            other => other.into(),
        })?;
        Ok(Self {
            stimuli,
            paths,
            order,
            ignored,
        })
    }

    /// Creates a set of image files in the given order.
    ///
    /// # Errors
    /// Returns [`ImageError::Duplicate`] if two files have the same id, or
    /// [`StimuliError::EmptyId`] if a path has no file name.
    pub fn from_paths<I>(paths: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: Into<PathBuf>,
    {
        let paths: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
        let ids = paths.iter().map(|path| id(path)).collect();
        Self::new(ids, paths, ImageOrder::Given, Vec::new())
    }

    /// Lists the images in a folder, possibly none, in the order of their file names. This is the
    /// order of the rows of published matrices.
    pub(crate) fn by_file_name(folder: &Path) -> Result<Self> {
        let Files {
            images: mut paths,
            ignored,
        } = Files::in_folder(folder)?;
        paths.sort_unstable();
        let ids = paths.iter().map(|path| id(path)).collect();
        let images = Self::new(ids, paths, ImageOrder::Given, ignored);
        images.map_err(|error| error.in_file(folder))
    }

    /// Sorts the images; [`ImageOrder::Given`] does not change their order.
    #[must_use]
    pub fn sorted(self, order: ImageOrder) -> Self {
        if order == ImageOrder::Given {
            return self;
        }
        let ids = self.stimuli.ids();
        let mut positions: Vec<usize> = (0..ids.len()).collect();
        positions.sort_by(|&left, &right| order.compare(&ids[left], &ids[right]));
        let stimuli = self.stimuli.select(&positions);
        Self {
            stimuli: stimuli.expect("each position occurs once"),
            paths: positions
                .into_iter()
                .map(|position| self.paths[position].clone())
                .collect(),
            order,
            ignored: self.ignored,
        }
    }

    /// Returns the order of the images.
    pub fn order(&self) -> ImageOrder {
        self.order
    }

    /// Returns the other files that were found, which are neither images nor hidden.
    pub fn ignored(&self) -> &[PathBuf] {
        &self.ignored
    }

    /// Returns the ids, in order.
    pub fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// Returns the paths, in order.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Returns the path of the image of a stimulus, or `None` if there is no such stimulus.
    pub fn path(&self, id: &str) -> Option<&Path> {
        let position = self.stimuli.position(id)?;
        self.paths.get(position).map(PathBuf::as_path)
    }

    /// Returns the number of images.
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Returns true if there are no images.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Selects the images of `stimuli`, in the order of `stimuli`.
    ///
    /// # Errors
    /// Returns [`StimuliError::Missing`] if stimuli have no image.
    pub fn select(&self, stimuli: &Stimuli) -> Result<Self> {
        let positions = self.stimuli.positions_of(stimuli)?;
        let path = |position: u32| self.paths[position as usize].clone();
        Ok(Self {
            stimuli: stimuli.clone(),
            paths: positions.into_iter().map(path).collect(),
            order: ImageOrder::Given,
            ignored: self.ignored.clone(),
        })
    }

    /// Checks that the number of images is `n`, the number of rows of a matrix.
    pub(crate) fn require(&self, n: usize) -> Result<()> {
        if self.len() == n {
            return Ok(());
        }
        Err(ArgumentError::LengthMismatch {
            what: "images, one for each row of the matrix",
            expected: n,
            found: self.len(),
        }
        .into())
    }
}

/// Checks whether a path is an image file that is not hidden.
pub(crate) fn is_image(path: &Path) -> bool {
    IMAGE_ENDINGS.contains(&extension(path).as_str()) && !is_hidden(path) && path.is_file()
}

/// Returns the file name without extension.
fn id(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Returns the path of an image relative to a folder, without extension.
fn id_within(path: &Path, folder: &Path) -> String {
    let mut parts = folders_within(path, folder);
    parts.push(id(path));
    parts.join("/")
}

/// Returns the name of the first folder on the path from `folder` to an image.
fn first_folder(path: &Path, folder: &Path) -> String {
    folders_within(path, folder).swap_remove(0)
}

/// Returns the names of the folders on the path from `folder` to an image.
fn folders_within(path: &Path, folder: &Path) -> Vec<String> {
    let within = path.strip_prefix(folder).ok().and_then(Path::parent);
    let folders = within.unwrap_or(Path::new("")).components();
    let name = |folder: Component<'_>| folder.as_os_str().to_string_lossy().into_owned();
    folders.map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, FileError, StimuliError};

    fn folder_of(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    fn ids(names: &[&str]) -> Vec<String> {
        let folder = folder_of(names);
        let images = ImageFiles::from_folder(folder.path()).unwrap();
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
        let folder = folder_of(&["a.png", ".b.png", "c.heic", "d"]);
        std::fs::create_dir(folder.path().join("e.png")).unwrap();
        let images = ImageFiles::from_folder(folder.path()).unwrap();
        assert_eq!(images.paths(), [folder.path().join("a.png")]);
        assert_eq!(
            images.ignored(),
            [folder.path().join("c.heic"), folder.path().join("d")]
        );
        assert_eq!(
            images.path("a"),
            Some(folder.path().join("a.png").as_path())
        );
        assert_eq!(images.path("d"), None);
    }

    #[test]
    fn folders_of_images_are_read_where_there_are_no_others() {
        let folder = folder_of(&[
            "b/b_2.jpg",
            "a/x/1.webp",
            "a/a_10.jpg",
            "a/a_9.TIF",
            "a/notes",
            "c/d/e",
        ]);
        let images = ImageFiles::from_folder(folder.path()).unwrap();
        assert_eq!(
            images.stimuli().ids(),
            ["a/a_10", "a/a_9", "a/x/1", "b/b_2"]
        );
        assert_eq!(images.order(), ImageOrder::Plain);
        assert_eq!(
            images.path("b/b_2"),
            Some(folder.path().join("b/b_2.jpg").as_path())
        );
        let ignored = ["a/notes", "c/d/e"].map(|name| folder.path().join(name));
        assert_eq!(images.ignored(), ignored);
        let images = images.sorted(ImageOrder::Natural);
        assert_eq!(
            images.stimuli().ids(),
            ["a/a_9", "a/a_10", "a/x/1", "b/b_2"]
        );
        assert_eq!(
            images.path("a/a_9"),
            Some(folder.path().join("a/a_9.TIF").as_path())
        );
        assert_eq!(images.order(), ImageOrder::Natural);

        std::fs::write(folder.path().join("top.gif"), "").unwrap();
        let error = ImageFiles::from_folder(folder.path()).unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::Image(ImageError::MixedFolder { n_own: 1, n_inner: 4, folders })
                if *folders == ["a", "b"]
        ));
        assert!(error.report().to_string().contains("--recursive"));
        let images = ImageFiles::from_tree(folder.path()).unwrap();
        assert_eq!(images.len(), 5);
        assert_eq!(images.stimuli().ids()[4], "top");
    }

    #[test]
    fn the_other_order_can_be_asked_for() {
        let folder = folder_of(&["1.png", "2.png", "10.png"]);
        let images = ImageFiles::from_folder(folder.path()).unwrap();
        assert_eq!(images.order(), ImageOrder::Natural);
        let images = images.sorted(ImageOrder::Plain);
        assert_eq!(images.stimuli().ids(), ["1", "10", "2"]);
        assert!(images.path("10").unwrap().ends_with("10.png"));
        let given = ImageFiles::from_paths(["b.png", "a.png"]).unwrap();
        assert_eq!(given.order(), ImageOrder::Given);
        assert_eq!(given.clone().sorted(ImageOrder::Given), given);
        assert_eq!(
            "natural".parse::<ImageOrder>().unwrap(),
            ImageOrder::Natural
        );
        assert!("by name".parse::<ImageOrder>().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_to_nothing_and_around_in_circles_are_named() {
        use std::os::unix::fs::symlink;

        let folder = folder_of(&["a/1.png", "a/2.png"]);
        let link = folder.path().join("a/3.png");
        symlink("nowhere.png", &link).unwrap();
        let error = ImageFiles::from_folder(folder.path()).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::File(FileError::Read { path, .. }) if *path == link)
        );
        assert!(
            error
                .report()
                .to_string()
                .contains("symbolic link to nowhere.png")
        );
        std::fs::remove_file(&link).unwrap();
        // A link to an image counts as an image.
        symlink("1.png", &link).unwrap();
        assert_eq!(ImageFiles::from_folder(folder.path()).unwrap().len(), 3);

        let circle = folder.path().join("a/around");
        symlink("..", &circle).unwrap();
        let error = ImageFiles::from_folder(folder.path()).unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::Image(ImageError::SameFolder { second, .. }) if *second == circle
        ));
    }

    #[test]
    fn two_files_of_one_stimulus_are_named() {
        let folder = folder_of(&["cat.png", "dog.png", "cat.jpg"]);
        let error = ImageFiles::from_folder(folder.path()).unwrap_err();
        assert_eq!(error.path(), Some(folder.path()));
        assert!(matches!(
            error.kind(),
            ErrorKind::Image(ImageError::Duplicate { id, first, second })
                if id == "cat" && first.ends_with("cat.jpg") && second.ends_with("cat.png")
        ));
    }

    #[test]
    fn a_folder_without_images_is_refused() {
        let folder = folder_of(&["notes.txt"]);
        let error = ImageFiles::from_folder(folder.path()).unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::Image(ImageError::NoImages { n_ignored: 1, ignored })
                if *ignored == ["notes.txt"]
        ));
        let missing = folder.path().join("no");
        assert!(matches!(
            ImageFiles::from_folder(&missing).as_ref().map_err(Error::kind),
            Err(ErrorKind::File(FileError::Read { path, .. }))
                if *path == missing
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
            images.select(&Stimuli::new(["a", "x"]).unwrap()).as_ref().map_err(Error::kind),
            Err(ErrorKind::Stimuli(StimuliError::Missing { ids, n_missing: 1, n_needed: 2, .. }))
                if *ids == ["x"]
        ));
        assert!(matches!(
            ImageFiles::from_paths(["a.png", ".."])
                .as_ref()
                .map_err(Error::kind),
            Err(ErrorKind::Stimuli(StimuliError::EmptyId { position: 1 }))
        ));
    }
}
