//! Zip archives: the format that PyTorch has written since version 1.6.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::read::{ArchiveOffset, Config, ZipFile};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::error::{Error, Result};
use crate::io::element::ByteOrder;
use crate::io::{BUFFER_BYTES, Origin, open};

/// Largest size of the pickle in bytes; about 100 bytes for each tensor are usual.
pub(super) const MAX_PICKLE_BYTES: u64 = 1 << 25;

/// Name of the pickle within its folder.
pub(super) const PICKLE: &str = "data.pkl";

/// A zip archive, of which the members in the folder of the pickle are read.
pub(super) struct Archive {
    zip: ZipArchive<BufReader<File>>,
    /// Name of the folder, with a slash at the end.
    folder: String,
    origin: Origin,
}

impl Archive {
    pub fn open(path: &Path) -> Result<Self> {
        let origin = Origin::new(path, "PyTorch checkpoint");
        let file = BufReader::with_capacity(BUFFER_BYTES, open(path)?);
        // The search for an archive within the file takes padded records of PyTorch for another place.
        let config = Config {
            archive_offset: ArchiveOffset::Known(0),
        };
        // The directory is at the end of the file.
        let zip = ZipArchive::with_config(config, file).map_err(|error| match error {
            ZipError::InvalidArchive(reason) => origin.malformed(format!(
                "the file is incomplete or damaged ({reason}): download or copy it again"
            )),
            error => refused(&origin, error),
        })?;
        // Duplicate names are ambiguous.
        if zip.has_duplicate_names() {
            return Err(origin.malformed("two members have the same name"));
        }
        let mut folder = None;
        let mut has_arrays = false;
        for name in zip.file_names() {
            let name: Cow<'_, str> = name.map_err(|error| refused(&origin, error))?;
            has_arrays |= name.ends_with(".npy");
            let found = name.strip_suffix(PICKLE);
            if let Some(found) = found.filter(|found| found.is_empty() || found.ends_with('/')) {
                if folder.is_some() {
                    return Err(origin.malformed("it holds several pickles"));
                }
                folder = Some(found.to_owned());
            }
        }
        let Some(folder) = folder else {
            return Err(origin.malformed(match has_arrays {
                true => "this is an .npz file of NumPy: write its arrays as .safetensors",
                false => {
                    "it holds no pickle (data.pkl), as a program of torch.export or an archive of files \
                     does not: save the parameters with torch.save(program.state_dict, …), or extract \
                     the file in it"
                }
            }));
        };
        Ok(Self {
            zip,
            folder,
            origin,
        })
    }

    /// Reads all members to verify their checksums.
    ///
    /// # Errors
    /// Returns `FileError::Malformed` with the name of a damaged member.
    pub fn verify(&mut self) -> Result<()> {
        for index in 0..self.zip.len() {
            let member = self.zip.by_index(index);
            let member = member.map_err(|error| refused(&self.origin, error))?;
            // The size of compressed members is not limited by that of the file.
            let limit = match member.compression() {
                CompressionMethod::Stored => u64::MAX,
                _ => MAX_PICKLE_BYTES,
            };
            let name = member.name().map(Cow::into_owned).unwrap_or_default();
            std::io::copy(&mut member.take(limit), &mut std::io::sink())
                .map_err(|error| self.origin.unreadable(error).in_array(&name))?;
        }
        Ok(())
    }

    /// Returns the byte order of the values.
    pub fn byte_order(&mut self) -> Result<ByteOrder> {
        let path = format!("{}byteorder", self.folder);
        let order = match self.zip.index_for_name(&path) {
            Some(_) => self.read("byteorder", 16)?,
            None => b"little".into(),
        };
        match order.as_slice() {
            b"little" => Ok(ByteOrder::Little),
            b"big" => Ok(ByteOrder::Big),
            _ => Err(self.origin.malformed("its byte order is unknown")),
        }
    }

    /// Opens an uncompressed member, and returns its content with its length.
    pub fn storage(&mut self, name: &str) -> Result<(ZipFile<'_, BufReader<File>>, u64)> {
        let origin = self.origin.clone();
        let member = self.member(&format!("data/{name}"))?;
        // The decompressed size of a compressed member can exceed the size of the file.
        if member.compression() != CompressionMethod::Stored {
            return Err(origin.malformed(
                "its values are compressed, which PyTorch does not do: save it again with torch.save",
            ));
        }
        let length = member.size();
        Ok((member, length))
    }

    fn member(&mut self, name: &str) -> Result<ZipFile<'_, BufReader<File>>> {
        let member = self.zip.by_name(&format!("{}{name}", self.folder));
        member.map_err(|error| refused(&self.origin, error))
    }

    /// Reads a member of at most `limit` bytes.
    pub fn read(&mut self, name: &str, limit: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let origin = self.origin.clone();
        let mut member = self.member(name)?.take(limit + 1);
        let read = member.read_to_end(&mut bytes);
        read.map_err(|error| origin.unreadable(error))?;
        match bytes.len() as u64 > limit {
            true => Err(origin.malformed(format!(
                "{name} is longer than {limit} bytes: save the state_dict alone, with tensors instead of \
                 numpy arrays, with torch.save"
            ))),
            false => Ok(bytes),
        }
    }
}

fn refused(origin: &Origin, error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => origin.unreadable(error),
        error => origin.malformed(error),
    }
}
