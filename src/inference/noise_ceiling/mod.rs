//! The noise ceiling of trials: the best accuracy that a model could reach.

mod dirichlet;
mod relative;
mod repeated;

use serde::{Deserialize, Serialize};

use crate::inference::{
    ClusteredTrials, Confidence, Credit, Estimate, Interval, SelectedTrials, Term, linearized,
    mean_over_trials,
};
use crate::judgment::{Task, Trials};

pub use relative::RelativeAccuracy;
use repeated::RepeatedAnswers;

/// Estimates of the accuracy that a perfect model would reach, from repeated questions.
///
/// No model can agree with participants who disagree with each other. A perfect model would choose
/// the most probable answer to each question among all people. There are three estimates of its
/// accuracy from few answers per question:
///
/// - [`leave_one_out`](Self::leave_one_out): the share of answers that agree with the majority of
///   the *other* answers to the question. It is too low, because a majority of few answers is
///   noisy.
/// - [`majority`](Self::majority): the share of answers that agree with the majority of *all*
///   answers. It is too high, because each answer is part of its majority.
/// - [`corrected`](Self::corrected): an estimate without these biases. With two answers per
///   question and a true ceiling of 0.60, the first two are 0.48 and 0.74 on average.
///
/// The agreement of split halves is not among them: it has the bias of
/// [`leave_one_out`](Self::leave_one_out) with the majority of half of the answers, which is noisier
/// than that of all others.
///
/// If *k* answers tie for the majority, each of them has a credit of 1/k. If trials have
/// participants, only the first answer of each participant to a question counts: the agreement of
/// participants with themselves does not limit the accuracy of a model.
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
    /// The corrected estimate: the expected probability of the most probable answer.
    ///
    /// The probabilities of the answers to a question have a symmetric Dirichlet distribution over
    /// questions. Its parameter α is such that the share A of pairs of answers to the same question
    /// that agree has its expectation, α = (1 − A) / (mA − 1) for m answers to choose from. The
    /// expectation of the largest probability is then taken given the answers to each question
    /// (empirical Bayes; Robbins 1956), and averaged over answers.
    pub corrected: Estimate,
    /// The confidence interval of the corrected estimate, within [0, 1].
    pub corrected_interval: Interval,
    /// Number of questions that were answered more than once.
    pub n_questions: usize,
    /// Number of answers to these questions. Questions with one answer are ignored.
    pub n_answers: usize,
    /// Number of answers that were ignored because the participant had answered the same question
    /// before.
    pub n_own_repeats: usize,
}

impl ChoiceNoiseCeiling {
    /// Computes the noise ceiling from the questions that were answered more than once; `None` if
    /// there are none.
    ///
    /// Standard errors are for new objects, and for new participants if the trials have
    /// participants, as for an accuracy.
    pub fn new<T: Task>(trials: &Trials<T>, confidence: Confidence) -> Option<ChoiceNoiseCeiling> {
        let repeated = RepeatedAnswers::of(trials)?;
        let positions = repeated.answers.iter().map(|answer| answer.position);
        let selected = SelectedTrials::new(ClusteredTrials::of(trials), positions);
        let credits = |of: fn([u32; 3], usize) -> Credit| -> Estimate {
            let credits: Vec<Credit> = repeated
                .answers
                .iter()
                .map(|answer| of(repeated.counts[answer.question], answer.pair))
                .collect();
            mean_over_trials(selected.clustered(), &credits)
        };
        let leave_one_out = credits(|mut counts, answer| {
            counts[answer] -= 1;
            share_of_majority(counts, answer)
        });
        let majority = credits(share_of_majority);
        let (value, residuals) = repeated.corrected();
        let terms: Vec<Term> = residuals
            .into_iter()
            .map(|residual| Term {
                residual,
                weight: 1.0,
            })
            .collect();
        let corrected = linearized(value, selected.clustered(), &terms);
        let interval = |estimate: &Estimate| estimate.interval_within(confidence, [0.0, 1.0]);
        Some(ChoiceNoiseCeiling {
            leave_one_out_interval: interval(&leave_one_out),
            majority_interval: interval(&majority),
            corrected_interval: interval(&corrected),
            leave_one_out,
            majority,
            corrected,
            n_questions: repeated.counts.len(),
            n_answers: repeated.answers.len(),
            n_own_repeats: repeated.n_own_repeats,
        })
    }
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
