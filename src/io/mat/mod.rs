//! A reader for variables in MATLAB files of level 5, which `save -v6` and `save -v7` write.
//!
//! The format is described in "MAT-File Format" (The MathWorks). Files are not trusted: elements
//! must lie within the enclosing element, counts must agree with the available bytes, memory is
//! allocated as data is read and up to a limit, and the nesting depth is limited.

mod array;
mod choose;
mod stream;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::bufread::ZlibDecoder;

pub(crate) use self::array::MatArray;
use self::array::{Header, read_array, read_header};
use self::stream::{COMPRESSED, MATRIX, Stream, Tag};
use super::element::ByteOrder;
use super::{BUFFER_BYTES, Origin, open, read_up_to};
use crate::error::{ComputationError, FileError, Result};

/// Size of the file header in bytes; the first variable follows it.
const HEADER_BYTES: u64 = 128;

/// Largest memory of one variable in bytes. MATLAB does not save larger variables in this format.
const MAX_BYTES: u64 = 1 << 31;

/// An opened file. Its variables are listed; each is read on request.
pub(crate) struct MatFile<R = BufReader<File>> {
    reader: R,
    origin: Origin,
    order: ByteOrder,
    /// Variables in the order of the file; the first of several with the same name is used.
    variables: Vec<(String, Variable)>,
    /// Index of each variable in `variables`.
    by_name: HashMap<String, usize>,
}

/// The location of a variable in the file.
#[derive(Debug, Clone, Copy)]
struct Variable {
    /// Offset of the first byte after its tag.
    start: u64,
    tag: Tag,
    is_numeric: bool,
}

impl MatFile {
    /// Opens a file and lists its variables.
    ///
    /// # Errors
    /// Returns [`FileError::Read`], [`FileError::Truncated`], or [`FileError::Malformed`] if it is
    /// not a file of level 5.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = BufReader::with_capacity(BUFFER_BYTES, open(path)?);
        Self::new(file, Origin::new(path, "mat"))
    }
}

impl<R: Read + Seek> MatFile<R> {
    /// Lists the variables of a file.
    pub(crate) fn new(mut reader: R, origin: Origin) -> Result<Self> {
        let unreadable = |error| origin.unreadable(error);
        let length = reader.seek(SeekFrom::End(0)).map_err(unreadable)?;
        reader.rewind().map_err(unreadable)?;
        let order = read_file_header(&mut reader, &origin)?;

        let mut file = Self {
            reader,
            origin,
            order,
            variables: Vec::new(),
            by_name: HashMap::new(),
        };
        let mut start = HEADER_BYTES;
        while start < length {
            file.seek(start)?;
            let left = length - start;
            let mut stream = Stream::new(&mut file.reader, left, order, &file.origin, MAX_BYTES);
            let tag = stream.tag()?;
            start += Tag::BYTES;
            if tag.size() > length - start {
                return Err(FileError::Truncated {
                    expected: tag.size(),
                    found: length - start,
                }
                .into());
            }
            let header = file.within(start, tag, |stream, _| {
                let header = stream.next_header()?;
                Ok(header.map(|header| (header.is_numeric(), header.name)))
            })?;
            // Elements without a name are empty or belong to functions and objects.
            if let Some((is_numeric, name)) = header.filter(|(_, name)| !name.is_empty()) {
                let position = file.variables.len();
                file.by_name.entry(name.clone()).or_insert(position);
                let variable = Variable {
                    start,
                    tag,
                    is_numeric,
                };
                file.variables.push((name, variable));
            }
            start += tag.size();
            // Writers other than MATLAB may omit the end of the padding.
            start += stream_padding(tag).min(length - start);
        }
        Ok(file)
    }

