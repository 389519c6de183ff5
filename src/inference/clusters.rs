//! The trials of a mean with their clusters: objects and participants.

use serde::{Deserialize, Serialize};

use crate::inference::ClusterIndex;
use crate::judgment::{Task, Trials};

/// The clusters of trials within which results may be correlated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Clusters {
    /// Trials that share an object. The standard error is for new objects; participants are assumed
    /// not to differ.
    Objects,
    /// Trials that share an object, and trials of the same participant. The standard error is for
    /// new objects and new participants.
    ObjectsAndParticipants,
}

/// Trials, the number of objects that their indices refer to, and their participants.
///
/// Participants are `None` if they are unknown, and if all trials are of one participant: nothing
/// can then be said about other participants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClusteredTrials<'a> {
    pub trials: &'a [[u32; 3]],
    pub n_stimuli: usize,
    pub participants: Option<&'a [u32]>,
    /// The clusters of the trials, if they were found already.
    pub index: Option<&'a ClusterIndex>,
}

impl<'a> ClusteredTrials<'a> {
    pub fn of<T: Task>(trials: &'a Trials<T>) -> Self {
        let participants = trials.participants().map(|all| all.by_trial());
        Self::new(trials.as_slice(), trials.stimuli().len(), participants)
    }

    /// Creates the clusters of trials, with the index of the participant of each trial, if known.
    pub fn new(trials: &'a [[u32; 3]], n_stimuli: usize, participants: Option<&'a [u32]>) -> Self {
        let several = |all: &&[u32]| all.iter().any(|&participant| participant != all[0]);
        Self {
            trials,
            n_stimuli,
            participants: participants.filter(several),
            index: None,
        }
    }

    /// Sets the clusters of these trials, so that they need not be found for each mean.
    pub fn with_index(self, index: Option<&'a ClusterIndex>) -> Self {
        Self { index, ..self }
    }
}

/// A part of the trials, with copies of their clusters.
#[derive(Debug, Clone, Default)]
pub(crate) struct SelectedTrials {
    trials: Vec<[u32; 3]>,
    n_stimuli: usize,
    participants: Option<Vec<u32>>,
}

impl SelectedTrials {
    /// Selects the trials at the given positions.
    pub fn new(from: ClusteredTrials<'_>, positions: impl Iterator<Item = usize> + Clone) -> Self {
        let trials = positions.clone().map(|at| from.trials[at]).collect();
        let participants = from.participants;
        Self {
            trials,
            n_stimuli: from.n_stimuli,
            participants: participants.map(|all| positions.map(|at| all[at]).collect()),
        }
    }

    /// Returns the selected trials.
    pub fn clustered(&self) -> ClusteredTrials<'_> {
        let participants = self.participants.as_deref();
        ClusteredTrials::new(&self.trials, self.n_stimuli, participants)
    }
}
