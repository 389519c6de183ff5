//! The ids of the rows of an array, in another array of the same file.

use std::path::Path;

use super::Stimuli;
use crate::error::{FileError, Quoted, Result};
use crate::io::array_names::{is_of_indices, is_of_names, is_remark};
use crate::io::arrays::{Content, describe};
use crate::io::format::Format;
use crate::io::text::{IDENTIFIERS, are_different, counts, is_one_of, words};

impl Stimuli {
    /// Reads the ids of the `n` rows of an array of an `.npz` or `.mat` file from another array of
    /// the file, which is named like ids and has `n` different texts, or `n` different whole numbers
    /// that do not just count. Without such an array, `n` different texts of another name are the
    /// ids, unless it is that of remarks.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if several arrays hold different ids, or if the only one
    /// cannot be read, and an error if the file cannot be read.
    pub(crate) fn beside(path: &Path, format: Format, n: usize) -> Result<Option<Stimuli>> {
        let (mut found, mut unread) = (Vec::new(), None);
        // Texts of an array with another name, which identify the rows unless another one does.
        let mut texts_of_others = Vec::new();
        let may_identify =
            |name: &str, is_numeric: bool| !is_numeric || is_of_names(name) || is_of_indices(name);
        for array in describe(path, format, may_identify)? {
            if n < 2 || array.list_len() != Some(n as u64) {
                continue;
            }
            if !is_of_names(&array.name) && !is_of_indices(&array.name) {
                if let Content::Texts(texts) = array.content
                    && are_different(&texts)
                    && !is_remark(&array.name)
                {
                    texts_of_others.push((array.name, texts));
                }
                continue;
            }
            let ids = match array.content {
                Content::Texts(texts) => texts,
                Content::Numbers { values, .. } => match values.and_then(|values| whole(&values)) {
                    Some(ids) if counts(&ids).is_some() || !are_different(&ids) => continue,
                    Some(ids) if are_all_of_names(&array.name) => ids,
                    Some(_) if is_of_indices(&array.name) => {
                        return Err(FileError::Ambiguous {
                            what: format!(
                                "whether its array {} holds the ids of the rows",
                                Quoted(&array.name)
                            ),
                            remedy: "name it \"ids\" if it does, and remove it otherwise",
                        }
                        .into());
                    }
                    _ => continue,
                },
                Content::Unread(what) => {
                    unread = unread.or(Some((array.name, what)));
                    continue;
                }
            };
            // Names of categories, several of one, are not ids.
            if are_different(&ids) {
                found.push((array.name, ids));
            }
        }
        if found.is_empty() && unread.is_none() {
            found = texts_of_others;
        }
        let mut found = found.into_iter();
        let Some((first, ids)) = found.next() else {
            return match unread {
                Some((name, what)) => Err(FileError::Ambiguous {
                    what: format!("the ids of the rows: its array {} holds {what}", Quoted(&name)),
                    remedy: "write them as texts (`numpy.array(names, dtype=str)`, or a cell array of \
                             texts), or give them as a list (`with_ids`; `--ids`, `--human-ids`)",
                }
                .into()),
                None => Ok(None),
            };
        };
        if let Some((other, _)) = found.find(|(_, others)| *others != ids) {
            return Err(FileError::Ambiguous {
                what: format!(
                    "whether {} or {} holds the ids of the stimuli",
                    Quoted(&first),
                    Quoted(&other)
                ),
                remedy: "keep only one of them, or give the ids as a list (`with_ids`; `--ids`, \
                         `--human-ids`)",
            }
            .into());
        }
        Stimuli::new(ids).map(Some)
    }
}

/// Checks whether an array is named like numbers that identify stimuli, and not like a property of
/// them such as `image_size`.
fn are_all_of_names(array: &str) -> bool {
    let identifies = |word: &String| is_of_names(word) || is_one_of(word, &IDENTIFIERS);
    words(array).iter().all(identifies)
}

/// Converts numbers, if all of them are whole and not negative.
fn whole(numbers: &[f64]) -> Option<Vec<String>> {
    let is_whole = |number: &f64| number.fract() == 0.0 && (0.0..1e15).contains(number);
    let all = numbers.iter().all(is_whole);
    all.then(|| numbers.iter().map(f64::to_string).collect())
}
