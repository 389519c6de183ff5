//! The storage of parameters: files of several formats, or memory.

mod parts;

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::ArrayD;
use safetensors::Dtype;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use self::parts::Parts;
use super::listing::{Listing, StoredTensor, Training};
use super::pth::{Checkpoint, MAX_NAME_BYTES, is_legacy};
use super::training::settings;
use crate::error::{FileError, Result};
use crate::io::digest::{hash_of_file, hex};
use crate::io::safetensors::{MAX_HEADER, SafetensorsFile};
use crate::io::{Origin, extension, known_length, open_file, read_up_to};

/// Largest size of the index of a divided file, in bytes.
const MAX_INDEX_BYTES: u64 = 1 << 25;

/// The storage of parameters.
#[derive(Clone)]
pub(in crate::extract) enum Container {
    Safetensors(PathBuf),
    Pth(PathBuf),
    /// Several files, which an index lists.
    Parts(Arc<Parts>),
    Memory(Arc<BTreeMap<String, ArrayD<f32>>>),
}

/// The index of a file that is divided into several, in the layout of the Hugging Face hub.
#[derive(Deserialize)]
struct Index {
    /// Name of the file of each parameter; `None` for another JSON file, such as a configuration.
    weight_map: Option<BTreeMap<String, String>>,
}

/// The format of a file of parameters.
enum Format {
    Safetensors,
    Pth,
    /// An index of several files, of this length in bytes.
    Index {
        length: u64,
    },
}

impl Format {
    /// Determines the format of a file from its content.
    fn of(path: &Path) -> Result<Self> {
        // A pipe or device would be read forever.
        let file = open_file(path)?;
        let length = known_length(&file).unwrap_or_default();
        let mut start = [0; 512];
        let n = read_up_to(&mut { file }, &mut start)
            .map_err(|source| FileError::unreadable(path, source))?;
        let start = &start[..n];
        if start.starts_with(b"PK") || is_legacy(start) {
            return Ok(Self::Pth);
        }
        let header = start.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        let is_safetensors =
            header.is_some_and(|header| header <= MAX_HEADER) && start.get(8) == Some(&b'{');
        if is_safetensors {
            return Ok(Self::Safetensors);
        }
        if start.starts_with(b"{") {
            return Ok(Self::Index { length });
        }
        Err(FileError::malformed("weights", unknown(start)))
    }
}

