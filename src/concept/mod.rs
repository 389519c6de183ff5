//! Concepts: which of people's dimensions does a representation miss?
//!
//! A human embedding, such as VICE or SPoSE, describes objects by dimensions that people can name
//! (animal-related, round, red), each a number that is not negative. A choice turns on the dimension that
//! the chosen pair has most of, so that accuracies and costs can be told apart by dimension, or by the
//! category of the objects.
//!
//! | what | by |
//! |---|---|
//! | dimensions with names, and which of them choices turn on | [`ConceptEmbedding`] |
//! | trials by dimension, by category, by whether the human embedding predicts them | [`TrialGroups`] |
//! | accuracy and cross-entropy by group, against the whole | [`GroupAnalysis`] |
//! | trials in which every one of several models fails | [`shared_failures`] |
//!
//! What is to be analysed comes as the credits of the trials: of a representation
//! ([`Outcomes::credits`](crate::metric::odd_one_out::Outcomes::credits)) or of a source without one
//! ([`Choices::credits`](crate::agreement::Choices::credits)).
//!
//! How well each dimension can be predicted from a representation is the R² of a cross-validated
//! [`Ridge`](crate::Ridge) regression; [`ConceptEmbedding::label`] puts names to it.
//!
//! ```
//! use human_alignment::concept::{ConceptEmbedding, GroupAnalysis, TrialGroups};
//! use human_alignment::dataset::SimulatedObserver;
//! use human_alignment::{Representation, SimilarityDataset, Similarity, Stimuli, ZeroShotOddOneOut};
//! use ndarray::Array2;
//!
//! // Forty objects with an animal, a round and a red side to them, and an observer who sees all three.
//! let features = Array2::from_shape_fn((40, 3), |(i, j)| ((i * (3 * j + 5) + j) % 7) as f32 / 2.0);
//! let human = Representation::new(Stimuli::numbered(40), features.clone())?;
//! let people = SimulatedObserver::new(human.clone())?.odd_one_out(5000, 1)?;
//! let trials = people.judgments();
//! // A model that sees no colour.
//! let mut colourless = features;
//! colourless.column_mut(2).fill(0.0);
//! let model = Representation::new(Stimuli::numbered(40), colourless)?;
//!
//! let embedding = ConceptEmbedding::new(human)?.with_names(["animal", "round", "red"])?;
//! let groups = TrialGroups::by_dimension(&embedding, trials, 1)?;
//! let metric = ZeroShotOddOneOut::new(Similarity::Dot);
//! let outcomes = metric.outcomes(&model, trials)?;
//! let found = GroupAnalysis::default().run(trials, &groups, outcomes.credits(), None)?;
//! let worst = found.by_accuracy()[0];
//! assert_eq!(worst.name, "red");
//! assert!(worst.adjusted_p_value.unwrap() < 0.01);
//! # Ok::<(), human_alignment::Error>(())
//! ```

mod analysis;
mod embedding;
mod failures;
mod groups;
mod labels;

pub use analysis::{GroupAlignment, GroupAnalysis, GroupedAlignment};
pub use embedding::ConceptEmbedding;
pub use failures::{GroupFailures, SharedFailures, shared_failures};
pub use groups::{Membership, TrialGroups};
pub use labels::read_labels;
