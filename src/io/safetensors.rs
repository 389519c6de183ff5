//! A reader and writer for the `.safetensors` format: a JSON header followed by the tensors.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error as IoError, ErrorKind, Read, Result as IoResult, Seek, SeekFrom, Take, Write};
use std::path::Path;

use safetensors::tensor::{Metadata, TensorInfo};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::choice::{Candidate, Fit, Holds, choose};
use super::element::Element;
use super::npy::NpyReader;
use super::npy_header::NpyHeader;
use super::{Origin, known_length, open, read_up_to};
use crate::error::{Error, FileError, Result};
use crate::linalg::reserve;

/// Largest size of a header in bytes, according to the format.
pub(crate) const MAX_HEADER: u64 = 100_000_000;

/// An opened file with its parsed header.
pub(crate) struct SafetensorsFile {
    file: File,
    length: u64,
    /// Offset of the tensors in bytes from the beginning.
    data_start: u64,
    metadata: Metadata,
    origin: Origin,
}

impl SafetensorsFile {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// Returns [`FileError::Read`], [`FileError::Malformed`] or `ComputationError::OutOfMemory`, or
    /// [`FileError::Truncated`] if the file is shorter than declared in the header.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let origin = Origin::new(path, "safetensors");
        let mut file = open(path)?;
        let length = known_length(&file)
            .ok_or_else(|| origin.unreadable(IoError::other("it is no regular file")))?;
        let mut size = [0; 8];
        let found = read_up_to(&mut file, &mut size).map_err(|error| origin.unreadable(error))?;
        let size = u64::from_le_bytes(size);
        if found < 8 || size > MAX_HEADER {
            return Err(origin.malformed("the length of its header is invalid"));
        }
        if size > length.saturating_sub(8) {
            return Err(origin.malformed("it ends within its header: download or copy it again"));
        }
        let mut text = Vec::new();
        reserve(&mut text, size as usize, "the header")?;
        (&mut file)
            .take(size)
            .read_to_end(&mut text)
            .map_err(|error| origin.unreadable(error))?;
        // The parser also checks that the tensors are contiguous and have the correct sizes.
        let metadata: Metadata =
            serde_json::from_slice(&text).map_err(|error| origin.malformed(error))?;
        let (expected, found) = (metadata.data_len() as u64, length - 8 - size);
        if expected > found {
            return Err(FileError::Truncated { expected, found }.into());
        }
        if expected < found {
            return Err(origin.malformed("bytes follow the last tensor"));
        }
        Ok(Self {
            file,
            length,
            data_start: 8 + size,
            metadata,
            origin,
        })
    }

    /// Returns the tensors by name.
    pub(crate) fn tensors(&self) -> BTreeMap<String, &TensorInfo> {
        self.metadata.tensors().into_iter().collect()
    }

    /// Finds a tensor by name or, without a name, the only one that `fit` allows.
    ///
    /// # Errors
    /// Returns [`FileError::NoSuchArray`], with the available names, if there is no such tensor, and
    /// the errors of [`choose`].
    pub(crate) fn choose(
        &self,
        name: Option<&str>,
        fit: &dyn Fn(&str, &[u64]) -> Fit,
    ) -> Result<String> {
        let tensors = self.tensors();
        let Some(name) = name else {
            let mut arrays = self.candidates();
            let chosen = choose(&self.origin.path, &arrays, fit)?;
            return Ok(arrays.swap_remove(chosen).name);
        };
        if tensors.contains_key(name) {
            return Ok(name.to_owned());
        }
        Err(FileError::NoSuchArray {
            name: name.into(),
            available: tensors.into_keys().collect(),
        }
        .into())
    }

    /// Describes the tensors.
    pub(crate) fn candidates(&self) -> Vec<Candidate> {
        self.tensors().iter().map(candidate).collect()
    }

    /// Returns an entry of the metadata.
    pub(crate) fn note(&self, name: &str) -> Option<&str> {
        let notes = self.metadata.metadata().as_ref()?;
        notes.get(name).map(String::as_str)
    }

    /// Returns the entries of the metadata.
    #[cfg(feature = "extract")]
    pub(crate) fn notes(&self) -> impl Iterator<Item = (&str, &str)> {
        let notes = self.metadata.metadata().iter().flatten();
        notes.map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Parses an entry of the metadata as JSON.
    pub(crate) fn parse_note<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let parse = |text| serde_json::from_str(text).map_err(|error| self.origin.malformed(error));
        self.note(name).map(parse).transpose()
    }

    /// Opens a tensor to read its data. Returns `None` if there is no tensor with this name.
    pub(crate) fn tensor(&mut self, name: &str) -> Result<Option<NpyReader<Take<&mut File>>>> {
        let Some(info) = self.metadata.info(name) else {
            return Ok(None);
        };
        let header = NpyHeader {
            shape: info.shape.iter().map(|&length| length as u64).collect(),
            fortran_order: false,
            element: Element::from_safetensors(info.dtype)?,
            data_offset: self.data_start + info.data_offsets.0 as u64,
        };
        self.file
            .seek(SeekFrom::Start(header.data_offset))
            .map_err(|error| self.origin.unreadable(error))?;
        let (length, origin) = (Some(self.length), self.origin.clone());
        let size = info.data_offsets.1 - info.data_offsets.0;
        let data = (&mut self.file).take(size as u64);
        NpyReader::with_header(header, data, length, origin).map(Some)
    }

    /// Checks whether a tensor and all that follows it are zeros, as in a file that was made with its
    /// full length and not written to its end.
    #[cfg(feature = "extract")]
    pub(crate) fn ends_in_zeros(&mut self, name: &str) -> Result<bool> {
        let Some(info) = self.metadata.info(name) else {
            return Ok(false);
        };
        let start = self.data_start + info.data_offsets.0 as u64;
        let mut is_zero = || -> IoResult<bool> {
            self.file.seek(SeekFrom::Start(start))?;
            let mut bytes = [0; 1 << 13];
            loop {
                match read_up_to(&mut self.file, &mut bytes)? {
                    0 => return Ok(true),
                    n if bytes[..n].iter().any(|&byte| byte != 0) => return Ok(false),
                    _ => {}
                }
            }
        };
        is_zero().map_err(|error| self.origin.unreadable(error))
    }

    /// Returns the error for invalid content.
    pub(crate) fn malformed(&self, source: &'static str) -> Error {
        self.origin.malformed(source)
    }
}

