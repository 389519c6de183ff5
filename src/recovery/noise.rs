//! The noise of simulated choices.

use serde::{Deserialize, Serialize};

use crate::calibration::{BestTemperature, TemperatureScaling};
use crate::dataset::SimulatedObserver;
use crate::error::{ComputationError, Error, ErrorKind, Result};
use crate::judgment::{ChoiceFrequencies, Task};
use crate::probe::Pooled;
use crate::representation::Representation;
use crate::similarity::Similarity;

/// The noise of simulated choices, as the share of choices that agree with the most probable pair of
/// the generating candidate. The temperature is found by
/// [`TemperatureScaling::at_expected_accuracy`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ChoiceNoise {
    /// The cross-validated accuracy of the candidate for the choices of the participants: simulated
    /// choices are as predictable from the candidate as those of the participants; the default.
    /// What the candidate does not explain counts as noise, so that choices vary more than those of
    /// the participants.
    #[default]
    HeldOutAccuracy,
    /// A given accuracy, at most 1 and at least that of random choices, the same for all
    /// candidates. With the noise ceiling of the participants
    /// ([`ChoiceNoiseCeiling`](crate::inference::ChoiceNoiseCeiling)), simulated choices are as
    /// consistent as those of the participants.
    Accuracy(f64),
}

impl ChoiceNoise {
    pub(super) fn check(self) -> Result<()> {
        match self {
            ChoiceNoise::Accuracy(accuracy) if !(accuracy > 0.0 && accuracy <= 1.0) => {
                let name = "the accuracy of simulated choices";
                Err(Error::parameter(name, "in (0, 1]", accuracy))
            }
            _ => Ok(()),
        }
    }

    /// Checks that an accuracy is not below that of random choices.
    pub(super) fn check_for<T: Task>(self) -> Result<()> {
        match self {
            ChoiceNoise::Accuracy(accuracy) if accuracy < chance::<T>() => {
                let name = "the accuracy of simulated choices";
                let expected = format!("at least that of random choices, 1/{}", T::N_PAIRS);
                Err(Error::parameter(name, expected, accuracy))
            }
            _ => Ok(()),
        }
    }

    /// Returns the accuracy, given the performance of a candidate on the trials of the participants.
    /// It is not below that of random choices, which no noise can lower.
    pub(super) fn expected_accuracy<T: Task>(self, people: &Pooled) -> f64 {
        match self {
            ChoiceNoise::HeldOutAccuracy => people.probed.accuracy.value.max(chance::<T>()),
            ChoiceNoise::Accuracy(accuracy) => accuracy,
        }
    }
}

/// Returns the accuracy of random choices.
fn chance<T: Task>() -> f64 {
    1.0 / T::N_PAIRS as f64
}

/// Creates an observer whose choices have an expected accuracy, and returns its temperature.
pub(super) fn observer<T: Task>(
    transformed: &Representation,
    questions: &ChoiceFrequencies<T>,
    accuracy: f64,
) -> Result<(BestTemperature, SimulatedObserver)> {
    /// A temperature at which the most similar pair is always chosen.
    const NEARLY_ZERO: f64 = 1e-100;

    let scaling = TemperatureScaling::new(Similarity::Dot);
    let temperature = match scaling.at_expected_accuracy(transformed, questions, accuracy) {
        // All choices of a zero transform are random.
        Err(error) if is_equal_similarities(&error) => BestTemperature::Infinite,
        found => found?,
    };
    let observer = SimulatedObserver::new(transformed.clone())?;
    let observer = match temperature {
        BestTemperature::Finite(temperature) => observer.with_temperature(temperature)?,
        BestTemperature::Zero => observer.with_temperature(NEARLY_ZERO)?,
        BestTemperature::Infinite => observer.with_lapse_rate(1.0)?,
    };
    Ok((temperature, observer))
}

fn is_equal_similarities(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Computation(ComputationError::EqualSimilarities)
    )
}
