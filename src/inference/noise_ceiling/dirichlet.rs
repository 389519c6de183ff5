//! The expected probability of the most probable answer to a question.

use std::collections::HashMap;

use statrs::function::gamma::gamma_lr;

/// Expectations of the largest probability of a question, given counts of its answers and a
/// symmetric Dirichlet prior.
///
/// If G₁, G₂, … are independent gamma variables whose shapes are the parameters of the posterior
/// distribution, the probabilities are Gᵢ / ΣG and independent of ΣG. Therefore the expectation is
/// E\[max Gᵢ\] / Σ shapes, with E\[max Gᵢ\] = ∫ (1 − Π P(Gᵢ ≤ x)) dx over x > 0.
///
/// Results are kept, because few different counts occur; and so are the distribution functions,
/// because most pairs of questions have a count in common.
pub(super) struct LargestProbability {
    concentration: f64,
    n_options: usize,
    known: HashMap<[u32; 3], f64>,
    /// Integration rules, by the size class of the largest count.
    rules: HashMap<u32, Rule>,
}

impl LargestProbability {
    /// Creates the expectations for questions with `n_options` answers, each of which has the given
    /// parameter of the Dirichlet distribution.
    pub fn new(concentration: f64, n_options: usize) -> Self {
        Self {
            concentration,
            n_options,
            known: HashMap::new(),
            rules: HashMap::new(),
        }
    }

    /// Returns the expectation of the largest probability of a question with these counts.
    pub fn given(&mut self, mut counts: [u32; 3]) -> f64 {
        /// Ratio of the largest counts of two size classes.
        const RATIO: f64 = 1.25;

        counts[..self.n_options].sort_unstable();
        if let Some(&known) = self.known.get(&counts) {
            return known;
        }
        let of_options = &counts[..self.n_options];
        let largest = f64::from(of_options[self.n_options - 1]);
        let class = (largest + 1.0).log(RATIO).ceil();
        let shape = self.concentration + RATIO.powf(class) - 1.0;
        let rule = self.rules.entry(class as u32);
        let rule = rule.or_insert_with(|| Rule::new(self.concentration, shape));
        let n_answers: f64 = of_options.iter().copied().map(f64::from).sum();
        let sum_of_shapes = n_answers + self.n_options as f64 * self.concentration;
        let found = rule.mean_of_largest(of_options) / sum_of_shapes;
        self.known.insert(counts, found);
        found
    }
}

/// A rule for integrals over gamma distributions, with the distribution functions at its points.
struct Rule {
    concentration: f64,
    /// Points and their weights.
    points: Vec<(f64, f64)>,
    /// The distribution functions at the points, by count.
    distributions: HashMap<u32, Vec<f64>>,
}

impl Rule {
    /// Creates a rule for gamma variables with shapes of at most `shape`.
    fn new(concentration: f64, shape: f64) -> Self {
        /// Abscissas and weights of the Gauss–Legendre rule of 8 points on [−1, 1], positive half.
        const GAUSS: [(f64, f64); 4] = [
            (0.183_434_642_495_649_8, 0.362_683_783_378_362),
            (0.525_532_409_916_329, 0.313_706_645_877_887_3),
            (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
            (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
        ];
        // Above this, the probability of a larger value is less than 1e-12.
        let end = shape + 8.0 * (shape + 1.0).sqrt() + 24.0;
        // The steps of distribution functions with large shapes are narrow.
        let n_panels = 28 + (0.35 * shape.sqrt()) as usize;
        // Panels are shorter near 0, where the integrand is steep for small shapes.
        let edge = |panel: usize| end * (panel as f64 / n_panels as f64).powi(2);
        let mut points = Vec::with_capacity(2 * GAUSS.len() * n_panels);
        for panel in 0..n_panels {
            let (lower, upper) = (edge(panel), edge(panel + 1));
            let (centre, half) = (0.5 * (lower + upper), 0.5 * (upper - lower));
            for (x, weight) in GAUSS {
                points.push((centre - half * x, half * weight));
                points.push((centre + half * x, half * weight));
            }
        }
        Self {
            concentration,
            points,
            distributions: HashMap::new(),
        }
    }

    /// Computes the expectation of the largest of gamma variables whose shapes are these counts plus
    /// the concentration.
    fn mean_of_largest(&mut self, counts: &[u32]) -> f64 {
        for &count in counts {
            let shape = self.concentration + f64::from(count);
            let points = &self.points;
            let distribution = self.distributions.entry(count);
            distribution
                .or_insert_with(|| points.iter().map(|&(x, _)| gamma_lr(shape, x)).collect());
        }
        let distributions: Vec<&[f64]> = counts
            .iter()
            .map(|count| self.distributions[count].as_slice())
            .collect();
        let exceeded =
            |point: usize| 1.0 - distributions.iter().map(|all| all[point]).product::<f64>();
        let points = self.points.iter().enumerate();
        points
            .map(|(point, &(_, weight))| weight * exceeded(point))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn expectations_are_those_of_closed_forms() {
        let expected = |concentration: f64, n_options: usize, counts: [u32; 3]| {
            LargestProbability::new(concentration, n_options).given(counts)
        };
        // The largest of two uniform shares is 3/4 on average, of three uniform shares 11/18.
        assert_relative_eq!(expected(1.0, 2, [0; 3]), 0.75, epsilon = 1e-10);
        assert_relative_eq!(expected(1.0, 3, [0; 3]), 11.0 / 18.0, epsilon = 1e-10);
        // For a clear majority it is the mean of its beta distribution.
        for largest in [60, 63, 64, 199, 10_000] {
            let shapes = [1, largest, 0].map(|count| 1.0 + f64::from(count));
            assert_relative_eq!(
                expected(1.0, 3, [1, largest, 0]),
                shapes[1] / shapes.iter().sum::<f64>(),
                epsilon = 1e-10
            );
        }
        // scipy.integrate.quad of the integral; 4 million draws of numpy's dirichlet give 0.7694.
        assert_relative_eq!(
            expected(0.3, 3, [0; 3]),
            0.769_284_541_910_679_3,
            epsilon = 1e-6
        );
    }

    #[test]
    fn questions_share_distribution_functions() {
        let mut shared = LargestProbability::new(0.7, 3);
        for counts in [[5, 1, 0], [9, 8, 1], [0, 5, 1], [40, 9, 5]] {
            let alone = LargestProbability::new(0.7, 3).given(counts);
            assert_eq!(shared.given(counts), alone);
        }
    }
}
