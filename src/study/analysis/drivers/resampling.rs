//! Permutation tests and the bootstrap over networks.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::DriverAnalysis;
use super::design::{Columns, Explained};
use super::shares::Subsets;
use crate::error::{ArgumentError, Result};
use crate::study::analysis::{is_constant, standardized};

impl DriverAnalysis {
    /// Returns the p-value of each factor alone, by permutations of standardized alignment.
    pub(super) fn p_values(&self, explained: &[Explained], unit: &[f64]) -> Vec<f64> {
        let found: Vec<f64> = explained
            .iter()
            .map(|explained| explained.of(unit))
            .collect();
        let exceeded = (0..self.n_permutations)
            .into_par_iter()
            .map(|replicate| {
                let mut permuted = unit.to_vec();
                permuted.shuffle(&mut self.generator(Purpose::Permutation, replicate));
                let as_well = |(explained, &found): (&Explained, &f64)| {
                    // R² that is equal within rounding counts.
                    usize::from(explained.of(&permuted) >= found - 1e-12)
                };
                explained.iter().zip(&found).map(as_well).collect()
            })
            .reduce(
                || vec![0; explained.len()],
                |left: Vec<usize>, right| left.iter().zip(right).map(|(a, b)| a + b).collect(),
            );
        let p_value = |n| (n + 1) as f64 / (self.n_permutations + 1) as f64;
        exceeded.into_iter().map(p_value).collect()
    }

    /// Returns the shares of the factors in each replicate whose networks are not all equally
    /// aligned.
    ///
    /// # Errors
    /// Returns [`ArgumentError::TooFew`] for fewer than two such replicates.
    pub(super) fn replicates(&self, factors: &[Columns], y: &[f64]) -> Result<Vec<Vec<f64>>> {
        let replicates = (0..self.n_replicates).into_par_iter().map(|replicate| {
            let mut rng = self.generator(Purpose::Bootstrap, replicate);
            let rows: Vec<usize> = y.iter().map(|_| rng.random_range(0..y.len())).collect();
            let unit = standardized(y, &rows);
            if is_constant(&unit) {
                return Ok(None);
            }
            let subsets = Subsets::new(factors, &rows, &unit)?;
            let shares = (0..factors.len()).map(|factor| subsets.share(factor));
            Ok(Some(shares.collect()))
        });
        let replicates: Vec<Option<Vec<f64>>> = replicates.collect::<Result<_>>()?;
        let replicates: Vec<Vec<f64>> = replicates.into_iter().flatten().collect();
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

    fn generator(&self, purpose: Purpose, replicate: usize) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream((purpose as u64) << 32 | replicate as u64);
        rng
    }
}

#[derive(Debug, Clone, Copy)]
enum Purpose {
    Permutation,
    Bootstrap,
}

/// Returns the proportion of replicates in which no other factor has a larger share.
pub(super) fn how_often_largest(replicates: &[Vec<f64>], position: usize) -> f64 {
    let is_largest = |shares: &&Vec<f64>| {
        let largest = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Equal shares differ by rounding.
        shares[position] >= largest - 1e-12
    };
    replicates.iter().filter(is_largest).count() as f64 / replicates.len() as f64
}
