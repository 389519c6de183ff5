//! Parameters of networks, from checkpoints, from memory or random.

mod checkpoint;
mod pth;
mod random;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ndarray::ArrayD;

pub(in crate::extract) use checkpoint::Reader;
use checkpoint::{Container, Keys};
pub(in crate::extract) use random::Random;

use crate::error::{ArgumentError, Error, Result};

/// The parameters of a network.
///
/// ```no_run
/// use human_alignment::extract::Weights;
///
/// let imagenet = Weights::read("resnet50.safetensors")?;
/// // A checkpoint of a self-supervised ResNet-50, which has no classifier.
/// let moco = Weights::read("moco_v2.pth")?
///     .with_prefix("module.encoder_q.")?
///     .without("fc.");
/// let untrained = Weights::random(1);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Weights {
    origin: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    Random { seed: u64 },
    Stored(Stored),
}

/// Stored parameters with the mapping from their current to their stored names.
#[derive(Debug, Clone)]
struct Stored {
    container: Container,
    keys: Keys,
    name: String,
    hash: String,
    absent: Vec<String>,
}

impl Weights {
    /// Reads the names of the parameters in a file: `.safetensors`, or a checkpoint written by
    /// PyTorch 1.6 or later (`.pth`, `.pt`, `.bin`, `.ckpt`, `.tar`).
    ///
    /// The values are read when a network is built; values of 16 bits are converted to `f32`.
    ///
    /// # Errors
    /// Returns `FileError::Read` if the file cannot be read. Also returns, within `Context::File`,
    /// `FileError::Malformed` if the file is damaged, a pointer of Git LFS or in the older format
    /// of PyTorch, and `FileError::UnknownFormat` for any other extension.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let in_file = |error: Error| error.in_file(path);
        let container = Container::open(path).map_err(in_file)?;
        let keys = container.keys().map_err(in_file)?;
        Ok(Self {
            origin: Origin::Stored(Stored {
                hash: checkpoint::hash(path)?,
                name: path.display().to_string(),
                container,
                keys,
                absent: Vec::new(),
            }),
        })
    }

    /// Creates weights from tensors in memory, by name.
    pub fn from_tensors(tensors: impl IntoIterator<Item = (String, ArrayD<f32>)>) -> Self {
        let tensors: BTreeMap<String, ArrayD<f32>> = tensors.into_iter().collect();
        Self {
            origin: Origin::Stored(Stored {
                hash: checkpoint::hash_of_tensors(&tensors),
                name: "tensors in memory".into(),
                keys: tensors
                    .keys()
                    .map(|key| (key.clone(), key.clone()))
                    .collect(),
                container: Container::Memory(tensors.into()),
                absent: Vec::new(),
            }),
        }
    }

    /// Creates randomly initialised weights; the same seed gives the same bits.
    ///
    /// Convolution kernels are He-normal (fan-out), linear layers Xavier-uniform, and embeddings
    /// normal with a standard deviation of 0.02. Biases are 0, and normalisation layers are the
    /// identity.
    pub fn random(seed: u64) -> Self {
        Self {
            origin: Origin::Random { seed },
        }
    }

    /// Selects the parameters whose names begin with `prefix`, such as `module.`, `backbone.` or
    /// `visual.`, and removes the prefix.
    ///
    /// # Errors
    /// Returns [`ArgumentError::UnknownName`], with some of the names, if no name begins with
    /// `prefix`.
    pub fn with_prefix(mut self, prefix: &str) -> Result<Self> {
        if let Origin::Stored(stored) = &mut self.origin {
            let stripped = |(key, stored): (&String, &String)| {
                Some((key.strip_prefix(prefix)?.to_owned(), stored.clone()))
            };
            let kept: Keys = stored.keys.iter().filter_map(stripped).collect();
            if kept.is_empty() {
                return Err(ArgumentError::UnknownName {
                    what: "prefix of parameters",
                    name: prefix.into(),
                    nearest: stored.keys.keys().take(3).cloned().collect(),
                }
                .into());
            }
            stored.keys = kept;
        }
        Ok(self)
    }

    /// Marks parameters whose names begin with `prefix` as absent, such as those of a discarded
    /// classifier.
    ///
    /// They are neither read nor required. Layers that use absent parameters compute NaN, so taps
    /// at or after such layers return an error.
    #[must_use]
    pub fn without(mut self, prefix: &str) -> Self {
        if let Origin::Stored(stored) = &mut self.origin {
            stored.keys.retain(|key, _| !key.starts_with(prefix));
            stored.absent.push(prefix.to_owned());
        }
        self
    }

    /// Returns the names of the parameters; none for random weights, which have any parameter.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let keys = match &self.origin {
            Origin::Stored(stored) => Some(stored.keys.keys()),
            Origin::Random { .. } => None,
        };
        keys.into_iter().flatten().map(String::as_str)
    }

    /// Returns the fingerprint for the provenance of features: the SHA-256 hash of the file or of
    /// the tensors, in hexadecimal digits, or `random, seed …`.
    pub fn fingerprint(&self) -> String {
        match &self.origin {
            Origin::Random { seed } => format!("random, seed {seed}"),
            Origin::Stored(stored) => stored.hash.clone(),
        }
    }

    /// Opens the parameters to build a network. `current_name` converts stored names to the names
    /// used by the network.
    pub(in crate::extract) fn open(
        &self,
        current_name: impl Fn(&str) -> String,
    ) -> Result<Source<'_>> {
        Ok(match &self.origin {
            Origin::Random { seed } => Source::Random(Random::new(*seed)),
            Origin::Stored(stored) => Source::Stored(Box::new(Reader::new(
                &stored.container,
                checkpoint::rename(&stored.keys, current_name),
                &stored.absent,
                PathBuf::from(&stored.name),
            )?)),
        })
    }
}

/// Opened parameters.
pub(in crate::extract) enum Source<'w> {
    Random(Random),
    Stored(Box<Reader<'w>>),
}
