//! Sums over the objects, pairs and triples of few trials, such as those of a participant.

use std::mem::take;

use crate::inference::cluster_levels::{BUCKET_BITS, DENSE};
use crate::inference::places::{n_pairs, object_places, pair_places, triple_place};
use crate::inference::sparse_bucket::{GOLDEN, Marks, repeated_level};
use crate::inference::{ClusterSum, Level, ObjectLevels, Singles, TrialValue};

/// Computes the levels of few trials at a time, in the same memory.
pub(crate) struct FewTrials<V: TrialValue> {
    /// The sums of all objects, which are empty between calls.
    objects: Vec<V::Sum>,
}

impl<V: TrialValue> FewTrials<V> {
    /// Largest number of trials whose pairs are marked in the cache of a core.
    const MAX_TRIALS: usize = 1 << 12;

    /// Returns the memory for trials of a number of objects; `None` if their sums do not fit into the
    /// cache of a core.
    pub fn new(n_objects: usize) -> Option<Self> {
        (n_objects <= 1 << BUCKET_BITS).then(|| Self {
            objects: vec![V::Sum::default(); n_objects],
        })
    }

    /// Checks whether trials are few, and have so few of the possible pairs that most occur once.
    pub fn are_few(&self, n_trials: usize) -> bool {
        let n_pairs = n_pairs(self.objects.len() as u64);
        n_trials <= Self::MAX_TRIALS && n_pairs > DENSE * n_trials as u64
    }

    /// Computes the levels of trials.
    ///
    /// Trials of the same three objects have the same three pairs, so that triples need to be compared
    /// only where all pairs of a trial occur more than once.
    pub fn levels(&mut self, trials: &[[u32; 3]], values: &[V], mean: f64) -> ObjectLevels {
        // Multiplication by an odd number maps places to different keys.
        let keys_of = |trial: [u32; 3]| pair_places(trial).map(|place| place.wrapping_mul(GOLDEN));
        let mut marks = Marks::new(3 * trials.len(), u64::BITS);
        for (&trial, &value) in trials.iter().zip(values) {
            for (object, key) in object_places(trial).into_iter().zip(keys_of(trial)) {
                self.objects[object as usize] += value;
                marks.add(key);
            }
        }

        let mut objects = Level::default();
        // Trials of which no pair occurs again, and single pairs and triples of others.
        let mut apart = V::Singles::default();
        let [mut pairs, mut triples] = [V::Singles::default(), V::Singles::default()];
        let (mut repeated_pairs, mut repeated_triples) = (Vec::new(), Vec::new());
        for (&trial, &value) in trials.iter().zip(values) {
            for object in object_places(trial) {
                objects += take(&mut self.objects[object as usize]).level(mean);
            }
            let keys = keys_of(trial);
            let is_repeated = keys.map(|key| marks.is_repeated(key));
            if is_repeated == [false; 3] {
                apart.add(value);
                continue;
            }
            for (key, is_repeated) in keys.into_iter().zip(is_repeated) {
                match is_repeated {
                    true => repeated_pairs.push((key, value)),
                    false => pairs.add(value),
                }
            }
            match is_repeated {
                [true, true, true] => repeated_triples.push((triple_place(trial)[0], value)),
                _ => triples.add(value),
            }
        }
        let apart = apart.level(mean);
        ObjectLevels {
            objects,
            pairs: apart.times(3.0) + pairs.level(mean) + repeated_level(repeated_pairs, mean),
            triples: apart + triples.level(mean) + repeated_level(repeated_triples, mean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::Credit;
    use approx::assert_relative_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn levels_are_those_of_all_trials() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for (n, n_trials) in [(8u32, 6), (30, 100), (200, 400), (5000, 300), (5000, 0)] {
            let mut few = FewTrials::new(n as usize).unwrap();
            assert!(few.are_few(n_trials));
            // The memory is empty again after a call.
            for _ in 0..2 {
                let mut draw = || -> [u32; 3] { std::array::from_fn(|_| rng.random_range(0..n)) };
                let different = |[a, b, c]: &[u32; 3]| a != b && a != c && b != c;
                let trials = std::iter::repeat_with(&mut draw).filter(different);
                let mut trials: Vec<[u32; 3]> = trials.take(n_trials).collect();
                // The same three objects in another order.
                trials.extend_from_within(..n_trials / 5);
                let repeated = &mut trials[n_trials..];
                repeated.iter_mut().for_each(|trial| trial.rotate_left(1));
                let credit = |_| Credit::from_sixths([0, 2, 3, 6][rng.random_range(0..4)]);
                let credits: Vec<Credit> = (0..trials.len()).map(credit).collect();
                let found = few.levels(&trials, &credits, 0.4);
                let expected = ObjectLevels::of(&trials, &credits, n as usize, 0.4);
                for (found, expected) in [
                    (found.objects, expected.objects),
                    (found.pairs, expected.pairs),
                    (found.triples, expected.triples),
                ] {
                    let sums = |level: Level| {
                        [
                            level.squared_residuals,
                            level.squared_counts,
                            level.fourth_counts,
                            level.n_clusters,
                        ]
                    };
                    for (found, expected) in sums(found).into_iter().zip(sums(expected)) {
                        assert_relative_eq!(found, expected, max_relative = 1e-9);
                    }
                }
            }
        }
        assert!(FewTrials::<Credit>::new(10_000).is_none());
        assert!(!FewTrials::<Credit>::new(30).unwrap().are_few(400));
    }
}
