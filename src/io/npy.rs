//! A reader for arrays in the `.npy` format.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::element::{Element, FromElement};
use super::npy_header::NpyHeader;
use super::{BUFFER_BYTES, Origin, known_length, open, read_up_to};
use crate::error::{FileError, Result};
use crate::linalg::{out_of_memory, reserve};

/// Largest read buffer in bytes for the conversion of columns to rows.
const MAX_BUFFER_BYTES: usize = 16 << 20;

/// An array of any shape. The header is already read, the data is not.
pub(crate) struct NpyReader<R> {
    header: NpyHeader,
    reader: R,
    origin: Origin,
    /// Declared bytes of data that are not yet read.
    remaining: u64,
    /// Whether the file is known to contain all declared data.
    is_sized: bool,
}

impl NpyReader<File> {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// Returns [`FileError::Read`], [`FileError::Malformed`] or [`FileError::UnsupportedElement`],
    /// or [`FileError::Truncated`] if the file is shorter than declared in the header.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = open(path)?;
        let length = known_length(&file);
        Self::new(file, length, Origin::new(path, "npy"))
    }
}

impl<R: Read> NpyReader<R> {
    /// Reads the header. `length` is the total number of bytes, if it is known for certain;
    /// otherwise memory is allocated only as data is read.
    pub(crate) fn new(mut reader: R, length: Option<u64>, origin: Origin) -> Result<Self> {
        let header = NpyHeader::read(&mut reader, &origin)?;
        Self::with_header(header, reader, length, origin)
    }

    /// Creates a reader for data with a separate header. `reader` is positioned at the data.
    pub(crate) fn with_header(
        header: NpyHeader,
        reader: R,
        length: Option<u64>,
        origin: Origin,
    ) -> Result<Self> {
        let n_bytes = header
            .n_elements()
            .and_then(|n| n.checked_mul(header.element.size() as u64));
        let found = length.map(|length| length.saturating_sub(header.data_offset));
        match (n_bytes, found) {
            (Some(remaining), None) => Ok(Self {
                header,
                reader,
                origin,
                remaining,
                is_sized: false,
            }),
            (Some(remaining), Some(found)) if remaining <= found => Ok(Self {
                header,
                reader,
                origin,
                remaining,
                is_sized: true,
            }),
            _ => Err(FileError::Truncated {
                expected: n_bytes.unwrap_or(u64::MAX),
                found: found.unwrap_or(0),
            }
            .into()),
        }
    }

    /// Returns the lengths of the axes.
    pub(crate) fn shape(&self) -> &[u64] {
        &self.header.shape
    }

    /// Returns the header.
    pub(crate) fn header(&self) -> &NpyHeader {
        &self.header
    }

    /// Returns true if the source is known to contain all declared data.
    pub(crate) fn is_sized(&self) -> bool {
        self.is_sized
    }

    /// Returns the underlying reader, positioned after the data that was read.
    pub(crate) fn into_inner(self) -> R {
        self.reader
    }

