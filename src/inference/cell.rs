//! Sums of credits over the trials of a cluster.

use std::ops::{AddAssign, SubAssign};

use serde::{Deserialize, Serialize};

use crate::inference::{ClusterSum, Credit, Level, Singles, TrialValue};

/// Sum of the credits of the trials of a cluster, in sixths, and the number of trials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i64, i64)", into = "(i64, i64)")]
pub(crate) struct Cell {
    pub sum: i64,
    pub count: i64,
}

impl Cell {
    /// Returns the mean credit of the trials, in [0, 1].
    pub fn mean(self) -> f64 {
        self.sum as f64 / f64::from(Credit::FULL.sixths()) / self.count as f64
    }

    fn residual(self, mean: f64) -> f64 {
        // Divisions would take most of the time of the sums over clusters.
        const UNIT: f64 = 1.0 / Credit::FULL.sixths() as f64;
        self.sum as f64 * UNIT - mean * self.count as f64
    }
}

impl AddAssign for Cell {
    fn add_assign(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
    }
}

impl AddAssign<Credit> for Cell {
    fn add_assign(&mut self, credit: Credit) {
        self.sum += i64::from(credit.sixths());
        self.count += 1;
    }
}

impl SubAssign for Cell {
    fn sub_assign(&mut self, other: Self) {
        self.sum -= other.sum;
        self.count -= other.count;
    }
}

impl From<(i64, i64)> for Cell {
    fn from((sum, count): (i64, i64)) -> Self {
        Self { sum, count }
    }
}

impl From<Cell> for (i64, i64) {
    fn from(Cell { sum, count }: Cell) -> Self {
        (sum, count)
    }
}

impl ClusterSum for Cell {
    fn level(self, mean: f64) -> Level {
        Level::of(self.residual(mean), self.count as f64)
    }
}

impl TrialValue for Credit {
    type Sum = Cell;
    type Singles = CreditCounts;
}

/// Number of trials with each credit, from a difference of −1 to full credit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CreditCounts([u64; 2 * CreditCounts::FULL + 1]);

impl CreditCounts {
    const FULL: usize = Credit::FULL.sixths() as usize;
}

impl Singles<Credit> for CreditCounts {
    fn add(&mut self, credit: Credit) {
        self.0[(i64::from(credit.sixths()) + Self::FULL as i64) as usize] += 1;
    }

    fn level(&self, mean: f64) -> Level {
        let levels = (-(Self::FULL as i64)..).zip(self.0).map(|(sum, n)| {
            let level = Cell { sum, count: 1 }.level(mean);
            level.times(n as f64)
        });
        levels.sum()
    }
}
