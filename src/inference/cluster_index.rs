//! The clusters of trials, found once for the standard errors of many means.

use rayon::prelude::*;

use crate::inference::places::{object_places, pair_places, triple_place};
use crate::inference::{
    ClusterSum, ClusteredTrials, Level, Levels, ObjectLevels, ParticipantLevels, TrialValue,
};

/// The clusters of trials. Finding them takes as long as five to seven means without an index. A mean
/// with an index then takes a seventh of the time for 127,000 trials of 1,854 objects and about half
/// for 4.7 million; with few objects, whose pairs fit into a table, nothing is gained.
#[derive(Debug)]
pub(crate) struct ClusterIndex {
    objects: ObjectIndex,
    participants: Option<ParticipantIndex>,
}

/// The clusters of objects, of pairs and of triples of objects.
#[derive(Debug)]
struct ObjectIndex {
    objects: ClusterLists,
    pairs: ClusterLists,
    triples: ClusterLists,
}

/// The clusters of participants, and those of objects within participants.
#[derive(Debug)]
struct ParticipantIndex {
    participants: ClusterLists,
    within: ObjectIndex,
}

impl ClusterIndex {
    /// Number of means for which an index pays.
    pub const WORTHWHILE: usize = 30;

    /// Finds the clusters of trials.
    pub fn new(clustered: ClusteredTrials<'_>) -> Self {
        let ClusteredTrials {
            trials,
            participants,
            ..
        } = clustered;
        let all: Vec<u32> = (0..trials.len() as u32).collect();
        Self {
            objects: ObjectIndex::new(trials, &[all]),
            participants: participants
                .map(|participants| ParticipantIndex::new(trials, participants)),
        }
    }

    /// Computes the sums over all clusters from a value per trial.
    pub fn levels<V: TrialValue>(&self, values: &[V], mean: f64) -> Levels {
        Levels {
            objects: self.objects.levels(values, mean),
            participants: self.participants.as_ref().map(|index| ParticipantLevels {
                participants: index.participants.level(values, mean),
                within: index.within.levels(values, mean),
            }),
        }
    }
}

impl ObjectIndex {
    /// Finds the clusters within each of several parts of the trials.
    fn new(trials: &[[u32; 3]], parts: &[Vec<u32>]) -> Self {
        Self {
            objects: ClusterLists::within(trials, parts, object_places),
            pairs: ClusterLists::within(trials, parts, pair_places),
            triples: ClusterLists::within(trials, parts, triple_place),
        }
    }

    fn levels<V: TrialValue>(&self, values: &[V], mean: f64) -> ObjectLevels {
        ObjectLevels {
            objects: self.objects.level(values, mean),
            pairs: self.pairs.level(values, mean),
            triples: self.triples.level(values, mean),
        }
    }
}

impl ParticipantIndex {
    fn new(trials: &[[u32; 3]], participants: &[u32]) -> Self {
        let n_participants = participants
            .iter()
            .max()
            .map_or(0, |&last| last as usize + 1);
        let mut parts = vec![Vec::new(); n_participants];
        for (position, &participant) in (0..).zip(participants) {
            parts[participant as usize].push(position);
        }
        let mut lists = ClusterLists::default();
        parts
            .iter()
            .for_each(|part| lists.push(part.iter().copied()));
        Self {
            participants: lists,
            within: ObjectIndex::new(trials, &parts),
        }
    }
}

/// Clusters of one kind.
#[derive(Debug, Default)]
struct ClusterLists {
    /// The positions of the trials of each cluster, one cluster after another, in ascending order
    /// within a cluster.
    positions: Vec<u32>,
    /// The end of each cluster.
    ends: Vec<usize>,
    /// The number of clusters that consist of one trial only, by trial. They are not listed, because
    /// most clusters are of this kind if trials are few.
    n_alone: Vec<u8>,
}

