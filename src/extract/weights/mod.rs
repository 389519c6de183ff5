//! The parameters of a network: from checkpoints, from memory, or drawn at random.

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

/// Parameters that are somewhere, under names that may have to be changed.
#[derive(Debug, Clone)]
struct Stored {
    container: Container,
    keys: Keys,
    name: String,
    hash: String,
    absent: Vec<String>,
}

impl Weights {
    /// Reads which parameters a file has: `.safetensors`, or a checkpoint that PyTorch wrote (`.pth`, `.pt`,
    /// `.bin`, `.ckpt`), as it has written them since version 1.6. Values of 16 bits become `f32`. Values are
    /// read when a network is built.
    ///
    /// # Errors
    /// [`Error::Read`]; within [`Error::InFile`]: [`Error::Malformed`], also for a pointer of Git LFS and for
    /// a checkpoint in the older format, with what to do about it; [`Error::UnknownFormat`].
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

    /// Parameters that are at hand, by name.
    pub fn of_tensors(tensors: impl IntoIterator<Item = (String, ArrayD<f32>)>) -> Self {
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

    /// Parameters that no training has touched: kernels are He-normal (by their outputs), linear layers
    /// Xavier-uniform, embeddings normal with standard deviation 0.02; biases are 0 and normalisations
    /// change nothing. The same seed gives the same bits.
    pub fn random(seed: u64) -> Self {
        Self {
            origin: Origin::Random { seed },
        }
    }

    /// Keeps the parameters whose names begin with this, and takes it off: `module.`, `backbone.`,
    /// `visual.`, …
    ///
    /// # Errors
    /// [`Error::UnknownName`] where no name does, with some that there are.
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

    /// Does without parameters whose names begin with this, such as those of a classifier that was thrown
    /// away: they are neither missed nor read. What a network computes with them is not a number, so that
    /// taps behind them are refused.
    #[must_use]
    pub fn without(mut self, prefix: &str) -> Self {
        if let Origin::Stored(stored) = &mut self.origin {
            stored.keys.retain(|key, _| !key.starts_with(prefix));
            stored.absent.push(prefix.to_owned());
        }
        self
    }

    /// The names of the parameters; none for random ones, which have whatever is asked for.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let keys = match &self.origin {
            Origin::Stored(stored) => Some(stored.keys.keys()),
            Origin::Random { .. } => None,
        };
        keys.into_iter().flatten().map(String::as_str)
    }

    /// What is recorded of them in the provenance of features: the SHA-256 of the file or of the tensors, in
    /// hexadecimal digits, or `random, seed …`.
    pub fn fingerprint(&self) -> String {
        match &self.origin {
            Origin::Random { seed } => format!("random, seed {seed}"),
            Origin::Stored(stored) => stored.hash.clone(),
        }
    }

    /// What a network is built from, whose parameters are now called what `current_name` makes of the
    /// names that are stored.
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

/// Parameters, ready to be read.
pub(in crate::extract) enum Source<'w> {
    Random(Random),
    Stored(Box<Reader<'w>>),
}
