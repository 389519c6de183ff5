//! Probabilities of choices, and their cross-entropy and entropy in nats.

use pulp::{Simd, WithSimd};
use serde::{Deserialize, Serialize};

use crate::metric::odd_one_out::exact_sum::ExactSum;
use crate::names::named;
use crate::similarity::{BLOCK, Block};
use crate::softmax::Softmax;

/// The logits from which the probabilities of pairs are computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Probabilities {
    /// softmax(similarity / temperature); the default.
    #[default]
    Softmax,
    /// The formula of the published evaluation script: softmax(dot product · temperature), whatever
    /// the similarity used for choices, and with the temperature as a factor.
    PublishedDotProduct,
}

named! {
    Probabilities, "probabilities":
    Softmax = "softmax",
    PublishedDotProduct = "published-dot-product",
}

/// Sums of losses over trials, in nats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Losses {
    /// Sum of −ln of the probability of the chosen pair.
    pub cross_entropy: ExactSum,
    /// Sum of the entropy of the probabilities.
    pub entropy: ExactSum,
}

impl Losses {
    /// Checks whether the sums are possible.
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

/// Summation of the losses of the first trials of a block. A type rather than a function, because
/// `pulp` selects vector instructions for a type.
pub(super) struct SumLosses<'a> {
    pub block: &'a Block,
    pub n_pairs: usize,
    /// Factor that converts the similarities of the block to logits.
    pub factor: f64,
    /// Largest cross-entropy of a trial, in nats.
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
            cross_entropies[trial] = softmax.surprisal(0).min(self.most);
            entropies[trial] = softmax.entropy();
        }
        Losses {
            cross_entropy: ExactSum::of(cross_entropies),
            entropy: ExactSum::of(entropies),
        }
    }
}
