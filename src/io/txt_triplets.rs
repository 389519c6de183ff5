//! A reader for trials with three indices in text files, one trial in each line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::element::Number;
use super::{BUFFER_BYTES, Origin, extension, open};
use crate::error::{ErrorKind, FileError, JudgmentError, Result};
use crate::linalg::reserve;

/// Largest length of a line in bytes, so that a file without line ends does not fill the memory.
const MAX_LINE: usize = 64 * 1024;

/// A reader for a text file of trials: three numbers in each line, separated by spaces, tabs or
/// commas.
///
/// Whole numbers may be written as floats (`1.0e+00`, as by `numpy.savetxt`). Comments begin with
/// `#`; lines without numbers are ignored.
pub(crate) struct TextTriplets {
    origin: Origin,
    reader: BufReader<File>,
    line: Vec<u8>,
    /// Number of the last line read, 1-based.
    line_number: u64,
    /// Number of trials read so far.
    n_read: u64,
    /// Whether the file is a table by its extension, or by the separators of its first trial.
    is_table: bool,
}

impl TextTriplets {
    /// Opens a text file.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the file cannot be opened.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            origin: Origin::new(path, "text"),
            reader: BufReader::with_capacity(BUFFER_BYTES, open(path)?),
            line: Vec::new(),
            line_number: 0,
            n_read: 0,
            is_table: false,
        })
    }

    /// Appends up to `max` trials and returns their number, which is smaller only at the end of the
    /// file.
    ///
    /// # Errors
    /// Returns, within `Context::File`, [`FileError::RaggedRow`] or [`FileError::NotANumber`] with
    /// the line, [`JudgmentError::InvalidTrial`] with the trial, or [`FileError::Malformed`] for a
    /// line that is too long.
    pub(crate) fn read_chunk(&mut self, out: &mut Vec<[u32; 3]>, max: usize) -> Result<usize> {
        let n_before = self.n_read;
        let mut read = || -> Result<()> {
            while self.n_read - n_before < max as u64 && self.next_line()? {
                let trial = match plain(&self.line) {
                    Some(trial) => trial,
                    None => match self.parse()? {
                        Some(trial) => trial,
                        None => continue,
                    },
                };
                if out.len() == out.capacity() {
                    let ahead = out.len().max(1024);
                    reserve(out, ahead, "the trials")?;
                }
                if self.n_read == 0 {
                    let is_named = matches!(extension(&self.origin.path).as_str(), "csv" | "tsv");
                    let has_marks = self.line.iter().any(|byte| b",\t".contains(byte));
                    self.is_table = is_named || has_marks;
                }
                out.push(trial);
                self.n_read += 1;
            }
            Ok(())
        };
        read().map_err(|error| error.in_file(&self.origin.path))?;
        Ok((self.n_read - n_before) as usize)
    }

    /// Returns whether the file is a table, which may have a header: by its extension, or by the commas or
    /// tabs of the first trial that was read.
    pub(crate) fn is_table(&self) -> bool {
        self.is_table
    }

    /// Returns true if the first line with content consists of three numbers, or if there is no such line
    /// and none begins with an id such as `#A553C8`.
    pub(crate) fn begins_with_indices(&mut self) -> Result<bool> {
        let mut has_ids = false;
        loop {
            match self.next_line() {
                Ok(true) => {
                    let id = self.line.strip_prefix(b"#").and_then(|rest| rest.first());
                    has_ids |= id.is_some_and(u8::is_ascii_alphanumeric);
                }
                Ok(false) => return Ok(!has_ids),
                // A line that is too long or not text: reading it as a table gives a better error
                // message.
                Err(error) => match error.kind() {
                    ErrorKind::File(FileError::Malformed { .. }) => return Ok(false),
                    _ => return Err(error),
                },
            }
            match self.parse() {
                Ok(None) => {}
                Ok(Some(_)) => return Ok(true),
                Err(error) => return Ok(matches!(error.kind(), ErrorKind::Judgment(_))),
            }
        }
    }

    /// Reads a line. Returns `false` at the end of the file.
    fn next_line(&mut self) -> Result<bool> {
        self.line.clear();
        let mut bounded = (&mut self.reader).take(MAX_LINE as u64 + 1);
        let n_bytes = bounded
            .read_until(b'\n', &mut self.line)
            .map_err(|error| self.origin.unreadable(error))?;
        self.line_number += 1;
        if n_bytes > MAX_LINE {
            let line = self.line_number;
            let reason = format!("line {line} is longer than {MAX_LINE} bytes");
            return Err(self.origin.malformed(reason));
        }
        if self.line_number == 1 && self.line.starts_with(b"\xef\xbb\xbf") {
            self.line.drain(..3);
        }
        Ok(n_bytes > 0)
    }

    /// Parses a line. Returns `None` if it has no numbers.
    fn parse(&self) -> Result<Option<[u32; 3]>> {
        let code = self.line.split(|&byte| byte == b'#').next();
        let text = String::from_utf8_lossy(code.unwrap_or_default());
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let fields: Vec<&str> = match text.contains(',') {
            true => text.split(',').map(str::trim).collect(),
            false => text.split_whitespace().collect(),
        };
        let &[first, second, third] = fields.as_slice() else {
            return Err(FileError::RaggedRow {
                line: self.line_number,
                expected: 3,
                found: fields.len(),
            }
            .into());
        };
        let index = |field: usize, text: &str| -> Result<u32> {
            let number = number(text).ok_or_else(|| FileError::NotANumber {
                line: self.line_number,
                field,
                column: String::new(),
                expected: "a whole number",
                found: text.chars().take(80).collect(),
            })?;
            number.index().map_err(|problem| {
                JudgmentError::InvalidTrial {
                    trial: self.n_read,
                    problem,
                }
                .into()
            })
        };
        Ok(Some([
            index(1, first)?,
            index(2, second)?,
            index(3, third)?,
        ]))
    }
}

