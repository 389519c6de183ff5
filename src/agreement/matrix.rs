//! Agreement of every two of several sources.

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::agreement::join::Joined;
use crate::agreement::kappa::compare;
use crate::agreement::{Choices, PairAgreement};
use crate::error::Result;
use crate::inference::Confidence;
use crate::judgment::Task;

/// The agreement of every two of several sources, from [`AgreementMatrix::new`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgreementMatrix {
    /// Names of the sources.
    pub names: Vec<String>,
    /// Number of questions that all sources answered.
    pub n_questions: usize,
    /// Number of these questions that each source could not decide.
    pub n_ties: Vec<usize>,
    /// Number of answers of each source to questions that another source did not answer.
    pub n_dropped: Vec<usize>,
    /// Agreement of every two sources, including each with itself: (0,0), (0,1), …, (1,1), …. A
    /// source agrees with itself except for its ties.
    pub pairs: Vec<PairAgreement>,
    /// Confidence level of intervals.
    pub confidence: Confidence,
}

impl AgreementMatrix {
    /// Computes the agreement of every two of several sources on the questions that all of them
    /// answered.
    ///
    /// Two sources agree if they choose the same pair. A source that could not decide agrees with
    /// none, and ties are counted. For κ the answers are the pairs of the question in its standard
    /// order. The position of a stimulus in this order has no meaning, so the agreement expected by
    /// chance is about a third (half, for anchored questions).
    ///
    /// Questions are matched by the ids of their stimuli, whatever the order of each source. If a
    /// question was answered several times, the first answers are compared with each other, then
    /// the second, and so on.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are no sources, and
    /// `JudgmentError::NoTrials` if there is no question that all sources
    /// answered.
    pub fn new<T: Task>(sources: &[&Choices<T>], confidence: Confidence) -> Result<Self> {
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
            pairs: all_pairs::<3>(&joined.chosen, &joined, 0, confidence),
            n_dropped: joined.n_dropped,
            confidence,
        })
    }

    /// Returns the agreement of two sources, in either order; `None` if an index is out of range.
    pub fn pair(&self, one: usize, other: usize) -> Option<&PairAgreement> {
        let (first, second) = (one.min(other), one.max(other));
        let same = |pair: &&PairAgreement| (pair.first, pair.second) == (first, second);
        self.pairs.iter().find(same)
    }

    /// Returns the share of questions in which every two sources agree: sources × sources,
    /// symmetric.
    pub fn agreements(&self) -> Array2<f64> {
        symmetric(self.names.len(), &self.pairs, |pair| pair.agreement.value)
    }

    /// Returns Cohen's κ of every two sources: sources × sources, symmetric; `None` if it is
    /// undefined.
    pub fn kappas(&self) -> Array2<Option<f64>> {
        symmetric(self.names.len(), &self.pairs, |pair| {
            pair.kappa.map(|kappa| kappa.value)
        })
    }
}

/// Compares every two lists of answers below `N`, including each with itself. The answers are
/// those of all joined sources but the first `n_skipped`, which all of the answers depend on.
pub(super) fn all_pairs<const N: usize>(
    answers: &[Vec<Option<u8>>],
    joined: &Joined,
    n_skipped: usize,
    confidence: Confidence,
) -> Vec<PairAgreement> {
    let n = answers.len();
    let pairs: Vec<[usize; 2]> = (0..n)
        .flat_map(|first| (first..n).map(move |second| [first, second]))
        .collect();
    let pairs = pairs.into_par_iter().map(|[first, second]| {
        compare::<N>(
            [first, second],
            [&answers[first], &answers[second]],
            confidence,
            |of| {
                let skipped = 0..n_skipped;
                let sources = skipped.chain([first, second].map(|source| n_skipped + source));
                joined.estimate(&sources.collect::<Vec<_>>(), of)
            },
        )
    });
    pairs.collect()
}

/// Creates the symmetric matrix of a value of every two of `n` sources.
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
