//! Texts in the `.npy` format.

use std::path::Path;

use super::Origin;
use super::npy_header::Fields;
use crate::error::Result;

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
