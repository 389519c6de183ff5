//! Sums over the objects, pairs and triples of objects that occur in trials.
//!
//! A cluster has a place: the number of an object, or the combinatorial number of a pair or triple.
//! Where trials could fill a table of all places, each cluster has an element of the table;
//! otherwise only clusters of several trials are brought together. In both cases, trials are first
//! distributed over buckets of places, so that the memory of a bucket fits into the cache of a
//! core. No result depends on the number of threads.

use std::ops::AddAssign;

use rayon::prelude::*;

use crate::inference::buckets::{CHUNK, distribute};
use crate::inference::by_largest::{MAX_OBJECTS, pair_and_triple_levels};
use crate::inference::places::{n_pairs, n_triples, object_places, pair_places, triple_place};
use crate::inference::sparse_bucket::{GOLDEN, sparse_bucket_level};
use crate::inference::{ClusterSum, Level, ObjectLevels};

/// What a trial adds to the sums of its clusters.
pub(crate) trait TrialValue: Copy + Default + Send + Sync {
    /// The sum over a cluster.
    type Sum: ClusterSum + AddAssign<Self>;
    /// The values of clusters of one trial.
    type Singles: Singles<Self>;
}

/// The values of clusters of one trial, from which their level is computed.
pub(crate) trait Singles<V>: Default {
    fn add(&mut self, value: V);

    /// Returns the level of the clusters, for trials with the given mean.
    fn level(&self, mean: f64) -> Level;
}

impl ObjectLevels {
    /// Computes the levels of trials from a value per trial.
    pub fn of<V: TrialValue>(
        trials: &[[u32; 3]],
        values: &[V],
        n_stimuli: usize,
        mean: f64,
    ) -> Self {
        let n = n_stimuli as u64;
        let objects = ClusteredValues::new(trials, values, n, object_places).level(mean);
        let pairs = ClusteredValues::new(trials, values, n_pairs(n), pair_places);
        let triples = ClusteredValues::new(trials, values, n_triples(n), triple_place);
        let [pairs, triples] = match (pairs.table(), triples.table()) {
            (Table::Dense, Table::Sparse) if n_stimuli <= MAX_OBJECTS => {
                pair_and_triple_levels(trials, values, n_stimuli, mean)
            }
            _ => [pairs.level(mean), triples.level(mean)],
        };
        Self {
            objects,
            pairs,
            triples,
        }
    }
}

/// Computes the sum of the values of each object, in the order of trials.
pub(crate) fn object_sums<V: TrialValue>(
    trials: &[[u32; 3]],
    values: &[V],
    n_stimuli: usize,
) -> Vec<V::Sum> {
    ClusteredValues::new(trials, values, n_stimuli as u64, object_places).small_table()
}

/// Number of bits of the places of a bucket whose sums fit into the cache of a core.
pub(super) const BUCKET_BITS: u32 = 13;

/// Largest number of places per trial for which a table of all places pays.
pub(super) const DENSE: u64 = 4;

/// Largest number of buckets. With more, the buckets themselves would not fit into the cache.
const MAX_BUCKETS: u64 = 1 << 10;

/// The form of the sums over clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    /// All places, in the cache of a core.
    Small,
    /// All places, in memory.
    Dense,
    /// Only the clusters of several trials.
    Sparse,
}

/// Trials with a value each, and their clusters of one kind.
struct ClusteredValues<'a, V, P> {
    trials: &'a [[u32; 3]],
    values: &'a [V],
    /// Number of places that clusters can have.
    n_places: u64,
    /// Function that returns the places of the clusters of a trial.
    places: P,
}

