//! Inference: intervals, calibration, agreement, analyses by concept and of drivers.

#[path = "../common/mod.rs"]
mod common;

mod accuracy_coverage;
mod agreement;
mod calibration;
mod choice_ceiling_coverage;
mod choice_noise_ceiling;
mod choices;
mod comparisons;
mod concept_embedding;
mod concepts;
mod drivers;
mod families_coverage;
mod folds;
mod labels;
mod rsa_coverage;
mod trial_groups;
