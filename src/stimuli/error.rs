//! Errors of stimuli: invalid ids and rows that cannot be matched.

use crate::error::{Quoted, Sample};

/// A problem with the ids of stimuli, or with matching them.
///
/// Positions are 0-based.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StimuliError {
    /// Two stimuli of a set have the same id.
    #[error(
        "duplicate stimulus {}, at {first} and {second}: keep one of them, or give each an id of its own",
        Quoted(id)
    )]
    #[non_exhaustive]
    Duplicate {
        /// The id.
        id: String,
        /// Position of its first occurrence.
        first: usize,
        /// Position of its second occurrence.
        second: usize,
    },

    /// The id of a stimulus is empty.
    #[error("the stimulus at {position} has an empty id; give it an id, or remove it")]
    #[non_exhaustive]
    EmptyId {
        /// Position of the stimulus.
        position: usize,
    },

    /// An index is not below the number of stimuli.
    #[error("stimulus index {index} is out of range: there are {n_stimuli} stimuli")]
    #[non_exhaustive]
    OutOfRange {
        /// The index.
        index: usize,
        /// Number of stimuli.
        n_stimuli: usize,
    },

    /// Stimuli that are needed are missing.
    #[error(
        "{n_missing} of {n_needed} stimuli{} are missing{}: {}{hint}",
        of(needed_by.as_deref()),
        none_found(*n_missing, *n_needed),
        Sample { ids, total: *n_missing }
    )]
    #[non_exhaustive]
    Missing {
        /// The first few missing ids, in order.
        ids: Vec<String>,
        /// Number of missing stimuli.
        n_missing: usize,
        /// Number of stimuli that are needed.
        n_needed: usize,
        /// File of the ids that are needed, if known.
        needed_by: Option<String>,
        /// Continuation of the message: how the ids on both sides differ.
        hint: String,
    },

    /// There are stimuli that are not expected.
    #[error("{n_extra} unexpected stimuli: {}; remove them", Sample { ids, total: *n_extra })]
    #[non_exhaustive]
    Unexpected {
        /// The first few unexpected ids, in order.
        ids: Vec<String>,
        /// Number of unexpected stimuli.
        n_extra: usize,
    },

    /// Rows without ids cannot be matched by position, because their numbers differ, or because the
    /// order of the ids on the other side has no meaning.
    #[error(
        "{available} cannot be matched with {needed}: rows without ids are matched by position, \
         which requires equally many of both in a known order; provide the ids of the rows \
         (`FileSource::with_ids`; `--ids`, `--human-ids`, or `--a-ids` of `cka`)"
    )]
    #[non_exhaustive]
    NotPaired {
        /// Description of the stimuli that are needed.
        needed: String,
        /// Description of the stimuli that are available.
        available: String,
    },

    /// Both sides have numbers, which are not the same.
    #[error(
        "{available} cannot be matched with {needed}: the ids do not number the rows in their order, so \
         that either side may be in another order; provide the ids of the rows (`with_ids`; `--ids`, \
         `--human-ids`, or `--a-ids` of `cka`)"
    )]
    #[non_exhaustive]
    OtherNumbers {
        /// Description of the stimuli that are needed.
        needed: String,
        /// Description of the stimuli that are available.
        available: String,
    },

    /// A list of ids contradicts the labels in the file.
    #[error(
        "the file has labels of its own, and the label {} differs from the id {} in the list: omit the \
         list (`with_ids`; `--ids`, `--human-ids`), and if the labels are only written differently from \
         the ids of the other files, convert them to one form (`Stimuli::in_form`, `--match-ids`)",
        Quoted(label),
        Quoted(id)
    )]
    #[non_exhaustive]
    OwnLabels {
        /// The first label that differs.
        label: String,
        /// The id at its position in the list.
        id: String,
    },

    /// The number of ids differs from the number of rows.
    #[error(
        "there are {n_rows} rows, but {ids}; a list of ids needs one id per row, and no header"
    )]
    #[non_exhaustive]
    IdCount {
        /// Description of the ids.
        ids: String,
        /// Number of rows.
        n_rows: usize,
    },
}

/// Returns a phrase such as ` of human.csv`.
fn of(place: Option<&str>) -> String {
    place.map_or(String::new(), |place| format!(" of {place}"))
}

fn none_found(n_missing: usize, n_needed: usize) -> &'static str {
    match n_missing == n_needed {
        true => " (no id is common to both: are these ids of the same stimuli?)",
        false => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_missing() {
        let error = StimuliError::Missing {
            ids: vec!["aardvark".into(), "abacus".into()],
            n_missing: 3,
            n_needed: 4,
            needed_by: None,
            hint: String::new(),
        };
        assert_eq!(
            error.to_string(),
            "3 of 4 stimuli are missing: \"aardvark\", \"abacus\", …"
        );
    }
}