impl<'a, V: TrialValue, P: Fn([u32; 3]) -> [u64; N] + Sync, const N: usize>
    ClusteredValues<'a, V, P>
{
    fn new(trials: &'a [[u32; 3]], values: &'a [V], n_places: u64, places: P) -> Self {
        Self {
            trials,
            values,
            n_places,
            places,
        }
    }

    /// Returns the table that suits the numbers of places and trials.
    fn table(&self) -> Table {
        /// The same as [`DENSE`] for a table that fits into the cache.
        const SMALL: u64 = 12;

        let n_trials = self.trials.len() as u64;
        if self.n_places <= (SMALL * n_trials).min(1 << BUCKET_BITS) {
            Table::Small
        } else if self.n_places <= DENSE * n_trials {
            Table::Dense
        } else {
            Table::Sparse
        }
    }

    /// Computes the level of the clusters.
    fn level(&self, mean: f64) -> Level {
        match self.table() {
            Table::Small => Level::over(self.small_table(), mean),
            Table::Dense => self.dense_level(mean),
            Table::Sparse => self.sparse_level(mean),
        }
    }

    /// Computes the sums of all places, with a table for each of several parts of the trials.
    fn small_table(&self) -> Vec<V::Sum> {
        /// Largest number of parts, which is independent of the number of threads.
        const PARTS: usize = 64;

        let n_places = self.n_places as usize;
        let empty = || vec![V::Sum::default(); n_places];
        let n_trials = self.trials.len();
        let part = CHUNK.max(n_places).max(n_trials.div_ceil(PARTS));
        let tables: Vec<Vec<V::Sum>> = self
            .trials
            .par_chunks(part)
            .zip(self.values.par_chunks(part))
            .map(|(trials, values)| {
                let mut table = empty();
                for (&trial, &value) in trials.iter().zip(values) {
                    for place in (self.places)(trial) {
                        table[place as usize] += value;
                    }
                }
                table
            })
            .collect();
        let add = |mut left: Vec<V::Sum>, right: Vec<V::Sum>| {
            let sums = left.iter_mut().zip(right);
            sums.for_each(|(left, right)| *left += right);
            left
        };
        tables.into_iter().reduce(add).unwrap_or_else(empty)
    }

    /// Computes a level with a table of all places.
    fn dense_level(&self, mean: f64) -> Level {
        /// Number of trials that are distributed at a time, which limits memory.
        const BATCH: usize = 1 << 22;

        let n_places = self.n_places;
        let largest = n_places.div_ceil(MAX_BUCKETS).next_power_of_two();
        let shift = largest.trailing_zeros().max(BUCKET_BITS);
        let buckets = 0..(n_places as usize).div_ceil(1 << shift);
        let within = |place: u64| (place & ((1 << shift) - 1)) as u32;
        let mut table = vec![V::Sum::default(); n_places as usize];
        let batches = self.trials.chunks(BATCH).zip(self.values.chunks(BATCH));
        for (trials, values) in batches {
            let parts = distribute(trials, values, &self.places, shift, buckets.clone(), within);
            let tables = table.par_chunks_mut(1 << shift);
            tables.enumerate().for_each(|(bucket, table)| {
                for part in &parts {
                    for (place, value) in part.bucket(bucket) {
                        table[place as usize] += value;
                    }
                }
            });
        }
        let of_bucket = |table: &[V::Sum]| Level::over(table.iter().copied(), mean);
        let levels: Vec<Level> = table.par_chunks(1 << shift).map(of_bucket).collect();
        levels.into_iter().sum()
    }

    /// Computes a level of which only a small part of the possible clusters occur.
    fn sparse_level(&self, mean: f64) -> Level {
        /// Number of keys that are distributed at a time, which limits memory.
        const BATCH: u64 = 1 << 25;
        /// Largest number of times that all trials are read.
        const MAX_PASSES: u64 = 8;

        let Self { trials, values, .. } = *self;
        // Multiplication by an odd number maps the numbers of so many bits to each other, and spreads
        // neighbouring places over all buckets.
        let bits = u64::BITS - self.n_places.leading_zeros();
        let mask = u64::MAX >> (u64::BITS - bits);
        let keys =
            |trial: [u32; 3]| (self.places)(trial).map(|place| place.wrapping_mul(GOLDEN) & mask);
        let n_keys = (N * trials.len()) as u64;
        let n_buckets = (n_keys >> BUCKET_BITS).clamp(1, MAX_BUCKETS);
        let n_buckets = n_buckets.next_power_of_two().min(1 << (bits - 1));
        let n_passes = n_keys.div_ceil(BATCH).clamp(1, MAX_PASSES);
        let n_passes = n_passes.next_power_of_two().min(n_buckets);

        if n_buckets == 1 {
            let mut entries = Vec::with_capacity(n_keys as usize);
            for (&trial, &value) in trials.iter().zip(values) {
                entries.extend(keys(trial).map(|key| (key, value)));
            }
            return sparse_bucket_level(|| entries.iter().copied(), entries.len(), bits, mean);
        }
        let shift = bits - n_buckets.ilog2();
        let within = |key: u64| key & ((1 << shift) - 1);
        let per_pass = (n_buckets / n_passes) as usize;
        let mut level = Level::default();
        for pass in 0..n_passes as usize {
            let buckets = pass * per_pass..(pass + 1) * per_pass;
            let parts = distribute(trials, values, &keys, shift, buckets, within);
            let of_bucket = |bucket| {
                let n_keys = parts.iter().map(|part| part.range(bucket).len()).sum();
                let entries = || parts.iter().flat_map(|part| part.bucket(bucket));
                sparse_bucket_level(entries, n_keys, shift, mean)
            };
            let levels: Vec<Level> = (0..per_pass).into_par_iter().map(of_bucket).collect();
            level += levels.into_iter().sum();
        }
        level
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::{Cell, Credit, Term};
    use approx::assert_relative_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use std::collections::BTreeMap;

    /// Computes a level with a map of all clusters.
    fn plainly<V: TrialValue, const N: usize>(
        trials: &[[u32; 3]],
        values: &[V],
        places: impl Fn([u32; 3]) -> [u64; N],
    ) -> Level {
        let mut sums = BTreeMap::<u64, V::Sum>::new();
        for (&trial, &value) in trials.iter().zip(values) {
            for place in places(trial) {
                *sums.entry(place).or_default() += value;
            }
        }
        Level::over(sums.into_values(), 0.4)
    }

    fn assert_same(left: Level, right: Level) {
        assert_relative_eq!(
            left.squared_residuals,
            right.squared_residuals,
            max_relative = 1e-9
        );
        assert_relative_eq!(
            left.squared_counts,
            right.squared_counts,
            max_relative = 1e-9
        );
        assert_relative_eq!(left.fourth_counts, right.fourth_counts, max_relative = 1e-9);
        assert_eq!(left.n_clusters, right.n_clusters);
    }

    fn check<V: TrialValue, const N: usize>(
        trials: &[[u32; 3]],
        values: &[V],
        n_places: u64,
        places: impl Fn([u32; 3]) -> [u64; N] + Sync,
    ) {
        let expected = plainly(trials, values, &places);
        let clustered = ClusteredValues::new(trials, values, n_places, places);
        assert_same(clustered.level(0.4), expected);
        assert_same(clustered.sparse_level(0.4), expected);
        if n_places < 10_000_000 {
            assert_same(clustered.dense_level(0.4), expected);
            assert_same(Level::over(clustered.small_table(), 0.4), expected);
        }
    }

    #[test]
    fn every_way_to_a_level_finds_the_same() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for (n, n_trials) in [
            (3u32, 1),
            (5, 40),
            (30, 100),
            (30, 50_000),
            (300, 40_000),
            (2000, 3000),
            (2_000_000, 500),
        ] {
            let mut draw = || -> [u32; 3] { std::array::from_fn(|_| rng.random_range(0..n)) };
            let different = |[a, b, c]: &[u32; 3]| a != b && a != c && b != c;
            let trials = std::iter::repeat_with(&mut draw).filter(different);
            let trials: Vec<[u32; 3]> = trials.take(n_trials).collect();
            let credit = |_| Credit::from_sixths([0, 2, 3, 6, -6][rng.random_range(0..5)]);
            let credits: Vec<Credit> = (0..n_trials).map(credit).collect();
            let term = |_| Term {
                residual: rng.random_range(-1.0..1.0),
                weight: rng.random_range(1..3).into(),
            };
            let terms: Vec<Term> = (0..n_trials).map(term).collect();

            let n = u64::from(n);
            check(&trials, &credits, n, object_places);
            check(&trials, &credits, n_pairs(n), pair_places);
            check(&trials, &credits, n_triples(n), triple_place);
            check(&trials, &terms, n, object_places);
            check(&trials, &terms, n_pairs(n), pair_places);
            check(&trials, &terms, n_triples(n), triple_place);
        }
    }

    #[test]
    fn results_do_not_depend_on_the_number_of_threads() {
        let trial = |at: u32| [at % 97, 100 + at % 89, 200 + at / 7 % 83];
        let trials: Vec<[u32; 3]> = (0..100_000).map(trial).collect();
        let term = |at: usize| Term {
            residual: (at as f64).sin(),
            weight: 1.0,
        };
        let terms: Vec<Term> = (0..trials.len()).map(term).collect();
        let with = |n_threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads);
            let pool = pool.build().unwrap();
            let levels = pool.install(|| ObjectLevels::of(&trials, &terms, 300, 0.0));
            let levels = [levels.objects, levels.pairs, levels.triples];
            levels.map(|level| level.squared_residuals.to_bits())
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn no_trials_have_no_clusters() {
        let levels = ObjectLevels::of::<Credit>(&[], &[], 10, 0.5);
        for level in [levels.objects, levels.pairs, levels.triples] {
            assert_eq!((level.n_clusters, level.squared_counts), (0.0, 0.0));
        }
        assert_eq!(object_sums::<Credit>(&[], &[], 2), vec![Cell::default(); 2]);
    }
}
