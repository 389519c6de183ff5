//! Tables in text files: rows with the same number of fields, with or without a header.

use std::path::Path;

use csv::StringRecord;

use super::cell::{is_missing, number, truth};
use super::layout::{Layout, after_size};
use super::read_text;
use super::records::{Records, Separator, holds_rows, line_at};
use crate::error::{Error, FileError, Result};
use crate::formats::TextEncoding;
use crate::io::extension;

/// A table in a text file.
///
/// The layout is detected from the content: separator (comma, semicolon, tab or white space),
/// header, decimal commas, separators at the end of lines, and the missing name of row names in
/// tables from R.
#[derive(Debug)]
pub(crate) struct Table {
    text: String,
    layout: Layout,
    skips_blank: bool,
}

impl Table {
    /// Reads a file and detects its layout.
    ///
    /// # Errors
    /// Returns the errors of [`read_text`], and [`FileError::Malformed`] if the file has no
    /// records.
    pub(crate) fn read(path: &Path, encoding: TextEncoding) -> Result<Self> {
        let hint = match extension(path).as_str() {
            "csv" => Some(b','),
            "tsv" | "tab" => Some(b'\t'),
            _ => None,
        };
        Self::of(read_text(path, encoding)?, hint)
    }

    /// Detects the layout of a text, given the separator suggested by the file extension.
    ///
    /// # Errors
    /// Returns [`FileError::Malformed`] if there are no records or the text is JSON or HTML, and the
    /// errors of [`Layout::of`].
    pub(super) fn of(text: String, hint: Option<u8>) -> Result<Self> {
        refuse_markup(&text)?;
        let start = after_size(&text);
        let mut layout = Layout::of(&text[start..], hint)?;
        layout.start += start;
        if layout.n_columns == 0 {
            return Err(FileError::malformed("text", "it is empty"));
        }
        Ok(Self {
            text,
            layout,
            skips_blank: false,
        })
    }

    /// Skips rows of empty fields, as spreadsheets write them below a table. In a matrix, they may be
    /// rows of missing values.
    pub(crate) fn without_blank_rows(mut self) -> Self {
        self.skips_blank = true;
        self
    }

    /// Returns the number of columns.
    pub(crate) fn n_columns(&self) -> usize {
        self.layout.n_columns
    }

    /// Returns the names of the columns, if the table has a header.
    pub(crate) fn header(&self) -> Option<&[String]> {
        self.layout.header.as_deref()
    }

    /// Returns the name of a column, or an empty string if it has none.
    pub(crate) fn name(&self, column: usize) -> &str {
        let names = self.header().unwrap_or_default();
        names.get(column).map_or("", String::as_str)
    }

    /// Returns the text of the comment (`#`) before the first record.
    pub(crate) fn comment(&self) -> Option<&str> {
        self.layout.comment.as_deref()
    }

    /// Returns the separator of fields.
    pub(super) fn separator(&self) -> Separator {
        self.layout.separator
    }

    /// Returns whether commas, semicolons or tabs separate the fields, and not spaces.
    pub(crate) fn has_marks(&self) -> bool {
        matches!(self.layout.separator, Separator::Byte(_))
    }

    /// Returns whether decimals follow a comma.
    pub(super) fn has_decimal_comma(&self) -> bool {
        self.layout.decimal_comma
    }

    /// Returns whether there is a point in the text.
    pub(super) fn has_points(&self) -> bool {
        self.text.contains('.')
    }

    /// Returns true if rows have one field more than the header, as row names in tables from R.
    pub(crate) fn lacks_first_name(&self) -> bool {
        self.layout.lacks_first_name
    }

    /// Treats the first record as data, whatever was detected.
    pub(crate) fn without_header(&mut self) {
        self.layout.header = None;
        self.layout.skips_first = false;
    }

    /// Treats the first record as the header, whatever was detected.
    pub(crate) fn with_header(&mut self) -> Result<()> {
        if self.layout.skips_first {
            return Ok(());
        }
        self.layout.header = Some(self.first()?);
        self.layout.skips_first = true;
        Ok(())
    }

    /// Reads the fields of the first record, header or data. Returns no fields if there is no
    /// record.
    pub(crate) fn first(&self) -> Result<Vec<String>> {
        if let (Some(names), true) = (self.header(), self.layout.skips_first) {
            return Ok(names.to_vec());
        }
        let mut rows = self.rows();
        let row = rows.next()?;
        let fields = |row: Row<'_>| {
            let columns = 0..self.n_columns();
            columns.map(|column| row.text(column).to_owned()).collect()
        };
        Ok(row.map_or(Vec::new(), fields))
    }

    /// Reads the texts of a column.
    pub(crate) fn texts(&self, column: usize) -> Result<Vec<String>> {
        let (mut texts, mut rows) = (Vec::new(), self.rows());
        while let Some(row) = rows.next()? {
            texts.push(row.text(column).to_owned());
        }
        Ok(texts)
    }

    /// Finds a column by its name.
    ///
    /// # Errors
    /// Returns [`FileError::NoSuchColumn`], with the available names, if there is no such column.
    pub(crate) fn column(&self, name: &str) -> Result<usize> {
        let names = self.header().unwrap_or_default();
        let position = names.iter().position(|column| column.trim() == name.trim());
        position.ok_or_else(|| {
            FileError::NoSuchColumn {
                name: name.into(),
                available: names.to_vec(),
            }
            .into()
        })
    }

    /// Returns an iterator over the rows, without the header.
    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows {
            records: Records::new(&self.text[self.layout.start..], self.layout.separator),
            record: StringRecord::new(),
            table: self,
            skip: self.layout.skips_first,
        }
    }
}

