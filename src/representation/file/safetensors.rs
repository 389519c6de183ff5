//! Features in a `.safetensors` file, with ids and provenance in its metadata.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorInfo;

use super::npy::read_matrix;
use super::{Contents, Described, WriteRows, write_features};
use crate::error::Result;
use crate::io::atomic::write_atomically;
use crate::io::choice::fit_of_features;
use crate::io::safetensors::{SafetensorsFile, write_header};
use crate::linalg::Precision;
use crate::representation::Representation;
use crate::stimuli::Stimuli;

/// Name of the tensor that is written.
const TENSOR: &str = "features";

/// Reads the tensor with the given name, or the only tensor that can be features.
pub(super) fn read(path: &Path, array: Option<&str>) -> Result<Contents> {
    let mut file = SafetensorsFile::open(path)?;
    let name = file.choose(array, &fit_of_features)?;
    let (ids, provenance): (Option<Vec<String>>, _) =
        (file.parse_note("ids")?, file.parse_note("provenance")?);
    let mut reader = file.tensor(&name)?.expect("a name that is there");
    Ok(Contents {
        features: read_matrix(&mut reader)?,
        array: Some(name),
        stimuli: ids.map(Stimuli::new).transpose()?,
        provenance: provenance.unwrap_or_default(),
    })
}

impl Representation {
    /// Writes the features as the tensor `features` (`F32` or `F64` according to their precision)
    /// of a `.safetensors` file, with ids and provenance as JSON in its metadata (`ids`,
    /// `provenance`).
    ///
    /// The file is replaced atomically. The same representation always gives the same bytes.
    ///
    /// # Errors
    /// Returns `FileError::Write` if the file cannot be written; an existing
    /// file is then left unchanged.
    pub fn write_safetensors(&self, path: impl AsRef<Path>) -> Result<()> {
        write(path.as_ref(), &Described::of(self), &mut |to| {
            write_features(self, to)
        })
    }
}

/// Writes a matrix with rows from `write_rows`, in the format of
/// [`Representation::write_safetensors`].
pub(super) fn write(
    path: &Path,
    described: &Described<'_>,
    write_rows: &mut WriteRows<'_>,
) -> Result<()> {
    write_atomically(path, |writer| {
        let (n_stimuli, n_features) = (described.n_rows, described.n_features);
        let (dtype, size) = match described.precision {
            Precision::Single => (Dtype::F32, size_of::<f32>()),
            Precision::Double => (Dtype::F64, size_of::<f64>()),
        };
        let info = TensorInfo {
            dtype,
            shape: vec![n_stimuli, n_features],
            data_offsets: (0, n_stimuli * n_features * size),
        };
        let provenance = serde_json::to_string(described.provenance)?;
        let mut metadata = BTreeMap::from([("provenance", provenance)]);
        if let Some(ids) = described.ids {
            metadata.insert("ids", serde_json::to_string(ids)?);
        }
        write_header(metadata, BTreeMap::from([(TENSOR, info)]), writer)?;
        write_rows(writer)
    })
}