    /// Returns the path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.origin.path
    }

    /// Returns the names of the variables, in the order of the file.
    pub(crate) fn names(&self) -> Vec<String> {
        self.variables
            .iter()
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Checks whether there is a variable with this name that holds numbers.
    pub(crate) fn is_numeric(&self, name: &str) -> bool {
        let position = self.by_name.get(name);
        position.is_some_and(|&at| self.variables[at].1.is_numeric)
    }

    /// Reads a variable.
    ///
    /// # Errors
    /// Returns [`FileError::NoSuchArray`], with the available names, if there is no such variable;
    /// [`FileError::Malformed`] or [`FileError::Truncated`] if it is damaged;
    /// [`ComputationError::OutOfMemory`] if it needs more than 2 GiB.
    pub(crate) fn read(&mut self, name: &str) -> Result<MatArray> {
        let position = self.by_name.get(name);
        let Some(&(_, Variable { start, tag, .. })) = position.map(|&at| &self.variables[at])
        else {
            return Err(FileError::NoSuchArray {
                name: name.into(),
                available: self.names(),
            }
            .into());
        };
        self.seek(start)?;
        self.within(start, tag, |stream, is_compressed| {
            let Some(header) = stream.next_header()? else {
                return Err(stream.malformed("the variable is empty"));
            };
            let array = read_array(stream, header)?;
            if is_compressed {
                // The checksum is verified at the end.
                stream.expect_end()?;
            }
            Ok(array)
        })
    }

    /// Moves to an offset in the file. The buffer is kept, so that many small elements are read
    /// only once.
    fn seek(&mut self, to: u64) -> Result<()> {
        let at = self.reader.stream_position();
        let sought = at.and_then(|at| self.reader.seek_relative(to as i64 - at as i64));
        sought.map_err(|e| self.origin.unreadable(e))
    }

    /// Calls `read` with the bytes of a variable, decompressed if necessary. The reader must be at
    /// the variable.
    fn within<T>(
        &mut self,
        start: u64,
        tag: Tag,
        read: impl FnOnce(&mut Stream<'_>, bool) -> Result<T>,
    ) -> Result<T> {
        let (order, origin) = (self.order, &self.origin);
        match tag.kind {
            MATRIX => {
                let reader: &mut dyn Read = &mut self.reader;
                let mut stream = Stream::new(reader, tag.size(), order, origin, MAX_BYTES);
                read(&mut stream, false)
            }
            COMPRESSED => {
                let compressed = BufReader::new((&mut self.reader).take(tag.size()));
                let mut decoder = ZlibDecoder::new(compressed);
                let mut stream = Stream::new(&mut decoder, Tag::BYTES, order, origin, MAX_BYTES);
                let inner = stream.tag()?;
                if inner.kind != MATRIX {
                    return Err(origin.malformed(format!(
                        "compressed data of type {} instead of an array",
                        inner.kind
                    )));
                }
                if inner.size() > MAX_BYTES {
                    return Err(ComputationError::OutOfMemory {
                        what: "a variable of the file",
                        bytes: inner.size(),
                    }
                    .into());
                }
                let mut stream = Stream::new(&mut decoder, inner.size(), order, origin, MAX_BYTES);
                read(&mut stream, true)
            }
            other => Err(origin.malformed(format!(
                "data of type {other} at byte {start} instead of a variable"
            ))),
        }
    }
}

impl Stream<'_> {
    /// Reads the header of the array in this stream. Returns `None` if the stream is empty.
    fn next_header(&mut self) -> Result<Option<Header>> {
        if self.left() == 0 {
            return Ok(None);
        }
        read_header(self).map(Some)
    }
}

/// Returns the number of bytes that pad a variable to a multiple of 8; compressed variables are not
/// padded.
fn stream_padding(tag: Tag) -> u64 {
    match tag.kind {
        COMPRESSED => 0,
        _ => tag.size().next_multiple_of(8) - tag.size(),
    }
}

/// Checks the file header, and returns the byte order.
fn read_file_header(reader: &mut impl Read, origin: &Origin) -> Result<ByteOrder> {
    let mut header = [0; HEADER_BYTES as usize];
    let found = read_up_to(reader, &mut header).map_err(|error| origin.unreadable(error))?;
    if header.starts_with(b"MATLAB 7.3") || header.starts_with(b"\x89HDF") {
        return Err(origin.malformed(
            "it is of MATLAB 7.3, which is HDF5: save it with -v7, or convert the array to .npy",
        ));
    }
    // Level 4 begins with the type of its first variable, level 5 with text.
    if found >= 20 && header[..4].contains(&0) {
        return Err(origin.malformed(
            "it is of MATLAB 4, or no MATLAB file: save it with -v7, or convert the array to .npy",
        ));
    }
    if found < header.len() {
        return Err(FileError::Truncated {
            expected: HEADER_BYTES,
            found: found as u64,
        }
        .into());
    }
    match &header[124..] {
        [_, 1, b'I', b'M'] => Ok(ByteOrder::Little),
        [1, _, b'M', b'I'] => Ok(ByteOrder::Big),
        [_, 2, b'I', b'M'] | [2, _, b'M', b'I'] => Err(origin.malformed(
            "it is of MATLAB 7.3, which is HDF5: save it with -v7, or convert the array to .npy",
        )),
        _ => Err(origin.malformed("it does not begin with a MATLAB header of level 5")),
    }
}
