//! The multi-arrangement data set of 92 object images, and its model RDMs.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::error::{Error, FileError, Result, same_length};
use crate::rdm::{Rdm, RdmFile, RdmSet};
use crate::stimuli::Stimuli;

/// The multi-arrangement judgments of 92 object images by 16 participants (Mur, Meys, Bodurka,
/// Goebel, Bandettini & Kriegeskorte 2013; images of Kriegeskorte et al. 2008), and the model RDMs
/// that are published with them.
///
/// The folder contains
///
/// | file | content |
/// |---|---|
/// | `stimuli.tsv` | a column `id` with the images, in the order of all matrices |
/// | `human_behaviour_rdms.npy` | 16×92×92, one RDM per participant |
/// | a stack of RDMs `.npy` and a list of names `.json` | model RDMs, read by [`Kriegeskorte92::models`] |
///
/// ```no_run
/// use human_alignment::SimilarityDataset;
/// use human_alignment::dataset::Kriegeskorte92;
///
/// let dataset = Kriegeskorte92::read("data/kriegeskorte92")?;
/// let models = dataset.models("category_model_rdms.npy", "category_model_rdms.json")?;
/// println!("{} participants, {} models", dataset.judgments().len(), models.len());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Kriegeskorte92 {
    folder: PathBuf,
    rdms: RdmSet,
}

impl Kriegeskorte92 {
    /// Reads the RDMs of the participants from a folder.
    ///
    /// # Errors
    /// Returns an error if [`Stimuli::read_column`] or [`RdmFile::read`] does. Within
    /// `Context::File`, returns `ArgumentError::InvalidParameter` if the ids are the numbers of the
    /// images in another order than that of the matrices.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let path = folder.join("stimuli.tsv");
        let stimuli = Stimuli::read_column(&path, "id")?;
        if stimuli.count_in_another_order() {
            let expected = "ascending, as that of the matrices";
            let found = "another: sort the rows by id";
            return Err(Error::parameter("order of the ids", expected, found).in_file(path));
        }
        let file = RdmFile::new(folder.join("human_behaviour_rdms.npy"))?;
        Ok(Self {
            folder: folder.into(),
            rdms: file.with_ids(stimuli).read()?,
        })
    }

    /// Reads a stack of model RDMs of the same images, such as `category_model_rdms.npy`, and a
    /// JSON list of their names, such as `category_model_rdms.json`.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if a file cannot be read, and an error if [`RdmFile::read`]
    /// does. Within `Context::File`, returns [`FileError::Malformed`] if the file of names is not a
    /// JSON list of strings, `ArgumentError::LengthMismatch` if the number of names differs from the
    /// number of RDMs, and `ArgumentError::InvalidParameter` if a name occurs twice.
    pub fn models(&self, stack: &str, names: &str) -> Result<Vec<(String, Rdm)>> {
        let path = self.folder.join(names);
        let text =
            std::fs::read(&path).map_err(|source| FileError::unreadable(path.clone(), source))?;
        let read = || {
            let names: Vec<String> = serde_json::from_slice(&text)
                .map_err(|source| FileError::malformed("json", source))?;
            let file = RdmFile::new(self.folder.join(stack))?;
            let models = file.with_ids(self.rdms.stimuli().clone()).read()?;
            same_length("names of models", models.len(), names.len())?;
            let mut known = HashSet::new();
            if let Some(twice) = names.iter().find(|name| !known.insert(name.as_str())) {
                return Err(Error::parameter("names of models", "unique", twice));
            }
            let rdms = models.rdms().iter().cloned();
            Ok(names.into_iter().zip(rdms).collect())
        };
        read().map_err(|error: Error| error.in_file(path.clone()))
    }
}

data_set!(Kriegeskorte92, rdms: RdmSet, |_set| "92 images, multi-arrangement (Mur et al. 2013)");
