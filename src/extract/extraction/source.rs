//! A network over images as a source of representations.

use rayon::prelude::*;

use super::Extraction;
use crate::error::{ArgumentError, Error, FileError, Result};
use crate::images::ImageFiles;
use crate::io::{self, digest::Hashing};
use crate::representation::{Representation, RepresentationSource};
use crate::stimuli::Stimuli;

/// A network that is read at one module, and the images of stimuli by their ids.
///
/// Each call passes the images of the stimuli through the network; what is asked for often is better
/// [written](Extraction::write) into a file once, or kept by a [study](crate::study::Study::with_cache).
#[derive(Debug)]
pub struct NetworkSource {
    extraction: Extraction,
    images: ImageFiles,
    name: String,
}

impl NetworkSource {
    /// The source with these. Its name is that of the architecture and of the tap, `resnet50 avgpool`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] where the network is read at several modules.
    pub fn new(extraction: Extraction, images: ImageFiles) -> Result<Self> {
        let [tap] = extraction.network().taps() else {
            return Err(ArgumentError::LengthMismatch {
                what: "taps of a source",
                expected: 1,
                found: extraction.network().taps().len(),
            }
            .into());
        };
        let name = format!("{} {tap}", extraction.network().architecture().name());
        Ok(Self {
            extraction,
            images,
            name,
        })
    }

    /// Sets the name for tables and figures.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The images.
    pub fn images(&self) -> &ImageFiles {
        &self.images
    }
}

impl RepresentationSource for NetworkSource {
    fn name(&self) -> &str {
        &self.name
    }

    /// # Errors
    /// [`Error::MissingStimuli`] for stimuli without an image, also for those that can't be read and are to
    /// be skipped; otherwise as for [`Extraction::represent`].
    fn represent(&self, stimuli: &Stimuli) -> Result<Representation> {
        let images = self.images.select(stimuli)?;
        let representation = self.extraction.represent(&images)?.remove(0);
        representation.select(stimuli)
    }

    /// Weights, preprocessing and device by what is recorded of them, images by the hashes of their files.
    fn key(&self, stimuli: &Stimuli) -> Result<Option<String>> {
        let images = self.images.select(stimuli)?;
        let hashes = images.paths().par_iter().map(|path| -> Result<String> {
            let file = io::open(path)?;
            let hash = Hashing::new(file).finish_reading();
            let unreadable = |source| {
                Error::from(FileError::Read {
                    path: path.clone(),
                    source,
                })
            };
            Ok(hash
                .map_err(unreadable)?
                .expect("hashed from its beginning"))
        });
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
