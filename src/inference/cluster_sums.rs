//! Mergeable sums over clusters.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::inference::{Cell, Credit, Level};

/// Sums of credits by pair or triple of objects.
///
/// The sums are exact for up to [`ClusterSums::MAX_EXACT`] clusters. For more clusters, memory is
/// limited: each cluster is added with a random sign to one of [`ClusterSums::BINS`] bins. The sum
/// of squares of the bins estimates that of the clusters without bias and with a relative standard
/// error of √(2 / bins) = 0.14 % (the sketch of Alon, Matias & Szegedy 1999). The choice depends
/// only on the clusters, so that merged shards equal the whole in either case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ClusterSums {
    /// The cells of all clusters, in ascending order of keys.
    Exact(Vec<(u64, Cell)>),
    /// The signed sums of the clusters in each bin.
    Sketch(Vec<Cell>),
}

impl Default for ClusterSums {
    fn default() -> Self {
        ClusterSums::Exact(Vec::new())
    }
}

impl ClusterSums {
    /// Largest number of clusters with exact sums (192 MiB).
    pub const MAX_EXACT: usize = 1 << 23;

    /// Number of bins of the sketch.
    pub const BINS: usize = 1 << 20;

    /// Adds the credits of trials. `keys` returns the clusters of the trial at a position.
    pub fn add<const N: usize>(
        &mut self,
        credits: &[Credit],
        keys: impl Fn(usize) -> [u64; N] + Sync,
    ) {
        let trials = credits.par_iter().enumerate();
        let keyed = trials.flat_map_iter(|(position, &credit)| {
            keys(position).into_iter().map(move |key| (key, credit))
        });
        self.add_cells(sum_by_key(keyed.collect()));
    }

    /// Adds the sums of other trials.
    pub fn merge(&mut self, other: Self) {
        match other {
            ClusterSums::Exact(cells) => self.add_cells(cells),
            ClusterSums::Sketch(other) => {
                let bins = self.sketch();
                bins.iter_mut()
                    .zip(other)
                    .for_each(|(bin, other)| *bin += other);
            }
        }
    }

    /// Adds cells that are in ascending order of keys.
    fn add_cells(&mut self, added: Vec<(u64, Cell)>) {
        match self {
            ClusterSums::Exact(cells) => {
                *cells = merged(cells, &added);
                if cells.len() > Self::MAX_EXACT {
                    self.sketch();
                }
            }
            ClusterSums::Sketch(bins) => added.into_iter().for_each(|cell| drop_into(bins, cell)),
        }
    }

    /// Converts the sums into a sketch, unless they are one, and returns its bins.
    fn sketch(&mut self) -> &mut Vec<Cell> {
        if let ClusterSums::Exact(cells) = self {
            let mut bins = vec![Cell::default(); Self::BINS];
            cells.iter().for_each(|&cell| drop_into(&mut bins, cell));
            *self = ClusterSums::Sketch(bins);
        }
        match self {
            ClusterSums::Sketch(bins) => bins,
            ClusterSums::Exact(_) => unreachable!("it was turned into a sketch above"),
        }
    }

    /// Returns the level of the clusters.
    pub fn level(&self, mean: f64) -> Level {
        match self {
            ClusterSums::Exact(cells) => Level::over(cells.iter().map(|&(_, cell)| cell), mean),
            ClusterSums::Sketch(bins) => Level::over(bins.iter().copied(), mean),
        }
    }

    /// Checks whether the sums are possible for trials with the sum `total`, each in `n` clusters.
    pub fn is_valid(&self, total: Cell, n: i64) -> bool {
        match self {
            ClusterSums::Exact(cells) => {
                are_valid(cells.iter().map(|(_, cell)| cell), total, n)
                    && cells.is_sorted_by(|(left, _), (right, _)| left < right)
            }
            ClusterSums::Sketch(bins) => {
                let within = |value: i64, bound: i64| (-bound..=bound).contains(&value);
                let valid = |bin: &Cell| {
                    within(bin.count, n * total.count) && within(bin.sum, n * total.sum)
                };
                bins.len() == Self::BINS && bins.iter().all(valid)
            }
        }
    }
}

