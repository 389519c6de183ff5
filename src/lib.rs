//! Alignment of neural network representations with human similarity judgments.
//!
//! A *representation* is a matrix of features with one row per stimulus. This crate compares
//! representations with human judgments of the same stimuli, and reports standard errors,
//! confidence intervals and noise ceilings. The methods are those of Muttenthaler, Dippel,
//! Linhardt, Vandermeulen & Kornblith, "Human alignment of neural network representations" (ICLR
//! 2023, arXiv 2211.01201).
//!
//! ```text
//! RepresentationSource ──► Representation ─┐
//!                                          ├─► AlignmentMetric ─► Score
//! SimilarityDataset ─────► judgments ──────┘
//! ```
//!
//! Rows are matched by stimulus id, never by position if both sides have ids. Undefined results
//! (such as the cosine of a zero vector) are errors that name the stimulus. Ties are counted and,
//! by default, are not correct, so that a collapsed representation gets a low accuracy.
//!
//! ```
//! use human_alignment::dataset::SimulatedObserver;
//! use human_alignment::{AlignmentMetric, Representation, SimilarityDataset, Similarity, Stimuli};
//! use human_alignment::ZeroShotOddOneOut;
//! use human_alignment::ndarray::Array2;
//!
//! // Four animals and four vehicles, with two features.
//! let stimuli = Stimuli::new(["cat", "dog", "cow", "pig", "car", "bus", "tram", "truck"])?;
//! let features = Array2::from_shape_fn((8, 2), |(row, column)| {
//!     if row / 4 == column { 3.0 + row as f32 / 10.0 } else { 0.5 }
//! });
//! let representation = Representation::new(stimuli, features)?;
//!
//! // A simulated observer, whose choices follow the representation, answers 1,000 trials.
//! let people = SimulatedObserver::new(representation.clone())?.odd_one_out(1000, 1)?;
//! let metric = ZeroShotOddOneOut::new(Similarity::Dot);
//! let score = metric.score(&representation, people.judgments())?;
//! println!("{}: {score}", people.name());
//! assert!(score.interval.contains(score.accuracy));
//! # Ok::<(), human_alignment::Error>(())
//! ```
//!
//! # Where to start
//!
//! Each task has a short example in the [`guide`].
//!
//! | task | example |
//! |---|---|
//! | score your own features | [guide](guide::bring_your_data#score-your-own-features) |
//! | load THINGS | [guide](guide::bring_your_data#load-things) |
//! | stream trials from a file | [guide](guide::bring_your_data#stream-trials), `--example shards` |
//! | compare five models | [guide](guide::read_the_numbers#compare-five-models), `--example compare_representations` |
//! | RSA with a noise ceiling | [guide](guide::read_the_numbers#rsa-with-a-noise-ceiling), `--example rsa` |
//! | CKA of layers | [guide](guide::read_the_numbers#cka-of-layers), `--example cka` |
//! | calibrate choice probabilities | [guide](guide::read_the_numbers#calibration) |
//! | draw a figure | [guide](guide::read_the_numbers#draw-a-figure) |
//! | fit a probe with nested folds | [guide](guide::learn_a_transform#probe-with-nested-cross-validation), `--example probe` |
//! | learn sparse dimensions from choices | [`embedding`], `--example embed` |
//! | save and apply a transform | [guide](guide::learn_a_transform#save-and-apply-a-transform), `--example transfer` |
//! | ridge regression | [guide](guide::learn_a_transform#ridge-regression), `--example ridge` |
//! | extract features from images | [`extract`][extract], `--example extract` |
//! | use a network of your own | [guide](guide::extend#a-network-of-your-own) |
//! | use a metric of your own | [guide](guide::extend#a-metric-of-your-own); in a table of models: [`study`] |
//!
//! [`guide::read_the_numbers`] explains the results, [`formats`] describes files, and [`error`]
//! describes errors. The examples are programs with command lines: `cargo run --release --example
//! rsa -- --help` in the repository.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `extract` | yes | [`extract`][extract]: features from images with neural networks, through candle; [list of architectures][architectures] |
//! | `figures` | no | [`figure`][figure]: figures in SVG and PNG files |
//! | `hub` | no | download of published weights from the Hugging Face hub |
//! | `cuda`, `cudnn`, `metal` | no | extraction on a GPU, forwarded to candle |
//! | `mkl`, `accelerate` | no | matrix products of candle by Intel MKL or Apple Accelerate |
//!
//! With `default-features = false` the crate has no networks, and depends on 118 instead of 194
//! crates. Arrays are those of [`ndarray`], which is re-exported.
//!
//! Dependencies do the numerical work and are 12 to 74 times slower without optimization. Add these
//! lines to the `Cargo.toml` of your own project, or use release builds:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! ```
//!
//! # Reproducibility
//!
//! Results do not depend on the number of threads. The same seed gives the same random numbers on
//! every platform, and preprocessed images and everything that is counted or ranked from given
//! numbers are the same everywhere. Products of matrices are rounded differently by processors with
//! other vector instructions (such as AVX2 or AVX-512), so that features of networks, similarities,
//! RDMs, CKA, ridge regression and probes agree in all but the last digits. Values that are equal
//! within these rounding errors are ties.
//!
//! # Modules
//!
//! | module | content |
//! |---|---|
//! | [`representation`] | features, their provenance, and files of features |
//! | [`stimuli`] | sets of stimulus ids, and how the rows of two sets are matched |
//! | [`judgment`] | human judgments: odd-one-out and anchored trials |
//! | [`rdm`] | representational dissimilarity matrices (RDMs) of participants and representations |
//! | [`dataset`] | published data sets, files of trials and of RDMs, generated and simulated trials |
//! | [`similarity`] | similarity measures: dot, cosine, Pearson, negative (squared) Euclidean |
//! | [`metric`] | alignment metrics: zero-shot odd-one-out, representational similarity, CKA |
//! | [`probe`] | linear transforms learned from choices: a convex probe with a certificate, and the published recipes |
//! | [`embedding`] | sparse non-negative embeddings learned from choices: SPoSE, VICE |
//! | [`recovery`] | model recovery: whether a comparison by probes identifies the model that made the choices |
//! | [`transfer`](mod@transfer) | whether a transform learned from one data set improves alignment with another |
//! | [`calibration`] | calibration of choice probabilities, and temperature scaling |
//! | [`agreement`] | agreement and error consistency of participants, language models and representations |
//! | [`individual`] | accuracies of single participants, with shrinkage, and how much people differ |
//! | [`uncertainty`] | whether a model is uncertain where participants disagree or take long |
//! | [`concept`] | alignment by human concept dimensions and categories |
//! | [`transform`] | linear transforms of representations |
//! | [`extract`][extract] | feature extraction from images with neural networks (feature `extract`) |
//! | [`figure`][figure] | figures in SVG and PNG files (feature `figures`) |
//! | [`ridge`] | ridge regression from a representation to target variables |
//! | [`study`] | tables of many models, data sets and metrics |
//! | [`inference`] | standard errors, bootstrap, noise ceilings, comparisons, multiple testing |
//! | [`error`] | the error type of the crate |
//! | [`formats`] | file formats |
//! | [`guide`] | examples of common tasks |

