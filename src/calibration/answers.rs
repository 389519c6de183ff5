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

impl<T> Predictions<T> {
    /// Computes the mean over answers of a value with its standard error. `question` returns the
    /// index of the question of an entry, and `value` the value of the entry for a prediction whose
    /// shares are those of the answers. The value must be linear in the shares.
    pub(super) fn mean<E>(
        &self,
        entries: &[E],
        question: impl Fn(&E) -> usize,
        value: impl Fn(&E, &Prediction) -> f64,
    ) -> Estimate {
        let mut trials = Vec::with_capacity(entries.len());
        let mut values = Vec::with_capacity(entries.len());
        let mut participants = Vec::new();
        for entry in entries {
            let question = question(entry);
            let prediction = &self.predictions[question];
            let Some(answers) = &self.answers else {
                trials.push(self.questions[question]);
                values.push((value(entry, prediction), prediction.weight));
                continue;
            };
            let answers = answers.to(question);
            for answer in answers {
                let answered = prediction.answered(usize::from(answer.pair));
                trials.push(self.questions[question]);
                participants.push(answer.participant);
                let weight = prediction.weight / answers.len() as f64;
                values.push((value(entry, &answered), weight));
            }
        }
        let participants = self.answers.as_ref().map(|_| participants.as_slice());
        let clustered = ClusteredTrials::new(&trials, self.n_stimuli, participants);
        weighted_mean(clustered, values.into_iter())
    }
}
