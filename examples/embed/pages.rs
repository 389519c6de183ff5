//! A page per dimension with the objects that have the largest weights.

use std::path::Path;

use human_alignment::extract::preprocess::ImageDecoder;
use human_alignment::figure::{DimensionPage, Thumbnail};
use human_alignment::{Error, ImageFiles, Representation, Result, Stimuli};

use crate::pairing::pair;

/// Number of objects on a page.
const N_OBJECTS: usize = 18;

/// The pages of an embedding.
pub(crate) struct Pages<'a> {
    folder: &'a Path,
    /// The images of the objects, in the order of the rows of the embedding.
    images: Option<ImageFiles>,
}

impl<'a> Pages<'a> {
    /// Prepares the pages of an embedding of `stimuli`, with images from a folder if there is one.
    ///
    /// The folder of the pages must be empty or new: pages of another embedding would be mistaken
    /// for those of this one.
    pub(crate) fn new(folder: &'a Path, images: Option<&Path>, stimuli: &Stimuli) -> Result<Self> {
        check_folder(folder)?;
        let of_objects = |folder| {
            let images = ImageFiles::from_folder(folder)?;
            pair(images.stimuli(), stimuli)?;
            images.select(stimuli)
        };
        let images = images.map(of_objects).transpose()?;
        Ok(Self { folder, images })
    }

    /// Draws a page for each dimension.
    pub(crate) fn draw(&self, embedding: &Representation) -> Result<()> {
        let decoder = ImageDecoder::default();
        std::fs::create_dir_all(self.folder)
            .map_err(|error| Error::other(format!("{}: {error}", self.folder.display())))?;
        let weights = embedding.features().to_f64();
        for (dimension, weights) in weights.columns().into_iter().enumerate() {
            let number = dimension + 1;
            let mut order: Vec<usize> = (0..weights.len()).collect();
            order.sort_by(|&left, &right| weights[right].total_cmp(&weights[left]));
            let n_positive = weights.iter().filter(|&&weight| weight > 0.0).count();
            let mut page = DimensionPage::new(format!("Dimension {number}"))
                .with_count(n_positive as u64, "objects with a positive weight");
            for &object in order.iter().take(N_OBJECTS) {
                let (name, weight) = (&embedding.stimuli().ids()[object], weights[object]);
                let image = self.images.as_ref().map(|images| &images.paths()[object]);
                page = match image {
                    None => page.with_object(name, weight)?,
                    Some(path) => {
                        let thumbnail = Thumbnail::new(decoder.read(path)?.into_pixels())?;
                        page.with_pictured_object(name, thumbnail, weight)?
                    }
                };
            }
            page.write(self.folder.join(format!("dimension_{number}.svg")))?;
        }
        Ok(())
    }
}

/// Checks that a folder is empty or does not exist.
fn check_folder(folder: &Path) -> Result<()> {
    let mut entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::other(format!("{}: {error}", folder.display()))),
    };
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(Error::other(format!(
            "{}: the folder is not empty: pass a new folder to --figures, or remove its files",
            folder.display()
        ))),
    }
}
