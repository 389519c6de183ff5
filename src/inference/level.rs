//! Sums of squares over the objects, pairs and triples of objects that occur in trials.

use std::ops::{Add, AddAssign, Range, Sub};

use rayon::prelude::*;

use crate::inference::{Cell, Credit};
use crate::judgment::{OddOneOutTask, Trials};
use crate::linalg::n_pairs;

/// A sum over the trials of a cluster.
pub(crate) trait ClusterSum: Copy + Default + AddAssign + Send + Sync {
    /// Returns the level of the cluster alone, for trials with the given mean.
    fn level(self, mean: f64) -> Level;
}

/// Sums over the clusters of one kind, such as objects.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Level {
    /// Σ R², for the sum R of the residuals of each cluster.
    pub squared_residuals: f64,
    /// Σ m², for the number m of trials of each cluster (or the sum of their weights).
    pub squared_counts: f64,
    /// Σ m⁴.
    pub fourth_counts: f64,
    /// Number of clusters with trials.
    pub n_clusters: f64,
}

impl Level {
    /// Returns the level of one cluster.
    pub fn of(residual: f64, count: f64) -> Self {
        let squared_count = count * count;
        Self {
            squared_residuals: residual * residual,
            squared_counts: squared_count,
            fourth_counts: squared_count * squared_count,
            n_clusters: f64::from(u8::from(count != 0.0)),
        }
    }

    /// Returns the level of several clusters.
    pub fn over<S: ClusterSum>(clusters: impl IntoIterator<Item = S>, mean: f64) -> Self {
        clusters.into_iter().map(|sum| sum.level(mean)).sum()
    }

    /// Returns the level of `n` copies of each cluster.
    pub fn times(self, n: f64) -> Self {
        Self {
            squared_residuals: n * self.squared_residuals,
            squared_counts: n * self.squared_counts,
            fourth_counts: n * self.fourth_counts,
            n_clusters: n * self.n_clusters,
        }
    }
}

impl AddAssign for Level {
    fn add_assign(&mut self, other: Self) {
        self.squared_residuals += other.squared_residuals;
        self.squared_counts += other.squared_counts;
        self.fourth_counts += other.fourth_counts;
        self.n_clusters += other.n_clusters;
    }
}

impl Add for Level {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sub for Level {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + other.times(-1.0)
    }
}

impl std::iter::Sum for Level {
    fn sum<I: Iterator<Item = Self>>(levels: I) -> Self {
        levels.fold(Self::default(), |mut sum, level| {
            sum += level;
            sum
        })
    }
}

/// Number of trials per parallel task.
const CHUNK: usize = 1 << 16;

/// Computes the cell of each object.
pub(crate) fn object_cells(trials: &[[u32; 3]], credits: &[Credit], n_stimuli: usize) -> Vec<Cell> {
    trials
        .par_chunks(CHUNK)
        .zip(credits.par_chunks(CHUNK))
        .fold(
            || vec![Cell::default(); n_stimuli],
            |mut cells, (trials, credits)| {
                for (trial, &credit) in trials.iter().zip(credits) {
                    for &index in trial {
                        cells[index as usize] += Cell::of(credit);
                    }
                }
                cells
            },
        )
        .reduce_with(|mut left, right| {
            left.iter_mut()
                .zip(right)
                .for_each(|(left, right)| *left += right);
            left
        })
        .unwrap_or_default()
}

/// Computes the triple level.
pub(crate) fn triple_level(trials: &[[u32; 3]], credits: &[Credit], mean: f64) -> Level {
    keyed_level(trials, credits, mean, |trial| [trial])
}

/// Computes the pair level, with a table of all pairs if there are enough trials to fill it,
/// otherwise from the pairs that occur.
pub(crate) fn pair_level(
    trials: &[[u32; 3]],
    credits: &[Credit],
    n_stimuli: usize,
    mean: f64,
) -> Level {
    let n_pairs = n_pairs(n_stimuli);
    if n_pairs > 12 * trials.len() || trials.len() > SmallCell::MAX_TRIALS {
        return keyed_level(trials, credits, mean, pairs);
    }
    // Each task has the pairs of some larger objects and reads all trials. Sums of squares are
    // computed object by object, so that the result does not depend on the number of tasks.
    let n_tasks = rayon::current_num_threads();
    let bound = |task: usize| {
        let share = (task as f64 / n_tasks as f64).sqrt();
        (n_stimuli as f64 * share).round() as usize
    };
    let tasks: Vec<Vec<Level>> = (0..n_tasks)
        .into_par_iter()
        .map(|task| pair_levels(trials, credits, bound(task)..bound(task + 1), mean))
        .collect();
    tasks.into_iter().flatten().sum()
}

