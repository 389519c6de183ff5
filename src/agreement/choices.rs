//! Choices of a source, by question.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use crate::error::{Error, JudgmentError, Result, same_length};
use crate::inference::Credit;
use crate::judgment::{Question, Task, Trials, choosing};
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::representation::Representation;
use crate::stimuli::Stimuli;

/// The choices of a source: a representation, a participant, a group of participants or a language
/// model.
///
/// A choice is a pair of the stimuli of a question, which are in a standard order. Therefore
/// two sources made the same choice if and only if the numbers of the pairs are equal. `None` means
/// that the source could not decide, because several pairs are equally similar.
///
/// See [the module](mod@crate::agreement) for an example.
pub struct Choices<T> {
    name: String,
    stimuli: Stimuli,
    questions: Vec<[u32; 3]>,
    chosen: Vec<Option<u8>>,
    /// The index of the participant of each answer, if known.
    participants: Option<Vec<u32>>,
    task: PhantomData<T>,
}

/// The answer of a source to a question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    /// The chosen pair; `None` if the source could not decide.
    pub pair: Option<u8>,
    /// The index of the participant, if known.
    pub participant: Option<u32>,
}

impl<T: Task> Choices<T> {
    /// Creates the choices of trials, such as those of participants or of a language model.
    ///
    /// Participants of the trials are kept: standard errors then account for answers of the same
    /// participant being correlated.
    pub fn from_trials(name: impl Into<String>, trials: &Trials<T>) -> Self {
        let participants = trials.participants().map(|all| all.by_trial().to_vec());
        Self {
            participants,
            ..Self::beside(name, trials, std::iter::repeat(Some(0)))
        }
    }