impl Container {
    /// Opens a file in any of the formats.
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            let source = std::io::Error::new(ErrorKind::InvalidInput, describe_folder(path));
            return Err(FileError::unreadable(path, source));
        }
        if extension(path) == "distcp" {
            let problem = format!("it is a part of one: {CONVERT_DISTRIBUTED}");
            return Err(FileError::malformed("distributed checkpoint", problem));
        }
        match Format::of(path)? {
            Format::Safetensors => Ok(Self::Safetensors(path.into())),
            Format::Pth => Ok(Self::Pth(path.into())),
            Format::Index { length } => Self::open_parts(path, length),
        }
    }

    /// Opens the files that an index lists, which are in the same folder.
    fn open_parts(path: &Path, length: u64) -> Result<Self> {
        let origin = Origin::new(path, "index of weights");
        if length > MAX_INDEX_BYTES {
            return Err(origin.malformed(format!("it is longer than {MAX_INDEX_BYTES} bytes")));
        }
        let text = std::fs::read(path).map_err(|error| origin.unreadable(error))?;
        let index: Index =
            serde_json::from_slice(&text).map_err(|error| origin.malformed(error))?;
        let Some(weight_map) = index.weight_map else {
            return Err(origin.malformed(
                "it has no weight_map, so that it may be a configuration: name the file of weights \
                 beside it, such as model.safetensors",
            ));
        };
        let mut files: Vec<&str> = weight_map.values().map(String::as_str).collect();
        files.sort_unstable();
        files.dedup();
        if files.is_empty() {
            return Err(origin.malformed("it lists no files"));
        }
        let parts = files.into_iter().map(|name| {
            let is_name = Path::new(name).file_name() == Some(name.as_ref());
            if !is_name {
                return Err(origin.malformed(format!("{name:?} is not the name of a file")));
            }
            let part = path.with_file_name(name);
            let part = match Format::of(&part).map_err(|error| error.in_file(&part))? {
                Format::Safetensors => Self::Safetensors(part),
                Format::Pth => Self::Pth(part),
                Format::Index { .. } => {
                    return Err(origin.malformed(format!("{name:?} is an index itself")));
                }
            };
            Ok((name.to_owned(), part))
        });
        let files = parts.collect::<Result<_>>()?;
        Ok(Self::Parts(Arc::new(Parts { files, weight_map })))
    }

    /// Returns the names and shapes of all parameters, and what was stored about their
    /// training, after verifying checksums where the format has them.
    pub fn list(&self) -> Result<(Listing, Training)> {
        let (listing, mut training) = self.list_alone()?;
        if let Some(path) = self.files().first() {
            training.settings.extend(settings::beside(path)?);
        }
        Ok((listing, training))
    }

    /// Returns the same without what files beside the parameters say.
    fn list_alone(&self) -> Result<(Listing, Training)> {
        let mut training = Training::default();
        let listing = match self {
            Self::Safetensors(path) => {
                let file = SafetensorsFile::open(path)?;
                for (name, text) in file.notes() {
                    let text = Value::String(text.to_owned());
                    settings::collect(&settings::plain(name), &text, &mut training.settings);
                }
                let tensors = file.tensors().into_iter();
                tensors
                    .map(|(name, info)| {
                        if name.len() > MAX_NAME_BYTES {
                            let reason = format!("a parameter has a name of {} bytes", name.len());
                            return Err(FileError::malformed("safetensors file", reason));
                        }
                        let is_float = matches!(
                            info.dtype,
                            Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16
                        );
                        let tensor = StoredTensor {
                            shape: info.shape.clone(),
                            is_float,
                            dictionary: 0,
                            place: None,
                        };
                        Ok((name, tensor))
                    })
                    .collect::<Result<_>>()?
            }
            Self::Pth(path) => {
                let mut file = Checkpoint::open(path)?;
                file.verify()?;
                training = Training {
                    named: file.named_architectures(),
                    settings: file.settings(),
                };
                file.list()
            }
            Self::Parts(parts) => {
                let (listing, of_parts) = parts.list()?;
                training = of_parts;
                listing
            }
            Self::Memory(tensors) => tensors
                .iter()
                .map(|(name, tensor)| {
                    let shape = tensor.shape().to_vec();
                    (
                        name.clone(),
                        StoredTensor {
                            shape,
                            is_float: true,
                            dictionary: 0,
                            place: None,
                        },
                    )
                })
                .collect(),
        };
        Ok((listing, training))
    }

    /// Returns the SHA-256 hash of the file, of the hashes of several files, or of the tensors with
    /// their names and shapes.
    pub fn hash(&self) -> Result<String> {
        match self {
            Self::Safetensors(path) | Self::Pth(path) => hash_of_file(path),
            Self::Parts(parts) => {
                let mut digest = Sha256::new();
                for (_, part) in &parts.files {
                    digest.update(part.hash()?);
                }
                Ok(hex(&digest.finalize()))
            }
            Self::Memory(tensors) => Ok(hash_of_tensors(tensors)),
        }
    }

    /// Opens the parameters to read their values.
    pub fn reader(&self) -> Result<ValueReader<'_>> {
        Ok(match self {
            Self::Safetensors(path) => ValueReader::Safetensors(SafetensorsFile::open(path)?),
            Self::Pth(path) => ValueReader::Pth(Checkpoint::open(path)?),
            Self::Parts(parts) => {
                let readers = parts
                    .files
                    .iter()
                    .map(|(_, part)| part.reader().map_err(|error| part.locate(error)));
                ValueReader::Parts(parts, readers.collect::<Result<_>>()?)
            }
            Self::Memory(tensors) => ValueReader::Memory(tensors),
        })
    }

    /// Returns the paths of the files.
    pub fn files(&self) -> Vec<&Path> {
        match self {
            Self::Safetensors(path) | Self::Pth(path) => vec![path],
            Self::Parts(parts) => {
                let parts = parts.files.iter();
                parts.flat_map(|(_, part)| part.files()).collect()
            }
            Self::Memory(_) => Vec::new(),
        }
    }

    pub fn locate(&self, error: crate::error::Error) -> crate::error::Error {
        match self {
            Self::Safetensors(path) | Self::Pth(path) => error.in_file(path),
            Self::Parts(_) | Self::Memory(_) => error,
        }
    }
}

impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Safetensors(path) | Self::Pth(path) => path.fmt(f),
            Self::Parts(_) => self.files().fmt(f),
            Self::Memory(tensors) => write!(f, "{} tensors", tensors.len()),
        }
    }
}

/// Opened parameters.
pub(super) enum ValueReader<'c> {
    Safetensors(SafetensorsFile),
    Pth(Checkpoint),
    Parts(&'c Parts, Vec<ValueReader<'c>>),
    Memory(&'c BTreeMap<String, ArrayD<f32>>),
}

impl ValueReader<'_> {
    /// Reads the values of a tensor, row-major, or returns `None` if there is no such tensor.
    pub fn read(&mut self, name: &str) -> Result<Option<Vec<f32>>> {
        match self {
            Self::Safetensors(file) => {
                let Some(mut reader) = file.tensor(name)? else {
                    return Ok(None);
                };
                let is_matrix = reader.shape().len() > 1;
                let values: Vec<f32> = reader.read_row_major()?;
                let is_zero = is_matrix && values.iter().all(|&value| value == 0.0);
                match is_zero && file.ends_in_zeros(name)? {
                    false => Ok(Some(values)),
                    true => Err(file.malformed(
                        "only zeros follow in the middle of its parameters, so that it was not written to its \
                         end: download or copy it again",
                    )),
                }
            }
            Self::Pth(file) => file.read(name),
            Self::Parts(parts, readers) => {
                for ((file, _), part) in parts.files.iter().zip(readers) {
                    if !parts.is_copy(name, file)
                        && let Some(values) = part.read(name)?
                    {
                        return Ok(Some(values));
                    }
                }
                Ok(None)
            }
            Self::Memory(tensors) => Ok(tensors
                .get(name)
                .map(|tensor| tensor.iter().copied().collect())),
        }
    }
}

/// Returns what a file is that is not a checkpoint, and what to do.
fn unknown(start: &[u8]) -> &'static str {
    /// Position of the magic number of tar archives.
    const TAR: usize = 257;

    if start.is_empty() {
        "the file is empty"
    } else if start.starts_with(b"version https://git-lfs") {
        "this is a pointer of Git LFS, not the file itself: fetch it with `git lfs pull`"
    } else if start.starts_with(b"\x89HDF") {
        "this is an HDF5 file, as Keras writes: only weights of PyTorch and .safetensors can be read"
    } else if start.starts_with(b"\x1f\x8b") {
        "this file is compressed with gzip: decompress it first"
    } else if start
        .get(TAR..)
        .is_some_and(|rest| rest.starts_with(b"ustar"))
    {
        "this is a tar archive: unpack it, or, if PyTorch wrote it before version 0.2, load it with \
         torch.load and save it again with torch.save"
    } else if start.starts_with(b"<") {
        "this is a web page, not the file itself: download the file again"
    } else if start.starts_with(b"\x93NUMPY") {
        "this is one array of NumPy, without names: write the parameters as .safetensors"
    } else if start.first() == Some(&0x80) {
        "this is a pickle that torch.save did not write: load it in Python, and save a dictionary of \
         tensors with torch.save"
    } else {
        "it is neither a .safetensors file nor a checkpoint of PyTorch: load it with the program that \
         wrote it, and save the parameters with torch.save or as .safetensors"
    }
}

/// What to do with a distributed checkpoint.
const CONVERT_DISTRIBUTED: &str = "convert its folder with \
     torch.distributed.checkpoint.format_utils.dcp_to_torch_save";

/// Describes a folder that is given instead of a file of weights, with what to name instead.
fn describe_folder(path: &Path) -> String {
    const USUAL: [&str; 6] = [
        "model.safetensors.index.json",
        "model.safetensors",
        "open_clip_model.safetensors",
        "pytorch_model.bin.index.json",
        "pytorch_model.bin",
        "open_clip_pytorch_model.bin",
    ];
    if path.join(".metadata").exists() {
        return format!("it is a folder of a distributed checkpoint: {CONVERT_DISTRIBUTED}");
    }
    let usual = USUAL.iter().find(|name| path.join(name).exists());
    let example = usual.map(|name| format!(", {name}")).unwrap_or_default();
    format!("it is a folder: name the file of weights in it{example}")
}

/// Returns the SHA-256 hash of tensors with their names and shapes.
fn hash_of_tensors(tensors: &BTreeMap<String, ArrayD<f32>>) -> String {
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
