//! Inference: intervals, calibration, agreement, analyses by concept and of drivers.

#[path = "../common/mod.rs"]
mod common;

mod accuracy_coverage;
mod agreement;
mod calibration;
mod choice_noise_ceiling;
mod choices;
mod comparisons;
mod concept_embedding;
mod concepts;
mod drivers;
mod families;
mod folds;
mod individuals;
mod labels;
mod people_coverage;
mod rsa_coverage;
mod trial_groups;
mod uncertainty;
