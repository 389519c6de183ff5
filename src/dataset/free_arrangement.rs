//! The free-arrangement data set of King et al. (2019), in its published layout.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::dataset::SimilarityDataset;
use crate::error::{Error, RdmError, Result};
use crate::images::ImageFiles;
use crate::io::mat::{MatArray, MatFile};
use crate::linalg::n_stimuli_of;
use crate::names::named;
use crate::rdm::{Rdm, RdmSet};
use crate::stimuli::Stimuli;

/// One of the two sets of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FreeArrangementSet {
    /// The first set, `set1`.
    First,
    /// The second set, `set2`.
    Second,
}

named! {
    FreeArrangementSet, "set":
    First = "set1",
    Second = "set2",
}

/// Similarity judgments of images: participants arranged all images of a set at once by their
/// similarity. There is one RDM per participant.
///
/// King, Groen, Steel, Kravitz & Baker, "Similarity judgments and cortical visual responses reflect
/// different properties of object and scene categories in naturalistic images" (NeuroImage, 2019).
/// The published folder has this layout:
///
/// ```text
/// sim_judgements/BEHAVIOR.mat       BEHAVIOR.set1.pairwisedistances (and set2):
///                                   participants × pairs
/// images/set1/ID.jpg                images, sorted by file name
/// ```
///
/// The pairs are the upper triangle, row by row, of the images sorted by file name, as in the
/// published evaluation. The list of categories beside the images is not read.
///
/// ```no_run
/// use human_alignment::SimilarityDataset;
/// use human_alignment::dataset::{FreeArrangement, FreeArrangementSet};
///
/// let people = FreeArrangement::read("data/free-arrangement", FreeArrangementSet::First)?;
/// println!("{} people, {} images", people.judgments().len(), people.stimuli().len());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FreeArrangement {
    set: FreeArrangementSet,
    images: ImageFiles,
    rdms: RdmSet,
}

impl FreeArrangement {
    /// Reads one of the two sets from a folder. Participants are numbered from `"0"` in the order
    /// of the file.
    ///
    /// # Errors
    /// Returns `FileError::Read` if a file cannot be read. Within `Context::File`, returns
    /// `FileError::Malformed`, `FileError::Truncated`, `ComputationError::OutOfMemory` or
    /// `FileError::UnsupportedElement` if the file cannot be parsed, `FileError::NoSuchArray` with
    /// the names of the existing variables or fields, `ArgumentError::Shape` if the array is not a
    /// matrix, [`RdmError::NotAllPairs`] if the number of columns is not n(n−1)/2 for any n,
    /// `ArgumentError::LengthMismatch` if the number of images differs from that n, and, within
    /// `Context::Rdm`, [`RdmError::InvalidPair`] if a dissimilarity is negative or not finite.
    pub fn read(folder: impl AsRef<Path>, set: FreeArrangementSet) -> Result<Self> {
        let folder = folder.as_ref();
        let images = ImageFiles::by_file_name(&folder.join("images").join(set.name()))?;
        let path = folder.join("sim_judgements").join("BEHAVIOR.mat");
        let read = || {
            let behavior = MatFile::open(&path)?.read("BEHAVIOR")?;
            let set = behavior.into_field(set.name())?;
            rdms(&images, set.into_field("pairwisedistances")?)
        };
        Ok(Self {
            rdms: read().map_err(|error: Error| error.in_file(&path))?,
            set,
            images,
        })
    }

    /// Returns the path of the image of a stimulus, or `None` if there is no such stimulus.
    pub fn image_path(&self, id: &str) -> Option<&Path> {
        self.images.path(id)
    }
}

impl SimilarityDataset for FreeArrangement {
    type Judgments = RdmSet;

    fn name(&self) -> &str {
        match self.set {
            FreeArrangementSet::First => "free arrangement set1 (King et al. 2019)",
            FreeArrangementSet::Second => "free arrangement set2 (King et al. 2019)",
        }
    }

    fn stimuli(&self) -> &Stimuli {
        self.images.stimuli()
    }

    fn judgments(&self) -> &RdmSet {
        &self.rdms
    }
}

fn rdms(images: &ImageFiles, distances: MatArray) -> Result<RdmSet> {
    let distances = distances.into_matrix("people×n(n−1)/2 for n images")?;
    let found = distances.ncols();
    images.require(n_stimuli_of(found).ok_or(RdmError::NotAllPairs { found })?)?;
    let mut rdms = Vec::new();
    for (person, pairs) in distances.rows().into_iter().enumerate() {
        let rdm = Rdm::new(images.stimuli().clone(), pairs.to_vec()).and_then(|rdm| {
            rdm.require_non_negative()?;
            Ok(rdm)
        });
        rdms.push(rdm.map_err(|error| error.in_rdm(person))?);
    }
    RdmSet::numbered(rdms)
}