/// Describes a tensor.
fn candidate((name, info): (&String, &&TensorInfo)) -> Candidate {
    let holds = match Element::from_safetensors(info.dtype) {
        Ok(_) => Holds::Numbers,
        Err(_) => Holds::Unread {
            what: format!("elements of type {:?}", info.dtype),
            are_numbers: true,
        },
    };
    Candidate {
        name: name.clone(),
        shape: Some(info.shape.iter().map(|&length| length as u64).collect()),
        holds,
    }
}

/// The header with sorted entries, so that the same content always gives the same file.
#[derive(Serialize)]
struct Header<'a> {
    #[serde(rename = "__metadata__", skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<&'a str, String>,
    #[serde(flatten)]
    tensors: BTreeMap<&'a str, TensorInfo>,
}

/// Writes the header of a file; the caller writes the data of the tensors after it.
pub(crate) fn write_header(
    metadata: BTreeMap<&str, String>,
    tensors: BTreeMap<&str, TensorInfo>,
    to: &mut dyn Write,
) -> IoResult<()> {
    let mut header = serde_json::to_vec(&Header { metadata, tensors })?;
    // The data begins at a multiple of 8 bytes.
    header.resize(header.len().next_multiple_of(8), b' ');
    if header.len() as u64 > MAX_HEADER {
        let reason = format!("the header takes more than {MAX_HEADER} bytes");
        return Err(IoError::new(ErrorKind::InvalidInput, reason));
    }
    to.write_all(&(header.len() as u64).to_le_bytes())?;
    to.write_all(&header)
}
