//! Stimuli: ordered sets of ids, or of rows without ids, and how they are joined.

pub(crate) mod error;
mod id_form;
mod join;
mod list;
mod unmatched;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

pub use id_form::IdForm;
pub use join::Pairing;
pub use list::IdList;
pub use unmatched::NearMiss;

use crate::error::{Error, Quoted, Result, StimuliError};
use crate::io::digest::hex;
pub(crate) use unmatched::missing;

/// An ordered set of stimuli: of unique, non-empty ids, or of rows without ids.
///
/// Everything that is measured is matched through stimuli: a
/// [`Representation`](crate::Representation) and a data set may hold the same ids in different orders.
/// The rows of a file without ids are stimuli of their own kind, see [`Stimuli::unnamed`]. Cloning is
/// cheap, because the ids are shared.
///
/// ```
/// use human_alignment::Stimuli;
///
/// let stimuli = Stimuli::new(["aardvark", "abacus", "zucchini"])?;
/// assert_eq!(stimuli.position("abacus"), Some(1));
/// assert!(Stimuli::new(["aardvark", "aardvark"]).is_err());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Clone)]
pub struct Stimuli {
    set: Arc<Set>,
    /// The file that they come from, for messages.
    origin: Option<Arc<str>>,
    /// Whether the order means nothing, so that rows can't be matched by position.
    is_unordered: bool,
}

enum Set {
    Named {
        ids: Vec<String>,
        positions: HashMap<String, u32>,
    },
    Unnamed {
        /// How many rows there are in all.
        n_rows: u32,
        /// Which of them these are, where they are not all, in order.
        rows: Option<Vec<u32>>,
        /// The number of the first row, where the file numbers them.
        first: Option<u32>,
        /// The numbers of the rows, for messages; made when they are asked for.
        numbers: OnceLock<Vec<String>>,
    },
}

impl Stimuli {
    /// Creates stimuli with these ids, in this order.
    ///
    /// # Errors
    /// [`Error::EmptyStimulusId`] and [`Error::DuplicateStimulus`] name the position at fault;
    /// [`Error::InvalidParameter`] where there are more than `u32::MAX` ids.
    pub fn new<I>(ids: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        if u32::try_from(ids.len()).is_err() {
            let expected = "at most 4294967295 stimuli";
            return Err(Error::parameter("ids", expected, ids.len()));
        }
        let mut positions = HashMap::with_capacity(ids.len());
        for (position, id) in ids.iter().enumerate() {
            if id.is_empty() {
                return Err(StimuliError::EmptyId { position }.into());
            }
            match positions.entry(id.clone()) {
                Entry::Vacant(vacant) => vacant.insert(position as u32),
                Entry::Occupied(first) => {
                    return Err(StimuliError::Duplicate {
                        id: id.clone(),
                        first: *first.get() as usize,
                        second: position,
                    }
                    .into());
                }
            };
        }
        Ok(Set::Named { ids, positions }.into())
    }

    /// Creates `n` stimuli whose ids are the numbers `"0"`, `"1"`, ….
    ///
    /// For stimuli that are known by their numbers. The rows of a matrix without ids are
    /// [`Stimuli::unnamed`].
    pub fn numbered(n: u32) -> Self {
        Self::from_unique((0..n).map(|position| position.to_string()).collect())
    }

    /// Creates the stimuli of `n` rows without ids.
    ///
    /// They are matched by position, and only with as many others: with another `n` rows without ids,
    /// or with `n` stimuli with ids, row *i* being the stimulus at *i*. Whether that was done is told
    /// by [`Stimuli::pairing_with`]. A row has no id by which a stimulus of another set could be found,
    /// not even its number.
    ///
    /// ```
    /// use human_alignment::Stimuli;
    /// use human_alignment::stimuli::Pairing;
    ///
    /// let animals = Stimuli::new(["cat", "dog", "hen"])?;
    /// assert_eq!(Stimuli::unnamed(3).pairing_with(&animals)?, Pairing::Position);
    /// assert!(Stimuli::unnamed(4).pairing_with(&animals).is_err());
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    pub fn unnamed(n: u32) -> Self {
        Set::Unnamed {
            n_rows: n,
            rows: None,
            first: None,
            numbers: OnceLock::new(),
        }
        .into()
    }

