//! Validated trials of three stimuli.

use std::fmt;
use std::marker::PhantomData;

use rayon::prelude::*;

use crate::error::{Error, JudgmentError, Result, TrialProblem, same_length};
use crate::fingerprint::Fingerprint;
use crate::judgment::{
    AnchoredTask, OddOneOutTask, Task, TrialParticipants, check_both_or_neither,
};
use crate::stimuli::Stimuli;

/// Odd-one-out trials `[a, b, odd]`: the third stimulus was named as the odd one, so that the first
/// two are the chosen pair.
///
/// ```
/// use human_alignment::{OddOneOut, Stimuli};
///
/// let stimuli = Stimuli::new(["cat", "dog", "car", "bus"])?;
/// let trials = OddOneOut::new(stimuli, vec![[0, 1, 2], [2, 3, 0]])?
///     .with_participants(["Ann", "Bob"])?;
/// assert_eq!(trials.len(), 2);
/// # Ok::<(), human_alignment::Error>(())
/// ```
pub type OddOneOut = Trials<OddOneOutTask>;

/// Anchored trials `[head, close, far]`: `close` was named as more similar to `head` than `far`.
pub type Anchored = Trials<AnchoredTask>;

/// Trials of three stimuli with the answers of participants, for a [`Task`]. Use the aliases
/// [`OddOneOut`] and [`Anchored`].
///
/// Indices are 0-based positions in the stimuli. Each trial is checked at construction: its indices
/// are in range and distinct. Trials may repeat, and may have participants.
pub struct Trials<T> {
    stimuli: Stimuli,
    trials: Vec<[u32; 3]>,
    participants: Option<TrialParticipants>,
    shown: Vec<u32>,
    task: PhantomData<T>,
}

impl<T: Task> Trials<T> {
    /// Largest number of stimuli: three indices must fit in one 64-bit word.
    pub const MAX_STIMULI: usize = 1 << 21;

    /// Creates trials of 0-based indices: `[a, b, odd]` (odd-one-out), `[head, close, far]` (anchored).
    ///
    /// # Errors
    /// Returns [`JudgmentError::NoTrials`] if there are no trials,
    /// `ArgumentError::InvalidParameter` if there are more than [`Trials::MAX_STIMULI`] stimuli,
    /// and [`JudgmentError::InvalidTrial`] naming the first trial with an index out of range or a
    /// repeated stimulus.
    pub fn new(stimuli: Stimuli, trials: Vec<[u32; 3]>) -> Result<Self> {
        if trials.is_empty() {
            return Err(JudgmentError::NoTrials.into());
        }
        let n = stimuli.len();
        if n > Self::MAX_STIMULI {
            return Err(Error::parameter("stimuli", "at most 2097152", n));
        }
        let shown = shown_stimuli(&trials, n)?;
        Ok(Self {
            stimuli,
            trials,
            participants: None,
            shown,
            task: PhantomData,
        })
    }

    /// Creates trials from the ids of stimuli, in the same order as in [`Trials::new`].
    ///
    /// ```
    /// use human_alignment::{OddOneOut, Stimuli};
    ///
    /// let stimuli = Stimuli::new(["cat", "dog", "car"])?;
    /// let trials = OddOneOut::from_ids(stimuli, [["dog", "cat", "car"]])?;
    /// assert_eq!(trials.as_slice(), [[1, 0, 2]]);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` for ids that are not among the stimuli,
    /// `ArgumentError::InvalidParameter` for an empty id, and otherwise the same as for
    /// [`Trials::new`].
    pub fn from_ids<I, S>(stimuli: Stimuli, trials: I) -> Result<Self>
    where
        I: IntoIterator<Item = [S; 3]>,
        S: AsRef<str>,
    {
        let (mut missing, mut indices) = (Vec::new(), Vec::new());
        for (trial, ids) in trials.into_iter().enumerate() {
            if ids.iter().any(|id| id.as_ref().is_empty()) {
                let found = format!("an empty text in trial {trial}");
                return Err(Error::parameter("the id of a stimulus", "a text", found));
            }
            indices.push(ids.map(|id| match stimuli.position(id.as_ref()) {
                Some(position) => position as u32,
                None => {
                    missing.push(id.as_ref().to_owned());
                    0
                }
            }));
        }
        if !missing.is_empty() {
            missing.sort_unstable();
            missing.dedup();
            stimuli.positions_of(&Stimuli::new(missing)?.without_order())?;
        }
        Self::new(stimuli, indices)
    }

