//! RDMs and their comparison, CKA, and features in double precision.

#[path = "../common/mod.rs"]
mod common;

mod cka;
mod classical_mds;
mod crossnobis;
mod double_precision;
mod inverse_mds;
mod rdm_scaling;
mod rdm_sets;
mod rdm_ties;
mod rsa_definitions;
mod rsa_models;
mod rsa_references;
