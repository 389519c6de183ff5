//! Do two sources err in the same trials?

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::agreement::join::Joined;
use crate::agreement::matrix::{all_pairs, symmetric};
use crate::agreement::{Choices, PairAgreement};
use crate::error::Result;
use crate::inference::{Confidence, Credit, Estimate, mean_over_trials};
use crate::judgment::Task;

/// How consistent the errors of every two of several sources are ([`error_consistency`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorConsistency {
    /// The sources.
    pub names: Vec<String>,
    /// Questions that people and all sources answered.
    pub n_questions: usize,
    /// Answers of each source to questions that people or another source did not answer.
    pub n_dropped: Vec<usize>,
    /// How often each source chooses as people did.
    pub accuracies: Vec<Estimate>,
    /// (0,0), (0,1), …, (1,1), …: every two sources, and each with itself. They agree where both are right
    /// or both are wrong; what is expected follows from their accuracies alone.
    pub pairs: Vec<PairAgreement>,
    /// How often intervals cover the truth.
    pub confidence: Confidence,
}

impl ErrorConsistency {
    /// κ of each two: sources × sources, symmetric; `None` where it is undefined, because both are always
    /// right or both always wrong.
    pub fn kappas(&self) -> Array2<Option<f64>> {
        symmetric(self.names.len(), &self.pairs, |pair| {
            pair.kappa.map(|kappa| kappa.value)
        })
    }
}

/// The error consistency of every two of several sources (Geirhos, Meding & Wichmann 2020): Cohen's κ of
/// whether they choose as people did. With accuracies p and q, right or wrong together is expected in
/// p q + (1 − p)(1 − q) of the questions; κ is above 0 where they find the same questions hard.
///
/// A source that can't decide is wrong. Questions are joined as for [`agreement`](super::agreement()).
///
/// # Errors
/// [`Error::NoTrials`](crate::Error::NoTrials) where there is no question that people and all sources
/// answered.
pub fn error_consistency<T: Task>(
    people: &Choices<T>,
    sources: &[&Choices<T>],
    confidence: Confidence,
) -> Result<ErrorConsistency> {
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
    let accuracy = |right: &Vec<bool>| {
        let credits: Vec<Credit> = right.iter().map(|&right| right.into()).collect();
        mean_over_trials(&joined.questions, &credits, joined.n_stimuli)
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
        accuracies: right.iter().map(accuracy).collect(),
        pairs: all_pairs::<2>(&answers, &joined, confidence),
        confidence,
    })
}
