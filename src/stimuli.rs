//! The things that were shown: an ordered set of ids, and joins by id.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::error::{Error, NAMED_IDS, Result};
use crate::io::digest::hex;
use crate::io::table::Table;

/// An ordered set of stimulus ids, each non-empty and unique.
///
/// Everything that is measured is matched through these ids, never by position: a
/// [`Representation`](crate::Representation) and a data set may hold the same stimuli in different
/// orders. Cloning is cheap, because the ids are shared.
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
pub struct Stimuli(Arc<Inner>);

struct Inner {
    ids: Vec<String>,
    positions: HashMap<String, u32>,
}

impl Stimuli {
    /// The stimuli with these ids, in this order.
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
            if let Some(first) = positions.insert(id.clone(), position as u32) {
                return Err(Error::DuplicateStimulus {
                    id: id.clone(),
                    first: first as usize,
                    second: position,
                });
            }
        }
        Ok(Self(Arc::new(Inner { ids, positions })))
    }

    /// `n` stimuli whose ids are their positions: `"0"`, `"1"`, …
    ///
    /// For matrices and trials that come without names, where row *i* is stimulus *i*.
    pub fn numbered(n: u32) -> Self {
        let ids: Vec<String> = (0..n).map(|position| position.to_string()).collect();
        let positions = ids.iter().cloned().zip(0..n).collect();
        Self(Arc::new(Inner { ids, positions }))
    }

    /// Reads a text file with one id a line. Blank lines at the end are passed over.
    ///
    /// # Errors
    /// [`Error::Read`] where the file can't be read, [`Error::InFile`] where the ids are refused
    /// as in [`Stimuli::new`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
            path: path.into(),
            source,
        })?;
        Self::new(text.trim_end().lines().map(str::trim)).map_err(|error| error.in_file(path))
    }

    /// Reads the ids from a named column of a `.csv` or `.tsv` file with a header.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::UnknownFormat`] for another ending, and within [`Error::InFile`]
    /// [`Error::NoSuchColumn`], [`Error::RaggedRow`], [`Error::Malformed`], or why the ids are
    /// refused as in [`Stimuli::new`].
    pub fn read_column(path: impl AsRef<Path>, column: &str) -> Result<Self> {
        let path = path.as_ref();
        let read = || {
            let mut table = Table::open(path)?;
            let column = table.column(column)?;
            let mut ids = Vec::new();
            while let Some(row) = table.next_row()? {
                ids.push(row.text(column));
            }
            Self::new(ids)
        };
        read().map_err(|error: Error| error.in_file(path))
    }

    /// Number of stimuli.
    pub fn len(&self) -> usize {
        self.0.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.ids.is_empty()
    }

    /// The ids, in order.
    pub fn ids(&self) -> &[String] {
        &self.0.ids
    }

    /// The id at a position.
    pub fn id(&self, position: usize) -> Option<&str> {
        self.0.ids.get(position).map(String::as_str)
    }

    /// Where an id stands.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.0.positions.get(id).map(|&position| position as usize)
    }

    /// Where each of the `needed` stimuli stands in `self`, in the order of `needed`.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] names those that are not here.
    pub fn positions_of(&self, needed: &Stimuli) -> Result<Vec<u32>> {
        if self == needed {
            return Ok((0..self.len() as u32).collect());
        }
        let found = |id: &String| self.0.positions.get(id).copied();
        let positions: Vec<u32> = needed.ids().iter().filter_map(found).collect();
        if positions.len() == needed.len() {
            return Ok(positions);
        }
        Err(missing(
            needed.ids().iter().filter(|id| found(id).is_none()),
            needed.len() - positions.len(),
            needed.len(),
        ))
    }

    /// Checks that `self` and `other` hold the same ids, in whatever order.
    ///
    /// # Errors
    /// [`Error::MissingStimuli`] for ids of `other` that are not here, [`Error::ExtraStimuli`] for
    /// ids here that `other` lacks.
    pub fn same_set_as(&self, other: &Stimuli) -> Result<()> {
        self.positions_of(other)?;
        if self.len() == other.len() {
            return Ok(());
        }
        let extra = |id: &&String| other.position(id).is_none();
        Err(Error::ExtraStimuli {
            ids: self
                .ids()
                .iter()
                .filter(extra)
                .take(NAMED_IDS)
                .cloned()
                .collect(),
            n_extra: self.len() - other.len(),
        })
    }

    /// The stimuli that `self` and `other` have in common, in the order of `self`.
    pub fn intersection(&self, other: &Stimuli) -> Stimuli {
        let ids = self.ids().iter().filter(|id| other.position(id).is_some());
        Self::from_unique(ids.cloned().collect())
    }

    /// The stimuli at these positions, in this order.
    ///
    /// # Errors
    /// [`Error::StimulusOutOfRange`] for a position beyond the end, [`Error::DuplicateStimulus`]
    /// where one is named twice.
    pub fn select(&self, positions: &[usize]) -> Result<Stimuli> {
        let ids: Vec<&str> = positions
            .iter()
            .map(|&index| {
                self.id(index).ok_or(Error::StimulusOutOfRange {
                    index,
                    n_stimuli: self.len(),
                })
            })
            .collect::<Result<_>>()?;
        Self::new(ids)
    }

    /// SHA-256 over the ids in order, as 64 hexadecimal digits.
    ///
    /// Files that were made for a set of stimuli record it, so that a stale file is noticed.
    pub fn fingerprint(&self) -> String {
        let mut digest = Sha256::new();
        for id in self.ids() {
            // The length in front keeps ["ab", "c"] and ["a", "bc"] apart.
            digest.update((id.len() as u64).to_le_bytes());
            digest.update(id.as_bytes());
        }
        hex(&digest.finalize())
    }

    fn from_unique(ids: Vec<String>) -> Self {
        let positions = ids.iter().cloned().zip(0..).collect();
        Self(Arc::new(Inner { ids, positions }))
    }
}

/// The error that names what is missing from a join.
pub(crate) fn missing<'a>(
    ids: impl Iterator<Item = &'a String>,
    n_missing: usize,
    n_needed: usize,
) -> Error {
    Error::MissingStimuli {
        ids: ids.take(NAMED_IDS).cloned().collect(),
        n_missing,
        n_needed,
    }
}

impl PartialEq for Stimuli {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.ids == other.0.ids
    }
}

impl Eq for Stimuli {}

impl std::fmt::Debug for Stimuli {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.ids()).finish()
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
            Err(Error::MissingStimuli { ids, n_missing: 1, n_needed: 4 }) if ids == ["x"]
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
    fn ids_come_from_a_named_column() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("concepts.tsv");
        let text = "Word\tuniqueID\tnote\nbat\tbat1\t\"a \"\"b\"\"\tc\"\nbat\tbat2\t\n";
        std::fs::write(&path, text).unwrap();
        let stimuli = Stimuli::read_column(&path, "uniqueID").unwrap();
        assert_eq!(stimuli.ids(), ["bat1", "bat2"]);
        let error = Stimuli::read_column(&path, "id").unwrap_err();
        assert!(
            error
                .report()
                .to_string()
                .contains("\"Word\", \"uniqueID\", \"note\"")
        );
        assert!(Stimuli::read_column(&path, "Word").is_err());
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
}
