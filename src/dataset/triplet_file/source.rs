//! A file of trials, and the options for reading it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use super::answers::{self, Cell, Form};
use super::design::Design;
use super::first_line::FirstLine;
use super::numbers::by_index;
use super::raw::RawTrials;
use super::{Counting, TripletFile};
use crate::error::{Error, ErrorKind, FileError, JudgmentError, Result, TrialProblem, same_length};
use crate::formats::TextEncoding;
use crate::io::format::Format;
use crate::io::npy::NpyReader;
use crate::io::text::check_labels;
use crate::io::triplets::TripletReader;
use crate::judgment::{Task, TrialParticipants, Trials};
use crate::stimuli::{IdForm, Pairing, Stimuli};

/// A file of trials, and the options for reading it. [`TripletFile`] describes the supported files.
///
/// ```
/// use human_alignment::dataset::{Counting, TripletSource};
/// use human_alignment::{OddOneOutTask, SimilarityDataset, Stimuli};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("animals.txt");
/// # std::fs::write(&path, "1 2 3\n3 4 2\n4 4 1\n").unwrap();
/// // Written by MATLAB (indices from 1), with one trial that shows a stimulus twice.
/// let stimuli = Stimuli::new(["cat", "dog", "cow", "pig"])?;
/// let animals = TripletSource::<OddOneOutTask>::new(&path)?
///     .with_counting(Counting::One)
///     .without_repeats()
///     .read(&stimuli)?;
/// assert_eq!(animals.judgments().as_slice(), [[0, 1, 2], [2, 3, 1]]);
/// assert_eq!(animals.n_repeated(), 1);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TripletSource<T> {
    pub(super) path: PathBuf,
    format: Format,
    array: Option<String>,
    encoding: TextEncoding,
    pub(super) counting: Counting,
    id_forms: Vec<IdForm>,
    drops_repeats: bool,
    pub(super) drops_unknown: bool,
    participants: Option<TrialParticipants>,
    task: PhantomData<T>,
}

impl<T: Task> TripletSource<T> {
    /// Creates a source from the path of a file, which is read later.
    ///
    /// # Errors
    /// Returns [`FileError::UnknownFormat`] or [`FileError::UnsupportedFormat`] if the file
    /// extension is not supported.
    pub fn new(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let format = match Format::of(path)? {
            Format::Safetensors => {
                return Err(FileError::UnknownFormat {
                    path: path.into(),
                    expected: ".npy, .npz, .mat, .txt, .csv or .tsv",
                }
                .into());
            }
            format => format,
        };
        Ok(Self {
            path: path.into(),
            format,
            array: None,
            encoding: TextEncoding::default(),
            counting: Counting::default(),
            id_forms: Vec::new(),
            drops_repeats: false,
            drops_unknown: false,
            participants: None,
            task: PhantomData,
        })
    }

    /// Sets the array of an `.npz` or `.mat` file. Default: the only array that can hold trials.
    #[must_use]
    pub fn with_array(mut self, name: impl Into<String>) -> Self {
        self.array = Some(name.into());
        self
    }

