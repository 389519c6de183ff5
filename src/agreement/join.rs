//! Questions that all sources answered.

use std::collections::HashMap;

use crate::agreement::Choices;
use crate::agreement::choices::{Asked, in_turn};
use crate::error::{JudgmentError, Result, at_least};
use crate::judgment::Task;

/// The questions that all sources answered, with the choices of each source.
pub(super) struct Joined {
    pub questions: Vec<[u32; 3]>,
    /// Choices, by source.
    pub chosen: Vec<Vec<Option<u8>>>,
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
        let maps: Vec<HashMap<Asked, Option<u8>>> = others
            .iter()
            .map(|source| in_turn(source.over(stimuli).into_iter()).collect())
            .collect();
        let mut questions = Vec::new();
        let mut chosen = vec![Vec::new(); sources.len()];
        for (key, of_first) in in_turn(first.over(stimuli).into_iter()) {
            let of_others = maps.iter().map(|answers| answers.get(&key).copied());
            let Some(of_others) = of_others.collect::<Option<Vec<_>>>() else {
                continue;
            };
            questions.push(key.0);
            chosen[0].push(of_first);
            for (chosen, of_other) in chosen[1..].iter_mut().zip(of_others) {
                chosen.push(of_other);
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
            chosen,
        })
    }
}