impl ClusterLists {
    /// Finds the clusters within each of several parts of the trials, given as positions in
    /// ascending order.
    fn within<const N: usize>(
        trials: &[[u32; 3]],
        parts: &[Vec<u32>],
        places: impl Fn([u32; 3]) -> [u64; N] + Sync,
    ) -> Self {
        let sorted = parts.par_iter().map(|part| {
            let keyed = part.par_iter().flat_map_iter(|&position| {
                let places = places(trials[position as usize]);
                places.into_iter().map(move |place| (place, position))
            });
            let mut keyed: Vec<(u64, u32)> = keyed.collect();
            keyed.par_sort_unstable();
            keyed
        });
        let sorted: Vec<Vec<(u64, u32)>> = sorted.collect();
        let mut lists = Self {
            n_alone: vec![0; trials.len()],
            ..Self::default()
        };
        for keyed in &sorted {
            for cluster in keyed.chunk_by(|left, right| left.0 == right.0) {
                match cluster {
                    [(_, position)] => lists.n_alone[*position as usize] += 1,
                    several => lists.push(several.iter().map(|&(_, position)| position)),
                }
            }
        }
        lists
    }

    fn push(&mut self, cluster: impl Iterator<Item = u32>) {
        self.positions.extend(cluster);
        self.ends.push(self.positions.len());
    }

    /// Computes the level of the clusters from a value per trial.
    fn level<V: TrialValue>(&self, values: &[V], mean: f64) -> Level {
        let sum = |positions: &[u32]| {
            let mut sum = V::Sum::default();
            for &position in positions {
                sum += values[position as usize];
            }
            sum
        };
        let mut start = 0;
        let several = self.ends.iter().map(|&end| {
            let cluster = &self.positions[start..end];
            start = end;
            sum(cluster)
        });
        let mut level = Level::over(several, mean);
        for (&value, &n_alone) in values.iter().zip(&self.n_alone) {
            if n_alone > 0 {
                let mut alone = V::Sum::default();
                alone += value;
                level += alone.level(mean).times(n_alone.into());
            }
        }
        level
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::{Credit, Term, linearized, mean_over_trials};
    use approx::assert_relative_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn errors_are_those_without_an_index() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for (n, n_trials, n_people) in [(5u32, 30, 1), (30, 400, 7), (500, 600, 50), (80, 9000, 4)]
        {
            let mut draw = || -> [u32; 3] { std::array::from_fn(|_| rng.random_range(0..n)) };
            let different = |[a, b, c]: &[u32; 3]| a != b && a != c && b != c;
            let trials = std::iter::repeat_with(&mut draw).filter(different);
            let trials: Vec<[u32; 3]> = trials.take(n_trials).collect();
            let people: Vec<u32> = (0..n_trials)
                .map(|_| rng.random_range(0..n_people))
                .collect();
            let credit = |_| Credit::from_sixths([0, 2, 3, 6][rng.random_range(0..4)]);
            let credits: Vec<Credit> = (0..n_trials).map(credit).collect();
            let term = |_| Term {
                residual: rng.random_range(-1.0..1.0),
                weight: rng.random_range(0..3).into(),
            };
            let terms: Vec<Term> = (0..n_trials).map(term).collect();
            for participants in [None, Some(people.as_slice())] {
                let clustered = ClusteredTrials::new(&trials, n as usize, participants);
                let index = ClusterIndex::new(clustered);
                let indexed = clustered.with_index(Some(&index));
                for [found, expected] in [
                    [indexed, clustered].map(|of| mean_over_trials(of, &credits)),
                    [indexed, clustered].map(|of| linearized(0.4, of, &terms)),
                ] {
                    assert_eq!(found.value, expected.value);
                    let errors = [found, expected].map(|of| of.standard_error.unwrap_or(-1.0));
                    assert_relative_eq!(errors[0], errors[1], max_relative = 1e-9);
                    assert_relative_eq!(
                        found.degrees_of_freedom,
                        expected.degrees_of_freedom,
                        max_relative = 1e-9
                    );
                }
            }
        }
    }
}