    /// Sets the encoding of a table. Default: UTF-8, or UTF-16 if the file is recognized as such.
    #[must_use]
    pub fn with_encoding(mut self, encoding: TextEncoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Sets the base from which indices count. Default: [`Counting::Inferred`].
    #[must_use]
    pub fn with_counting(mut self, counting: Counting) -> Self {
        self.counting = counting;
        self
    }

    /// Sets the participant of each trial of the file. Default: the participants given in the file,
    /// if any.
    #[must_use]
    pub fn with_participants(mut self, participants: TrialParticipants) -> Self {
        self.participants = Some(participants);
        self
    }

    /// Converts ids in the file to a form, such as lower case; the ids of the stimuli must already
    /// have this form. Several forms are applied one after another.
    #[must_use]
    pub fn with_id_form(mut self, form: IdForm) -> Self {
        self.id_forms.push(form);
        self
    }

    /// Drops and counts trials that show a stimulus twice, which are an error by default.
    #[must_use]
    pub fn without_repeats(mut self) -> Self {
        self.drops_repeats = true;
        self
    }

    /// Drops and counts trials with an id that is not among the given stimuli, which is an error by
    /// default. An index out of range is always an error.
    #[must_use]
    pub fn without_unknown(mut self) -> Self {
        self.drops_unknown = true;
        self
    }

    /// Reads the trials; the ids or indices in the file refer to `stimuli`.
    ///
    /// # Errors
    /// Returns [`FileError::Read`] if the file cannot be read, and
    /// `ArgumentError::InvalidParameter` if there are more than [`Trials::MAX_STIMULI`] stimuli.
    /// Within `Context::File`, returns `JudgmentError::InvalidTrial` with the number of a trial
    /// that has a negative, fractional, repeated or out-of-range index,
    /// `JudgmentError::WithoutFeatures` if an id is not among the stimuli, `StimuliError::Missing`
    /// if this is so in all trials, `StimuliError::NotPaired` if the file has ids and the stimuli
    /// have none, `JudgmentError::UnknownAnswer` or [`FileError::Ambiguous`] if the answers or
    /// columns are not understood, `JudgmentError::NoTrials` if there are no trials, and
    /// [`FileError::RaggedRow`], [`FileError::NotANumber`], `JudgmentError::Incomplete`,
    /// [`FileError::Malformed`], `ArgumentError::Shape`, [`FileError::UnsupportedElement`],
    /// [`FileError::Truncated`] or `ComputationError::OutOfMemory` if the content cannot be parsed.
    pub fn read(&self, stimuli: &Stimuli) -> Result<TripletFile<T>> {
        self.read_file(stimuli)
            .map_err(|error| error.in_file(&self.path))
    }

    fn read_file(&self, stimuli: &Stimuli) -> Result<TripletFile<T>> {
        let mut raw = RawTrials::default();
        let n_in_file;
        let (mut trials, pairing, mut kept) = match self.read_plain(stimuli)? {
            Some(indices) => {
                n_in_file = indices.len();
                Design::of(indices.iter().copied()).check()?;
                self.by_number(indices, stimuli, false)?
            }
            None => {
                raw = self.read_raw(stimuli)?;
                raw.keep_large_ids(|id| stimuli.position(id).is_some());
                raw.convert_texts(|id| self.in_form(id).into_owned());
                let mut answers_from_one = false;
                if let Some(answers) = raw.answers.take() {
                    let answered = answers::apply::<T>(&mut raw.stimuli, &answers, &raw.columns)?;
                    raw.beside.check(&answered)?;
                    answers_from_one = answered.form == Form::Position(1);
                } else {
                    raw.check_order()?;
                }
                n_in_file = raw.stimuli.len();
                match raw.stimuli.first() {
                    Some([Cell::Text(_), ..]) => {
                        let (trials, known) = self.by_id(&raw.stimuli, stimuli)?;
                        (trials, Pairing::Id, Some(known))
                    }
                    _ => {
                        let indices = by_index(&raw.stimuli);
                        let indices = indices.map_err(|error| error.among(stimuli.len()))?;
                        let numbered = self.by_number(indices, stimuli, answers_from_one)?;
                        if numbered.1 == Pairing::Position {
                            raw.check_positions(&numbered.0, stimuli)?;
                        }
                        numbered
                    }
                }
            }
        };
        let n_unknown = n_in_file - trials.len();
        if let Some(participants) = &self.participants {
            same_length(
                "participants of trials",
                n_in_file,
                participants.by_trial().len(),
            )?;
            let labels = participants.labels_of_trials().map(str::to_owned);
            raw.participants = Some(labels.collect());
        }
        check_labels(raw.participants.iter().flatten().map(String::as_str))?;
        let mut n_repeated = 0;
        if self.drops_repeats {
            let differ = |[a, b, c]: [u32; 3]| a != b && a != c && b != c;
            let places = (0..trials.len()).filter(|&place| differ(trials[place]));
            let places: Vec<usize> = places.collect();
            n_repeated = trials.len() - places.len();
            if n_repeated > 0 {
                trials = places.iter().map(|&place| trials[place]).collect();
                kept = Some(match kept {
                    Some(kept) => places.into_iter().map(|place| kept[place]).collect(),
                    None => places,
                });
            }
        }
        let mut trials = Trials::new(stimuli.clone(), trials)?;
        if let Some(participants) = chosen(raw.participants, kept.as_deref()) {
            trials = trials.with_participants(participants)?;
        }
        let name = self.path.file_stem().unwrap_or_default();
        Ok(TripletFile {
            name: name.to_string_lossy().into_owned(),
            trials,
            n_repeated,
            n_unknown,
            pairing,
            response_times: chosen(raw.response_times, kept.as_deref()),
            trial_types: chosen(raw.trial_types, kept.as_deref()),
        })
    }

    /// Reads trials of three plain indices, the most common and potentially largest files; `None`
    /// for other files.
    fn read_plain(&self, stimuli: &Stimuli) -> Result<Option<Vec<[u32; 3]>>> {
        // A pipe can be read only once, and checking whether it is plain would consume it.
        if std::fs::metadata(&self.path).is_ok_and(|metadata| !metadata.is_file()) {
            return Ok(None);
        }
        let is_plain = match self.format {
            Format::Npy => {
                // An array that is not of numbers may be one of ids.
                let reader = NpyReader::open(&self.path);
                reader.is_ok_and(|reader| matches!(reader.shape(), [_, 3]))
            }
            Format::Text => TripletReader::begins_with_indices(&self.path)?,
            _ => false,
        };
        if !is_plain {
            return Ok(None);
        }
        let mut reader = TripletReader::open(&self.path)?;
        let mut trials = Vec::new();
        if let Some(n_trials) = reader.n_trials() {
            let n_trials = usize::try_from(n_trials).unwrap_or(usize::MAX);
            crate::linalg::reserve(&mut trials, n_trials, "the trials")?;
        }
        let found = reader.read_chunk(&mut trials, usize::MAX);
        let mut first_line = FirstLine::default();
        if reader.is_table() {
            first_line.add(&trials);
        }
        match found {
            Ok(_) => first_line.check(false)?,
            Err(error) if is_large_id(&error, stimuli) => return Ok(None),
            Err(error) => return Err(first_line.explain(error.among(stimuli.len()), false)),
        }
        Ok(Some(trials))
    }

    fn read_raw(&self, stimuli: &Stimuli) -> Result<RawTrials> {
        match self.format {
            Format::Npy => RawTrials::of_npy(&self.path),
            Format::Npz | Format::Mat => {
                RawTrials::of_archive::<T>(&self.path, self.format, self.array.as_deref())
            }
            Format::Text | Format::Safetensors => {
                let position = |text: &str| stimuli.position(&self.in_form(text));
                RawTrials::of_table::<T>(&self.path, self.encoding, position)
            }
        }
    }

    fn in_form<'i>(&self, id: &'i str) -> Cow<'i, str> {
        IdForm::convert(&self.id_forms, id)
    }

    /// Looks up ids among the stimuli; returns the trials with three known stimuli, and their
    /// positions.
    fn by_id(&self, cells: &[[Cell; 3]], stimuli: &Stimuli) -> Result<(Vec<[u32; 3]>, Vec<usize>)> {
        let id = |cell: &Cell| match cell {
            Cell::Text(id) => id.clone(),
            Cell::Number(number) => number.to_string(),
        };
        let mut names: Vec<String> = Vec::new();
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut trials = Vec::with_capacity(cells.len());
        for trial in cells {
            trials.push(trial.each_ref().map(|cell| {
                *numbers.entry(id(cell)).or_insert_with_key(|name| {
                    names.push(name.clone());
                    names.len() as u32 - 1
                })
            }));
        }
        let named = Stimuli::new(names)?.with_origin(&self.path).without_order();
        if !stimuli.is_named() {
            stimuli.positions_of(&named)?;
        }
        let positions = stimuli.find_each(&named);
        let mut known = Vec::new();
        let mut found = Vec::new();
        let n_total = trials.len();
        for (place, trial) in trials.into_iter().enumerate() {
            if let [Some(a), Some(b), Some(c)] = trial.map(|number| positions[number as usize]) {
                known.push(place);
                found.push([a, b, c]);
            }
        }
        self.check_unknown(n_total, found.len(), stimuli, || Ok(named))?;
        Ok((found, known))
    }

    /// Checks that no trial shows an id that is not among `stimuli`, unless such trials are dropped
    /// and others are left. `needed` returns the ids in all trials.
    pub(super) fn check_unknown(
        &self,
        n_total: usize,
        n_known: usize,
        stimuli: &Stimuli,
        needed: impl FnOnce() -> Result<Stimuli>,
    ) -> Result<()> {
        if n_known == n_total || self.drops_unknown && n_known > 0 {
            return Ok(());
        }
        let Err(source) = stimuli.positions_of(&needed()?) else {
            return Ok(());
        };
        // With all trials lost, the ids do not match.
        if n_known == 0 {
            return Err(source);
        }
        Err(JudgmentError::WithoutFeatures {
            n_trials: n_total - n_known,
            n_total,
            source,
        }
        .into())
    }
}

/// Checks whether a trial was not read because a number in it is no index, but the id of a stimulus.
fn is_large_id(error: &Error, stimuli: &Stimuli) -> bool {
    match error.kind() {
        ErrorKind::Judgment(JudgmentError::InvalidTrial {
            problem: TrialProblem::OutOfRange { index, .. },
            ..
        }) => stimuli.position(&index.to_string()).is_some(),
        _ => false,
    }
}

/// Selects the values that belong to the kept trials.
fn chosen<V: Clone>(of_all: Option<Vec<V>>, kept: Option<&[usize]>) -> Option<Vec<V>> {
    let of_all = of_all?;
    Some(match kept {
        Some(kept) => kept.iter().map(|&place| of_all[place].clone()).collect(),
        None => of_all,
    })
}
