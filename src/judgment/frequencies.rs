//! Frequencies of the choices for each question.

use std::fmt;
use std::marker::PhantomData;

use rayon::prelude::*;

use crate::error::{Error, JudgmentError, Result, same_length};
use crate::judgment::{Question, Task, Trials};
use crate::stimuli::Stimuli;

/// The frequencies with which the pairs of each question were chosen: counts of repeated trials, or
/// probabilities.
///
/// The pairs of a question are (0,1), (0,2) and (1,2) of its stimuli. An anchored question, whose
/// head is its first stimulus, has only the first two pairs; its third frequency is 0.
///
/// ```
/// use human_alignment::judgment::ChoiceFrequencies;
/// use human_alignment::{OddOneOut, Stimuli};
///
/// // Three participants answered the same question: two chose "car" as the odd one, one "dog".
/// let stimuli = Stimuli::new(["cat", "dog", "car"])?;
/// let trials = OddOneOut::new(stimuli, vec![[0, 1, 2], [1, 0, 2], [2, 0, 1]])?;
/// let frequencies = ChoiceFrequencies::from_trials(&trials);
/// assert_eq!(frequencies.questions(), [[0, 1, 2]]);
/// assert_eq!(frequencies.by_pair(), [[2.0, 1.0, 0.0]]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
pub struct ChoiceFrequencies<T> {
    stimuli: Stimuli,
    questions: Vec<[u32; 3]>,
    of_pairs: Vec<[f64; 3]>,
    shown: Vec<u32>,
    /// The single answers in the order of questions, if their participants are known.
    answers: Option<Vec<FrequencyAnswer>>,
    task: PhantomData<T>,
}

/// An answer of a participant to a question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FrequencyAnswer {
    /// Index of the question.
    pub question: usize,
    /// The chosen pair: 0, 1 or 2.
    pub pair: u8,
    /// Index of the participant.
    pub participant: u32,
}

impl<T: Task> ChoiceFrequencies<T> {
    /// Counts the answers to each question of the trials. Questions are in ascending order.
    /// Participants of the trials are kept for standard errors.
    pub fn from_trials(trials: &Trials<T>) -> Self {
        let participants = trials.participants().map(|all| all.by_trial());
        let mut answers: Vec<_> = trials
            .as_slice()
            .par_iter()
            .enumerate()
            .map(|(position, &trial)| {
                let (Question(question), answer) = T::question(trial);
                let participant = participants.map_or(0, |all| all[position]);
                (question, T::chosen_pair(answer) as u8, participant)
            })
            .collect();
        answers.par_sort_unstable();
        let (mut questions, mut of_pairs) = (Vec::new(), Vec::<[f64; 3]>::new());
        let mut of_participants = participants.map(|_| Vec::with_capacity(answers.len()));
        for (question, pair, participant) in answers {
            if questions.last() != Some(&question) {
                questions.push(question);
                of_pairs.push([0.0; 3]);
            }
            if let Some(counts) = of_pairs.last_mut() {
                counts[usize::from(pair)] += 1.0;
            }
            if let Some(answers) = &mut of_participants {
                answers.push(FrequencyAnswer {
                    question: questions.len() - 1,
                    pair,
                    participant,
                });
            }
        }
        Self {
            answers: of_participants,
            stimuli: trials.stimuli().clone(),
            questions,
            of_pairs,
            shown: trials.shown().to_vec(),
            task: PhantomData,
        }
    }

    /// Creates one question per trial, in the order of the trials, with a frequency of 1 for its
    /// first pair. Use it if single choices or their order matter.
    pub fn trial_by_trial(trials: &Trials<T>) -> Self {
        let answer = |(question, &participant)| FrequencyAnswer {
            question,
            pair: 0,
            participant,
        };
        let participants = trials.participants();
        Self {
            answers: participants
                .map(|all| all.by_trial().iter().enumerate().map(answer).collect()),
            stimuli: trials.stimuli().clone(),
            questions: trials.as_slice().to_vec(),
            of_pairs: vec![[1.0, 0.0, 0.0]; trials.len()],
            shown: trials.shown().to_vec(),
            task: PhantomData,
        }
    }

