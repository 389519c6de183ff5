//! Agreement between sources of choices: representations, participants, language models.
//!
//! Sources that answer the same questions can be compared, with or without a representation.
//! [`Choices`] contain the choices of a source, by question.
//!
//! | measure | function |
//! |---|---|
//! | how often two sources choose the same pair, and how much more often than by chance (Cohen's κ) | [`AgreementMatrix::new`] |
//! | how often two sources are correct or wrong together, and how much more often than by chance (error consistency) | [`ErrorConsistency::new`] |
//! | agreement of participants with each other in the questions that they share, and which participants agree unusually little | [`ParticipantAgreement::new`] |
//!
//! ```
//! use human_alignment::agreement::{Choices, AgreementMatrix, ErrorConsistency};
//! use human_alignment::inference::Confidence;
//! use human_alignment::{OddOneOut, Representation, Stimuli, ZeroShotOddOneOut};
//! use ndarray::array;
//!
//! let stimuli = Stimuli::new(["cat", "dog", "car", "bus", "ham", "egg", "jam"])?;
//! let people = OddOneOut::new(stimuli.clone(), vec![[0, 1, 2], [4, 5, 3], [2, 3, 6], [5, 6, 0]])?;
//! // The answers of a language model, in another order; the last answer differs.
//! let answers = OddOneOut::new(stimuli.clone(), vec![[6, 5, 0], [2, 3, 6], [1, 0, 2], [4, 3, 5]])?;
//! let features = array![[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9], [0.9, 1.0], [0.7, 0.7], [0.8, 0.7]];
//! let network = Representation::new(stimuli, features)?;
//!
//! let metric = ZeroShotOddOneOut::default();
//! let of_people = Choices::from_trials("people", &people);
//! let of_answers = Choices::from_trials("language model", &answers);
//! let of_network = Choices::from_representation("network", &metric, &network, &people)?;
//!
//! let sources = [&of_people, &of_answers, &of_network];
//! let found = AgreementMatrix::new(&sources, Confidence::default())?;
//! assert_eq!(found.n_questions, 4);
//! assert_eq!(found.agreements()[[0, 1]], 0.75);
//! let errors = ErrorConsistency::new(&of_people, &sources[1..], Confidence::default())?;
//! assert_eq!(errors.accuracies[0].value, 0.75);
//! # Ok::<(), human_alignment::Error>(())
//! ```

mod choices;
mod error_consistency;
mod join;
mod kappa;
mod matrix;
mod participants;

pub use choices::Choices;
pub use error_consistency::ErrorConsistency;
pub use kappa::PairAgreement;
pub use matrix::AgreementMatrix;
pub use participants::{AgreementWithOthers, ParticipantAgreement, ParticipantPair};
