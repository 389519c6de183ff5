//! Batches of images that are read, preprocessed and passed through the network.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;

use ndarray::{ArrayView4, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Extraction;
use crate::error::{Error, Result};
use crate::extract::device::Device;
use crate::images::ImageFiles;

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

/// Positions of images, in order, and the result for each of them.
pub(super) type Batch = Vec<(usize, Row)>;

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
        let rows = (first..).zip(paths).collect::<Vec<_>>();
        let rows: Vec<Result<(usize, Row)>> = rows
            .into_par_iter()
            .map(|(position, path)| {
                let row = match self.preprocessing.read(path) {
                    Ok(image) => {
                        let image = image.insert_axis(Axis(0));
                        Row::Features(self.features(image.view())?.remove(0))
                    }
                    Err(error) => self.skip(error)?,
                };
                Ok((position, row))
            })
            .collect();
        rows.into_iter().collect()
    }

    /// Reads a batch of images into one contiguous block of memory.
    fn read(&self, first: usize, paths: &[PathBuf]) -> Result<Read> {
        let n_values: usize = self.preprocessing.shape().iter().product();
        let mut pixels = vec![0.0; paths.len() * n_values];
        let images = pixels.par_chunks_exact_mut(n_values).zip(paths);
        let read: Vec<Result<()>> = images
            .map(|(out, path)| self.preprocessing.read_into(path, out))
            .collect();
        let mut kept = 0;
        let mut rows = Vec::new();
        for (place, read) in read.into_iter().enumerate() {
            match read {
                Ok(()) => {
                    pixels.copy_within(place * n_values..(place + 1) * n_values, kept * n_values);
                    kept += 1;
                    rows.push((first + place, None));
                }
                Err(error) => rows.push((first + place, Some(self.skip(error)?))),
            }
        }
        pixels.truncate(kept * n_values);
        Ok(Read { pixels, rows })
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
        let rows = read.rows.into_iter();
        let row = |(position, skipped): (usize, Option<Row>)| {
            let row = skipped.or_else(|| features.next().map(Row::Features));
            Some((position, row?))
        };
        Ok(rows.filter_map(row).collect())
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
    /// Positions of the images, and the result of those that cannot be read.
    rows: Vec<(usize, Option<Row>)>,
}
