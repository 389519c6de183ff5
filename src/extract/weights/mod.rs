//! Parameters of networks, from checkpoints, from memory or random.

mod after;
mod before;
mod beside;
pub(in crate::extract) mod configuration;
mod configurations;
mod container;
mod convention;
mod conventions;
mod copies;
mod heads;
mod hub_config;
mod image_processor;
pub(in crate::extract) mod images_config;
mod listing;
mod names;
mod open_clip_config;
mod opened;
mod other;
mod place;
mod problems;
mod pth;
mod random;
mod reader;
mod request;
mod selected;
mod selection;
mod timm_config;
mod training;
mod training_images;
mod variants;
mod windows;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::ArrayD;

pub(in crate::extract) use random::Random;
pub use selected::SelectedWeights;

use crate::error::{Error, Result};
use crate::extract::outline::Expected;
use crate::extract::preprocess::described::DescribedIn;
use configurations::Configurations;
use container::Container;
use listing::{Listing, Training};
use names::{Keys, under, unknown, without_wrappers};
use opened::Opened;
use request::Request;
use selection::select;

/// The parameters of a network.
///
/// The parameters that fit a network are found in a file at any depth and under any prefix, beside
/// anything else, with the names of torchvision, timm, open_clip or Hugging Face transformers. If
/// several sets fit, as those of a teacher and a student, [`with_key`](Self::with_key) chooses one.
/// Parameters of modules after the taps of the network may be missing.
///
/// ```no_run
/// use human_alignment::extract::Weights;
///
/// let imagenet = Weights::read("resnet50.safetensors")?;
/// let teacher = Weights::read("dino_checkpoint.pth")?.with_key("teacher")?;
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
    Stored(Box<Stored>),
}

/// Stored parameters with the mapping from their current to their stored names.
#[derive(Debug, Clone)]
struct Stored {
    container: Container,
    listing: Arc<Listing>,
    keys: Keys,
    training: Arc<Training>,
    /// Path of the file, if the parameters are in a file.
    path: Option<PathBuf>,
    hash: String,
    /// Prefix that the user selected.
    prefix: String,
    /// What the user selected and renamed, for the fingerprint.
    changes: Vec<String>,
    absent: Vec<String>,
    /// Whether the user selected the parameters whose names are those of the network.
    is_at_root: bool,
    /// The epsilon of all normalizations, if the user named it.
    epsilon: Option<f64>,
}

