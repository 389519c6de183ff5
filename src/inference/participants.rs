//! Sums over participants, and over the objects, pairs and triples of each participant.

use std::ops::Range;

use rayon::prelude::*;

use crate::inference::{ClusterSum, ClusteredTrials, Level, ObjectLevels, TrialValue};

/// The sums over participants, and over the objects of each participant.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ParticipantLevels {
    /// Clusters of the trials of a participant.
    pub participants: Level,
    /// Clusters of the trials of a participant that share an object.
    pub within: ObjectLevels,
}

/// Computes the levels of participants from a value per trial.
///
/// The sums of each participant are added in the order of participants, so that the result does
/// not depend on the number of threads.
pub(crate) fn participant_levels<V: TrialValue>(
    clustered: ClusteredTrials<'_>,
    participants: &[u32],
    values: &[V],
    mean: f64,
) -> ParticipantLevels {
    let grouped = Grouped::new(clustered.trials, participants, values);
    let of_participant = |participant: usize| {
        let range = grouped.range(participant);
        let (trials, values) = (&grouped.trials[range.clone()], &grouped.values[range]);
        let mut sum = V::Sum::default();
        values.iter().for_each(|&value| sum += value);
        ParticipantLevels {
            participants: sum.level(mean),
            within: ObjectLevels::of(trials, values, clustered.n_stimuli, mean),
        }
    };
    let participants = (0..grouped.ends.len()).into_par_iter();
    let levels: Vec<ParticipantLevels> = participants.map(of_participant).collect();
    let mut total = ParticipantLevels::default();
    for level in levels {
        total.participants += level.participants;
        total.within.objects += level.within.objects;
        total.within.pairs += level.within.pairs;
        total.within.triples += level.within.triples;
    }
    total
}

/// Trials and their values by participant, those of a participant in their order.
struct Grouped<V> {
    trials: Vec<[u32; 3]>,
    values: Vec<V>,
    /// End of the trials of each participant.
    ends: Vec<usize>,
}

impl<V: TrialValue> Grouped<V> {
    fn new(trials: &[[u32; 3]], participants: &[u32], values: &[V]) -> Self {
        let last = participants.iter().max();
        let mut ends = vec![0usize; last.map_or(0, |&last| last as usize + 1)];
        for &participant in participants {
            ends[participant as usize] += 1;
        }
        let mut len = 0;
        for end in &mut ends {
            len += std::mem::replace(end, len);
        }
        // Each end begins at the start of its participant.
        let mut grouped = Self {
            trials: vec![[0; 3]; len],
            values: vec![V::default(); len],
            ends,
        };
        for ((&trial, &value), &participant) in trials.iter().zip(values).zip(participants) {
            let end = &mut grouped.ends[participant as usize];
            grouped.trials[*end] = trial;
            grouped.values[*end] = value;
            *end += 1;
        }
        grouped
    }

    /// Returns the positions of the trials of a participant.
    fn range(&self, participant: usize) -> Range<usize> {
        let start = participant.checked_sub(1).map_or(0, |last| self.ends[last]);
        start..self.ends[participant]
    }
}
