//! The covariance of several means over trials that share objects and participants.

use rayon::prelude::*;

use crate::inference::{pair_places, triple_place};

/// The contribution of a trial to one of several means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contribution {
    /// Index of the trial.
    pub trial: usize,
    /// Index of the mean.
    pub mean: usize,
    /// Residual, multiplied by the weight.
    pub residual: f64,
    /// Weight.
    pub weight: f64,
}

/// Sums over all pairs of contributions whose trials have an object or the participant in common,
/// by inclusion–exclusion (see [`inference`](super)).
#[derive(Debug, Clone)]
pub(crate) struct ClusterCovariance {
    n_means: usize,
    /// Σ of the products of residuals for each pair of means, means × means.
    products: Vec<f64>,
    /// For each mean, Σ of the products of residuals within triples of objects, which is a lower
    /// bound of the variance.
    floors: Vec<f64>,
    /// For each mean, Σ of the products of weights.
    shared: Vec<f64>,
    /// Number of objects and of participants, if known, of the trials with a positive weight.
    pub n_objects: usize,
    pub n_participants: Option<usize>,
}

/// A cluster: the participant, or 0 for all participants, and the key of objects, or 0 for all.
type ClusterKey = (u32, u64);

impl ClusterCovariance {
    /// Computes the sums. `participants` has one participant per trial.
    pub fn new(
        trials: &[[u32; 3]],
        participants: Option<&[u32]>,
        n_means: usize,
        contributions: &[Contribution],
    ) -> Self {
        let mut sums = Self {
            n_means,
            products: vec![0.0; n_means * n_means],
            floors: vec![0.0; n_means],
            shared: vec![0.0; n_means],
            n_objects: 0,
            n_participants: None,
        };
        sums.n_objects = sums.add(1.0, contributions, |trial| {
            trials[trial].map(|object| (0, u64::from(object)))
        });
        sums.add(-1.0, contributions, |trial| {
            pair_places(trials[trial]).map(|pair| (0, pair))
        });
        let of_triple = |trial: usize| triple_place(trials[trial]).map(|triple| (0, triple));
        let before = sums.products.clone();
        sums.add(1.0, contributions, of_triple);
        for mean in 0..n_means {
            let place = mean * (n_means + 1);
            sums.floors[mean] = sums.products[place] - before[place];
        }
        if let Some(person) = participants {
            let n_participants = sums.add(1.0, contributions, |trial| [(person[trial], 0)]);
            sums.n_participants = Some(n_participants);
            sums.add(-1.0, contributions, |trial| {
                trials[trial].map(|object| (person[trial], u64::from(object)))
            });
            sums.add(1.0, contributions, |trial| {
                pair_places(trials[trial]).map(|pair| (person[trial], pair))
            });
            sums.add(-1.0, contributions, |trial| {
                triple_place(trials[trial]).map(|triple| (person[trial], triple))
            });
        }
        sums
    }

    /// Adds the clusters of one level with a sign, and returns the number of clusters.
    fn add<const N: usize>(
        &mut self,
        sign: f64,
        contributions: &[Contribution],
        keys: impl Fn(usize) -> [ClusterKey; N] + Sync,
    ) -> usize {
        let counted = contributions.par_iter().filter(|one| one.weight > 0.0);
        let keyed = counted
            .flat_map_iter(|one| keys(one.trial).into_iter().map(move |key| (key, one)))
            .collect();
        self.add_keyed(sign, keyed)
    }

    /// Adds the clusters of contributions with their keys: a function of its own, so that it is compiled
    /// once for all kinds of clusters.
    fn add_keyed(&mut self, sign: f64, mut keyed: Vec<(ClusterKey, &Contribution)>) -> usize {
        // A stable sort keeps the contributions of a cluster in the order of trials.
        keyed.par_sort_by_key(|&(key, _)| key);
        let mut of_means = vec![(0.0, 0.0); self.n_means];
        let mut touched: Vec<usize> = Vec::new();
        let mut n_clusters = 0;
        for cluster in keyed.chunk_by(|(left, _), (right, _)| left == right) {
            n_clusters += 1;
            for (_, one) in cluster {
                if of_means[one.mean].1 == 0.0 {
                    touched.push(one.mean);
                }
                of_means[one.mean].0 += one.residual;
                of_means[one.mean].1 += one.weight;
            }
            for &first in &touched {
                let (residual, weight) = of_means[first];
                self.shared[first] += sign * weight * weight;
                for &second in &touched {
                    let product = residual * of_means[second].0;
                    self.products[first * self.n_means + second] += sign * product;
                }
            }
            for mean in touched.drain(..) {
                of_means[mean] = (0.0, 0.0);
            }
        }
        n_clusters
    }

    /// Returns Σ of the products of residuals of two means; for one mean, at least the sum within
    /// triples of objects.
    pub fn product(&self, first: usize, second: usize) -> f64 {
        let product = self.products[first * self.n_means + second];
        match first == second {
            true => product.max(self.floors[first]),
            false => product,
        }
    }

    /// Returns Σ of the products of weights of a mean.
    pub fn shared(&self, mean: usize) -> f64 {
        self.shared[mean]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Checks the sums against the sums over all pairs of contributions.
    #[test]
    fn sums_are_those_over_pairs_of_trials() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let n_trials = 80;
        let mut trial = || loop {
            let trial: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..12));
            let [a, b, c] = trial;
            if a != b && a != c && b != c {
                return trial;
            }
        };
        let trials: Vec<[u32; 3]> = (0..n_trials).map(|_| trial()).collect();
        let people: Vec<u32> = (0..n_trials).map(|_| rng.random_range(0..7)).collect();
        // Some trials contribute to two means, or twice to the same mean.
        let contributions: Vec<Contribution> = (0..2 * n_trials)
            .map(|index| Contribution {
                trial: index % n_trials,
                mean: rng.random_range(0..3),
                residual: rng.random::<f64>() - 0.5,
                weight: f64::from(rng.random_range(1..4)),
            })
            .collect();
        for participants in [None, Some(people.as_slice())] {
            let sums = ClusterCovariance::new(&trials, participants, 3, &contributions);
            let (mut products, mut shared, mut floors) = ([[0.0; 3]; 3], [0.0; 3], [0.0; 3]);
            for one in &contributions {
                for other in &contributions {
                    let common = trials[one.trial]
                        .iter()
                        .filter(|object| trials[other.trial].contains(object))
                        .count();
                    let alike = participants.is_some_and(|of| of[one.trial] == of[other.trial]);
                    let product = one.residual * other.residual;
                    if common == 3 && one.mean == other.mean {
                        floors[one.mean] += product;
                    }
                    if common > 0 || alike {
                        products[one.mean][other.mean] += product;
                        if one.mean == other.mean {
                            shared[one.mean] += one.weight * other.weight;
                        }
                    }
                }
            }
            for first in 0..3 {
                assert_relative_eq!(sums.shared(first), shared[first], max_relative = 1e-12);
                for second in 0..3 {
                    let expected = match first == second {
                        true => products[first][first].max(floors[first]),
                        false => products[first][second],
                    };
                    assert_relative_eq!(sums.product(first, second), expected, epsilon = 1e-11);
                }
            }
            assert_eq!(sums.n_objects, 12);
            assert_eq!(sums.n_participants, participants.map(|_| 7));
        }
    }
}
