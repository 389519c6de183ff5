//! Inference: intervals, calibration, agreement, analyses by concept and of drivers.

#[path = "../common/mod.rs"]
mod common;

mod accuracy_coverage;
mod agreement;
mod calibration;
mod concepts;
mod drivers;
mod rsa_coverage;