impl Weights {
    /// Reads the names of the parameters in a file: `.safetensors`, a checkpoint of PyTorch in
    /// either of its formats (of any extension), or the index of a divided file
    /// (`.safetensors.index.json`, `.bin.index.json`).
    ///
    /// The format is determined from the content. Checksums are verified where the format has them;
    /// nothing in a pickle is executed. The values are read when a network is built; other floats
    /// and integers are converted to `f32`.
    ///
    /// # Errors
    /// Returns `FileError::Read` if the file cannot be read. Also returns, within `Context::File`,
    /// `FileError::Malformed` if the file or one of settings beside it is damaged or of another format,
    /// or if it has no parameters by name, such as a TorchScript or a whole module.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let in_file = |error: Error| error.in_file(path);
        let container = Container::open(path).map_err(in_file)?;
        Self::stored(container, Some(path.to_owned())).map_err(in_file)
    }

    /// Creates weights from tensors in memory, by name.
    pub fn from_tensors(tensors: impl IntoIterator<Item = (String, ArrayD<f32>)>) -> Self {
        let tensors: BTreeMap<String, ArrayD<f32>> = tensors.into_iter().collect();
        let container = Container::Memory(tensors.into());
        Self::stored(container, None).expect("tensors in memory can be listed")
    }

    fn stored(container: Container, path: Option<PathBuf>) -> Result<Self> {
        let (listing, training) = container.list()?;
        Ok(Self {
            origin: Origin::Stored(Box::new(Stored {
                hash: container.hash()?,
                training: training.into(),
                keys: listing
                    .keys()
                    .map(|name| (name.clone(), name.clone()))
                    .collect(),
                listing: listing.into(),
                container,
                path,
                prefix: String::new(),
                changes: Vec::new(),
                absent: Vec::new(),
                is_at_root: false,
                epsilon: None,
            })),
        })
    }

    /// Creates randomly initialized weights; the same seed gives the same bits.
    ///
    /// Convolution kernels are He-normal (fan-out), linear layers Xavier-uniform, and embeddings
    /// normal with a standard deviation of 0.02. Biases are 0, and normalization layers are the
    /// identity.
    pub fn random(seed: u64) -> Self {
        Self {
            origin: Origin::Random { seed },
        }
    }

    /// Selects the parameters under a key, such as `teacher`, `state_dict_ema` or
    /// `module.encoder_q`: those whose names begin with it and a dot. An empty key selects the set of
    /// parameters whose names are those of the network.
    ///
    /// # Errors
    /// Returns the errors of [`with_prefix`](Self::with_prefix).
    pub fn with_key(mut self, key: &str) -> Result<Self> {
        if key.is_empty() {
            if let Origin::Stored(stored) = &mut self.origin {
                stored.is_at_root = true;
                stored.changes.push("key \"\"".to_owned());
            }
            return Ok(self);
        }
        self.with_prefix(&format!("{}.", key.trim_end_matches('.')))
    }

    /// Selects the parameters whose names begin with `prefix`, such as `module.`, `backbone.` or
    /// `visual.`, and removes the prefix. If no name begins with it, it is looked for after the
    /// names of nested dictionaries. Random weights are returned unchanged.
    ///
    /// # Errors
    /// Returns [`ArgumentError::UnknownName`](crate::error::ArgumentError::UnknownName), with some of the names, if no name has the prefix,
    /// and [`ExtractError::AmbiguousWeights`](crate::error::ExtractError::AmbiguousWeights) if it occurs in several dictionaries.
    pub fn with_prefix(mut self, prefix: &str) -> Result<Self> {
        if let Origin::Stored(stored) = &mut self.origin {
            stored.keys = under(&stored.keys, prefix)?;
            stored.changes.push(format!("prefix {prefix}"));
            stored.prefix += prefix;
        }
        Ok(self)
    }

    /// Replaces `from` by `to` in the names of parameters, at the beginning of a name or after a
    /// dot. Random weights are returned unchanged.
    ///
    /// # Errors
    /// Returns [`ArgumentError::UnknownName`](crate::error::ArgumentError::UnknownName), with some of the names, if no name has `from` there,
    /// and [`ArgumentError::InvalidParameter`](crate::error::ArgumentError::InvalidParameter) if two parameters would have the same name.
    pub fn renamed(mut self, from: &str, to: &str) -> Result<Self> {
        if let Origin::Stored(stored) = &mut self.origin {
            let renamed = |key: &String| {
                names::beginnings(key)
                    .find_map(|at| {
                        let rest = key[at..].strip_prefix(from)?;
                        Some(format!("{}{to}{rest}", &key[..at]))
                    })
                    .unwrap_or_else(|| key.clone())
            };
            let mut keys = Keys::new();
            for (key, name) in &stored.keys {
                let new = renamed(key);
                if keys.insert(new.clone(), name.clone()).is_some() {
                    let expected = "a renaming after which all names differ";
                    return Err(Error::parameter(
                        "rename",
                        expected,
                        format_args!("two parameters named {new}"),
                    ));
                }
            }
            if keys == stored.keys && from != to {
                let names = stored.keys.keys().map(String::as_str);
                return Err(unknown("name of a parameter", from, names));
            }
            stored.keys = keys;
            stored.changes.push(format!("rename {from}={to}"));
        }
        Ok(self)
    }

    /// Ignores parameters whose names begin with `prefix`, such as those of a projection that the
    /// network does not have.
    ///
    /// They are not read, and modules after the taps do not need them. Parameters of modules before
    /// the taps cannot be ignored. Random weights are returned unchanged.
    ///
    /// # Errors
    /// Returns [`ArgumentError::UnknownName`](crate::error::ArgumentError::UnknownName), with some of the names, if no name has `prefix` at its
    /// beginning or after a dot.
    pub fn without(mut self, prefix: &str) -> Result<Self> {
        if let Origin::Stored(stored) = &mut self.origin {
            // Names are compared without modules that only wrap others.
            let prefix = match without_wrappers(prefix) {
                short if short.trim_matches('.').is_empty() => prefix.to_owned(),
                short => short,
            };
            let is_there = |name: &String| {
                let short = without_wrappers(name);
                [name, &short].into_iter().any(|name| {
                    let mut beginnings = names::beginnings(name);
                    beginnings.any(|at| name[at..].starts_with(&prefix))
                })
            };
            // Tensors that the user did not select are considered too.
            if !stored
                .keys
                .keys()
                .chain(stored.listing.keys())
                .any(is_there)
            {
                let names = stored.keys.keys().map(String::as_str);
                return Err(unknown(
                    "beginning of the name of a parameter",
                    &prefix,
                    names,
                ));
            }
            stored.absent.push(prefix);
        }
        Ok(self)
    }

    /// Sets the epsilon of all normalizations of the network, where it is not that of the architecture:
    /// no parameter shows it. It is 0 in the published detectors of torchvision (`COCO_V1`). Random
    /// weights are returned unchanged.
    ///
    /// # Errors
    /// Returns [`ArgumentError::InvalidParameter`](crate::error::ArgumentError::InvalidParameter) if `epsilon` is negative or not finite.
    pub fn with_epsilon(mut self, epsilon: f64) -> Result<Self> {
        if !(epsilon >= 0.0 && epsilon.is_finite()) {
            let expected = "a finite number of at least 0";
            return Err(Error::parameter("epsilon", expected, epsilon));
        }
        if let Origin::Stored(stored) = &mut self.origin {
            stored.epsilon = Some(epsilon);
            stored.changes.push(format!("epsilon {epsilon}"));
        }
        Ok(self)
    }

    /// Returns the names of the parameters; none for random weights, which provide any parameter.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let keys = match &self.origin {
            Origin::Stored(stored) => Some(stored.keys.keys()),
            Origin::Random { .. } => None,
        };
        keys.into_iter().flatten().map(String::as_str)
    }

    /// Returns the paths of the files that hold the parameters.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let container = match &self.origin {
            Origin::Stored(stored) => Some(stored.container.files()),
            Origin::Random { .. } => None,
        };
        container.into_iter().flatten()
    }

    /// Returns the fingerprint for the provenance of features: the SHA-256 hash of the file or of
    /// the tensors, in hexadecimal digits, followed by selections and renamings, or
    /// `random, seed …`.
    pub fn fingerprint(&self) -> String {
        match &self.origin {
            Origin::Random { seed } => format!("random, seed {seed}"),
            Origin::Stored(stored) => {
                let changes = stored.changes.iter().map(String::as_str);
                let parts: Vec<&str> = [stored.hash.as_str()].into_iter().chain(changes).collect();
                parts.join(", ")
            }
        }
    }

    /// Finds the parameters for a network.
    pub(in crate::extract) fn open(&self, expected: &Expected<'_>) -> Result<Opened<'_>> {
        let stored = match &self.origin {
            &Origin::Random { seed } => return Ok(Opened::random(seed, self.fingerprint())),
            Origin::Stored(stored) => stored,
        };
        let request = Request {
            keys: &stored.keys,
            listing: &stored.listing,
            absent: &stored.absent,
            training: &stored.training,
            is_at_root: stored.is_at_root,
            epsilon: stored.epsilon,
        };
        let (mut selection, outline) =
            select(&request, expected).map_err(|error| stored.locate(error))?;
        let mut fingerprint = self.fingerprint();
        let of_training = training_images::described(&stored.training, expected);
        let of_training = of_training.map(|described| (DescribedIn::Checkpoint, described));
        let mut described = Vec::from_iter(of_training);
        let mut configurations = Configurations::default();
        if let Some(path) = &stored.path {
            variants::check_file(path, expected).map_err(|error| stored.locate(error))?;
            fingerprint += beside::deviate_by_name(path, &mut selection, expected);
            configurations = Configurations::beside(path)?;
            described.extend(images_config::described(&configurations));
            let of_name = variants::described_by_name(path, expected);
            described.extend(of_name.map(|described| (DescribedIn::FileName, described)));
        }
        fingerprint += &configurations.apply(&mut selection, stored.epsilon, expected)?;
        if let Some(epsilon) = stored.epsilon {
            selection.deviations.epsilon = Some(epsilon);
        }
        let opened = Opened::found(stored, fingerprint, selection, outline, expected);
        heads::check_positions(&opened, &stored.training, expected)?;
        windows::check_coordinates(&opened, expected)?;
        Ok(opened.with_descriptions(described, configurations.describe_network()))
    }
}

impl Stored {
    fn locate(&self, error: Error) -> Error {
        match &self.path {
            Some(path) => error.in_file(path),
            None => error,
        }
    }
}
