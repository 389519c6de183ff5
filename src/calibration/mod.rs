//! Calibration: the agreement of predicted probabilities with the frequencies of human choices.
//!
//! A representation gives each pair of a question a probability, softmax(similarity / temperature).
//! Probabilities are calibrated if, for example, 70 % of the choices with a predicted probability
//! of 0.7 are made.
//!
//! | task | item |
//! |---|---|
//! | fit the temperature that minimizes the cross-entropy | [`TemperatureScaling`] |
//! | repeat the published search over a grid of temperatures | [`PublishedSearch`] |
//! | combine probabilities, of a representation or any other source, with human choices | [`Predictions`] |
//! | compute a reliability diagram and calibration errors | [`ReliabilityTable`] |
//! | estimate the calibration error without its bias, and test calibration | [`CalibrationErrorEstimate`] |
//! | compute cross-entropy, Brier score and calibration errors | [`CalibrationScore`] |
//!
//! Human choices are given as [`ChoiceFrequencies`](crate::judgment::ChoiceFrequencies): counts of
//! trials, with repeated questions merged or not, or probabilities.
//!
//! ```
//! use human_alignment::calibration::{Bins, Predictions, ReliabilityTarget, TemperatureScaling};
//! use human_alignment::dataset::SimulatedObserver;
//! use human_alignment::judgment::ChoiceFrequencies;
//! use human_alignment::{Representation, Similarity, SimilarityDataset, Stimuli};
//! use human_alignment::ZeroShotOddOneOut;
//! use ndarray::Array2;
//!
//! // An observer who is more certain than the similarities predict at temperature 1.
//! let values = |(i, j): (usize, usize)| ((i * (2 * j + 3) * 11 + j) % 31) as f32 / 16.0;
//! let features = Array2::from_shape_fn((30, 4), values);
//! let representation = Representation::new(Stimuli::numbered(30), features)?;
//! let observer = SimulatedObserver::new(representation.clone())?.with_temperature(0.4)?;
//! let simulated = observer.odd_one_out(5000, 1)?;
//!
//! let choices = ChoiceFrequencies::from_trials(simulated.judgments());
//! let fit = TemperatureScaling::new(Similarity::Dot).fit(&representation, &choices)?;
//! let temperature = fit.temperature().expect("the observer is neither certain nor at chance");
//! assert!((temperature - 0.4).abs() < 0.05);
//!
//! let metric = ZeroShotOddOneOut::new(Similarity::Dot).with_temperature(temperature)?;
//! let predictions = Predictions::from_metric(&metric, &representation, &choices)?;
//! let table = predictions.reliability(ReliabilityTarget::TopPair, Bins::equal_width(10)?);
//! assert!(table.expected_calibration_error < 0.03);
//! # Ok::<(), human_alignment::Error>(())
//! ```

mod answers;
mod bins;
mod calibration_error;
mod expected_accuracy;
mod objective;
mod predictions;
mod published;
mod reliability;
mod score;
mod temperature;

pub use bins::{BinRule, Bins};
pub use calibration_error::CalibrationErrorEstimate;
pub use predictions::Predictions;
pub use published::{PublishedSearch, SearchCriterion, SearchPoint, TemperatureSearchResult};
pub use reliability::{ReliabilityBin, ReliabilityTable, ReliabilityTarget};
pub use score::CalibrationScore;
pub use temperature::{BestTemperature, TemperatureFit, TemperatureScaling};
