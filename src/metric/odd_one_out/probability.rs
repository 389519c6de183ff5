//! How probable each choice is, and what that costs in nats.

use pulp::{Simd, WithSimd};
use serde::{Deserialize, Serialize};

use crate::metric::odd_one_out::exact_sum::ExactSum;
use crate::metric::odd_one_out::vector_math::{exp_of_nonpositive, ln_of_one_to_three};
use crate::names::named;
use crate::similarity::{BLOCK, Block};

/// What the probabilities of the pairs are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probabilities {
    /// softmax(similarity / temperature); the default.
    #[default]
    Softmax,
    /// What the published evaluation script computes: softmax(dot product · temperature), whatever
    /// similarity the choices are made by, and with the temperature as a factor.
    PublishedDotProduct,
}

impl Probabilities {
    /// All of them.
    pub const ALL: [Probabilities; 2] =
        [Probabilities::Softmax, Probabilities::PublishedDotProduct];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            Probabilities::Softmax => "softmax",
            Probabilities::PublishedDotProduct => "published-dot-product",
        }
    }
}

named!(
    Probabilities,
    "probabilities",
    "softmax or published-dot-product"
);

/// Sums over trials, in nats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Losses {
    /// −ln of the probability of the pair that people chose.
    pub cross_entropy: ExactSum,
    /// Entropy of the probabilities.
    pub entropy: ExactSum,
}

impl Losses {
    /// Whether trials can have these sums.
    pub fn are_valid(&self) -> bool {
        self.cross_entropy.is_valid() && self.entropy.is_valid()
    }
}

impl std::ops::AddAssign for Losses {
    fn add_assign(&mut self, other: Self) {
        self.cross_entropy += other.cross_entropy;
        self.entropy += other.entropy;
    }
}

/// Sums the losses of the first trials of a block. A type rather than a function, because that is
/// what vector instructions are chosen for.
pub(super) struct SumLosses<'a> {
    pub block: &'a Block,
    pub n_pairs: usize,
    /// What turns the numbers of the block into logits.
    pub factor: f64,
    /// What a trial costs at most.
    pub most: f64,
    pub n_trials: usize,
}

impl WithSimd for SumLosses<'_> {
    type Output = Losses;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Losses {
        let mut cross_entropies = [0.0; BLOCK];
        let mut entropies = [0.0; BLOCK];
        let n = self.n_trials;
        let [first, second, third] = self.block.0.each_ref().map(|pair| &pair[..n]);
        let (cross_entropies, entropies) = (&mut cross_entropies[..n], &mut entropies[..n]);
        for trial in 0..n {
            let third = if self.n_pairs == 3 {
                third[trial]
            } else {
                f64::NEG_INFINITY
            };
            let softmax = Softmax::new([first[trial], second[trial], third], self.factor);
            cross_entropies[trial] = (softmax.log_sum - softmax.logits[0]).min(self.most);
            entropies[trial] = softmax.entropy();
        }
        Losses {
            cross_entropy: ExactSum::of(cross_entropies),
            entropy: ExactSum::of(entropies),
        }
    }
}

/// A softmax over up to three pairs; one that is not there has similarity −∞.
pub(super) struct Softmax {
    /// Logits, less the largest of them.
    logits: [f64; 3],
    exponentials: [f64; 3],
    sum: f64,
    log_sum: f64,
}

impl Softmax {
    #[inline(always)]
    pub fn new(similarities: [f64; 3], factor: f64) -> Self {
        let largest = similarities[0].max(similarities[1]).max(similarities[2]);
        // The bound keeps 0 · ∞ out of the entropy.
        let logit = |similarity: f64| ((similarity - largest) * factor).max(-f64::MAX);
        let [a, b, c] = similarities;
        let logits = [logit(a), logit(b), logit(c)];
        let exponentials = [
            exp_of_nonpositive(logits[0]),
            exp_of_nonpositive(logits[1]),
            exp_of_nonpositive(logits[2]),
        ];
        let sum = exponentials[0] + exponentials[1] + exponentials[2];
        Self {
            logits,
            exponentials,
            sum,
            log_sum: ln_of_one_to_three(sum),
        }
    }

    #[inline(always)]
    pub fn entropy(&self) -> f64 {
        let [a, b, c] = self.logits;
        let [x, y, z] = self.exponentials;
        self.log_sum - (a * x + b * y + c * z) / self.sum
    }

    #[inline(always)]
    pub fn probabilities(&self) -> [f64; 3] {
        self.exponentials.map(|exponential| exponential / self.sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn agrees_with_the_definition() {
        let softmax = Softmax::new([1.0, 2.0, 4.0], 0.5);
        let exponentials = [0.5f64, 1.0, 2.0].map(f64::exp);
        let sum: f64 = exponentials.iter().sum();
        let mut entropy = 0.0;
        for (found, exponential) in softmax.probabilities().into_iter().zip(exponentials) {
            assert_relative_eq!(found, exponential / sum, epsilon = 1e-15);
            entropy -= found * found.ln();
        }
        assert_relative_eq!(softmax.entropy(), entropy, epsilon = 1e-14);
        assert_relative_eq!(
            softmax.log_sum - softmax.logits[0],
            sum.ln() - 0.5,
            epsilon = 1e-14
        );
    }

    #[test]
    fn certainty_and_absence_cost_nothing() {
        let certain = Softmax::new([1e300, -1e300, 0.0], 1e10);
        assert_eq!(certain.probabilities(), [1.0, 0.0, 0.0]);
        assert_eq!(certain.entropy(), 0.0);
        let two = Softmax::new([1.0, 1.0, f64::NEG_INFINITY], 1.0);
        assert_eq!(two.probabilities(), [0.5, 0.5, 0.0]);
        assert_relative_eq!(two.entropy(), 2f64.ln());
    }
}
