//! Sums of credits over the trials of a cluster.

use std::ops::{AddAssign, SubAssign};

use serde::{Deserialize, Serialize};

use crate::inference::{ClusterSum, Credit, Level};

/// Sum of the credits of the trials of a cluster, in sixths, and the number of trials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i64, i64)", into = "(i64, i64)")]
pub(crate) struct Cell {
    pub sum: i64,
    pub count: i64,
}

impl Cell {
    pub fn of(credit: Credit) -> Self {
        Self {
            sum: credit.sixths().into(),
            count: 1,
        }
    }

    /// Returns the mean credit of the trials, in [0, 1].
    pub fn mean(self) -> f64 {
        self.sum as f64 / f64::from(Credit::FULL.sixths()) / self.count as f64
    }

    fn residual(self, mean: f64) -> f64 {
        self.sum as f64 / f64::from(Credit::FULL.sixths()) - mean * self.count as f64
    }
}

impl AddAssign for Cell {
    fn add_assign(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
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
