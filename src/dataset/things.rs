//! The odd-one-out trials of the THINGS objects, in their published layout.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::dataset::{Counting, SimilarityDataset, TripletSource};
use crate::error::Result;
use crate::images::{IMAGE_ENDINGS, is_image};
use crate::judgment::OddOneOut;
use crate::stimuli::Stimuli;

/// One of the published sets of trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ThingsTriplets {
    /// All trials: `train_90` and `test_10`.
    All,
    /// `train_90`: nine tenths of all trials.
    Train,
    /// `test_10`: the remaining trials.
    Test,
    /// `correct_triplets`: the trials in which VICE, a model of human choices, chooses the same odd
    /// one as the participants. The published evaluation reports this set.
    Correct,
}

impl ThingsTriplets {
    /// All sets of trials.
    pub const ALL: [ThingsTriplets; 4] = [
        ThingsTriplets::All,
        ThingsTriplets::Train,
        ThingsTriplets::Test,
        ThingsTriplets::Correct,
    ];

    /// Returns the names of the files, without their extensions.
    pub fn file_stems(self) -> &'static [&'static str] {
        match self {
            ThingsTriplets::All => &["train_90", "test_10"],
            ThingsTriplets::Train => &["train_90"],
            ThingsTriplets::Test => &["test_10"],
            ThingsTriplets::Correct => &["correct_triplets"],
        }
    }
}

/// The THINGS odd-one-out trials: of three images of objects (from 1,854 objects), participants
/// chose the odd one.
///
/// The published folder has this layout:
///
/// ```text
/// concepts/things_concepts.tsv                          ids in the column uniqueID, in the order
///                                                       to which the trial indices refer
/// triplets/{train_90,test_10,correct_triplets}.npy      or .txt if there is no .npy
/// images/ID.jpg                                         or .png, .webp, …, or a folder images/ID
/// ```
///
/// Hebart, Zheng, Pereira & Baker, "Revealing the multidimensional mental representations of
/// natural objects underlying human similarity judgements" (Nature Human Behaviour, 2020).
///
/// ```no_run
/// use human_alignment::dataset::{Things, ThingsTriplets};
/// use human_alignment::SimilarityDataset;
///
/// let things = Things::read("data/things", ThingsTriplets::Test)?;
/// println!("{}: {} trials", things.name(), things.judgments().len());
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Things {
    name: String,
    images: PathBuf,
    trials: OddOneOut,
}

impl Things {
    /// Reads the ids and the trials from a folder. The images are not required.
    ///
    /// # Errors
    /// Returns `FileError::Read` if a file is missing; for trials, the error
    /// names the `.npy` file. Also returns an error if [`Stimuli::read_column`] or
    /// [`TripletSource::read`] does.
    pub fn read(folder: impl AsRef<Path>, triplets: ThingsTriplets) -> Result<Self> {
        let folder = folder.as_ref();
        let concepts = folder.join("concepts").join("things_concepts.tsv");
        let stimuli = Stimuli::read_column(concepts, "uniqueID")?;
        let read = |file_stem: &&str| {
            let npy = folder.join("triplets").join(format!("{file_stem}.npy"));
            let txt = npy.with_extension("txt");
            let path = if !npy.exists() && txt.exists() {
                txt
            } else {
                npy
            };
            // The published indices count from 0, even if index 0 does not occur in one of the
            // files.
            let source = TripletSource::new(path)?.with_counting(Counting::Zero);
            Ok(source.read(&stimuli)?.into_judgments())
        };
        let file_stems = triplets.file_stems();
        let parts = file_stems.iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            name: format!("THINGS {}", file_stems.join(" and ")),
            images: folder.join("images"),
            trials: OddOneOut::concat(&parts)?,
        })
    }

    /// Returns the path of the image of a stimulus: `images/ID.jpg`, or with another extension
    /// listed at [`ImageFiles`](crate::ImageFiles), or else the first image by name in the folder
    /// `images/ID`. Returns `None` if there is no image or no such stimulus.
    pub fn image_path(&self, id: &str) -> Option<PathBuf> {
        self.stimuli().position(id)?;
        // Ids are read from a file; do not let one lead out of the folder.
        if Path::new(id).file_name() != Some(OsStr::new(id)) {
            return None;
        }
        IMAGE_ENDINGS
            .iter()
            .map(|ending| self.images.join(format!("{id}.{ending}")))
            .find(|path| path.is_file())
            .or_else(|| first_image(&self.images.join(id)))
    }

    /// Converts the data set into its trials.
    pub fn into_judgments(self) -> OddOneOut {
        self.trials
    }
}

data_set!(Things, trials: OddOneOut, |set| &set.name);

/// Returns the first image in a folder, by name. Hidden files are ignored.
fn first_image(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| is_image(path)).min()
}
