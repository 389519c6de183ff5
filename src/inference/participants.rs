//! Sums over participants, and over the objects, pairs and triples of each participant.

use rayon::prelude::*;

use crate::inference::{
    ClusterSum, ClusteredTrials, Level, ObjectLevels, PAIR_KEY_BITS, pair_keys, triple_key,
};
use crate::linalg::n_pairs;

/// The sums over participants, and over the objects of each participant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ParticipantLevels {
    /// Clusters of the trials of a participant.
    pub participants: Level,
    /// Clusters of the trials of a participant that share an object.
    pub within: ObjectLevels,
}

/// Computes the levels of participants; `sum` returns the contribution of a trial, by position.
///
/// The sums of each participant are added in the order of participants, so that the result does
/// not depend on the number of threads.
pub(crate) fn participant_levels<S: ClusterSum>(
    trials: ClusteredTrials<'_>,
    participants: &[u32],
    sum: impl Fn(usize) -> S + Sync,
    mean: f64,
) -> ParticipantLevels {
    let by_participant = group(participants);
    let levels: Vec<ParticipantLevels> = by_participant
        .par_iter()
        .map_init(
            || Scratch::new(trials.n_stimuli),
            |scratch, positions| scratch.levels(trials.trials, positions, &sum, mean),
        )
        .collect();
    let mut total = ParticipantLevels {
        participants: Level::default(),
        within: ObjectLevels::default(),
    };
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
    let n = participants
        .iter()
        .max()
        .map_or(0, |&last| last as usize + 1);
    let mut counts = vec![0usize; n];
    participants
        .iter()
        .for_each(|&participant| counts[participant as usize] += 1);
    let mut groups: Vec<Vec<usize>> = counts.into_iter().map(Vec::with_capacity).collect();
    for (position, &participant) in participants.iter().enumerate() {
        groups[participant as usize].push(position);
    }
    groups
}

/// Memory that is used again for the next participant.
struct Scratch<S> {
    /// The sums of all objects; 0 between participants.
    objects: Vec<S>,
    /// The pairs of the trials of a participant.
    keyed: Vec<u64>,
    /// The trials with a pair that occurs in several trials.
    repeated: Vec<usize>,
}

impl<S: ClusterSum> Scratch<S> {
    fn new(n_stimuli: usize) -> Self {
        Self {
            objects: vec![S::default(); n_stimuli],
            keyed: Vec::new(),
            repeated: Vec::new(),
        }
    }

    fn levels(
        &mut self,
        trials: &[[u32; 3]],
        positions: &[usize],
        sum: &impl Fn(usize) -> S,
        mean: f64,
    ) -> ParticipantLevels {
        let mut all = S::default();
        for &position in positions {
            let own = sum(position);
            all += own;
            for index in trials[position] {
                self.objects[index as usize] += own;
            }
        }
        let objects = match 3 * positions.len() < self.objects.len() {
            true => positions
                .iter()
                .flat_map(|&position| trials[position])
                .map(|index| std::mem::take(&mut self.objects[index as usize]).level(mean))
                .sum(),
            false => {
                let level = Level::over(self.objects.iter().copied(), mean);
                self.objects.fill(S::default());
                level
            }
        };
        let (pairs, triples) = match 3 * positions.len() < n_pairs(self.objects.len()) {
            true => self.sparse_levels(trials, positions, sum, mean),
            false => (
                table_of_pairs(self.objects.len(), trials, positions, sum, mean),
                triple_level(trials, positions, sum, mean),
            ),
        };
        ParticipantLevels {
            participants: all.level(mean),
            within: ObjectLevels {
                objects,
                pairs,
                triples,
            },
        }
    }

    /// Computes the levels of pairs and of triples, if few pairs occur twice. Trials with the same
    /// triple are searched for among those with a pair that occurs twice.
    fn sparse_levels(
        &mut self,
        trials: &[[u32; 3]],
        positions: &[usize],
        sum: &impl Fn(usize) -> S,
        mean: f64,
    ) -> (Level, Level) {
        let place_bits = usize::BITS - positions.len().leading_zeros();
        if PAIR_KEY_BITS + place_bits > u64::BITS {
            let pairs = keyed_level(trials, positions, sum, mean, pair_keys);
            return (pairs, triple_level(trials, positions, sum, mean));
        }
        self.keyed.clear();
        for (at, &position) in positions.iter().enumerate() {
            // The place of the trial is part of the key, so that sums have a fixed order.
            let keys = pair_keys(trials[position]).map(|key| key << place_bits | at as u64);
            self.keyed.extend(keys);
        }
        self.keyed.sort_unstable();
        let place = |keyed: u64| (keyed & ((1 << place_bits) - 1)) as usize;
        self.repeated.clear();
        let mut pairs = Level::default();
        for same in self
            .keyed
            .chunk_by(|left, right| left >> place_bits == right >> place_bits)
        {
            let mut of_pair = S::default();
            for &keyed in same {
                of_pair += sum(positions[place(keyed)]);
            }
            pairs += of_pair.level(mean);
            if same.len() > 1 {
                let repeated = same.iter().map(|&keyed| positions[place(keyed)]);
                self.repeated.extend(repeated);
            }
        }
        self.repeated.sort_unstable();
        self.repeated.dedup();
        let is_repeated = |position: &usize| self.repeated.binary_search(position).is_ok();
        let once = positions.iter().filter(|position| !is_repeated(position));
        let once: Level = once.map(|&position| sum(position).level(mean)).sum();
        (
            pairs,
            once + triple_level(trials, &self.repeated, sum, mean),
        )
    }
}

fn triple_level<S: ClusterSum>(
    trials: &[[u32; 3]],
    positions: &[usize],
    sum: &impl Fn(usize) -> S,
    mean: f64,
) -> Level {
    keyed_level(trials, positions, sum, mean, |trial| [triple_key(trial)])
}

/// Computes the level of the clusters that occur.
fn keyed_level<S: ClusterSum, const N: usize>(
    trials: &[[u32; 3]],
    positions: &[usize],
    sum: &impl Fn(usize) -> S,
    mean: f64,
    keys: impl Fn([u32; 3]) -> [u64; N],
) -> Level {
    let keyed = positions
        .iter()
        .flat_map(|&position| keys(trials[position]).map(|key| (key, position)));
    let mut keyed: Vec<(u64, usize)> = keyed.collect();
    // Positions are part of the order, so that sums have a fixed order.
    keyed.sort_unstable();
    keyed
        .chunk_by(|(left, _), (right, _)| left == right)
        .map(|same| {
            let mut of_key = S::default();
            same.iter()
                .for_each(|&(_, position)| of_key += sum(position));
            of_key.level(mean)
        })
        .sum()
}

/// Computes the level of pairs with a table of all pairs.
fn table_of_pairs<S: ClusterSum>(
    n_stimuli: usize,
    trials: &[[u32; 3]],
    positions: &[usize],
    sum: &impl Fn(usize) -> S,
    mean: f64,
) -> Level {
    let mut pairs = vec![S::default(); n_pairs(n_stimuli)];
    for &position in positions {
        let [a, b, c] = trials[position];
        let own = sum(position);
        for (a, b) in [(a, b), (a, c), (b, c)] {
            pairs[n_pairs(a.max(b) as usize) + a.min(b) as usize] += own;
        }
    }
    Level::over(pairs, mean)
}
