//! Features in a `.safetensors` file, with ids and provenance in its metadata.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error as IoError, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Contents, is_matrix, read_matrix, write_features};
use crate::error::{Error, Result};
use crate::io::atomic::write_atomically;
use crate::io::element::Element;
use crate::io::npy::NpyReader;
use crate::io::npy_header::NpyHeader;
use crate::io::{Origin, known_length, open, read_up_to, reserve};
use crate::representation::Representation;

/// The longest header that the format allows.
const MAX_HEADER: u64 = 100_000_000;

/// The name of the tensor that is written.
const TENSOR: &str = "features";

/// Reads the tensor of this name, or the only one that can be features.
pub(super) fn read(path: &Path, array: Option<&str>) -> Result<Contents> {
    let origin = Origin::new(path, "safetensors");
    let mut file = open(path)?;
    let length = known_length(&file)
        .ok_or_else(|| origin.unreadable(IoError::other("it is no regular file")))?;
    let (data_start, metadata) = read_header(&mut file, length, &origin)?;
    let (_, info) = choose(&metadata, array)?;

    let header = NpyHeader {
        shape: info.shape.iter().map(|&length| length as u64).collect(),
        fortran_order: false,
        element: Element::from_safetensors(info.dtype)?,
        data_offset: data_start + info.data_offsets.0 as u64,
    };
    file.seek(SeekFrom::Start(header.data_offset))
        .map_err(|error| origin.unreadable(error))?;
    let notes = metadata.metadata().as_ref();
    let note = |name: &str| notes.and_then(|notes| notes.get(name));
    let ids = note("ids").map(|text| parse(text, &origin)).transpose()?;
    let provenance = note("provenance").map(|text| parse(text, &origin));
    let mut reader = NpyReader::with_header(header, file, Some(length), origin.clone())?;
    Ok(Contents {
        features: read_matrix(&mut reader)?,
        ids,
        provenance: provenance.transpose()?.unwrap_or_default(),
    })
}

/// Reads what the file says about its tensors, and where their data begins.
fn read_header(file: &mut File, length: u64, origin: &Origin) -> Result<(u64, Metadata)> {
    let mut size = [0; 8];
    let found = read_up_to(file, &mut size).map_err(|error| origin.unreadable(error))?;
    let size = u64::from_le_bytes(size);
    if found < 8 || size > MAX_HEADER || size > length.saturating_sub(8) {
        return Err(origin.malformed("it has no header of a possible length"));
    }
    let mut text = Vec::new();
    reserve(&mut text, size as usize, "the header")?;
    file.take(size)
        .read_to_end(&mut text)
        .map_err(|error| origin.unreadable(error))?;
    // Parsing also checks that the tensors lie one after another and have the sizes they should.
    let metadata: Metadata =
        serde_json::from_slice(&text).map_err(|error| origin.malformed(error))?;
    let (expected, found) = (metadata.data_len() as u64, length - 8 - size);
    if expected > found {
        return Err(Error::Truncated { expected, found });
    }
    if expected < found {
        return Err(origin.malformed("bytes follow the last tensor"));
    }
    Ok((8 + size, metadata))
}

/// The tensor of this name, the only one, or the only matrix.
fn choose<'a>(metadata: &'a Metadata, array: Option<&str>) -> Result<(String, &'a TensorInfo)> {
    let tensors: BTreeMap<String, &TensorInfo> = metadata.tensors().into_iter().collect();
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
        (Some((name, info)), None) => Ok((name.clone(), info)),
        _ => Err(no_such()),
    }
}

fn parse<T: DeserializeOwned>(text: &str, origin: &Origin) -> Result<T> {
    serde_json::from_str(text).map_err(|error| origin.malformed(error))
}

/// The header in the order in which it is written, so that the same features make the same file.
#[derive(Serialize)]
struct Header {
    #[serde(rename = "__metadata__")]
    metadata: BTreeMap<&'static str, String>,
    #[serde(flatten)]
    tensors: BTreeMap<&'static str, TensorInfo>,
}

impl Representation {
    /// Writes the features as tensor `features` of a `.safetensors` file, with ids and provenance
    /// as JSON in its metadata (`ids`, `provenance`).
    ///
    /// The file changes in one step: readers see the old one or the new one. The same
    /// representation always makes the same bytes.
    ///
    /// # Errors
    /// [`Error::Write`]; what was there before is untouched.
    pub fn write_safetensors(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), |writer| {
            let header = self.safetensors_header()?;
            writer.write_all(&(header.len() as u64).to_le_bytes())?;
            writer.write_all(&header)?;
            write_features(self, writer)
        })
    }

    fn safetensors_header(&self) -> std::io::Result<Vec<u8>> {
        let info = TensorInfo {
            dtype: Dtype::F32,
            shape: vec![self.n_stimuli(), self.n_features()],
            data_offsets: (0, size_of_val(self.as_slice())),
        };
        let header = Header {
            metadata: BTreeMap::from([
                ("ids", serde_json::to_string(self.stimuli().ids())?),
                ("provenance", serde_json::to_string(self.provenance())?),
            ]),
            tensors: BTreeMap::from([(TENSOR, info)]),
        };
        let mut header = serde_json::to_vec(&header)?;
        // The data begins at a multiple of 8.
        header.resize(header.len().next_multiple_of(8), b' ');
        if header.len() as u64 > MAX_HEADER {
            let reason = format!("ids and provenance take more than {MAX_HEADER} bytes");
            return Err(IoError::new(ErrorKind::InvalidInput, reason));
        }
        Ok(header)
    }
}
