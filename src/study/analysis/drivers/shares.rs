//! R² of every subset of factors, and the shares of factors in R².

use super::design::{Columns, Explained};
use crate::error::Result;

/// R² of each subset of factors, by its bit set.
pub(super) struct Subsets {
    r_squared: Vec<f64>,
    n_factors: usize,
}

impl Subsets {
    /// Computes R² of standardized alignment at some rows.
    pub fn new(factors: &[Columns], rows: &[usize], unit: &[f64]) -> Result<Self> {
        let of = |set: usize| {
            let chosen = factors.iter().enumerate();
            let chosen = chosen.filter(|(position, _)| set >> position & 1 == 1);
            let columns = chosen.flat_map(|(_, factor)| &factor.columns);
            Ok(Explained::by(columns, rows)?.of(unit))
        };
        Ok(Self {
            r_squared: (0..1 << factors.len()).map(of).collect::<Result<_>>()?,
            n_factors: factors.len(),
        })
    }

    /// Returns R² of all factors together.
    pub fn all(&self) -> f64 {
        self.r_squared[self.r_squared.len() - 1]
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
        let bit = 1 << factor;
        let without = (0..self.r_squared.len()).filter(|set| set & bit == 0);
        let added = without.map(|set: usize| {
            let n_before = set.count_ones() as usize;
            let gain = self.r_squared[set | bit] - self.r_squared[set];
            gain / (self.n_factors as f64 * binomial(self.n_factors - 1, n_before))
        });
        added.sum()
    }
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64)
}
