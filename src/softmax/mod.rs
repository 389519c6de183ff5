//! The softmax over the pairs of a trial, in a form that compilers vectorize.

mod group;
mod vector_math;

pub(crate) use group::{GROUP, SoftmaxGroup};
use vector_math::ln_of_one_to_three;
pub(crate) use vector_math::{exp_of_nonpositive, rounded};

/// A softmax over up to three pairs; a pair that is not an option has similarity −∞.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Softmax {
    /// Logits minus the largest logit.
    logits: [f64; 3],
    exponentials: [f64; 3],
    sum: f64,
    log_sum: f64,
}

impl Softmax {
    /// Creates a softmax of similarities times a factor.
    #[inline(always)]
    pub fn new(similarities: [f64; 3], factor: f64) -> Self {
        let logits = Self::logits(similarities, factor);
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

    /// Returns the logits minus the largest one.
    #[inline(always)]
    fn logits(similarities: [f64; 3], factor: f64) -> [f64; 3] {
        let largest = similarities[0].max(similarities[1]).max(similarities[2]);
        // The bound keeps 0 · ∞ out of the entropy.
        let logit = |similarity: f64| ((similarity - largest) * factor).max(-f64::MAX);
        let [a, b, c] = similarities;
        [logit(a), logit(b), logit(c)]
    }

    /// Returns −ln of the probability of a pair, in nats.
    #[inline(always)]
    pub fn surprisal(&self, pair: usize) -> f64 {
        self.log_sum - self.logits[pair]
    }

    /// Returns the entropy of the probabilities, in nats.
    #[inline(always)]
    pub fn entropy(&self) -> f64 {
        let [a, b, c] = self.logits;
        let [x, y, z] = self.exponentials;
        self.log_sum - (a * x + b * y + c * z) / self.sum
    }

    /// Returns the probabilities of the pairs.
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