fn number(text: &str) -> Option<Number> {
    let unsigned = text.parse().map(Number::Unsigned);
    let signed = || text.parse().map(Number::Signed);
    let float = || text.parse().map(Number::Float);
    unsigned.or_else(|_| signed()).or_else(|_| float()).ok()
}

/// Parses a line of three plain numbers, a fast path for nearly all lines.
fn plain(line: &[u8]) -> Option<[u32; 3]> {
    let mut trial = [0; 3];
    let mut rest = line;
    for (position, index) in trial.iter_mut().enumerate() {
        let n_digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if n_digits == 0 || n_digits > 9 {
            return None;
        }
        for &digit in &rest[..n_digits] {
            *index = 10 * *index + u32::from(digit - b'0');
        }
        rest = &rest[n_digits..];
        if position < 2 {
            rest = match rest {
                [b' ' | b'\t' | b',', rest @ ..] => rest,
                _ => return None,
            };
        }
    }
    matches!(rest, b"" | b"\n" | b"\r\n").then_some(trial)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind, TrialProblem, assert_kind};

    fn read(text: &[u8]) -> Result<Vec<[u32; 3]>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.txt");
        std::fs::write(&path, text).unwrap();
        let mut reader = TextTriplets::open(&path)?;
        let mut out = Vec::new();
        while reader.read_chunk(&mut out, 2)? > 0 {}
        Ok(out)
    }

    fn refused(text: &str) -> Error {
        read(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn every_way_of_writing() {
        let written = "\u{feff}# a b c\n0 1 2\r\n\n3,4,5\n 6,\t7 , 8 # nine\n9\t10\t11\n\
                       1.200000000000000000e+01 13. 1.4e1\n4294967295 16 17";
        let expected = [
            [0, 1, 2],
            [3, 4, 5],
            [6, 7, 8],
            [9, 10, 11],
            [12, 13, 14],
            [u32::MAX, 16, 17],
        ];
        assert_eq!(read(written.as_bytes()).unwrap(), expected);
        assert!(read(b"").unwrap().is_empty());
        assert!(read(b"# nothing\n\n").unwrap().is_empty());
    }

    #[test]
    fn names_the_line_or_the_trial() {
        assert_kind!(
            refused("0 1 2\n\n3 4\n"),
            File(FileError::RaggedRow {
                line: 3,
                expected: 3,
                found: 2
            })
        );
        assert_kind!(
            refused("0 1 2 3"),
            File(FileError::RaggedRow {
                line: 1,
                found: 4,
                ..
            })
        );
        assert_kind!(
            refused("# a\n0,,2"),
            File(FileError::NotANumber {
                line: 2,
                field: 2,
                ..
            })
        );
        assert_kind!(
            refused("a,b,c"),
            File(FileError::NotANumber {
                line: 1,
                field: 1,
                ..
            })
        );
        let problem = |text| match refused(text).into_kind() {
            ErrorKind::Judgment(JudgmentError::InvalidTrial { trial, problem }) => (trial, problem),
            other => panic!("{other}"),
        };
        let negative = TrialProblem::Negative { value: -1.0 };
        assert_eq!(problem("# a\n0 1 2\n3 -1 5"), (1, negative));
        let fraction = TrialProblem::NotAnInteger { value: 1.5 };
        assert_eq!(problem("0 1.5 2"), (0, fraction));
        assert!(matches!(
            problem("0 1 4294967296"),
            (
                0,
                TrialProblem::OutOfRange {
                    index: 4_294_967_296,
                    ..
                }
            )
        ));
    }

    #[test]
    fn a_file_without_lines_is_refused() {
        let error = refused(&"1 ".repeat(200_000));
        assert_kind!(error, File(FileError::Malformed { .. }));
        assert!(error.report().to_string().contains("line 1"));
    }
}
