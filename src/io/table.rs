//! Tables with a header, in files of comma- or tab-separated values.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::str::FromStr;

use csv::ByteRecord;

use super::{BUFFER_BYTES, Origin, extension, open};
use crate::error::{Error, Result};

/// A table that is read row by row.
pub(crate) struct Table {
    reader: csv::Reader<File>,
    header: Vec<String>,
    row: ByteRecord,
    origin: Origin,
}

impl Table {
    /// Opens a `.csv` or `.tsv` file and reads its header.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`] for another ending, [`Error::Read`], and [`Error::Malformed`] for a
    /// file without a header.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let (format, delimiter) = match extension(path).as_str() {
            "csv" => ("csv", b','),
            "tsv" => ("tsv", b'\t'),
            _ => {
                return Err(Error::UnknownFormat {
                    path: path.into(),
                    expected: ".csv or .tsv",
                });
            }
        };
        let origin = Origin::new(path, format);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            // Rows of other lengths are refused here, with their line.
            .flexible(true)
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(open(path)?);
        let header = reader
            .byte_headers()
            .map_err(|error| refused(&origin, error))?;
        let header: Vec<String> = header.iter().map(text).collect();
        if header.is_empty() {
            return Err(origin.malformed("it has no header row"));
        }
        Ok(Self {
            reader,
            header,
            row: ByteRecord::new(),
            origin,
        })
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// Where a column stands.
    ///
    /// # Errors
    /// [`Error::NoSuchColumn`] names those that are there.
    pub(crate) fn column(&self, name: &str) -> Result<usize> {
        let position = self.header.iter().position(|column| column == name);
        position.ok_or_else(|| Error::NoSuchColumn {
            name: name.into(),
            available: self.header.clone(),
        })
    }

    /// Reads the next row; `None` at the end.
    ///
    /// # Errors
    /// [`Error::RaggedRow`] where it has another number of fields than the header.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row<'_>>> {
        let is_there = self.reader.read_byte_record(&mut self.row);
        if !is_there.map_err(|error| refused(&self.origin, error))? {
            return Ok(None);
        }
        let row = Row {
            fields: &self.row,
            origin: &self.origin,
        };
        if self.row.len() != self.header.len() {
            return Err(Error::RaggedRow {
                line: row.line(),
                expected: self.header.len(),
                found: self.row.len(),
            });
        }
        Ok(Some(row))
    }
}

/// A row of a [`Table`], with as many fields as the header.
pub(crate) struct Row<'a> {
    fields: &'a ByteRecord,
    origin: &'a Origin,
}

impl Row<'_> {
    /// The text of a field, without spaces around it.
    pub(crate) fn text(&self, column: usize) -> String {
        text(self.fields.get(column).unwrap_or_default())
    }

    /// The number in a field.
    ///
    /// # Errors
    /// [`Error::NotANumber`] names line and field.
    pub(crate) fn number<T: FromStr>(&self, column: usize) -> Result<T> {
        let field = self.fields.get(column).unwrap_or_default();
        let number = std::str::from_utf8(field.trim_ascii())
            .ok()
            .and_then(|text| text.parse().ok());
        number.ok_or_else(|| Error::NotANumber {
            line: self.line(),
            field: column + 1,
            expected: "a number",
            found: text(field).chars().take(80).collect(),
        })
    }

    /// The line where the row begins, for errors.
    ///
    /// The parser counts a row as beginning with the blank lines before it, and with the second
    /// half of a line end of two bytes. So the line is looked for again, in the rare case that it
    /// is asked for.
    fn line(&self) -> u64 {
        let position = self.fields.position();
        let start = position.map_or(0, csv::Position::byte);
        let about = position.map_or(0, csv::Position::line);
        line_at(&self.origin.path, start).unwrap_or(about)
    }
}

/// The line of the first byte from `start` on that ends no line, counted from 1.
fn line_at(path: &Path, start: u64) -> std::io::Result<u64> {
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
    let (mut line, mut position) = (1, 0);
    loop {
        let bytes = reader.fill_buf()?;
        for byte in bytes {
            if position >= start && !matches!(byte, b'\r' | b'\n') {
                return Ok(line);
            }
            line += u64::from(*byte == b'\n');
            position += 1;
        }
        let n_bytes = bytes.len();
        if n_bytes == 0 {
            return Ok(line);
        }
        reader.consume(n_bytes);
    }
}

fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field.trim_ascii()).into_owned()
}

fn refused(origin: &Origin, error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => origin.unreadable(error),
        other => origin.malformed(format!("{other:?}")),
    }
}
