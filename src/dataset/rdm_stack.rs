//! Dissimilarity judgments in a file of RDMs.

use crate::dataset::SimilarityDataset;
use crate::error::Result;
use crate::rdm::{RdmFile, RdmSet};
use crate::stimuli::Stimuli;

/// Dissimilarity judgments, one RDM per participant, from any file that [`RdmFile`] reads.
///
/// ```
/// use human_alignment::dataset::RdmStack;
/// use human_alignment::rdm::RdmFile;
/// use human_alignment::{RdmSet, SimilarityDataset};
/// # use human_alignment::{Rdm, Stimuli};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("animals.npy");
/// # let animals = Stimuli::new(["cat", "dog", "hen"])?;
/// # let people = [[0.1, 0.8, 0.9], [0.3, 0.7, 0.9]].map(|values| Rdm::new(animals.clone(), values.into()).unwrap());
/// # RdmSet::numbered(people.into())?.write_npy(&path)?;
/// // An array of shape 2 participants × 3 × 3.
/// let people = RdmStack::read("animals", &RdmFile::new(&path)?.with_ids(animals))?;
/// assert_eq!(people.judgments().len(), 2);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RdmStack {
    name: String,
    rdms: RdmSet,
}

impl RdmStack {
    /// Creates a data set from RDMs and a name for tables and figures.
    pub fn new(name: impl Into<String>, rdms: RdmSet) -> Self {
        Self {
            name: name.into(),
            rdms,
        }
    }

    /// Reads the RDMs from a file.
    ///
    /// # Errors
    /// Returns an error if [`RdmFile::read`] does.
    pub fn read(name: impl Into<String>, file: &RdmFile) -> Result<Self> {
        Ok(Self::new(name, file.read()?))
    }
}

impl SimilarityDataset for RdmStack {
    type Judgments = RdmSet;

    fn name(&self) -> &str {
        &self.name
    }

    fn stimuli(&self) -> &Stimuli {
        self.rdms.stimuli()
    }

    fn judgments(&self) -> &RdmSet {
        &self.rdms
    }
}
