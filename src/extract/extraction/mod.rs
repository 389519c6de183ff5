//! From images to features: in memory, or into files that an interruption doesn't spoil.

mod batches;
mod journal;
mod shard;
mod source;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ndarray::Array2;

pub use batches::Unreadable;
pub use shard::{Shard, join_shards};
pub use source::NetworkSource;

use batches::Row;
use journal::Journal;
use shard::Part;

use crate::error::{ArgumentError, Error, ExtractError, ImageError, Result};
use crate::extract::network::Network;
use crate::extract::preprocess::Preprocessing;
use crate::images::ImageFiles;
use crate::representation::{Provenance, Representation};

/// A network and the preprocessing of its images: what turns image files into features.
///
/// | setting | default |
/// |---|---|
/// | images in a batch | 32 |
/// | an image that can't be read | fatal |
/// | shard | all images |
///
/// ```no_run
/// use human_alignment::ImageFiles;
/// use human_alignment::extract::preprocess::Preprocessing;
/// use human_alignment::extract::{Architecture, Device, Extraction, Network, Tap, Weights};
///
/// let architecture = Architecture::named("resnet50")?;
/// let weights = Weights::read("resnet50.safetensors")?;
/// let taps = [Tap::new("penultimate"), Tap::new("logits")];
/// let network = Network::new(&architecture, &weights, &taps, Device::Cpu)?;
/// let extraction = Extraction::new(network, Preprocessing::IMAGENET);
///
/// let images = ImageFiles::in_folder("images")?;
/// let done = extraction.write(&images, &["penultimate.npy", "logits.npy"])?;
/// println!("{} images", done.n_images);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug)]
pub struct Extraction {
    network: Network,
    preprocessing: Preprocessing,
    batch_size: usize,
    unreadable: Unreadable,
    shard: Option<Shard>,
}

/// How far an extraction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Images whose features are there, those of an earlier run and those that were skipped among them.
    pub n_done: usize,
    /// Images of an earlier run that was interrupted.
    pub n_resumed: usize,
    /// All images.
    pub n_images: usize,
}

/// What an extraction did.
#[derive(Debug)]
pub struct Extracted {
    /// Images with features.
    pub n_images: usize,
    /// Features of each tap.
    pub n_features: Vec<usize>,
    /// Images of an earlier run that was interrupted.
    pub n_resumed: usize,
    /// Images that could not be read and were skipped: id and reason.
    pub skipped: Vec<(String, String)>,
}

impl Extraction {
    /// The extraction with these.
    pub fn new(network: Network, preprocessing: Preprocessing) -> Self {
        Self {
            network,
            preprocessing,
            batch_size: 32,
            unreadable: Unreadable::default(),
            shard: None,
        }
    }

    /// Sets how many images are in memory at a time, and go through a GPU as one.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for 0.
    pub fn with_batch_size(mut self, n_images: usize) -> Result<Self> {
        if n_images == 0 {
            return Err(Error::parameter(
                "images in a batch",
                "at least 1",
                n_images,
            ));
        }
        self.batch_size = n_images;
        Ok(self)
    }

    /// Sets what is done about an image that can't be read.
    #[must_use]
    pub fn with_unreadable(mut self, unreadable: Unreadable) -> Self {
        self.unreadable = unreadable;
        self
    }

