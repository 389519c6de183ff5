//! How sure we are: standard errors, intervals, ceilings and comparisons.

mod bootstrap;
mod cluster_sums;
mod clustered;
mod comparison;
mod credit;
mod estimate;
mod multiple_comparisons;
mod noise_ceiling;

pub use bootstrap::{Bootstrapped, ObjectBootstrap};
pub use clustered::clustered_mean;
pub use comparison::{Comparison, compare};
pub use credit::Credit;
pub use estimate::{Confidence, Estimate, Interval};
pub use multiple_comparisons::benjamini_hochberg;
pub use noise_ceiling::{NoiseCeiling, noise_ceiling};

pub(crate) use cluster_sums::{ClusterSums, are_valid};
pub(crate) use clustered::{
    Cell, Levels, check_length, mean_over_trials, object_cells, pair_keys, triple_key,
};
