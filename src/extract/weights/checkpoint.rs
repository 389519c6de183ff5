//! Parameters from files or memory, and the comparison with the parameters that a network needs.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::ArrayD;
use sha2::{Digest, Sha256};

use super::pth::Checkpoint;
use crate::error::{Error, ExtractError, FileError, Numbers, Result};
use crate::extract::builder::{Entry, Init, Parameters};
use crate::io::digest::{Hashing, hex};
use crate::io::safetensors::SafetensorsFile;
use crate::io::{extension, open, read_up_to};

/// Map from the names of parameters to their names in the file.
pub(in crate::extract) type Keys = BTreeMap<String, String>;

/// Renames parameters, except those whose new name is already taken.
pub(super) fn rename(keys: &Keys, new_name: impl Fn(&str) -> String) -> Keys {
    let renamed = |(key, stored): (&String, &String)| match new_name(key) {
        name if keys.contains_key(&name) => (key.clone(), stored.clone()),
        name => (name, stored.clone()),
    };
    keys.iter().map(renamed).collect()
}

/// The storage of parameters.
#[derive(Clone)]
pub(in crate::extract) enum Container {
    Safetensors(PathBuf),
    Pth(PathBuf),
    Memory(Arc<BTreeMap<String, ArrayD<f32>>>),
}

impl Container {
    /// Determines the format of a file from its extension and its first bytes.
    pub fn open(path: &Path) -> Result<Self> {
        let mut start = [0; 64];
        let n = read_up_to(&mut open(path)?, &mut start).map_err(|source| FileError::Read {
            path: path.into(),
            source,
        })?;
        let start = &start[..n];
        let malformed = |format, reason: &str| {
            Error::from(FileError::Malformed {
                format,
                source: reason.into(),
            })
        };
        if start.starts_with(b"version https://git-lfs") {
            return Err(malformed(
                "weights",
                "this is a pointer of Git LFS, not the file itself: fetch it with `git lfs pull`",
            ));
        }
        match extension(path).as_str() {
            "safetensors" => Ok(Self::Safetensors(path.into())),
            "pth" | "pt" | "bin" | "ckpt" | "tar" if start.starts_with(b"PK") => {
                Ok(Self::Pth(path.into()))
            }
            "pth" | "pt" | "bin" | "ckpt" | "tar" => Err(malformed(
                "PyTorch checkpoint",
                "it is not of the format that PyTorch has written since version 1.6 (a zip archive): \
                 load it with torch.load and save it again with torch.save, or as safetensors",
            )),
            _ => Err(FileError::UnknownFormat {
                path: path.into(),
                expected: ".safetensors, .pth, .pt, .bin, .ckpt or .tar",
            }
            .into()),
        }
    }

    /// Returns the names of all parameters.
    pub fn keys(&self) -> Result<Keys> {
        let same = |key: String| (key.clone(), key);
        Ok(match self {
            Self::Safetensors(path) => {
                let file = SafetensorsFile::open(path)?;
                file.tensors().into_keys().map(same).collect()
            }
            Self::Pth(path) => {
                let file = Checkpoint::open(path)?;
                file.names().map(str::to_owned).map(same).collect()
            }
            Self::Memory(tensors) => tensors.keys().cloned().map(same).collect(),
        })
    }
}

impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Safetensors(path) | Self::Pth(path) => path.fmt(f),
            Self::Memory(tensors) => write!(f, "{} tensors", tensors.len()),
        }
    }
}

/// Returns the SHA-256 hash of a file.
pub(super) fn hash(path: &Path) -> Result<String> {
    let hashed = Hashing::new(open(path)?).finish_reading();
    let digest = hashed.map_err(|source| FileError::Read {
        path: path.into(),
        source,
    })?;
    Ok(digest.unwrap_or_default())
}

/// Returns the SHA-256 hash of tensors with their names and shapes.
pub(super) fn hash_of_tensors(tensors: &BTreeMap<String, ArrayD<f32>>) -> String {
    let mut digest = Sha256::new();
    for (name, tensor) in tensors {
        digest.update((name.len() as u64).to_le_bytes());
        digest.update(name);
        digest.update((tensor.ndim() as u64).to_le_bytes());
        for &length in tensor.shape() {
            digest.update((length as u64).to_le_bytes());
        }
        for value in tensor {
            digest.update(value.to_le_bytes());
        }
    }
    hex(&digest.finalize())
}