/// Checks whether cells are possible for trials with the sum `total`, each in `n` cells.
pub(crate) fn are_valid<'a>(cells: impl Iterator<Item = &'a Cell>, total: Cell, n: i64) -> bool {
    let most = i64::from(Credit::FULL.sixths());
    let mut found = Cell::default();
    for &cell in cells {
        let possible =
            (0..=total.count).contains(&cell.count) && (0..=most * cell.count).contains(&cell.sum);
        if !possible {
            return false;
        }
        found += cell;
        if found.count > n * total.count {
            return false;
        }
    }
    found.count == n * total.count && found.sum == n * total.sum
}

/// Merges two lists of cells that are in ascending order of keys.
fn merged(left: &[(u64, Cell)], right: &[(u64, Cell)]) -> Vec<(u64, Cell)> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    while let (Some(&&(l, l_cell)), Some(&&(r, r_cell))) = (left.peek(), right.peek()) {
        let mut cell = Cell::default();
        if l <= r {
            cell += l_cell;
            left.next();
        }
        if r <= l {
            cell += r_cell;
            right.next();
        }
        merged.push((l.min(r), cell));
    }
    merged.extend(left.chain(right));
    merged
}

/// Returns a hash of a key: the finalizer of SplitMix64.
pub(super) fn hash_of_key(key: u64) -> u64 {
    let mut hash = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// Adds a cluster to its bin, with its sign.
fn drop_into(bins: &mut [Cell], (key, cell): (u64, Cell)) {
    let hash = hash_of_key(key);
    let bin = &mut bins[(hash >> 1) as usize % ClusterSums::BINS];
    if hash & 1 == 0 {
        *bin += cell
    } else {
        *bin -= cell
    }
}

/// Computes the cell of each key that occurs, in ascending order of keys.
fn sum_by_key(mut keyed: Vec<(u64, Credit)>) -> Vec<(u64, Cell)> {
    keyed.par_sort_unstable_by_key(|&(key, _)| key);
    keyed
        .chunk_by(|(left, _), (right, _)| left == right)
        .map(|same| {
            let mut cell = Cell::default();
            same.iter().for_each(|&(_, credit)| cell += credit);
            (same[0].0, cell)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    fn cells() -> impl Strategy<Value = Vec<(u64, Cell)>> {
        let cell = (0i64..7, 1i64..3).prop_map(|(sum, count)| Cell { sum, count });
        proptest::collection::btree_map(0u64..60, cell, 0..40)
            .prop_map(|map| map.into_iter().collect())
    }

    proptest! {
        #[test]
        fn merging_adds_cluster_by_cluster(left in cells(), right in cells()) {
            let mut expected = std::collections::BTreeMap::<u64, Cell>::new();
            for &(key, cell) in left.iter().chain(&right) {
                *expected.entry(key).or_default() += cell;
            }
            prop_assert_eq!(merged(&left, &right), expected.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn a_sketch_of_the_merged_is_the_merged_sketch(left in cells(), right in cells()) {
            let sketch = |cells: &[(u64, Cell)]| {
                let mut sums = ClusterSums::Exact(cells.to_vec());
                sums.sketch();
                sums
            };
            let mut apart = sketch(&left);
            apart.merge(sketch(&right));
            prop_assert_eq!(&apart, &sketch(&merged(&left, &right)));
            let mut mixed = sketch(&left);
            mixed.merge(ClusterSums::Exact(right));
            prop_assert_eq!(apart, mixed);
        }
    }

    #[test]
    fn a_sketch_estimates_the_sum_of_squares() {
        let cells: Vec<(u64, Cell)> = (0..400_000u64)
            .map(|key| {
                (
                    key * key,
                    Cell {
                        sum: (key % 13) as i64,
                        count: 2,
                    },
                )
            })
            .collect();
        let exact = ClusterSums::Exact(cells);
        let mut sketch = exact.clone();
        sketch.sketch();
        let (exact, sketch) = (exact.level(0.4), sketch.level(0.4));
        // The tolerance is five standard errors of the sketch.
        assert_relative_eq!(
            exact.squared_residuals,
            sketch.squared_residuals,
            max_relative = 7e-3
        );
        assert_relative_eq!(
            exact.squared_counts,
            sketch.squared_counts,
            max_relative = 7e-3
        );
    }
}
