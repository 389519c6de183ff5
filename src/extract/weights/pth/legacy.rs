//! The format that PyTorch wrote before version 1.6, and still writes on request: pickles with a
//! magic number, the version, the system, the tensors and the names of the storages, followed by
//! the storages, each with its number of elements.
//!
//! There are no checksums. The numbers of elements are compared with those in the pickle, and the
//! end of the last storage with the end of the file.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::archive::MAX_PICKLE_BYTES;
use super::pickle::Pickle;
use super::tensor::{self, Storage};
use super::value::Value;
use crate::error::{Error, FileError, Result};
use crate::io::{Origin, known_length, open};
use crate::linalg::reserve;

/// The magic number in the first pickle: 80 bits, little-endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// Largest number of bytes before the magic number: those of the protocol and the frame.
const MAX_BEFORE_MAGIC: usize = 16;

/// Version of the format.
const VERSION: i64 = 1001;

/// Bytes of the number of elements before each storage.
const COUNT_BYTES: u64 = 8;

/// Checks whether a file of this format begins with these bytes.
pub(in crate::extract::weights) fn is_legacy(start: &[u8]) -> bool {
    let begin = &start[..start.len().min(MAX_BEFORE_MAGIC + MAGIC.len())];
    begin.first() == Some(&0x80) && begin.windows(MAGIC.len()).any(|window| window == MAGIC)
}

/// The storages of a file.
pub(super) struct Legacy {
    file: File,
    /// Offset of the first element of each storage, and the length in bytes.
    storages: HashMap<String, (u64, u64)>,
}

impl Legacy {
    /// Opens a file, and returns it with the pickle of the tensors.
    pub fn open(path: &Path) -> Result<(Self, Pickle)> {
        let origin = Origin::new(path, "PyTorch checkpoint");
        let mut file = open(path)?;
        let length = known_length(&file)
            .ok_or_else(|| origin.unreadable(std::io::Error::other("it is no regular file")))?;
        let mut head = Vec::new();
        reserve(
            &mut head,
            length.min(MAX_PICKLE_BYTES) as usize,
            "the pickle",
        )?;
        (&mut file)
            .take(MAX_PICKLE_BYTES)
            .read_to_end(&mut head)
            .map_err(|error| origin.unreadable(error))?;
        let next = |bytes| Pickle::read(bytes).map_err(|error| origin.malformed(error));
        let (_, rest) = next(&head)?;
        let (version, rest) = next(rest)?;
        if version.integer(version.root()) != Some(VERSION) {
            return Err(origin.malformed("its version is unknown"));
        }
        let (_, rest) = next(rest)?;
        let (pickle, rest) = next(rest)?;
        let (names, rest) = next(rest)?;
        let Value::List(names_in_order) = names.value(names.root()) else {
            return Err(origin.malformed("it does not list its storages"));
        };
        let mut declared: BTreeMap<&str, Storage<'_>> = BTreeMap::new();
        for storage in pickle
            .persistent()
            .filter_map(|id| tensor::storage(&pickle, id))
        {
            declared.insert(storage.name, storage);
        }
        let mut at = (head.len() - rest.len()) as u64;
        let mut storages = HashMap::new();
        for &name in names_in_order {
            let name = names.text(name).unwrap_or_default();
            let of_storage = |error: Error| error.in_array(name);
            let storage = declared
                .get(name)
                .ok_or_else(|| of_storage(origin.malformed("it is not used by any tensor")))?;
            let mut count = [0; COUNT_BYTES as usize];
            let read = file
                .seek(SeekFrom::Start(at))
                .and_then(|_| file.read_exact(&mut count));
            read.map_err(|error| of_storage(origin.unreadable(error)))?;
            let count = u64::from_le_bytes(count);
            if Some(count) != storage.n_elements {
                let reason = "the number of its elements differs from that in the pickle";
                return Err(of_storage(origin.malformed(reason)));
            }
            let size = storage.element_size().map_err(of_storage)? as u64;
            let (start, bytes) = (at + COUNT_BYTES, count.saturating_mul(size));
            at = start.saturating_add(bytes);
            if at > length {
                return Err(of_storage(
                    FileError::Truncated {
                        expected: at,
                        found: length,
                    }
                    .into(),
                ));
            }
            storages.insert(name.to_owned(), (start, bytes));
        }
        if at < length {
            return Err(origin.malformed("bytes follow the last storage"));
        }
        Ok((Self { file, storages }, pickle))
    }

    /// Opens a storage, and returns its content with its length in bytes.
    pub fn storage(&mut self, name: &str) -> Result<(impl Read, u64)> {
        let missing = || FileError::malformed("PyTorch checkpoint", "its storage is missing");
        let &(start, length) = self.storages.get(name).ok_or_else(missing)?;
        self.file
            .seek(SeekFrom::Start(start))
            .map_err(|error| FileError::malformed("PyTorch checkpoint", error))?;
        Ok(((&mut self.file).take(length), length))
    }
}
