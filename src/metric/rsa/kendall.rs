//! Kendall's τ in O(m log m) (Knight 1966).

use crate::rdm::{Rounding, sort_order};

/// The divisor of the difference of concordant and discordant pairs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Denominator {
    /// Number of all pairs: τ-a.
    AllPairs,
    /// Geometric mean of the numbers of pairs that differ in either list: τ-b.
    PairsThatDiffer,
}

/// The ranks of a list of values.
#[derive(Debug, Clone)]
pub(crate) struct KendallRanks {
    /// Rank of each value; ties share one rank.
    ranks: Vec<u32>,
    /// Positions of the values, in ascending order of values.
    order: Vec<u32>,
    /// Number of pairs of values that tie.
    n_tied: u64,
}

impl KendallRanks {
    pub fn new(values: &[f64], rounding: Rounding) -> Self {
        let sorted = sort_order(values, rounding);
        let mut ranks = vec![0; values.len()];
        let mut n_tied = 0;
        let groups = sorted.chunk_by(|left, _| left.ties_with_next);
        for (rank, tied) in (0..).zip(groups) {
            n_tied += pairs(tied.len());
            for ordered in tied {
                ranks[ordered.place as usize] = rank;
            }
        }
        Self {
            ranks,
            order: sorted.iter().map(|ordered| ordered.place).collect(),
            n_tied,
        }
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.ranks.len()
    }

    /// Checks whether some values differ.
    pub fn vary(&self) -> bool {
        self.n_tied < pairs(self.ranks.len())
    }

    /// Returns τ of two lists of values of the same pairs.
    pub fn tau(&self, other: &Self, denominator: Denominator) -> f64 {
        let n_pairs = pairs(self.ranks.len());
        let mut ranks: Vec<u32> = self
            .order
            .iter()
            .map(|&place| other.ranks[place as usize])
            .collect();
        // Values that tie in the first list are put in the order of the second, so that pairs which
        // tie in the first list are not inversions.
        let mut n_tied_in_both = 0;
        let mut start = 0;
        let same =
            |&left: &u32, &right: &u32| self.ranks[left as usize] == self.ranks[right as usize];
        for tied in self.order.chunk_by(same) {
            let own = &mut ranks[start..start + tied.len()];
            start += tied.len();
            if own.len() > 1 {
                own.sort_unstable();
                let groups = own.chunk_by(|left, right| left == right);
                n_tied_in_both += groups.map(|group| pairs(group.len())).sum::<u64>();
            }
        }
        let mut spare = ranks.clone();
        let n_discordant = sort_counting_inversions(&mut ranks, &mut spare);
        let n_differ_in_both = n_pairs + n_tied_in_both - self.n_tied - other.n_tied;
        let difference = n_differ_in_both as f64 - 2.0 * n_discordant as f64;
        difference
            / match denominator {
                Denominator::AllPairs => n_pairs as f64,
                Denominator::PairsThatDiffer => {
                    let differ = |ranks: &Self| (n_pairs - ranks.n_tied) as f64;
                    differ(self).sqrt() * differ(other).sqrt()
                }
            }
    }
}

impl KendallRanks {
    /// Returns, for each value, the number of values with which it is concordant minus the number
    /// with which it is discordant. The sum is twice the numerator of τ.
    pub fn concordance(&self, other: &Self) -> Vec<f64> {
        let mut balance = vec![0; self.ranks.len()];
        let n_ranks = other
            .ranks
            .iter()
            .max()
            .map_or(0, |&rank| rank as usize + 1);
        let same =
            |&left: &u32, &right: &u32| self.ranks[left as usize] == self.ranks[right as usize];
        // Values that precede a value in this list are concordant with it if they precede it in the
        // other list too; values that follow it, if they follow it there too.
        let mut add = |tied: &[u32], passed: &mut Counts, sign: i64| {
            for &place in tied {
                let rank = other.ranks[place as usize] as usize;
                let (below, at_most) = (passed.below(rank), passed.below(rank + 1));
                balance[place as usize] += sign * (below - (passed.total - at_most));
            }
            tied.iter()
                .for_each(|&place| passed.add(other.ranks[place as usize] as usize));
        };
        let mut passed = Counts::new(n_ranks);
        for tied in self.order.chunk_by(same) {
            add(tied, &mut passed, 1);
        }
        let reversed: Vec<u32> = self.order.iter().rev().copied().collect();
        let mut passed = Counts::new(n_ranks);
        for tied in reversed.chunk_by(same) {
            add(tied, &mut passed, -1);
        }
        balance.into_iter().map(|balance| balance as f64).collect()
    }

    /// Returns, for each value, the number of values that differ from it.
    pub fn n_different(&self) -> Vec<f64> {
        let n = self.ranks.len();
        let mut sizes = vec![0u32; n];
        for &rank in &self.ranks {
            sizes[rank as usize] += 1;
        }
        let different = self
            .ranks
            .iter()
            .map(|&rank| n as f64 - f64::from(sizes[rank as usize]));
        different.collect()
    }
}

