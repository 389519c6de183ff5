//! The state of an unfinished extraction on disk, from which it can be resumed.

use std::path::PathBuf;

use rayon::prelude::*;

use super::ExtractionResult;
use super::batches::{Batch, Row, contents_hash};
use super::output::Output;
use super::record::{Chain, Record, Settings, other_extraction};
use crate::error::{FileError, ImageError, Result, same_length};
use crate::images::ImageFiles;
use crate::io::element::encode_f32;
use crate::linalg::Precision;
use crate::representation::Described;
use crate::stimuli::Stimuli;

/// Files with the rows written so far, one beside each output, and a record of their number.
///
/// A batch is appended to the row files and flushed to the disk before the record is replaced
/// atomically. The rows listed in the record are therefore complete; any rows after them are cut
/// off.
pub(super) struct Journal {
    outputs: Vec<Output>,
    record: Record,
    stimuli: Stimuli,
}

impl Journal {
    /// Opens the files of an interrupted extraction, or starts a new one. `inputs` are files that
    /// must not be replaced.
    ///
    /// # Errors
    /// Returns [`ExtractError::OtherExtraction`] if the files belong to another extraction, images
    /// that were processed have other contents now, or rows are damaged; and the errors of
    /// [`Output::open_all`] and [`Record::read`].
    ///
    /// [`ExtractError::OtherExtraction`]: crate::error::ExtractError::OtherExtraction
    pub fn open(
        outputs: Vec<PathBuf>,
        settings: Settings,
        images: &ImageFiles,
        inputs: &[PathBuf],
    ) -> Result<Self> {
        let inputs = images.paths().iter().chain(inputs);
        let outputs = Output::open_all(outputs, inputs.map(PathBuf::as_path))?;
        // The first output of an extraction has the record.
        for other in &outputs[1..] {
            if other.record_path.exists() {
                return Err(other_extraction(&other.record_path, "with other outputs"));
            }
        }
        let path = &outputs[0].record_path;
        let record = match Record::read(path, &settings, images.len())? {
            None => Record::new(settings),
            Some(record) => {
                if record.images != hash_of(&images.paths()[..record.n_done]) {
                    let difference = "of images that had other contents";
                    return Err(other_extraction(path, difference));
                }
                record
            }
        };
        let mut journal = Self {
            outputs,
            record,
            stimuli: images.stimuli().clone(),
        };
        journal.resume()?;
        Ok(journal)
    }

    /// Returns the number of images processed so far.
    pub fn n_done(&self) -> usize {
        self.record.n_done
    }

    /// Checks the rows in the record and cuts off those that are not in it.
    fn resume(&mut self) -> Result<()> {
        let n_rows = self.record.n_rows();
        let record_path = self.outputs[0].record_path.clone();
        for (place, output) in self.outputs.iter_mut().enumerate() {
            let n_features = self.record.n_features.get(place).copied().unwrap_or(0);
            if !output.resume(n_rows, n_features, &self.record.rows[place])? {
                let difference = "with other outputs, or whose rows are damaged";
                return Err(other_extraction(&record_path, difference));
            }
        }
        Ok(())
    }

    /// Appends the results of the next images.
    ///
    /// # Errors
    /// Returns [`ArgumentError::LengthMismatch`] if the number of features differs from that of earlier
    /// images; [`FileError::Write`].
    ///
    /// [`ArgumentError::LengthMismatch`]: crate::error::ArgumentError::LengthMismatch
    pub fn append(&mut self, batch: Batch) -> Result<()> {
        let mut bytes: Vec<Vec<u8>> = vec![Vec::new(); self.outputs.len()];
        let mut encoded = Vec::new();
        let mut record = self.record.clone();
        for image in batch {
            record.n_done = image.position + 1;
            record.images.push(image.contents.as_bytes());
            let of_taps = match image.row {
                Row::Skipped(reason) => {
                    record.skipped.push((image.position, reason));
                    continue;
                }
                Row::Features(of_taps) => of_taps,
            };
            if record.n_features.is_empty() {
                record.n_features = of_taps.iter().map(Vec::len).collect();
            }
            for (place, values) in of_taps.iter().enumerate() {
                same_length(
                    "features of an image",
                    record.n_features[place],
                    values.len(),
                )?;
                encode_f32(values, &mut encoded);
                record.rows[place].push(&encoded);
                bytes[place].extend_from_slice(&encoded);
            }
        }
        for (output, bytes) in self.outputs.iter_mut().zip(&bytes) {
            output.append(bytes)?;
        }
        record.write(&self.outputs[0].record_path)?;
        self.record = record;
        Ok(())
    }

    /// Writes the outputs and removes the temporary files. `n_features` returns the number of
    /// features of each output, for a shard without rows.
    ///
    /// # Errors
    /// Returns [`ImageError::AllSkipped`] if all images were skipped, except for a shard;
    /// [`FileError::Write`].
    pub fn finish(
        mut self,
        n_resumed: usize,
        n_features: impl FnOnce() -> Result<Vec<usize>>,
    ) -> Result<ExtractionResult> {
        let skipped = self.record.skipped.iter().map(|(position, _)| *position);
        let skipped: Vec<usize> = skipped.collect();
        let all = 0..self.stimuli.len();
        let kept: Vec<usize> = all
            .filter(|position| skipped.binary_search(position).is_err())
            .collect();
        let part = self.record.settings.shard.take();
        if kept.is_empty() {
            if part.is_none() {
                self.remove()?;
                return Err(ImageError::all_skipped(self.record.skipped).into());
            }
            self.record.n_features = n_features()?;
        }
        let ids = self.stimuli.select(&kept)?;
        let part = part.map(|part| part.without(skipped));
        let provenances = &self.record.settings.provenances;
        let described = provenances.iter().zip(&self.record.n_features);
        for (output, (provenance, &n_features)) in self.outputs.iter_mut().zip(described) {
            let provenance = match &part {
                None => provenance.clone(),
                Some(part) => part.record(provenance.clone()),
            };
            output.write(&Described {
                ids: Some(ids.ids()),
                n_rows: ids.len(),
                n_features,
                precision: Precision::Single,
                provenance: &provenance,
            })?;
        }
        self.remove()?;
        let named = |(position, reason): (usize, String)| {
            let id = self.stimuli.id(position).unwrap_or_default();
            (id.to_owned(), reason)
        };
        Ok(ExtractionResult {
            n_images: kept.len(),
            n_features: self.record.n_features,
            n_resumed,
            skipped: self.record.skipped.into_iter().map(named).collect(),
        })
    }

    /// Removes the record and the rows.
    pub fn remove(&self) -> Result<()> {
        // The record first: without it, the rows are ignored, but not the other way round.
        let path = &self.outputs[0].record_path;
        match std::fs::remove_file(path) {
            // A shard without images has no record.
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                let path = path.clone();
                return Err(FileError::Write { path, source }.into());
            }
            _ => {}
        }
        self.outputs.iter().try_for_each(Output::remove_rows)
    }
}

/// Returns the hash of the contents of images.
fn hash_of(paths: &[PathBuf]) -> Chain {
    /// Number of images whose hashes are in memory.
    const PIECE: usize = 1024;

    let mut chain = Chain::default();
    for piece in paths.chunks(PIECE) {
        let hashes = piece.par_iter().map(|path| contents_hash(path));
        for hash in hashes.collect::<Vec<String>>() {
            chain.push(hash.as_bytes());
        }
    }
    chain
}
