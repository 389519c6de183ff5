//! Explanations of why two sets of stimuli could not be matched.

use std::collections::HashSet;
use std::fmt;

use super::{IdForm, Stimuli};
use crate::error::{Error, NAMED_IDS, Quoted, StimuliError};

impl Stimuli {
    /// Sets the names of the other columns of the table with the ids, for messages.
    #[must_use]
    pub(crate) fn with_columns(mut self, names: &[&str]) -> Self {
        let mut origin = self.origin.as_deref().cloned().unwrap_or_default();
        origin.columns = names.iter().map(|&name| name.to_owned()).collect();
        self.origin = Some(origin.into());
        self
    }

    /// Checks whether the columns of the table with the ids are named like most of other ids.
    fn has_columns_like<'a>(&self, ids: impl ExactSizeIterator<Item = &'a String>) -> bool {
        let columns = self.origin.iter().flat_map(|origin| &origin.columns);
        let names: HashSet<String> = columns.map(|name| IdForm::LowerCase.of(name)).collect();
        let n_ids = ids.len();
        2 * ids
            .filter(|id| names.contains(&IdForm::LowerCase.of(id)))
            .count()
            > n_ids
    }
}

/// Hints about the ids on both sides of a failed match.
struct NearMiss {
    /// The file in which the ids were looked for, if it is known.
    looked_for_in: Option<String>,
    /// An id that is available but not needed.
    present: Option<String>,
    /// The form in which most of the missing ids would be found.
    form: Option<IdForm>,
    /// An id of an exemplar, if most of the missing ids match those of the concepts of the other side.
    exemplar: Option<String>,
    /// The table whose columns are named like most of the ids of the other side.
    transposed: Option<String>,
    /// Whether the other side has only ids that are needed.
    is_part: bool,
    /// The first id of one side, if it reads like the header of a list (`id`, `name`, …).
    header: Option<String>,
}

impl NearMiss {
    /// Finds a form of ids in which most of the missing ids match.
    fn between(needed: &Stimuli, here: &Stimuli, missing: &[&String]) -> Self {
        let present = here.ids().iter().find(|id| needed.position(id).is_none());
        let resolves = |form: IdForm| {
            let known: HashSet<String> = here.ids().iter().map(|id| form.of(id)).collect();
            let n_found = missing.iter().filter(|id| known.contains(&form.of(id)));
            // Most, not all, as a few ids may really be missing.
            known.len() == here.len() && 2 * n_found.count() > missing.len()
        };
        let reads_like_header = |ids: &Stimuli| {
            let first = ids.ids().first()?;
            crate::io::text::id_rank(first).map(|_| first.clone())
        };
        Self {
            transposed: (here.has_columns_like(missing.iter().copied()))
                .then_some(here)
                .or_else(|| needed.has_columns_like(here.ids().iter()).then_some(needed))
                .map(|table| table.origin().unwrap_or("one side").to_owned()),
            looked_for_in: here.origin().map(str::to_owned),
            is_part: present.is_none() && !here.is_empty(),
            present: present.cloned(),
            form: IdForm::ALL.iter().copied().find(|&form| resolves(form)),
            exemplar: exemplar_between(here, missing),
            header: reads_like_header(here).or_else(|| reads_like_header(needed)),
        }
    }
}

/// Returns an id of an exemplar, such as `cat_01b`, if most of the missing ids differ only so from
/// those that are available.
fn exemplar_between(here: &Stimuli, missing: &[&String]) -> Option<String> {
    let concept = |id: &String| {
        let id = IdForm::LowerCase.of(&IdForm::FileStem.of(id));
        let stem = id.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let number = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        let concept = number
            .strip_suffix(['_', '-'])
            .filter(|_| number.len() < stem.len());
        concept.map_or(id.clone(), str::to_owned)
    };
    let known: HashSet<String> = here.ids().iter().map(concept).collect();
    let n_found = missing
        .iter()
        .filter(|id| known.contains(&concept(id)))
        .count();
    let mut both = missing.iter().copied().chain(here.ids());
    let is_exemplar = |id: &&String| concept(id) != IdForm::LowerCase.of(&IdForm::FileStem.of(id));
    (2 * n_found > missing.len())
        .then(|| both.find(is_exemplar).cloned())
        .flatten()
}

/// Continues the message about missing ids.
impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(present) = &self.present {
            let place = self.looked_for_in.as_deref().unwrap_or("the other side");
            write!(f, "; {place} has ids such as {}", Quoted(present))?;
        }
        if let Some(table) = &self.transposed {
            write!(
                f,
                "; the columns of {table} are named like the stimuli: transpose the table (frame.T in pandas) \
                 if they are in its columns"
            )?;
        } else if let Some(form) = self.form {
            let difference = form.difference();
            write!(
                f,
                "; the ids differ {difference}: match them by {form} (`Stimuli::in_form`, `--match-ids {form}`)"
            )?;
        } else if let Some(exemplar) = &self.exemplar {
            write!(
                f,
                "; ids such as {} appear to be exemplars of the concepts on the other side: give the \
                 concept of each row as its id (`with_ids`; `--ids`, or `--a-ids` of `cka`), and average \
                 several exemplars of a concept",
                Quoted(exemplar)
            )?;
        } else if let Some(header) = &self.header {
            write!(
                f,
                "; the id {} reads like a header: remove that line if it is one",
                Quoted(header)
            )?;
        } else if let Some(place) = self.looked_for_in.as_deref().filter(|_| self.is_part) {
            write!(
                f,
                "; add them to {place}, or leave them out of the file that has them"
            )?;
        }
        Ok(())
    }
}

/// Creates the error for missing stimuli without hints about the other side.
pub(crate) fn missing<'a>(
    ids: impl Iterator<Item = &'a String>,
    n_missing: usize,
    n_needed: usize,
) -> Error {
    Error::from(StimuliError::Missing {
        ids: ids.take(NAMED_IDS).cloned().collect(),
        n_missing,
        n_needed,
        needed_by: None,
        hint: String::new(),
    })
}

/// Creates the error for the stimuli that are missing from `here`.
pub(super) fn unmatched(needed: &Stimuli, here: &Stimuli, found: &[Option<u32>]) -> Error {
    if needed.is_numbered_unlike(here) {
        return Error::from(StimuliError::OtherNumbers {
            needed: needed.describe(),
            available: here.describe(),
        });
    }
    if needed.is_named() != here.is_named() || !needed.is_named() {
        return Error::from(StimuliError::NotPaired {
            needed: needed.describe(),
            available: here.describe(),
        });
    }
    let is_missing = |(id, found): (_, &Option<u32>)| found.is_none().then_some(id);
    let missing: Vec<&String> = needed
        .ids()
        .iter()
        .zip(found)
        .filter_map(is_missing)
        .collect();
    Error::from(StimuliError::Missing {
        ids: missing.iter().take(NAMED_IDS).copied().cloned().collect(),
        n_missing: missing.len(),
        n_needed: needed.len(),
        needed_by: needed.origin().map(str::to_owned),
        hint: NearMiss::between(needed, here, &missing).to_string(),
    })
}
