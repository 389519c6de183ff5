//! Stimuli: ordered sets of ids, or of rows without ids, and how they are joined.

mod id_form;
mod list;
mod unmatched;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use sha2::{Digest, Sha256};

pub use id_form::IdForm;
pub use list::IdList;
pub use unmatched::NearMiss;

use crate::error::{Error, NAMED_IDS, Quoted, Result};
use crate::io::digest::hex;
pub(crate) use unmatched::missing;
use unmatched::unmatched;

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

/// How two sets of stimuli are matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pairing {
    /// By their ids.
    Id,
    /// By their positions, because at least one of the two has no ids.
    Position,
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
                return Err(Error::EmptyStimulusId { position });
            }
            match positions.entry(id.clone()) {
                Entry::Vacant(vacant) => vacant.insert(position as u32),
                Entry::Occupied(first) => {
                    return Err(Error::DuplicateStimulus {
                        id: id.clone(),
                        first: *first.get() as usize,
                        second: position,
                    });
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

    /// Returns how these stimuli are matched with others, where both hold the same ones.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] and [`Error::ExtraStimuli`] where the ids differ;
    /// [`Error::NotPaired`] where one of the two has no ids and there are not as many of both.
    pub fn pairing_with(&self, other: &Stimuli) -> Result<Pairing> {
        self.same_set_as(other)?;
        let by_id = self.is_named() && other.is_named() || self.is_labelled_like(other);
        Ok(match by_id {
            true => Pairing::Id,
            false => Pairing::Position,
        })
    }

    /// Returns the position in `self` of each of the `needed` stimuli, in their order.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] names those that are not here; [`Error::NotPaired`] where one of the
    /// two has no ids and there are not as many of both.
    pub fn positions_of(&self, needed: &Stimuli) -> Result<Vec<u32>> {
        if self == needed {
            return Ok((0..self.len() as u32).collect());
        }
        let found = self.find_each(needed);
        match found.iter().copied().collect::<Option<Vec<u32>>>() {
            Some(positions) => Ok(positions),
            None => Err(unmatched(needed, self, &found)),
        }
    }

    /// Returns the position in `self` of each of some of the `needed` stimuli, given as positions there.
    ///
    /// # Errors
    /// As for [`Stimuli::positions_of`].
    pub(crate) fn positions_of_some(&self, needed: &Stimuli, some: &[u32]) -> Result<Vec<u32>> {
        if self == needed {
            return Ok(some.to_vec());
        }
        let found = self.find_each(needed);
        let positions = some.iter().map(|&position| found[position as usize]);
        positions.collect::<Option<_>>().ok_or_else(|| {
            let needed = needed.at(some.iter().map(|&position| position as usize).collect());
            let found = self.find_each(&needed);
            unmatched(&needed, self, &found)
        })
    }

    /// Returns the position in `self` of each of the `wanted` stimuli, `None` for those that are not
    /// here.
    ///
    /// Ids are matched with equal ids. Where one of the two is of rows without ids, row *i* is matched
    /// with row *i*, or with the id at position *i*, provided that there are as many rows in all.
    pub(crate) fn find_each(&self, wanted: &Stimuli) -> Vec<Option<u32>> {
        match (&*self.set, &*wanted.set) {
            (Set::Named { positions, .. }, Set::Named { ids, .. }) => {
                let find = |id: &String| positions.get(id).copied();
                ids.iter().map(find).collect()
            }
            _ if self.n_in_all() != wanted.n_in_all() => vec![None; wanted.len()],
            (Set::Named { positions, .. }, _) if self.is_labelled_like(wanted) => {
                let label = |row: u32| positions.get(&(row + wanted.first_label()).to_string());
                wanted.rows().map(|row| label(row).copied()).collect()
            }
            (_, Set::Named { ids, .. }) if self.is_labelled_like(wanted) => {
                let rows: HashMap<u32, u32> = self.rows().zip(0..).collect();
                let row = |id: &String| id.parse::<u32>().ok()?.checked_sub(self.first_label());
                let find = |id: &String| row(id).and_then(|row| rows.get(&row).copied());
                ids.iter().map(find).collect()
            }
            _ if self.is_unordered || wanted.is_unordered => vec![None; wanted.len()],
            (Set::Named { .. } | Set::Unnamed { rows: None, .. }, _) => {
                wanted.rows().map(Some).collect()
            }
            (Set::Unnamed { .. }, _) => {
                let positions: HashMap<u32, u32> = self.rows().zip(0..).collect();
                let find = |row: u32| positions.get(&row).copied();
                wanted.rows().map(find).collect()
            }
        }
    }

    /// Checks that `self` and `other` hold the same stimuli, in whatever order.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] for ids of `other` that are not here, [`Error::ExtraStimuli`] for
    /// ids here that `other` lacks; [`Error::NotPaired`] where one of the two has no ids and there are
    /// not as many of both.
    pub fn same_set_as(&self, other: &Stimuli) -> Result<()> {
        self.positions_of(other)?;
        if self.len() == other.len() {
            return Ok(());
        }
        let found = other.find_each(self);
        let extra = self.ids().iter().zip(&found);
        let extra = extra.filter_map(|(id, found)| found.is_none().then_some(id));
        Err(Error::ExtraStimuli {
            ids: extra.take(NAMED_IDS).cloned().collect(),
            n_extra: self.len() - other.len(),
        })
    }

    /// Returns the stimuli that `self` and `other` have in common, in the order of `self`.
    pub fn intersection(&self, other: &Stimuli) -> Stimuli {
        let found = other.find_each(self).into_iter().enumerate();
        let common = found.filter_map(|(position, found)| found.map(|_| position));
        self.at(common.collect())
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
                return Err(Error::StimulusOutOfRange {
                    index,
                    n_stimuli: self.len(),
                });
            }
            if let Some(first) = seen.insert(index, second) {
                return Err(Error::DuplicateStimulus {
                    id: self.ids()[index].clone(),
                    first,
                    second,
                });
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
    pub(crate) fn from_file(mut self, path: &std::path::Path) -> Self {
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

    /// Whether one of the two has ids, and the other just these for the labels of its rows.
    fn is_labelled_like(&self, other: &Stimuli) -> bool {
        let (named, labelled) = match (&*self.set, &*other.set) {
            (Set::Named { positions, .. }, Set::Unnamed { .. }) => (positions, other),
            (Set::Unnamed { .. }, Set::Named { positions, .. }) => (positions, self),
            _ => return false,
        };
        let Set::Unnamed {
            n_rows,
            first: Some(first),
            ..
        } = &*labelled.set
        else {
            return false;
        };
        let has = |label: u32| named.contains_key(&label.to_string());
        named.len() == *n_rows as usize && (*first..first + n_rows).all(has)
    }

    /// The number of the first row, where rows are numbered.
    fn first_label(&self) -> u32 {
        match &*self.set {
            Set::Unnamed { first, .. } => first.unwrap_or(0),
            Set::Named { .. } => 0,
        }
    }

    /// How many rows there are in all, of which these may be some.
    fn n_in_all(&self) -> usize {
        match &*self.set {
            Set::Named { ids, .. } => ids.len(),
            Set::Unnamed { n_rows, .. } => *n_rows as usize,
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
mod tests {
    use super::*;

    #[test]
    fn joins_name_what_differs() {
        let stored = Stimuli::new(["c", "a", "b", "x"]).unwrap();
        let needed = Stimuli::new(["a", "b", "c"]).unwrap();
        assert_eq!(stored.positions_of(&needed).unwrap(), [1, 2, 0]);
        assert!(matches!(
            needed.positions_of(&stored),
            Err(Error::MissingStimuli { ids, n_missing: 1, n_needed: 4, .. }) if ids == ["x"]
        ));
        assert!(matches!(
            stored.same_set_as(&needed),
            Err(Error::ExtraStimuli { ids, n_extra: 1 }) if ids == ["x"]
        ));
        assert_eq!(stored.intersection(&needed).ids(), ["c", "a", "b"]);
    }

    #[test]
    fn refuses_ids_that_cannot_be_joined() {
        assert!(matches!(
            Stimuli::new(["a", "b", "a"]),
            Err(Error::DuplicateStimulus {
                first: 0,
                second: 2,
                ..
            })
        ));
        assert!(matches!(
            Stimuli::new(["a", ""]),
            Err(Error::EmptyStimulusId { position: 1 })
        ));
    }

    #[test]
    fn numbered_stimuli_are_their_positions() {
        assert_eq!(Stimuli::numbered(3), Stimuli::new(["0", "1", "2"]).unwrap());
    }

    #[test]
    fn the_fingerprint_depends_on_ids_and_order() {
        let ab = Stimuli::new(["ab", "c"]).unwrap();
        assert_ne!(
            ab.fingerprint(),
            Stimuli::new(["a", "bc"]).unwrap().fingerprint()
        );
        assert_ne!(
            ab.fingerprint(),
            Stimuli::new(["c", "ab"]).unwrap().fingerprint()
        );
    }

    #[test]
    fn rows_without_ids_are_matched_by_position_where_counts_agree() {
        let rows = Stimuli::unnamed(3);
        let named = Stimuli::new(["0", "1", "2"]).unwrap();
        assert_ne!(rows, named);
        assert_ne!(rows.fingerprint(), named.fingerprint());
        assert_eq!(rows.position("0"), None);
        assert_eq!(rows.ids(), ["0", "1", "2"]);
        assert_eq!(rows.pairing_with(&named).unwrap(), Pairing::Position);
        assert_eq!(named.pairing_with(&rows).unwrap(), Pairing::Position);
        assert_eq!(named.pairing_with(&named).unwrap(), Pairing::Id);
        let one_to_three = Stimuli::new(["1", "2", "3"]).unwrap();
        assert_eq!(rows.positions_of(&one_to_three).unwrap(), [0, 1, 2]);
        for other in [Stimuli::unnamed(4), Stimuli::new(["0", "1"]).unwrap()] {
            let error = rows.positions_of(&other).unwrap_err();
            assert!(matches!(error, Error::NotPaired { .. }), "{error}");
            assert!(other.same_set_as(&rows).is_err());
            assert!(rows.intersection(&other).is_empty());
        }
    }

    #[test]
    fn some_rows_without_ids_are_known_by_their_numbers() {
        let rows = Stimuli::unnamed(5);
        let some = rows.select(&[4, 1]).unwrap();
        assert_eq!(some.ids(), ["4", "1"]);
        assert_eq!(rows.positions_of(&some).unwrap(), [4, 1]);
        assert_eq!(some.positions_of(&rows.select(&[1]).unwrap()).unwrap(), [1]);
        assert!(some.positions_of(&rows).is_err());
        // Two rows of five are not two rows.
        assert!(some.positions_of(&Stimuli::unnamed(2)).is_err());
        let named = Stimuli::new(["a", "b", "c", "d", "e"]).unwrap();
        assert_eq!(named.positions_of(&some).unwrap(), [4, 1]);
        assert_eq!(rows.select(&[0, 1, 2, 3, 4]).unwrap(), rows);
        assert!(rows.select(&[0, 0]).is_err() && rows.select(&[5]).is_err());
    }

    #[test]
    fn near_misses_are_explained() {
        let message = |needed: [&str; 2], here: [&str; 2]| {
            let [needed, here] = [needed, here].map(|ids| Stimuli::new(ids).unwrap());
            here.positions_of(&needed).unwrap_err().to_string()
        };
        for (needed, here, form) in [
            (
                ["cat", "dog"],
                ["images/cat.jpg", "images/dog.jpg"],
                "file-stem",
            ),
            (["cat.jpg", "dog.jpg"], ["cat", "dog"], "file-stem"),
            (["Cat", "Dog"], ["cat", "dog"], "lower-case"),
            (["caf\u{e9}", "x"], ["cafe\u{301}", "x"], "nfc"),
            (
                ["cat", "dog"],
                ["i/cat/cat_01b.jpg", "i/dog/dog_01b.jpg"],
                "folder",
            ),
        ] {
            let message = message(needed, here);
            assert!(
                message.contains(&format!("--match-ids {form}")),
                "{message}"
            );
        }
        let message = message(["cat", "dog"], ["id", "cat"]);
        assert!(message.contains("reads like a header"), "{message}");
    }
}
