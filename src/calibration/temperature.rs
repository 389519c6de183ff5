//! Temperature scaling.

use serde::{Deserialize, Serialize};

use crate::calibration::objective::{Moments, Objective};
use crate::error::{ComputationError, Result};
use crate::judgment::{ChoiceFrequencies, Task};
use crate::linalg::Precision;
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::representation::Representation;
use crate::similarity::Similarity;

/// Temperature scaling (Guo, Pleiss, Sun & Weinberger 2017): fits the temperature τ that minimizes
/// the cross-entropy of human choices with probabilities softmax(similarity / τ). It changes
/// probabilities, but not predicted choices.
///
/// The cross-entropy is convex in β = 1/τ, so that the minimum is global. It is found by a
/// bracketed Newton's method with a relative tolerance of 1e-12 for β. The minimum can also be at β
/// = 0 or β = ∞ ([`BestTemperature`]).
///
/// If [`ChoiceFrequencies`] are probabilities ([`ChoiceFrequencies::new`]), the temperature also
/// minimizes the Kullback–Leibler divergence from them. An example is in the documentation of the
/// [module](super).
///
/// | setting | default |
/// |---|---|
/// | precision | [`Precision::Double`] |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemperatureScaling {
    pub(super) similarity: Similarity,
    pub(super) precision: Precision,
}

/// The temperature at which the cross-entropy is smallest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BestTemperature {
    /// A finite, positive temperature.
    Finite(f64),
    /// The limit for temperature 0: the chosen pair has the largest similarity in every question,
    /// so that the cross-entropy decreases with the temperature.
    Zero,
    /// The limit for an infinite temperature: chosen pairs are on average no more similar than the
    /// other pairs, so that the cross-entropy decreases towards equal probabilities.
    Infinite,
}

/// The result of [`TemperatureScaling`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TemperatureFit {
    /// The temperature at which the cross-entropy is smallest.
    pub best: BestTemperature,
    /// The mean −ln p of choices at temperature 1, in nats. Probabilities are not limited by a
    /// floor.
    pub cross_entropy_before: f64,
    /// The mean −ln p of choices at the best temperature, or its limit, in nats.
    pub cross_entropy_after: f64,
    /// Number of evaluations of the cross-entropy; 0 if the minimum is at a limit.
    pub n_iterations: usize,
}

impl TemperatureFit {
    /// Returns the best temperature, or `None` if it is a limit.
    pub fn temperature(&self) -> Option<f64> {
        match self.best {
            BestTemperature::Finite(temperature) => Some(temperature),
            BestTemperature::Zero | BestTemperature::Infinite => None,
        }
    }
}

impl TemperatureScaling {
    /// Creates a temperature scaling for a similarity, with default settings.
    pub fn new(similarity: Similarity) -> Self {
        Self {
            similarity,
            precision: Precision::default(),
        }
    }

    /// Sets the precision of similarities. Default: [`Precision::Double`].
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Fits the temperature to choices. Use [`ChoiceFrequencies::from_trials`] to count the choices
    /// of trials.
    ///
    /// # Errors
    /// Returns [`ComputationError::EqualSimilarities`] if the pairs of every question are equally
    /// similar, so that the temperature has no effect, and [`ComputationError::NotConverged`] if
    /// the best temperature cannot be represented as a number; otherwise the same as for
    /// [`ZeroShotOddOneOut`].
    pub fn fit<T: Task>(
        &self,
        representation: &Representation,
        choices: &ChoiceFrequencies<T>,
    ) -> Result<TemperatureFit> {
        let metric = ZeroShotOddOneOut::new(self.similarity).with_precision(self.precision);
        let objective = Objective::new(&metric, representation, choices)?;
        let cross_entropy_before = objective.at(objective.reciprocal(1.0)).loss;
        let at_end = |best, cross_entropy_after| TemperatureFit {
            best,
            cross_entropy_before,
            cross_entropy_after,
            n_iterations: 0,
        };
        if let Some(limit) = objective.limit_at_zero() {
            return Ok(at_end(BestTemperature::Zero, limit));
        }
        let start = objective.at(0.0);
        if start.slope >= 0.0 {
            return Ok(at_end(BestTemperature::Infinite, start.loss));
        }
        let (beta, cross_entropy_after, n_iterations) = minimize(&objective, start)?;
        let temperature = objective.reciprocal(beta);
        // Checks that a metric accepts the temperature.
        metric.with_temperature(temperature).map_err(|_| NO_END)?;
        Ok(TemperatureFit {
            best: BestTemperature::Finite(temperature),
            cross_entropy_before,
            cross_entropy_after,
            n_iterations,
        })
    }
}

const NO_END: ComputationError = ComputationError::NotConverged {
    what: "the temperature",
};

/// Finds the zero of the slope, which is negative at 0 and positive for large β. Returns β, the
/// loss and the number of evaluations.
fn minimize(objective: &Objective, start: Moments) -> Result<(f64, f64, usize)> {
    /// More than a bisection of all numbers takes.
    const MOST: usize = 2000;
    /// Largest factor of a step without an upper bound.
    const STRIDE: f64 = 16.0;
    const TOLERANCE: f64 = 1e-12;

    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut beta = (-start.slope / start.curvature).clamp(f64::MIN_POSITIVE, f64::MAX);
    for n in 1..=MOST {
        let Moments {
            loss,
            slope,
            curvature,
        } = objective.at(beta);
        if slope == 0.0 {
            return Ok((beta, loss, n));
        }
        if slope < 0.0 {
            low = beta;
        } else {
            high = beta;
        }
        let newton = beta - slope / curvature;
        let is_closed = high < f64::INFINITY && high - low <= TOLERANCE * high;
        if (newton - beta).abs() <= TOLERANCE * beta || is_closed {
            return Ok((beta, loss, n));
        }
        beta = if newton > low && newton < high.min(STRIDE * beta) {
            newton
        } else if high == f64::INFINITY {
            STRIDE * beta
        } else if low > 0.0 {
            low.sqrt() * high.sqrt()
        } else {
            high / STRIDE
        };
        if !beta.is_finite() {
            return Err(NO_END.into());
        }
    }
    Err(NO_END.into())
}
