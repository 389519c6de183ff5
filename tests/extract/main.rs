//! Features of images from networks.

#[path = "../common/mod.rs"]
mod common;

mod architectures;
mod checkpoint_files;
mod checkpoints;
mod extraction;
mod image_decoding;
mod mismatches;
mod modules_after;
mod preprocessing;
mod published;
mod references;
mod trained_networks;
mod training_settings;
mod transformers;
mod unusual_images;
