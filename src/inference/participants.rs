//! Sums over participants, and over the objects, pairs and triples of each participant.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use crate::inference::few_trials::FewTrials;
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
    let of_participant = |few: &mut Option<FewTrials<V>>, participant: usize| {
        let range = grouped.range(participant);
        let (trials, values) = (&grouped.trials[range.clone()], &grouped.values[range]);
        let mut sum = V::Sum::default();
        values.iter().for_each(|&value| sum += value);
        let few = few.as_mut().filter(|few| few.are_few(trials.len()));
        let within = match few {
            Some(few) => few.levels(trials, values, mean),
            None => ObjectLevels::of(trials, values, clustered.n_stimuli, mean),
        };
        ParticipantLevels {
            participants: sum.level(mean),
            within,
        }
    };
    let participants = (0..grouped.ends.len()).into_par_iter();
    let few = || FewTrials::new(clustered.n_stimuli);
    let levels = participants.map_init(few, of_participant);
    let levels: Vec<ParticipantLevels> = levels.collect();
    let mut total = ParticipantLevels::default();
    for level in levels {
        total.participants += level.participants;
        total.within.objects += level.within.objects;
        total.within.pairs += level.within.pairs;
        total.within.triples += level.within.triples;
    }
    total
}

/// Trials and their values by participant, those of a participant in their order. Trials that are in
/// the order of participants are not copied.
struct Grouped<'a, V: Clone> {
    trials: Cow<'a, [[u32; 3]]>,
    values: Cow<'a, [V]>,
    /// End of the trials of each participant.
    ends: Vec<usize>,
}

impl<'a, V: TrialValue> Grouped<'a, V> {
    fn new(trials: &'a [[u32; 3]], participants: &[u32], values: &'a [V]) -> Self {
        let last = participants.iter().max();
        let mut ends = vec![0usize; last.map_or(0, |&last| last as usize + 1)];
        for &participant in participants {
            ends[participant as usize] += 1;
        }
        let mut len = 0;
        for end in &mut ends {
            len += *end;
            *end = len;
        }
        if participants.is_sorted() {
            return Self {
                trials: trials.into(),
                values: values.into(),
                ends,
            };
        }
        let mut next: Vec<usize> = std::iter::once(0).chain(ends.iter().copied()).collect();
        let mut sorted_trials = vec![[0; 3]; len];
        let mut sorted_values = vec![V::default(); len];
        for ((&trial, &value), &participant) in trials.iter().zip(values).zip(participants) {
            let place = &mut next[participant as usize];
            sorted_trials[*place] = trial;
            sorted_values[*place] = value;
            *place += 1;
        }
        Self {
            trials: sorted_trials.into(),
            values: sorted_values.into(),
            ends,
        }
    }

    /// Returns the positions of the trials of a participant.
    fn range(&self, participant: usize) -> Range<usize> {
        let start = participant.checked_sub(1).map_or(0, |last| self.ends[last]);
        start..self.ends[participant]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::Credit;

    #[test]
    fn the_order_of_participants_does_not_matter() {
        let trial = |at: u32| [at % 7, 7 + at % 5, 12 + at % 3];
        let participants: Vec<u32> = (0..60).map(|at| at * at % 4).collect();
        let trials: Vec<[u32; 3]> = (0..60).map(trial).collect();
        let credits: Vec<Credit> = (0..60).map(|at| Credit::from(at % 3 == 0)).collect();
        let mut order: Vec<usize> = (0..60).collect();
        order.sort_by_key(|&at| participants[at]);
        let sorted = |at: &usize| (trials[*at], participants[*at], credits[*at]);
        let (sorted_trials, (sorted_participants, sorted_credits)): (Vec<_>, (Vec<_>, Vec<_>)) =
            order
                .iter()
                .map(sorted)
                .map(|(a, b, c)| (a, (b, c)))
                .unzip();

        let found = |trials: &[[u32; 3]], participants: &[u32], credits: &[Credit]| {
            let clustered = ClusteredTrials::new(trials, 15, Some(participants));
            let levels = participant_levels(clustered, participants, credits, 0.4);
            let within = levels.within;
            [
                levels.participants,
                within.objects,
                within.pairs,
                within.triples,
            ]
            .map(|level| (level.squared_residuals, level.n_clusters))
        };
        let of_sorted = found(&sorted_trials, &sorted_participants, &sorted_credits);
        assert_eq!(found(&trials, &participants, &credits), of_sorted);
        assert_eq!(of_sorted[0].1, 2.0);
    }
}
