//! Extraction of features from image files, into memory ([`Extraction::represent`]) or into files
//! ([`Extraction::write`]); an interrupted extraction into files can be resumed.

mod batches;
mod journal;
mod lock;
mod output;
mod record;
mod shard;
mod source;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ndarray::{Array2, Array4};
use serde::{Deserialize, Serialize};

pub use batches::UnreadablePolicy;
pub use shard::{Shard, join_shards};
pub use source::NetworkSource;

use batches::Row;
use journal::Journal;
use record::Settings;
use shard::Part;

use crate::error::{Error, ExtractError, ImageError, Result, same_length};
use crate::extract::network::Network;
use crate::extract::preprocess::{ImageDecoder, Preprocessing};
use crate::extract::tap::Tap;
use crate::images::ImageFiles;
use crate::representation::{Provenance, Representation};

/// A network and the preprocessing of its images, to extract the features of image files.
///
/// | setting | default |
/// |---|---|
/// | images in a batch | 32 |
/// | an image that cannot be read | an error that ends the extraction |
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
/// let images = ImageFiles::from_folder("images")?;
/// let done = extraction.write(&images, &["penultimate.npy", "logits.npy"])?;
/// println!("{} images", done.n_images);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug)]
pub struct Extraction {
    network: Network,
    preprocessing: Preprocessing,
    decoder: ImageDecoder,
    batch_size: usize,
    unreadable: UnreadablePolicy,
    shard: Option<Shard>,
    inputs: Vec<PathBuf>,
}

/// The progress of an extraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExtractionProgress {
    /// Number of images processed so far, including skipped ones and those of an interrupted run.
    pub n_done: usize,
    /// Number of images processed by an earlier, interrupted run.
    pub n_resumed: usize,
    /// Total number of images.
    pub n_images: usize,
}

/// The summary of a finished extraction.
#[derive(Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExtractionResult {
    /// Number of images with features.
    pub n_images: usize,
    /// Number of features of each tap.
    pub n_features: Vec<usize>,
    /// Number of images processed by an earlier, interrupted run.
    pub n_resumed: usize,
    /// Id of each image that could not be read and was skipped, with the reason.
    pub skipped: Vec<(String, String)>,
}

impl Extraction {
    /// Creates an extraction with default settings.
    pub fn new(network: Network, preprocessing: Preprocessing) -> Self {
        Self {
            network,
            decoder: preprocessing.decoder(),
            preprocessing,
            batch_size: 32,
            unreadable: UnreadablePolicy::default(),
            shard: None,
            inputs: Vec::new(),
        }
    }

    /// Sets the number of images in a batch: how many are in memory at a time and pass through a
    /// GPU at once. The default is 32.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if `n_images` is 0.
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

    /// Sets the largest number of pixels of an image, as [`ImageDecoder::with_max_pixels`] does.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is 0.
    pub fn with_max_pixels(mut self, max_pixels: u64) -> Result<Self> {
        self.decoder = self.decoder.with_max_pixels(max_pixels)?;
        Ok(self)
    }

    /// Sets what to do with images that cannot be read.
    #[must_use]
    pub fn with_unreadable(mut self, unreadable: UnreadablePolicy) -> Self {
        self.unreadable = unreadable;
        self
    }

    /// Sets the shard: only this part of the images is extracted. [`join_shards`] joins the parts.
    #[must_use]
    pub fn with_shard(mut self, shard: Shard) -> Self {
        self.shard = Some(shard);
        self
    }

