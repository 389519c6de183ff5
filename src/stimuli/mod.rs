//! Stimuli: ordered sets of ids or of rows without ids, and how they are matched.

mod beside;
pub(crate) mod error;
mod id_form;
mod join;
mod list;
mod numbers;
mod traits;
mod unmatched;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

pub use id_form::IdForm;
pub use join::Pairing;
pub use list::IdList;

use crate::error::{Error, Quoted, Result, StimuliError};
use crate::io::digest::hex;
pub(crate) use numbers::{Numbers, counted, different_numbers};
pub(crate) use unmatched::missing;

/// An ordered set of stimuli: either unique, non-empty ids, or rows without ids.
///
/// Representations and judgments are matched through their stimuli: a
/// [`Representation`](crate::Representation) and a data set may have the same ids in different
/// orders. The rows of a file without ids are matched by position, see [`Stimuli::unnamed`]. Clones
/// share the ids.
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
    /// What the stimuli were read from, for messages.
    origin: Option<Arc<Origin>>,
    /// Whether the order is arbitrary, so that rows cannot be matched by position.
    is_unordered: bool,
}

/// What stimuli were read from.
#[derive(Clone, Default)]
struct Origin {
    path: Option<String>,
    /// The names of the other columns of a table.
    columns: Vec<String>,
}

enum Set {
    Named {
        ids: Vec<String>,
        positions: HashMap<String, u32>,
        /// The name of a column that numbers the stimuli, differently from their positions.
        numbered_by: Option<Arc<str>>,
    },
    Unnamed {
        /// Total number of rows.
        n_rows: u32,
        /// The indices of the selected rows, in order; `None` if all rows are selected.
        rows: Option<Vec<u32>>,
        /// The label of the first row, if the file numbers the rows.
        first: Option<u32>,
        /// The numbers of the rows, for messages; created on first use.
        numbers: OnceLock<Vec<String>>,
    },
}

impl Set {
    fn named(ids: Vec<String>, positions: HashMap<String, u32>) -> Self {
        Set::Named {
            ids,
            positions,
            numbered_by: None,
        }
    }
}

