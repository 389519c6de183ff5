//! Every source with every other.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::agreement::join::Joined;
use crate::agreement::kappa::compare;
use crate::agreement::{Choices, PairAgreement};
use crate::error::Result;
use crate::inference::Confidence;
use crate::judgment::Task;

/// How far every two of several sources agree ([`agreement`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgreementMatrix {
    /// The sources.
    pub names: Vec<String>,
    /// Questions that all of them answered.
    pub n_questions: usize,
    /// How many of these each source could not decide.
    pub n_ties: Vec<usize>,
    /// Answers of each source to questions that another did not answer.
    pub n_dropped: Vec<usize>,
    /// (0,0), (0,1), …, (1,1), …: every two sources, and each with itself, with which it agrees but for its
    /// ties.
    pub pairs: Vec<PairAgreement>,
    /// How often intervals cover the truth.
    pub confidence: Confidence,
}

impl AgreementMatrix {
    /// Two sources, in either order; `None` where there are fewer sources.
    pub fn pair(&self, one: usize, other: usize) -> Option<&PairAgreement> {
        let (first, second) = (one.min(other), one.max(other));
        let same = |pair: &&PairAgreement| (pair.first, pair.second) == (first, second);
        self.pairs.iter().find(same)
    }

    /// The share of questions in which each two agree: sources × sources, symmetric.
    pub fn agreements(&self) -> Array2<f64> {
        symmetric(self.names.len(), &self.pairs, |pair| pair.agreement.value)
    }

    /// Cohen's κ of each two: sources × sources, symmetric; `None` where it is undefined.
    pub fn kappas(&self) -> Array2<Option<f64>> {
        symmetric(self.names.len(), &self.pairs, |pair| {
            pair.kappa.map(|kappa| kappa.value)
        })
    }
}

/// How far every two of several sources agree on the questions that all of them answered.
///
/// Two sources agree where they choose the same pair; a source that could not decide agrees with none, and
/// ties are counted. For κ the answers are the pairs of the [question](crate::judgment::Question) in its
/// standard order: which stimulus stands where in it means nothing, so that about a third (half, for
/// anchored questions) is expected by chance.
///
/// Questions are joined by the ids of their stimuli, in whatever order sources have them. Of a question
/// that was answered several times, the first answers are compared with each other, then the second, and
/// so on.
///
/// # Errors
/// [`Error::TooFew`](crate::Error::TooFew) without sources; [`Error::NoTrials`](crate::Error::NoTrials)
/// where there is no question that all of them answered.
pub fn agreement<T: Task>(
    sources: &[&Choices<T>],
    confidence: Confidence,
) -> Result<AgreementMatrix> {
    let joined = Joined::new(sources)?;
    Ok(AgreementMatrix {
        names: sources
            .iter()
            .map(|source| source.name().to_owned())
            .collect(),
        n_questions: joined.questions.len(),
        n_ties: joined
            .chosen
            .iter()
            .map(|chosen| chosen.iter().filter(|pair| pair.is_none()).count())
            .collect(),
        pairs: all_pairs::<3>(&joined.chosen, &joined, confidence),
        n_dropped: joined.n_dropped,
        confidence,
    })
}

/// Every two lists of answers below `N`, each with itself included.
pub(super) fn all_pairs<const N: usize>(
    answers: &[Vec<Option<u8>>],
    joined: &Joined,
    confidence: Confidence,
) -> Vec<PairAgreement> {
    let mut pairs = Vec::new();
    for first in 0..answers.len() {
        for second in first..answers.len() {
            pairs.push(compare::<N>(
                [first, second],
                [&answers[first], &answers[second]],
                &joined.questions,
                joined.n_stimuli,
                confidence,
            ));
        }
    }
    pairs
}

/// A matrix of what is known of each two of `n`.
pub(super) fn symmetric<V: Copy + Default>(
    n: usize,
    pairs: &[PairAgreement],
    value: impl Fn(&PairAgreement) -> V,
) -> Array2<V> {
    let mut matrix = Array2::default((n, n));
    for pair in pairs {
        let value = value(pair);
        matrix[[pair.first, pair.second]] = value;
        matrix[[pair.second, pair.first]] = value;
    }
    matrix
}
