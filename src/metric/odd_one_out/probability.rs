//! How probable each choice is, and what that costs in nats.

use pulp::{Simd, WithSimd};
use serde::{Deserialize, Serialize};

use crate::metric::odd_one_out::exact_sum::ExactSum;
use crate::names::named;
use crate::similarity::{BLOCK, Block};
use crate::softmax::Softmax;

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
            cross_entropies[trial] = softmax.surprisal(0).min(self.most);
            entropies[trial] = softmax.entropy();
        }
        Losses {
            cross_entropy: ExactSum::of(cross_entropies),
            entropy: ExactSum::of(entropies),
        }
    }
}
