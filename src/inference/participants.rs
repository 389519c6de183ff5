//! Sums over participants, and over the objects, pairs and triples of each participant.

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
    let levels: Vec<ParticipantLevels> = group(participants)
        .par_iter()
        .map_init(Default::default, |(trials, own_values), positions| {
            gather(trials, clustered.trials, positions);
            gather(own_values, values, positions);
            let mut sum = V::Sum::default();
            own_values.iter().for_each(|&value| sum += value);
            ParticipantLevels {
                participants: sum.level(mean),
                within: ObjectLevels::of(trials, own_values, clustered.n_stimuli, mean),
            }
        })
        .collect();
    let mut total = ParticipantLevels::default();
    for level in levels {
        total.participants += level.participants;
        total.within.objects += level.within.objects;
        total.within.pairs += level.within.pairs;
        total.within.triples += level.within.triples;
    }
    total
}

/// Returns the positions of the trials of each participant, in ascending order.
fn group(participants: &[u32]) -> Vec<Vec<usize>> {
    let last = participants.iter().max();
    let mut counts = vec![0usize; last.map_or(0, |&last| last as usize + 1)];
    for &participant in participants {
        counts[participant as usize] += 1;
    }
    let mut groups: Vec<Vec<usize>> = counts.into_iter().map(Vec::with_capacity).collect();
    for (position, &participant) in participants.iter().enumerate() {
        groups[participant as usize].push(position);
    }
    groups
}

/// Replaces the contents of `own` by the elements of `all` at some positions.
fn gather<T: Copy>(own: &mut Vec<T>, all: &[T], positions: &[usize]) {
    own.clear();
    own.extend(positions.iter().map(|&position| all[position]));
}
