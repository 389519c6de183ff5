//! A page per dimension with the objects that have the largest weights.

use std::path::Path;

use human_alignment::extract::preprocess::ImageDecoder;
use human_alignment::figure::{DimensionPage, Thumbnail};
use human_alignment::{Error, ImageFiles, Representation, Result};

/// Number of objects on a page.
const N_OBJECTS: usize = 18;

/// Checks that pages can be written into a folder: pages of another embedding would be mistaken for
/// those of this one.
pub(crate) fn check_folder(folder: &Path) -> Result<()> {
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

/// Draws the pages, with images from a folder if there is one.
pub(crate) fn draw(embedding: &Representation, folder: &Path, images: Option<&Path>) -> Result<()> {
    let images = images.map(ImageFiles::from_folder).transpose()?;
    let decoder = ImageDecoder::default();
    std::fs::create_dir_all(folder)
        .map_err(|error| Error::other(format!("{}: {error}", folder.display())))?;
    let stimuli = embedding.stimuli();
    let weights = embedding.features().to_f64();
    for (dimension, weights) in weights.columns().into_iter().enumerate() {
        let number = dimension + 1;
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by(|&left, &right| weights[right].total_cmp(&weights[left]));
        let n_positive = weights.iter().filter(|&&weight| weight > 0.0).count();
        let mut page = DimensionPage::new(format!("Dimension {number}"))
            .with_count(n_positive as u64, "objects with a positive weight");
        for &object in order.iter().take(N_OBJECTS) {
            let (name, weight) = (&stimuli.ids()[object], weights[object]);
            page = match &images {
                None => page.with_object(name, weight)?,
                Some(images) => {
                    let path = images.path(name).ok_or_else(|| {
                        Error::other(format!("--images has no image of the object {name}"))
                    })?;
                    let thumbnail = Thumbnail::new(decoder.read(path)?.into_pixels())?;
                    page.with_pictured_object(name, thumbnail, weight)?
                }
            };
        }
        page.write(folder.join(format!("dimension_{number}.svg")))?;
    }
    Ok(())
}
