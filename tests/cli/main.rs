//! The examples as programs: output, exit codes, messages.
//!
//! A plain `cargo test` builds the examples; before `cargo test --test cli`, run `cargo build --examples`.

#[path = "../common/mod.rs"]
mod common;

mod cka;
#[cfg(all(feature = "extract", feature = "figures"))]
mod embed;
#[cfg(feature = "extract")]
mod extract;
mod field_cases;
#[cfg(feature = "extract")]
mod hostile_files;
mod odd_one_out;
mod power;
mod probe;
mod rdm_files;
mod recovery;
mod ridge;
mod rsa;
#[cfg(all(feature = "extract", feature = "figures"))]
mod study;
mod things_human;
mod transfer;
mod unused_flags;
