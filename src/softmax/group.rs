//! The softmax of many trials at a time.

use super::Softmax;
use super::vector_math::{exp_of_nonpositive, ln_of_one_to_three};

/// Largest number of trials in a group: few enough that its numbers stay in the first-level cache.
pub(crate) const GROUP: usize = 128;

/// The softmax of each of up to [`GROUP`] trials, with the same bits as [`Softmax::new`].
///
/// The steps are loops of their own. Each step of one trial depends on the one before it, so that a
/// processor waits in a loop over all steps, and overlaps the trials in a loop over one.
pub(crate) struct SoftmaxGroup {
    logits: [[f64; GROUP]; 3],
    exponentials: [[f64; GROUP]; 3],
    sums: [f64; GROUP],
    log_sums: [f64; GROUP],
}

impl SoftmaxGroup {
    pub fn new() -> Self {
        Self {
            logits: [[0.0; GROUP]; 3],
            exponentials: [[0.0; GROUP]; 3],
            sums: [0.0; GROUP],
            log_sums: [0.0; GROUP],
        }
    }

    /// Computes the softmax of similarities times a factor, for the trials of a group.
    #[inline(always)]
    pub fn compute(&mut self, similarities: [&[f64]; 3], factor: f64) {
        let n = similarities[0].len();
        let [first, second, third] = similarities.map(|pair| &pair[..n]);
        let [of_first, of_second, of_third] = self.logits.each_mut().map(|pair| &mut pair[..n]);
        for trial in 0..n {
            let [a, b, c] = Softmax::logits([first[trial], second[trial], third[trial]], factor);
            (of_first[trial], of_second[trial], of_third[trial]) = (a, b, c);
        }
        for (exponentials, logits) in self.exponentials.iter_mut().zip(&self.logits) {
            for (exponential, &logit) in exponentials[..n].iter_mut().zip(logits) {
                *exponential = exp_of_nonpositive(logit);
            }
        }
        let [first, second, third] = self.exponentials.each_ref().map(|pair| &pair[..n]);
        let sums = &mut self.sums[..n];
        for trial in 0..n {
            sums[trial] = first[trial] + second[trial] + third[trial];
        }
        for (log_sum, &sum) in self.log_sums.iter_mut().zip(sums.iter()) {
            *log_sum = ln_of_one_to_three(sum);
        }
    }

    /// Returns the softmax of a trial of the group.
    #[inline(always)]
    pub fn at(&self, trial: usize) -> Softmax {
        Softmax {
            logits: [0, 1, 2].map(|pair| self.logits[pair][trial]),
            exponentials: [0, 1, 2].map(|pair| self.exponentials[pair][trial]),
            sum: self.sums[trial],
            log_sum: self.log_sums[trial],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_that_of_one_trial() {
        let values = |seed: u64| {
            (0..GROUP as u64).map(move |i| {
                let hash = (i * 3 + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                match hash >> 61 {
                    0 => f64::NEG_INFINITY,
                    1 => 1e300,
                    _ => (hash >> 40) as f64 / 1e6,
                }
            })
        };
        let [first, second, third] = [0, 1, 2].map(|seed| Vec::from_iter(values(seed)));
        let finite = Vec::from_iter(first.iter().map(|&x| if x.is_finite() { x } else { 0.5 }));
        let mut group = SoftmaxGroup::new();
        for n in [GROUP, 5, 0] {
            group.compute([&finite[..n], &second[..n], &third[..n]], 1.5);
            for trial in 0..n {
                let one = Softmax::new([finite[trial], second[trial], third[trial]], 1.5);
                let found = group.at(trial);
                assert_eq!(found.entropy().to_bits(), one.entropy().to_bits());
                assert_eq!(found.probabilities(), one.probabilities());
                assert_eq!(found.surprisal(1).to_bits(), one.surprisal(1).to_bits());
            }
        }
    }
}
