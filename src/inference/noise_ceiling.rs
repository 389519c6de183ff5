//! The noise ceiling of trials: the best accuracy that a model could reach.

use std::collections::HashMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::inference::{Confidence, Credit, Estimate, Interval, mean_over_trials};
use crate::judgment::{Answer, Question, Task, Trials};

/// Lower and upper estimates of the accuracy that a perfect model would reach, from repeated
/// trials.
///
/// Repeated trials are trials with the same question. No model can agree with participants who
/// disagree with each other. The noise ceiling lies between two estimates:
///
/// - [`leave_one_out`](Self::leave_one_out): the share of answers that agree with the majority of
///   the *other* answers to the question. It is too low, because a majority of few answers is
///   noisy.
/// - [`majority`](Self::majority): the share of answers that agree with the majority of *all*
///   answers. It is too high, because each answer is part of its majority.
///
/// If *k* answers tie for the majority, each of them has a credit of 1/k.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChoiceNoiseCeiling {
    /// The lower estimate.
    pub leave_one_out: Estimate,
    /// The confidence interval of the lower estimate, within [0, 1].
    pub leave_one_out_interval: Interval,
    /// The upper estimate.
    pub majority: Estimate,
    /// The confidence interval of the upper estimate, within [0, 1].
    pub majority_interval: Interval,
    /// Number of questions that were answered more than once.
    pub n_questions: usize,
    /// Number of answers to these questions. Questions with one answer are ignored.
    pub n_answers: usize,
}

impl ChoiceNoiseCeiling {
    /// Computes the noise ceiling from the questions that were answered more than once; `None` if
    /// there are none.
    ///
    /// The standard errors are object-level, as for an accuracy.
    pub fn new<T: Task>(trials: &Trials<T>, confidence: Confidence) -> Option<ChoiceNoiseCeiling> {
        let answers = repeated_questions(trials);
        if answers.is_empty() {
            return None;
        }
        let mut repeated = Vec::new();
        let mut leave_one_out = Vec::new();
        let mut majority = Vec::new();
        for &trial in trials.as_slice() {
            let (question, Answer(answer)) = T::question(trial);
            let Some(&counts) = answers.get(&question) else {
                continue;
            };
            let answer = usize::from(answer);
            let mut others = counts;
            others[answer] -= 1;
            repeated.push(trial);
            leave_one_out.push(share_of_majority(others, answer));
            majority.push(share_of_majority(counts, answer));
        }
        let n_stimuli = trials.stimuli().len();
        let leave_one_out = mean_over_trials(&repeated, &leave_one_out, n_stimuli);
        let majority = mean_over_trials(&repeated, &majority, n_stimuli);
        Some(ChoiceNoiseCeiling {
            leave_one_out_interval: leave_one_out.interval(confidence).clamp(0.0, 1.0),
            majority_interval: majority.interval(confidence).clamp(0.0, 1.0),
            leave_one_out,
            majority,
            n_questions: answers.len(),
            n_answers: repeated.len(),
        })
    }
}

/// Returns the questions that were answered more than once, with the frequency of each answer.
fn repeated_questions<T: Task>(trials: &Trials<T>) -> HashMap<Question, [u32; 3]> {
    // Most data sets have few or no repeated questions: sorting needs less memory than a map of all
    // questions.
    let questions = trials
        .as_slice()
        .par_iter()
        .map(|&trial| T::question(trial).0);
    let mut questions: Vec<Question> = questions.collect();
    questions.par_sort_unstable();
    let mut answers: HashMap<Question, [u32; 3]> = questions
        .chunk_by(|left, right| left == right)
        .filter(|same| same.len() > 1)
        .map(|same| (same[0], [0; 3]))
        .collect();
    if !answers.is_empty() {
        for &trial in trials.as_slice() {
            let (question, Answer(answer)) = T::question(trial);
            if let Some(counts) = answers.get_mut(&question) {
                counts[usize::from(answer)] += 1;
            }
        }
    }
    answers
}

/// Returns the credit of an answer for agreeing with the most frequent answers.
fn share_of_majority(counts: [u32; 3], answer: usize) -> Credit {
    let most = counts.into_iter().max().unwrap_or(0);
    if counts[answer] < most {
        return Credit::NONE;
    }
    let n_tied = counts.into_iter().filter(|&count| count == most).count();
    Credit::share_of(n_tied as u8)
}
