//! Trials streamed from a file that may be larger than memory.

use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use crate::dataset::Counting;
use crate::dataset::triplet_file::{Design, FirstLine, count_from_zero, unclear};
use crate::error::{Error, ErrorKind, FileError, JudgmentError, Result, same_length};
use crate::io::format::Format;
use crate::io::triplets::TripletReader;
use crate::judgment::{Task, TrialParticipants, Trials};
use crate::linalg::reserve;
use crate::stimuli::{Numbers, Stimuli};

/// An iterator over the trials of a file, which holds one chunk of trials in memory at a time.
///
/// The file is an `.npy` array of shape (trials, 3) or a text file with three indices per line, in
/// the order of [`Trials::new`]. Indices count from 0 unless [`TripletChunks::with_counting`] sets
/// another base. [`TripletFile`](crate::dataset::TripletFile) reads other layouts, but not in
/// chunks. Every chunk has `chunk_len` trials, except that the last may
/// have fewer; no chunk is empty. After an error the iterator ends.
///
/// Errors of the chunks are within `Context::File`: [`JudgmentError::InvalidTrial`] with the number
/// of the trial in the file, [`FileError::RaggedRow`] and [`FileError::NotANumber`] with the line,
/// [`FileError::Truncated`], [`FileError::Ambiguous`] if the first line may number the columns or, at the
/// end, if the order of the stimuli cannot be that of answers, and [`JudgmentError::NoTrials`] if the file
/// has no trials.
///
/// ```
/// use human_alignment::dataset::TripletChunks;
/// use human_alignment::{OddOneOutTask, Representation, Stimuli, ZeroShotOddOneOut};
/// use ndarray::array;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("trials.txt");
/// # std::fs::write(&path, "0 1 2\n2 3 1\n1 2 0\n").unwrap();
/// let stimuli = Stimuli::numbered(4);
/// let features = array![[1.0, 0.2], [0.9, 0.1], [0.1, 1.0], [0.0, 0.8]];
/// let representation = Representation::new(stimuli.clone(), features)?;
///
/// let chunks = TripletChunks::<OddOneOutTask>::open(&path, stimuli.clone(), 2)?;
/// let tally = ZeroShotOddOneOut::default().tally(&representation, &stimuli, chunks)?;
/// assert_eq!(tally.score()?.n_trials, 3);
/// # Ok::<(), human_alignment::Error>(())
/// ```
pub struct TripletChunks<T> {
    path: PathBuf,
    reader: TripletReader,
    stimuli: Stimuli,
    /// The participants of all trials of the file.
    participants: Option<TrialParticipants>,
    chunk_len: usize,
    /// Number of trials read so far.
    n_read: u64,
    counting: Counting,
    /// Which stimuli have occurred.
    occurs: Vec<bool>,
    design: Design,
    first_line: FirstLine,
    is_done: bool,
    task: PhantomData<T>,
}

impl<T: Task> TripletChunks<T> {
    /// Opens a file of trials whose indices refer to `stimuli`, to be read in chunks of `chunk_len`
    /// trials.
    ///
    /// Each trial of the current chunk takes 12 bytes; a `chunk_len` of one million is a good
    /// choice.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if `chunk_len` is 0, [`FileError::UnknownFormat`]
    /// if the format is not supported, [`FileError::Ambiguous`] if the file is a table of another
    /// layout, and [`FileError::Read`] if the file cannot be read. Within `Context::File`, returns
    /// [`FileError::Malformed`], `ArgumentError::Shape`, [`FileError::UnsupportedElement`] or
    /// [`FileError::Truncated`] if an `.npy` file is not an array of trials.
    pub fn open(path: impl AsRef<Path>, stimuli: Stimuli, chunk_len: usize) -> Result<Self> {
        if chunk_len == 0 {
            return Err(Error::parameter("chunk_len", "at least 1", chunk_len));
        }
        let path = path.as_ref();
        // A pipe can be read only once.
        let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
        let is_text = matches!(Format::of(path), Ok(Format::Text));
        if is_file && is_text && !TripletReader::begins_with_indices(path)? {
            return Err(Error::from(FileError::Ambiguous {
                what: "three indices per line".into(),
                remedy: "files of other layouts cannot be read in chunks; read the whole file",
            })
            .in_file(path));
        }
        let stimuli_len = stimuli.len();
        Ok(Self {
            path: path.into(),
            reader: TripletReader::open(path)?,
            stimuli,
            participants: None,
            chunk_len,
            n_read: 0,
            counting: Counting::Inferred,
            occurs: vec![false; stimuli_len],
            design: Design::default(),
            first_line: FirstLine::default(),
            is_done: false,
            task: PhantomData,
        })
    }

    /// Sets the base from which indices count. Default: [`Counting::Inferred`], which
    /// begins with 0; if the indices turn out to count from 1, the iterator returns an error, at the
    /// latest at the end of the file. It also returns an error if the ids of the stimuli contain
    /// numbers other than their positions.
    #[must_use]
    pub fn with_counting(mut self, counting: Counting) -> Self {
        self.counting = counting;
        self
    }

