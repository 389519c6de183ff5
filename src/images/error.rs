//! Errors of image files and of folders of images.

use std::path::PathBuf;

use super::IMAGE_FILES;
use crate::error::{List, Quoted, Sample, on_one_line};

/// A problem with images or with a folder of images.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// An image file ends before its last pixel.
    #[error("the {format} image is truncated")]
    #[non_exhaustive]
    Truncated {
        /// Format of the image.
        format: &'static str,
    },

    /// An image has no pixels, or more than are allowed. It was not decoded.
    #[error(
        "the image has {width}×{height} pixels (expected 1 to {limit}, and no side longer than \
         {longest}): reduce it, or set another limit (`ImageDecoder::with_max_pixels`, \
         `Extraction::with_max_pixels`, `--max-pixels`)"
    )]
    #[non_exhaustive]
    Size {
        /// Width in pixels.
        width: u64,
        /// Height in pixels.
        height: u64,
        /// Largest number of pixels.
        limit: u64,
        /// Longest side in pixels.
        longest: u64,
    },

    /// An image file is much larger than its pixels can be. It was not read.
    #[error("the image file has {length} bytes (expected at most {limit})")]
    #[non_exhaustive]
    FileSize {
        /// Size of the file in bytes.
        length: u64,
        /// Largest size in bytes.
        limit: u64,
    },

    /// Two image files have the name of one stimulus.
    #[error("stimulus {} has two images: {} and {}; keep one of them", Quoted(id), first.display(), second.display())]
    #[non_exhaustive]
    Duplicate {
        /// The stimulus.
        id: String,
        /// Its first image.
        first: PathBuf,
        /// Its second image.
        second: PathBuf,
    },

    /// A folder has no images.
    #[error(
        "there are no images (expected {IMAGE_FILES} files; save images of other formats as PNG){}",
        other_files(*n_ignored, ignored)
    )]
    #[non_exhaustive]
    NoImages {
        /// Number of other files.
        n_ignored: usize,
        /// Names of the first few other files.
        ignored: Vec<String>,
    },

    /// No image of an extraction could be read.
    #[error("all {n_images} images were skipped{}", first_reason(reason))]
    #[non_exhaustive]
    AllSkipped {
        /// Number of images.
        n_images: usize,
        /// The reason why the first image was skipped; empty for joined shards.
        reason: String,
    },

    /// A folder has both images and subfolders with images.
    #[error(
        "the folder has {n_own} images, and {n_inner} in subfolders ({}): name one of these folders, \
         or read all images (`ImageFiles::from_tree`, `--recursive`)",
        List(folders)
    )]
    #[non_exhaustive]
    MixedFolder {
        /// Number of images in the folder itself.
        n_own: usize,
        /// Number of images in its subfolders.
        n_inner: usize,
        /// Names of the first few subfolders, in order.
        folders: Vec<String>,
    },

    /// Two paths lead to the same folder through a symbolic link.
    #[error(
        "{} and {} are the same folder through a symbolic link: remove the link, or list the files",
        first.display(),
        second.display()
    )]
    #[non_exhaustive]
    SameFolder {
        /// One path.
        first: PathBuf,
        /// The other path.
        second: PathBuf,
    },
}

#[cfg(feature = "extract")]
impl ImageError {
    /// Returns the error for images that were all skipped, from the reasons.
    pub(crate) fn all_skipped(skipped: Vec<(usize, String)>) -> Self {
        let n_images = skipped.len();
        let first = skipped.into_iter().next();
        let reason = first.map(|(_, reason)| reason).unwrap_or_default();
        ImageError::AllSkipped { n_images, reason }
    }
}

/// Returns a phrase such as `; the first: not a readable PNG file`.
fn first_reason(reason: &str) -> String {
    match reason {
        "" => String::new(),
        _ => format!("; the first: {}", on_one_line(reason)),
    }
}

/// Returns a phrase such as `; 3 other files are ignored: "a.heic", "b.heic", "c.heic"`.
fn other_files(n: usize, names: &[String]) -> String {
    let sample = Sample {
        ids: names,
        total: n,
    };
    match n {
        0 => String::new(),
        _ => format!("; {n} other files are ignored: {sample}"),
    }
}
