//! Uncertainty alignment: whether a representation is undecided where participants disagree.
//!
//! A representation assigns a probability to each option of a question. The entropy of these
//! probabilities is compared with the entropy of the answers that participants gave to the same
//! question, over questions with several answers. The accuracy does not measure this: two
//! representations with the same choices can be certain about different questions.
//!
//! | task | item |
//! |---|---|
//! | entropy of the answers to each question, corrected for their finite number | [`Disagreement`], [`answer_entropy`] |
//! | correlation of model and human entropies, their linear relation, means by bin, and the ceiling from split halves | [`UncertaintyAnalysis`] |
//! | correlation of any two values per trial | [`TrialCorrelation`] |
//! | correlation of model entropies with response times | [`TrialCorrelation::of_response_times`] |
//!
//! Questions share objects, and answers share participants. Standard errors are therefore those of
//! [`clustered_mean_of`](crate::inference::clustered_mean_of), applied to the influence of each
//! answer on the statistic (the delta method).
//!
//! ```
//! use human_alignment::dataset::SimulatedObserver;
//! use human_alignment::uncertainty::UncertaintyAnalysis;
//! use human_alignment::{Representation, Similarity, SimilarityDataset, Stimuli, ZeroShotOddOneOut};
//! use ndarray::Array2;
//!
//! // Thirty observers, whose choices follow the representation, answer 60 questions each.
//! let features = Array2::from_shape_fn((20, 3), |(i, j)| ((i * (3 * j + 5) + j) % 7) as f32 / 4.0);
//! let model = Representation::new(Stimuli::numbered(20), features)?;
//! let people = SimulatedObserver::new(model.clone())?.with_participants(30)?.odd_one_out(60, 1)?;
//!
//! let metric = ZeroShotOddOneOut::new(Similarity::Dot);
//! let found = UncertaintyAnalysis::default().run(&metric, &model, people.judgments())?;
//! assert!(found.spearman.interval.lower > 0.5);
//! # Ok::<(), human_alignment::Error>(())
//! ```

mod alignment;
mod correlation;
mod disagreement;
mod influence;
mod reliability;
mod response_times;

pub use alignment::{EntropyBin, UncertaintyAlignment, UncertaintyAnalysis};
pub use correlation::{Correlation, TrialCorrelation};
pub use disagreement::{Disagreement, answer_entropy};
pub use reliability::{SplitHalf, UncertaintyCeiling};
