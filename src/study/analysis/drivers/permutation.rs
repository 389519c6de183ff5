//! Permutation tests of each factor, given the others.

use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::DriverAnalysis;
use super::clusters::Clusters;
use super::design::{Columns, basis, without};
use super::resampling::Purpose;
use crate::error::Result;
use crate::study::analysis::dot;

/// What the permutations of the test of a factor exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Exchanged {
    /// Whole clusters: the factor is the same for all networks of each cluster, and is tested on
    /// the means of clusters.
    Clusters,
    /// Networks of the same cluster: the factor differs within clusters, and is tested on
    /// deviations from the means of clusters.
    NetworksWithinClusters,
}

/// The test of a factor, given the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PermutationTest {
    pub exchanged: Exchanged,
    pub p_value: f64,
    pub smallest_p_value: f64,
    pub is_exact: bool,
}

impl DriverAnalysis {
    /// Tests a factor, given the others, by permutations of the residuals of the others.
    pub(super) fn test(
        &self,
        factors: &[Columns],
        position: usize,
        y: &[f64],
        clusters: &Clusters,
    ) -> Result<PermutationTest> {
        let tested = &factors[position].columns;
        let others = (factors.iter().enumerate())
            .filter(|&(other, _)| other != position)
            .flat_map(|(_, factor)| &factor.columns);
        let is_within = |column: &Vec<f64>| clusters.deviations(column).iter().any(|&x| x != 0.0);
        let (exchanged, blocks) = match tested.iter().any(is_within) {
            true => (Exchanged::NetworksWithinClusters, clusters.members.clone()),
            false => (Exchanged::Clusters, vec![(0..clusters.len()).collect()]),
        };
        let level = |column: &[f64]| match exchanged {
            Exchanged::NetworksWithinClusters => clusters.deviations(column),
            Exchanged::Clusters => centred(clusters.means(column)),
        };
        let others: Vec<Vec<f64>> = others.map(|column| level(column)).collect();
        let all = tested.iter().map(|column| level(column));
        let all: Vec<Vec<f64>> = others.iter().cloned().chain(all).collect();
        let n = all[0].len();
        let statistic = PartialR2 {
            reduced: basis(&others, n)?,
            full: basis(&all, n)?,
        };
        let residual = without(&statistic.reduced, &level(y));
        let observed = statistic.of(&residual);
        let n_free = match exchanged {
            Exchanged::Clusters => n - 1,
            Exchanged::NetworksWithinClusters => n - clusters.len(),
        };
        let is_tested = statistic.full.len() > statistic.reduced.len()
            && statistic.full.len() < n_free
            // What is left by an exact fit of the others is rounding.
            && dot(&residual, &residual).sqrt() > 1e-9 * dot(y, y).sqrt();
        if !is_tested {
            return Ok(PermutationTest {
                exchanged,
                p_value: 1.0,
                smallest_p_value: 1.0,
                is_exact: true,
            });
        }
        let n_all = n_permutations(&blocks, self.n_permutations);
        let (n_drawn, is_exact) = match n_all {
            Some(n_all) => (n_all, true),
            None => (self.n_permutations, false),
        };
        let compare = |replicate: usize| {
            let permuted = match is_exact {
                true => numbered(&residual, &blocks, replicate),
                false => {
                    let mut rng = self.generator(Purpose::Permutation, replicate);
                    let mut permuted = residual.clone();
                    for block in &blocks {
                        let mut values: Vec<f64> = block.iter().map(|&row| residual[row]).collect();
                        values.shuffle(&mut rng);
                        for (&row, value) in block.iter().zip(values) {
                            permuted[row] = value;
                        }
                    }
                    permuted
                }
            };
            let found = statistic.of(&permuted);
            // Statistics that are equal within rounding count.
            let as_large = found >= observed - 1e-10;
            [as_large, as_large && found <= observed + 1e-10].map(usize::from)
        };
        let [as_large, equal] = (0..n_drawn).into_par_iter().map(compare).reduce(
            || [0; 2],
            |left, right| [left[0] + right[0], left[1] + right[1]],
        );
        // The order of the networks is one of all orders, and counts beside random ones.
        let added = usize::from(!is_exact);
        let proportion = |n: usize| (n + added) as f64 / (n_drawn + added) as f64;
        Ok(PermutationTest {
            exchanged,
            p_value: proportion(as_large),
            smallest_p_value: proportion(equal),
            is_exact,
        })
    }
}

fn centred(mut column: Vec<f64>) -> Vec<f64> {
    let mean = column.iter().sum::<f64>() / column.len() as f64;
    let scale = column.iter().copied().map(f64::abs).fold(0.0, f64::max);
    for value in &mut column {
        *value -= mean;
        if value.abs() <= 1e-12 * scale {
            *value = 0.0;
        }
    }
    column
}

/// The part of what the reduced model leaves that the full model explains.
struct PartialR2 {
    reduced: Vec<Vec<f64>>,
    full: Vec<Vec<f64>>,
}

impl PartialR2 {
    fn of(&self, y: &[f64]) -> f64 {
        let explained = |basis: &[Vec<f64>]| -> f64 {
            basis
                .iter()
                .map(|direction| dot(direction, y).powi(2))
                .sum()
        };
        let (all, reduced) = (dot(y, y), explained(&self.reduced));
        let left = all - reduced;
        match left > 1e-12 * all {
            true => ((explained(&self.full) - reduced) / left).clamp(0.0, 1.0),
            false => 0.0,
        }
    }
}

/// Returns the number of permutations within blocks; `None` if it is above the limit.
fn n_permutations(blocks: &[Vec<usize>], limit: usize) -> Option<usize> {
    let sizes = blocks.iter().flat_map(|block| 2..=block.len());
    let mut product = 1_usize;
    for size in sizes {
        product = product
            .checked_mul(size)
            .filter(|&product| product <= limit)?;
    }
    Some(product)
}

/// Returns values in one of the orders of all blocks, by its number in the factorial number system
/// (Lehmer code); number 0 is the order that is given.
fn numbered(values: &[f64], blocks: &[Vec<usize>], mut number: usize) -> Vec<f64> {
    let mut permuted = values.to_vec();
    for block in blocks {
        let mut left: Vec<f64> = block.iter().map(|&row| values[row]).collect();
        for &row in block {
            let n_left = left.len();
            permuted[row] = left.remove(number % n_left);
            number /= n_left;
        }
    }
    permuted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_all_orders_once() {
        let blocks = vec![vec![0, 2, 3], vec![1], vec![4, 5]];
        assert_eq!(n_permutations(&blocks, 12), Some(12));
        assert_eq!(n_permutations(&blocks, 11), None);
        let values: Vec<f64> = (0..6).map(f64::from).collect();
        let mut orders: Vec<Vec<f64>> = (0..12)
            .map(|number| numbered(&values, &blocks, number))
            .collect();
        assert_eq!(orders[0], values);
        assert!(
            orders
                .iter()
                .all(|order| order[1] == 1.0 && order[4] >= 4.0)
        );
        orders.sort_by(|left, right| left.partial_cmp(right).unwrap());
        orders.dedup();
        assert_eq!(orders.len(), 12);
    }
}
