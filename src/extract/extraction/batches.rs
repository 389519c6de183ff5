//! Batches of images that are read, preprocessed and passed through the network.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use ndarray::ArrayView4;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Extraction;
use crate::error::{Error, ExtractError, Result};
use crate::extract::device::Device;
use crate::images::ImageFiles;
use crate::io::digest::{hash_of_file, hex};

/// What to do with an image that cannot be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum UnreadablePolicy {
    /// Stop the extraction with an error, the default.
    #[default]
    Fatal,
    /// Skip the image and report it in
    /// [`ExtractionResult::skipped`](super::ExtractionResult::skipped).
    Skip,
}

/// The result for one image.
pub(super) enum Row {
    /// Features of the image, one vector for each tap.
    Features(Vec<Vec<f32>>),
    /// The reason why the image was skipped.
    Skipped(String),
}

/// An image that was processed.
pub(super) struct Processed {
    pub position: usize,
    /// Hash of the file.
    pub contents: String,
    pub row: Row,
}

/// Images that were processed, in order.
pub(super) type Batch = Vec<Processed>;

/// Returns the hash of the contents of an image file, or a text that is none if it cannot be read.
pub(super) fn contents_hash(path: &Path) -> String {
    hash_of_file(path).unwrap_or_else(|_| "unreadable".into())
}

/// Number of batches of preprocessed images that are queued for a GPU.
const WAITING: usize = 2;

impl Extraction {
    /// Passes the images from position `start` on through the network, and calls `consume` with
    /// each batch until it breaks.
    pub(super) fn for_each_batch(
        &self,
        images: &ImageFiles,
        start: usize,
        mut consume: impl FnMut(Batch) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut consume = |batch: Batch| {
            check_finite(&batch, images)?;
            consume(batch)
        };
        let batches = (start..images.len()).step_by(self.batch_size);
        let batches = batches.map(|first| {
            (
                first,
                &images.paths()[first..images.len().min(first + self.batch_size)],
            )
        });
        if self.network.device() == Device::Cpu {
            for (first, paths) in batches {
                if consume(self.on_cores(first, paths)?)?.is_break() {
                    return Ok(());
                }
            }
            return Ok(());
        }
        // While the GPU computes, the cores read the next images.
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(WAITING);
            scope.spawn(move || {
                for (first, paths) in batches {
                    // The receiver is dropped if the extraction was interrupted.
                    if sender.send(self.read(first, paths)).is_err() {
                        return;
                    }
                }
            });
            for read in receiver {
                if consume(self.on_device(read?)?)?.is_break() {
                    return Ok(());
                }
            }
            Ok(())
        })
    }

    /// Computes the features of each image on one CPU core.
    fn on_cores(&self, first: usize, paths: &[PathBuf]) -> Result<Batch> {
        let images = (first..).zip(paths).collect::<Vec<_>>();
        let [channels, height, width] = self.preprocessing.shape();
        let processed: Vec<Result<Processed>> = images
            .into_par_iter()
            .map(|(position, path)| {
                let mut pixels = vec![0.0; channels * height * width];
                let (contents, skipped) = self.read_image(path, &mut pixels)?;
                let row = match skipped {
                    Some(skipped) => skipped,
                    None => {
                        let image = ArrayView4::from_shape((1, channels, height, width), &pixels);
                        let image = image.expect("one whole image");
                        Row::Features(self.features(image)?.remove(0))
                    }
                };
                Ok(Processed {
                    position,
                    contents,
                    row,
                })
            })
            .collect();
        processed.into_iter().collect()
    }

    /// Reads and preprocesses an image into `out`. Returns the hash of the file, and the result of an
    /// image that cannot be read and is skipped.
    fn read_image(&self, path: &Path, out: &mut [f32]) -> Result<(String, Option<Row>)> {
        let bytes = match self.decoder.bytes(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let skipped = self.skip(error)?;
                return Ok((contents_hash(path), Some(skipped)));
            }
        };
        let image = self.decoder.decode(&bytes);
        let written = image.and_then(|image| self.preprocessing.write_into(&image, out));
        let skipped = match written {
            Ok(()) => None,
            Err(error) => Some(self.skip(error.in_file(path))?),
        };
        Ok((hex(&Sha256::digest(&bytes)), skipped))
    }

    /// Reads a batch of images into one contiguous block of memory.
    fn read(&self, first: usize, paths: &[PathBuf]) -> Result<Read> {
        let n_values: usize = self.preprocessing.shape().iter().product();
        let mut pixels = vec![0.0; paths.len() * n_values];
        let images = pixels.par_chunks_exact_mut(n_values).zip(paths);
        let read: Vec<Result<(String, Option<Row>)>> = images
            .map(|(out, path)| self.read_image(path, out))
            .collect();
        let mut kept = 0;
        let mut images = Vec::new();
        for (place, read) in read.into_iter().enumerate() {
            let (contents, skipped) = read?;
            if skipped.is_none() {
                pixels.copy_within(place * n_values..(place + 1) * n_values, kept * n_values);
                kept += 1;
            }
            images.push((first + place, contents, skipped));
        }
        pixels.truncate(kept * n_values);
        Ok(Read { pixels, images })
    }

    /// Computes the features of a batch in one forward pass.
    fn on_device(&self, read: Read) -> Result<Batch> {
        let [channels, height, width] = self.preprocessing.shape();
        let n = read.pixels.len() / (channels * height * width);
        let mut features = Vec::new();
        if n > 0 {
            let images = ArrayView4::from_shape((n, channels, height, width), &read.pixels);
            features = self.features(images.expect("whole images"))?;
        }
        let mut features = features.into_iter();
        let images = read.images.into_iter();
        let processed = |(position, contents, skipped): (usize, String, Option<Row>)| {
            let row = skipped.or_else(|| features.next().map(Row::Features));
            Some(Processed {
                position,
                contents,
                row: row?,
            })
        };
        Ok(images.filter_map(processed).collect())
    }

    /// Computes the features of each image: `images × taps × features`.
    fn features(&self, images: ArrayView4<'_, f32>) -> Result<Vec<Vec<Vec<f32>>>> {
        let n = images.dim().0;
        let of_taps = self.network.represent(images)?;
        let of_image = |image: usize| of_taps.iter().map(|tap| tap.row(image).to_vec()).collect();
        Ok((0..n).map(of_image).collect())
    }

    fn skip(&self, error: Error) -> Result<Row> {
        match self.unreadable {
            UnreadablePolicy::Fatal => Err(error),
            UnreadablePolicy::Skip => Ok(Row::Skipped(error.report().to_string())),
        }
    }
}

/// A batch of preprocessed images.
struct Read {
    pixels: Vec<f32>,
    /// Positions of the images, hashes of their files, and the result of those that cannot be read.
    images: Vec<(usize, String, Option<Row>)>,
}

/// Checks that all features of a batch are finite.
fn check_finite(batch: &Batch, images: &ImageFiles) -> Result<()> {
    for image in batch {
        let Row::Features(of_taps) = &image.row else {
            continue;
        };
        for values in of_taps {
            if let Some(column) = values.iter().position(|value| !value.is_finite()) {
                let stimulus = images.stimuli().id(image.position);
                return Err(Error::from(ExtractError::NotFiniteFeature {
                    stimulus: stimulus.unwrap_or_default().to_owned(),
                    column,
                    value: values[column],
                }));
            }
        }
    }
    Ok(())
}
