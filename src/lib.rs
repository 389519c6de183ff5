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
//! use ndarray::Array2;
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
//! # Modules
//!
//! | module | content |
//! |---|---|
//! | [`representation`] | features, their provenance, and files of features |
//! | [`judgment`] | human judgments: odd-one-out and anchored trials |
//! | [`rdm`] | representational dissimilarity matrices (RDMs) of participants and representations |
//! | [`dataset`] | published data sets, files of trials and of RDMs, generated and simulated trials |
//! | [`similarity`] | similarity measures: dot, cosine, Pearson, negative (squared) Euclidean |
//! | [`metric`] | alignment metrics: zero-shot odd-one-out, representational similarity, CKA |
//! | [`probe`] | linear transforms learned from choices: a convex probe with a certificate, and the published recipes |
//! | [`recovery`] | model recovery: whether a comparison by probes identifies the model that made the choices |
//! | [`transfer`](mod@transfer) | whether a transform learned from one data set improves alignment with another |
//! | [`calibration`] | calibration of choice probabilities, and temperature scaling |
//! | [`AgreementMatrix::new`] | agreement and error consistency of participants, language models and representations |
//! | [`concept`] | alignment by human concept dimensions and categories |
//! | [`transform`] | linear transforms of representations |
//! | `extract` | feature extraction from images with neural networks (feature `extract`) |
//! | `figure` | figures in SVG and PNG files (feature `figures`) |
//! | [`ridge`] | ridge regression from a representation to target variables |
//! | [`study`] | tables of many models, data sets and metrics |
//! | [`inference`] | standard errors, bootstrap, noise ceilings, comparisons, multiple testing |

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod agreement;
pub mod calibration;
pub mod concept;
pub mod dataset;
pub mod error;
#[cfg(feature = "extract")]
pub mod extract;
#[cfg(feature = "figures")]
pub mod figure;
mod fingerprint;
pub mod formats;
mod images;
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
