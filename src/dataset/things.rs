//! The odd-one-out trials of the THINGS objects, as they are published.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::dataset::{Counting, SimilarityDataset, TripletSource};
use crate::error::Result;
use crate::images::{IMAGE_ENDINGS, is_image};
use crate::judgment::OddOneOut;
use crate::stimuli::Stimuli;

/// Which of the published trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThingsTriplets {
    /// `train_90` and `test_10`: all of them.
    All,
    /// `train_90`: nine in ten of all trials.
    Train,
    /// `test_10`: the others.
    Test,
    /// `correct_triplets`: those in which VICE, a model of people's choices, names the same odd one
    /// as people did; the trials that the published evaluation reports.
    Correct,
}

impl ThingsTriplets {
    /// All choices of trials.
    pub const ALL: [ThingsTriplets; 4] = [
        ThingsTriplets::All,
        ThingsTriplets::Train,
        ThingsTriplets::Test,
        ThingsTriplets::Correct,
    ];

    /// Returns the names of the files, without their ending.
    pub fn file_stems(self) -> &'static [&'static str] {
        match self {
            ThingsTriplets::All => &["train_90", "test_10"],
            ThingsTriplets::Train => &["train_90"],
            ThingsTriplets::Test => &["test_10"],
            ThingsTriplets::Correct => &["correct_triplets"],
        }
    }
}

/// THINGS: images of objects (1,854 as published), and the one of each three that people found odd.
///
/// The folder is laid out as published:
///
/// ```text
/// concepts/things_concepts.tsv                          ids in the column uniqueID, in the order
///                                                       that the trials count them
/// triplets/{train_90,test_10,correct_triplets}.npy      or .txt where there is no .npy
/// images/ID.jpg                                         or .png, .webp, …, or a folder images/ID
/// ```
///
/// Hebart, Zheng, Pereira & Baker, "Revealing the multidimensional mental representations of natural
/// objects underlying human similarity judgements" (Nature Human Behaviour, 2020).
///
/// ```no_run
/// use human_alignment::dataset::{Things, ThingsTriplets};
/// use human_alignment::SimilarityDataset;
///
/// let things = Things::open("data/things", ThingsTriplets::Test)?;
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
    /// Reads the ids and the trials in a folder. Images need not be there.
    ///
    /// # Errors
    /// [`Error::Read`](crate::Error::Read) where a file is missing: for trials it names the `.npy`
    /// file. Otherwise as for [`Stimuli::read_column`] and [`TripletSource::read`].
    pub fn open(folder: impl AsRef<Path>, triplets: ThingsTriplets) -> Result<Self> {
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
            // As published, whatever the range of a part of them.
            let source = TripletSource::open(path)?.with_counting(Counting::Zero);
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

    /// The image of a stimulus: `images/ID.jpg`, or with another ending that
    /// [`ImageFiles`](crate::ImageFiles) lists, or else the first image by name in the folder `images/ID`. `None` where there is none, or no such stimulus.
    pub fn image_path(&self, id: &str) -> Option<PathBuf> {
        self.stimuli().position(id)?;
        // Ids come from a file: none leads out of the folder.
        if Path::new(id).file_name() != Some(OsStr::new(id)) {
            return None;
        }
        IMAGE_ENDINGS
            .iter()
            .map(|ending| self.images.join(format!("{id}.{ending}")))
            .find(|path| path.is_file())
            .or_else(|| first_image(&self.images.join(id)))
    }

    /// The trials, taken out.
    pub fn into_judgments(self) -> OddOneOut {
        self.trials
    }
}

impl SimilarityDataset for Things {
    type Judgments = OddOneOut;

    fn name(&self) -> &str {
        &self.name
    }

    fn stimuli(&self) -> &Stimuli {
        self.trials.stimuli()
    }

    fn judgments(&self) -> &OddOneOut {
        &self.trials
    }
}

/// The first image in a folder, by name; hidden files are none.
fn first_image(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| is_image(path)).min()
}