impl Stimuli {
    /// Creates stimuli from ids, in the given order.
    ///
    /// # Errors
    /// Returns [`StimuliError::EmptyId`] or [`StimuliError::Duplicate`] with the position of an
    /// invalid id, and `ArgumentError::InvalidParameter` if there are more than `u32::MAX` ids.
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
        Ok(Set::named(ids, positions).into())
    }

    /// Creates `n` stimuli with the ids `"0"`, `"1"`, ….
    ///
    /// Use this for stimuli that are identified by numbers. For the rows of a matrix without ids,
    /// use [`Stimuli::unnamed`].
    pub fn numbered(n: u32) -> Self {
        Self::from_unique((0..n).map(|position| position.to_string()).collect())
    }

    /// Creates the stimuli of `n` rows without ids.
    ///
    /// They are matched by position, and only with the same number of stimuli: row *i* is matched
    /// with row *i* of `n` rows without ids, or with the stimulus at position *i* of `n` stimuli
    /// with ids. [`Stimuli::pairing_with`] returns whether matching is by position. A row has no
    /// id: it cannot be found by its number.
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

    /// Creates the stimuli of `n` rows with the labels `first`, `first + 1`, ….
    ///
    /// Labels that count rows are usually not ids, so these are rows without ids. They are matched
    /// by label only if the ids of the other stimuli are exactly these numbers.
    pub(crate) fn labelled_rows(n: u32, first: u32) -> Self {
        Set::Unnamed {
            n_rows: n,
            rows: None,
            first: Some(first),
            numbers: OnceLock::new(),
        }
        .into()
    }

    /// Marks the order as arbitrary, so that the stimuli are only matched by id.
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

    /// Returns true if there are no stimuli.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns true if the stimuli have ids, and false if they are rows without ids.
    pub fn is_named(&self) -> bool {
        matches!(*self.set, Set::Named { .. })
    }

    /// Returns the ids, in order; for rows without ids, their numbers, counted from 0.
    pub fn ids(&self) -> &[String] {
        match &*self.set {
            Set::Named { ids, .. } => ids,
            Set::Unnamed { numbers, .. } => {
                numbers.get_or_init(|| self.rows().map(|row| row.to_string()).collect())
            }
        }
    }

    /// Returns the id at a position; for rows without ids, the number of the row.
    pub fn id(&self, position: usize) -> Option<&str> {
        (position < self.len()).then(|| self.ids()[position].as_str())
    }

    /// Returns the position of an id, or `None` if there is no such id. Rows without ids have no
    /// ids.
    pub fn position(&self, id: &str) -> Option<usize> {
        match &*self.set {
            Set::Named { positions, .. } => positions.get(id).map(|&position| position as usize),
            Set::Unnamed { .. } => None,
        }
    }

    /// Selects the stimuli at the given positions, in the given order.
    ///
    /// # Errors
    /// Returns [`StimuliError::OutOfRange`] if a position is out of range, and
    /// [`StimuliError::Duplicate`] if a position occurs twice.
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

    /// Returns the stimuli with their ids converted to another form, in the same order.
    ///
    /// # Errors
    /// Returns [`StimuliError::Duplicate`] if two ids become equal, and [`StimuliError::EmptyId`]
    /// if an id becomes empty.
    pub fn in_form(&self, form: IdForm) -> Result<Stimuli> {
        match &*self.set {
            Set::Named { ids, .. } => {
                let stimuli = Self::new(ids.iter().map(|id| form.of(id)))?;
                let stimuli = stimuli.numbered_like(self);
                Ok(Self {
                    origin: self.origin.clone(),
                    is_unordered: self.is_unordered,
                    ..stimuli
                })
            }
            Set::Unnamed { .. } => Ok(self.clone()),
        }
    }

    /// Returns the SHA-256 of the ids in order, as 64 hexadecimal digits.
    ///
    /// Files that were created for a set of stimuli contain it, so that outdated files can be
    /// recognized.
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
            // The length prefix distinguishes ["ab", "c"] from ["a", "bc"].
            digest.update((id.len() as u64).to_le_bytes());
            digest.update(id.as_bytes());
        }
        hex(&digest.finalize())
    }

    /// Sets the file that the stimuli were read from, for messages.
    #[must_use]
    pub(crate) fn with_origin(mut self, path: &std::path::Path) -> Self {
        let mut origin = self.origin.as_deref().cloned().unwrap_or_default();
        origin.path = Some(path.display().to_string());
        self.origin = Some(origin.into());
        self
    }

    /// Returns the file that the stimuli were read from, if it is known.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.origin.as_ref()?.path.as_deref()
    }

    /// Returns a short description for messages, such as `features.npy: 12 rows without ids`.
    pub fn describe(&self) -> String {
        let place = self
            .origin()
            .map_or(String::new(), |origin| format!("{origin}: "));
        match &*self.set {
            Set::Named {
                ids, numbered_by, ..
            } => match ids.first() {
                Some(first) => {
                    let numbered = numbered_by.as_deref();
                    let numbered = numbered.map_or(String::new(), |column| {
                        format!(", with other numbers in column {}", Quoted(column))
                    });
                    format!(
                        "{place}{} ids such as {}{numbered}",
                        ids.len(),
                        Quoted(first)
                    )
                }
                None => format!("{place}no ids"),
            },
            // Do not call `ids`, which would create the numbers of all rows.
            Set::Unnamed { first, .. } => {
                let numbers = first.map_or(String::new(), |n| format!(", numbered from {n}"));
                format!("{place}{} rows without ids{numbers}", self.len())
            }
        }
    }

    /// Returns the stimuli at the given positions, which must be in range and unique.
    fn at(&self, positions: Vec<usize>) -> Self {
        let set = match &*self.set {
            Set::Named { ids, .. } => {
                let ids = positions.into_iter().map(|position| ids[position].clone());
                Self::from_unique(ids.collect()).numbered_like(self)
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
        Set::named(ids, positions).into()
    }

    /// Returns the numbers by which rows without ids are matched; for stimuli with ids, their
    /// positions.
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
