//! How human is this representation?
//!
//! A *representation* (a matrix, one row of features a stimulus) is held against what people said
//! about the same stimuli, and the answer comes with its uncertainty and its ceiling. The methods
//! are those of Muttenthaler, Dippel, Linhardt, Vandermeulen & Kornblith, "Human alignment of neural
//! network representations" (ICLR 2023, arXiv 2211.01201).
//!
//! ```text
//! RepresentationSource ──► Representation ─┐
//!                                          ├─► AlignmentMetric ─► Score
//! SimilarityDataset ─────► judgments ──────┘
//! ```
//!
//! Rows are matched by stimulus id, never by position; what is undefined is an error that names the
//! stimulus, never a number; and ties are counted, so that a collapsed representation can't score.
//!
//! ```
//! use human_alignment::dataset::SimulatedObserver;
//! use human_alignment::{AlignmentMetric, Representation, SimilarityDataset, Similarity, Stimuli};
//! use human_alignment::ZeroShotOddOneOut;
//! use ndarray::Array2;
//!
//! // Four animals and four vehicles, in two made-up dimensions.
//! let stimuli = Stimuli::new(["cat", "dog", "cow", "pig", "car", "bus", "tram", "truck"])?;
//! let features = Array2::from_shape_fn((8, 2), |(row, column)| {
//!     if row / 4 == column { 3.0 + row as f32 / 10.0 } else { 0.5 }
//! });
//! let representation = Representation::new(stimuli, features)?;
//!
//! // An observer who sees the stimuli as the representation has them answers 1,000 trials.
//! let people = SimulatedObserver::new(representation.clone())?.odd_one_out(1000, 1)?;
//! let metric = ZeroShotOddOneOut::new(Similarity::Dot);
//! let score = metric.score(&representation, people.judgments())?;
//! println!("{}: {score}", people.name());
//! assert!(score.interval.contains(score.accuracy));
//! # Ok::<(), human_alignment::Error>(())
//! ```
//!
//! # Where to find what
//!
//! | module | what |
//! |---|---|
//! | [`representation`] | features and where they come from; files |
//! | [`judgment`] | what people said: odd-one-out and anchored trials |
//! | [`rdm`] | dissimilarities of all pairs, of people and of representations |
//! | [`dataset`] | published data sets, files of triplets and of RDMs, labels, simulated observers |
//! | [`similarity`] | the hot kernel: dot, cosine, Pearson, negative (squared) Euclidean |
//! | [`metric`] | metrics of alignment: zero-shot odd-one-out, centred kernel alignment |
//! | [`probe`] | the linear transform that explains choices best, with proof; the published recipes |
//! | [`recovery`] | whether the right model would win a comparison by probes |
//! | [`transfer`](mod@transfer) | whether what was learned from one data set helps with another |
//! | [`calibration`] | whether choices are as probable as a representation says; temperature |
//! | [`agreement`](mod@agreement) | who agrees with whom: people, language models, representations; consistent errors |
//! | [`concept`] | which of people's dimensions and categories a representation misses |
//! | [`transform`] | linear transforms of representations |
//! | `extract` | image files to the numbers that networks were trained on (feature `extract`) |
//! | `figure` | figures in SVG and PNG files (feature `figures`) |
//! | [`ridge`] | ridge regression: targets predicted from a representation |
//! | [`study`] | many models, several data sets, every metric: one table, and what it says |
//! | [`inference`] | standard errors, bootstrap, noise ceiling, comparisons, many tests at once |

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

pub use agreement::{Choices, agreement, error_consistency};
pub use calibration::TemperatureScaling;
pub use concept::ConceptEmbedding;
pub use dataset::SimilarityDataset;
pub use error::{Error, ErrorKind, Result};
pub use images::{ImageFiles, ImageOrder};
pub use judgment::{Anchored, AnchoredTask, OddOneOut, OddOneOutTask, Participants, Task, Trials};
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

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
