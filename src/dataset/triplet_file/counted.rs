//! Lists beside the trials of an archive that the indices of trials may count.

use crate::error::{FileError, Quoted, Result};
use crate::io::arrays::{Content, NamedArray};
use crate::io::text::{has_one_of, is_about_participants, is_of_stimuli};
use crate::stimuli::{Stimuli, counted, different_numbers};

/// A list that the indices of trials may count.
#[derive(Debug)]
pub(super) struct Counted {
    /// The name of its array.
    name: String,
    list: List,
}

#[derive(Debug)]
enum List {
    Texts(Vec<String>),
    /// Different whole numbers, as ids.
    Numbers(Vec<String>),
    /// What the array holds, which cannot be read, and its length if it is known.
    Unread(String, Option<u64>),
}

impl Counted {
    /// Returns the list in an array that has no value for each trial: texts, different whole numbers that do
    /// not just count, or what cannot be read.
    pub(super) fn of(array: &NamedArray) -> Option<Self> {
        /// Smallest length of a list of stimuli.
        const FEWEST: usize = 3;

        if is_about_participants(&array.name) {
            return None;
        }
        let list = match &array.content {
            Content::Texts(texts) if texts.len() >= FEWEST => List::Texts(texts.clone()),
            Content::Numbers {
                values: Some(values),
                ..
            } if values.len() >= FEWEST => List::Numbers(different_numbers(values)?),
            Content::Unread(what) => List::Unread(what.clone(), array.list_len()),
            _ => return None,
        };
        let name = array.name.clone();
        Some(Self { name, list })
    }

    /// Checks that the indices of trials do not count other stimuli than these.
    ///
    /// # Errors
    /// Returns [`FileError::Ambiguous`] if they may do so.
    pub(super) fn check(&self, stimuli: &Stimuli) -> Result<()> {
        let name = Quoted(&self.name);
        // Numbers with another name may be those of all rows.
        let may_list = |ids: &[String]| {
            may_be_of_stimuli(&self.name) || ids.len() == stimuli.len() && counted(ids).is_some()
        };
        let (what, remedy) = match &self.list {
            List::Numbers(ids) if !may_list(ids) => return Ok(()),
            List::Texts(_) | List::Unread(..) if !stimuli.is_named() => return Ok(()),
            List::Texts(ids) | List::Numbers(ids) if stimuli.ids() == ids.as_slice() => {
                return Ok(());
            }
            List::Texts(_) | List::Numbers(_) => (
                format!(
                    "whether the indices of trials count the ids in its array {name} or the stimuli"
                ),
                "give these ids as the list that trials count (`--stimuli`), or remove the array",
            ),
            List::Unread(what, length)
                if may_be_of_stimuli(&self.name) || *length == Some(stimuli.len() as u64) =>
            {
                (
                    format!(
                        "whether the indices of trials count the stimuli or its array {name}, which holds \
                         {what}"
                    ),
                    "write the names as texts (`numpy.array(names, dtype=str)`, or a cell array of texts), \
                     or remove the array and give its names as the list that trials count (`--stimuli`)",
                )
            }
            List::Unread(..) => return Ok(()),
        };
        Err(FileError::Ambiguous { what, remedy }.into())
    }
}

/// Checks whether an array may be named like one with the stimuli.
fn may_be_of_stimuli(name: &str) -> bool {
    is_of_stimuli(name) || has_one_of(name, &["word"])
}
