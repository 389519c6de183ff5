//! The temperature under which people's choices are most probable.

use serde::{Deserialize, Serialize};

use crate::calibration::objective::{Moments, Objective};
use crate::error::{ComputationError, Result};
use crate::judgment::{ChoiceFrequencies, Task};
use crate::metric::odd_one_out::ZeroShotOddOneOut;
use crate::representation::Representation;
use crate::similarity::{Precision, Similarity};

/// Temperature scaling (Guo, Pleiss, Sun & Weinberger 2017): the temperature τ that minimises the
/// cross-entropy of people's choices under softmax(similarity / τ). It changes probabilities, never
/// choices.
///
/// In β = 1/τ the cross-entropy is convex, so that the minimum is global: Newton's method finds it, kept
/// between bounds that close in on the zero of the derivative, to 1e-12 of β. The minimum can lie at
/// either end, which the result says ([`BestTemperature`]).
///
/// With probabilities in place of choices ([`ChoiceFrequencies::new`]) the same temperature minimises the
/// Kullback–Leibler divergence from them.
///
/// | setting | default |
/// |---|---|
/// | precision | [`Precision::Double`] |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemperatureScaling {
    similarity: Similarity,
    precision: Precision,
}

/// Where the cross-entropy is smallest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BestTemperature {
    /// At this temperature.
    Finite(f64),
    /// Towards temperature 0: people chose a pair of the largest similarity in every question, and the
    /// surer the representation is, the better.
    Zero,
    /// Towards an infinite temperature: the pairs that people chose are, on average, no more similar than
    /// the others, and the less is made of similarities, the better.
    Infinite,
}

/// What [`TemperatureScaling`] found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TemperatureFit {
    /// Where the cross-entropy is smallest.
    pub best: BestTemperature,
    /// The mean −ln p of choices at temperature 1, in nats; no probability is held above a floor.
    pub cross_entropy_before: f64,
    /// The same at the best temperature, or its limit.
    pub cross_entropy_after: f64,
    /// How often the cross-entropy was computed on the way there: 0 where the minimum is at an end.
    pub n_iterations: usize,
}

impl TemperatureFit {
    /// The temperature; `None` where the minimum is at an end.
    pub fn temperature(&self) -> Option<f64> {
        match self.best {
            BestTemperature::Finite(temperature) => Some(temperature),
            BestTemperature::Zero | BestTemperature::Infinite => None,
        }
    }
}

impl TemperatureScaling {
    /// Of probabilities that this similarity makes.
    pub fn new(similarity: Similarity) -> Self {
        Self {
            similarity,
            precision: Precision::default(),
        }
    }

    /// Sets the precision of similarities.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// The best temperature for these choices. Trials are put in as [`ChoiceFrequencies::of`] them.
    ///
    /// # Errors
    /// [`Error::EqualSimilarities`] where all pairs of every question are equally similar, so that any
    /// temperature is as good as another; [`Error::NotConverged`] where the best one is no number that
    /// can be held; otherwise as for [`ZeroShotOddOneOut`].
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
        // As a metric would take it.
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

/// The zero of the slope, which is negative at 0 and positive in the end; the loss there, and how often
/// it was computed.
fn minimize(objective: &Objective, start: Moments) -> Result<(f64, f64, usize)> {
    /// Far more than bisection of all numbers takes.
    const MOST: usize = 2000;
    /// How far a step may go where nothing bounds it.
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
