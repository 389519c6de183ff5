//! Sums over pairs and triples of objects where pairs occur in many trials, and triples in few.
//!
//! Trials are distributed over ranges of their largest object: two pairs of a trial then belong to
//! the part of the table of pairs of that range, and trials of the same three objects are in the same
//! range. For the third pair, a trial is also distributed by its middle object.

use std::ops::Range;

use rayon::prelude::*;

use crate::inference::buckets::{Part, distribute};
use crate::inference::places::{ascending, n_pairs};
use crate::inference::sparse_bucket::{GOLDEN, sparse_bucket_level};
use crate::inference::{Level, TrialValue};

/// Bits of an object in a key.
const OBJECT_BITS: u32 = 12;

/// Largest number of objects.
pub(crate) const MAX_OBJECTS: usize = 1 << OBJECT_BITS;

/// A trial within its range: the number of the largest (or middle) object in the range, followed by
/// the other objects (or the smallest).
type Key = u32;

/// Computes the levels of pairs and of triples of at most [`MAX_OBJECTS`] objects.
pub(crate) fn pair_and_triple_levels<V: TrialValue>(
    trials: &[[u32; 3]],
    values: &[V],
    n_objects: usize,
    mean: f64,
) -> [Level; 2] {
    /// Number of trials that are distributed at a time, which limits memory.
    const BATCH: usize = 1 << 24;

    levels_in_batches(trials, values, n_objects, mean, BATCH)
}

fn levels_in_batches<V: TrialValue>(
    trials: &[[u32; 3]],
    values: &[V],
    n_objects: usize,
    mean: f64,
    batch: usize,
) -> [Level; 2] {
    let ranges = Ranges::new(n_objects);
    let places = |trial: [u32; 3]| {
        let [first, middle, last] = ascending(trial);
        let others = u64::from(middle << OBJECT_BITS | first);
        let by_last = ranges.by_object[last as usize] | others;
        let by_middle = ranges.by_object[middle as usize] | u64::from(first);
        [by_last, by_middle + (1 << Key::BITS)]
    };
    let n_passes = trials.len().div_ceil(batch).clamp(1, ranges.len());
    let per_pass = ranges.len().div_ceil(n_passes);
    let mut levels = [Level::default(); 2];
    for start in (0..ranges.len()).step_by(per_pass) {
        let end = ranges.len().min(start + per_pass);
        let (within, buckets) = (|place| place as Key, 2 * start..2 * end);
        let parts = distribute(trials, values, &places, Key::BITS, buckets, within);
        let of_range = |range: usize| {
            let [by_last, by_middle] = [0, 1].map(|bucket| 2 * (range - start) + bucket);
            let pairs = pair_level(ranges.objects(range), &parts, [by_last, by_middle], mean);
            let n_trials = parts.iter().map(|part| part.range(by_last).len()).sum();
            let triples = || {
                let entries = parts.iter().flat_map(|part| part.bucket(by_last));
                entries.map(|(key, value)| (u64::from(key).wrapping_mul(GOLDEN), value))
            };
            [
                pairs,
                sparse_bucket_level(triples, n_trials, u64::BITS, mean),
            ]
        };
        let of_ranges: Vec<[Level; 2]> = (start..end).into_par_iter().map(of_range).collect();
        for [pairs, triples] in of_ranges {
            levels[0] += pairs;
            levels[1] += triples;
        }
    }
    levels
}

/// Computes the level of the pairs whose larger object is in a range, from the trials whose largest
/// object is in it and those whose middle object is.
fn pair_level<V: TrialValue>(
    objects: Range<u32>,
    parts: &[Part<Key, V>],
    [by_last, by_middle]: [usize; 2],
    mean: f64,
) -> Level {
    let start = n_pairs(objects.start.into());
    // Start of the pairs of each object in the table of the range.
    let rows: Vec<u32> = objects
        .clone()
        .map(|object| (n_pairs(object.into()) - start) as u32)
        .collect();
    let n_all = n_pairs(objects.end.into()) - start;
    let mut sums = vec![V::Sum::default(); n_all as usize];
    let object = |key: Key| key & (MAX_OBJECTS as Key - 1);
    let row = |key: Key| rows[(key >> (2 * OBJECT_BITS)) as usize];
    for part in parts {
        for (key, value) in part.bucket(by_last) {
            let row = row(key);
            sums[(row + object(key)) as usize] += value;
            sums[(row + object(key >> OBJECT_BITS)) as usize] += value;
        }
        for (key, value) in part.bucket(by_middle) {
            sums[(row(key) + object(key)) as usize] += value;
        }
    }
    Level::over(sums, mean)
}

