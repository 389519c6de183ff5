//! The results of an analysis of drivers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Exchanged, Factor};
use crate::inference::{Confidence, Estimate, Interval};

/// The factors that explain alignment in a panel of networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Drivers {
    /// Number of networks.
    pub n_networks: usize,
    /// Number of clusters of related networks, which are the units of intervals and p-values.
    pub n_clusters: usize,
    /// R² of all factors together, in [0, 1].
    pub r_squared: f64,
    /// R² of all factors together, minus the R² that noise alone is expected to have; at most 1,
    /// and negative if the factors explain less than noise would.
    pub adjusted_r_squared: f64,
    /// The factors, by decreasing share.
    pub drivers: Vec<Driver>,
    /// Coefficients of the regression on all factors; empty if they are not unique.
    pub coefficients: Vec<DriverCoefficient>,
    /// Whether the errors of the coefficients are over people and objects too, and not only over
    /// networks.
    pub is_over_people: bool,
    /// Limitations of the panel.
    pub cautions: Vec<DriverCaution>,
    /// Confidence of the intervals.
    pub confidence: Confidence,
}

/// The contribution of one factor to the differences in alignment.
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
    /// p-value of the factor, given the others: the proportion of permutations that explain at
    /// least as much of the residuals of the other factors.
    pub p_value: f64,
    /// The smallest p-value that the permutations of these networks allow: the proportion of
    /// permutations that explain as much as the networks in their order, if none explained more.
    pub smallest_p_value: f64,
    /// Whether all permutations were done, rather than random ones.
    pub is_exact: bool,
    /// What the permutations exchange.
    pub exchanged: Exchanged,
    /// Share of the factor in the R² of all factors, including the contribution of noise. The
    /// shares of all factors sum to the R² of all.
    pub share: f64,
    /// Share of the factor minus the expected contribution of noise. It is 0 on average for a
    /// factor without an effect that is not correlated with the others. The adjusted shares of all
    /// factors sum to the adjusted R² of all.
    pub adjusted_share: f64,
    /// Confidence interval of the adjusted share, over clusters drawn with replacement, which can
    /// contain 0: the percentiles of the replicates about their mean, at the adjusted share, wider
    /// for few clusters by t / z · √(n / (n − 1)) (Hesterberg 2015).
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
    /// Confidence interval of the mean over clusters of networks, from Student's t; `None` for
    /// networks of a single cluster.
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
    /// No network has a [cluster](crate::study::ModelFactors::cluster): each counts as independent
    /// of all others.
    Unclustered,
    /// Fewer than ten clusters of networks.
    FewClusters {
        /// Number of clusters.
        n_clusters: usize,
    },
    /// Clusters of different sizes, whose means are exchanged as if they were equally precise.
    UnequalClusters,
    /// A factor with coefficients that rest on a single cluster, which are left out.
    OneCluster {
        /// The factor.
        factor: Factor,
    },
    /// A factor whose p-value is above 0.05 whatever the alignment is.
    FewPermutations {
        /// The factor.
        factor: Factor,
    },
}

impl fmt::Display for DriverCaution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewNetworks {
                n_networks,
                n_columns,
            } => write!(
                f,
                "{n_networks} networks are few for a regression with {n_columns} columns: consider the \
                 intervals, since other networks may give other shares"
            ),
            Self::Saturated {
                n_networks,
                n_columns,
            } => write!(
                f,
                "{n_columns} columns fit any alignment of {n_networks} networks: there are no coefficients, \
                 and R² is not informative"
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
                "{factor} is determined by {by} in this panel: all that it explains, {by} explains too"
            ),
            Self::Collinear => f.write_str(
                "the factors determine one another in this panel: there are no coefficients",
            ),
            Self::Unclustered => f.write_str(
                "no network has a cluster: each counts as independent of all others, and p-values are too \
                 small if some are variants of one another",
            ),
            Self::FewClusters { n_clusters } => write!(
                f,
                "{n_clusters} clusters of networks are few: intervals are wide, and other clusters may give other \
                 shares"
            ),
            Self::UnequalClusters => f.write_str(
                "clusters have different numbers of networks: factors that are the same within clusters are \
                 tested as if all means of clusters were equally precise",
            ),
            Self::OneCluster { factor } => write!(
                f,
                "{factor} has a level in a single cluster of networks: its effect cannot be distinguished \
                 from that of the cluster, and its coefficient is left out"
            ),
            Self::FewPermutations { factor } => write!(
                f,
                "the p-value of {factor} is above 0.05 for any data: there are too few permutations of the \
                 networks"
            ),
        }
    }
}