    /// Creates the stimuli of `n` rows whose labels are the numbers from `first` on.
    ///
    /// Labels that count rows are hardly ids, so these are rows without ids. Only where other stimuli
    /// have just these numbers for ids are they matched by them.
    pub(crate) fn labelled_rows(n: u32, first: u32) -> Self {
        Set::Unnamed {
            n_rows: n,
            rows: None,
            first: Some(first),
            numbers: OnceLock::new(),
        }
        .into()
    }

    /// Returns the same stimuli, whose order means nothing: they are matched by id only.
    #[must_use]
    pub(crate) fn without_order(mut self) -> Self {
        self.is_unordered = true;
        self
    }

    /// Returns the number of stimuli.
    pub fn len(&self) -> usize {
        match &*self.set {
            Set::Named { ids, .. } => ids.len(),
            Set::Unnamed { n_rows, rows, .. } => match rows {
                Some(rows) => rows.len(),
                None => *n_rows as usize,
            },
        }
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether the stimuli have ids, rather than being rows without.
    pub fn is_named(&self) -> bool {
        matches!(*self.set, Set::Named { .. })
    }

    /// Returns the ids, in order; for rows without ids their numbers, counted from 0.
    pub fn ids(&self) -> &[String] {
        match &*self.set {
            Set::Named { ids, .. } => ids,
            Set::Unnamed { numbers, .. } => {
                numbers.get_or_init(|| self.rows().map(|row| row.to_string()).collect())
            }
        }
    }

    /// Returns the id at a position, or for rows without ids the number of the row.
    pub fn id(&self, position: usize) -> Option<&str> {
        (position < self.len()).then(|| self.ids()[position].as_str())
    }

    /// Returns the position of an id; `None` where there is no such id, as in rows without ids.
    pub fn position(&self, id: &str) -> Option<usize> {
        match &*self.set {
            Set::Named { positions, .. } => positions.get(id).map(|&position| position as usize),
            Set::Unnamed { .. } => None,
        }
    }

    /// Returns the stimuli at these positions, in this order.
    ///
    /// # Errors
    /// [`Error::StimulusOutOfRange`] for a position beyond the end, [`Error::DuplicateStimulus`]
    /// where one is named twice.
    pub fn select(&self, positions: &[usize]) -> Result<Stimuli> {
        let mut seen = HashMap::with_capacity(positions.len());
        for (second, &index) in positions.iter().enumerate() {
            if index >= self.len() {
                return Err(StimuliError::OutOfRange {
                    index,
                    n_stimuli: self.len(),
                }
                .into());
            }
            if let Some(first) = seen.insert(index, second) {
                return Err(StimuliError::Duplicate {
                    id: self.ids()[index].clone(),
                    first,
                    second,
                }
                .into());
            }
        }
        Ok(self.at(positions.to_vec()))
    }

    /// Returns the stimuli with their ids in another form, in the same order.
    ///
    /// # Errors
    /// [`Error::DuplicateStimulus`] where two ids become the same, [`Error::EmptyStimulusId`] where
    /// nothing is left of one.
    pub fn in_form(&self, form: IdForm) -> Result<Stimuli> {
        match &*self.set {
            Set::Named { ids, .. } => {
                let stimuli = Self::new(ids.iter().map(|id| form.of(id)))?;
                Ok(Self {
                    origin: self.origin.clone(),
                    is_unordered: self.is_unordered,
                    ..stimuli
                })
            }
            Set::Unnamed { .. } => Ok(self.clone()),
        }
    }

    /// Returns the SHA-256 over the ids in order, as 64 hexadecimal digits.
    ///
    /// Files that were made for a set of stimuli record it, so that a stale file is noticed.
    pub fn fingerprint(&self) -> String {
        let mut digest = Sha256::new();
        if let Set::Unnamed { n_rows, .. } = &*self.set {
            digest.update(b"rows without ids");
            digest.update(n_rows.to_le_bytes());
            for row in self.rows() {
                digest.update(row.to_le_bytes());
            }
            return hex(&digest.finalize());
        }
        for id in self.ids() {
            // The length in front keeps ["ab", "c"] and ["a", "bc"] apart.
            digest.update((id.len() as u64).to_le_bytes());
            digest.update(id.as_bytes());
        }
        hex(&digest.finalize())
    }

    /// Returns the stimuli with the name of the file that they come from, for messages.
    #[must_use]
    pub(crate) fn with_origin(mut self, path: &std::path::Path) -> Self {
        self.origin = Some(path.display().to_string().into());
        self
    }

    /// Returns the file that the stimuli come from, where that is known.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Describes the stimuli in a few words, such as `features.npy: 12 rows without ids`, for messages.
    pub fn describe(&self) -> String {
        let place = self
            .origin()
            .map_or(String::new(), |origin| format!("{origin}: "));
        match &*self.set {
            Set::Named { ids, .. } => match ids.first() {
                Some(first) => format!("{place}{} ids such as {}", ids.len(), Quoted(first)),
                None => format!("{place}no ids"),
            },
            // Without asking for their numbers, which would have to be made.
            Set::Unnamed { .. } => format!("{place}{} rows without ids", self.len()),
        }
    }

    /// The stimuli at positions that are in range and differ.
    fn at(&self, positions: Vec<usize>) -> Self {
        let set = match &*self.set {
            Set::Named { ids, .. } => {
                let ids = positions.into_iter().map(|position| ids[position].clone());
                Self::from_unique(ids.collect())
            }
            Set::Unnamed {
                n_rows,
                rows,
                first,
                ..
            } => {
                let row = |position: usize| match rows {
                    Some(rows) => rows[position],
                    None => position as u32,
                };
                let rows: Vec<u32> = positions.into_iter().map(row).collect();
                let are_all = rows.len() == *n_rows as usize && rows.is_sorted();
                Set::Unnamed {
                    n_rows: *n_rows,
                    rows: (!are_all).then_some(rows),
                    first: *first,
                    numbers: OnceLock::new(),
                }
                .into()
            }
        };
        Self {
            origin: self.origin.clone(),
            is_unordered: self.is_unordered,
            ..set
        }
    }

    fn from_unique(ids: Vec<String>) -> Self {
        let positions = ids.iter().cloned().zip(0..).collect();
        Set::Named { ids, positions }.into()
    }

    /// The numbers by which rows without ids are matched; of stimuli with ids, their positions.
    fn rows(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match &*self.set {
            Set::Unnamed {
                rows: Some(rows), ..
            } => Box::new(rows.iter().copied()),
            _ => Box::new(0..self.len() as u32),
        }
    }
}

impl From<Set> for Stimuli {
    fn from(set: Set) -> Self {
        Self {
            set: Arc::new(set),
            origin: None,
            is_unordered: false,
        }
    }
}

/// Stimuli with ids are equal where their ids are, rows without ids where they are the same rows of as
/// many; the two are never equal.
impl PartialEq for Stimuli {
    fn eq(&self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.set, &other.set) {
            return true;
        }
        match (&*self.set, &*other.set) {
            (Set::Named { ids, .. }, Set::Named { ids: others, .. }) => ids == others,
            (
                Set::Unnamed { n_rows, rows, .. },
                Set::Unnamed {
                    n_rows: n_others,
                    rows: others,
                    ..
                },
            ) => n_rows == n_others && rows == others,
            _ => false,
        }
    }
}

impl Eq for Stimuli {}

impl std::fmt::Debug for Stimuli {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.is_named() {
            true => f.debug_list().entries(self.ids()).finish(),
            false => f.write_str(&self.describe()),
        }
    }
}

#[cfg(test)]
mod tests;