    /// Concatenates several sets of trials. The result has the stimuli of the first set.
    ///
    /// Participants with the same label are the same participant.
    ///
    /// # Errors
    /// Returns [`JudgmentError::NoTrials`] if no set is given, `StimuliError::Missing` if a set
    /// shows stimuli that the first set does not have, and `ArgumentError::Incompatible` if only
    /// some sets have participants.
    pub fn concat<'a, I>(sets: I) -> Result<Self>
    where
        I: IntoIterator<Item = &'a Self>,
    {
        let mut sets = sets.into_iter();
        let first = sets.next().ok_or(JudgmentError::NoTrials)?;
        let has_participants = first.participants.is_some();
        let names = |set: &Self| -> Vec<String> {
            let participants = set.participants.iter();
            let labels = participants.flat_map(TrialParticipants::labels_of_trials);
            labels.map(str::to_owned).collect()
        };
        let mut trials = first.trials.clone();
        let mut participants = names(first);
        for set in sets {
            check_both_or_neither(has_participants, set.participants.is_some())?;
            let shown = first.stimuli.positions_of_some(&set.stimuli, &set.shown)?;
            let mut position = vec![0; set.stimuli.len()];
            for (&index, found) in set.shown.iter().zip(shown) {
                position[index as usize] = found;
            }
            let moved = set.trials.iter();
            trials.extend(moved.map(|trial| trial.map(|index| position[index as usize])));
            participants.extend(names(set));
        }
        let joined = Self::new(first.stimuli.clone(), trials)?;
        match has_participants {
            true => joined.with_participants(participants),
            false => Ok(joined),
        }
    }

    /// Sets the participant of each trial, in the order of the trials.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the numbers of participants and trials differ, and
    /// `ArgumentError::InvalidParameter` if a label is empty.
    pub fn with_participants<I>(self, of_trials: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with_trial_participants(TrialParticipants::new(of_trials))
    }

    /// Sets the participants of the trials.
    pub(crate) fn with_trial_participants(
        mut self,
        participants: TrialParticipants,
    ) -> Result<Self> {
        same_length(
            "participants of trials",
            self.trials.len(),
            participants.by_trial().len(),
        )?;
        participants.check_known()?;
        self.participants = Some(participants);
        Ok(self)
    }

    /// Returns the stimuli that the indices of trials refer to.
    pub fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// Returns the trials, each with the chosen pair first.
    pub fn as_slice(&self) -> &[[u32; 3]] {
        &self.trials
    }

    /// Returns the number of trials, at least 1.
    #[allow(clippy::len_without_is_empty)] // There is always at least one trial.
    pub fn len(&self) -> usize {
        self.trials.len()
    }

    /// Returns the participant of each trial, if known.
    pub fn participants(&self) -> Option<&TrialParticipants> {
        self.participants.as_ref()
    }

    /// Returns the stimuli that occur in at least one trial, as ascending indices.
    pub fn shown(&self) -> &[u32] {
        &self.shown
    }