/// A reader of parameters that records missing and misshapen ones.
pub(in crate::extract) struct Reader<'w> {
    open: RefCell<Open<'w>>,
    keys: Keys,
    absent: &'w [String],
    path: PathBuf,
    missing: RefCell<Vec<String>>,
    misshapen: RefCell<Vec<String>>,
}

enum Open<'w> {
    Safetensors(SafetensorsFile),
    Pth(Checkpoint),
    Memory(&'w BTreeMap<String, ArrayD<f32>>),
}

impl<'w> Reader<'w> {
    pub(super) fn new(
        container: &'w Container,
        keys: Keys,
        absent: &'w [String],
        path: PathBuf,
    ) -> Result<Self> {
        let open = match container {
            Container::Safetensors(path) => Open::Safetensors(SafetensorsFile::open(path)?),
            Container::Pth(path) => Open::Pth(Checkpoint::open(path)?),
            Container::Memory(tensors) => Open::Memory(tensors),
        };
        Ok(Self {
            open: RefCell::new(open),
            keys,
            absent,
            path,
            missing: RefCell::default(),
            misshapen: RefCell::default(),
        })
    }

    /// Checks that all parameters of the network were found and that the file has no others.
    ///
    /// # Errors
    /// Returns [`ExtractError::WeightsMismatch`] otherwise.
    pub fn finish(self, entries: &[Entry]) -> Result<()> {
        let known: BTreeSet<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        let unexpected = self.keys.keys().filter(|key| !known.contains(key.as_str()));
        let unexpected: Vec<String> = unexpected.cloned().collect();
        let missing = self.missing.into_inner();
        let misshapen = self.misshapen.into_inner();
        if missing.is_empty() && unexpected.is_empty() && misshapen.is_empty() {
            return Ok(());
        }
        let mismatch = ExtractError::WeightsMismatch {
            missing,
            unexpected,
            misshapen,
        };
        Err(Error::from(mismatch).in_file(&self.path))
    }

    fn shape(&self, stored: &str) -> Option<Vec<usize>> {
        match &*self.open.borrow() {
            Open::Safetensors(file) => Some(file.tensors().get(stored)?.shape.clone()),
            Open::Pth(file) => file.shape(stored),
            Open::Memory(tensors) => Some(tensors.get(stored)?.shape().to_vec()),
        }
    }

    fn read(&self, stored: &str) -> Result<Option<Vec<f32>>> {
        match &mut *self.open.borrow_mut() {
            Open::Safetensors(file) => match file.tensor(stored)? {
                Some(mut reader) => reader.read_row_major().map(Some),
                None => Ok(None),
            },
            Open::Pth(file) => file.read(stored),
            Open::Memory(tensors) => Ok(tensors
                .get(stored)
                .map(|tensor| tensor.iter().copied().collect())),
        }
    }
}

impl Parameters for Reader<'_> {
    fn stored_shape(&self, key: &str) -> Option<Vec<usize>> {
        self.shape(self.keys.get(key)?)
    }

    /// Returns the values of a parameter. An unavailable parameter is NaN; [`Reader::finish`]
    /// reports it unless it is marked as absent.
    fn values(&self, key: &str, shape: &[usize], _: Init) -> Result<Vec<f32>> {
        let nothing = || vec![f32::NAN; shape.iter().product()];
        if self.absent.iter().any(|prefix| key.starts_with(prefix)) {
            return Ok(nothing());
        }
        let Some(stored) = self.keys.get(key) else {
            self.missing.borrow_mut().push(key.to_owned());
            return Ok(nothing());
        };
        match self.shape(stored) {
            Some(found) if found != shape => {
                let mismatch = format!("{key}: {}, not {}", Numbers(&found), Numbers(shape));
                self.misshapen.borrow_mut().push(mismatch);
                Ok(nothing())
            }
            _ => match self
                .read(stored)
                .map_err(|error| error.in_file(&self.path))?
            {
                Some(values) => Ok(values),
                None => {
                    self.missing.borrow_mut().push(key.to_owned());
                    Ok(nothing())
                }
            },
        }
    }
}
