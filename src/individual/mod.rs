//! Individual differences: the accuracy of a model for each participant.
//!
//! Accuracies of participants with few trials vary by chance. [`RandomEffects`] separates this
//! variation from differences between people, and [`ParticipantAccuracies`] shrinks each accuracy
//! towards the mean accordingly. [`ParticipantAgreement`](crate::agreement::ParticipantAgreement)
//! computes the agreement of participants with each other.
//!
//! ```
//! use human_alignment::dataset::SimulatedObserver;
//! use human_alignment::individual::ParticipantAccuracies;
//! use human_alignment::inference::Confidence;
//! use human_alignment::{Representation, Similarity, SimilarityDataset, Stimuli, ZeroShotOddOneOut};
//! use ndarray::Array2;
//!
//! let features = Array2::from_shape_fn((30, 3), |(i, j)| ((i * (3 * j + 5) + j) % 7) as f32 / 4.0);
//! let model = Representation::new(Stimuli::numbered(30), features)?;
//! let people = SimulatedObserver::new(model.clone())?.with_participants(8)?.odd_one_out(100, 1)?;
//!
//! let metric = ZeroShotOddOneOut::new(Similarity::Dot);
//! let outcomes = metric.outcomes(&model, people.judgments())?;
//! let confidence = Confidence::default();
//! let found = ParticipantAccuracies::new(people.judgments(), outcomes.credits(), confidence)?;
//! // These participants are alike.
//! assert!(found.distribution.p_value > 0.05 && found.n_at_or_below_chance == 0);
//! # Ok::<(), human_alignment::Error>(())
//! ```

mod accuracy;
mod random_effects;
mod shrinkage;

pub use accuracy::{ParticipantAccuracies, ParticipantAccuracy};
pub use random_effects::RandomEffects;
pub use shrinkage::{Shrunken, shrink};