    /// Returns the SHA-256 of the task, the ids, the trials and the participants, as 64 hexadecimal
    /// digits.
    ///
    /// It identifies the data that a stored result was computed from.
    pub fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::new(T::NAME);
        fingerprint.text(&self.stimuli.fingerprint());
        fingerprint.indices(self.trials.as_flattened());
        if let Some(participants) = &self.participants {
            for label in participants.labels() {
                fingerprint.text(&format!("{}:{label}", label.len()));
            }
            fingerprint.indices(participants.by_trial());
        }
        fingerprint.finish()
    }

    /// Returns the trials at the given positions, in the given order. Positions may repeat.
    ///
    /// # Errors
    /// Returns [`JudgmentError::NoTrials`] if no position is given, and
    /// `ArgumentError::InvalidParameter` if a position is out of range.
    pub fn select(&self, positions: &[usize]) -> Result<Self> {
        let trials = positions
            .iter()
            .map(|&position| {
                // The error is created only where it is needed: it is expensive beside a copy.
                self.trials.get(position).copied().ok_or_else(|| {
                    let expected = format!("below the number of trials, {}", self.trials.len());
                    Error::parameter("the position of a trial", expected, position)
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let mut selected = Self::new(self.stimuli.clone(), trials)?;
        selected.participants = self
            .participants
            .as_ref()
            .map(|all| all.select(positions.iter().copied()));
        Ok(selected)
    }

    /// Checks that all stimuli of all trials are among `stimuli`.
    ///
    /// # Errors
    /// Returns [`JudgmentError::WithoutFeatures`], which names the stimuli that are not.
    pub fn require_within(&self, stimuli: &Stimuli) -> Result<()> {
        let Err(source) = stimuli.positions_of_some(&self.stimuli, &self.shown) else {
            return Ok(());
        };
        let found = stimuli.find_each(&self.stimuli);
        let is_lost =
            |trial: &&[u32; 3]| trial.iter().any(|&index| found[index as usize].is_none());
        Err(JudgmentError::WithoutFeatures {
            n_trials: self.trials.iter().filter(is_lost).count(),
            n_total: self.len(),
            source,
        }
        .into())
    }

    /// Returns the trials whose stimuli are all among `stimuli`, with indices into `stimuli`, and
    /// the number of dropped trials.
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` if no trial is left.
    pub fn restrict_to(&self, stimuli: &Stimuli) -> Result<(Self, usize)> {
        let to_new = stimuli.find_each(&self.stimuli);
        let mut kept = Vec::new();
        let mut trials = Vec::new();
        for (position, trial) in self.trials.iter().enumerate() {
            if let [Some(a), Some(b), Some(c)] = trial.map(|index| to_new[index as usize]) {
                kept.push(position);
                trials.push([a, b, c]);
            }
        }
        if trials.is_empty() {
            stimuli.positions_of_some(&self.stimuli, &self.shown)?;
            return Err(JudgmentError::NoTrials.into());
        }
        let n_dropped = self.trials.len() - trials.len();
        let mut restricted = Self::new(stimuli.clone(), trials)?;
        restricted.participants = self
            .participants
            .as_ref()
            .map(|all| all.select(kept.iter().copied()));
        Ok((restricted, n_dropped))
    }
}

/// Checks every trial and returns the stimuli that occur in any, as ascending indices.
fn shown_stimuli(trials: &[[u32; 3]], n_stimuli: usize) -> Result<Vec<u32>> {
    /// Trials per parallel task, large compared with the cost of the marks that each task
    /// allocates.
    const BLOCK: usize = 1 << 16;

    let valid = |&[a, b, c]: &[u32; 3]| {
        let below = |index: u32| (index as usize) < n_stimuli;
        below(a) & below(b) & below(c) & (a != b) & (a != c) & (b != c)
    };
    let marks = trials
        .par_chunks(BLOCK)
        .enumerate()
        .map(|(block, trials)| {
            if let Some(position) = trials.iter().position(|trial| !valid(trial)) {
                return Err(JudgmentError::InvalidTrial {
                    trial: (block * BLOCK + position) as u64,
                    problem: problem_of(trials[position], n_stimuli),
                }
                .into());
            }
            let mut marks = vec![false; n_stimuli];
            for &index in trials.as_flattened() {
                marks[index as usize] = true;
            }
            Ok::<_, Error>(marks)
        })
        .reduce_with(|left, right| {
            // The error of the earliest trial is reported.
            let (mut left, right) = (left?, right?);
            left.iter_mut()
                .zip(right)
                .for_each(|(mark, other)| *mark |= other);
            Ok(left)
        })
        .unwrap_or(Ok(Vec::new()))?;
    Ok((0..)
        .zip(marks)
        .filter_map(|(index, mark)| mark.then_some(index))
        .collect())
}

/// Returns the reason why a trial is invalid.
fn problem_of([a, b, c]: [u32; 3], n_stimuli: usize) -> TrialProblem {
    match [a, b, c]
        .into_iter()
        .find(|&index| index as usize >= n_stimuli)
    {
        Some(index) => TrialProblem::OutOfRange {
            index: index.into(),
            n_stimuli,
        },
        None => TrialProblem::Repeated {
            index: if a == b || a == c { a } else { b },
        },
    }
}

impl<T: Task> AsRef<[[u32; 3]]> for Trials<T> {
    fn as_ref(&self) -> &[[u32; 3]] {
        self.as_slice()
    }
}

impl<'a, T: Task> IntoIterator for &'a Trials<T> {
    type Item = &'a [u32; 3];
    type IntoIter = std::slice::Iter<'a, [u32; 3]>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_slice().iter()
    }
}

impl<T> Clone for Trials<T> {
    fn clone(&self) -> Self {
        Self {
            stimuli: self.stimuli.clone(),
            trials: self.trials.clone(),
            participants: self.participants.clone(),
            shown: self.shown.clone(),
            task: PhantomData,
        }
    }
}

impl<T> PartialEq for Trials<T> {
    fn eq(&self, other: &Self) -> bool {
        self.stimuli == other.stimuli
            && self.trials == other.trials
            && self.participants == other.participants
    }
}

impl<T: Task> fmt::Debug for Trials<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trials")
            .field("task", &T::NAME)
            .field("n_trials", &self.trials.len())
            .field("n_stimuli", &self.stimuli.len())
            .finish_non_exhaustive()
    }
}
