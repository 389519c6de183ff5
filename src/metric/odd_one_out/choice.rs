//! Choices of a representation, and the credit of ties.

use pulp::{Simd, WithSimd};
use serde::{Deserialize, Serialize};

use crate::inference::Credit;
use crate::metric::odd_one_out::Counts;
use crate::names::named;
use crate::similarity::{BLOCK, Block, Screen, second_of};

/// The credit of a trial in which several pairs share the largest similarity (a tie).
///
/// Similarities tie if they are equal within rounding; see [`Similarity`](crate::Similarity) for
/// the bounds.
///
/// A network that maps all stimuli to one point ties in every trial. An `argmax` that returns the
/// first maximum would count every trial as correct, because the chosen pair is stored first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TiePolicy {
    /// No credit; the default.
    #[default]
    Wrong,
    /// A credit of 1/k if the chosen pair is one of k pairs that share the largest similarity.
    Fractional,
    /// The rule of the published evaluation script: no credit if all similarities are equal;
    /// otherwise the first maximum is taken, so that a chosen pair that ties with one other pair is
    /// correct.
    PublishedAllEqual,
    /// The rule of the published scripts that train probes, for dot products of transformed features:
    /// no credit if any two of the probabilities softmax(similarity / temperature) are equal in
    /// single precision, or if all are equal to two decimals.
    ///
    /// This rule is stricter than [`TiePolicy::Wrong`]. The chosen pair gets no credit if the two
    /// other pairs tie, for example because both probabilities are too small for single precision, and
    /// none if the probabilities are close to chance. Accuracies therefore depend on the temperature,
    /// and on the scale of a transform.
    PublishedProbe,
}

/// Returns true if [`TiePolicy::PublishedProbe`] gives no credit for the probabilities of the pairs of
/// a trial.
pub(crate) fn is_undecided(probabilities: &[f64]) -> bool {
    let single = |pair: usize| probabilities[pair] as f32;
    let hundredths = |pair: usize| (100.0 * single(pair)).round_ties_even();
    let is_equal = |pair: usize| (0..pair).any(|other| single(other) == single(pair));
    let n_pairs = probabilities.len();
    (0..n_pairs).any(is_equal) || (1..n_pairs).all(|pair| hundredths(pair) == hundredths(0))
}

impl TiePolicy {
    /// Returns the credit of a trial in which the pairs in the bit mask `largest`, of `n_pairs`,
    /// have the largest similarity.
    fn credit(self, largest: u8, n_pairs: usize) -> Credit {
        if largest & 1 == 0 {
            return Credit::NONE;
        }
        let n_largest = largest.count_ones() as u8;
        match self {
            // Probabilities that are undecided without a tie are handled after all similarities are known.
            TiePolicy::Wrong | TiePolicy::PublishedProbe => Credit::from(n_largest == 1),
            TiePolicy::Fractional => Credit::share_of(n_largest),
            TiePolicy::PublishedAllEqual => Credit::from(usize::from(n_largest) < n_pairs),
        }
    }
}

named! {
    TiePolicy, "ties":
    Wrong = "wrong",
    Fractional = "fractional",
    PublishedAllEqual = "published-all-equal",
    PublishedProbe = "published-probe",
}

/// Computation and counting of the credits of a block of trials.
pub(super) struct Choose<'a, F> {
    pub block: &'a Block,
    pub n_pairs: usize,
    pub screen: Screen,
    /// Function that returns a bit mask of the pairs with the largest similarity, called for trials
    /// that the screen finds close.
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

/// Returns the only pair in the bit mask of pairs with the largest similarity; `None` if there are
/// several.
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
        // The third pair is not an option; its value must be ignored.
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
    fn undecided_probabilities_are_those_of_the_published_probes() {
        // break_ties of the published probes, for float32 tensors.
        for (probabilities, expected) in [
            ([0.5, 0.3, 0.2], false),
            ([0.5, 0.25, 0.25], true),
            ([0.4, 0.4, 0.2], true),
            ([0.334, 0.333, 0.33], true),
            ([0.336, 0.333, 0.331], false),
            ([1.0, 1e-50, 1e-60], true),
            ([1.0, 1e-20, 1e-21], false),
            ([0.5 + 1e-9, 0.5 - 2e-9, 1e-9], true),
        ] {
            assert_eq!(is_undecided(&probabilities), expected, "{probabilities:?}");
        }
        assert!(is_undecided(&[0.504, 0.496]) && !is_undecided(&[0.51, 0.49]));
    }

    #[test]
    fn names_round_trip() {
        for &policy in TiePolicy::ALL {
            assert_eq!(policy.name().parse::<TiePolicy>().unwrap(), policy);
        }
        assert!("first".parse::<TiePolicy>().is_err());
    }
}
