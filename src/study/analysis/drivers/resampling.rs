//! The bootstrap over clusters of networks.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::DriverAnalysis;
use super::clusters::Clusters;
use super::design::Columns;
use super::shares::Subsets;
use crate::error::{ArgumentError, Result};
use crate::inference::{Confidence, Interval, percentile_interval};
use crate::study::analysis::{is_constant, standardized};

/// The shares of the factors in a replicate: as they are, and without what noise explains.
pub(super) struct Replicate {
    pub shares: Vec<f64>,
    pub adjusted: Vec<f64>,
}

impl DriverAnalysis {
    /// Returns the shares of the factors in each replicate whose networks are not all equally
    /// aligned.
    ///
    /// # Errors
    /// Returns [`ArgumentError::TooFew`] for fewer than two such replicates.
    pub(super) fn replicates(
        &self,
        factors: &[Columns],
        y: &[f64],
        clusters: &Clusters,
    ) -> Result<Vec<Replicate>> {
        let replicates = (0..self.n_replicates).into_par_iter().map(|replicate| {
            let mut rng = self.generator(Purpose::Bootstrap, replicate);
            let n = clusters.len();
            let drawn: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
            let (rows, clusters) = clusters.sample(&drawn);
            let unit = standardized(y, &rows);
            if is_constant(&unit) {
                return Ok(None);
            }
            let subsets = Subsets::new(factors, &rows, &unit, &clusters)?;
            let all = 0..factors.len();
            Ok(Some(Replicate {
                shares: all.clone().map(|factor| subsets.share(factor)).collect(),
                adjusted: all.map(|factor| subsets.adjusted_share(factor)).collect(),
            }))
        });
        let replicates: Vec<Option<Replicate>> = replicates.collect::<Result<_>>()?;
        let replicates: Vec<Replicate> = replicates.into_iter().flatten().collect();
        match replicates.len() {
            found @ (0 | 1) => Err(ArgumentError::TooFew {
                what: "replicates in which networks are not equally aligned",
                needed: 2,
                found,
            }
            .into()),
            _ => Ok(replicates),
        }
    }

    pub(super) fn generator(&self, purpose: Purpose, replicate: usize) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream((purpose as u64) << 32 | replicate as u64);
        rng
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Permutation,
    Bootstrap,
}

/// Returns the interval of an adjusted share: percentiles of the replicates about their mean, at
/// the estimate, wider for few clusters (the expanded percentiles of Hesterberg 2015).
pub(super) fn share_interval(
    share: f64,
    replicates: impl Iterator<Item = f64>,
    n_clusters: usize,
    confidence: Confidence,
) -> Interval {
    let mut sorted: Vec<f64> = replicates.collect();
    sorted.sort_by(f64::total_cmp);
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    let Interval { lower, upper } = percentile_interval(&sorted, confidence);
    let n = n_clusters as f64;
    let probability = 0.5 + confidence.level() / 2.0;
    let normal = Normal::standard().inverse_cdf(probability);
    let student = StudentsT::new(0.0, 1.0, n - 1.0).map(|t| t.inverse_cdf(probability));
    let wider = (n / (n - 1.0)).sqrt() * student.unwrap_or(normal) / normal;
    Interval {
        lower: share + wider * (lower - mean).min(0.0),
        upper: share + wider * (upper - mean).max(0.0),
    }
    .clamp(-1.0, 1.0)
}

/// Returns the proportion of replicates in which no other factor has a larger share.
pub(super) fn how_often_largest(replicates: &[Replicate], position: usize) -> f64 {
    let is_largest = |replicate: &&Replicate| {
        let shares = &replicate.shares;
        let largest = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Equal shares differ by rounding.
        shares[position] >= largest - 1e-12
    };
    replicates.iter().filter(is_largest).count() as f64 / replicates.len() as f64
}
