//! Questions that all sources answered.

use std::collections::HashMap;

use crate::agreement::Choices;
use crate::agreement::choices::{Answer, Asked, in_turn};
use crate::error::{JudgmentError, Result, at_least};
use crate::inference::{ClusteredTrials, Estimate};
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
}

impl Joined {
    /// Joins the answers of sources, in the order and with the stimuli of the first source. If a
    /// question was asked several times, the first answers are joined, then the second, and so on.
    pub fn new<T: Task>(sources: &[&Choices<T>]) -> Result<Self> {
        at_least("sources of choices", 1, sources.len())?;
        let (first, others) = (sources[0], &sources[1..]);
        let stimuli = first.stimuli();
        let maps: Vec<HashMap<Asked, Answer>> = others
            .iter()
            .map(|source| in_turn(source.over(stimuli).into_iter()).collect())
            .collect();
        let mut questions = Vec::new();
        let mut answers = vec![Vec::new(); sources.len()];
        for (key, of_first) in in_turn(first.over(stimuli).into_iter()) {
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
        if questions.is_empty() {
            return Err(JudgmentError::NoTrials.into());
        }
        let dropped = |source: &&Choices<T>| source.len() - questions.len();
        Ok(Self {
            n_dropped: sources.iter().map(dropped).collect(),
            n_stimuli: stimuli.len(),
            questions,
            chosen: answers
                .iter()
                .map(|all| all.iter().map(|answer| answer.pair).collect())
                .collect(),
            participants: answers
                .iter()
                .map(|all| all.iter().map(|answer| answer.participant).collect())
                .collect(),
        })
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
        let objects_only = ClusteredTrials::new(&self.questions, self.n_stimuli, None);
        let with_participants = sources.iter().filter_map(|&source| {
            let participants = self.participants[source].as_deref()?;
            let clustered =
                ClusteredTrials::new(&self.questions, self.n_stimuli, Some(participants));
            clustered.participants.map(|_| clustered)
        });
        let error = |estimate: &Estimate| estimate.standard_error.unwrap_or(f64::INFINITY);
        with_participants
            .map(&of)
            .max_by(|left, right| error(left).total_cmp(&error(right)))
            .unwrap_or_else(|| of(objects_only))
    }
}
