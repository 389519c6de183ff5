//! Questions that were answered more than once, and the ceiling that follows from their answers.

use rayon::prelude::*;

use super::dirichlet::LargestProbability;
use crate::judgment::{Answer, Question, Task, Trials};

/// The answers to questions that were answered more than once.
pub(super) struct RepeatedAnswers {
    /// The number of times that each answer was given, by question.
    pub counts: Vec<[u32; 3]>,
    /// The answers, in the order of trials.
    pub answers: Vec<RepeatedAnswer>,
    pub n_own_repeats: usize,
    /// Number of answers to choose from.
    n_options: usize,
}

/// An answer to a question that was answered more than once.
#[derive(Clone, Copy)]
pub(super) struct RepeatedAnswer {
    /// Position of the trial.
    pub position: usize,
    /// Index of the question.
    pub question: usize,
    /// The answer: 0, 1 or 2.
    pub pair: usize,
}

impl RepeatedAnswers {
    /// Finds the repeated questions of trials; `None` if there are none.
    pub fn of<T: Task>(trials: &Trials<T>) -> Option<Self> {
        let repeated = repeated_questions(trials);
        let participants = trials.participants().map(|all| all.by_trial());
        let asked = trials.as_slice().par_iter().enumerate();
        let mut asked: Vec<_> = asked
            .filter_map(|(position, &trial)| {
                let (question, Answer(pair)) = T::question(trial);
                repeated.binary_search(&question).ok()?;
                let participant = participants.map(|all| all[position]);
                Some((question, participant, position, usize::from(pair)))
            })
            .collect();
        asked.par_sort_unstable();
        let mut found = Self {
            counts: Vec::new(),
            answers: Vec::new(),
            n_own_repeats: 0,
            n_options: T::N_PAIRS,
        };
        for same in asked.chunk_by(|left, right| left.0 == right.0) {
            // The answers of a participant are neighbours, the first one first.
            let is_first = |at: usize| {
                let (_, participant, ..) = same[at];
                at == 0 || participant.is_none() || same[at - 1].1 != participant
            };
            let counted: Vec<usize> = (0..same.len()).filter(|&at| is_first(at)).collect();
            if counted.len() < 2 {
                continue;
            }
            found.n_own_repeats += same.len() - counted.len();
            let mut counts = [0; 3];
            for at in counted {
                let (_, _, position, pair) = same[at];
                counts[pair] += 1;
                found.answers.push(RepeatedAnswer {
                    position,
                    question: found.counts.len(),
                    pair,
                });
            }
            found.counts.push(counts);
        }
        found.answers.sort_unstable_by_key(|answer| answer.position);
        (!found.answers.is_empty()).then_some(found)
    }

    /// Computes the corrected ceiling and the residual of each answer: its influence on the
    /// ceiling, multiplied by the number of answers.
    ///
    /// The influence is that of the jackknife within the question, plus that on the parameter of
    /// the Dirichlet distribution.
    pub fn corrected(&self) -> (f64, Vec<f64>) {
        /// Parameters of the Dirichlet distribution that are estimated. Above the largest, answers
        /// are as good as random.
        const CONCENTRATIONS: [f64; 2] = [1e-3, 100.0];

        let m = self.n_options as f64;
        let agreement = self.mean(agreement);
        let concentration = (1.0 - agreement) / (m * agreement - 1.0).max(f64::MIN_POSITIVE);
        let is_estimated = (CONCENTRATIONS[0]..CONCENTRATIONS[1]).contains(&concentration);
        let concentration = concentration.clamp(CONCENTRATIONS[0], CONCENTRATIONS[1]);
        let mut largest = LargestProbability::new(concentration, self.n_options);
        let ceiling = self.mean(|counts| largest.given(counts));
        // The derivative of the ceiling with respect to the share of pairs that agree.
        let slope = match is_estimated {
            true => {
                let step = 0.02 * concentration;
                let [above, below] = [concentration + step, concentration - step].map(|moved| {
                    let mut largest = LargestProbability::new(moved, self.n_options);
                    self.mean(|counts| largest.given(counts))
                });
                -(above - below) / (2.0 * step) * (m - 1.0) / (m * agreement - 1.0).powi(2)
            }
            false => 0.0,
        };
        let residual = |answer: &RepeatedAnswer| {
            let counts = self.counts[answer.question];
            let n = f64::from(counts.iter().sum::<u32>());
            let mut others = counts;
            others[answer.pair] -= 1;
            let pseudo_value = n * largest.given(counts) - (n - 1.0) * largest.given(others);
            let of_question = self::agreement(counts);
            let of_answer = f64::from(others[answer.pair]) / (n - 1.0);
            let of_agreement = 2.0 * of_answer - of_question - agreement;
            pseudo_value - ceiling + slope * of_agreement
        };
        let residuals = self.answers.iter().map(residual).collect();
        (ceiling, residuals)
    }

    /// Returns the mean over answers of a value of their question.
    fn mean(&self, mut of: impl FnMut([u32; 3]) -> f64) -> f64 {
        let sum: f64 = self
            .counts
            .iter()
            .map(|&counts| f64::from(counts.iter().sum::<u32>()) * of(counts))
            .sum();
        sum / self.answers.len() as f64
    }
}

/// Returns the questions that were answered more than once, in ascending order.
///
/// Most data sets have few or none: the list of all questions needs less memory than the answers.
fn repeated_questions<T: Task>(trials: &Trials<T>) -> Vec<Question> {
    let questions = trials.as_slice().par_iter();
    let mut questions: Vec<Question> = questions.map(|&trial| T::question(trial).0).collect();
    questions.par_sort_unstable();
    let same = questions.chunk_by(|left, right| left == right);
    same.filter(|same| same.len() > 1)
        .map(|same| same[0])
        .collect()
}

/// Returns the share of pairs of answers to a question that agree.
fn agreement(counts: [u32; 3]) -> f64 {
    let n: u32 = counts.iter().sum();
    let agreeing: f64 = counts
        .iter()
        .map(|&count| f64::from(count) * (f64::from(count) - 1.0))
        .sum();
    agreeing / (f64::from(n) * (f64::from(n) - 1.0))
}
