//! The multi-arrangement data set of Cichy et al. (2019), in its published layout.

use std::path::Path;

use ndarray::Axis;

use crate::dataset::SimilarityDataset;
use crate::error::{Error, Result, wrong_shape};
use crate::images::ImageFiles;
use crate::io::mat::{MatArray, MatFile};
use crate::rdm::{Rdm, RdmSet};
use crate::stimuli::Stimuli;

/// Similarity judgments of images: participants arranged several images at a time by their
/// similarity, in repeated trials. There is one RDM per participant.
///
/// Cichy, Kriegeskorte, Jozwik, van den Bosch & Charest, "The spatiotemporal neural dynamics
/// underlying perceived similarity for real-world objects" (NeuroImage, 2019). The published folder
/// has this layout:
///
/// ```text
/// sim_judgements/judgments_general.mat      judgments: participants × images × images, symmetric,
///                                           0 on the diagonal
/// images/ID.jpg                             images; sorted by file name, they are the rows
/// ```
///
/// ```no_run
/// use human_alignment::SimilarityDataset;
/// use human_alignment::dataset::MultiArrangement;
///
/// let people = MultiArrangement::read("data/multi-arrangement")?;
/// println!("{} people, {} images", people.judgments().len(), people.stimuli().len());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MultiArrangement {
    images: ImageFiles,
    rdms: RdmSet,
}

impl MultiArrangement {
    /// Reads the data set from a folder. Participants are numbered from `"0"` in the order of the
    /// file.
    ///
    /// # Errors
    /// Returns `FileError::Read` if a file cannot be read. Within `Context::File`, returns
    /// `FileError::Malformed`, `FileError::Truncated`, `ComputationError::OutOfMemory` or
    /// `FileError::UnsupportedElement` if the file cannot be parsed, `FileError::NoSuchArray` with
    /// the names of the existing variables, `ArgumentError::Shape` if the array is not
    /// participants × n × n, `ArgumentError::LengthMismatch` if the number of images differs from
    /// n, and, within `Context::Rdm`, `RdmError::InvalidPair` if a dissimilarity is asymmetric,
    /// negative, not finite, or not 0 on the diagonal.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let images = ImageFiles::by_file_name(&folder.join("images"))?;
        let path = folder.join("sim_judgements").join("judgments_general.mat");
        let read = || rdms(&images, MatFile::open(&path)?.read("judgments")?);
        Ok(Self {
            rdms: read().map_err(|error: Error| error.in_file(&path))?,
            images,
        })
    }

    /// Returns the path of the image of a stimulus, or `None` if there is no such stimulus.
    pub fn image_path(&self, id: &str) -> Option<&Path> {
        self.images.path(id)
    }
}

impl SimilarityDataset for MultiArrangement {
    type Judgments = RdmSet;

    fn name(&self) -> &str {
        "multi-arrangement (Cichy et al. 2019)"
    }

    fn stimuli(&self) -> &Stimuli {
        self.images.stimuli()
    }

    fn judgments(&self) -> &RdmSet {
        &self.rdms
    }
}

fn rdms(images: &ImageFiles, judgments: MatArray) -> Result<RdmSet> {
    let judgments = judgments.into_numbers()?;
    let &[_, n, columns] = judgments.shape() else {
        return Err(not_square(judgments.shape()));
    };
    if n != columns {
        return Err(not_square(judgments.shape()));
    }
    images.require(n)?;
    let mut rdms = Vec::new();
    for (person, square) in judgments.axis_iter(Axis(0)).enumerate() {
        let square = square.into_dimensionality();
        let square = square.map_err(|_| not_square(judgments.shape()))?;
        let rdm = Rdm::from_square(images.stimuli().clone(), square).and_then(|rdm| {
            rdm.require_non_negative()?;
            Ok(rdm)
        });
        rdms.push(rdm.map_err(|error| error.in_rdm(person))?);
    }
    RdmSet::numbered(rdms)
}

fn not_square(found: &[usize]) -> Error {
    wrong_shape("the variable", "people×n×n for n images", found)
}