    /// Creates the choices of a representation in the questions of trials.
    ///
    /// # Errors
    /// Returns the same errors as [`ZeroShotOddOneOut::choices`].
    pub fn from_representation(
        name: impl Into<String>,
        metric: &ZeroShotOddOneOut,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<Self> {
        let chosen = metric.choices(representation, trials)?;
        Ok(Self::beside(name, trials, chosen))
    }

    /// Creates choices from the chosen pair of each trial, in the format of
    /// [`ZeroShotOddOneOut::choices`]: 0, 1 or 2 for (0,1), (0,2), (1,2) of the trial, `None` if
    /// the source could not decide.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if there is not one choice for each trial, and
    /// `ArgumentError::InvalidParameter` if a pair is not an option.
    pub fn new(name: impl Into<String>, trials: &Trials<T>, chosen: &[Option<u8>]) -> Result<Self> {
        same_length("choices of trials", trials.len(), chosen.len())?;
        let beyond = |&&pair: &&u8| usize::from(pair) >= T::N_PAIRS;
        if let Some(pair) = chosen.iter().flatten().find(beyond) {
            let expected = "below the number of pairs to choose from";
            return Err(Error::parameter("the pair that was chosen", expected, pair));
        }
        Ok(Self::beside(name, trials, chosen.iter().copied()))
    }

    fn beside(
        name: impl Into<String>,
        trials: &Trials<T>,
        chosen: impl IntoIterator<Item = Option<u8>>,
    ) -> Self {
        let answers = trials.as_slice().iter().zip(chosen);
        let (questions, chosen) = answers
            .map(|(&trial, pair)| standard::<T>(trial, pair))
            .unzip();
        Self {
            name: name.into(),
            stimuli: trials.stimuli().clone(),
            questions,
            chosen,
            participants: None,
            task: PhantomData,
        }
    }

    /// Returns the name of the source.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the stimuli to which the indices of questions refer.
    pub fn stimuli(&self) -> &Stimuli {
        &self.stimuli
    }

    /// Returns the questions, each in its standard order; a question may occur several times.
    pub fn questions(&self) -> &[[u32; 3]] {
        &self.questions
    }

    /// Returns the chosen pair of each question: 0, 1 or 2 for (0,1), (0,2), (1,2), `None` if
    /// undecided.
    pub fn chosen(&self) -> &[Option<u8>] {
        &self.chosen
    }

    /// Returns the number of answers, which is at least 1.
    #[allow(clippy::len_without_is_empty)] // There is always at least one answer.
    pub fn len(&self) -> usize {
        self.questions.len()
    }

    /// Returns the number of questions that the source could not decide.
    pub fn n_ties(&self) -> usize {
        self.chosen.iter().filter(|chosen| chosen.is_none()).count()
    }

    /// Returns the credits of the choices in human trials: full credit if the same pair was chosen,
    /// otherwise none, also for ties. Functions that take the credits of a representation can thus
    /// be used for a source without a representation.
    ///
    /// If a question was answered several times, the answers are matched in order, as in
    /// [`AgreementMatrix::new`](crate::agreement::AgreementMatrix::new).
    ///
    /// # Errors
    /// Returns `StimuliError::Missing` if a stimulus of the trials is not among the stimuli of the
    /// choices, and [`JudgmentError::Unanswered`] with the first trial whose question was not
    /// answered.
    pub fn credits(&self, trials: &Trials<T>) -> Result<Vec<Credit>> {
        let people = Self::from_trials("people", trials);
        let own = self.over(&people.stimuli);
        let answers: HashMap<Asked, Answer> = in_turn(own.into_iter()).collect();
        let asked = people.questions.iter().zip(&people.chosen);
        let asked = in_turn(asked.map(|(&question, &chosen)| (question, chosen)));
        asked
            .enumerate()
            .map(|(trial, (key, chosen))| match answers.get(&key) {
                Some(answer) => Ok((answer.pair.is_some() && answer.pair == chosen).into()),
                None => {
                    self.stimuli.positions_of(&shown(trials)?)?;
                    Err(JudgmentError::Unanswered { trial }.into())
                }
            })
            .collect()
    }

    /// Returns the questions that contain only the given stimuli, as positions in them, with the
    /// answers.
    pub(super) fn over(&self, stimuli: &Stimuli) -> Vec<([u32; 3], Answer)> {
        let answers = self.questions.iter().zip(&self.chosen).enumerate();
        let answers = answers.map(|(position, (&question, &pair))| {
            let participant = self.participants.as_ref().map(|all| all[position]);
            (question, Answer { pair, participant })
        });
        if &self.stimuli == stimuli {
            return answers.collect();
        }
        let positions = stimuli.find_each(&self.stimuli);
        answers
            .filter_map(|(question, answer)| {
                match question.map(|index| positions[index as usize]) {
                    [Some(a), Some(b), Some(c)] => {
                        let (question, pair) = standard::<T>([a, b, c], answer.pair);
                        Some((question, Answer { pair, ..answer }))
                    }
                    _ => None,
                }
            })
            .collect()
    }
}

/// Returns the stimuli that trials show.
fn shown<T: Task>(trials: &Trials<T>) -> Result<Stimuli> {
    let shown: Vec<usize> = trials.shown().iter().map(|&index| index as usize).collect();
    trials.stimuli().select(&shown)
}

/// Converts a trial and its chosen pair to the standard order of the question.
fn standard<T: Task>(trial: [u32; 3], pair: Option<u8>) -> ([u32; 3], Option<u8>) {
    let answered = choosing(trial, pair.unwrap_or(0).into());
    let (Question(question), answer) = T::question(answered);
    (question, pair.map(|_| T::chosen_pair(answer) as u8))
}

/// A question, and the number of times it was asked before.
pub(super) type Asked = ([u32; 3], u32);

/// Returns each answer with the number of earlier answers to the same question.
pub(super) fn in_turn<A>(
    answers: impl Iterator<Item = ([u32; 3], A)>,
) -> impl Iterator<Item = (Asked, A)> {
    let mut n_so_far: HashMap<[u32; 3], u32> = HashMap::new();
    answers.map(move |(question, answer)| {
        let n = n_so_far.entry(question).or_default();
        *n += 1;
        ((question, *n - 1), answer)
    })
}

impl<T: Task> fmt::Debug for Choices<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Choices")
            .field("name", &self.name)
            .field("task", &T::NAME)
            .field("n_answers", &self.questions.len())
            .field("n_ties", &self.n_ties())
            .finish_non_exhaustive()
    }
}

impl<T> Clone for Choices<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            stimuli: self.stimuli.clone(),
            questions: self.questions.clone(),
            chosen: self.chosen.clone(),
            participants: self.participants.clone(),
            task: PhantomData,
        }
    }
}