/// Numbers of ranks that were added, as a binary indexed tree (Fenwick 1994).
struct Counts {
    sums: Vec<i64>,
    total: i64,
}

impl Counts {
    fn new(n_ranks: usize) -> Self {
        Self {
            sums: vec![0; n_ranks + 1],
            total: 0,
        }
    }

    fn add(&mut self, rank: usize) {
        self.total += 1;
        let mut at = rank + 1;
        while at < self.sums.len() {
            self.sums[at] += 1;
            at += at & at.wrapping_neg();
        }
    }

    /// Returns the number of added ranks below a rank.
    fn below(&self, rank: usize) -> i64 {
        let (mut at, mut sum) = (rank, 0);
        while at > 0 {
            sum += self.sums[at];
            at &= at - 1;
        }
        sum
    }
}

fn pairs(n: usize) -> u64 {
    let n = n as u64;
    n * n.saturating_sub(1) / 2
}

/// Sorts by merging, and returns the number of pairs that were in descending order.
fn sort_counting_inversions(values: &mut [u32], spare: &mut [u32]) -> u64 {
    /// Length up to which runs are sorted by insertion.
    const SHORT: usize = 16;

    let n = values.len();
    if n <= SHORT {
        let mut n_inversions = 0;
        for end in 1..n {
            let mut place = end;
            while place > 0 && values[place - 1] > values[place] {
                values.swap(place - 1, place);
                place -= 1;
            }
            n_inversions += (end - place) as u64;
        }
        return n_inversions;
    }
    let middle = n / 2;
    let (left, right) = values.split_at_mut(middle);
    let (left_spare, right_spare) = spare.split_at_mut(middle);
    let mut n_inversions =
        sort_counting_inversions(left, left_spare) + sort_counting_inversions(right, right_spare);
    if left[middle - 1] <= right[0] {
        return n_inversions;
    }
    spare.copy_from_slice(values);
    let (left, right) = spare.split_at(middle);
    let (mut i, mut j) = (0, 0);
    for out in values.iter_mut() {
        let from_left = j == right.len() || i < left.len() && left[i] <= right[j];
        if from_left {
            *out = left[i];
            i += 1;
        } else {
            *out = right[j];
            j += 1;
            n_inversions += (left.len() - i) as u64;
        }
    }
    n_inversions
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Computes (concordant − discordant, pairs that differ in a, in b) by definition.
    fn by_definition(a: &[i8], b: &[i8]) -> (i64, u64, u64) {
        let (mut difference, mut differ_in_a, mut differ_in_b) = (0, 0, 0);
        for i in 0..a.len() {
            for j in 0..i {
                let (x, y) = (a[i].cmp(&a[j]) as i64, b[i].cmp(&b[j]) as i64);
                difference += x * y;
                differ_in_a += x.unsigned_abs();
                differ_in_b += y.unsigned_abs();
            }
        }
        (difference, differ_in_a, differ_in_b)
    }

    proptest! {
        #[test]
        fn counts_as_the_definition_does(
            pairs in prop::collection::vec((-6i8..6, -20i8..20), 2..120)
        ) {
            let (a, b): (Vec<i8>, Vec<i8>) = pairs.into_iter().unzip();
            let (difference, differ_in_a, differ_in_b) = by_definition(&a, &b);
            let ranks = |values: &[i8]| {
                let values: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
                KendallRanks::new(&values, Rounding::NONE)
            };
            let (first, second) = (ranks(&a), ranks(&b));
            let sign = |values: &[i8], i: usize, j: usize| values[i].cmp(&values[j]) as i64 as f64;
            let balance = |i| (0..a.len()).map(|j| sign(&a, i, j) * sign(&b, i, j)).sum::<f64>();
            prop_assert_eq!(
                first.concordance(&second),
                (0..a.len()).map(balance).collect::<Vec<_>>()
            );
            let differ = |i| (0..a.len()).map(|j| sign(&a, i, j).abs()).sum::<f64>();
            prop_assert_eq!(first.n_different(), (0..a.len()).map(differ).collect::<Vec<_>>());
            let tau_a = difference as f64 / super::pairs(a.len()) as f64;
            prop_assert!((first.tau(&second, Denominator::AllPairs) - tau_a).abs() < 1e-14);
            prop_assert_eq!(first.vary(), differ_in_a > 0);
            if differ_in_a > 0 && differ_in_b > 0 {
                let tau_b = difference as f64 / (differ_in_a as f64 * differ_in_b as f64).sqrt();
                prop_assert!((second.tau(&first, Denominator::PairsThatDiffer) - tau_b).abs() < 1e-14);
            }
        }
    }
}
