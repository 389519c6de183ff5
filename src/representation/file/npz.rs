//! Features in an `.npz` file: a zip archive of `.npy` files.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::{Contents, is_matrix, read_matrix};
use crate::error::{Error, Result};
use crate::io::npy::NpyReader;
use crate::io::{BUFFER_BYTES, Origin, open};
use crate::representation::Provenance;

type Archive = ZipArchive<BufReader<File>>;

/// Reads the array of this name, or the only one that can be features.
pub(super) fn read(path: &Path, array: Option<&str>) -> Result<Contents> {
    let origin = Origin::new(path, "npz");
    let file = BufReader::with_capacity(BUFFER_BYTES, open(path)?);
    let mut archive = ZipArchive::new(file).map_err(|error| refused(&origin, error))?;
    let arrays = arrays(&archive, &origin)?;
    let index = match array {
        Some(name) => named(&arrays, name),
        None => only(&mut archive, &arrays, &origin)?,
    };
    let index = index.ok_or_else(|| Error::NoSuchArray {
        name: array.unwrap_or_default().into(),
        available: arrays.iter().map(|(name, _)| name.clone()).collect(),
    })?;

    let member = archive.by_index(index);
    let mut member = member.map_err(|error| refused(&origin, error))?;
    // The size that the archive declares is no promise, so memory grows with the data.
    let mut reader = NpyReader::new(&mut member, None, origin.clone())?;
    let features = read_matrix(&mut reader)?;
    // The checksum is compared at the end of the member.
    let end = reader.into_inner().read(&mut [0]);
    end.map_err(|error| origin.unreadable(error))?;
    Ok(Contents {
        features,
        ids: None,
        provenance: Provenance::default(),
    })
}

/// The names of the arrays, without `.npy`, and where they stand.
fn arrays(archive: &Archive, origin: &Origin) -> Result<Vec<(String, usize)>> {
    let mut arrays = Vec::new();
    for (index, name) in archive.file_names().enumerate() {
        let name = name.map_err(|error| refused(origin, error))?;
        if let Some(name) = name.strip_suffix(".npy") {
            arrays.push((name.to_owned(), index));
        }
    }
    Ok(arrays)
}

fn named(arrays: &[(String, usize)], name: &str) -> Option<usize> {
    let name = name.strip_suffix(".npy").unwrap_or(name);
    let found = arrays.iter().find(|(array, _)| array == name);
    found.map(|&(_, index)| index)
}

/// The only array, or the only matrix of numbers.
fn only(
    archive: &mut Archive,
    arrays: &[(String, usize)],
    origin: &Origin,
) -> Result<Option<usize>> {
    if let &[(_, index)] = arrays {
        return Ok(Some(index));
    }
    let mut matrices = Vec::new();
    for &(_, index) in arrays {
        let member = archive.by_index(index);
        let member = member.map_err(|error| refused(origin, error))?;
        match NpyReader::new(member, None, origin.clone()) {
            Ok(reader) if is_matrix(reader.shape()) => matrices.push(index),
            // Texts and scalars stand beside features.
            Ok(_) | Err(Error::UnsupportedElement { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    match matrices.as_slice() {
        &[index] => Ok(Some(index)),
        _ => Ok(None),
    }
}

fn refused(origin: &Origin, error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => origin.unreadable(error),
        error => origin.malformed(error),
    }
}