/// Ranges of objects, each of about the same number of pairs with smaller objects.
struct Ranges {
    /// First object of each range, and the number of objects.
    starts: Vec<u32>,
    /// Twice the range of each object, followed by a key with its number in the range.
    by_object: Vec<u64>,
}

impl Ranges {
    fn new(n_objects: usize) -> Self {
        /// Number of pairs whose sums fit into the cache of a core.
        const N_PAIRS: u64 = 1 << 13;
        /// Largest number of objects whose numbers fit into a key.
        const MAX_LEN: u32 = 1 << (Key::BITS - 2 * OBJECT_BITS);

        let mut starts: Vec<u32> = vec![0];
        let mut by_object = Vec::with_capacity(n_objects);
        let mut start = 0;
        for object in 0..n_objects as u32 {
            let is_full = n_pairs(u64::from(object) + 1) > n_pairs(start.into()) + N_PAIRS;
            if object > start && (is_full || object - start == MAX_LEN) {
                start = object;
                starts.push(start);
            }
            let range = starts.len() as u64 - 1;
            let within = u64::from(object - start);
            by_object.push((2 * range) << Key::BITS | within << (2 * OBJECT_BITS));
        }
        starts.push(n_objects as u32);
        Self { starts, by_object }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn objects(&self, range: usize) -> Range<u32> {
        self.starts[range]..self.starts[range + 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::Credit;
    use approx::assert_relative_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use std::collections::HashMap;

    /// Computes the sums of squared residuals and of fourth powers of counts with maps.
    fn plainly(trials: &[[u32; 3]], credits: &[Credit], mean: f64) -> [[f64; 3]; 2] {
        let (mut pairs, mut triples) = (HashMap::new(), HashMap::new());
        for (&trial, &credit) in trials.iter().zip(credits) {
            let [first, middle, last] = ascending(trial);
            let residual = credit.value() - mean;
            let add =
                |(sum, count): &mut (f64, f64)| (*sum, *count) = (*sum + residual, *count + 1.0);
            for pair in [(first, middle), (first, last), (middle, last)] {
                add(pairs.entry(pair).or_default());
            }
            add(triples.entry((first, middle, last)).or_default());
        }
        let level = |cells: &mut dyn Iterator<Item = &(f64, f64)>| {
            cells.fold([0.0; 3], |[squared, fourth, n], (sum, count)| {
                [squared + sum * sum, fourth + count.powi(4), n + 1.0]
            })
        };
        [level(&mut pairs.values()), level(&mut triples.values())]
    }

    #[test]
    fn levels_are_those_of_maps_in_one_batch_and_in_many() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        // Objects of one range, of ranges limited by their length, and of one object each.
        for n in [40u32, 700, 4096] {
            let mut draw = || -> [u32; 3] { std::array::from_fn(|_| rng.random_range(0..n)) };
            let different = |[a, b, c]: &[u32; 3]| a != b && a != c && b != c;
            let trials = std::iter::repeat_with(&mut draw).filter(different);
            let mut trials: Vec<[u32; 3]> = trials.take(20_000).collect();
            // The same three objects in another order.
            trials.extend_from_within(..500);
            trials[20_000..]
                .iter_mut()
                .for_each(|trial| trial.rotate_left(1));
            let credits: Vec<Credit> = (0..trials.len())
                .map(|_| Credit::from_sixths([0, 3, 6][rng.random_range(0..3)]))
                .collect();
            let expected = plainly(&trials, &credits, 0.4);
            for batch in [1 << 24, 3000] {
                let found = levels_in_batches(&trials, &credits, n as usize, 0.4, batch);
                for (found, expected) in found.into_iter().zip(expected) {
                    let found = [
                        found.squared_residuals,
                        found.fourth_counts,
                        found.n_clusters,
                    ];
                    for (found, expected) in found.into_iter().zip(expected) {
                        assert_relative_eq!(found, expected, max_relative = 1e-9);
                    }
                }
            }
        }
    }
}
