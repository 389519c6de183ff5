//! Trials of three stimuli in a file.

mod answers;
mod columns;
mod counting;
mod raw;
mod source;

use std::path::Path;

pub use counting::Counting;
pub use source::TripletSource;

use crate::dataset::SimilarityDataset;
use crate::error::Result;
use crate::judgment::{Task, Trials};
use crate::stimuli::{Pairing, Stimuli};

/// Trials from a file, of any stimuli and either [`Task`].
///
/// | file | trials |
/// |---|---|
/// | `.npy`, `.npz`, `.mat` | an array of shape (trials, 3) or (trials, 4), of integers or of floats that are whole; in an archive also an array of queries and one of responses |
/// | `.txt`, `.csv`, `.tsv` | a table, with or without a header |
///
/// A trial of three columns is written as [`Trials`] are: the pair that was chosen in front, the odd one
/// last; or head, close, far. A fourth column, or one with a name such as `choice` or `answer`, says which of
/// the three is the odd one, or which of two is closer: by its value, by its position (from 0 or 1) or
/// by the name of its column. Columns are found by names such as `image1`, `image2`, `image3`,
/// `choice`; `head`, `winner`, `loser`; `center`, `left`, `right`, `answer`; and columns with the
/// participant, the response time and the type of the trial are kept.
///
/// Stimuli are given as ids, or as positions counted from 0 or from 1; see [`Counting`]. The trials are
/// held once, 12 bytes each; a file larger than memory is read by
/// [`TripletChunks`](crate::dataset::TripletChunks).
///
/// ```
/// use human_alignment::dataset::TripletFile;
/// use human_alignment::{OddOneOutTask, SimilarityDataset, Stimuli};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("animals.csv");
/// # std::fs::write(&path, "image1,image2,image3,choice\ncow,cat,dog,cow\ncow,pig,cat,cat\n").unwrap();
/// let stimuli = Stimuli::new(["cat", "dog", "cow", "pig"])?;
/// let animals = TripletFile::<OddOneOutTask>::read(&path, stimuli)?;
/// assert_eq!(animals.name(), "animals");
/// assert_eq!(animals.judgments().as_slice(), [[1, 0, 2], [2, 3, 0]]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TripletFile<T: Task> {
    name: String,
    trials: Trials<T>,
    n_repeated: usize,
    n_unknown: usize,
    pairing: Pairing,
    response_times: Option<Vec<f64>>,
    trial_types: Option<Vec<String>>,
}

impl<T: Task> TripletFile<T> {
    /// Reads a file of trials of `stimuli`, which indices count and ids are among. The data set is named
    /// after the file. Choices are made by [`TripletSource`].
    ///
    /// # Errors
    /// As for [`TripletSource::read`].
    pub fn read(path: impl AsRef<Path>, stimuli: Stimuli) -> Result<Self> {
        TripletSource::open(path)?.read(&stimuli)
    }

    /// Sets the name for tables and figures.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Returns the number of trials that were dropped because they show one stimulus twice.
    pub fn n_repeated(&self) -> usize {
        self.n_repeated
    }

    /// Returns the number of trials that were dropped because they show a stimulus that is not among those
    /// that were given.
    pub fn n_unknown(&self) -> usize {
        self.n_unknown
    }

    /// Returns how the file refers to stimuli: by their ids, or by their positions.
    pub fn pairing(&self) -> Pairing {
        self.pairing
    }

    /// Returns the response time of each trial in the unit of the file, NaN where it is missing; `None`
    /// where the file has none.
    pub fn response_times(&self) -> Option<&[f64]> {
        self.response_times.as_deref()
    }

    /// Returns the type of each trial, as the file names it; `None` where it has none.
    pub fn trial_types(&self) -> Option<&[String]> {
        self.trial_types.as_deref()
    }

    /// Returns the trials, taken out.
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
