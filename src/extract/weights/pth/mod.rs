//! Checkpoints written by PyTorch 1.6 or later: a zip archive with a pickle, which describes the
//! tensors, and the values of the tensors.
//!
//! Files are not trusted: declared sizes are compared with the data before memory is allocated, and
//! the checksums of all data that is read are verified.

mod pickle;
mod tensor;
#[cfg(test)]
mod tests;
mod value;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::read::ZipFile;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use self::pickle::Pickle;
use self::tensor::{MAX_NAME_BYTES, Tensor};
use self::value::{Id, Value};
use crate::error::{Error, FileError, Result};
use crate::io::element::ByteOrder;
use crate::io::{BUFFER_BYTES, Origin, open};
use crate::linalg::reserve;

/// Keys under which checkpoints store the parameters, unless they are at the top level.
const NESTED: [&str; 5] = ["state_dict", "model", "model_state_dict", "teacher", "net"];

/// Largest size of the pickle in bytes; about 100 bytes for each tensor are usual.
const MAX_PICKLE_BYTES: u64 = 1 << 25;

/// Name of the pickle within its folder.
const PICKLE: &str = "data.pkl";

/// An opened checkpoint with its parsed pickle.
pub(super) struct Checkpoint {
    archive: Archive,
    pickle: Pickle,
    /// The value of each tensor in the pickle, by name.
    tensors: BTreeMap<String, Id>,
    order: ByteOrder,
    /// Members of the archive whose checksums were verified.
    checked: HashSet<String>,
}

impl Checkpoint {
    /// Opens a checkpoint and finds the parameters.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the file cannot be read, and [`FileError::Malformed`], for a
    /// single tensor within `Context::Array`, if it is not a valid checkpoint.
    pub fn open(path: &Path) -> Result<Self> {
        let mut archive = Archive::open(path)?;
        let bytes = archive.read(PICKLE, MAX_PICKLE_BYTES)?;
        let pickle = Pickle::read(&bytes).map_err(|error| archive.origin.malformed(error))?;
        let order = match archive.has("byteorder") {
            true => archive.read("byteorder", 16)?,
            false => b"little".into(),
        };
        let order = match order.as_slice() {
            b"little" => ByteOrder::Little,
            b"big" => ByteOrder::Big,
            _ => return Err(archive.origin.malformed("its byte order is unknown")),
        };
        let tensors = tensors(&pickle).map_err(|error| archive.origin.malformed(error))?;
        if tensors.is_empty() {
            return Err(archive.origin.malformed(
                "it holds no tensors by name: save the state_dict of the model with torch.save",
            ));
        }
        for (name, &id) in &tensors {
            let tensor = Tensor::read(&pickle, id);
            tensor.map_err(|error| archive.origin.malformed(error).in_array(name))?;
        }
        Ok(Self {
            archive,
            pickle,
            tensors,
            order,
            checked: HashSet::new(),
        })
    }

    /// Returns the names of the tensors, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Returns the shape of a tensor, or `None` if there is no tensor with this name.
    pub fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.tensor(name).map(|tensor| tensor.shape)
    }

    /// Reads the values of a tensor, row-major. Returns `None` if there is no tensor with this
    /// name.
    ///
    /// # Errors
    /// Returns, within `Context::Array`, [`FileError::Malformed`] (also for a wrong checksum),
    /// [`FileError::Truncated`], [`FileError::UnsupportedElement`] or
    /// `ComputationError::OutOfMemory`.
    pub fn read(&mut self, name: &str) -> Result<Option<Vec<f32>>> {
        let Some(tensor) = self.tensor(name) else {
            return Ok(None);
        };
        let values = self.values(&tensor);
        values.map(Some).map_err(|error| error.in_array(name))
    }

    fn tensor(&self, name: &str) -> Option<Tensor> {
        Tensor::read(&self.pickle, *self.tensors.get(name)?).ok()
    }

    fn values(&mut self, tensor: &Tensor) -> Result<Vec<f32>> {
        let element = tensor.element(self.order)?;
        let name = format!("data/{}", tensor.storage);
        let origin = self.archive.origin.clone();
        let mut member = self.archive.member(&name)?;
        // The decompressed size of a compressed member can exceed the size of the file.
        if member.compression() != CompressionMethod::Stored {
            return Err(origin.malformed(
                "its values are compressed, which PyTorch does not do: save it again with torch.save",
            ));
        }
        let size = element.size() as u64;
        let n_values = tensor.n_values().ok_or_else(|| {
            origin.malformed("its values are not contiguous: save it with .contiguous()")
        })?;
        let start = tensor.offset as u64;
        let end = start.saturating_add(n_values).saturating_mul(size);
        if end > member.size() {
            return Err(FileError::Truncated {
                expected: end,
                found: member.size(),
            }
            .into());
        }
        let unreadable = |error| origin.unreadable(error);
        let skip = |reader: &mut dyn Read| std::io::copy(reader, &mut std::io::sink());
        skip(&mut member.by_ref().take(start * size)).map_err(unreadable)?;
        let mut values = Vec::new();
        reserve(&mut values, n_values as usize, "a tensor")?;
        let mut left = n_values * size;
        let mut buffer = vec![0; left.min(BUFFER_BYTES as u64) as usize];
        while left > 0 {
            let chunk = &mut buffer[..left.min(BUFFER_BYTES as u64) as usize];
            member.read_exact(chunk).map_err(unreadable)?;
            element.decode(chunk, &mut values);
            left -= chunk.len() as u64;
        }
        // The zip reader verifies the checksum at the end of the member.
        if !self.checked.contains(&name) {
            skip(&mut member).map_err(unreadable)?;
            self.checked.insert(name);
        }
        tensor
            .row_major(values)
            .map_err(|error| origin.malformed(error))
    }
}

