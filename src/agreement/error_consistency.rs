//! Error consistency: agreement of the errors of two sources.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::agreement::join::Joined;
use crate::agreement::matrix::{all_pairs, symmetric};
use crate::agreement::{Choices, PairAgreement};
use crate::error::Result;
use crate::inference::{Confidence, Credit, Estimate, mean_over_trials};
use crate::judgment::Task;

/// The error consistency of every two of several sources, from [`ErrorConsistency::new`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorConsistency {
    /// Names of the sources.
    pub names: Vec<String>,
    /// Number of questions that the participants and all sources answered.
    pub n_questions: usize,
    /// Number of answers of each source to questions that the participants or another source did
    /// not answer.
    pub n_dropped: Vec<usize>,
    /// Accuracy of each source: the share of questions with the choice of the participants.
    pub accuracies: Vec<Estimate>,
    /// Agreement of every two sources, including each with itself: (0,0), (0,1), …, (1,1), …. Two
    /// sources agree if both are correct or both are wrong; the expected agreement follows from
    /// their accuracies.
    pub pairs: Vec<PairAgreement>,
    /// Confidence level of intervals.
    pub confidence: Confidence,
}

impl ErrorConsistency {
    /// Computes the error consistency of every two of several sources (Geirhos, Meding & Wichmann
    /// 2020): Cohen's κ of whether they choose the same as the participants. For accuracies p and
    /// q, the expected share of questions in which both are correct or both are wrong is p q + (1 −
    /// p)(1 − q); κ is above 0 if the sources find the same questions difficult.
    ///
    /// A source that cannot decide is wrong. Questions are matched as in
    /// [`AgreementMatrix::new`](crate::agreement::AgreementMatrix::new).
    ///
    /// # Errors
    /// Returns `JudgmentError::NoTrials` if there is no question that the
    /// participants and all sources answered.
    pub fn new<T: Task>(
        people: &Choices<T>,
        sources: &[&Choices<T>],
        confidence: Confidence,
    ) -> Result<Self> {
        let mut all = vec![people];
        all.extend(sources);
        let joined = Joined::new(&all)?;
        let (truth, others) = (&joined.chosen[0], &joined.chosen[1..]);
        let is_right =
            |(&chosen, &truth): (&Option<u8>, &Option<u8>)| chosen.is_some() && chosen == truth;
        let right: Vec<Vec<bool>> = others
            .iter()
            .map(|chosen| chosen.iter().zip(truth).map(is_right).collect())
            .collect();
        let accuracy = |(source, right): (usize, &Vec<bool>)| {
            let credits: Vec<Credit> = right.iter().map(|&right| right.into()).collect();
            joined.estimate(&[0, source + 1], |questions| {
                mean_over_trials(questions, &credits)
            })
        };
        let answers: Vec<Vec<Option<u8>>> = right
            .iter()
            .map(|right| right.iter().map(|&right| Some(right.into())).collect())
            .collect();
        Ok(ErrorConsistency {
            names: sources
                .iter()
                .map(|source| source.name().to_owned())
                .collect(),
            n_questions: joined.questions.len(),
            n_dropped: joined.n_dropped[1..].to_vec(),
            accuracies: right.iter().enumerate().map(accuracy).collect(),
            pairs: all_pairs::<2>(&answers, &joined, 1, confidence),
            confidence,
        })
    }

    /// Returns κ of every two sources: sources × sources, symmetric; `None` if it is undefined,
    /// because both are always correct or both always wrong.
    pub fn kappas(&self) -> Array2<Option<f64>> {
        symmetric(self.names.len(), &self.pairs, |pair| {
            pair.kappa.map(|kappa| kappa.value)
        })
    }
}