    /// Sets the participant of each trial of the file. Those of all trials are held in memory, 4
    /// bytes each.
    ///
    /// If their number is not that of the trials, the iterator returns
    /// `ArgumentError::LengthMismatch`, at the latest at the end of the file.
    #[must_use]
    pub fn with_participants(mut self, participants: TrialParticipants) -> Self {
        self.participants = Some(participants);
        self
    }

    /// Returns the stimuli to which the indices refer.
    pub fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// Returns the number of trials in the file if it is known before reading them, which is the
    /// case for `.npy` files.
    pub fn n_trials(&self) -> Option<u64> {
        self.reader.n_trials()
    }

    /// Reads the next chunk; `None` at the end of the file.
    fn read(&mut self) -> Result<Option<Trials<T>>> {
        let n_before = self.n_read;
        if n_before == 0 {
            self.check_numbers()?;
        }
        let mut trials = Vec::new();
        if let Some(n_trials) = self.n_trials() {
            let n_left = usize::try_from(n_trials - n_before).unwrap_or(usize::MAX);
            reserve(&mut trials, n_left.min(self.chunk_len), "the trials")
                .map_err(|error| error.in_file(&self.path))?;
        }
        let found = self.reader.read_chunk(&mut trials, self.chunk_len);
        if self.reader.is_table() {
            self.first_line.add(&trials);
        }
        let n_new = found.map_err(|error| {
            let error = error.among(self.stimuli.len());
            self.first_line.explain(error, true).in_file(&self.path)
        })?;
        let checked = self.first_line.check(true);
        checked.map_err(|error| error.in_file(&self.path))?;
        self.n_read += n_new as u64;
        if n_new == 0 && n_before > 0 {
            self.check_participants(true)?;
            self.design
                .check()
                .map_err(|error| error.in_file(&self.path))?;
            if self.counting == Counting::Inferred {
                let place = self.path.display().to_string();
                Counting::check_from_zero(&self.occurs, self.n_read, &place)
                    .map_err(|error| error.in_file(&self.path))?;
            }
            return Ok(None);
        }
        self.check_participants(false)?;
        if self.counting == Counting::One {
            count_from_zero(&mut trials, n_before).map_err(|error| error.in_file(&self.path))?;
        }
        self.design.add(trials.iter().copied());
        for &index in trials.as_flattened() {
            if let Some(occurs) = self.occurs.get_mut(index as usize) {
                *occurs = true;
            }
        }
        let trials = Trials::new(self.stimuli.clone(), trials);
        let trials = trials.map_err(|error| match error.into_kind() {
            // The trial was counted from the start of the chunk.
            ErrorKind::Judgment(JudgmentError::InvalidTrial { trial, problem }) => {
                let trial = n_before + trial;
                Error::from(JudgmentError::InvalidTrial { trial, problem }).in_file(&self.path)
            }
            ErrorKind::Judgment(error) => Error::from(error).in_file(&self.path),
            of_stimuli => of_stimuli.into(),
        })?;
        Ok(Some(match &self.participants {
            Some(participants) => {
                let own = n_before as usize..self.n_read as usize;
                trials.with_trial_participants(participants.select(own))?
            }
            None => trials,
        }))
    }

    /// Checks that numbers can only be positions, because what they are cannot be told from the first
    /// chunk.
    fn check_numbers(&self) -> Result<()> {
        let others = match (self.counting, self.stimuli.numbers()) {
            (Counting::Zero | Counting::One, _) | (_, Numbers::Positions) => return Ok(()),
            // Positions with leading zeros.
            (_, Numbers::Ids(ids)) if ids.iter().all(|(id, position)| id == position) => {
                return Ok(());
            }
            (_, Numbers::Ids(_)) => "their ids, which are other numbers".into(),
            (_, Numbers::Unclear(others)) => others,
        };
        Err(unclear(&others, true).in_file(&self.path))
    }

    /// Checks that there is a participant for each trial read, and for no more at the end.
    fn check_participants(&self, at_end: bool) -> Result<()> {
        let Some(participants) = &self.participants else {
            return Ok(());
        };
        let n_participants = participants.by_trial().len();
        let n_trials = match (self.n_trials(), at_end) {
            (Some(n_trials), _) => n_trials as usize,
            (None, true) => self.n_read as usize,
            (None, false) => n_participants.max(self.n_read as usize),
        };
        same_length("participants of trials", n_trials, n_participants)
            .map_err(|error| error.in_file(&self.path))
    }
}

impl<T: Task> Iterator for TripletChunks<T> {
    type Item = Result<Trials<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let chunk = self.read();
        self.is_done = !matches!(chunk, Ok(Some(_)));
        chunk.transpose()
    }
}

impl<T: Task> FusedIterator for TripletChunks<T> {}

impl<T: Task> fmt::Debug for TripletChunks<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TripletChunks")
            .field("task", &T::NAME)
            .field("path", &self.path)
            .field("chunk_len", &self.chunk_len)
            .field("n_read", &self.n_read)
            .finish_non_exhaustive()
    }
}
