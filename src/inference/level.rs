//! Sums of squares over the objects, pairs and triples of objects that occur in trials.

use std::ops::{Add, AddAssign, Sub};

/// A sum over the trials of a cluster.
pub(crate) trait ClusterSum: Copy + Default + AddAssign + Send + Sync {
    /// Returns the level of the cluster alone, for trials with the given mean.
    fn level(self, mean: f64) -> Level;
}

/// Sums over the clusters of one kind, such as objects.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Level {
    /// Σ R², for the sum R of the residuals of each cluster.
    pub squared_residuals: f64,
    /// Σ m², for the number m of trials of each cluster (or the sum of their weights).
    pub squared_counts: f64,
    /// Σ m⁴.
    pub fourth_counts: f64,
    /// Number of clusters with trials.
    pub n_clusters: f64,
}

impl Level {
    /// Returns the level of one cluster.
    pub fn of(residual: f64, count: f64) -> Self {
        let squared_count = count * count;
        // 1 or 0 without a branch, which would be mispredicted where many clusters are empty.
        let n_clusters = f64::from_bits(u64::from(count != 0.0) * 1f64.to_bits());
        Self {
            squared_residuals: residual * residual,
            squared_counts: squared_count,
            fourth_counts: squared_count * squared_count,
            n_clusters,
        }
    }

    /// Returns the level of several clusters.
    pub fn over<S: ClusterSum>(clusters: impl IntoIterator<Item = S>, mean: f64) -> Self {
        clusters.into_iter().map(|sum| sum.level(mean)).sum()
    }

    /// Returns the level of `n` copies of each cluster.
    pub fn times(self, n: f64) -> Self {
        Self {
            squared_residuals: n * self.squared_residuals,
            squared_counts: n * self.squared_counts,
            fourth_counts: n * self.fourth_counts,
            n_clusters: n * self.n_clusters,
        }
    }
}

impl AddAssign for Level {
    fn add_assign(&mut self, other: Self) {
        self.squared_residuals += other.squared_residuals;
        self.squared_counts += other.squared_counts;
        self.fourth_counts += other.fourth_counts;
        self.n_clusters += other.n_clusters;
    }
}

impl Add for Level {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sub for Level {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + other.times(-1.0)
    }
}

impl std::iter::Sum for Level {
    fn sum<I: Iterator<Item = Self>>(levels: I) -> Self {
        levels.fold(Self::default(), |mut sum, level| {
            sum += level;
            sum
        })
    }
}
