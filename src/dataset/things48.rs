//! The dissimilarities of 48 THINGS objects, as they are published.

use std::path::Path;

use crate::dataset::SimilarityDataset;
use crate::error::{Error, Result};
use crate::io::mat::MatFile;
use crate::rdm::{Rdm, RdmSet};
use crate::stimuli::Stimuli;

/// The 48 THINGS objects of which people judged every triple: the dissimilarity of two is the share
/// of their triples in which one of them was chosen as the odd one out.
///
/// Hebart, Zheng, Pereira & Baker, "Revealing the multidimensional mental representations of natural
/// objects underlying human similarity judgements" (Nature Human Behaviour, 2020). The file
/// `RDM48_triplet.mat` is published without names. They follow from the table of the 48 objects'
/// embedding that is published beside it:
///
/// ```no_run
/// use human_alignment::dataset::Things48;
/// use human_alignment::SimilarityDataset;
///
/// let objects = Things48::objects("spose_embedding66d_rescaled_48val_reordered.csv")?;
/// let dataset = Things48::read("RDM48_triplet.mat", objects)?;
/// println!("{}", dataset.stimuli().len());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Things48 {
    rdms: RdmSet,
}

impl Things48 {
    /// The objects in the order of a table with a column `image_name`: the image `pizza_01b.jpg` is
    /// of the object `pizza`.
    ///
    /// The first column of that table, a count of the objects, does not tell which they are: it is
    /// in the order of the images' names, from which that of the `uniqueID`s differs in 21 places.
    ///
    /// # Errors
    /// As for [`Stimuli::read_column`].
    pub fn objects(table: impl AsRef<Path>) -> Result<Stimuli> {
        let path = table.as_ref();
        let images = Stimuli::read_column(path, "image_name")?;
        let object = |image: &String| match image.rsplit_once('_') {
            Some((object, _)) => object.to_owned(),
            None => image.clone(),
        };
        Stimuli::new(images.ids().iter().map(object)).map_err(|error| error.in_file(path))
    }

    /// Reads the file; `stimuli` are the objects in its order, or [`Stimuli::numbered`].
    ///
    /// # Errors
    /// [`Error::Read`]; within [`Error::InFile`]: [`Error::Malformed`], [`Error::Truncated`],
    /// [`Error::OutOfMemory`] and [`Error::UnsupportedElement`] for what can't be read,
    /// [`Error::NoSuchArray`] where there is no variable `RDM48_triplet`, [`Error::Shape`] where it is
    /// not a matrix of these stimuli, and [`Error::InvalidPair`] for what is asymmetric, negative, not
    /// finite, or not 0 on the diagonal.
    pub fn read(path: impl AsRef<Path>, stimuli: Stimuli) -> Result<Self> {
        let path = path.as_ref();
        let read = || {
            let matrix = MatFile::open(path)?.read("RDM48_triplet")?;
            let matrix = matrix.into_matrix("a square matrix")?;
            let rdm = Rdm::from_square(stimuli, matrix.view())?;
            rdm.require_non_negative()?;
            Ok(rdm)
        };
        let rdm = read().map_err(|error: Error| error.in_file(path))?;
        Ok(Self { rdms: rdm.into() })
    }
}

impl SimilarityDataset for Things48 {
    type Judgments = RdmSet;

    fn name(&self) -> &str {
        "THINGS 48 objects (Hebart et al. 2020)"
    }

    fn stimuli(&self) -> &Stimuli {
        self.rdms.stimuli()
    }

    fn judgments(&self) -> &RdmSet {
        &self.rdms
    }
}
