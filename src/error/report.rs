//! An error with everything that led to it, on one line.

use std::error::Error as StdError;
use std::fmt;

use super::Error;
use super::short::on_one_line;

/// The message of an error and those of its sources.
pub(super) struct Report<'e>(pub &'e Error);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = String::new();
        let mut next: Option<&(dyn StdError + 'static)> = Some(self.0);
        while let Some(error) = next {
            let message = on_one_line(&error.to_string());
            // Many libraries show the text of a source within their own.
            if !last.ends_with(&message) {
                let separator = if last.is_empty() { "" } else { ": " };
                write!(f, "{separator}{message}")?;
                last = message;
            }
            next = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use super::*;
    use crate::error::{
        ArgumentError, BoxedError, ExtractError, FileError, JudgmentError, RdmError, StimuliError,
    };

    /// An error of another library, which may show its source.
    #[derive(Debug)]
    struct Foreign {
        text: &'static str,
        source: Option<BoxedError>,
    }

    impl fmt::Display for Foreign {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.text)
        }
    }

    impl StdError for Foreign {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.source.as_deref().map(|source| source as _)
        }
    }

    fn malformed(texts: &[&'static str]) -> Error {
        let chain = texts.iter().rev().fold(None, |source, &text| {
            Some(Box::new(Foreign { text, source }) as BoxedError)
        });
        FileError::malformed("npz", chain.unwrap())
    }

    /// Returns what a program prints that shows an error and each of its sources.
    fn chain(error: &Error) -> Vec<String> {
        let first: &(dyn StdError + 'static) = error;
        let errors = std::iter::successors(Some(first), |&error| error.source());
        errors.map(|error| error.to_string()).collect()
    }

    #[test]
    fn each_message_of_a_chain_is_said_once() {
        let error = Error::from(JudgmentError::NoTrials)
            .in_fold(3)
            .in_file("trials.npy");
        let shown = "trials.npy: fold 3: there are no trials";
        assert_eq!(chain(&error), [shown]);
        assert_eq!(error.report().to_string(), shown);
        let read = Error::from(FileError::Read {
            path: PathBuf::from("a.npy"),
            source: io::Error::other("the disk is gone"),
        });
        assert_eq!(chain(&read), ["cannot read a.npy", "the disk is gone"]);
        assert_eq!(
            read.report().to_string(),
            "cannot read a.npy: the disk is gone"
        );
    }

    #[test]
    fn a_library_that_shows_its_source_is_not_repeated() {
        let says = |texts: &[&'static str]| malformed(texts).report().to_string();
        let shown = "not a readable npz file: no archive: bad magic: 7";
        assert_eq!(
            says(&["no archive: bad magic: 7", "bad magic: 7", "7"]),
            shown
        );
        assert_eq!(says(&["no archive", "bad magic: 7", "7"]), shown);
        // Only the end of a text is its source's.
        assert_eq!(
            says(&["bad magic in the header", "bad magic"]),
            "not a readable npz file: bad magic in the header: bad magic"
        );
    }

    #[test]
    fn messages_are_short_whatever_is_in_a_file() {
        let long = "é".repeat(50_000);
        let names = vec![long.clone(); 30];
        let stimulus = || long.clone();
        for error in [
            Error::from(ArgumentError::Shape {
                what: "an array",
                expected: "a 2-D matrix".into(),
                found: vec![1; 1000],
            }),
            Error::from(FileError::NoSuchArray {
                name: long.clone(),
                available: names.clone(),
            }),
            Error::from(FileError::NoSuchColumn {
                name: long.clone(),
                available: names.clone(),
            }),
            Error::from(JudgmentError::NoTrials)
                .in_rdm(&long)
                .in_array(&long),
            Error::from(FileError::NotANumber {
                line: 1,
                field: 2,
                column: long.clone(),
                expected: "a number",
                found: long.clone(),
            }),
            Error::from(StimuliError::Duplicate {
                id: stimulus(),
                first: 0,
                second: 1,
            }),
            Error::from(StimuliError::Missing {
                ids: names.clone(),
                n_missing: 30,
                n_needed: 30,
                needed_by: None,
                hint: String::new(),
            }),
            Error::from(RdmError::InvalidPair {
                first: stimulus(),
                second: stimulus(),
                problem: crate::error::PairProblem::Missing,
            }),
            Error::from(ArgumentError::UnknownName {
                what: "module",
                name: long.clone(),
                nearest: names.clone(),
            }),
            Error::from(ExtractError::WeightsMismatch {
                missing: names.clone(),
                unexpected: names.clone(),
                misshapen: Vec::new(),
                remedy: String::new(),
            }),
            Error::from(FileError::UnsupportedElement {
                expected: "numbers",
                found: long.clone(),
            }),
            Error::parameter("alpha", "positive", &long),
            FileError::malformed("json", long.clone()),
        ] {
            let report = error.report().to_string();
            assert!(report.chars().count() < 4000, "{}", report.chars().count());
            assert!(report.contains('…'), "{report}");
        }
        let shape = Error::from(ArgumentError::Shape {
            what: "an array",
            expected: "a 2-D matrix".into(),
            found: vec![3, 4, 5],
        });
        assert_eq!(
            shape.to_string(),
            "an array has shape [3, 4, 5] (expected a 2-D matrix)"
        );
    }

    #[test]
    fn a_report_is_one_line() {
        assert_eq!(
            malformed(&["two\n  lines\n", ""]).report().to_string(),
            "not a readable npz file: two lines"
        );
    }
}
