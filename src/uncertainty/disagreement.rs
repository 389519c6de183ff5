//! The disagreement of participants about each question.

use std::fmt;

use statrs::function::gamma::digamma;

use crate::error::{Error, JudgmentError, Result, at_least};
use crate::judgment::{Question, Task, Trials};

/// Estimates the entropy, in nats, of the distribution from which answers were drawn; `counts` are
/// the numbers of answers for each option. `None` if there are fewer than two answers.
///
/// The entropy of the observed frequencies is too small, because n answers rarely include all
/// options in their true shares. This is the estimator of Zhang (2012), Σᵢ (nᵢ/n) (ψ(n) − ψ(nᵢ))
/// with the digamma function ψ, in the same form Schürmann (2004). Its bias, −Σᵢ pᵢ Σ_{v≥n}
/// (1 − pᵢ)ᵛ/v, decreases exponentially with n, that of the Miller–Madow correction only as 1/n².
/// With few answers an estimate can exceed the logarithm of the number of options; means over
/// questions remain almost unbiased.
///
/// ```
/// use human_alignment::uncertainty::answer_entropy;
///
/// assert_eq!(answer_entropy([5, 0, 0]), Some(0.0));
/// // 2 of 3 answers the same: 2/3 · 1/2 + 1/3 · (1 + 1/2).
/// assert!((answer_entropy([2, 1, 0]).unwrap() - 5.0 / 6.0).abs() < 1e-12);
/// assert_eq!(answer_entropy([0, 1, 0]), None);
/// ```
pub fn answer_entropy(counts: [u32; 3]) -> Option<f64> {
    let n: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    (n > 1).then(|| entropy_of(counts))
}

/// Returns the estimate for any positive number of answers; 0 for one answer.
fn entropy_of(mut counts: [u32; 3]) -> f64 {
    // The order of the options must not change the sum by rounding, because equal values tie.
    counts.sort_unstable();
    let n: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    if counts[1] == 0 {
        return 0.0;
    }
    let chosen = counts.iter().filter(|&&count| count > 0);
    let term = |count: f64| count / n * (digamma(n) - digamma(count));
    chosen.map(|&count| term(f64::from(count))).sum()
}

/// The disagreement of participants about the questions that were answered several times.
pub struct Disagreement<T> {
    /// The answers, one trial each, by question.
    answers: Trials<T>,
    /// The first answer of each question, and the number of answers.
    first: Vec<usize>,
    /// One trial per question, without participants.
    questions: Trials<T>,
    counts: Vec<[u32; 3]>,
    entropies: Vec<f64>,
    n_dropped: usize,
}

impl<T: Task> Disagreement<T> {
    /// Computes the entropy of the answers to each question that was answered at least
    /// `min_answers` times.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if `min_answers` is less than 2, and
    /// [`JudgmentError::NoTrials`] if no question has so many answers.
    pub fn new(trials: &Trials<T>, min_answers: usize) -> Result<Self> {
        if min_answers < 2 {
            let name = "the number of answers to a question";
            return Err(Error::parameter(name, "at least 2", min_answers));
        }
        let question = |position: usize| T::question(trials.as_slice()[position]).0;
        let mut order: Vec<usize> = (0..trials.len()).collect();
        order.sort_by_key(|&position| question(position));
        let (mut kept, mut first, mut questions) = (Vec::new(), vec![0], Vec::new());
        let (mut counts, mut n_dropped) = (Vec::new(), 0);
        for same in order.chunk_by(|&left, &right| question(left) == question(right)) {
            if same.len() < min_answers {
                n_dropped += 1;
                continue;
            }
            let mut of_pairs = [0; 3];
            for &position in same {
                of_pairs[pair::<T>(trials.as_slice()[position])] += 1;
            }
            let Question(asked) = question(same[0]);
            questions.push(asked);
            counts.push(of_pairs);
            kept.extend_from_slice(same);
            first.push(kept.len());
        }
        if kept.is_empty() {
            return Err(JudgmentError::NoTrials.into());
        }
        Ok(Self {
            answers: trials.select(&kept)?,
            first,
            questions: Trials::new(trials.stimuli().clone(), questions)?,
            entropies: counts.iter().map(|&counts| entropy_of(counts)).collect(),
            counts,
            n_dropped,
        })
    }

    /// Returns the questions, as one trial each in ascending order, in which the order of stimuli
    /// is no answer.
    pub fn questions(&self) -> &Trials<T> {
        &self.questions
    }

    /// Returns the number of answers for each pair (0,1), (0,2), (1,2) of each question.
    pub fn counts(&self) -> &[[u32; 3]] {
        &self.counts
    }

    /// Returns the entropy of the answers to each question, in nats ([`answer_entropy`]).
    pub fn entropies(&self) -> &[f64] {
        &self.entropies
    }

    /// Returns the number of questions with too few answers, which were dropped.
    pub fn n_dropped(&self) -> usize {
        self.n_dropped
    }

    /// Returns the answers, one trial each, in the order of the questions.
    pub fn answers(&self) -> &Trials<T> {
        &self.answers
    }

    /// Returns the positions of the answers to a question.
    pub(super) fn answers_to(&self, question: usize) -> std::ops::Range<usize> {
        self.first[question]..self.first[question + 1]
    }

    /// Returns the pair that was chosen in an answer.
    pub(super) fn chosen(&self, answer: usize) -> usize {
        pair::<T>(self.answers.as_slice()[answer])
    }

    /// Returns the entropy of a question without one of the answers for a pair.
    pub(super) fn entropy_without(&self, question: usize, pair: usize) -> f64 {
        let mut counts = self.counts[question];
        counts[pair] -= 1;
        entropy_of(counts)
    }

    /// Checks that there are as many questions as a correlation needs.
    pub(super) fn check(&self) -> Result<()> {
        at_least("questions with several answers", 3, self.counts.len())
    }
}

/// Returns the pair of the question that was chosen in a trial.
fn pair<T: Task>(trial: [u32; 3]) -> usize {
    T::chosen_pair(T::question(trial).1)
}

impl<T: Task> fmt::Debug for Disagreement<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disagreement")
            .field("task", &T::NAME)
            .field("n_questions", &self.counts.len())
            .field("n_answers", &self.answers.len())
            .field("n_dropped", &self.n_dropped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// Checks the bias against its formula, by the expectation over all samples of n answers.
    #[test]
    fn the_bias_of_the_entropy_is_that_of_zhang() {
        let p = [0.6f64, 0.3, 0.1];
        let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
        let entropy: f64 = p.iter().map(|p| -p * p.ln()).sum();
        for n in [2u32, 5, 10] {
            let mut expected = 0.0;
            for a in 0..=n {
                for b in 0..=n - a {
                    let counts = [a, b, n - a - b];
                    let factors = counts.iter().zip(p);
                    let probability: f64 = factors
                        .map(|(&count, p)| p.powi(count as i32) / factorial(count))
                        .product();
                    expected += factorial(n) * probability * answer_entropy(counts).unwrap();
                }
            }
            let tail = |p: f64| (n..3000).map(move |v| p * (1.0 - p).powf(v.into()) / f64::from(v));
            let bias: f64 = p.iter().flat_map(|&p| tail(p)).sum();
            assert_relative_eq!(expected, entropy - bias, epsilon = 1e-10);
        }
    }
}
