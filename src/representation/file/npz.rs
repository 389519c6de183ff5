//! Features in an `.npz` file.

use std::path::Path;

use super::{Contents, is_matrix, read_matrix};
use crate::error::{Error, Result};
use crate::io::npz::NpzArchive;
use crate::representation::Provenance;

/// Reads the array of this name, or the only one that can be features.
pub(super) fn read(path: &Path, array: Option<&str>) -> Result<Contents> {
    let mut archive = NpzArchive::open(path)?;
    let arrays = arrays(&archive)?;
    let index = match array {
        Some(name) => named(&arrays, name),
        None => only(&mut archive, &arrays)?,
    };
    let index = index.ok_or_else(|| Error::NoSuchArray {
        name: array.unwrap_or_default().into(),
        available: arrays.iter().map(|(name, _)| name.clone()).collect(),
    })?;
    let mut reader = archive.array(index)?;
    let features = read_matrix(&mut reader)?;
    reader.expect_end()?;
    Ok(Contents {
        features,
        ids: None,
        provenance: Provenance::default(),
    })
}

/// The names of the arrays, without `.npy`, and where they stand.
fn arrays(archive: &NpzArchive) -> Result<Vec<(String, usize)>> {
    let members = archive.members()?.into_iter().enumerate();
    let array = |(index, name): (usize, String)| Some((name.strip_suffix(".npy")?.into(), index));
    Ok(members.filter_map(array).collect())
}

fn named(arrays: &[(String, usize)], name: &str) -> Option<usize> {
    let name = name.strip_suffix(".npy").unwrap_or(name);
    let found = arrays.iter().find(|(array, _)| array == name);
    found.map(|&(_, index)| index)
}

/// The only array, or the only matrix of numbers.
fn only(archive: &mut NpzArchive, arrays: &[(String, usize)]) -> Result<Option<usize>> {
    if let &[(_, index)] = arrays {
        return Ok(Some(index));
    }
    let mut matrices = Vec::new();
    for &(_, index) in arrays {
        match archive.array(index) {
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
