//! Probes, ridge regression, transfer and model recovery.

#[path = "../common/mod.rs"]
mod common;

mod embedding;
mod embedding_checkpoint;
mod embedding_streamed;
mod isotropic_probe;
mod mini_batch_probe;
mod model_recovery;
mod probe;
mod probe_coverage;
mod probe_cross_validation;
mod ridge_definitions;
mod ridge_references;
mod simulated;
mod transfer;
mod transform_application;
