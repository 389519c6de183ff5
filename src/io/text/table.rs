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
        Self::new(read_text(path, encoding)?, hint)
    }

    fn new(text: String, hint: Option<u8>) -> Result<Self> {
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
        let mut rows = self.rows();
        rows.skip = false;
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
    /// Returns the text of a field, without surrounding white space.
    pub(crate) fn text(&self, column: usize) -> &str {
        self.fields.get(column).unwrap_or_default().trim()
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

    /// Returns the number in a field, or NaN if the field marks a missing value.
    ///
    /// # Errors
    /// Returns [`FileError::NotANumber`] with the line and the field.
    pub(crate) fn number_or_missing(&self, column: usize) -> Result<f64> {
        match self.is_missing(column) {
            true => Ok(f64::NAN),
            false => self.number(column),
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
mod tests {
    use super::*;
    use crate::error::{assert_kind, assert_refused};

    fn table(text: &str) -> Table {
        Table::new(text.into(), None).unwrap()
    }

    fn numbers(table: &Table) -> Vec<Vec<f64>> {
        let mut rows = table.rows();
        let mut found = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let fields = (0..table.n_columns()).map(|column| row.number(column).unwrap());
            found.push(fields.collect());
        }
        found
    }

    #[test]
    fn every_layout_holds_the_same_numbers() {
        let expected = [[0.5, 1.25, -3.0], [2.0, 1e-3, 4.0]];
        for text in [
            "0.5,1.25,-3\n2,1e-3,4\n",
            "0.5\t1.25\t-3\r\n2\t1e-3\t4",
            "0,5;1,25;-3\n2;0,001;4\n",
            "  0.5   1.25 -3.0\n 2.0 0.001  4\n",
            "a,b,c\n0.5,1.25,-3\n2,0.001,4\n",
            "a;b;c;\n0,5;1,25;-3;\n2;0,001;4;\n",
            "a;b;c\n0,5;1,25;-3;\n2;0,001;4;\n",
            "# made today\n# a b c\n0.5 1.25 -3\n2 .001 4\n",
            "0,1,2\n0.5,1.25,-3\n2,0.001,4",
            "\"0,5\",\"1,25\",\"-3\"\n\"2\",\"0,001\",\"4\"\n",
            "0,5\t1,25\t-3\n2\t0,001\t4\n",
            "sep=;\r\na;b;c\r\n0,5;1,25;-3\r\n2;0,001;4\r\n",
            "1,2,3\n0.5,1.25,-3\n2,0.001,4",
        ] {
            assert_eq!(numbers(&table(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn a_first_line_with_the_size_of_the_table_is_skipped() {
        for text in [
            "2 3\ncat 0.5 1.25 -3\ndog 2 1e-3 4\n",
            "2 3\r\ncat\t0.5\t1.25\t-3\r\ndog\t2\t1e-3\t4\r\n",
        ] {
            let table = table(text);
            let mut rows = table.rows();
            let row = rows.next().unwrap().unwrap();
            assert_eq!(
                (row.line(), row.text(0), row.number(3).unwrap()),
                (2, "cat", -3.0)
            );
            assert!(rows.next().unwrap().is_some());
            assert!(rows.next().unwrap().is_none());
        }
        let distances = table("3\ncat 0 0.5 2\ndog 0.5 0 3\nhen 2 3 0\n");
        assert_eq!((distances.n_columns(), distances.header()), (4, None));
        // Other numbers than those of the rows and columns are not a size.
        assert_eq!(after_size("3 3\ncat 0.5 1.25 -3\ndog 2 1e-3 4\n"), 0);
        assert_eq!(numbers(&table("2 3\n4 5\n6 7\n")).len(), 3);
        assert_eq!(numbers(&table("0 1\n")).len(), 1);
    }

    #[test]
    fn names_come_from_the_header() {
        let r = table("\"cat\" \"dog\"\n\"cat\" 0 1\n\"dog\" 1 0\n");
        assert_eq!(r.header().unwrap(), ["", "cat", "dog"]);
        assert_eq!(table("id,a\nx,1\n").column("a").unwrap(), 1);
        let error = table("id,a\nx,1\n").column("b").unwrap_err();
        assert_kind!(error, File(FileError::NoSuchColumn { .. }));
        let saved = table("# a b\n1 2\n3 4\n");
        assert_eq!(saved.header().unwrap(), ["a", "b"]);
        assert_eq!(numbers(&saved).len(), 2);
    }

    #[test]
    fn faults_are_named_by_line_and_field() {
        let broken = table("# comment\nid,a,b\n\nx,1,2\ny,3\n");
        let mut rows = broken.rows();
        rows.next().unwrap();
        assert_refused!(
            rows.next(),
            File(FileError::RaggedRow {
                line: 5,
                expected: 3,
                found: 2
            })
        );
        let broken = table("id,a\nx,1\n\ny,one\nz,NA\n");
        let mut rows = broken.rows();
        rows.next().unwrap();
        let error = rows.next().unwrap().unwrap().number(1).unwrap_err();
        assert_kind!(
            error,
            File(FileError::NotANumber {
                line: 4,
                field: 2,
                ..
            })
        );
        let error = rows.next().unwrap().unwrap().number(1).unwrap_err();
        assert_kind!(error, File(FileError::MissingValue { line: 5, .. }));
    }
}
