//! The RDM of 48 THINGS objects, in its published format.

use std::path::Path;

use crate::error::{Error, Result};
use crate::io::mat::MatFile;
use crate::rdm::{Rdm, RdmSet};
use crate::stimuli::Stimuli;

/// The RDM of the 48 THINGS objects for which all triples were judged. The dissimilarity of two
/// objects is the fraction of their triples in which one of the two was chosen as the odd one out.
///
/// Hebart, Zheng, Pereira & Baker, "Revealing the multidimensional mental representations of
/// natural objects underlying human similarity judgements" (Nature Human Behaviour, 2020). The file
/// `RDM48_triplet.mat` is published without the names of the objects. [`Things48::objects`] reads
/// them from the table of the embedding of the 48 objects that is published beside it:
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
    /// Reads the objects from a table with a column `image_name`, in the order of its rows: the
    /// image `pizza_01b.jpg` shows the object `pizza`.
    ///
    /// The first column of the table, a row number, does not identify the objects: it follows the
    /// order of the image names, which differs from the order of the `uniqueID`s in 21 places.
    ///
    /// # Errors
    /// Returns an error if [`Stimuli::read_column`] does, or if objects are not unique.
    pub fn objects(table: impl AsRef<Path>) -> Result<Stimuli> {
        let path = table.as_ref();
        let images = Stimuli::read_column(path, "image_name")?;
        let object = |image: &String| match image.rsplit_once('_') {
            Some((object, _)) => object.to_owned(),
            None => image.clone(),
        };
        Stimuli::new(images.ids().iter().map(object)).map_err(|error| error.in_file(path))
    }

    /// Reads the RDM; `stimuli` are the objects in the order of the file, or [`Stimuli::numbered`].
    ///
    /// # Errors
    /// Returns `FileError::Read` if the file cannot be read. Within `Context::File`, returns
    /// `FileError::Malformed`, `FileError::Truncated`, `ComputationError::OutOfMemory` or
    /// `FileError::UnsupportedElement` if the file cannot be parsed, `FileError::NoSuchArray` if
    /// there is no variable `RDM48_triplet`, `ArgumentError::Shape` if it is not a matrix of these
    /// stimuli, and `RdmError::InvalidPair` if a dissimilarity is asymmetric, negative, not finite,
    /// or not 0 on the diagonal.
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

data_set!(Things48, rdms: RdmSet, |_set| "THINGS 48 objects (Hebart et al. 2020)");