/// Computes the levels of the pairs of each larger object in a range with all smaller objects.
fn pair_levels(
    trials: &[[u32; 3]],
    credits: &[Credit],
    larger: Range<usize>,
    mean: f64,
) -> Vec<Level> {
    /// Cells for pairs of other tasks. Adding all pairs avoids an unpredictable branch, and using
    /// several cells in turn avoids waiting for the previous addition.
    const SPARE: usize = 8;

    let offset = n_pairs(larger.start);
    let len = n_pairs(larger.end) - offset;
    let mut cells = vec![SmallCell::default(); len + SPARE];
    for (trial, (&[a, b, c], &credit)) in trials.iter().zip(credits).enumerate() {
        let spare = len + trial % SPARE;
        for (a, b) in [(a, b), (a, c), (b, c)] {
            let (low, high) = (a.min(b) as usize, a.max(b) as usize);
            // The index of a pair before the range wraps to one after the range.
            let place = (n_pairs(high) + low).wrapping_sub(offset);
            cells[if place < len { place } else { spare }].add(credit);
        }
    }
    larger
        .map(|high| {
            let of_high = &cells[n_pairs(high) - offset..n_pairs(high + 1) - offset];
            Level::over(of_high.iter().map(|&cell| Cell::from(cell)), mean)
        })
        .collect()
}

/// A [`Cell`] in half the memory, for a table of all pairs. The sum is in the upper half of a word
/// and the count in the lower half, so that one addition updates both.
#[derive(Clone, Copy, Default)]
struct SmallCell(u64);

impl SmallCell {
    /// Number of trials that cannot overflow a cell, whatever their credits.
    const MAX_TRIALS: usize = (i32::MAX / Credit::FULL.sixths() as i32) as usize;

    #[inline(always)]
    fn add(&mut self, credit: Credit) {
        let sum = i64::from(credit.sixths()) as u64;
        self.0 = self.0.wrapping_add((sum << 32) + 1);
    }
}

impl From<SmallCell> for Cell {
    fn from(SmallCell(word): SmallCell) -> Cell {
        Cell {
            sum: ((word >> 32) as u32 as i32).into(),
            count: (word as u32).into(),
        }
    }
}

/// Computes a level of which only a small part of the possible clusters occur. `clusters` returns
/// the clusters of a trial.
///
/// Clusters are processed in parts, with all trials of a cluster in the same part, which limits
/// memory.
fn keyed_level<const N: usize, const M: usize>(
    trials: &[[u32; 3]],
    credits: &[Credit],
    mean: f64,
    clusters: impl Fn([u32; 3]) -> [[u32; M]; N] + Sync,
) -> Level {
    /// Smallest number of clusters of trials in a part.
    const PART: usize = 1 << 22;
    /// Largest number of parts; each part reads all trials.
    const MAX_PARTS: usize = 8;

    let n_keys = N * trials.len();
    let part_len = PART.max(n_keys.div_ceil(MAX_PARTS)).min(n_keys);
    let n_parts = n_keys.div_ceil(part_len) as u64;
    // The sum of the indices does not depend on their order and is fast to compute.
    let part_of = |cluster: &[u32; M]| {
        let sum = cluster
            .iter()
            .fold(0u32, |sum, &index| sum.wrapping_add(index));
        (u64::from(sum.wrapping_mul(GOLDEN as u32)) * n_parts) >> 32
    };
    let parts: Vec<Level> = (0..n_parts)
        .into_par_iter()
        .map(|part| {
            part_level(trials, credits, mean, part_len, |trial| {
                clusters(trial).map(|own| (part_of(&own) == part).then(|| key(own)))
            })
        })
        .collect();
    parts.into_iter().sum()
}

