//! What a study keeps on disk, under hashes of all that it depends on.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{FileError, Result};
use crate::fingerprint::Fingerprint;
use crate::io::atomic::write_atomically;
use crate::representation::{FileSource, Representation};
use crate::transform::LinearTransform;

/// A folder of results, or none. Whatever can't be read there is computed again; what can't be
/// written is an [`FileError::Write`], and nothing else in a study is.
pub(super) struct Cache {
    folder: Option<PathBuf>,
}

/// To be raised with each change of what a study computes from the same data and settings.
const REVISION: &str = "revision 2";

/// The name of a result: the hash of what it is, of what it depends on, and of the version of this crate.
pub(super) struct Key(String);

impl Key {
    pub fn of(kind: &str, depends_on: &[&str]) -> Self {
        let mut fingerprint = Fingerprint::new(kind);
        fingerprint.text(env!("CARGO_PKG_VERSION"));
        fingerprint.text(REVISION);
        for part in depends_on {
            // So that no two lists run into the same text.
            fingerprint.text(&format!("\n{}:", part.len()));
            fingerprint.text(part);
        }
        Self(fingerprint.finish())
    }
}

impl Cache {
    pub fn open(folder: Option<PathBuf>) -> Result<Self> {
        if let Some(folder) = &folder {
            fs::create_dir_all(folder).map_err(|source| FileError::Write {
                path: folder.clone(),
                source,
            })?;
        }
        Ok(Self { folder })
    }

    /// Numbers: as they were found before, or as they are computed now.
    pub fn numbers<V: Serialize + DeserializeOwned>(
        &self,
        key: &Key,
        compute: impl FnOnce() -> Result<V>,
    ) -> Result<V> {
        let read = |path: &Path| {
            let bytes = fs::read(path).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        let write = |value: &V, path: &Path| {
            write_atomically(path, |file| Ok(serde_json::to_writer(file, value)?))
        };
        self.kept(key, "json", read, write, compute)
    }

    pub fn features(
        &self,
        key: &Key,
        compute: impl FnOnce() -> Result<Representation>,
    ) -> Result<Representation> {
        let read = |path: &Path| FileSource::open(path).ok()?.read().ok();
        let write = |features: &Representation, path: &Path| features.write(path);
        self.kept(key, "safetensors", read, write, compute)
    }

    pub fn transform(
        &self,
        key: &Key,
        compute: impl FnOnce() -> Result<LinearTransform>,
    ) -> Result<LinearTransform> {
        let read = |path: &Path| LinearTransform::read(path).ok();
        let write = |transform: &LinearTransform, path: &Path| transform.write(path);
        self.kept(key, "safetensors", read, write, compute)
    }

    fn kept<V>(
        &self,
        key: &Key,
        ending: &str,
        read: impl FnOnce(&Path) -> Option<V>,
        write: impl FnOnce(&V, &Path) -> Result<()>,
        compute: impl FnOnce() -> Result<V>,
    ) -> Result<V> {
        let Some(folder) = &self.folder else {
            return compute();
        };
        let path = folder.join(format!("{}.{ending}", key.0));
        if path.exists()
            && let Some(value) = read(&path)
        {
            return Ok(value);
        }
        let value = compute()?;
        write(&value, &path)?;
        Ok(value)
    }
}
