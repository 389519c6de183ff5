//! How sure we are: standard errors, intervals, ceilings and comparisons.
//!
//! # Object-level standard errors
//!
//! Trials with an object in common are correlated, because the object is hard or easy in all of
//! them. The variance of the mean of *T* values with residuals *eₜ* is estimated by the sum of
//! eₜeᵤ over all pairs of trials that share at least one object. Counting each such pair once is
//! inclusion–exclusion over objects, pairs and triples of objects (the multiway cluster-robust
//! variance of Cameron, Gelbach & Miller 2011, in the form that Aronow, Samii & Assenova 2015 give
//! it for dyads, for triads):
//!
//! V = \[ Σᵢ Rᵢ² − Σᵢⱼ Rᵢⱼ² + Σᵢⱼₖ Rᵢⱼₖ² \] / T²,
//!
//! with *Rᵢ*, *Rᵢⱼ*, *Rᵢⱼₖ* the sums of residuals over the trials that contain that object, pair or
//! triple. The last of the three sums alone is a lower bound that is never gone below.
//!
//! Residuals are taken from the estimated mean, which shrinks V by the share *f* of pairs of trials
//! (ordered, each with itself included) that have an object in common; *f* is the same expression
//! with every residual replaced by 1. So the standard error is √(V / (1 − f)), which for trials that
//! share nothing has the familiar T − 1. Intervals and tests are Student's t with one degree of
//! freedom fewer than objects, or than trials where those are fewer.

mod bootstrap;
mod cluster_sums;
mod clustered;
mod clustered_values;
mod comparison;
mod credit;
mod estimate;
mod folds;
mod level;
mod multiple_comparisons;
mod noise_ceiling;
mod resampling;

pub use bootstrap::{Bootstrapped, ObjectBootstrap};
pub use clustered::clustered_mean;
pub use clustered_values::clustered_mean_of;
pub use comparison::{Comparison, compare};
pub use credit::Credit;
pub use estimate::{Confidence, Estimate, Interval};
pub use folds::Folds;
pub use multiple_comparisons::{benjamini_hochberg, bonferroni};
pub use noise_ceiling::{NoiseCeiling, noise_ceiling};
pub use resampling::{ReplicateVariances, Resample, dual_variance};

pub(crate) use bootstrap::percentile_interval;
pub(crate) use cluster_sums::{ClusterSums, are_valid};
pub(crate) use clustered::{Levels, check_length, mean_over_trials};
pub(crate) use clustered_values::{Term, linearized, weighted_mean};
pub(crate) use level::{
    Cell, Level, object_cells, pair_keys, pair_level, sum_by_key, triple_key, triple_level,
};
pub(crate) use resampling::{draw_counts, small_sample};
