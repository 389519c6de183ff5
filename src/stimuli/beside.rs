//! The ids of the rows of an array, in another array of the same file.

use super::Stimuli;
use super::numbers::{different_numbers, number_in_another_order};
use crate::error::{Error, FileError, Quoted, Result};
use crate::io::array_names::{is_of_data, is_of_indices, is_of_names};
use crate::io::arrays::{Content, NamedArray};
use crate::io::text::{IDENTIFIERS, are_different, has_one_of, is_one_of, words};

/// Smallest number of rows for which different numbers are no coincidence.
const LEAST: usize = 3;

/// Number of rows that are many.
const MANY: u64 = 10;

/// Words in the names of arrays with the names of classes, and of the columns of features.
const CLASSES: [&str; 3] = ["class", "classes", "category"];
const COLUMNS: [&str; 7] = [
    "feature", "column", "layer", "unit", "channel", "dim", "neuron",
];

/// Words in the names of arrays with the names of stimuli that are hardly those of something else.
const STIMULI: [&str; 11] = [
    "image", "img", "picture", "photo", "stimulus", "stimuli", "stim", "file", "filename", "path",
    "vocab",
];

/// Arrays that may identify the rows of another array of the same file.
#[derive(Default)]
struct Found {
    /// Ids in arrays that are named like ids.
    named: Vec<(String, Vec<String>)>,
    /// Different texts in arrays with other names.
    texts: Vec<(String, Vec<String>)>,
    /// An array that is named like ids but cannot be read, and what it holds.
    unread: Option<(String, String)>,
    /// The same of an array with another name.
    other_unread: Option<(String, String)>,
    /// An array of numbers that may be ids, according to its content only.
    numbers: Option<String>,
    /// An array of numbers, one for each row, that may be those of classes.
    codes: Option<String>,
    /// Lists that are named like stimuli but have another length, and their lengths.
    misfits: Vec<(String, u64)>,
    /// The lengths of the axes of other arrays.
    lengths: Vec<u64>,
}

impl Stimuli {
    /// Returns the ids of the `n` rows of an array of an `.npz`, `.mat` or `.safetensors` file, given the other
    /// arrays of the file that may hold them. Its content tells that an array identifies the rows: it has `n`
    /// different texts, or `n` different whole numbers that do not just count from 0 or 1. Texts of an array
    /// with any name are the ids, unless another one is named like ids. Numbers are the ids if their array is
    /// named like ids, and nothing if it is named like data.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if several arrays hold different ids, or names of classes that numbers
    /// count; if the only one cannot be read; if numbers under another name are all that may identify the
    /// rows, or are their positions in another order; or if there are only names of other rows.
    pub(crate) fn beside<'a>(
        arrays: impl IntoIterator<Item = &'a NamedArray>,
        n: usize,
    ) -> Result<Option<Stimuli>> {
        let mut found = Found::default();
        for array in arrays {
            match array.list_len() {
                Some(length) if n > 1 && length == n as u64 => found.add(array)?,
                _ => found.add_of_others(array, n as u64),
            }
        }
        let ids = found.into_ids(n)?;
        ids.map(Stimuli::new).transpose()
    }
}

impl Found {
    /// Adds an array with one element for each row.
    fn add(&mut self, array: &NamedArray) -> Result<()> {
        let name = array.name.clone();
        let is_named = is_of_names(&name) || is_of_indices(&name);
        match &array.content {
            // Names of categories, several of one, are not ids.
            Content::Texts(texts) if are_different(texts) => match is_named {
                true => self.named.push((name, texts.clone())),
                false => self.texts.push((name, texts.clone())),
            },
            Content::Numbers { values, .. } => {
                let values = values.as_deref().unwrap_or_default();
                let n = values.len() as f64;
                let is_code = |value: &f64| value.fract() == 0.0 && (0.0..=n).contains(value);
                if values.iter().all(is_code) && !values.is_sorted() {
                    self.codes.get_or_insert_with(|| name.clone());
                }
                if let Some(ids) = different_numbers(values) {
                    self.add_numbers(name, ids)?;
                }
            }
            Content::Unread(what) if is_named => {
                self.unread.get_or_insert((name, what.clone()));
            }
            Content::Unread(what) if !is_of_data(&name) => {
                self.other_unread.get_or_insert((name, what.clone()));
            }
            Content::Texts(_) | Content::Unread(_) => {}
        }
        Ok(())
    }

    /// Notes an array that has not one element for each of `n` rows.
    fn add_of_others(&mut self, array: &NamedArray, n: u64) {
        let name = &array.name;
        // One name too few or too many is a mistake among many rows.
        let is_close = |length: u64| n >= MANY && length.abs_diff(n) == 1;
        let is_close = array.list_len().is_some_and(is_close);
        let is_of_rows = (has_one_of(name, &STIMULI) || is_close && is_of_names(name))
            && !has_one_of(name, &COLUMNS)
            && !has_one_of(name, &CLASSES);
        match (&array.content, array.list_len()) {
            (Content::Texts(texts), Some(length)) if length > 1 && are_different(texts) => {
                if is_of_rows {
                    self.misfits.push((name.clone(), length));
                }
            }
            _ => self.lengths.extend(&array.shape),
        }
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

    /// Returns the ids of `n` rows, on which all arrays that are named like ids agree, or else all arrays of
    /// texts.
    fn into_ids(mut self, n: usize) -> Result<Option<Vec<String>>> {
        if self.texts.is_empty() {
            self.unread = self.unread.or(self.other_unread);
        }
        let are_named = !self.named.is_empty();
        let found = match (are_named, self.unread, self.numbers) {
            (true, ..) => self.named,
            (false, Some((name, what)), _) => {
                return Err(FileError::Ambiguous {
                    what: format!("the ids of the rows: its array {} holds {what}", Quoted(&name)),
                    remedy: "write them as texts (`numpy.array(names, dtype=str)`, or a cell array of \
                             texts), or give them as a list (`with_ids`; `--ids`, `--human-ids`)",
                }
                .into());
            }
            (false, None, Some(name)) if self.texts.is_empty() => return Err(unclear(&name)),
            (false, None, _) => self.texts,
        };
        let mut misfits = self.misfits.into_iter();
        let is_misfit = |(_, length): &(String, u64)| !self.lengths.contains(length);
        if let Some((name, length)) = misfits.find(is_misfit).filter(|_| !are_named) {
            return Err(misfit(&name, length, n));
        }
        let mut found = found.into_iter();
        let Some((first, ids)) = found.next() else {
            return Ok(None);
        };
        if let Some(codes) = self.codes.filter(|_| has_one_of(&first, &CLASSES)) {
            return Err(FileError::Ambiguous {
                what: format!(
                    "whether {} holds the ids of the rows, or the names of the classes that {} numbers",
                    Quoted(&first),
                    Quoted(&codes)
                ),
                remedy: "write the id of each row in an array \"ids\" (such as classes[y]), or give the ids as a \
                         list (`with_ids`; `--ids`, `--human-ids`)",
            }
            .into());
        }
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

/// Returns the error for a list of the names of other rows than `n`.
fn misfit(name: &str, length: u64, n: usize) -> Error {
    Error::from(FileError::Ambiguous {
        what: format!(
            "which stimuli its {n} rows are: its array {} has {length} names",
            Quoted(name)
        ),
        remedy: "transpose the array if the names are those of its columns; otherwise write one name for each \
                 row, give the ids as a list (`with_ids`; `--ids`, `--human-ids`), or save the array alone",
    })
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
