//! Probabilities of choices, and their cross-entropy and entropy in nats.

use pulp::{Simd, WithSimd};
use serde::{Deserialize, Serialize};

use crate::metric::odd_one_out::exact_sum::ExactSum;
use crate::names::named;
use crate::similarity::{BLOCK, Block};
use crate::softmax::{GROUP, SoftmaxGroup};

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
        const NOT_SHOWN: [f64; GROUP] = [f64::NEG_INFINITY; GROUP];

        let mut cross_entropies = [0.0; BLOCK];
        let mut entropies = [0.0; BLOCK];
        let n = self.n_trials;
        let (cross_entropies, entropies) = (&mut cross_entropies[..n], &mut entropies[..n]);
        let mut group = SoftmaxGroup::new();
        for start in (0..n).step_by(GROUP) {
            let trials = start..n.min(start + GROUP);
            let [first, second, third] =
                (self.block.0.each_ref()).map(|pair| &pair[trials.clone()]);
            let third = match self.n_pairs {
                3 => third,
                _ => &NOT_SHOWN[..trials.len()],
            };
            group.compute([first, second, third], self.factor);
            let cross_entropies = &mut cross_entropies[trials.clone()];
            let entropies = &mut entropies[trials.clone()];
            for trial in 0..trials.len() {
                let softmax = group.at(trial);
                cross_entropies[trial] = softmax.surprisal(0).min(self.most);
                entropies[trial] = softmax.entropy();
            }
        }
        Losses {
            cross_entropy: ExactSum::of(cross_entropies),
            entropy: ExactSum::of(entropies),
        }
    }
}