    /// Sets files that no output may replace, in addition to the images: those from which the weights
    /// and the preprocessing were read.
    #[must_use]
    pub fn with_inputs<I>(mut self, paths: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<PathBuf>,
    {
        self.inputs = paths.into_iter().map(Into::into).collect();
        self
    }

    /// Returns the network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Computes the features of all images, as one representation for each tap. That of a shard may
    /// have no rows.
    ///
    /// # Errors
    /// Returns an error, within `Context::File`, if an image cannot be read;
    /// [`ImageError::NoImages`] if there are no images; [`ImageError::AllSkipped`] if all images
    /// were skipped, and there is no shard;
    /// [`ExtractError::NotFiniteFeature`] if a feature of an image is not finite; and the errors of
    /// [`Network::represent`].
    pub fn represent(&self, images: &ImageFiles) -> Result<Vec<Representation>> {
        let (images, _) = self.of_shard(images)?;
        let mut rows: Vec<Vec<f32>> = vec![Vec::new(); self.network.taps().len()];
        let mut kept = Vec::new();
        let mut skipped = Vec::new();
        self.for_each_batch(&images, 0, |batch| {
            for image in batch {
                let of_taps = match image.row {
                    Row::Features(of_taps) => of_taps,
                    Row::Skipped(reason) => {
                        skipped.push((image.position, reason));
                        continue;
                    }
                };
                kept.push(image.position);
                for (all, of_tap) in rows.iter_mut().zip(of_taps) {
                    all.extend(of_tap);
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let stimuli = images.stimuli().select(&kept)?;
        let n_features = match (kept.len(), self.shard) {
            (0, None) => return Err(ImageError::all_skipped(skipped).into()),
            (0, Some(_)) => self.n_features()?,
            (n, _) => rows.iter().map(|values| values.len() / n).collect(),
        };
        let taps = self.network.taps().iter().zip(rows).zip(n_features);
        let represent = |((tap, values), n_features): ((&Tap, Vec<f32>), usize)| {
            let features = Array2::from_shape_vec((kept.len(), n_features), values);
            let features = features.expect("the same number of features for every image");
            let representation = Representation::new(stimuli.clone(), features)?;
            Ok(representation.with_provenance(self.provenance(&tap.to_string())))
        };
        taps.map(represent).collect()
    }

    /// Writes the features of all images, one file for each tap (`.npy` or `.safetensors`). See
    /// [`Extraction::write_observed`].
    ///
    /// # Errors
    /// As for [`Extraction::write_observed`].
    pub fn write(
        &self,
        images: &ImageFiles,
        outputs: &[impl AsRef<Path>],
    ) -> Result<ExtractionResult> {
        self.write_observed(images, outputs, |_| ControlFlow::Continue(()))
    }

    /// Writes the features of all images, one file for each tap, and calls `observe` after each
    /// batch.
    ///
    /// `observe` receives the progress and may interrupt the extraction. Memory use depends on the
    /// batch size, not on the number of images. Rows are first written to a file beside the output,
    /// `NAME.partial`. If the extraction is interrupted for any reason, running the same extraction
    /// again resumes it, and the output is identical bit for bit. Before that, the settings, the
    /// contents of the images processed so far and a checksum of their rows are compared. The
    /// outputs are created at the end, each of them atomically.
    ///
    /// While the extraction runs, each output is locked by a file `NAME.partial.lock`, so that a
    /// second run with the same output ends with an error. The operating system releases the lock
    /// of a process that was killed.
    ///
    /// # Errors
    /// As for [`Extraction::represent`]. Also returns [`ExtractError::Interrupted`] if `observe`
    /// breaks; [`ExtractError::InUse`] if another run writes an output;
    /// [`ExtractError::OtherExtraction`] if an unfinished extraction has other settings or images,
    /// or its files are damaged; [`ExtractError::OutputIsInput`] if an output would replace an image
    /// or one of the [inputs](Extraction::with_inputs); `ArgumentError::LengthMismatch` if the
    /// number of outputs is not the number of taps; `ArgumentError::InvalidParameter` if two
    /// outputs are the same file; and `FileError::UnknownFormat`, `FileError::Read` or
    /// `FileError::Write` for a file that cannot be used.
    pub fn write_observed(
        &self,
        images: &ImageFiles,
        outputs: &[impl AsRef<Path>],
        mut observe: impl FnMut(ExtractionProgress) -> ControlFlow<()>,
    ) -> Result<ExtractionResult> {
        let outputs: Vec<PathBuf> = outputs.iter().map(|path| path.as_ref().into()).collect();
        same_length(
            "outputs, one for each tap",
            self.network.taps().len(),
            outputs.len(),
        )?;
        let (images, part) = self.of_shard(images)?;
        let settings = self.settings(&images, part);
        let mut journal = Journal::open(outputs, settings, &images, &self.inputs)?;
        let n_resumed = journal.n_done();
        let computed = self.for_each_batch(&images, n_resumed, |batch| {
            journal.append(batch)?;
            Ok(observe(ExtractionProgress {
                n_done: journal.n_done(),
                n_resumed,
                n_images: images.len(),
            }))
        });
        if let Err(error) = computed {
            // There is nothing that another run could continue.
            if journal.n_done() == 0 {
                journal.remove()?;
            }
            return Err(error);
        }
        if journal.n_done() < images.len() {
            return Err(ExtractError::Interrupted {
                n_done: journal.n_done(),
                n_needed: images.len(),
            }
            .into());
        }
        journal.finish(n_resumed, || self.n_features())
    }

    /// Returns the images of the shard (all images without a shard) and the description of that
    /// part.
    fn of_shard(&self, images: &ImageFiles) -> Result<(ImageFiles, Option<Part>)> {
        if images.is_empty() {
            return Err(ImageError::NoImages {
                n_ignored: images.ignored().len(),
                ignored: Vec::new(),
            }
            .into());
        }
        let Some(shard) = self.shard else {
            return Ok((images.clone(), None));
        };
        let positions: Vec<usize> = shard.positions(images.len()).collect();
        let stimuli = images.stimuli().select(&positions)?;
        Ok((images.select(&stimuli)?, Some(shard.of(images.stimuli()))))
    }

    fn settings(&self, images: &ImageFiles, shard: Option<Part>) -> Settings {
        let device = self.network.device().to_string();
        // Devices of one kind are interchangeable.
        let kind = device.split(':').next().unwrap_or_default();
        let taps = self.network.taps().iter();
        Settings {
            version: env!("CARGO_PKG_VERSION").into(),
            provenances: taps.map(|tap| self.provenance(&tap.to_string())).collect(),
            device: kind.into(),
            unreadable: self.unreadable,
            skipped_above: match self.unreadable {
                UnreadablePolicy::Skip => Some(self.decoder.max_pixels()),
                UnreadablePolicy::Fatal => None,
            },
            shard,
            stimuli: images.stimuli().fingerprint(),
        }
    }

    /// Computes the number of features of each tap by a pass of an image of zeros.
    fn n_features(&self) -> Result<Vec<usize>> {
        let [channels, height, width] = self.preprocessing.shape();
        let features = self
            .network
            .represent(Array4::zeros((1, channels, height, width)).view())?;
        Ok(features.iter().map(|of_tap| of_tap.dim().1).collect())
    }

    fn provenance(&self, tap: &str) -> Provenance {
        Provenance::default()
            .with_model(self.network.architecture().name())
            .with_tap(tap)
            .with_weights(self.network.weights())
            .with_preprocessing(self.preprocessing.fingerprint())
    }
}
