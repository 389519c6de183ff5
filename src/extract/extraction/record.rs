//! The record of an unfinished extraction: its settings and its progress.

use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::batches::UnreadablePolicy;
use super::shard::Part;
use crate::error::{Error, ExtractError, FileError, Result};
use crate::io::atomic::write_atomically;
use crate::io::digest::hex;
use crate::representation::Provenance;

/// All settings on which the rows depend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Version of this crate.
    pub version: String,
    /// Model, tap, weights and preprocessing of each output.
    pub provenances: Vec<Provenance>,
    /// Kind of device, as results depend on it.
    pub device: String,
    pub unreadable: UnreadablePolicy,
    /// The number of pixels above which images are skipped, if unreadable images are.
    pub skipped_above: Option<u64>,
    pub shard: Option<Part>,
    /// Hash of the ids of all images, in order.
    pub stimuli: String,
}

impl Settings {
    /// Returns the first difference from `other`, for an error message.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        let differences = [
            (
                self.provenances != other.provenances,
                "with another network, weights, tap or preprocessing",
            ),
            (self.shard != other.shard, "of another shard"),
            (self.stimuli != other.stimuli, "of other images"),
            (
                self.unreadable != other.unreadable,
                "with another handling of unreadable images (--skip-unreadable)",
            ),
            (
                self.skipped_above != other.skipped_above,
                "with another limit of the pixels of an image (--max-pixels)",
            ),
            (self.device != other.device, "on another device (--device)"),
            (
                self.version != other.version,
                "by another version of the program",
            ),
        ];
        let differing = differences.into_iter().find(|(is_other, _)| *is_other);
        differing.map(|(_, difference)| difference)
    }
}

/// Settings and progress of an extraction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub settings: Settings,
    /// Number of features of each output; empty before the first image.
    pub n_features: Vec<usize>,
    /// Number of images processed so far.
    pub n_done: usize,
    /// Positions of the skipped images, and the reasons.
    pub skipped: Vec<(usize, String)>,
    /// Hash of the contents of the images processed so far.
    pub images: Chain,
    /// Hash of the rows of each output.
    pub rows: Vec<Chain>,
    /// Hash of the record with an empty text in this place.
    sha256: String,
}

impl Record {
    /// Creates the record of an extraction that begins.
    pub fn new(settings: Settings) -> Self {
        Self {
            rows: vec![Chain::default(); settings.provenances.len()],
            settings,
            n_features: Vec::new(),
            n_done: 0,
            skipped: Vec::new(),
            images: Chain::default(),
            sha256: String::new(),
        }
    }

    /// Reads the record of an extraction of `n_images` images with the same settings; returns `None`
    /// if there is no file.
    ///
    /// # Errors
    /// Returns [`ExtractError::OtherExtraction`] if the settings differ or the file is damaged, and
    /// [`FileError::Read`].
    pub fn read(path: &Path, settings: &Settings, n_images: usize) -> Result<Option<Self>> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(FileError::unreadable(path, source)),
        };
        let damaged = "whose record is damaged, or by another version of the program";
        let record: Self =
            serde_json::from_slice(&text).map_err(|_| other_extraction(path, damaged))?;
        if record.sha256 != record.hash() {
            return Err(other_extraction(path, damaged));
        }
        match record.settings.difference(settings) {
            None if record.is_consistent(n_images) => Ok(Some(record)),
            None => Err(other_extraction(path, damaged)),
            Some(difference) => Err(other_extraction(path, difference)),
        }
    }

    /// Checks the numbers, which the hash does not protect from other programs.
    fn is_consistent(&self, n_images: usize) -> bool {
        let n_outputs = self.settings.provenances.len();
        let is_ascending = self.skipped.is_sorted_by(|(a, _), (b, _)| a < b);
        let last = self.skipped.last().map(|&(last, _)| last);
        self.n_done <= n_images
            && is_ascending
            && last.is_none_or(|last| last < self.n_done)
            && self.rows.len() == n_outputs
            && (self.n_features.len() == n_outputs || self.n_rows() == 0)
    }

    /// Writes the record atomically.
    pub fn write(&mut self, path: &Path) -> Result<()> {
        self.sha256 = self.hash();
        write_atomically(path, |to| Ok(serde_json::to_writer(to, self)?))
    }

    /// Returns the number of rows of each output.
    pub fn n_rows(&self) -> usize {
        self.n_done - self.skipped.len()
    }

    fn hash(&self) -> String {
        let unsealed = Self {
            sha256: String::new(),
            ..self.clone()
        };
        let text = serde_json::to_vec(&unsealed).expect("numbers and strings");
        hex(&Sha256::digest(text))
    }
}

/// Returns the error for an unfinished extraction that cannot be continued.
pub(super) fn other_extraction(path: &Path, difference: &str) -> Error {
    let (path, difference) = (path.into(), difference.into());
    ExtractError::OtherExtraction { path, difference }.into()
}

/// The SHA-256 hash of a sequence, as text. An item can be added without those before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chain(String);

impl Chain {
    /// Adds an item: the new hash is that of the old one and the item.
    pub fn push(&mut self, item: &[u8]) {
        let hash = Sha256::new().chain_update(&self.0).chain_update(item);
        self.0 = hex(&hash.finalize());
    }
}
