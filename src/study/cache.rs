//! The cache of a study: files whose names are hashes of all that their contents depend on.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{FileError, Result};
use crate::fingerprint::Fingerprint;
use crate::io::atomic::write_atomically;
use crate::io::digest::hash_of_file;
use crate::representation::{FileSource, Representation};
use crate::transform::LinearTransform;

/// A folder of results, or none. Beside each file is one with a hash of its name and content, its
/// seal: a result that was changed, cut short or exchanged with another one is computed again, like
/// one that cannot be read. A file that cannot be written is an [`FileError::Write`], and nothing
/// else in a study is.
pub(super) struct Cache {
    folder: Option<PathBuf>,
}

/// Revision of the computations, to be raised with each change of results from the same data and
/// settings.
const REVISION: u32 = 6;

/// The name of a result: the hash of its kind, of all that it depends on, and of the version of
/// this crate.
pub(super) struct Key(String);

impl Key {
    /// Creates a key from settings and fingerprints, by their JSON.
    pub fn of(kind: &str, depends_on: impl Serialize) -> Self {
        let parts = (env!("CARGO_PKG_VERSION"), REVISION, depends_on);
        let mut fingerprint = Fingerprint::new(kind);
        fingerprint.text(&serde_json::to_string(&parts).expect("settings and text"));
        Self(fingerprint.finish())
    }

    /// Returns the hash of the key and of the content of its file.
    fn seal(&self, content: &str) -> String {
        let mut seal = Fingerprint::new("entry of a cache");
        seal.text(&self.0);
        seal.text(content);
        seal.finish()
    }
}

impl Cache {
    pub fn open(folder: Option<&Path>) -> Result<Self> {
        if let Some(folder) = folder {
            fs::create_dir_all(folder).map_err(|source| FileError::Write {
                path: folder.into(),
                source,
            })?;
        }
        Ok(Self {
            folder: folder.map(Path::to_owned),
        })
    }

    /// Returns a value from the cache, or computes it.
    pub fn numbers<V: Serialize + DeserializeOwned>(
        &self,
        key: &Key,
        compute: impl FnOnce() -> Result<V>,
    ) -> Result<V> {
        let write = |value: &V, path: &Path| {
            write_atomically(path, |file| Ok(serde_json::to_writer(file, value)?))
        };
        self.kept(key, NUMBERS, read_numbers, write, compute)
    }

    /// Returns a value if it is in the cache.
    pub fn known_numbers<V: DeserializeOwned>(&self, key: &Key) -> Option<V> {
        let folder = self.folder.as_deref()?;
        Entry::new(folder, key, NUMBERS).read(key, read_numbers)
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
        extension: &str,
        read: impl FnOnce(&Path) -> Option<V>,
        write: impl FnOnce(&V, &Path) -> Result<()>,
        compute: impl FnOnce() -> Result<V>,
    ) -> Result<V> {
        let Some(folder) = &self.folder else {
            return compute();
        };
        let entry = Entry::new(folder, key, extension);
        if let Some(value) = entry.read(key, read) {
            return Ok(value);
        }
        let value = compute()?;
        write(&value, &entry.path)?;
        let seal = key.seal(&hash_of_file(&entry.path)?);
        write_atomically(&entry.seal_path, |file| file.write_all(seal.as_bytes()))?;
        Ok(value)
    }
}

/// Extension of the files of numbers.
const NUMBERS: &str = "json";

fn read_numbers<V: DeserializeOwned>(path: &Path) -> Option<V> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// The paths of a result and of its seal.
struct Entry {
    path: PathBuf,
    seal_path: PathBuf,
}

impl Entry {
    fn new(folder: &Path, key: &Key, extension: &str) -> Self {
        Self {
            path: folder.join(format!("{}.{extension}", key.0)),
            seal_path: folder.join(format!("{}.{extension}.seal", key.0)),
        }
    }

    /// Reads the result if it has its seal.
    fn read<V>(&self, key: &Key, read: impl FnOnce(&Path) -> Option<V>) -> Option<V> {
        let seal = fs::read_to_string(&self.seal_path).ok()?;
        let is_sealed = seal == key.seal(&hash_of_file(&self.path).ok()?);
        is_sealed.then(|| read(&self.path)).flatten()
    }
}
