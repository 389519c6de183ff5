//! A transform in an `.npz` file, with its training record beside the arrays.

use std::io::{Error as IoError, ErrorKind, Result as IoResult, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{Array, ArrayFile, assemble, read_data};
use crate::error::{Error, FileError, Result};
use crate::io::npy_header::encode_header;
use crate::io::npz::NpzArchive;
use crate::linalg::Precision;
use crate::transform::{LinearTransform, Training};

/// Name of the member with the training record. Without the extension `.npy`, numpy returns it as
/// bytes, and only on access.
const TRAINING: &str = "training.json";

/// Maximum length of the training record, in bytes.
const MAX_TRAINING: usize = 16 << 20;

/// An archive and the names of its members.
struct Npz {
    archive: NpzArchive,
    members: Vec<String>,
}

impl ArrayFile for Npz {
    fn names(&self) -> Vec<String> {
        let array = |member: &String| member.strip_suffix(".npy").map(str::to_owned);
        self.members.iter().filter_map(array).collect()
    }

    fn read(&mut self, name: &str, check: &dyn Fn(&[u64]) -> Result<()>) -> Result<Array> {
        let is_it = |member: &String| member.strip_suffix(".npy") == Some(name);
        let Some(member) = self.members.iter().position(is_it) else {
            return Err(FileError::NoSuchArray {
                name: name.into(),
                available: self.members.clone(),
            }
            .into());
        };
        let mut reader = self.archive.array(member)?;
        let array = read_data(&mut reader, check)?;
        reader.expect_end()?;
        Ok(array)
    }
}

pub(super) fn read(path: &Path) -> Result<LinearTransform> {
    let archive = NpzArchive::open(path)?;
    let members = archive.members()?;
    let is_other = |member: &&String| *member != TRAINING && !member.ends_with(".npy");
    if let Some(other) = members.iter().find(is_other) {
        let foreign = Error::parameter("the name", "that of an array or training.json", other);
        return Err(foreign.in_array(other));
    }
    let mut npz = Npz { archive, members };
    let transform = assemble(&mut npz)?;
    match npz.members.iter().position(|member| member == TRAINING) {
        None => Ok(transform),
        Some(member) => {
            let training = read_training(&mut npz.archive, member);
            Ok(transform.with_training(training.map_err(|error| error.in_array(TRAINING))?))
        }
    }
}

fn read_training(archive: &mut NpzArchive, member: usize) -> Result<Training> {
    let text = archive.read_bytes(member, MAX_TRAINING as u64)?;
    serde_json::from_slice(&text).map_err(|error| FileError::malformed("json", error))
}

pub(super) fn write(transform: &LinearTransform, to: &mut dyn Write) -> IoResult<()> {
    let precision = transform.precision();
    let descr = match precision {
        Precision::Single => "<f4",
        Precision::Double => "<f8",
    };
    let mut archive = ZipWriter::new_stream(to);
    // No time stamp, so that the same transform gives the same bytes.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for array in transform.arrays() {
        // Leave room for the header and for incompressible data.
        let is_large = array.n_bytes(precision) as u64 >= u64::from(u32::MAX) / 2;
        let member = format!("{}.npy", array.name);
        archive.start_file(member, options.large_file(is_large))?;
        archive.write_all(&encode_header(descr, &array.shape))?;
        array.write(precision, &mut archive)?;
    }
    if let Some(training) = transform.training() {
        let text = serde_json::to_vec(training)?;
        if text.len() > MAX_TRAINING {
            let reason = format!("the record of training takes more than {MAX_TRAINING} bytes");
            return Err(IoError::new(ErrorKind::InvalidInput, reason));
        }
        archive.start_file(TRAINING, options)?;
        archive.write_all(&text)?;
    }
    archive.finish()?;
    Ok(())
}