/// Finds the tensors of a state_dict, at the top level or under one of the keys of [`NESTED`].
fn tensors(pickle: &Pickle) -> std::result::Result<BTreeMap<String, Id>, String> {
    let of = |id| {
        let mut tensors = BTreeMap::new();
        for &(name, value) in dict(pickle, id) {
            let Some(name) = pickle.text(name).filter(|_| Tensor::is(pickle, value)) else {
                continue;
            };
            if name.len() > MAX_NAME_BYTES {
                return Err(format!("a parameter has a name of {} bytes", name.len()));
            }
            if !tensors.contains_key(name) {
                tensors.insert(name.to_owned(), value);
            } else {
                return Err(format!("duplicate parameter {name:?}"));
            }
        }
        Ok(tensors)
    };
    let at_top = of(pickle.root())?;
    if !at_top.is_empty() {
        return Ok(at_top);
    }
    for key in NESTED {
        let mut items = dict(pickle, pickle.root()).iter();
        if let Some(&(_, nested)) = items.rfind(|&&(name, _)| pickle.text(name) == Some(key)) {
            let nested = of(nested)?;
            if !nested.is_empty() {
                return Ok(nested);
            }
        }
    }
    Ok(at_top)
}

/// Returns the items of a dictionary or the attributes of a TorchScript module; nothing for other
/// values.
fn dict(pickle: &Pickle, id: Id) -> &[(Id, Id)] {
    match pickle.value(id) {
        Value::Dict(items) => items,
        &Value::Built { object, state } => match (pickle.value(object), pickle.value(state)) {
            (&Value::Call { callable, .. }, Value::Dict(items))
                if pickle.global(callable) == Some("__torch__.Module") =>
            {
                items
            }
            _ => &[],
        },
        _ => &[],
    }
}

/// A zip archive, of which the members in the folder of the pickle are read.
struct Archive {
    zip: ZipArchive<BufReader<File>>,
    /// Name of the folder, with a slash at the end.
    folder: String,
    origin: Origin,
}

impl Archive {
    fn open(path: &Path) -> Result<Self> {
        let origin = Origin::new(path, "PyTorch checkpoint");
        let file = BufReader::with_capacity(BUFFER_BYTES, open(path)?);
        let zip = ZipArchive::new(file).map_err(|error| refused(&origin, error))?;
        // Duplicate names are ambiguous.
        if zip.has_duplicate_names() {
            return Err(origin.malformed("two members have the same name"));
        }
        let mut folder = None;
        for name in zip.file_names() {
            let name: Cow<'_, str> = name.map_err(|error| refused(&origin, error))?;
            let found = name.strip_suffix(PICKLE);
            if let Some(found) = found.filter(|found| found.is_empty() || found.ends_with('/')) {
                if folder.is_some() {
                    return Err(origin.malformed("it holds several pickles"));
                }
                folder = Some(found.to_owned());
            }
        }
        let Some(folder) = folder else {
            return Err(origin.malformed("it holds no pickle (data.pkl)"));
        };
        Ok(Self {
            zip,
            folder,
            origin,
        })
    }

    fn has(&self, name: &str) -> bool {
        let path = format!("{}{name}", self.folder);
        self.zip.index_for_name(&path).is_some()
    }

    fn member(&mut self, name: &str) -> Result<ZipFile<'_, BufReader<File>>> {
        let member = self.zip.by_name(&format!("{}{name}", self.folder));
        member.map_err(|error| refused(&self.origin, error))
    }

    /// Reads a member of at most `limit` bytes.
    fn read(&mut self, name: &str, limit: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let origin = self.origin.clone();
        let mut member = self.member(name)?.take(limit + 1);
        let read = member.read_to_end(&mut bytes);
        read.map_err(|error| origin.unreadable(error))?;
        match bytes.len() as u64 > limit {
            true => Err(origin.malformed(format!("{name} is longer than {limit} bytes"))),
            false => Ok(bytes),
        }
    }
}

fn refused(origin: &Origin, error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => origin.unreadable(error),
        error => origin.malformed(error),
    }
}
