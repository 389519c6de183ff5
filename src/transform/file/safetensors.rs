//! A transform in a `.safetensors` file, with its training record in the metadata.

use std::collections::BTreeMap;
use std::io::{Result as IoResult, Write};
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorInfo;
use sha2::{Digest, Sha256};

use super::{Array, ArrayFile, assemble, read_data};
use crate::error::{FileError, Result};
use crate::io::digest::hex;
use crate::io::safetensors::{SafetensorsFile, write_header};
use crate::linalg::Precision;
use crate::transform::LinearTransform;

/// The metadata entry with the training record.
const TRAINING: &str = "training";

/// The metadata entry with a checksum, because the format has none.
const CHECKSUM: &str = "transform_sha256";

impl ArrayFile for SafetensorsFile {
    fn names(&self) -> Vec<String> {
        self.tensors().into_keys().collect()
    }

    fn read(&mut self, name: &str, check: &dyn Fn(&[u64]) -> Result<()>) -> Result<Array> {
        match self.tensor(name)? {
            Some(mut reader) => read_data(&mut reader, check),
            None => Err(FileError::NoSuchArray {
                name: name.into(),
                available: self.names(),
            }
            .into()),
        }
    }
}

pub(super) fn read(path: &Path) -> Result<LinearTransform> {
    let mut file = SafetensorsFile::open(path)?;
    let transform = assemble(&mut file)?;
    if let Some(expected) = file.note(CHECKSUM)
        && expected != checksum(&transform, file.note(TRAINING))
    {
        return Err(file.malformed("the checksum does not match the content"));
    }
    match file.parse_note(TRAINING)? {
        Some(training) => Ok(transform.with_training(training)),
        None => Ok(transform),
    }
}

pub(super) fn write(transform: &LinearTransform, to: &mut dyn Write) -> IoResult<()> {
    let precision = transform.precision();
    let dtype = match precision {
        Precision::Single => Dtype::F32,
        Precision::Double => Dtype::F64,
    };
    let arrays = transform.arrays();
    let mut tensors = BTreeMap::new();
    let mut start = 0;
    for array in &arrays {
        let end = start + array.n_bytes(precision);
        let info = TensorInfo {
            dtype,
            shape: array.shape.clone(),
            data_offsets: (start, end),
        };
        tensors.insert(array.name, info);
        start = end;
    }
    let training = transform
        .training()
        .map(serde_json::to_string)
        .transpose()?;
    let sum = checksum(transform, training.as_deref());
    let mut metadata = BTreeMap::from([(CHECKSUM, sum)]);
    metadata.extend(training.map(|training| (TRAINING, training)));
    write_header(metadata, tensors, to)?;
    for array in arrays {
        array.write(precision, to)?;
    }
    Ok(())
}

/// Computes the SHA-256 of the fingerprint followed by the training record as stored in the file.
fn checksum(transform: &LinearTransform, training: Option<&str>) -> String {
    let mut digest = Sha256::new();
    digest.update(transform.fingerprint());
    digest.update(training.unwrap_or_default());
    hex(&digest.finalize())
}
