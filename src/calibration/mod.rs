//! Calibration: are choices as probable as a representation says?
//!
//! A representation gives each pair of a question a probability, softmax(similarity / temperature).
//! They are calibrated where, of all choices that get a probability of 0.7, people make 70 %.
//!
//! | what | by |
//! |---|---|
//! | the temperature under which choices are most probable | [`TemperatureScaling`] |
//! | the published search over a grid of temperatures | [`PublishedSearch`] |
//! | probabilities beside people's choices, from a representation or from anywhere | [`Predictions`] |
//! | how often choices are made, by how probable they are said to be; calibration errors | [`ReliabilityTable`] |
//! | cross-entropy, Brier score, calibration errors at once | [`CalibrationScore`] |
//!
//! Choices come as [`ChoiceFrequencies`](crate::judgment::ChoiceFrequencies): those of trials, with
//! repeated questions put together or not, or probabilities in place of choices.
//!
//! ```
//! use human_alignment::calibration::{Bins, Predictions, ReliabilityTarget, TemperatureScaling};
//! use human_alignment::dataset::SimulatedObserver;
//! use human_alignment::judgment::ChoiceFrequencies;
//! use human_alignment::{Representation, SimilarityDataset, Similarity, Stimuli, ZeroShotOddOneOut};
//! use ndarray::Array2;
//!
//! // An observer who is surer than the similarities say.
//! let features = Array2::from_shape_fn((30, 4), |(i, j)| ((i * (2 * j + 3) * 11 + j) % 31) as f32 / 16.0);
//! let representation = Representation::new(Stimuli::numbered(30), features)?;
//! let observer = SimulatedObserver::new(representation.clone())?.with_temperature(0.4)?;
//! let simulated = observer.odd_one_out(5000, 1)?;
//!
//! let choices = ChoiceFrequencies::of(simulated.judgments());
//! let fit = TemperatureScaling::new(Similarity::Dot).fit(&representation, &choices)?;
//! let temperature = fit.temperature().expect("the observer is neither certain nor at chance");
//! assert!((temperature - 0.4).abs() < 0.05);
//!
//! let metric = ZeroShotOddOneOut::new(Similarity::Dot).with_temperature(temperature)?;
//! let predictions = Predictions::of(&metric, &representation, &choices)?;
//! let table = predictions.reliability(ReliabilityTarget::TopPair, Bins::equal_width(10)?);
//! assert!(table.expected_calibration_error < 0.03);
//! # Ok::<(), human_alignment::Error>(())
//! ```

mod bins;
mod objective;
mod predictions;
mod published;
mod reliability;
mod score;
mod temperature;

pub use bins::{BinRule, Bins};
pub use predictions::Predictions;
pub use published::{PublishedSearch, SearchCriterion, SearchPoint, TemperatureSearch};
pub use reliability::{ReliabilityBin, ReliabilityTable, ReliabilityTarget};
pub use score::CalibrationScore;
pub use temperature::{BestTemperature, TemperatureFit, TemperatureScaling};
