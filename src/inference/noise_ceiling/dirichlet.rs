//! The expected probability of the most probable answer to a question.

use std::collections::HashMap;

use statrs::function::gamma::gamma_lr;

/// Computes the expectation of the largest of several probabilities that have a Dirichlet
/// distribution with the given parameters.
///
/// If G₁, G₂, … are independent gamma variables with these shapes, the probabilities are Gᵢ / ΣG and
/// independent of ΣG. Therefore the expectation is E\[max Gᵢ\] / Σ shapes, with E\[max Gᵢ\] = ∫ (1 −
/// Π P(Gᵢ ≤ x)) dx over x > 0.
fn expected_largest(shapes: &[f64]) -> f64 {
    /// Abscissas and weights of the Gauss–Legendre rule of 8 points on [−1, 1], positive half.
    const RULE: [(f64, f64); 4] = [
        (0.183_434_642_495_649_8, 0.362_683_783_378_362),
        (0.525_532_409_916_329, 0.313_706_645_877_887_3),
        (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
        (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
    ];
    const N_PANELS: usize = 24;

    let largest = shapes.iter().copied().fold(0.0, f64::max);
    // Above this, the probability of a larger value is less than 1e-12.
    let end = largest + 8.0 * (largest + 1.0).sqrt() + 24.0;
    let exceeded = |x: f64| {
        1.0 - shapes
            .iter()
            .map(|&shape| gamma_lr(shape, x))
            .product::<f64>()
    };
    let integral: f64 = (0..N_PANELS)
        .map(|panel| {
            // Panels are shorter near 0, where the integrand is steep for small shapes.
            let edge = |panel: usize| end * (panel as f64 / N_PANELS as f64).powi(2);
            let (lower, upper) = (edge(panel), edge(panel + 1));
            let (centre, half) = (0.5 * (lower + upper), 0.5 * (upper - lower));
            let at = |(x, weight): (f64, f64)| {
                weight * (exceeded(centre - half * x) + exceeded(centre + half * x))
            };
            half * RULE.into_iter().map(at).sum::<f64>()
        })
        .sum();
    integral / shapes.iter().sum::<f64>()
}

/// Expectations of the largest probability, given counts of answers and a symmetric Dirichlet
/// prior. Results are kept, because few different counts occur.
pub(super) struct LargestProbability {
    concentration: f64,
    n_options: usize,
    known: HashMap<[u32; 3], f64>,
}

impl LargestProbability {
    /// Creates the expectations for questions with `n_options` answers, each of which has the given
    /// parameter of the Dirichlet distribution.
    pub fn new(concentration: f64, n_options: usize) -> Self {
        Self {
            concentration,
            n_options,
            known: HashMap::new(),
        }
    }

    /// Returns the expectation of the largest probability of a question with these counts.
    pub fn given(&mut self, mut counts: [u32; 3]) -> f64 {
        counts[..self.n_options].sort_unstable();
        let (concentration, n_options) = (self.concentration, self.n_options);
        *self.known.entry(counts).or_insert_with(|| {
            let shapes = counts.map(|count| concentration + f64::from(count));
            expected_largest(&shapes[..n_options])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn expectations_are_those_of_closed_forms() {
        // The largest of two uniform shares is 3/4 on average, of three uniform shares 11/18.
        assert_relative_eq!(expected_largest(&[1.0, 1.0]), 0.75, epsilon = 1e-10);
        assert_relative_eq!(expected_largest(&[1.0; 3]), 11.0 / 18.0, epsilon = 1e-10);
        // For a clear majority it is the mean of its beta distribution.
        assert_relative_eq!(
            expected_largest(&[200.0, 2.0, 1.0]),
            200.0 / 203.0,
            epsilon = 1e-10
        );
        // scipy.integrate.quad of the integral; 4 million draws of numpy's dirichlet give 0.7694.
        assert_relative_eq!(
            expected_largest(&[0.3, 0.3, 0.3]),
            0.769_284_541_910_679_3,
            epsilon = 1e-6
        );
    }
}