// Links to modules that a build without their feature does not have.
#![cfg_attr(feature = "extract", doc = "", doc = "[extract]: mod@extract")]
#![cfg_attr(
    feature = "extract",
    doc = "",
    doc = "[architectures]: extract::Architecture#list-of-architectures"
)]
#![cfg_attr(
    not(feature = "extract"),
    doc = "",
    doc = "[extract]: https://docs.rs/human-alignment/latest/human_alignment/extract/"
)]
#![cfg_attr(
    not(feature = "extract"),
    doc = "",
    doc = "[architectures]: https://docs.rs/human-alignment/latest/human_alignment/extract/struct.Architecture.html"
)]
#![cfg_attr(feature = "figures", doc = "", doc = "[figure]: mod@figure")]
#![cfg_attr(
    not(feature = "figures"),
    doc = "",
    doc = "[figure]: https://docs.rs/human-alignment/latest/human_alignment/figure/"
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod agreement;
pub mod calibration;
pub mod concept;
pub mod dataset;
pub mod embedding;
pub mod error;
#[cfg(feature = "extract")]
pub mod extract;
#[cfg(feature = "figures")]
pub mod figure;
mod fingerprint;
pub mod formats;
pub mod guide;
mod images;
pub mod individual;
pub mod inference;
mod io;
pub mod judgment;
mod linalg;
pub mod metric;
mod names;
pub mod probe;
pub mod rdm;
pub mod recovery;
pub mod representation;
pub mod ridge;
pub mod similarity;
mod softmax;
pub mod stimuli;
pub mod study;
pub mod transfer;
pub mod transform;
pub mod uncertainty;

/// The version of `ndarray` whose arrays the crate uses.
pub use ndarray;

pub use agreement::{AgreementMatrix, Choices, ErrorConsistency};
pub use calibration::TemperatureScaling;
pub use concept::ConceptEmbedding;
pub use dataset::SimilarityDataset;
pub use error::{Error, ErrorKind, Result};
pub use images::{ImageFiles, ImageOrder};
pub use judgment::{
    Anchored, AnchoredTask, OddOneOut, OddOneOutTask, Task, TrialParticipants, Trials,
};
pub use metric::AlignmentMetric;
pub use metric::cka::Cka;
pub use metric::odd_one_out::ZeroShotOddOneOut;
pub use metric::rsa::RepresentationalSimilarity;
pub use probe::Probe;
pub use rdm::{Dissimilarity, Rdm, RdmSet};
pub use representation::{
    Features, FeaturesView, FileSource, Provenance, Representation, RepresentationSource,
};
pub use ridge::Ridge;
pub use similarity::{Precision, Similarity};
pub use stimuli::Stimuli;
pub use transfer::{transfer, transfer_across};
pub use transform::LinearTransform;

/// The examples of the README, run as doc tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
