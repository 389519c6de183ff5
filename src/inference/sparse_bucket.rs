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
    let mut marks = Marks::new(n_keys, key_bits);
    // Unlike `for`, `for_each` is a nested loop over a nested iterator.
    entries().for_each(|(key, _)| marks.add(key));

    let mut singles = V::Singles::default();
    let mut repeated: Vec<(u64, V)> = Vec::new();
    entries().for_each(|(key, value)| {
        if marks.is_repeated(key) {
            repeated.push((key, value));
        } else {
            singles.add(value);
        }
    });
    let mut level = singles.level(mean);
    level += repeated_level(repeated, mean);
    level
}

/// The hashes of keys that occur, and of those that occur more than once.
pub(crate) struct Marks {
    /// Two bits per hash: whether it occurred, and whether it occurred again.
    words: Vec<u64>,
    shift: u32,
}

impl Marks {
    /// Returns marks for a number of keys of `key_bits` bits.
    pub fn new(n_keys: usize, key_bits: u32) -> Self {
        /// Number of marks per key, so that few keys have the hash of another key.
        const MARKS: usize = 16;

        let n_marks = (MARKS * n_keys.max(1)).next_power_of_two();
        let hash_bits = n_marks.ilog2().min(key_bits);
        Self {
            words: vec![0; (1usize << hash_bits).div_ceil(32)],
            shift: key_bits - hash_bits,
        }
    }

    #[inline(always)]
    fn place(&self, key: u64) -> (usize, u32) {
        let hash = (key >> self.shift) as usize;
        (hash / 32, 2 * (hash % 32) as u32)
    }

    #[inline(always)]
    pub fn add(&mut self, key: u64) {
        let (word, bit) = self.place(key);
        let word = &mut self.words[word];
        *word |= ((*word >> bit) & 1) << (bit + 1) | 1 << bit;
    }

    /// Checks whether a key may have occurred more than once.
    #[inline(always)]
    pub fn is_repeated(&self, key: u64) -> bool {
        let (word, bit) = self.place(key);
        (self.words[word] >> (bit + 1)) & 1 != 0
    }
}

/// Computes the level of clusters that may have several trials, from the key and the value of each
/// trial.
pub(crate) fn repeated_level<V: TrialValue>(mut entries: Vec<(u64, V)>, mean: f64) -> Level {
    // A stable sort keeps the values of a cluster in the order of trials.
    entries.sort_by_key(|&(key, _)| key);
    let mut level = Level::default();
    for same in entries.chunk_by(|(left, _), (right, _)| left == right) {
        let mut sum = V::Sum::default();
        same.iter().for_each(|&(_, value)| sum += value);
        level += sum.level(mean);
    }
    level
}
