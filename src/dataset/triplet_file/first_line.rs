//! Whether the first line of a file is a trial, or the header of columns without names.

use crate::error::{Error, ErrorKind, FileError, Result};
use crate::io::text::{Table, counts};

/// Smallest number of rows below a header.
const FEWEST_ROWS: u64 = 10;

/// The rows below the first one of a file.
#[derive(Debug, Clone, Copy)]
struct Below {
    n: u64,
    /// Whether the second row has two of the stimuli of the first one.
    is_continued: bool,
    /// Whether all rows are in lexicographic order.
    is_ordered: bool,
}

impl Default for Below {
    fn default() -> Self {
        Self {
            n: 0,
            is_continued: false,
            is_ordered: true,
        }
    }
}

impl Below {
    /// Adds a row, given the one above it.
    fn add<N: PartialOrd>(&mut self, above: &[N], row: &[N]) {
        if self.n == 0 {
            let n_shared = above.iter().filter(|index| row.contains(index)).count();
            self.is_continued = n_shared >= 2;
        }
        self.is_ordered &= above <= row;
        self.n += 1;
    }

    /// Returns whether the first row may be a header: there are enough rows, which are not those of
    /// trials that are enumerated.
    fn allow_header(&self) -> bool {
        self.n >= FEWEST_ROWS && !(self.is_ordered && self.is_continued)
    }
}

/// The first line of a text file of trials, and what the lines below tell about it.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::dataset) struct FirstLine {
    first: Option<[u32; 3]>,
    last: [u32; 3],
    below: Below,
}

impl FirstLine {
    /// Looks at more trials of a file.
    pub(in crate::dataset) fn add(&mut self, trials: &[[u32; 3]]) {
        for &trial in trials {
            match self.first {
                None => self.first = Some(trial),
                Some(_) => self.below.add(&self.last, &trial),
            }
            self.last = trial;
        }
    }

    /// Checks that the first line is not the header 0, 1, 2 or 1, 2, 3 of columns without names, unless the
    /// trials are enumerated.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if it may be one.
    pub(in crate::dataset) fn check(&self, is_stream: bool) -> Result<()> {
        match self.first {
            Some(first @ ([0, 1, 2] | [1, 2, 3])) if self.below.allow_header() => {
                Err(unclear(&first, is_stream, false))
            }
            _ => Ok(()),
        }
    }

    /// Names the first line in an error about the second one, if it may be the header of columns of texts.
    pub(in crate::dataset) fn explain(&self, error: Error, is_stream: bool) -> Error {
        let is_other_line = matches!(
            error.kind(),
            ErrorKind::File(FileError::NotANumber { .. } | FileError::RaggedRow { .. })
        );
        match self.first {
            Some(first @ ([0, 1, 2] | [1, 2, 3])) if self.below.n == 0 && is_other_line => {
                unclear(&first, is_stream, false)
            }
            _ => error,
        }
    }
}

/// Checks that the first row of a table without a header does not number its columns from 0 or 1, unless
/// the rows are in order, as those of trials that are enumerated.
///
/// # Errors
/// Returns [`FileError::Ambiguous`] if it may do so.
pub(super) fn check_table(table: &Table, is_anchored: bool) -> Result<()> {
    let first = table.first()?;
    if table.header().is_some() || !table.has_marks() || counts(&first).is_none() {
        return Ok(());
    }
    let mut below = Below::default();
    let mut last: Option<Vec<f64>> = None;
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        let numbers = (0..table.n_columns()).map(|column| row.maybe_number(column));
        // What is no number is not in the order of numbers.
        let numbers: Vec<f64> = numbers.map(|number| number.unwrap_or(f64::NAN)).collect();
        if let Some(last) = &last {
            below.add(last, &numbers);
        }
        last = Some(numbers);
    }
    match below.allow_header() {
        true => Err(unclear(&first, false, is_anchored && first.len() > 3)),
        false => Ok(()),
    }
}

fn unclear<N: std::fmt::Display>(first: &[N], is_stream: bool, has_answers: bool) -> Error {
    let first: Vec<String> = first.iter().map(N::to_string).collect();
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether its first line, {}, is a trial or numbers the columns",
            first.join(",")
        ),
        remedy: match (is_stream, has_answers, first.len()) {
            (true, ..) => {
                "remove the line if it is the header of columns without names; if it is a trial, move it \
                 below another one"
            }
            (false, false, ..=3) => {
                "remove the line if it is the header of columns without names; if it is a trial, write the \
                 header image1,image2,image3 above it"
            }
            (false, false, _) => {
                "remove the line if it is the header of columns without names; if it is a trial, write the \
                 header image1,image2,image3,choice above it"
            }
            (false, true, _) => {
                "remove the line if it is the header of columns without names; if it is a trial, write the \
                 header head,candidate1,candidate2,choice above it"
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_accepted(trials: &[[u32; 3]]) -> bool {
        let mut whole = FirstLine::default();
        whole.add(trials);
        let mut parts = FirstLine::default();
        trials.chunks(2).for_each(|part| parts.add(part));
        assert_eq!(whole.check(false).is_ok(), parts.check(true).is_ok());
        whole.check(false).is_ok()
    }

    #[test]
    fn a_first_line_may_number_the_columns() {
        let check = |first: [u32; 3], second: [u32; 3], n_below: usize| {
            let mut trials = vec![[7, 5, 9]; n_below + 1];
            trials[..2].copy_from_slice(&[first, second]);
            is_accepted(&trials)
        };
        for first in [[0, 1, 2], [1, 2, 3]] {
            assert!(!check(first, [7, 1, 4], 10) && !check(first, [8, 2, 1], 10));
            assert!(check(first, [7, 1, 4], 9));
        }
        assert!(check([0, 2, 1], [7, 1, 4], 20));
        // Trials that are enumerated.
        assert!(check([0, 1, 2], [0, 3, 1], 20));
        assert!(!check([0, 1, 2], [0, 7, 5], 20));
    }
}
