//! A guide to common tasks, each with a short example.
//!
//! | page | tasks |
//! |---|---|
//! | [`bring_your_data`] | score your own features, load THINGS, stream trials from a file |
//! | [`read_the_numbers`] | compare models, noise ceilings of RSA, CKA of layers, calibration, figures |
//! | [`learn_a_transform`] | probe with nested cross-validation, ridge regression, saving and applying transforms |
//! | [`large_data`] | time and memory against the size of the data, features of many images and networks |
//! | [`speed`] | durations, beside the minimal work |
//! | [`reference_numbers`] | results on published data, to compare your own with |
//! | [`extend`] | a network, a data set and a metric of your own |
//!
//! All examples are compiled as tests of the crate, and run unless they read your files. Most use
//! small generated data, so that they can be copied into a new program. A function that contains an
//! example returns `human_alignment::Result<()>`.

#[doc = include_str!("bring_your_data.md")]
pub mod bring_your_data {}

#[doc = include_str!("read_the_numbers.md")]
#[cfg_attr(feature = "figures", doc = include_str!("figure.md"))]
pub mod read_the_numbers {}

#[doc = include_str!("learn_a_transform.md")]
pub mod learn_a_transform {}

#[doc = include_str!("large_data.md")]
pub mod large_data {}

#[doc = include_str!("speed.md")]
pub mod speed {}

#[doc = include_str!("reference_numbers.md")]
pub mod reference_numbers {}

#[doc = include_str!("extend.md")]
#[cfg_attr(feature = "extract", doc = include_str!("network.md"))]
#[doc = include_str!("own_traits.md")]
pub mod extend {}
