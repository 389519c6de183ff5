//! Trials of three stimuli in a file.

use std::path::Path;

use crate::dataset::{SimilarityDataset, TripletChunks};
use crate::error::{Error, Result};
use crate::judgment::{Task, Trials};
use crate::stimuli::Stimuli;

/// Trials that stand in a file, of any stimuli and either [`Task`].
///
/// The ending of the name tells the format:
///
/// | ending | trials |
/// |---|---|
/// | `.npy` | an array of shape (trials, 3), of integers or of floats that are whole, in any order |
/// | `.txt`, `.csv`, `.tsv` | three numbers a line, with spaces, tabs or commas between them; no header; `#` begins a comment |
///
/// Each number is the 0-based position of a stimulus, and a trial is written as [`Trials`] are: the
/// pair that people chose in front. For stimuli without names there is [`Stimuli::numbered`]. The
/// trials are held once, 12 bytes each; a file larger than memory is read by [`TripletChunks`].
///
/// ```
/// use human_alignment::dataset::TripletFile;
/// use human_alignment::{OddOneOutTask, SimilarityDataset, Stimuli};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("animals.txt");
/// # std::fs::write(&path, "0 1 2\n2 3 1\n").unwrap();
/// let stimuli = Stimuli::new(["cat", "dog", "cow", "pig"])?;
/// let animals = TripletFile::<OddOneOutTask>::read(&path, stimuli)?;
/// assert_eq!(animals.name(), "animals");
/// assert_eq!(animals.judgments().as_slice(), [[0, 1, 2], [2, 3, 1]]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TripletFile<T: Task> {
    name: String,
    trials: Trials<T>,
}

impl<T: Task> TripletFile<T> {
    /// Reads a file of trials whose indices count `stimuli`. The data set is named after the file.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`], [`Error::Read`]; within [`Error::InFile`]: [`Error::InvalidTrial`]
    /// naming a trial with a negative, fractional or repeated index or one out of range,
    /// [`Error::NoTrials`], [`Error::RaggedRow`], [`Error::NotANumber`], [`Error::Malformed`],
    /// [`Error::Shape`], [`Error::UnsupportedElement`], [`Error::Truncated`],
    /// [`Error::OutOfMemory`]; [`Error::InvalidParameter`] where there are more than
    /// [`Trials::MAX_STIMULI`] stimuli.
    pub fn read(path: impl AsRef<Path>, stimuli: Stimuli) -> Result<Self> {
        let path = path.as_ref();
        // All trials are one chunk.
        let mut chunks = TripletChunks::open(path, stimuli, usize::MAX)?;
        let trials = chunks.next().unwrap_or(Err(Error::NoTrials))?;
        let name = path.file_stem().unwrap_or_default();
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            trials,
        })
    }

    /// Sets the name for tables and figures.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The trials, taken out.
    pub fn into_judgments(self) -> Trials<T> {
        self.trials
    }
}

impl<T: Task> SimilarityDataset for TripletFile<T> {
    type Judgments = Trials<T>;

    fn name(&self) -> &str {
        &self.name
    }

    fn stimuli(&self) -> &Stimuli {
        self.trials.stimuli()
    }

    fn judgments(&self) -> &Trials<T> {
        &self.trials
    }
}
