//! Elements of a MATLAB file: tags, data and padding.

use std::io::Read;

use crate::error::{BoxedError, ComputationError, Error, FileError, Result};
use crate::io::element::{ByteOrder, Element, FromElement, Kind};
use crate::io::{Origin, read_up_to};
use crate::linalg::reserve;

pub(super) const INT8: u32 = 1;
pub(super) const UINT8: u32 = 2;
pub(super) const INT16: u32 = 3;
pub(super) const UINT16: u32 = 4;
pub(super) const INT32: u32 = 5;
pub(super) const UINT32: u32 = 6;
pub(super) const SINGLE: u32 = 7;
pub(super) const DOUBLE: u32 = 9;
pub(super) const INT64: u32 = 12;
pub(super) const UINT64: u32 = 13;
pub(super) const MATRIX: u32 = 14;
pub(super) const COMPRESSED: u32 = 15;
pub(super) const UTF8: u32 = 16;
pub(super) const UTF16: u32 = 17;
pub(super) const UTF32: u32 = 18;

/// Bytes that are decoded at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// The tag of an element, which precedes its data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag {
    /// Type of the data.
    pub(super) kind: u32,
    size: u32,
    /// The data of a small element, which is stored in the tag.
    small: Option<[u8; 4]>,
}

impl Tag {
    /// Size of a tag in bytes.
    pub(super) const BYTES: u64 = 8;

    /// Returns the size of the data in bytes.
    pub(super) fn size(self) -> u64 {
        self.size.into()
    }

    /// Returns the type of the stored numbers, or `None` if the data is not numeric.
    fn number(self) -> Option<Kind> {
        Some(match self.kind {
            INT8 => Kind::I8,
            UINT8 | UTF8 => Kind::U8,
            INT16 => Kind::I16,
            UINT16 | UTF16 => Kind::U16,
            INT32 => Kind::I32,
            UINT32 | UTF32 => Kind::U32,
            SINGLE => Kind::F32,
            DOUBLE => Kind::F64,
            INT64 => Kind::I64,
            UINT64 => Kind::U64,
            _ => return None,
        })
    }
}

/// The bytes of one element and of the elements in it.
pub(super) struct Stream<'r> {
    reader: &'r mut dyn Read,
    /// Remaining bytes of the element.
    left: u64,
    order: ByteOrder,
    origin: &'r Origin,
    /// Bytes of memory that may still be allocated.
    budget: u64,
}

impl<'r> Stream<'r> {
    /// Creates a stream of the next `left` bytes of a reader.
    pub(super) fn new(
        reader: &'r mut dyn Read,
        left: u64,
        order: ByteOrder,
        origin: &'r Origin,
        budget: u64,
    ) -> Self {
        Self {
            reader,
            left,
            order,
            origin,
            budget,
        }
    }

    /// Returns the remaining bytes of the element.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Returns the error for content that does not follow the format.
    pub(super) fn malformed(&self, source: impl Into<BoxedError>) -> Error {
        self.origin.malformed(source)
    }

    /// Subtracts `n_bytes` from the memory that may be allocated.
    pub(super) fn charge(&mut self, n_bytes: u64) -> Result<()> {
        let rest = self.budget.checked_sub(n_bytes);
        self.budget = rest.ok_or(ComputationError::OutOfMemory {
            what: "a variable of the file",
            bytes: n_bytes,
        })?;
        Ok(())
    }

    /// Reads the tag of the next element.
    pub(super) fn tag(&mut self) -> Result<Tag> {
        let mut bytes = [0; Tag::BYTES as usize];
        self.fill(&mut bytes)?;
        let [a, b, c, d, e, f, g, h] = bytes;
        let u32_of = |bytes| match self.order {
            ByteOrder::Little => u32::from_le_bytes(bytes),
            ByteOrder::Big => u32::from_be_bytes(bytes),
        };
        let (first, size) = (u32_of([a, b, c, d]), u32_of([e, f, g, h]));
        if first >> 16 == 0 {
            return Ok(Tag {
                kind: first,
                size,
                small: None,
            });
        }
        if first >> 16 > 4 {
            return Err(self.malformed("a small element of more than 4 bytes"));
        }
        let kind = first & 0xffff;
        if matches!(kind, MATRIX | COMPRESSED) {
            return Err(self.malformed("an array in a small element"));
        }
        Ok(Tag {
            kind,
            size: first >> 16,
            small: Some([e, f, g, h]),
        })
    }

