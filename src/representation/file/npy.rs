//! Features in an `.npy` file, with ids and provenance in a file beside it.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{Contents, Described, WriteRows, write_features};
use crate::error::{Error, FileError, Result, wrong_shape};
use crate::io::atomic::Staged;
use crate::io::digest::Hashing;
use crate::io::element::FromElement;
use crate::io::npy::NpyReader;
use crate::io::npy_header::encode_header;
use crate::io::{Origin, known_length, open};
use crate::linalg::Precision;
use crate::representation::{Features, Provenance, Representation};
use crate::stimuli::Stimuli;

/// The content of the file beside the matrix.
#[derive(Debug, Serialize, Deserialize)]
struct Sidecar {
    /// SHA-256 of the file with the matrix.
    sha256: String,
    /// The ids of the rows, if they have ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ids: Option<Vec<String>>,
    #[serde(default)]
    provenance: Provenance,
}

/// Reads a matrix and, if requested and available, its ids and provenance.
pub(super) fn read(path: &Path, with_sidecar: bool) -> Result<Contents> {
    let sidecar = match with_sidecar {
        true => read_sidecar(&beside(path))?,
        false => None,
    };
    let file = open(path)?;
    let length = known_length(&file);
    let source = match sidecar {
        Some(_) => Hashing::new(file),
        None => Hashing::without_digest(file),
    };
    let origin = Origin::new(path, "npy");
    let mut reader = NpyReader::new(source, length, origin.clone())?;
    let features = read_matrix(&mut reader)?;
    let digest = reader.into_inner().finish_reading();
    let digest = digest.map_err(|error| origin.unreadable(error))?;
    let Some((sidecar, found)) = sidecar.zip(digest) else {
        return Ok(features.into());
    };
    if sidecar.sha256 != found {
        return Err(FileError::StaleSidecar {
            sidecar: beside(path),
            expected: sidecar.sha256,
            found,
        }
        .into());
    }
    Ok(Contents {
        features,
        array: None,
        stimuli: sidecar.ids.map(Stimuli::new).transpose()?,
        provenance: sidecar.provenance,
    })
}

/// Reads a matrix with at least one column, as `f64` if its elements need it, otherwise as `f32`.
pub(super) fn read_matrix<R: std::io::Read>(reader: &mut NpyReader<R>) -> Result<Features> {
    match reader.header().element.needs_f64() {
        true => Ok(read_matrix_of::<f64, R>(reader)?.into()),
        false => Ok(read_matrix_of::<f32, R>(reader)?.into()),
    }
}

fn read_matrix_of<T: FromElement, R: std::io::Read>(
    reader: &mut NpyReader<R>,
) -> Result<Array2<T>> {
    let refused = |expected: &str| wrong_shape("the feature array", expected, reader.shape());
    let &[n_rows, n_columns] = reader.shape() else {
        return Err(refused(match reader.shape().len() {
            0 | 1 => {
                "a 2-D matrix, stimuli × features: array[:, None] is one feature of each stimulus"
            }
            _ => {
                "a 2-D matrix, stimuli × features: array.reshape(len(array), -1), or a mean over the \
                 other axes"
            }
        }));
    };
    // A file could declare any number of rows without columns.
    if n_columns == 0 {
        return Err(refused("at least one column"));
    }
    let shape = (n_rows as usize, n_columns as usize);
    let values = reader.read_row_major()?;
    Array2::from_shape_vec(shape, values).map_err(|error| FileError::malformed("array", error))
}

/// Returns the path of the file with ids and provenance: `features.npy.json` for `features.npy`.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".json");
    name.into()
}

fn read_sidecar(path: &Path) -> Result<Option<Sidecar>> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(FileError::unreadable(path, source));
        }
    };
    let sidecar = serde_json::from_slice(&text).map_err(|source| {
        let remedy = "it is read as the ids and the provenance of the array beside it, as \
                      `Representation::write_npy` writes them: rename it if it holds something else, or give \
                      the ids as a list (`with_ids`, `--ids`)";
        FileError::malformed("json", format!("{source}; {remedy}"))
    });
    sidecar
        .map(Some)
        .map_err(|error: Error| error.in_file(path))
}

impl Representation {
    /// Writes the features as `.npy` (`<f4` or `<f8` according to their precision, C order,
    /// readable by numpy), and the ids and provenance to a second file with `.json` appended to the
    /// name, `features.npy.json`.
    ///
    /// Each file is replaced atomically, but not both together: if writing is interrupted in
    /// between, or the matrix alone is replaced later, reading returns [`FileError::StaleSidecar`].
    /// [`Representation::write_safetensors`] writes everything to one file.
    ///
    /// # Errors
    /// Returns [`FileError::Write`] with the path of the file that cannot be written.
    pub fn write_npy(&self, path: impl AsRef<Path>) -> Result<()> {
        write(path.as_ref(), &Described::of(self), &mut |to| {
            write_features(self, to)
        })
    }
}

/// Writes a matrix with rows from `write_rows`, in the format of [`Representation::write_npy`].
pub(super) fn write(
    path: &Path,
    described: &Described<'_>,
    write_rows: &mut WriteRows<'_>,
) -> Result<()> {
    let (matrix, sha256) = Staged::write(path, |writer| {
        let mut writer = Hashing::new(writer);
        let shape = [described.n_rows, described.n_features];
        let descr = match described.precision {
            Precision::Single => "<f4",
            Precision::Double => "<f8",
        };
        writer.write_all(&encode_header(descr, &shape))?;
        write_rows(&mut writer)?;
        Ok(writer.finish())
    })?;
    let sidecar = Sidecar {
        sha256: sha256.unwrap_or_default(),
        ids: described.ids.map(<[String]>::to_vec),
        provenance: described.provenance.clone(),
    };
    let (sidecar, ()) = Staged::write(&beside(path), |writer| {
        serde_json::to_writer(&mut *writer, &sidecar)?;
        writer.write_all(b"\n")
    })?;
    // The sidecar first: without it, a new matrix would be read as one without ids.
    sidecar.commit()?;
    matrix.commit()
}
