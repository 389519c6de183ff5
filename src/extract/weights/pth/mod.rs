//! Checkpoints written by PyTorch: a pickle that describes the tensors, and the values of the
//! tensors.
//!
//! Files are not trusted: declared sizes are compared with the data before memory is allocated,
//! nothing that a pickle names is imported or called, and checksums are verified.

mod archive;
mod legacy;
mod machine;
mod named;
mod operations;
mod pickle;
mod settings;
mod state_dict;
mod tensor;
#[cfg(test)]
mod tests;
mod value;

use std::io::Read;
use std::path::Path;

pub(super) use self::legacy::is_legacy;
pub(super) use self::tensor::MAX_NAME_BYTES;

use self::archive::{Archive, MAX_PICKLE_BYTES, PICKLE};
use self::legacy::Legacy;
use self::pickle::Pickle;
use self::state_dict::StateDict;
use self::tensor::Tensor;
use super::listing::{Listing, StoredTensor};
use crate::error::{FileError, Result};
use crate::io::element::{ByteOrder, Element};
use crate::io::{BUFFER_BYTES, Origin, open, read_up_to};
use crate::linalg::reserve;

/// An opened checkpoint with its parsed pickle.
pub(super) struct Checkpoint {
    storages: Storages,
    pickle: Pickle,
    state_dict: StateDict,
    order: ByteOrder,
    origin: Origin,
}

enum Storages {
    Archive(Box<Archive>),
    Legacy(Legacy),
}

impl Checkpoint {
    /// Opens a checkpoint and finds the parameters.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the file cannot be read, and [`FileError::Malformed`], for a
    /// single tensor within `Context::Array`, if it is not a valid checkpoint.
    pub fn open(path: &Path) -> Result<Self> {
        let origin = Origin::new(path, "PyTorch checkpoint");
        let mut start = [0; 64];
        let n = read_up_to(&mut open(path)?, &mut start);
        let n = n.map_err(|error| origin.unreadable(error))?;
        let (storages, pickle, order) = if is_legacy(&start[..n]) {
            let (legacy, pickle) = Legacy::open(path)?;
            (Storages::Legacy(legacy), pickle, ByteOrder::Little)
        } else {
            let mut archive = Archive::open(path)?;
            let bytes = archive.read(PICKLE, MAX_PICKLE_BYTES)?;
            let pickle = Pickle::read(&bytes).map_err(|error| origin.malformed(error))?;
            let order = archive.byte_order()?;
            (Storages::Archive(Box::new(archive)), pickle.0, order)
        };
        let state_dict = StateDict::find(&pickle).map_err(|error| origin.malformed(error))?;
        if state_dict.tensors.is_empty() && state_dict.without_values.is_empty() {
            return Err(origin.malformed(state_dict.without_tensors(&pickle)));
        }
        for (name, &(id, _)) in &state_dict.tensors {
            let tensor = Tensor::read(&pickle, id);
            tensor.map_err(|error| origin.malformed(error).in_array(name))?;
        }
        Ok(Self {
            storages,
            pickle,
            state_dict,
            order,
            origin,
        })
    }

    /// Verifies the checksums of the whole file, if the format has checksums.
    pub fn verify(&mut self) -> Result<()> {
        match &mut self.storages {
            Storages::Archive(archive) => archive.verify(),
            Storages::Legacy(_) => Ok(()),
        }
    }

    /// Returns the names and shapes of all tensors, also of those whose values cannot be read.
    pub fn list(&self) -> Listing {
        let describe = |(name, &(id, dictionary)): (&String, &(value::Id, usize))| {
            let tensor = Tensor::read(&self.pickle, id).ok()?;
            let stored = StoredTensor {
                is_float: tensor.storage.is_float(),
                shape: tensor.shape,
                dictionary,
                place: Some(format!("{}+{}", tensor.storage.name, tensor.offset)),
            };
            Some((name.clone(), stored))
        };
        let without_values = self.state_dict.without_values.iter();
        let without_values = without_values.map(|(name, (shape, dictionary))| {
            let stored = StoredTensor {
                shape: shape.clone(),
                is_float: false,
                dictionary: *dictionary,
                place: None,
            };
            (name.clone(), stored)
        });
        let tensors = self.state_dict.tensors.iter().filter_map(describe);
        tensors.chain(without_values).collect()
    }

    /// Reads the values of a tensor, row-major. Returns `None` if there is no tensor with this
    /// name.
    ///
    /// # Errors
    /// Returns, within `Context::Array`, [`FileError::Malformed`] (also for a wrong checksum),
    /// [`FileError::Truncated`], [`FileError::UnsupportedElement`] or
    /// `ComputationError::OutOfMemory`.
    pub fn read(&mut self, name: &str) -> Result<Option<Vec<f32>>> {
        let Some(&(id, _)) = self.state_dict.tensors.get(name) else {
            return Ok(None);
        };
        let origin = &self.origin;
        let tensor = Tensor::read(&self.pickle, id).map_err(|error| origin.malformed(error))?;
        let values = match &mut self.storages {
            Storages::Archive(archive) => {
                let opened = archive.storage(tensor.storage.name);
                opened.and_then(|(storage, length)| {
                    values(&tensor, storage, length, self.order, origin)
                })
            }
            Storages::Legacy(legacy) => {
                let opened = legacy.storage(tensor.storage.name);
                opened.and_then(|(storage, length)| {
                    values(&tensor, storage, length, self.order, origin)
                })
            }
        };
        values.map(Some).map_err(|error| error.in_array(name))
    }
}

/// Reads the values of a tensor from its storage, row-major.
fn values(
    tensor: &Tensor<'_>,
    mut storage: impl Read,
    length: u64,
    order: ByteOrder,
    origin: &Origin,
) -> Result<Vec<f32>> {
    let kind = tensor.storage.kind()?;
    let element = Element { kind, order };
    let size = element.size() as u64;
    let declared = tensor.storage.n_elements.map(|n| n.saturating_mul(size));
    if declared.is_some_and(|declared| declared != length) {
        return Err(origin.malformed("its storage has another length than the pickle declares"));
    }
    let (n, span) = tensor.lengths().map_err(|error| origin.malformed(error))?;
    let start = tensor.offset as u64;
    let end = start.saturating_add(span).saturating_mul(size);
    if end > length {
        return Err(FileError::Truncated {
            expected: end,
            found: length,
        }
        .into());
    }
    let unreadable = |error| origin.unreadable(error);
    let skip = |reader: &mut dyn Read| std::io::copy(reader, &mut std::io::sink());
    skip(&mut storage.by_ref().take(start * size)).map_err(unreadable)?;
    let mut values = Vec::new();
    reserve(&mut values, span as usize, "a tensor")?;
    let mut left = span * size;
    let mut buffer = vec![0; left.min(BUFFER_BYTES as u64) as usize];
    while left > 0 {
        let chunk = &mut buffer[..left.min(BUFFER_BYTES as u64) as usize];
        storage.read_exact(chunk).map_err(unreadable)?;
        element.decode(chunk, &mut values);
        left -= chunk.len() as u64;
    }
    // The zip reader verifies the checksum at the end of the member.
    if end == length {
        skip(&mut storage).map_err(unreadable)?;
    }
    match n {
        0 => Ok(Vec::new()),
        _ => tensor.row_major(values, n as usize),
    }
}
