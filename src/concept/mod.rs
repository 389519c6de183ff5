//! Alignment by concept: the human dimensions or categories for which a representation fails.
//!
//! A human embedding, such as VICE or SPoSE, describes objects by dimensions that have names
//! (animal-related, round, red). Its values are not negative. The dimension that is largest in the
//! chosen pair is taken to explain the choice, so that accuracy and cross-entropy can be computed
//! by dimension, or by the category of the objects.
//!
//! | task | item |
//! |---|---|
//! | dimensions with names, and the dimensions that determine choices | [`ConceptEmbedding`] |
//! | trials by dimension, by category, or by whether the human embedding predicts them | [`TrialGroups`] |
//! | accuracy and cross-entropy by group, compared with all trials | [`GroupAnalysis`] |
//! | accuracy by group, compared with what is expected if a model's choice probabilities are correct | [`ExpectedAccuracy`] |
//! | difference between two models by group | [`GroupAnalysis::compare`] |
//! | trials by a label of each trial, such as the level of similarity that it tests (global, local, class boundary) | [`TrialGroups::by_label`] |
//! | differences between groups | [`GroupDifference::all_pairs`] |
//! | trials in which all of several models fail | [`SharedFailures::new`] |
//! | trials in which all models of one family are correct and all of another are wrong | [`FamilyPartition::new`] |
//!
//! The functions take the credits of trials, of a representation
//! ([`Outcomes::credits`](crate::metric::odd_one_out::Outcomes::credits)) or of other choices
//! ([`Choices::credits`](crate::agreement::Choices::credits)).
//!
//! To measure how well each dimension can be predicted from a representation, use the R² of a
//! cross-validated [`Ridge`](crate::Ridge) regression; [`ConceptEmbedding::label`] adds the names.
//!
//! ```
//! use human_alignment::concept::{ConceptEmbedding, GroupAnalysis, TrialGroups};
//! use human_alignment::dataset::SimulatedObserver;
//! use human_alignment::{Representation, Similarity, SimilarityDataset, Stimuli};
//! use human_alignment::ZeroShotOddOneOut;
//! use ndarray::Array2;
//!
//! // Forty objects with the dimensions animal, round and red, and an observer who uses all three.
//! let values = |(i, j): (usize, usize)| ((i * (3 * j + 5) + j) % 7) as f32 / 2.0;
//! let features = Array2::from_shape_fn((40, 3), values);
//! let human = Representation::new(Stimuli::numbered(40), features.clone())?;
//! let people = SimulatedObserver::new(human.clone())?.odd_one_out(5000, 1)?;
//! let trials = people.judgments();
//! // A model without the dimension "red".
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
mod comparison;
mod differences;
mod embedding;
mod expected;
mod failures;
mod groups;
mod labels;
mod partition;

pub use analysis::{GroupAlignment, GroupAnalysis, GroupAnalysisResult};
pub use comparison::GroupComparison;
pub use differences::GroupDifference;
pub use embedding::ConceptEmbedding;
pub use expected::{ExpectedAccuracy, GroupExpectation};
pub use failures::{GroupFailures, SharedFailures};
pub use groups::{Membership, TrialGroups};
pub use labels::read_labels;
pub use partition::{FamilyPartition, FamilySeparation, FamilySummary, ModelFamily};
