//! The temperature at which choices have a given expected accuracy.

use crate::calibration::objective::Objective;
use crate::calibration::{BestTemperature, TemperatureScaling};
use crate::error::{ComputationError, Error, Result};
use crate::judgment::{ChoiceFrequencies, Task};
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::representation::Representation;

impl TemperatureScaling {
    /// Finds the temperature at which choices with probabilities softmax(similarity / τ) agree with
    /// the most probable pair in a given share of the answers: the mean of the largest probability
    /// is `accuracy`. Only the questions of `choices` are used, with their numbers of answers.
    ///
    /// With the noise ceiling of participants as the accuracy, simulated choices are as variable as
    /// theirs. The mean decreases with the temperature and is found by bisection, to a relative
    /// difference of 1e-12. The result is [`BestTemperature::Infinite`] if `accuracy` is at most
    /// that of random choices, and [`BestTemperature::Zero`] if it is at least that of the limit for
    /// temperature 0 (1 without ties).
    ///
    /// ```
    /// use human_alignment::calibration::{BestTemperature, TemperatureScaling};
    /// use human_alignment::judgment::ChoiceFrequencies;
    /// use human_alignment::{OddOneOut, Representation, Similarity, Stimuli};
    /// use ndarray::array;
    ///
    /// let features = array![[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
    /// let representation = Representation::new(Stimuli::numbered(3), features)?;
    /// let trials = OddOneOut::new(Stimuli::numbered(3), vec![[0, 1, 2]])?;
    /// let choices = ChoiceFrequencies::from_trials(&trials);
    /// let scaling = TemperatureScaling::new(Similarity::Dot);
    /// let found = scaling.at_expected_accuracy(&representation, &choices, 0.6)?;
    /// let BestTemperature::Finite(temperature) = found else { unreachable!() };
    /// // Similarities 1, 0 and 0: 0.6 = exp(1/τ) / (exp(1/τ) + 2).
    /// assert!((temperature - 1.0 / 3f64.ln()).abs() < 1e-9);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if `accuracy` is not in [0, 1]; otherwise the same
    /// as [`TemperatureScaling::fit`].
    pub fn at_expected_accuracy<T: Task>(
        &self,
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
        accuracy: f64,
    ) -> Result<BestTemperature> {
        if !(0.0..=1.0).contains(&accuracy) {
            return Err(Error::parameter("an accuracy", "in [0, 1]", accuracy));
        }
        let metric = ZeroShotOddOneOut::new(self.similarity).with_precision(self.precision);
        let objective = Objective::new(&metric, representation, choices)?;
        if accuracy <= 1.0 / objective.n_pairs() as f64 {
            return Ok(BestTemperature::Infinite);
        }
        if accuracy >= objective.largest_probability_at_zero() {
            return Ok(BestTemperature::Zero);
        }
        let temperature = objective.reciprocal(find(&objective, accuracy)?);
        metric.with_temperature(temperature).map_err(|_| NO_END)?;
        Ok(BestTemperature::Finite(temperature))
    }
}

const NO_END: ComputationError = ComputationError::NotConverged {
    what: "the temperature",
};

/// Finds the inverse temperature by bisection between powers of 2.
fn find(objective: &Objective, accuracy: f64) -> Result<f64> {
    const TOLERANCE: f64 = 1e-12;

    let is_below = |beta: f64| objective.mean_largest_probability(beta) < accuracy;
    let (mut low, mut high) = (1.0, 1.0);
    while is_below(high) {
        high *= 2.0;
        if high == f64::INFINITY {
            return Err(NO_END.into());
        }
    }
    while !is_below(low) {
        low /= 2.0;
        if low == 0.0 {
            return Err(NO_END.into());
        }
    }
    while high - low > TOLERANCE * high {
        let middle = low + (high - low) / 2.0;
        if is_below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(high)
}