/// Computes the level of the clusters in one part, of about `n_keys` keys.
///
/// Most clusters have one trial. A first pass marks hashes that occur more than once, and only keys
/// with such a hash are sorted; the other keys are counted by credit.
fn part_level<const N: usize>(
    trials: &[[u32; 3]],
    credits: &[Credit],
    mean: f64,
    n_keys: usize,
    keys: impl Fn([u32; 3]) -> [Option<u64>; N],
) -> Level {
    let bits = (4 * n_keys).next_power_of_two().max(64);
    let place = |key: u64| {
        let bit = (key.wrapping_mul(GOLDEN) >> (64 - bits.ilog2())) as usize;
        (bit / 64, 1u64 << (bit % 64))
    };
    let mut seen = vec![0u64; bits / 64];
    let mut again = vec![0u64; bits / 64];
    for &trial in trials {
        for key in keys(trial).into_iter().flatten() {
            let (word, bit) = place(key);
            again[word] |= seen[word] & bit;
            seen[word] |= bit;
        }
    }

    let mut others = Vec::new();
    let mut earned = [0u64; 1 << u8::BITS];
    for (&trial, &credit) in trials.iter().zip(credits) {
        for key in keys(trial).into_iter().flatten() {
            let (word, bit) = place(key);
            if again[word] & bit == 0 {
                earned[usize::from(credit.sixths() as u8)] += 1;
            } else {
                others.push((key, credit));
            }
        }
    }
    let mut level = Level::over(sum_by_key(others).into_iter().map(|(_, cell)| cell), mean);
    for (sixths, &n) in (0..=u8::MAX).zip(&earned) {
        let sum = i64::from(sixths as i8);
        level += Level::over([Cell { sum, count: 1 }], mean).times(n as f64);
    }
    level
}

/// 2⁶⁴ divided by the golden ratio: multiplication by it spreads neighbouring keys.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Computes the cell of each key that occurs, in ascending order of keys.
pub(crate) fn sum_by_key(mut keyed: Vec<(u64, Credit)>) -> Vec<(u64, Cell)> {
    keyed.par_sort_unstable_by_key(|&(key, _)| key);
    keyed
        .chunk_by(|(left, _), (right, _)| left == right)
        .map(|same| {
            let mut cell = Cell::default();
            same.iter()
                .for_each(|&(_, credit)| cell += Cell::of(credit));
            (same[0].0, cell)
        })
        .collect()
}

/// Number of bits of an index in a key: three indices fit.
const INDEX_BITS: u32 = Trials::<OddOneOutTask>::MAX_STIMULI.trailing_zeros();

/// Number of bits of the key of a pair.
pub(crate) const PAIR_KEY_BITS: u32 = 2 * INDEX_BITS;

/// Returns the key of a cluster, which does not depend on the order of its objects.
fn key<const M: usize>(mut cluster: [u32; M]) -> u64 {
    cluster.sort_unstable();
    cluster
        .iter()
        .fold(0, |key, &index| key << INDEX_BITS | u64::from(index))
}

fn pairs([a, b, c]: [u32; 3]) -> [[u32; 2]; 3] {
    [[a, b], [a, c], [b, c]]
}

/// Returns the keys of the three pairs of a trial.
pub(crate) fn pair_keys(trial: [u32; 3]) -> [u64; 3] {
    pairs(trial).map(key)
}

/// Returns the key of the three objects of a trial.
pub(crate) fn triple_key(trial: [u32; 3]) -> u64 {
    key(trial)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Checks that a table of pairs, marked hashes and plain sorting give the same results.
    #[test]
    fn every_way_to_a_level_finds_the_same() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for (n, n_trials) in [(5u32, 40), (30, 100), (30, 20_000), (2000, 3000)] {
            let mut draw = || -> [u32; 3] { std::array::from_fn(|_| rng.random_range(0..n)) };
            let different = |[a, b, c]: &[u32; 3]| a != b && a != c && b != c;
            let trials = std::iter::repeat_with(&mut draw).filter(different);
            let trials: Vec<[u32; 3]> = trials.take(n_trials).collect();
            let credit = |_| Credit::from_sixths([0, 2, 3, 6, -6][rng.random_range(0..5)]);
            let credits: Vec<Credit> = (0..n_trials).map(credit).collect();

            let plainly = |keys: &dyn Fn([u32; 3]) -> Vec<u64>| {
                let keyed = trials.iter().zip(&credits).flat_map(|(&trial, &credit)| {
                    keys(trial).into_iter().map(move |key| (key, credit))
                });
                let cells = sum_by_key(keyed.collect());
                Level::over(cells.into_iter().map(|(_, cell)| cell), 0.4)
            };
            let same = |left: Level, right: Level| {
                assert_eq!(left.squared_counts, right.squared_counts);
                let (left, right) = (left.squared_residuals, right.squared_residuals);
                assert_relative_eq!(left, right, max_relative = 1e-9);
            };
            let of_pairs = plainly(&|trial| pair_keys(trial).to_vec());
            same(pair_level(&trials, &credits, n as usize, 0.4), of_pairs);
            same(keyed_level(&trials, &credits, 0.4, pairs), of_pairs);
            let of_triples = plainly(&|trial| vec![triple_key(trial)]);
            same(triple_level(&trials, &credits, 0.4), of_triples);
        }
    }
}
