//! Extraction of representations from neural networks: from images and weights to the output of any
//! named module.
//!
//! An [`Architecture`] and its [`Weights`] make a [`Network`], whose [`Tap`]s select the modules
//! that are read. [`preprocess`] converts image files to the input of a network, and an
//! [`Extraction`] computes the features of many images.

mod architecture;
mod builder;
mod device;
pub(crate) mod error;
mod extraction;
mod flow;
#[cfg(feature = "hub")]
mod hub;
mod layers;
mod mismatch;
mod models;
mod module;
mod nearest;
mod network;
mod outline;
pub mod preprocess;
mod published;
mod tap;
mod taps;
#[cfg(test)]
mod tests;
mod weights;

pub use architecture::Architecture;
pub use device::Device;
pub use extraction::{
    Extraction, ExtractionProgress, ExtractionResult, NetworkSource, Shard, UnreadablePolicy,
    join_shards,
};
#[cfg(feature = "hub")]
pub use hub::Hub;
pub use network::{Network, TapShape};
pub use published::{ModelName, PublishedWeights};
pub use tap::{Pooling, Tap};
pub use weights::{SelectedWeights, Weights};
