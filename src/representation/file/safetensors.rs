//! Features in a `.safetensors` file, with ids and provenance in its metadata.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorInfo;

use super::{Contents, Described, WriteRows, is_matrix, read_matrix, write_features};
use crate::error::{Error, Result};
use crate::io::atomic::write_atomically;
use crate::io::safetensors::{SafetensorsFile, write_header};
use crate::representation::Representation;
use crate::similarity::Precision;

/// The name of the tensor that is written.
const TENSOR: &str = "features";

/// Reads the tensor of this name, or the only one that can be features.
pub(super) fn read(path: &Path, array: Option<&str>) -> Result<Contents> {
    let mut file = SafetensorsFile::open(path)?;
    let name = choose(&file.tensors(), array)?;
    let (ids, provenance) = (file.parse_note("ids")?, file.parse_note("provenance")?);
    let mut reader = file.tensor(&name)?.expect("a name that is there");
    Ok(Contents {
        features: read_matrix(&mut reader)?,
        ids,
        provenance: provenance.unwrap_or_default(),
    })
}

/// The tensor of this name, the only one, or the only matrix.
fn choose(tensors: &BTreeMap<String, &TensorInfo>, array: Option<&str>) -> Result<String> {
    let no_such = || Error::NoSuchArray {
        name: array.unwrap_or_default().into(),
        available: tensors.keys().cloned().collect(),
    };
    let shape = |info: &TensorInfo| -> Vec<u64> { info.shape.iter().map(|&l| l as u64).collect() };
    let mut fitting = tensors.iter().filter(|(name, info)| match array {
        Some(array) => array == name.as_str(),
        None => tensors.len() == 1 || is_matrix(&shape(info)),
    });
    match (fitting.next(), fitting.next()) {
        (Some((name, _)), None) => Ok(name.clone()),
        _ => Err(no_such()),
    }
}

impl Representation {
    /// Writes the features as tensor `features` (`F32` or `F64` as they are) of a `.safetensors` file, with
    /// ids and provenance as JSON in its metadata (`ids`, `provenance`).
    ///
    /// The file changes in one step: readers see the old one or the new one. The same
    /// representation always makes the same bytes.
    ///
    /// # Errors
    /// [`Error::Write`]; what was there before is untouched.
    pub fn write_safetensors(&self, path: impl AsRef<Path>) -> Result<()> {
        write(path.as_ref(), &Described::of(self), &mut |to| {
            write_features(self, to)
        })
    }
}

/// Writes a matrix whose rows `write_rows` writes, as [`Representation::write_safetensors`] does.
pub(super) fn write(
    path: &Path,
    described: &Described<'_>,
    write_rows: &mut WriteRows<'_>,
) -> Result<()> {
    write_atomically(path, |writer| {
        let (n_stimuli, n_features) = (described.ids.len(), described.n_features);
        let (dtype, size) = match described.precision {
            Precision::Single => (Dtype::F32, size_of::<f32>()),
            Precision::Double => (Dtype::F64, size_of::<f64>()),
        };
        let info = TensorInfo {
            dtype,
            shape: vec![n_stimuli, n_features],
            data_offsets: (0, n_stimuli * n_features * size),
        };
        let metadata = BTreeMap::from([
            ("ids", serde_json::to_string(described.ids)?),
            ("provenance", serde_json::to_string(described.provenance)?),
        ]);
        write_header(metadata, BTreeMap::from([(TENSOR, info)]), writer)?;
        write_rows(writer)
    })
}
