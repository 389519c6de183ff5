//! RDMs and their comparison, CKA, and features in double precision.

#[path = "../common/mod.rs"]
mod common;

mod cka;
mod double_precision;
mod rdm_ties;
mod rsa_definitions;
mod rsa_models;
mod rsa_references;
