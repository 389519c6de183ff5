//! Who answered which trial.

use std::collections::HashMap;

/// Who answered which trial: one label a trial, stored once a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participants {
    labels: Vec<String>,
    of_trial: Vec<u32>,
}

impl Participants {
    /// The person of each trial, in the order of the trials.
    pub fn new<I>(of_trials: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let mut labels = Vec::new();
        let mut known: HashMap<String, u32> = HashMap::new();
        let of_trial = of_trials
            .into_iter()
            .map(|label| {
                let label = label.into();
                *known.entry(label).or_insert_with_key(|label| {
                    labels.push(label.clone());
                    labels.len() as u32 - 1
                })
            })
            .collect();
        Self { labels, of_trial }
    }

    /// The people, in the order of their first trials.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// For each trial, the position of its person in [`Participants::labels`].
    pub fn of_trials(&self) -> &[u32] {
        &self.of_trial
    }

    /// The same people for some of the trials.
    pub(super) fn select(&self, trials: &[usize]) -> Self {
        Self::new(
            trials
                .iter()
                .map(|&trial| self.labels[self.of_trial[trial] as usize].as_str()),
        )
    }
}
