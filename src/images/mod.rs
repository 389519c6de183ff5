//! Sets of image files, one image for each stimulus.

pub(crate) mod error;
mod folder;
mod ids;
mod order;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use self::folder::{Files, has_image_ending, is_named_as_text};
pub(crate) use self::folder::{IMAGE_ENDINGS, is_image};
use self::ids::{first_folder, id, id_within, ids_of_absolute, name, with_extension_of};
pub use self::order::ImageOrder;
use crate::error::{
    Context, Error, ErrorKind, FileError, ImageError, NAMED_IDS, Result, StimuliError, same_length,
};
use crate::formats::TextEncoding;
use crate::io::text::read_text;
use crate::io::{check_file, metadata};
use crate::stimuli::Stimuli;

/// The extensions of images for error messages.
pub(crate) const IMAGE_FILES: &str =
    ".jpg, .jpeg, .jpe, .jfif, .png, .webp, .bmp, .tif, .tiff or .gif";

/// An ordered set of image files, one for each stimulus.
///
/// The id of a stimulus is the file name without extension: `images/aardvark.jpg` has the id
/// `aardvark`. For images in subfolders, the id is the relative path:
/// `images/aardvark/aardvark_01b.jpg` has the id `aardvark/aardvark_01b`, with a slash on every
/// platform, and likewise relative to the folder of a list of files. Files are not opened until they
/// are needed.
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
    /// Images have the extension `.jpg`, `.jpeg`, `.jpe`, `.jfif`, `.png`, `.webp`, `.bmp`, `.tif`,
    /// `.tiff` or `.gif`, in lower or upper case. [`ignored`](Self::ignored) lists the other files;
    /// hidden files and folders are skipped. Symbolic links are followed.
    ///
    /// The order is natural (`2`, `10`) if all ids are whole numbers, otherwise plain (`a10`,
    /// `a2`). Use [`sorted`](Self::sorted) to change it.
    ///
    /// # Errors
    /// Returns `FileError::Read` if a folder cannot be read, a symbolic link is dangling, or a
    /// folder, pipe or device has the name of an image. Also returns, within `Context::File`,
    /// [`ImageError::NoImages`] if there are no images, [`ImageError::MixedFolder`] if there are
    /// images both in the folder and in subfolders (see [`from_tree`](Self::from_tree)),
    /// [`ImageError::Duplicate`] if two files differ only in their extensions, and
    /// [`ImageError::SameFolder`] if symbolic links lead to the same folder twice.
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

    /// Lists the images of a folder ([`from_folder`](Self::from_folder)), of a list of files
    /// ([`from_list`](Self::from_list)), or a single image, which is recognized by its extension.
    ///
    /// # Errors
    /// As for [`from_folder`](Self::from_folder) and [`from_list`](Self::from_list).
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if metadata(path)?.is_dir() {
            return Self::from_folder(path);
        }
        if has_image_ending(path) {
            check_file(path)?;
            return Self::from_paths([path]);
        }
        Self::from_list(path).map_err(|error| {
            let is_no_list = match error.kind() {
                ErrorKind::File(FileError::Malformed { .. }) => true,
                // Some formats of images begin with text.
                ErrorKind::File(FileError::Encoding { .. }) => !is_named_as_text(path),
                _ => false,
            };
            if !is_no_list {
                return error;
            }
            let reason = "it is not text, and its extension is not that of a supported format of images \
                          (JPEG, PNG, GIF, WebP, TIFF, BMP): save images of other formats as PNG";
            FileError::malformed("image or list of images", reason).in_file(path)
        })
    }

    /// Reads a list of images: a text file with one path a line, relative to the folder of the
    /// list. Empty lines are ignored, and the order is that of the list.
    ///
    /// The ids are relative paths without extension, as for [`from_folder`](Self::from_folder):
    /// `aardvark/aardvark_01b.jpg` has the id `aardvark/aardvark_01b`. For paths that lead out of the
    /// folder, the id is the file name without extension. If all paths are absolute, it is the file
    /// name too, or, if files have the same name, the path below the folder that contains all of them.
    ///
    /// # Errors
    /// Returns `FileError::Read` if the list cannot be read, and, within `Context::File` and
    /// `Context::Line`, if an image cannot be read or is not a file. Also returns, within
    /// `Context::File`, `FileError::Malformed` or `FileError::Encoding` if the list is not text,
    /// [`ImageError::NoImages`] if it is empty, and [`ImageError::Duplicate`] if two images have the
    /// same id.
    pub fn from_list(list: impl AsRef<Path>) -> Result<Self> {
        Self::from_encoded_list(list, TextEncoding::default())
    }

    /// Reads a list of images ([`from_list`](Self::from_list)) in another encoding than UTF-8.
    ///
    /// # Errors
    /// As for [`from_list`](Self::from_list).
    pub fn from_encoded_list(list: impl AsRef<Path>, encoding: TextEncoding) -> Result<Self> {
        let list = list.as_ref();
        let read = || {
            let text = read_text(list, encoding)?;
            let folder = list.parent().unwrap_or(Path::new(""));
            let (mut paths, mut are_absolute) = (Vec::new(), true);
            for (number, line) in (1..).zip(text.lines().map(str::trim)) {
                if line.is_empty() {
                    continue;
                }
                let path = folder.join(line);
                are_absolute &= Path::new(line).is_absolute();
                let of_list = [Context::Line(number), Context::File(list.into())];
                let checked = match path.symlink_metadata().is_ok() || has_image_ending(&path) {
                    true => check_file(&path),
                    false => Err(FileError::unreadable(&path, not_a_path())),
                };
                checked.map_err(|error| of_list.into_iter().fold(error, Error::with_context))?;
                paths.push(path);
            }
            if paths.is_empty() {
                let (n_ignored, ignored) = (0, Vec::new());
                return Err(ImageError::NoImages { n_ignored, ignored }.into());
            }
            let ids = match are_absolute {
                true => ids_of_absolute(&paths),
                false => paths.iter().map(|path| id_within(path, folder)).collect(),
            };
            Self::new(ids, paths, ImageOrder::Given, Vec::new())
        };
        read().map_err(|error: Error| error.in_file(list))
    }

    /// Creates the set of the images of a folder, in default order.
    fn of(files: Files, folder: &Path) -> Result<Self> {
        let Files {
            mut images,
            ignored,
        } = files;
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
        // The error for duplicate ids does not depend on the platform.
        images.sort_unstable();
        let ids: Vec<String> = images.iter().map(|path| id_within(path, folder)).collect();
        let order = ImageOrder::of_ids(ids.iter().map(String::as_str));
        let positions = positions_in(order, &ids, &images);
        let ids = positions.iter().map(|&position| ids[position].clone());
        let paths = positions.iter().map(|&position| images[position].clone());
        let images = Self::new(ids.collect(), paths.collect(), order, ignored);
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
        let positions = positions_in(order, self.stimuli.ids(), &self.paths);
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
        same_length("images, one for each row of the matrix", n, self.len())
    }
}

/// Returns the positions of images in an order of their names.
fn positions_in(order: ImageOrder, ids: &[String], paths: &[PathBuf]) -> Vec<usize> {
    let both = ids.iter().zip(paths);
    let names: Vec<String> = both.map(|(id, path)| with_extension_of(id, path)).collect();
    let mut positions: Vec<usize> = (0..names.len()).collect();
    positions.sort_by(|&left, &right| order.compare(&names[left], &names[right]));
    positions
}

/// Returns the error for a line of a list that is not the path of an image.
fn not_a_path() -> std::io::Error {
    let problem = "there is no such file: each line of a list is the path of an image, without a \
                   header, other columns or quotation marks";
    std::io::Error::new(std::io::ErrorKind::NotFound, problem)
}