    /// Creates questions with the frequencies of their pairs: counts or probabilities.
    ///
    /// The weight of a question is the sum of its frequencies. Equal questions are not merged.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the numbers of questions and frequencies
    /// differ, [`JudgmentError::NoTrials`] or [`JudgmentError::InvalidTrial`] (with the index of
    /// the question) as for [`Trials::new`], and [`JudgmentError::InvalidFrequencies`] naming a
    /// question that has a negative or non-finite frequency, no positive frequency, or a positive
    /// frequency of a pair that cannot be chosen.
    pub fn new(
        stimuli: Stimuli,
        questions: Vec<[u32; 3]>,
        of_pairs: Vec<[f64; 3]>,
    ) -> Result<Self> {
        same_length("frequencies of questions", questions.len(), of_pairs.len())?;
        let checked = Trials::<T>::new(stimuli.clone(), questions.clone())?;
        for (question, frequencies) in of_pairs.iter().enumerate() {
            let in_range = frequencies.iter().all(|x| *x >= 0.0 && x.is_finite());
            let possible = frequencies[T::N_PAIRS..].iter().all(|&x| x == 0.0);
            let sum: f64 = frequencies.iter().sum();
            if !(in_range && possible && sum > 0.0 && sum.is_finite()) {
                return Err(JudgmentError::InvalidFrequencies {
                    question,
                    found: *frequencies,
                }
                .into());
            }
        }
        Ok(Self {
            shown: checked.shown().to_vec(),
            answers: None,
            stimuli,
            questions,
            of_pairs,
            task: PhantomData,
        })
    }

    /// Scales the frequencies of each question to a sum of 1, so that all questions have the same
    /// weight.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        for frequencies in &mut self.of_pairs {
            let sum: f64 = frequencies.iter().sum();
            *frequencies = frequencies.map(|x| x / sum);
        }
        self
    }

    /// Returns the questions at the given positions, in the given order, with their frequencies but
    /// without the participants.
    ///
    /// # Errors
    /// Returns [`JudgmentError::NoTrials`] if no position is given, and
    /// `ArgumentError::InvalidParameter` if a position is out of range.
    pub fn select(&self, positions: &[usize]) -> Result<Self> {
        let n_questions = self.questions.len();
        if let Some(&beyond) = positions.iter().find(|&&position| position >= n_questions) {
            let expected = format!("below the number of questions, {n_questions}");
            return Err(Error::parameter(
                "the position of a question",
                expected,
                beyond,
            ));
        }
        let questions = positions.iter().map(|&position| self.questions[position]);
        let of_pairs = positions.iter().map(|&position| self.of_pairs[position]);
        Self::new(
            self.stimuli.clone(),
            questions.collect(),
            of_pairs.collect(),
        )
    }

    /// Returns the stimuli that the indices of questions refer to.
    pub fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// Returns the stimuli of each question, as 0-based indices.
    pub fn questions(&self) -> &[[u32; 3]] {
        &self.questions
    }

    /// Returns the frequencies of the pairs of each question.
    pub fn by_pair(&self) -> &[[f64; 3]] {
        &self.of_pairs
    }

    /// Returns the stimuli that occur in at least one question, as ascending indices.
    pub fn shown(&self) -> &[u32] {
        &self.shown
    }
}

impl<T> ChoiceFrequencies<T> {
    /// Returns the number of questions.
    pub(crate) fn n_questions(&self) -> usize {
        self.questions.len()
    }

    /// Returns the answers of participants in the order of questions, if participants are known.
    pub(crate) fn answers(&self) -> Option<&[FrequencyAnswer]> {
        self.answers.as_deref()
    }
}

impl<T: Task> fmt::Debug for ChoiceFrequencies<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChoiceFrequencies")
            .field("task", &T::NAME)
            .field("n_questions", &self.questions.len())
            .field("n_stimuli", &self.stimuli.len())
            .finish_non_exhaustive()
    }
}

impl<T> PartialEq for ChoiceFrequencies<T> {
    fn eq(&self, other: &Self) -> bool {
        self.stimuli == other.stimuli
            && self.questions == other.questions
            && self.of_pairs == other.of_pairs
            && self.answers == other.answers
    }
}

impl<T> Clone for ChoiceFrequencies<T> {
    fn clone(&self) -> Self {
        Self {
            stimuli: self.stimuli.clone(),
            questions: self.questions.clone(),
            of_pairs: self.of_pairs.clone(),
            shown: self.shown.clone(),
            answers: self.answers.clone(),
            task: PhantomData,
        }
    }
}
