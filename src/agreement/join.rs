//! Questions that all sources answered.

use std::collections::HashMap;

use crate::agreement::Choices;
use crate::agreement::choices::{Answer, Asked, in_turn};
use crate::error::{JudgmentError, Result, at_least};
use crate::inference::{ClusterIndex, ClusteredTrials, Estimate};
use crate::judgment::Task;

/// The questions that all sources answered, with the choices of each source.
pub(super) struct Joined {
    pub questions: Vec<[u32; 3]>,
    /// Choices, by source.
    pub chosen: Vec<Vec<Option<u8>>>,
    /// The participants of the answers of each source, if known.
    participants: Vec<Option<Vec<u32>>>,
    /// Number of answers of each source to questions that another source did not answer.
    pub n_dropped: Vec<usize>,
    /// Number of stimuli to which the indices of questions refer.
    pub n_stimuli: usize,
    /// The clusters of the questions with the participants of each source that has several, and at
    /// last without participants; empty if there are few pairs of sources.
    indexes: Vec<Option<ClusterIndex>>,
}

impl Joined {
    /// Joins the answers of sources, in the order and with the stimuli of the first source. If a
    /// question was asked several times, the first answers are joined, then the second, and so on.
    pub fn new<T: Task>(sources: &[&Choices<T>]) -> Result<Self> {
        at_least("sources of choices", 1, sources.len())?;
        let stimuli = sources[0].stimuli();
        let answered: Vec<Answered> = sources.iter().map(|source| source.over(stimuli)).collect();
        let of_first = &answered[0];
        let are_same = |other: &Answered| {
            let mut pairs = of_first.iter().zip(other);
            of_first.len() == other.len() && pairs.all(|((left, _), (right, _))| left == right)
        };
        let (questions, answers) = match answered.iter().all(are_same) {
            true => side_by_side(&answered),
            false => matched(&answered),
        };
        if questions.is_empty() {
            return Err(JudgmentError::NoTrials.into());
        }
        let dropped = |source: &&Choices<T>| source.len() - questions.len();
        let mut joined = Self {
            n_dropped: sources.iter().map(dropped).collect(),
            n_stimuli: stimuli.len(),
            indexes: Vec::new(),
            questions,
            chosen: answers
                .iter()
                .map(|all| all.iter().map(|answer| answer.pair).collect())
                .collect(),
            participants: answers
                .iter()
                .map(|all| all.iter().map(|answer| answer.participant).collect())
                .collect(),
        };
        if sources.len() * (sources.len() - 1) / 2 >= ClusterIndex::WORTHWHILE {
            joined.indexes = joined.indexes();
        }
        Ok(joined)
    }

    /// Finds the clusters with the participants of each source that has several, and without any.
    fn indexes(&self) -> Vec<Option<ClusterIndex>> {
        let with_participants = (0..self.participants.len()).map(|source| {
            let clustered = self.clustered(Some(source));
            clustered.participants.map(|_| ClusterIndex::new(clustered))
        });
        let without = Some(ClusterIndex::new(self.clustered(None)));
        with_participants.chain([without]).collect()
    }

    /// Computes an estimate over the questions that depends on the answers of some sources.
    ///
    /// If several of the sources have participants, the estimate has the largest of the standard
    /// errors with the participants of each.
    pub fn estimate(
        &self,
        sources: &[usize],
        of: impl Fn(ClusteredTrials<'_>) -> Estimate,
    ) -> Estimate {
        let with_participants = sources.iter().filter_map(|&source| {
            let clustered = self.clustered(Some(source));
            clustered.participants.map(|_| clustered)
        });
        let error = |estimate: &Estimate| estimate.standard_error.unwrap_or(f64::INFINITY);
        with_participants
            .map(&of)
            .max_by(|left, right| error(left).total_cmp(&error(right)))
            .unwrap_or_else(|| of(self.clustered(None)))
    }

    /// Returns the clusters of the questions, with the participants of a source if it is given.
    fn clustered(&self, source: Option<usize>) -> ClusteredTrials<'_> {
        let participants = source.and_then(|source| self.participants[source].as_deref());
        let place = source.unwrap_or(self.participants.len());
        let index = self.indexes.get(place).and_then(Option::as_ref);
        let clustered = ClusteredTrials::new(&self.questions, self.n_stimuli, participants);
        clustered.with_index(index)
    }
}

/// The questions of a source, with its answers.
type Answered = Vec<([u32; 3], Answer)>;

/// Joins the answers of sources that answered the same questions in the same order.
fn side_by_side(answered: &[Answered]) -> (Vec<[u32; 3]>, Vec<Vec<Answer>>) {
    let questions = answered[0].iter().map(|&(question, _)| question).collect();
    let answers = answered.iter();
    let answers = answers.map(|answered| answered.iter().map(|&(_, answer)| answer).collect());
    (questions, answers.collect())
}

/// Joins the answers of sources to the questions that all answered, in the order of the first.
fn matched(answered: &[Answered]) -> (Vec<[u32; 3]>, Vec<Vec<Answer>>) {
    let (first, others) = (&answered[0], &answered[1..]);
    let maps: Vec<HashMap<Asked, Answer>> = others
        .iter()
        .map(|answered| in_turn(answered.iter().copied()).collect())
        .collect();
    let mut questions = Vec::new();
    let mut answers = vec![Vec::new(); answered.len()];
    for (key, of_first) in in_turn(first.iter().copied()) {
        let of_others = maps.iter().map(|answers| answers.get(&key).copied());
        let Some(of_others) = of_others.collect::<Option<Vec<_>>>() else {
            continue;
        };
        questions.push(key.0);
        answers[0].push(of_first);
        for (answers, of_other) in answers[1..].iter_mut().zip(of_others) {
            answers.push(of_other);
        }
    }
    (questions, answers)
}
