//! Elements of a MATLAB file: tags, data, padding.

use std::io::Read;

use crate::error::{BoxedError, ComputationError, Error, FileError, Result};
use crate::io::element::{ByteOrder, Element, FromElement, Kind};
use crate::io::{Origin, read_up_to, reserve};

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

/// How much is decoded at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// What stands in front of the data of an element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag {
    /// The type of the data.
    pub(super) kind: u32,
    size: u32,
    /// The data, where there is so little that it stands within the tag.
    small: Option<[u8; 4]>,
}

impl Tag {
    /// Bytes of a tag.
    pub(super) const BYTES: u64 = 8;

    /// Bytes of data.
    pub(super) fn size(self) -> u64 {
        self.size.into()
    }

    /// The type of stored numbers; `None` for data of another kind.
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

/// The bytes of one element and what lies in it.
pub(super) struct Stream<'r> {
    reader: &'r mut dyn Read,
    /// Bytes that the element has left.
    left: u64,
    order: ByteOrder,
    origin: &'r Origin,
    /// Bytes of memory that may still be asked for.
    budget: u64,
}

impl<'r> Stream<'r> {
    /// The next `left` bytes of a reader.
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

    /// Bytes that the element has left.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// The error for content that is not of the format.
    pub(super) fn malformed(&self, source: impl Into<BoxedError>) -> Error {
        self.origin.malformed(source)
    }

    /// Takes `n_bytes` of memory off what may be asked for.
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

    /// Reads the tag of an element that must be of a certain kind and size to have a meaning.
    pub(super) fn tag_of(&mut self, kinds: &[u32], what: &str) -> Result<Tag> {
        let tag = self.tag()?;
        if !kinds.contains(&tag.kind) {
            return Err(self.malformed(format!("{what} are of type {}", tag.kind)));
        }
        self.check_inside(tag)?;
        Ok(tag)
    }

    /// Checks that an element lies within the one around it.
    pub(super) fn check_inside(&self, tag: Tag) -> Result<()> {
        if tag.small.is_none() && tag.size() > self.left {
            return Err(self.malformed(format!(
                "an element of {} bytes where only {} are left",
                tag.size, self.left
            )));
        }
        Ok(())
    }

    /// Reads the data of an element as `n` numbers, where `n` is what its size has to be.
    pub(super) fn numbers<T: FromElement>(&mut self, tag: Tag, n: u64) -> Result<Vec<T>> {
        let Some(kind) = tag.number() else {
            return Err(self.malformed(format!("data of type {} are no numbers", tag.kind)));
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
                // Never more ahead of the data than there is data already.
                let ahead = n_new.max(out.len()).min(n as usize - out.len());
                reserve(&mut out, ahead, "an array of the file")?;
            }
            element.decode(chunk, &mut out);
        }
        self.skip_padding(tag)?;
        Ok(out)
    }

    /// Reads an element within this one, up to where it ends.
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

    /// Passes over bytes.
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

    /// Checks that nothing is left, of the element and of the compressed data it comes from.
    pub(super) fn expect_end(&mut self) -> Result<()> {
        self.skip(self.left)?;
        match self.reader.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.malformed("compressed data go on behind their variable")),
            Err(error) => Err(self.origin.unreadable(error)),
        }
    }

    /// Data are filled up to a multiple of 8 bytes.
    fn skip_padding(&mut self, tag: Tag) -> Result<()> {
        let padding = tag.size().next_multiple_of(8) - tag.size();
        // Other writers than MATLAB may leave out the end of the padding.
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

/// A letter, a length or a flag as it stands in the file: a whole number of up to 32 bits.
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
