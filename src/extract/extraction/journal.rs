//! The state of an unfinished extraction on disk, from which it can be resumed.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::batches::{Batch, Row};
use super::shard::Part;
use super::{ExtractionResult, Provenance};
use crate::error::{ExtractError, FeatureError, FileError, ImageError, Result, same_length};
use crate::io::atomic::write_atomically;
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
    /// Path of the record.
    path: PathBuf,
    stimuli: Stimuli,
}

struct Output {
    path: PathBuf,
    rows_path: PathBuf,
    rows: File,
}

/// The record: the extraction and its progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    /// Model, tap, weights and preprocessing of each output.
    provenances: Vec<Provenance>,
    /// Hash of the ids of all images, in order.
    stimuli: String,
    /// Number of features of each output; empty before the first image.
    n_features: Vec<usize>,
    /// Number of images processed so far.
    n_done: usize,
    /// Positions of the skipped images, and the reasons.
    skipped: Vec<(usize, String)>,
}

impl Journal {
    /// Opens the files of an interrupted extraction, or starts a new one.
    ///
    /// # Errors
    /// Returns [`ExtractError::OtherExtraction`] if the files belong to another extraction;
    /// [`FileError::UnknownFormat`], [`FileError::Read`] or [`FileError::Write`] for a file that
    /// cannot be used.
    pub fn open(
        outputs: Vec<PathBuf>,
        provenances: Vec<Provenance>,
        stimuli: &Stimuli,
    ) -> Result<Self> {
        for path in &outputs {
            Described::check_name(path)?;
        }
        let path = beside(&outputs[0], ".partial.json");
        let fresh = Record {
            provenances,
            stimuli: stimuli.fingerprint(),
            n_features: Vec::new(),
            n_done: 0,
            skipped: Vec::new(),
        };
        let record = match read_record(&path)? {
            None => fresh,
            Some(found) => {
                let is_same =
                    found.provenances == fresh.provenances && found.stimuli == fresh.stimuli;
                if !is_same || found.n_done > stimuli.len() {
                    return Err(ExtractError::OtherExtraction { path }.into());
                }
                found
            }
        };
        let outputs = outputs.into_iter().map(Output::open);
        let mut journal = Self {
            outputs: outputs.collect::<Result<_>>()?,
            record,
            path,
            stimuli: stimuli.clone(),
        };
        if journal.cut().is_err() {
            // Rows listed in the record are missing, so the extraction starts from the beginning.
            journal.record.n_features.clear();
            journal.record.skipped.clear();
            journal.record.n_done = 0;
            journal.cut()?;
        }
        Ok(journal)
    }

    /// Returns the number of images processed so far.
    pub fn n_done(&self) -> usize {
        self.record.n_done
    }

    /// Cuts off rows that are not in the record.
    ///
    /// # Errors
    /// Returns [`FileError::Truncated`] if there are fewer rows than in the record.
    fn cut(&mut self) -> Result<()> {
        let n_rows = (self.record.n_done - self.record.skipped.len()) as u64;
        for (place, output) in self.outputs.iter_mut().enumerate() {
            let n_features = self.record.n_features.get(place).copied().unwrap_or(0);
            let length = n_rows.saturating_mul(4 * n_features as u64);
            let found = output.on_rows(|rows| rows.seek(SeekFrom::End(0)))?;
            if found < length {
                return Err(FileError::Truncated {
                    expected: length,
                    found,
                }
                .into());
            }
            output.on_rows(|rows| {
                rows.set_len(length)?;
                rows.seek(SeekFrom::End(0))
            })?;
        }
        Ok(())
    }