    /// Takes one part of the images, for [`join_shards`] to put together with the others.
    #[must_use]
    pub fn with_shard(mut self, shard: Shard) -> Self {
        self.shard = Some(shard);
        self
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The features of all images, a representation for each tap.
    ///
    /// # Errors
    /// Within [`Error::InFile`] naming an image, what keeps it from being read; [`Error::NotFinite`]
    /// naming an image whose features are not; otherwise as for [`Network::represent`].
    pub fn represent(&self, images: &ImageFiles) -> Result<Vec<Representation>> {
        let (images, _) = self.of_shard(images)?;
        let mut rows: Vec<Vec<f32>> = vec![Vec::new(); self.network.taps().len()];
        let mut kept = Vec::new();
        self.for_each_batch(&images, 0, |batch| {
            for (position, row) in batch {
                if let Row::Features(of_taps) = row {
                    kept.push(position);
                    for (all, of_tap) in rows.iter_mut().zip(of_taps) {
                        all.extend(of_tap);
                    }
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let stimuli = images.stimuli().select(&kept)?;
        let taps = self.network.taps().iter().zip(rows);
        let represent = |(tap, values): (&crate::extract::Tap, Vec<f32>)| {
            let n_features = values.len() / kept.len().max(1);
            let features = Array2::from_shape_vec((kept.len(), n_features), values);
            let features = features.expect("as many features for every image");
            let representation = Representation::new(stimuli.clone(), features)?;
            Ok(representation.with_provenance(self.provenance(&tap.to_string())))
        };
        taps.map(represent).collect()
    }

    /// Writes the features of all images, each tap into a file of its own (`.npy` or `.safetensors`). See
    /// [`Extraction::write_observed`].
    ///
    /// # Errors
    /// As for [`Extraction::write_observed`].
    pub fn write(&self, images: &ImageFiles, outputs: &[impl AsRef<Path>]) -> Result<Extracted> {
        self.write_observed(images, outputs, |_| ControlFlow::Continue(()))
    }

    /// Writes the features of all images, each tap into a file of its own, and shows its progress after
    /// each batch to `observe`, which may interrupt it.
    ///
    /// Memory is that of a batch, whatever the number of images. Rows go into a file beside the output,
    /// `NAME.partial`; interrupted in whatever way, the same extraction goes on where it was, and the
    /// output is the same, bit for bit. The outputs appear when all is done, each in one step.
    ///
    /// # Errors
    /// As for [`Extraction::represent`]; [`Error::Interrupted`] where `observe` breaks off;
    /// [`Error::OtherExtraction`] where the partial output is that of another network, preprocessing or set
    /// of images; [`Error::LengthMismatch`] for another number of outputs than taps;
    /// [`Error::UnknownFormat`], [`Error::Read`] and [`Error::Write`] naming a file.
    pub fn write_observed(
        &self,
        images: &ImageFiles,
        outputs: &[impl AsRef<Path>],
        mut observe: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Extracted> {
        let outputs: Vec<PathBuf> = outputs.iter().map(|path| path.as_ref().into()).collect();
        if outputs.len() != self.network.taps().len() {
            return Err(ArgumentError::LengthMismatch {
                what: "outputs, one for each tap",
                expected: self.network.taps().len(),
                found: outputs.len(),
            }
            .into());
        }
        let (images, part) = self.of_shard(images)?;
        let provenances = self.network.taps().iter();
        let provenances: Vec<Provenance> = provenances
            .map(|tap| self.provenance(&tap.to_string()))
            .collect();
        let mut journal = Journal::open(outputs, provenances, images.stimuli())?;
        let n_resumed = journal.n_done();
        self.for_each_batch(&images, n_resumed, |batch| {
            journal.append(batch)?;
            Ok(observe(Progress {
                n_done: journal.n_done(),
                n_resumed,
                n_images: images.len(),
            }))
        })?;
        if journal.n_done() < images.len() {
            return Err(ExtractError::Interrupted {
                n_done: journal.n_done(),
                n_needed: images.len(),
            }
            .into());
        }
        journal.finish(part, n_resumed)
    }

    /// The images of the shard, if there is one, and which part of all they are.
    fn of_shard(&self, images: &ImageFiles) -> Result<(ImageFiles, Option<Part>)> {
        let (images, part) = match self.shard {
            None => (images.clone(), None),
            Some(shard) => {
                let positions: Vec<usize> = shard.positions(images.len()).collect();
                let stimuli = images.stimuli().select(&positions)?;
                (images.select(&stimuli)?, Some(shard.of(images.stimuli())))
            }
        };
        match images.is_empty() {
            true => Err(ImageError::NoImages {
                n_ignored: images.ignored().len(),
                ignored: Vec::new(),
            }
            .into()),
            false => Ok((images, part)),
        }
    }

    fn provenance(&self, tap: &str) -> Provenance {
        Provenance::default()
            .with_model(self.network.architecture().name())
            .with_tap(tap)
            .with_weights(self.network.weights())
            .with_preprocessing(self.preprocessing.fingerprint())
    }
}
