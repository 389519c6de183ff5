//! Texts in the `.npy` format.

use std::io::Read;
use std::path::Path;

use super::npy_header::Fields;
use super::{Origin, open_file};
use crate::error::{FileError, Result};

/// Reads the shape and the texts, row by row, of a file with an array of texts; `None` for other
/// arrays.
///
/// # Errors
/// Returns `FileError::Read` if the file cannot be read.
pub(crate) fn read_texts(path: &Path) -> Result<Option<(Vec<u64>, Vec<String>)>> {
    /// Largest size of a file in bytes.
    const MAX_BYTES: u64 = 1 << 30;

    let (file, mut bytes) = (open_file(path)?, Vec::new());
    let read = file.take(MAX_BYTES).read_to_end(&mut bytes);
    read.map_err(|error| FileError::unreadable(path, error))?;
    let header = Fields::read(&mut &bytes[..], &Origin::new(path, "npy"))?;
    let texts = texts_of_npy(&bytes, path)?.filter(|_| !header.fortran_order);
    Ok(texts.map(|texts| (header.shape, texts)))
}

/// Returns the texts of an array of type `<U` or `|S` from the bytes of a file, or `None` for other
/// arrays and invalid texts.
///
/// # Errors
/// Returns `FileError::Malformed` if the header is invalid.
pub(crate) fn texts_of_npy(bytes: &[u8], path: &Path) -> Result<Option<Vec<String>>> {
    let header = Fields::read(&mut &bytes[..], &Origin::new(path, "npy"))?;
    let data = bytes.get(header.data_offset as usize..);
    Ok(data.and_then(|data| texts(data, &header.descr)))
}

fn texts(data: &[u8], descr: &str) -> Option<Vec<String>> {
    let (kind, width) = descr.split_at_checked(2)?;
    let width: usize = width.parse().ok().filter(|&width| width > 0)?;
    let decode = match kind {
        "<U" => of_utf32,
        "|S" => of_utf8,
        _ => return None,
    };
    let n_bytes = width.checked_mul(if kind == "<U" { 4 } else { 1 })?;
    let texts = data.chunks_exact(n_bytes).map(|text| {
        let text = decode(text)?;
        Some(text.trim_end_matches('\0').trim().to_owned())
    });
    texts.collect()
}

fn of_utf32(text: &[u8]) -> Option<String> {
    let (units, _) = text.as_chunks();
    let units = units.iter().map(|&unit| u32::from_le_bytes(unit));
    units.map(char::from_u32).collect()
}

fn of_utf8(text: &[u8]) -> Option<String> {
    String::from_utf8(text.to_vec()).ok()
}
