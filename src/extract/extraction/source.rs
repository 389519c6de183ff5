//! A source of representations that computes the features of images with a network.

use rayon::prelude::*;

use super::Extraction;
use crate::error::{Result, same_length};
use crate::images::ImageFiles;
use crate::io::digest::hash_of_file;
use crate::representation::{Representation, RepresentationSource};
use crate::stimuli::Stimuli;

/// The features of a network at one tap for images, which are found by stimulus id.
///
/// Each call passes the images through the network. To use features repeatedly,
/// [write](Extraction::write) them to a file, or let a [study](crate::study::Study::with_cache)
/// cache them.
#[derive(Debug)]
pub struct NetworkSource {
    extraction: Extraction,
    images: ImageFiles,
    name: String,
}

impl NetworkSource {
    /// Creates a source named after the architecture and the tap, such as `resnet50 avgpool`.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the network does not have exactly one tap.
    pub fn new(extraction: Extraction, images: ImageFiles) -> Result<Self> {
        let taps = extraction.network().taps();
        same_length("taps of a source", 1, taps.len())?;
        let name = format!("{} {}", extraction.network().architecture().name(), taps[0]);
        Ok(Self {
            extraction,
            images,
            name,
        })
    }

    /// Sets the name shown in tables and figures.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Returns the images.
    pub fn images(&self) -> &ImageFiles {
        &self.images
    }
}

impl RepresentationSource for NetworkSource {
    fn name(&self) -> &str {
        &self.name
    }

    /// Computes the features of the images of `stimuli`.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` if a stimulus has no image or its image was skipped as
    /// unreadable, and the errors of [`Extraction::represent`].
    fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
        let images = self.images.select(stimuli)?;
        let representation = self.extraction.represent(&images)?.remove(0);
        representation.select(stimuli)
    }

    /// Returns a key made of the provenance of the features, the device and the hashes of the image
    /// files.
    fn key(&self, stimuli: &Stimuli) -> Result<Option<String>> {
        let images = self.images.select(stimuli)?;
        let hashes = images.paths().par_iter().map(|path| hash_of_file(path));
        let hashes = hashes.collect::<Result<Vec<_>>>()?;
        let network = self.extraction.network();
        let provenance = self.extraction.provenance(&network.taps()[0].to_string());
        Ok(Some(format!(
            "{provenance:?} {:?} {}",
            network.device(),
            hashes.join(" ")
        )))
    }
}