    /// Reads the tag of an element that must have one of the types `kinds`.
    pub(super) fn tag_of(&mut self, kinds: &[u32], what: &str) -> Result<Tag> {
        let tag = self.tag()?;
        if !kinds.contains(&tag.kind) {
            return Err(self.malformed(format!("{what} are of type {}", tag.kind)));
        }
        self.check_inside(tag)?;
        Ok(tag)
    }

    /// Checks that an element lies within the enclosing element.
    pub(super) fn check_inside(&self, tag: Tag) -> Result<()> {
        if tag.small.is_none() && tag.size() > self.left {
            return Err(self.malformed(format!(
                "an element of {} bytes where only {} are left",
                tag.size, self.left
            )));
        }
        Ok(())
    }

    /// Reads the data of an element as `n` numbers; its size must be that of `n` numbers.
    pub(super) fn numbers<T: FromElement>(&mut self, tag: Tag, n: u64) -> Result<Vec<T>> {
        let Some(kind) = tag.number() else {
            return Err(self.malformed(format!("data of type {} is not numeric", tag.kind)));
        };
        let element = Element {
            kind,
            order: self.order,
        };
        if n.checked_mul(element.size() as u64) != Some(tag.size()) {
            return Err(self.malformed(format!(
                "{} bytes of data for {n} elements of {} bytes",
                tag.size,
                element.size()
            )));
        }
        self.check_inside(tag)?;
        self.charge(n.saturating_mul(size_of::<T>() as u64))?;
        let mut out = Vec::new();
        if let Some(bytes) = tag.small {
            element.decode(&bytes[..tag.size as usize], &mut out);
            return Ok(out);
        }
        let mut left = tag.size();
        let mut buffer = vec![0; left.min(CHUNK_BYTES as u64) as usize];
        while left > 0 {
            let chunk = &mut buffer[..left.min(CHUNK_BYTES as u64) as usize];
            self.fill(chunk)?;
            left -= chunk.len() as u64;
            let n_new = chunk.len() / element.size();
            if out.capacity() - out.len() < n_new {
                // Grow by no more than the amount of data read so far, or one chunk.
                let ahead = n_new.max(out.len()).min(n as usize - out.len());
                reserve(&mut out, ahead, "an array of the file")?;
            }
            element.decode(chunk, &mut out);
        }
        self.skip_padding(tag)?;
        Ok(out)
    }

    /// Reads a nested element, and skips to its end.
    pub(super) fn nested<T>(
        &mut self,
        tag: Tag,
        read: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.check_inside(tag)?;
        let outer = self.left - tag.size();
        self.left = tag.size();
        let value = read(self)?;
        self.skip(self.left)?;
        self.left = outer;
        self.skip_padding(tag)?;
        Ok(value)
    }

    /// Skips bytes.
    pub(super) fn skip(&mut self, n_bytes: u64) -> Result<()> {
        let mut left = n_bytes;
        let mut buffer = [0; 4096];
        while left > 0 {
            let chunk = &mut buffer[..left.min(4096) as usize];
            self.fill(chunk)?;
            left -= chunk.len() as u64;
        }
        Ok(())
    }

    /// Checks that neither the element nor the compressed data that contains it has bytes left.
    pub(super) fn expect_end(&mut self) -> Result<()> {
        self.skip(self.left)?;
        match self.reader.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.malformed("compressed data continues after its variable")),
            Err(error) => Err(self.origin.unreadable(error)),
        }
    }

    /// Skips the padding, which extends data to a multiple of 8 bytes.
    fn skip_padding(&mut self, tag: Tag) -> Result<()> {
        let padding = tag.size().next_multiple_of(8) - tag.size();
        // Writers other than MATLAB may omit the end of the padding.
        self.skip(padding.min(self.left))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<()> {
        let n_bytes = buffer.len() as u64;
        if n_bytes > self.left {
            return Err(self.malformed(format!(
                "an element of {n_bytes} bytes where only {} are left",
                self.left
            )));
        }
        let found = read_up_to(&mut self.reader, buffer);
        let found = found.map_err(|error| self.origin.unreadable(error))? as u64;
        if found < n_bytes {
            return Err(FileError::Truncated {
                expected: self.left,
                found,
            }
            .into());
        }
        self.left -= n_bytes;
        Ok(())
    }
}

/// A character, a length or a flag in a file: a whole number of up to 32 bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit(pub(super) u32);

impl FromElement for Unit {
    fn from_u64(value: u64) -> Self {
        Self(value as u32)
    }
    fn from_i64(value: i64) -> Self {
        Self(value as u32)
    }
    fn from_f32(value: f32) -> Self {
        Self(value as u32)
    }
    fn from_f64(value: f64) -> Self {
        Self(value as u32)
    }
}
