//! The loss of trials: the mean −ln p of the choices.

use rayon::prelude::*;

use crate::linalg::short_dot;
use crate::softmax::Softmax;

/// The mean −ln p of choices, with p = softmax(dot product / temperature) over the pairs of a
/// trial.
#[derive(Debug, Clone, Copy)]
pub(super) struct TrialLoss {
    /// Number of pairs: 3, or 2 if the second and third objects are not compared.
    pub n_pairs: usize,
    /// The inverse temperature.
    pub factor: f64,
}

impl TrialLoss {
    /// Computes the mean over trials of objects in `embedded`; NaN if a similarity is not finite.
    pub fn mean(&self, trials: &[[u32; 3]], embedded: &[f64], n_features: usize) -> f64 {
        /// Number of trials per task. Fixed, because the order of summation depends on it.
        const BLOCK: usize = 1 << 10;

        let sums: Vec<f64> = trials
            .par_chunks(BLOCK)
            .map(|trials| {
                let losses = trials.iter().map(|&trial| {
                    let similarities = self.similarities(trial, embedded, n_features);
                    self.softmax(similarities)
                        .map_or(f64::NAN, |softmax| softmax.surprisal(0))
                });
                losses.sum()
            })
            .collect();
        sums.iter().sum::<f64>() / trials.len() as f64
    }

    /// Computes the mean, and adds `weight` times its gradient with respect to `embedded` to
    /// `gradient`.
    pub fn mean_and_gradient(
        &self,
        trials: &[[u32; 3]],
        embedded: &[f64],
        n_features: usize,
        weight: f64,
        gradient: &mut [f64],
    ) -> f64 {
        let scale = weight * self.factor / trials.len() as f64;
        let mut loss = 0.0;
        for &trial in trials {
            let similarities = self.similarities(trial, embedded, n_features);
            let Some(softmax) = self.softmax(similarities) else {
                return f64::NAN;
            };
            loss += softmax.surprisal(0);
            let [ab, ac, bc] = softmax.probabilities();
            let [a, b, c] = trial.map(|object| object as usize * n_features);
            for (first, second, slope) in [(a, b, ab - 1.0), (a, c, ac), (b, c, bc)] {
                let slope = scale * slope;
                for (to, from) in [(first, second), (second, first)] {
                    let from = &embedded[from..][..n_features];
                    let to = &mut gradient[to..][..n_features];
                    to.iter_mut().zip(from).for_each(|(g, y)| *g += slope * y);
                }
            }
        }
        loss / trials.len() as f64
    }

    fn similarities(&self, trial: [u32; 3], embedded: &[f64], n_features: usize) -> [f64; 3] {
        let [a, b, c] = trial.map(|object| &embedded[object as usize * n_features..][..n_features]);
        let bc = match self.n_pairs {
            3 => short_dot(b, c),
            _ => f64::NEG_INFINITY,
        };
        [short_dot(a, b), short_dot(a, c), bc]
    }

    /// Computes the softmax, or returns `None` if a similarity is not finite, which a softmax would
    /// hide.
    fn softmax(&self, similarities: [f64; 3]) -> Option<Softmax> {
        let compared = &similarities[..self.n_pairs];
        let all_finite = compared.iter().all(|similarity| similarity.is_finite());
        all_finite.then(|| Softmax::new(similarities, self.factor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{assert_abs_diff_eq, assert_relative_eq};

    const EMBEDDED: [f64; 8] = [1.0, 0.5, -0.5, 2.0, 1.5, 1.0, -1.0, 0.25];

    fn loss_of(n_pairs: usize) -> TrialLoss {
        TrialLoss {
            n_pairs,
            factor: 1.0 / 0.7,
        }
    }

    #[test]
    fn agrees_with_the_definition() {
        // Objects (1, 0.5), (−0.5, 2), (1.5, 1): similarities 0.5, 2, 1.25 at temperature 0.7.
        let [ab, ac, bc] = [0.5f64, 2.0, 1.25].map(|similarity| (similarity / 0.7).exp());
        let trials = [[0, 1, 2], [2, 0, 1]];
        let found = loss_of(3).mean(&trials, &EMBEDDED, 2);
        let expected = 0.5 * (-(ab / (ab + ac + bc)).ln() - (ac / (ab + ac + bc)).ln());
        assert_relative_eq!(found, expected, max_relative = 1e-14);
        let found = loss_of(2).mean(&trials, &EMBEDDED, 2);
        let expected = 0.5 * (-(ab / (ab + ac)).ln() - (ac / (ac + bc)).ln());
        assert_relative_eq!(found, expected, max_relative = 1e-14);
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let trials = [[0, 1, 2], [2, 0, 1], [3, 1, 0], [0, 1, 2]];
        let step = 1e-6;
        for n_pairs in [2, 3] {
            let loss = loss_of(n_pairs);
            let mut gradient = vec![1.0; 8];
            let mean = loss.mean_and_gradient(&trials, &EMBEDDED, 2, 0.4, &mut gradient);
            assert_relative_eq!(mean, loss.mean(&trials, &EMBEDDED, 2), max_relative = 1e-15);
            for (position, found) in gradient.into_iter().enumerate() {
                let at = |step: f64| {
                    let mut moved = EMBEDDED;
                    moved[position] += step;
                    loss.mean(&trials, &moved, 2)
                };
                let difference = (at(step) - at(-step)) / (2.0 * step);
                // The gradient was added to 1.
                assert_abs_diff_eq!(found - 1.0, 0.4 * difference, epsilon = 1e-9);
            }
        }
    }

    #[test]
    fn what_is_not_finite_shows() {
        for bad in [f64::NAN, f64::INFINITY, 1e200] {
            let mut embedded = EMBEDDED;
            // Only the similarity of the third pair, (1, 2), is infinite for 1e200.
            (embedded[3], embedded[5]) = (bad, bad);
            for n_pairs in [2, 3] {
                let loss = loss_of(n_pairs);
                let is_finite = n_pairs == 2 && bad == 1e200;
                let mean = loss.mean(&[[0, 1, 2]], &embedded, 2);
                assert_eq!(mean.is_finite(), is_finite, "{bad} {n_pairs}");
                let mut gradient = vec![0.0; 8];
                let mean = loss.mean_and_gradient(&[[0, 1, 2]], &embedded, 2, 1.0, &mut gradient);
                assert_eq!(mean.is_finite(), is_finite, "{bad} {n_pairs}");
            }
        }
    }
}
