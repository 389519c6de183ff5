//! Sums over the clusters of a bucket, of which most have one trial.

use crate::inference::{ClusterSum, Level, Singles, TrialValue};

/// 2⁶⁴ divided by the golden ratio. The high bits of a product with it are a hash.
pub(crate) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Computes the level of the clusters of a bucket from its entries, each a key of `key_bits` bits
/// and a value.
///
/// Most clusters have one trial. A first pass marks hashes that occur more than once, and only keys
/// with such a hash are sorted.
pub(crate) fn sparse_bucket_level<V: TrialValue, I: Iterator<Item = (u64, V)>>(
    entries: impl Fn() -> I,
    n_keys: usize,
    key_bits: u32,
    mean: f64,
) -> Level {
    /// Number of marks per key, so that few keys have the hash of another key.
    const MARKS: usize = 16;

    let n_marks = (MARKS * n_keys.max(1)).next_power_of_two();
    let hash_bits = n_marks.ilog2().min(key_bits);
    // Two bits per hash: whether it occurred, and whether it occurred again.
    let place = |key: u64| {
        let hash = (key >> (key_bits - hash_bits)) as usize;
        (hash / 32, 2 * (hash % 32) as u32)
    };
    let mut marks = vec![0u64; (1usize << hash_bits).div_ceil(32)];
    let marks = marks.as_mut_slice();
    // Unlike `for`, `for_each` is a nested loop over a nested iterator.
    entries().for_each(|(key, _)| {
        let (word, bit) = place(key);
        let word = &mut marks[word];
        *word |= ((*word >> bit) & 1) << (bit + 1) | 1 << bit;
    });

    let mut singles = V::Singles::default();
    let mut repeated: Vec<(u64, V)> = Vec::new();
    entries().for_each(|(key, value)| {
        let (word, bit) = place(key);
        if (marks[word] >> (bit + 1)) & 1 == 0 {
            singles.add(value);
        } else {
            repeated.push((key, value));
        }
    });
    // A stable sort keeps the values of a cluster in the order of trials.
    repeated.sort_by_key(|&(key, _)| key);
    let mut level = singles.level(mean);
    for same in repeated.chunk_by(|(left, _), (right, _)| left == right) {
        let mut sum = V::Sum::default();
        same.iter().for_each(|&(_, value)| sum += value);
        level += sum.level(mean);
    }
    level
}
