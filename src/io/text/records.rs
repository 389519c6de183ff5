//! Records of a text: its lines, split into fields.

use csv::StringRecord;

use super::cell::number;
use crate::error::{FileError, Result};

/// The separator of the fields of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separator {
    /// A single byte; fields may be quoted.
    Byte(u8),
    /// Any number of spaces and tabs, but no other white space; fields may be quoted. Lines that begin with
    /// `#` are comments, unless they have as many fields as the other records.
    WhiteSpace,
}

/// An iterator over the records of a text; blank lines are ignored.
pub(super) struct Records<'a> {
    text: &'a str,
    /// CSV parser; `None` if the separator is white space.
    reader: Option<csv::Reader<&'a [u8]>>,
    /// Text that is not yet read, if the separator is white space.
    rest: &'a str,
    /// Offset of the current record.
    start: usize,
    /// Number of fields of the current or the first record, if the separator is white space.
    n_fields: Option<usize>,
}

impl<'a> Records<'a> {
    pub(super) fn new(text: &'a str, separator: Separator) -> Self {
        let reader = match separator {
            Separator::Byte(delimiter) => Some(
                csv::ReaderBuilder::new()
                    .delimiter(delimiter)
                    .has_headers(false)
                    // Rows of different lengths are reported later, with their line.
                    .flexible(true)
                    .from_reader(text.as_bytes()),
            ),
            Separator::WhiteSpace => None,
        };
        Self {
            text,
            reader,
            rest: text,
            start: 0,
            n_fields: match separator {
                Separator::Byte(_) => None,
                Separator::WhiteSpace => first_length(text),
            },
        }
    }

    /// Reads the next record. Returns `false` at the end.
    pub(super) fn next(&mut self, record: &mut StringRecord) -> Result<bool> {
        if let Some(reader) = &mut self.reader {
            let is_there = reader
                .read_record(record)
                .map_err(|error| FileError::malformed("text", error))?;
            self.start = record.position().map_or(0, |at| at.byte() as usize);
            return Ok(is_there);
        }
        while !self.rest.is_empty() {
            self.start = self.text.len() - self.rest.len();
            let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
            let line = &self.rest[..end];
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            if line.trim().is_empty() {
                continue;
            }
            record.clear();
            split_white_space(line, record);
            // A word in the first column may begin with `#`.
            let is_word = self.n_fields == Some(record.len()) && begins_with_word(record);
            if line.starts_with('#') && !is_word {
                continue;
            }
            self.n_fields = Some(record.len());
            return Ok(true);
        }
        Ok(false)
    }

    /// Returns the line of the current record in this text, 1-based.
    pub(super) fn line(&self) -> u64 {
        line_at(self.text, self.start)
    }
}

/// Returns the number of fields of the first line that does not begin with `#`.
fn first_length(text: &str) -> Option<usize> {
    let is_data = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let line = text.split(['\n', '\r']).find(is_data)?;
    let mut record = StringRecord::new();
    split_white_space(line, &mut record);
    Some(record.len())
}

/// Checks whether the first field is not a number after `#`, as in a row that is commented out.
fn begins_with_word(record: &StringRecord) -> bool {
    let first = record.get(0).unwrap_or_default().trim_start_matches('#');
    number(first, false).is_none()
}

/// Returns the line, 1-based, of the first byte at or after `start` that is not a line end.
pub(super) fn line_at(text: &str, start: usize) -> u64 {
    let bytes = text.as_bytes();
    let begins = |byte: &u8| !matches!(byte, b'\n' | b'\r');
    let blank = bytes[start.min(bytes.len())..].iter().position(begins);
    let end = start + blank.unwrap_or(0);
    // Lines end with \n, \r or \r\n.
    let before = &bytes[..end.min(bytes.len())];
    let ends = before.iter().enumerate().filter(|&(at, &byte)| {
        byte == b'\n' || byte == b'\r' && before.get(at + 1) != Some(&b'\n')
    });
    1 + ends.count() as u64
}

/// Checks whether a field of a record contains lines that resemble the record, as after a quotation
/// mark that is not closed.
pub(super) fn holds_rows(record: &StringRecord, separator: char, decimal_comma: bool) -> bool {
    // Nearly every record is one line.
    if !record.as_slice().contains('\n') {
        return false;
    }
    let is_number = |field: &str| number(field.trim(), decimal_comma).is_some();
    let resembles = |line: &str| {
        let fields: Vec<&str> = line.trim_end_matches('\r').split(separator).collect();
        // In sentences, a space follows a comma.
        let is_prose = fields.iter().any(|field| field.starts_with(' '));
        let mut pairs = fields.iter().zip(record);
        fields.len() == record.len()
            && !is_prose
            && pairs.all(|(field, own)| !is_number(own) || is_number(field))
    };
    record.len() > 1
        && record
            .iter()
            .any(|field| field.split('\n').skip(1).any(resembles))
}

/// Splits a line at spaces and tabs; text in double quotes is kept together. Other spaces may be part of a
/// word, or separate thousands.
pub(super) fn split_white_space(line: &str, record: &mut StringRecord) {
    let is_separator = |c: char| c.is_ascii_whitespace();
    let mut rest = line.trim_ascii();
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('"').and_then(|inner| {
            let end = inner.find('"')?;
            let after = &inner[end + 1..];
            let ends = after.is_empty() || after.starts_with(is_separator);
            ends.then_some((&inner[..end], after))
        });
        let (field, after) = quoted.unwrap_or_else(|| {
            let end = rest.find(is_separator).unwrap_or(rest.len());
            rest.split_at(end)
        });
        record.push_field(field);
        rest = after.trim_ascii_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, separator: Separator) -> Vec<(u64, Vec<String>)> {
        let mut records = Records::new(text, separator);
        let mut record = StringRecord::new();
        let mut found = Vec::new();
        while records.next(&mut record).unwrap() {
            let fields = record.iter().map(str::to_owned).collect();
            found.push((records.line(), fields));
        }
        found
    }

    #[test]
    fn records_know_their_lines() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "1,\"2 3\"", "4,5"].join(end);
            let found = all(&text, Separator::Byte(b','));
            let lines: Vec<u64> = found.iter().map(|(line, _)| *line).collect();
            assert_eq!(lines, [1, 3, 4], "{end:?}");
            assert_eq!(found[1].1, ["1", "2 3"]);
        }
        let text = "# comment\n \"hot dog\"  1\t2 \n\ncat 3 4";
        let found = all(text, Separator::WhiteSpace);
        assert_eq!(found[0], (2, ["hot dog", "1", "2"].map(Into::into).into()));
        assert_eq!(found[1], (4, ["cat", "3", "4"].map(Into::into).into()));
    }
}
