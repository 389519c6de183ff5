//! Distribution of the values of trials over buckets of clusters, so that the sums of a bucket fit
//! into the cache of a core.

use std::ops::Range;

use rayon::prelude::*;

use crate::inference::TrialValue;

/// Number of trials of a parallel task.
pub(crate) const CHUNK: usize = 1 << 15;

/// The key of a trial within a bucket, and its value. The time of a distribution is that of writing and
/// reading entries, so that they have no padding.
#[derive(Clone, Copy, Default)]
#[repr(C, packed)]
struct Entry<K, V> {
    key: K,
    value: V,
}

/// The keys and values of some trials, ordered by bucket, and within a bucket by trial.
pub(crate) struct Part<K, V> {
    entries: Vec<Entry<K, V>>,
    /// End of each bucket.
    ends: Vec<u32>,
}

impl<K: Copy, V: Copy> Part<K, V> {
    /// Returns the positions of the entries of a bucket.
    pub fn range(&self, bucket: usize) -> Range<usize> {
        let start = bucket.checked_sub(1).map_or(0, |last| self.ends[last]);
        start as usize..self.ends[bucket] as usize
    }

    /// Returns the entries of a bucket.
    pub fn bucket(&self, bucket: usize) -> impl Iterator<Item = (K, V)> {
        let entries = self.entries[self.range(bucket)].iter();
        entries.map(|entry| (entry.key, entry.value))
    }
}

/// Collects the values of trials by bucket, for a range of buckets.
///
/// The bucket of a place is the place shifted by `shift` bits; `within` returns the key of the place
/// within its bucket. There is one part for each of [`CHUNK`] trials.
pub(crate) fn distribute<V: TrialValue, K: Copy + Default + Send, const N: usize>(
    trials: &[[u32; 3]],
    values: &[V],
    places: &(impl Fn([u32; 3]) -> [u64; N] + Sync),
    shift: u32,
    buckets: Range<usize>,
    within: impl Fn(u64) -> K + Sync,
) -> Vec<Part<K, V>> {
    let bucket_of = |place: u64| ((place >> shift) as usize).wrapping_sub(buckets.start);
    trials
        .par_chunks(CHUNK)
        .zip(values.par_chunks(CHUNK))
        .map(|(trials, values)| {
            let mut ends = vec![0u32; buckets.len()];
            for &trial in trials {
                for place in places(trial) {
                    if let Some(count) = ends.get_mut(bucket_of(place)) {
                        *count += 1;
                    }
                }
            }
            let mut len = 0;
            for end in &mut ends {
                len += std::mem::replace(end, len);
            }
            // Each end begins at the start of its bucket.
            let mut entries = vec![Entry::default(); len as usize];
            for (&trial, &value) in trials.iter().zip(values) {
                for place in places(trial) {
                    if let Some(end) = ends.get_mut(bucket_of(place)) {
                        let key = within(place);
                        entries[*end as usize] = Entry { key, value };
                        *end += 1;
                    }
                }
            }
            Part { entries, ends }
        })
        .collect()
}
