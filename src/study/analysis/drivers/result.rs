//! The results of an analysis of drivers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Factor;
use crate::inference::{Confidence, Estimate, Interval};

/// The factors that explain alignment in a panel of networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Drivers {
    /// Number of networks.
    pub n_networks: usize,
    /// R² of all factors together, in [0, 1].
    pub r_squared: f64,
    /// The factors, by decreasing share.
    pub drivers: Vec<Driver>,
    /// Coefficients of the regression on all factors; empty if they are not unique.
    pub coefficients: Vec<DriverCoefficient>,
    /// Limitations of the panel.
    pub cautions: Vec<DriverCaution>,
    /// Confidence of the intervals.
    pub confidence: Confidence,
}

/// How much of the alignment one factor explains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Driver {
    /// The factor.
    pub factor: Factor,
    /// Number of columns of the factor in the regression: 1 for a number, otherwise the number of
    /// levels − 1.
    pub n_columns: usize,
    /// The levels; empty for a number.
    pub levels: Vec<FactorLevel>,
    /// R² of this factor alone, in [0, 1].
    pub r_squared: f64,
    /// Proportion of random permutations of alignment that the factor explains at least as well.
    pub p_value: f64,
    /// Share of the factor in the R² of all factors. The shares of all factors sum to the R² of
    /// all.
    pub share: f64,
    /// Percentile interval of the share, over networks drawn with replacement. As R² of few
    /// networks is biased upwards in every replicate, the interval is about the variation of
    /// shares, not about their size without noise.
    pub share_interval: Interval,
    /// Decrease of the R² of all factors if this factor is left out.
    pub beyond_the_others: f64,
    /// Proportion of replicates in which no other factor has a larger share, in [0, 1].
    pub largest: f64,
}

/// The networks with one level of a factor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FactorLevel {
    /// Name of the level, such as a training data set.
    pub name: String,
    /// Number of networks.
    pub n_networks: usize,
    /// Mean alignment of the networks.
    pub mean: f64,
    /// Confidence interval of the mean, from Student's t; `None` for a single network.
    pub interval: Option<Interval>,
}

/// The difference in alignment by a column of a factor, with the other factors held constant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DriverCoefficient {
    /// Name of the column, such as `depth, for one more layer`.
    pub name: String,
    /// The coefficient, in units of alignment.
    pub estimate: Estimate,
    /// Confidence interval of the coefficient.
    pub interval: Interval,
    /// Two-sided p-value, from Student's t.
    pub p_value: f64,
}

/// A limitation of an analysis of drivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DriverCaution {
    /// Fewer than ten networks for each column of the regression.
    FewNetworks {
        /// Number of networks.
        n_networks: usize,
        /// Number of columns, without the intercept.
        n_columns: usize,
    },
    /// No degree of freedom for the noise: there are no coefficients.
    Saturated {
        /// Number of networks.
        n_networks: usize,
        /// Number of columns, without the intercept.
        n_columns: usize,
    },
    /// A factor with the same value for all networks, which is ignored.
    Constant {
        /// The factor.
        factor: Factor,
    },
    /// A factor that is unknown for some networks, which is ignored.
    Unknown {
        /// The factor.
        factor: Factor,
        /// Number of networks for which the factor is unknown.
        n_networks: usize,
    },
    /// A factor that is determined by another factor in this panel, which explains at least as
    /// much.
    Aliased {
        /// The factor.
        factor: Factor,
        /// The other factor.
        by: Factor,
    },
    /// Factors that determine one another, so that coefficients are not unique: there are none.
    Collinear,
}

impl fmt::Display for DriverCaution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewNetworks {
                n_networks,
                n_columns,
            } => write!(
                f,
                "{n_networks} networks for {n_columns} columns of a regression are few: read intervals, not \
                 points, and expect other networks to give other shares"
            ),
            Self::Saturated {
                n_networks,
                n_columns,
            } => write!(
                f,
                "{n_columns} columns fit {n_networks} networks whatever their alignment is: there are no \
                 coefficients, and R² is not informative"
            ),
            Self::Constant { factor } => {
                write!(f, "{factor} is ignored: all networks have the same value")
            }
            Self::Unknown { factor, n_networks } => write!(
                f,
                "{factor} is ignored: unknown for {n_networks} of the networks"
            ),
            Self::Aliased { factor, by } => write!(
                f,
                "{factor} follows from {by} in this panel: what it explains, {by} explains too"
            ),
            Self::Collinear => f.write_str(
                "the factors determine one another in this panel: there are no coefficients",
            ),
        }
    }
}