/// Checks that a text is not in a format of trees.
fn refuse_markup(text: &str) -> Result<()> {
    let start = text.trim_start();
    let begins = |marks: &[&str]| marks.iter().any(|mark| start.starts_with(mark));
    let found = if begins(&["{\"", "{\n", "{\r", "{ \"", "[{", "[\n", "[\r"]) {
        "it is JSON, not a table: write one record per line, with the names of the columns in the first line"
    } else if begins(&["<!", "<html", "<HTML", "<?xml", "<table"]) {
        "it is HTML or XML, not a table: perhaps a page was downloaded instead of the file"
    } else if has_lists(start) {
        "its lines are lists in brackets: remove the brackets, so that only the fields and their separators are left"
    } else {
        return Ok(());
    };
    Err(FileError::malformed("text", found))
}

/// Checks whether the first two lines are lists in brackets, as Python prints them.
fn has_lists(text: &str) -> bool {
    let is_list = |line: &str| {
        let line = line.trim().trim_end_matches(',');
        line.starts_with(['[', '(']) && line.ends_with([']', ')']) && line.contains([',', ' '])
    };
    !text.is_empty() && text.lines().take(2).all(is_list)
}

/// An iterator over the rows of a [`Table`].
pub(crate) struct Rows<'a> {
    records: Records<'a>,
    record: StringRecord,
    table: &'a Table,
    skip: bool,
}

impl Rows<'_> {
    /// Reads the next row. Returns `None` at the end.
    ///
    /// # Errors
    /// Returns [`FileError::RaggedRow`] if the number of fields is not the number of columns.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>> {
        if std::mem::take(&mut self.skip) {
            self.records.next(&mut self.record)?;
        }
        loop {
            if !self.records.next(&mut self.record)? {
                return Ok(None);
            }
            let is_blank = self.record.iter().all(|field| field.trim().is_empty());
            if !(is_blank && self.table.skips_blank) {
                break;
            }
        }
        let row = Row {
            fields: &self.record,
            records: &self.records,
            table: self.table,
        };
        let expected = self.table.n_columns();
        let is_padded = self.table.layout.has_trailing_separator
            && self.record.len() == expected + 1
            && row.text(expected).is_empty();
        if self.record.len() != expected && !is_padded {
            return Err(FileError::RaggedRow {
                line: row.line(),
                expected,
                found: self.record.len(),
            }
            .into());
        }
        if let Separator::Byte(separator) = self.table.layout.separator
            && holds_rows(
                &self.record,
                separator.into(),
                self.table.layout.decimal_comma,
            )
        {
            let reason = format!(
                "line {}: a field in quotation marks holds whole rows; close the quotation mark, or \
                 double it if it is part of the text",
                row.line()
            );
            return Err(FileError::malformed("table", reason));
        }
        Ok(Some(row))
    }
}

/// A row of a [`Table`].
pub(crate) struct Row<'a> {
    fields: &'a StringRecord,
    records: &'a Records<'a>,
    table: &'a Table,
}

impl Row<'_> {
    /// Returns the text of a field, without surrounding white space. Between spaces and tabs, other white space
    /// is text.
    pub(crate) fn text(&self, column: usize) -> &str {
        let field = self.fields.get(column).unwrap_or_default();
        match self.table.has_marks() {
            true => field.trim(),
            false => field.trim_ascii(),
        }
    }

    /// Checks whether a field marks a missing value.
    pub(crate) fn is_missing(&self, column: usize) -> bool {
        is_missing(self.text(column))
    }

    /// Returns the number in a field, or `None` if the field is not a number.
    pub(crate) fn maybe_number(&self, column: usize) -> Option<f64> {
        number(self.text(column), self.table.layout.decimal_comma)
    }

    /// Returns the number or the truth value in a field, or `None` if it is neither.
    pub(crate) fn maybe_feature(&self, column: usize) -> Option<f64> {
        self.maybe_number(column)
            .or_else(|| truth(self.text(column)))
    }

    /// Returns the number in a field.
    ///
    /// # Errors
    /// Returns [`FileError::MissingValue`] or [`FileError::NotANumber`] with the line and the
    /// field.
    pub(crate) fn number(&self, column: usize) -> Result<f64> {
        match self.maybe_number(column) {
            Some(number) if !number.is_nan() => Ok(number),
            _ if self.is_missing(column) => Err(self.missing(column)),
            _ => Err(self.not_a_number(column, "a number")),
        }
    }

    /// Returns the error for a field that is not a number.
    pub(crate) fn not_a_number(&self, column: usize, expected: &'static str) -> Error {
        Error::from(FileError::NotANumber {
            line: self.line(),
            field: column + 1,
            column: self.table.name(column).to_owned(),
            expected,
            found: self.text(column).chars().take(80).collect(),
        })
    }

    /// Returns the error for a missing value.
    pub(crate) fn missing(&self, column: usize) -> Error {
        Error::from(FileError::MissingValue {
            line: self.line(),
            field: column + 1,
            column: self.table.name(column).to_owned(),
            found: self.text(column).to_owned(),
        })
    }

    /// Returns the line where the row begins, 1-based.
    pub(crate) fn line(&self) -> u64 {
        let before = &self.table.text[..self.table.layout.start];
        self.records.line() + line_at(before, before.len()) - 1
    }
}

#[cfg(test)]
mod tests;
