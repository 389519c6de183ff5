//! Statistical inference: standard errors, confidence intervals, noise ceilings and comparisons.
//!
//! # Object-level standard errors
//!
//! Trials with an object (stimulus) in common are correlated, because the object is easy or
//! difficult in all of them. The variance of the mean of *T* values with residuals *eₜ* is
//! therefore estimated by the sum of eₜeᵤ over all pairs of trials that share at least one object.
//! Inclusion–exclusion over objects, pairs and triples of objects counts each such pair once. This
//! is the multiway cluster-robust variance of Cameron, Gelbach & Miller (2011), in the form of
//! Aronow, Samii & Assenova (2015) for dyads, extended to triads:
//!
//! V = \[ Σᵢ Rᵢ² − Σᵢⱼ Rᵢⱼ² + Σᵢⱼₖ Rᵢⱼₖ² \] / T²,
//!
//! where *Rᵢ*, *Rᵢⱼ*, *Rᵢⱼₖ* are the sums of residuals over the trials that contain the object,
//! pair or triple. The third of the three sums alone is used as a lower bound.
//!
//! Residuals are differences from the estimated mean, which reduces V by the share *f* of the pairs
//! of trials (ordered, and including each trial with itself) that have an object in common; *f* is
//! the same expression with all residuals set to 1. The standard error is √(V / (1 − f)); for
//! trials that share no objects this is the usual formula with T − 1. Intervals and tests use
//! Student's t distribution with min(objects, trials) − 1 degrees of freedom.

mod bootstrap;
mod cluster_covariance;
mod cluster_sums;
mod clustered;
mod clustered_values;
mod comparison;
mod credit;
mod equivalence;
mod estimate;
mod folds;
mod level;
mod multiple_comparisons;
mod noise_ceiling;
mod power;
mod ranks;
mod resampling;
mod variance_components;

pub use bootstrap::{BootstrapResult, ObjectBootstrap};
pub use clustered::clustered_mean;
pub use clustered_values::clustered_mean_of;
pub use comparison::Comparison;
pub use credit::Credit;
pub use equivalence::{Equivalence, EquivalenceTest, EquivalenceVerdict};
pub use estimate::{Confidence, Estimate, Interval};
pub use folds::Folds;
pub use multiple_comparisons::{Correction, benjamini_hochberg, benjamini_yekutieli, holm};
pub use noise_ceiling::ChoiceNoiseCeiling;
pub use power::PlannedDesign;
pub use ranks::{Rank, Ranks};
pub use resampling::Resample;
pub(crate) use resampling::{ReplicateVariances, dual_variance};
pub use variance_components::VarianceComponents;

pub(crate) use bootstrap::percentile_interval;
pub(crate) use cluster_covariance::{ClusterCovariance, Contribution};
pub(crate) use cluster_sums::{ClusterSums, are_valid};
pub(crate) use clustered::{Levels, check_length, mean_over_trials};
pub(crate) use clustered_values::{Term, linearized, weighted_mean};
pub(crate) use level::{
    Cell, Level, object_cells, pair_keys, pair_level, sum_by_key, triple_key, triple_level,
};
pub(crate) use resampling::{draw_counts, small_sample};
