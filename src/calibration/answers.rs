//! Means over answers with their participants.

use crate::calibration::Predictions;
use crate::calibration::predictions::Prediction;
use crate::inference::{ClusteredTrials, Estimate, weighted_mean};
use crate::judgment::{ChoiceFrequencies, FrequencyAnswer};

/// The single answers to questions, if their participants are known.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    /// Answers, in the order of questions.
    answers: Vec<FrequencyAnswer>,
    /// Index of the first answer to each question, and the number of answers.
    starts: Vec<usize>,
}

impl Answers {
    pub fn of<T>(choices: &ChoiceFrequencies<T>) -> Option<Self> {
        let answers = choices.answers()?.to_vec();
        let mut starts = Vec::with_capacity(choices.n_questions() + 1);
        for (position, answer) in answers.iter().enumerate() {
            if starts.len() == answer.question {
                starts.push(position);
            }
        }
        starts.push(answers.len());
        Some(Self { answers, starts })
    }

    fn to(&self, question: usize) -> &[FrequencyAnswer] {
        &self.answers[self.starts[question]..self.starts[question + 1]]
    }
}

/// Answers with a value each, and the trials in which they were given.
pub(super) struct AnsweredTrials {
    pub trials: Vec<[u32; 3]>,
    /// The participant of each trial, if known.
    pub participants: Option<Vec<u32>>,
    /// The value and the weight of each answer.
    pub values: Vec<(f64, f64)>,
}

impl<T> Predictions<T> {
    /// Returns the value of each answer to the questions of entries: `question` returns the index
    /// of the question of an entry, and `value` the value of the entry for a prediction whose
    /// shares are those of the answer. If participants are unknown, there is one value per
    /// question, for the shares of all answers.
    pub(super) fn answered<E>(
        &self,
        entries: &[E],
        question: impl Fn(&E) -> usize,
        value: impl Fn(&E, &Prediction) -> f64,
    ) -> AnsweredTrials {
        let mut answered = AnsweredTrials {
            trials: Vec::with_capacity(entries.len()),
            participants: self.answers.as_ref().map(|_| Vec::new()),
            values: Vec::with_capacity(entries.len()),
        };
        for entry in entries {
            let question = question(entry);
            let prediction = &self.predictions[question];
            let (Some(answers), Some(participants)) = (&self.answers, &mut answered.participants)
            else {
                answered.trials.push(self.questions[question]);
                let value = value(entry, prediction);
                answered.values.push((value, prediction.weight));
                continue;
            };
            let answers = answers.to(question);
            for answer in answers {
                let value = value(entry, &prediction.answered(usize::from(answer.pair)));
                answered.trials.push(self.questions[question]);
                participants.push(answer.participant);
                let weight = prediction.weight / answers.len() as f64;
                answered.values.push((value, weight));
            }
        }
        answered
    }

    /// Computes the mean over answers of a value with its standard error, as for
    /// [`answered`](Self::answered). The value must be linear in the shares.
    pub(super) fn mean<E>(
        &self,
        entries: &[E],
        question: impl Fn(&E) -> usize,
        value: impl Fn(&E, &Prediction) -> f64,
    ) -> Estimate {
        let answered = self.answered(entries, question, value);
        let participants = answered.participants.as_deref();
        let clustered = ClusteredTrials::new(&answered.trials, self.n_stimuli, participants);
        weighted_mean(clustered, answered.values.into_iter())
    }
}
