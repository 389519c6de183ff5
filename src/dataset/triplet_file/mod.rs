//! Trials of three stimuli in a file.

mod answer_column;
mod answer_names;
mod answer_words;
mod answers;
mod archive;
mod beside;
mod candidates;
mod column_names;
mod columns;
mod counted;
mod counting;
mod counts;
mod design;
mod first_line;
mod named;
mod numbers;
mod other_answers;
mod other_order;
mod questions;
mod raw;
mod repeats;
mod roles;
mod source;
mod unread_answers;

use std::path::Path;

pub use counting::Counting;
pub(in crate::dataset) use design::Design;
pub(in crate::dataset) use first_line::FirstLine;
pub(in crate::dataset) use numbers::{count_from_zero, unclear};
pub use source::TripletSource;

use crate::error::Result;
use crate::judgment::{Task, Trials};
use crate::stimuli::{Pairing, Stimuli};

/// Trials read from a file, of any stimuli and either [`Task`].
///
/// | file | trials |
/// |---|---|
/// | `.npy`, `.npz`, `.mat` | an array of shape (trials, 3) or (trials, 4), of integers or integer-valued floats; in an archive also an array of answers and one of participants; in `.npy` also of ids as texts |
/// | `.csv`, `.tsv`, `.tab`, `.txt`, `.dat` | a table, with or without a header |
///
/// Three columns are in the order of [`Trials`]: the chosen pair first and the odd one last, or
/// head, close, far. A fourth column, or a column with a name such as `choice` or `answer`, holds
/// the answer: the odd one of three, or the closer of two candidates, given by its value, by its
/// position (from 0 or 1) or by the name of its column, or the part of it that differs from the
/// others. Columns are found by names such as `image1`, `image2`, `image3`, `choice`; `head`,
/// `winner`, `loser`; `center`, `left`, `right`, `answer`; `odd` and two others. Columns with the
/// participant, the response time and the type of the trial are kept.
///
/// Stimuli are given as ids or as indices counted from 0 or 1; see [`Counting`]. If at least half of
/// the ids of the stimuli are numbers, such as `101`, the numbers in trials are ids, unless one of
/// them is no id or the base of indices is set. The base must be set if the table of stimuli has a
/// column of other numbers, or if the ids contain numbers (`img10`) in another order than the
/// stimuli. The trials take 12 bytes each in memory.
/// [`TripletChunks`](crate::dataset::TripletChunks) reads files larger than memory.
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
    /// Reads the trials of a file; its ids or indices refer to `stimuli`. The data set is named
    /// after the file. [`TripletSource`] has options for reading.
    ///
    /// # Errors
    /// Returns an error if [`TripletSource::read`] does.
    pub fn read(path: impl AsRef<Path>, stimuli: Stimuli) -> Result<Self> {
        TripletSource::new(path)?.read(&stimuli)
    }

    /// Sets the name for tables and figures.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Returns the number of trials that were dropped because they show a stimulus twice.
    pub fn n_repeated(&self) -> usize {
        self.n_repeated
    }

    /// Returns the number of trials that were dropped because they show a stimulus that is not
    /// among the given stimuli.
    pub fn n_unknown(&self) -> usize {
        self.n_unknown
    }

    /// Returns how the file refers to stimuli: by id or by position.
    pub fn pairing(&self) -> Pairing {
        self.pairing
    }

    /// Returns the response time of each trial in the unit of the file, NaN if it is missing;
    /// `None` if the file has no response times.
    pub fn response_times(&self) -> Option<&[f64]> {
        self.response_times.as_deref()
    }

    /// Returns the type of each trial, as given in the file; `None` if the file has no types.
    pub fn trial_types(&self) -> Option<&[String]> {
        self.trial_types.as_deref()
    }

    /// Converts the data set into its trials.
    pub fn into_judgments(self) -> Trials<T> {
        self.trials
    }
}

data_set!(TripletFile<T>, trials: Trials<T>, |set| &set.name);
