//! Which pair a representation chooses, and what ties earn.

use pulp::{Simd, WithSimd};
use serde::{Deserialize, Serialize};

use crate::inference::Credit;
use crate::metric::odd_one_out::Counts;
use crate::names::named;
use crate::similarity::{BLOCK, Block, Screen, second_of};

/// What a trial earns whose largest similarity is shared by several pairs.
///
/// Pairs share it whose similarities are equal within rounding; [`Similarity`](crate::Similarity) has the bounds.
///
/// A network that maps everything to one point ties in every trial. Taking the first of the largest
/// would then count every trial as correct, since the pair that people chose is written first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TiePolicy {
    /// Nothing; the default.
    #[default]
    Wrong,
    /// 1/k where the pair that people chose is one of k that share the largest similarity.
    Fractional,
    /// The rule of the published evaluation script: nothing where all similarities are equal;
    /// otherwise the first of the largest is taken, so that a pair that people chose and that ties
    /// with one other counts as correct.
    PublishedAllEqual,
}

impl TiePolicy {
    /// All of them.
    pub const ALL: [TiePolicy; 3] = [
        TiePolicy::Wrong,
        TiePolicy::Fractional,
        TiePolicy::PublishedAllEqual,
    ];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            TiePolicy::Wrong => "wrong",
            TiePolicy::Fractional => "fractional",
            TiePolicy::PublishedAllEqual => "published-all-equal",
        }
    }

    /// What a trial earns in which these of `n_pairs` pairs, one bit each, have the largest similarity.
    fn credit(self, largest: u8, n_pairs: usize) -> Credit {
        if largest & 1 == 0 {
            return Credit::NONE;
        }
        let n_largest = largest.count_ones() as u8;
        match self {
            TiePolicy::Wrong => Credit::from(n_largest == 1),
            TiePolicy::Fractional => Credit::share_of(n_largest),
            TiePolicy::PublishedAllEqual => Credit::from(usize::from(n_largest) < n_pairs),
        }
    }
}

named!(
    TiePolicy,
    "ties",
    "wrong, fractional or published-all-equal"
);

/// Writes what each trial of a block earns, and counts.
pub(super) struct Choose<'a, F> {
    pub block: &'a Block,
    pub n_pairs: usize,
    pub screen: Screen,
    /// The pairs with the largest similarity, one bit each, of a trial that the screen lets through.
    pub largest: F,
    pub policy: TiePolicy,
    pub credits: &'a mut [Credit],
}

impl<F: Fn(usize, [f64; 3]) -> u8> WithSimd for Choose<'_, F> {
    type Output = Counts;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Counts {
        let n = self.credits.len();
        let [first, second, third] = self.block.0.each_ref().map(|pair| &pair[..n]);
        let mut are_close = [false; BLOCK];
        let are_close = &mut are_close[..n];
        let mut any_is_close = false;
        for trial in 0..n {
            let third = if self.n_pairs == 3 {
                third[trial]
            } else {
                f64::NEG_INFINITY
            };
            let (first, second) = (first[trial], second[trial]);
            let largest = first.max(second).max(third);
            let is_close = self
                .screen
                .is_close(largest, second_of([first, second, third]));
            are_close[trial] = is_close;
            any_is_close |= is_close;
            let is_first = first == largest;
            self.credits[trial] = if is_first { Credit::FULL } else { Credit::NONE };
        }
        let mut n_ties = 0;
        if any_is_close {
            for trial in (0..n).filter(|&trial| are_close[trial]) {
                let similarities = [first[trial], second[trial], third[trial]];
                let largest = (self.largest)(trial, similarities);
                n_ties += u64::from(largest.count_ones() > 1);
                self.credits[trial] = self.policy.credit(largest, self.n_pairs);
            }
        }
        Counts::of(self.credits, n_ties)
    }
}

/// The pair of a trial with the largest similarity, of those that have it, one bit each; `None` where
/// several share it.
pub(super) fn chosen(largest: u8) -> Option<u8> {
    (largest.count_ones() == 1).then_some(largest.trailing_zeros() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(n_pairs: usize, policy: TiePolicy, trials: &[[f64; 3]]) -> (Vec<f64>, u64) {
        let mut block = Block::new();
        for (position, similarities) in trials.iter().enumerate() {
            for (pair, &similarity) in block.0.iter_mut().zip(similarities) {
                pair[position] = similarity;
            }
        }
        let mut credits = vec![Credit::NONE; trials.len()];
        let counts = pulp::Arch::new().dispatch(Choose {
            block: &block,
            n_pairs,
            screen: Screen::EQUAL,
            largest: |_, similarities: [f64; 3]| {
                let own = &similarities[..n_pairs];
                let largest = own.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let equal = (0..n_pairs).filter(|&pair| own[pair] == largest);
                equal.map(|pair| 1 << pair).sum()
            },
            policy,
            credits: &mut credits,
        });
        let values = credits.iter().map(|credit| credit.value());
        (values.collect(), counts.n_ties)
    }

    #[test]
    fn ties_earn_what_the_policy_says() {
        let trials = [
            [3.0, 1.0, 2.0], // right
            [1.0, 3.0, 2.0], // wrong
            [3.0, 3.0, 1.0], // right with one other
            [1.0, 3.0, 3.0], // wrong with one other
            [2.0, 2.0, 2.0], // all equal
        ];
        let (wrong, n_ties) = credits(3, TiePolicy::Wrong, &trials);
        assert_eq!((wrong, n_ties), (vec![1.0, 0.0, 0.0, 0.0, 0.0], 3));
        let (fractional, _) = credits(3, TiePolicy::Fractional, &trials);
        assert_eq!(fractional, [1.0, 0.0, 0.5, 0.0, 1.0 / 3.0]);
        let (published, n_ties) = credits(3, TiePolicy::PublishedAllEqual, &trials);
        assert_eq!((published, n_ties), (vec![1.0, 0.0, 1.0, 0.0, 0.0], 3));
    }

    #[test]
    fn anchored_trials_have_two_pairs() {
        // The third pair is not asked for, and may hold anything.
        let trials = [[3.0, 1.0, 9.0], [2.0, 2.0, 9.0], [1.0, 2.0, 0.0]];
        let (wrong, n_ties) = credits(2, TiePolicy::Wrong, &trials);
        assert_eq!((wrong, n_ties), (vec![1.0, 0.0, 0.0], 1));
        assert_eq!(
            credits(2, TiePolicy::Fractional, &trials).0,
            [1.0, 0.5, 0.0]
        );
        assert_eq!(
            credits(2, TiePolicy::PublishedAllEqual, &trials).0,
            [1.0, 0.0, 0.0]
        );
    }

    #[test]
    fn names_round_trip() {
        for policy in TiePolicy::ALL {
            assert_eq!(policy.name().parse::<TiePolicy>().unwrap(), policy);
        }
        assert!("first".parse::<TiePolicy>().is_err());
    }
}