    /// Appends the results of the next images.
    ///
    /// # Errors
    /// Returns [`FeatureError::NotFinite`] if a feature of an image is not finite;
    /// [`ArgumentError::LengthMismatch`] if the number of features differs from that of earlier
    /// images; [`FileError::Write`].
    pub fn append(&mut self, batch: Batch) -> Result<()> {
        let mut bytes: Vec<Vec<u8>> = vec![Vec::new(); self.outputs.len()];
        let mut encoded = Vec::new();
        let mut record = self.record.clone();
        for (position, row) in batch {
            record.n_done = position + 1;
            let of_taps = match row {
                Row::Skipped(reason) => {
                    record.skipped.push((position, reason));
                    continue;
                }
                Row::Features(of_taps) => of_taps,
            };
            if record.n_features.is_empty() {
                record.n_features = of_taps.iter().map(Vec::len).collect();
            }
            for (place, values) in of_taps.iter().enumerate() {
                self.check(values, record.n_features[place], position)?;
                encode_f32(values, &mut encoded);
                bytes[place].extend_from_slice(&encoded);
            }
        }
        for (output, bytes) in self.outputs.iter_mut().zip(&bytes) {
            output.on_rows(|rows| {
                rows.write_all(bytes)?;
                rows.sync_data()
            })?;
        }
        write_atomically(&self.path, |to| Ok(serde_json::to_writer(to, &record)?))?;
        self.record = record;
        Ok(())
    }

    fn check(&self, values: &[f32], n_features: usize, position: usize) -> Result<()> {
        same_length("features of an image", n_features, values.len())?;
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(column) => Err(FeatureError::NotFinite {
                row: position,
                stimulus: self.stimuli.id(position).unwrap_or_default().to_owned(),
                column,
                value: values[column].into(),
            }
            .into()),
        }
    }

    /// Writes the outputs and deletes the temporary files.
    ///
    /// # Errors
    /// Returns [`ImageError::AllSkipped`] if all images were skipped; [`FileError::Write`].
    pub fn finish(mut self, part: Option<Part>, n_resumed: usize) -> Result<ExtractionResult> {
        let skipped: Vec<usize> = self
            .record
            .skipped
            .iter()
            .map(|(place, _)| *place)
            .collect();
        let all = 0..self.stimuli.len();
        let kept: Vec<usize> = all
            .filter(|place| skipped.binary_search(place).is_err())
            .collect();
        if kept.is_empty() {
            let reason = self
                .record
                .skipped
                .first()
                .map(|(_, reason)| reason.clone());
            return Err(ImageError::AllSkipped {
                n_images: self.stimuli.len(),
                reason: reason.unwrap_or_default(),
            }
            .into());
        }
        let ids = self.stimuli.select(&kept)?;
        let part = part.map(|part| part.without(skipped));
        let described = self.record.provenances.iter().zip(&self.record.n_features);
        for (output, (provenance, &n_features)) in self.outputs.iter_mut().zip(described) {
            let provenance = match &part {
                None => provenance.clone(),
                Some(part) => part.record(provenance.clone()),
            };
            let described = Described {
                ids: Some(ids.ids()),
                n_rows: ids.len(),
                n_features,
                precision: Precision::Single,
                provenance: &provenance,
            };
            output.on_rows(|rows| rows.seek(SeekFrom::Start(0)))?;
            let mut rows = BufReader::with_capacity(crate::io::BUFFER_BYTES, &output.rows);
            described.write(&output.path, &mut |to| {
                io::copy(&mut rows, to)?;
                Ok(())
            })?;
        }
        // The record is deleted last: without it, the row files are ignored.
        for output in &self.outputs {
            remove(&output.rows_path)?;
        }
        remove(&self.path)?;
        let named = |(place, reason): (usize, String)| {
            (
                self.stimuli.id(place).unwrap_or_default().to_owned(),
                reason,
            )
        };
        Ok(ExtractionResult {
            n_images: kept.len(),
            n_features: self.record.n_features,
            n_resumed,
            skipped: self.record.skipped.into_iter().map(named).collect(),
        })
    }
}

impl Output {
    fn open(path: PathBuf) -> Result<Self> {
        let rows_path = beside(&path, ".partial");
        let rows = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&rows_path)
            .map_err(|source| FileError::Write {
                path: rows_path.clone(),
                source,
            })?;
        Ok(Self {
            path,
            rows_path,
            rows,
        })
    }

    fn on_rows<R>(&mut self, work: impl FnOnce(&mut File) -> io::Result<R>) -> Result<R> {
        work(&mut self.rows).map_err(|source| {
            FileError::Write {
                path: self.rows_path.clone(),
                source,
            }
            .into()
        })
    }
}

fn read_record(path: &Path) -> Result<Option<Record>> {
    match std::fs::read(path) {
        // A damaged record is ignored: the extraction starts from the beginning.
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::unreadable(path, source)),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn remove(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(|source| {
        FileError::Write {
            path: path.into(),
            source,
        }
        .into()
    })
}
