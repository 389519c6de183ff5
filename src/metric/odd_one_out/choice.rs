//! Which pair a representation chooses, and what ties earn.

use pulp::{Simd, WithSimd};
use serde::{Deserialize, Serialize};

use crate::inference::Credit;
use crate::metric::odd_one_out::Counts;
use crate::names::named;
use crate::similarity::Block;

/// What a trial earns whose largest similarity is shared by several pairs.
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

    /// What a trial earns in which the pair that people chose has the largest similarity, shared by
    /// `n_largest` of `n_pairs` pairs.
    fn credit(self, n_largest: u8, n_pairs: usize) -> Credit {
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
pub(super) struct Choose<'a> {
    pub block: &'a Block,
    pub n_pairs: usize,
    pub policy: TiePolicy,
    pub credits: &'a mut [Credit],
}

impl WithSimd for Choose<'_> {
    type Output = Counts;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Counts {
        // What a trial earns whose first pair is the largest, alone, with one other, and with two.
        let [alone, of_two, of_three] =
            [1, 2, 3].map(|n_largest| self.policy.credit(n_largest, self.n_pairs));
        let n = self.credits.len();
        let [first, second, third] = self.block.0.each_ref().map(|pair| &pair[..n]);
        let mut n_ties = 0u64;
        for trial in 0..n {
            let third = if self.n_pairs == 3 {
                third[trial]
            } else {
                f64::NEG_INFINITY
            };
            let (first, second) = (first[trial], second[trial]);
            let largest = first.max(second).max(third);
            let (first, second, third) = (first == largest, second == largest, third == largest);
            let tie = (first & second) | (first & third) | (second & third);
            n_ties += u64::from(tie);
            let credit = if second & third {
                of_three
            } else if second | third {
                of_two
            } else {
                alone
            };
            self.credits[trial] = if first { credit } else { Credit::NONE };
        }
        Counts::of(self.credits, n_ties)
    }
}

/// The pair with the largest similarity in each trial of a block; `None` where several share it.
pub(super) fn chosen(block: &Block, n_pairs: usize, choices: &mut [Option<u8>]) {
    for (trial, choice) in choices.iter_mut().enumerate() {
        let similarities = block.0.iter().take(n_pairs).map(|pair| pair[trial]);
        let largest = similarities.clone().fold(f64::NEG_INFINITY, f64::max);
        let mut largest_at = (0u8..)
            .zip(similarities)
            .filter(|&(_, similarity)| similarity == largest);
        *choice = largest_at.next().map(|(pair, _)| pair);
        if largest_at.next().is_some() {
            *choice = None;
        }
    }
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