    /// Checks that no bytes follow the data, which must be completely read. For members of an
    /// archive, this also verifies the checksum.
    pub(crate) fn expect_end(mut self) -> Result<()> {
        match self.reader.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.origin.malformed("bytes follow the array")),
            Err(error) => Err(self.origin.unreadable(error)),
        }
    }

    /// Fills the buffer with data.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<()> {
        let found = read_up_to(&mut self.reader, buffer)
            .map_err(|error| self.origin.unreadable(error))? as u64;
        if found < buffer.len() as u64 {
            let expected = self.header.n_elements().unwrap_or(u64::MAX);
            let expected = expected.saturating_mul(self.header.element.size() as u64);
            return Err(FileError::Truncated {
                expected,
                found: expected.saturating_sub(self.remaining) + found,
            }
            .into());
        }
        self.remaining = self.remaining.saturating_sub(found);
        Ok(())
    }

    /// Reads all elements in row-major order, whatever their order in the file.
    ///
    /// The data is read in one pass through a fixed buffer. The returned array is the only one
    /// allocated, except for column-major data of unknown length (in archives), which is reordered
    /// afterwards.
    pub(crate) fn read_row_major<T: FromElement>(&mut self) -> Result<Vec<T>> {
        let n_elements = self.remaining / self.header.element.size() as u64;
        let too_many = || out_of_memory::<T>("the array", n_elements);
        let n_elements = usize::try_from(n_elements).map_err(|_| too_many())?;
        let n_long_axes = self.shape().iter().filter(|&&length| length != 1).count();
        if !self.header.fortran_order || n_long_axes < 2 || n_elements == 0 {
            return self.read_in_file_order(n_elements);
        }
        let shape: Vec<usize> = self.shape().iter().map(|&length| length as usize).collect();
        let mut scatter = Scatter::new(shape);
        if !self.is_sized {
            let by_column: Vec<T> = self.read_in_file_order(n_elements)?;
            let mut out = zeros(n_elements)?;
            scatter.place(&by_column, &mut out);
            return Ok(out);
        }
        let mut out = zeros(n_elements)?;
        let mut decoded = Vec::new();
        let buffer_bytes = self.column_buffer();
        self.for_each_chunk(buffer_bytes, |element, bytes| {
            decoded.clear();
            element.decode(bytes, &mut decoded);
            scatter.place(&decoded, &mut out);
            Ok(())
        })?;
        Ok(out)
    }

    fn read_in_file_order<T: FromElement>(&mut self, n_elements: usize) -> Result<Vec<T>> {
        let mut out = Vec::new();
        if self.is_sized {
            reserve(&mut out, n_elements, "the array")?;
        }
        self.for_each_chunk(BUFFER_BYTES, |element, bytes| {
            let n_new = bytes.len() / element.size();
            if out.capacity() - out.len() < n_new {
                // Grow by no more than the amount of data read so far, or one chunk.
                let ahead = n_new.max(out.len()).min(n_elements - out.len());
                reserve(&mut out, ahead, "the array")?;
            }
            element.decode(bytes, &mut out);
            Ok(())
        })?;
        Ok(out)
    }

    /// Returns the size of a read buffer for whole columns. If columns are short enough, it holds
    /// as many as fill a cache line of the result.
    fn column_buffer(&self) -> usize {
        let size = self.header.element.size();
        let column = (self.shape()[0] as usize).saturating_mul(size);
        let n_columns = (MAX_BUFFER_BYTES / column).min(16);
        match column.saturating_mul(n_columns) {
            bytes if bytes > BUFFER_BYTES => bytes,
            _ if column <= BUFFER_BYTES => BUFFER_BYTES / column * column,
            _ => BUFFER_BYTES,
        }
    }

    /// Calls `consume` with chunks of whole elements.
    fn for_each_chunk(
        &mut self,
        buffer_bytes: usize,
        mut consume: impl FnMut(Element, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut buffer = vec![0; buffer_bytes.min(self.remaining as usize)];
        while self.remaining > 0 {
            let n_bytes = self.remaining.min(buffer.len() as u64) as usize;
            let chunk = &mut buffer[..n_bytes];
            self.fill(chunk)?;
            consume(self.header.element, chunk)?;
        }
        Ok(())
    }
}

fn zeros<T: FromElement>(n: usize) -> Result<Vec<T>> {
    let mut out = Vec::new();
    reserve(&mut out, n, "the array")?;
    out.resize(n, T::from_u64(0));
    Ok(out)
}

/// The conversion of elements from column-major to row-major order.
struct Scatter {
    shape: Vec<usize>,
    /// Strides of the axes in row-major order, in elements.
    strides: Vec<usize>,
    /// Index of the next element.
    index: Vec<usize>,
    /// Position of the next element in row-major order.
    place: usize,
}

impl Scatter {
    /// Creates the conversion for a shape without empty axes.
    fn new(shape: Vec<usize>) -> Self {
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        Self {
            index: vec![0; shape.len()],
            shape,
            strides,
            place: 0,
        }
    }

    /// Places the next elements.
    fn place<T: Copy>(&mut self, mut values: &[T], out: &mut [T]) {
        while !values.is_empty() {
            if self.shape.len() == 2 && self.index[0] == 0 {
                let n_columns = values.len() / self.shape[0];
                if n_columns > 1 {
                    let (whole, rest) = values.split_at(n_columns * self.shape[0]);
                    self.place_columns(whole, out);
                    values = rest;
                    continue;
                }
            }
            let run = values.len().min(self.shape[0] - self.index[0]);
            let (now, later) = values.split_at(run);
            let places = out[self.place..].iter_mut().step_by(self.strides[0]);
            for (slot, &value) in places.zip(now) {
                *slot = value;
            }
            self.index[0] += run;
            self.place += run * self.strides[0];
            self.carry();
            values = later;
        }
    }

    /// Places whole columns of a matrix, row by row, because neighbours in a row share a cache
    /// line.
    fn place_columns<T: Copy>(&mut self, values: &[T], out: &mut [T]) {
        let (n_rows, n_columns) = (self.shape[0], values.len() / self.shape[0]);
        for row in 0..n_rows {
            let start = self.place + row * self.strides[0];
            let column = values[row..].iter().step_by(n_rows);
            for (slot, &value) in out[start..start + n_columns].iter_mut().zip(column) {
                *slot = value;
            }
        }
        self.index[1] += n_columns;
        self.place += n_columns;
    }

    /// Moves on to the next axis at the end of an axis.
    fn carry(&mut self) {
        for axis in 0..self.shape.len() - 1 {
            if self.index[axis] < self.shape[axis] {
                return;
            }
            self.index[axis] = 0;
            self.index[axis + 1] += 1;
            self.place += self.strides[axis + 1];
            self.place -= self.shape[axis] * self.strides[axis];
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
