//! The dissimilarities of King et al. (2019), as they are published.

use std::path::Path;

use crate::dataset::SimilarityDataset;
use crate::error::{Error, RdmError, Result};
use crate::images::ImageFiles;
use crate::io::mat::{MatArray, MatFile};
use crate::names::named;
use crate::rdm::{Rdm, RdmSet, n_stimuli_of};
use crate::stimuli::Stimuli;

/// Which of the two sets of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FreeArrangementSet {
    /// `set1`.
    First,
    /// `set2`.
    Second,
}

impl FreeArrangementSet {
    /// Both.
    pub const ALL: [FreeArrangementSet; 2] =
        [FreeArrangementSet::First, FreeArrangementSet::Second];

    /// The name of the field and of the folder of images.
    pub fn name(self) -> &'static str {
        match self {
            FreeArrangementSet::First => "set1",
            FreeArrangementSet::Second => "set2",
        }
    }
}

named!(FreeArrangementSet, "set", "set1 or set2");

/// Images that people arranged freely by similarity, all at once: one RDM a person.
///
/// King, Groen, Steel, Kravitz & Baker, "Similarity judgments and cortical visual responses reflect
/// different properties of object and scene categories in naturalistic images" (NeuroImage, 2019).
/// The folder is laid out as published:
///
/// ```text
/// sim_judgements/BEHAVIOR.mat       BEHAVIOR.set1.pairwisedistances (and set2): people × pairs
/// images/set1/ID.jpg                in the order of their names what the pairs count
/// ```
///
/// Pairs run over the upper triangle, row by row. The list of categories beside the images is not
/// needed: the published evaluation, too, takes the images in the order of their names.
///
/// ```no_run
/// use human_alignment::SimilarityDataset;
/// use human_alignment::dataset::{FreeArrangement, FreeArrangementSet};
///
/// let people = FreeArrangement::open("data/free-arrangement", FreeArrangementSet::First)?;
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
    /// Reads one set of the folder. People are numbered from `"0"` in the order of the file.
    ///
    /// # Errors
    /// [`Error::Read`]; within [`Error::InFile`]: [`Error::Malformed`], [`Error::Truncated`],
    /// [`Error::OutOfMemory`] and [`Error::UnsupportedElement`] for what can't be read,
    /// [`Error::NoSuchArray`] naming the variables or fields that are there, [`Error::Shape`],
    /// [`Error::NotAllPairs`] for a number of pairs that no number of images has,
    /// [`Error::LengthMismatch`] where there are more or fewer images than that, and within
    /// [`Error::InRdm`] [`Error::InvalidPair`] for what is negative or not finite.
    pub fn open(folder: impl AsRef<Path>, set: FreeArrangementSet) -> Result<Self> {
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

    /// The image of a stimulus; `None` where there is no such stimulus.
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
