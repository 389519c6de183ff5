//! R² of every subset of factors, and the shares of factors in R².

use super::clusters::Clusters;
use super::design::{Columns, Explained};
use crate::error::Result;
use crate::study::analysis::dot;

/// R² of each subset of factors, by its bit set, and the part of it that noise is expected to
/// explain.
pub(super) struct Subsets {
    r_squared: Vec<f64>,
    by_noise: Vec<f64>,
    n_factors: usize,
}

impl Subsets {
    /// Computes R² of standardized alignment at some rows, in clusters.
    pub fn new(
        factors: &[Columns],
        rows: &[usize],
        unit: &[f64],
        clusters: &Clusters,
    ) -> Result<Self> {
        let of = |set: usize| {
            let chosen = factors.iter().enumerate();
            let chosen = chosen.filter(|(position, _)| set >> position & 1 == 1);
            Explained::by(chosen.flat_map(|(_, factor)| &factor.columns), rows)
        };
        let all: Vec<Explained> = (0..1 << factors.len()).map(of).collect::<Result<_>>()?;
        let noise = Noise::of_residuals(&all[all.len() - 1], unit, clusters);
        let by_noise = |explained| noise.explained_by(explained, clusters);
        Ok(Self {
            r_squared: all.iter().map(|explained| explained.of(unit)).collect(),
            by_noise: all.iter().map(by_noise).collect(),
            n_factors: factors.len(),
        })
    }

    /// Returns R² of all factors together.
    pub fn all(&self) -> f64 {
        self.r_squared[self.r_squared.len() - 1]
    }

    /// Returns R² of all factors together, less what noise is expected to explain.
    pub fn all_adjusted(&self) -> f64 {
        self.all() - self.by_noise[self.by_noise.len() - 1]
    }

    pub fn alone(&self, factor: usize) -> f64 {
        self.r_squared[1 << factor]
    }

    /// Returns the decrease of R² of all factors without one factor.
    pub fn beyond_the_others(&self, factor: usize) -> f64 {
        let others = (self.r_squared.len() - 1) & !(1 << factor);
        self.all() - self.r_squared[others]
    }

    /// Returns the increase of R² by a factor, averaged over all orders of the factors.
    pub fn share(&self, factor: usize) -> f64 {
        self.mean_increase(&self.r_squared, factor)
    }

    /// Returns the share of a factor, less what noise is expected to add to it.
    pub fn adjusted_share(&self, factor: usize) -> f64 {
        self.share(factor) - self.mean_increase(&self.by_noise, factor)
    }

    fn mean_increase(&self, of_subsets: &[f64], factor: usize) -> f64 {
        let bit = 1 << factor;
        let without = (0..of_subsets.len()).filter(|set| set & bit == 0);
        let added = without.map(|set: usize| {
            let n_before = set.count_ones() as usize;
            let gain = of_subsets[set | bit] - of_subsets[set];
            gain / (self.n_factors as f64 * binomial(self.n_factors - 1, n_before))
        });
        added.sum()
    }
}

/// The variances of the means of clusters and of the deviations from them.
struct Noise {
    between: f64,
    within: f64,
}

impl Noise {
    /// Estimates the variances from what all factors leave unexplained, with the degrees of freedom
    /// that are left. Where none is left, all variance counts as noise.
    fn of_residuals(all: &Explained, unit: &[f64], clusters: &Clusters) -> Self {
        let residual = all.residual(unit);
        let (mut by_means, mut by_deviations) = (0.0, 0.0);
        for direction in all.basis() {
            let means = clusters.means(direction);
            let sizes = clusters.members.iter().map(|rows| rows.len() as f64);
            by_means += means
                .iter()
                .zip(sizes)
                .map(|(mean, n)| n * mean * mean)
                .sum::<f64>();
            let deviations = clusters.deviations(direction);
            by_deviations += dot(&deviations, &deviations);
        }
        let variance = |of: fn(&Clusters, &[f64]) -> Vec<f64>, n_free: usize, taken: f64| {
            let squares = |column: &[f64]| {
                let values = of(clusters, column);
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                values
                    .iter()
                    .map(|value| (value - mean).powi(2))
                    .sum::<f64>()
            };
            let total = squares(unit) / n_free.max(1) as f64;
            let left = n_free as f64 - taken;
            match left > 0.5 {
                true => (squares(&residual) / left).min(total),
                false => total,
            }
        };
        let n_clusters = clusters.len();
        Self {
            between: variance(Clusters::means, n_clusters - 1, by_means),
            within: variance(Clusters::deviations, unit.len() - n_clusters, by_deviations),
        }
    }

    /// Returns the expected R² of noise alone: the trace of its covariance in the space of the fit.
    fn explained_by(&self, explained: &Explained, clusters: &Clusters) -> f64 {
        let of_direction = |direction: &Vec<f64>| {
            let sums = clusters
                .members
                .iter()
                .map(|rows| -> f64 { rows.iter().map(|&row| direction[row]).sum::<f64>().powi(2) });
            let deviations = clusters.deviations(direction);
            self.between * sums.sum::<f64>() + self.within * dot(&deviations, &deviations)
        };
        explained.basis().iter().map(of_direction).sum()
    }
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64)
}
