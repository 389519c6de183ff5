//! The ids of the rows of an array, in another array of the same file.

use std::path::Path;

use super::Stimuli;
use super::numbers::{different_numbers, number_in_another_order};
use crate::error::{Error, FileError, Quoted, Result};
use crate::io::array_names::{is_of_data, is_of_indices, is_of_names};
use crate::io::arrays::{Content, NamedArray, describe};
use crate::io::format::Format;
use crate::io::text::{IDENTIFIERS, are_different, is_one_of, words};

/// Smallest number of rows for which different numbers are no coincidence.
const LEAST: usize = 3;

/// Arrays that may identify the rows of another array of the same file.
#[derive(Default)]
struct Found {
    /// Ids in arrays that are named like ids.
    named: Vec<(String, Vec<String>)>,
    /// Different texts in arrays with other names.
    texts: Vec<(String, Vec<String>)>,
    /// An array that is named like ids but cannot be read, and what it holds.
    unread: Option<(String, String)>,
    /// An array of numbers that may be ids, according to its content only.
    numbers: Option<String>,
}

impl Stimuli {
    /// Reads the ids of the `n` rows of an array of an `.npz`, `.mat` or `.safetensors` file from another
    /// array of the file. Its content tells that it identifies the rows: it has `n` different texts, or
    /// `n` different whole numbers that do not just count from 0 or 1. Texts of an array with any name are
    /// the ids, unless another one is named like ids. Numbers are the ids if their array is named like
    /// ids, and nothing if it is named like data. `may_identify` tells which arrays are considered.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if several arrays hold different ids, if the only one cannot be
    /// read, or if numbers under another name are all that may identify the rows, or are their positions in
    /// another order; and an error if the file cannot be read.
    pub(crate) fn beside(
        path: &Path,
        format: Format,
        n: usize,
        may_identify: &dyn Fn(&str) -> bool,
    ) -> Result<Option<Stimuli>> {
        let mut found = Found::default();
        for array in describe(path, format, |name, _| may_identify(name))? {
            if n > 1 && array.list_len() == Some(n as u64) {
                found.add(array)?;
            }
        }
        let ids = found.into_ids()?;
        ids.map(Stimuli::new).transpose()
    }
}

impl Found {
    /// Adds an array with one element for each row.
    fn add(&mut self, array: NamedArray) -> Result<()> {
        let name = array.name;
        let is_named = is_of_names(&name) || is_of_indices(&name);
        match array.content {
            // Names of categories, several of one, are not ids.
            Content::Texts(texts) if are_different(&texts) => match is_named {
                true => self.named.push((name, texts)),
                false => self.texts.push((name, texts)),
            },
            Content::Numbers { values, .. } => {
                if let Some(ids) = values.and_then(|values| different_numbers(&values)) {
                    self.add_numbers(name, ids)?;
                }
            }
            Content::Unread(what) if is_named => {
                self.unread.get_or_insert((name, what));
            }
            Content::Texts(_) | Content::Unread(_) => {}
        }
        Ok(())
    }

    /// Adds numbers that do not just count the rows.
    fn add_numbers(&mut self, name: String, ids: Vec<String>) -> Result<()> {
        if are_all_of_names(&name) {
            self.named.push((name, ids));
        } else if ids.len() >= LEAST && !is_of_data(&name) {
            if number_in_another_order(&ids) {
                return Err(unclear(&name));
            }
            self.numbers.get_or_insert(name);
        }
        Ok(())
    }

    /// Returns the ids, on which all arrays that are named like ids agree, or else all arrays of texts.
    fn into_ids(self) -> Result<Option<Vec<String>>> {
        let found = match (self.named.is_empty(), self.unread, self.numbers) {
            (false, ..) => self.named,
            (true, Some((name, what)), _) => {
                return Err(FileError::Ambiguous {
                    what: format!("the ids of the rows: its array {} holds {what}", Quoted(&name)),
                    remedy: "write them as texts (`numpy.array(names, dtype=str)`, or a cell array of \
                             texts), or give them as a list (`with_ids`; `--ids`, `--human-ids`)",
                }
                .into());
            }
            (true, None, Some(name)) if self.texts.is_empty() => return Err(unclear(&name)),
            (true, None, _) => self.texts,
        };
        let mut found = found.into_iter();
        let Some((first, ids)) = found.next() else {
            return Ok(None);
        };
        match found.find(|(_, others)| *others != ids) {
            None => Ok(Some(ids)),
            Some((other, _)) => Err(FileError::Ambiguous {
                what: format!(
                    "whether {} or {} holds the ids of the stimuli",
                    Quoted(&first),
                    Quoted(&other)
                ),
                remedy: "keep only one of them, or give the ids as a list (`with_ids`; `--ids`, \
                         `--human-ids`)",
            }
            .into()),
        }
    }
}

/// Returns the error for an array of numbers that may identify the rows.
fn unclear(name: &str) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "whether its array {} tells that the rows are in another order: its whole numbers are all \
             different and do not just count from 0 or 1",
            Quoted(name)
        ),
        remedy: "name it \"ids\" if it holds the ids of the rows, give the ids as a list (`with_ids`; `--ids`, \
                 `--human-ids`, or `--a-ids` of `cka`), or save the file without it",
    })
}

/// Checks whether an array is named like numbers that identify stimuli, and not like a property of
/// them such as `image_size`.
fn are_all_of_names(array: &str) -> bool {
    let identifies = |word: &String| is_of_names(word) || is_one_of(word, &IDENTIFIERS);
    words(array).iter().all(identifies)
}
