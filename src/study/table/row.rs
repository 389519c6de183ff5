//! A row of the table of a study.

use serde::{Deserialize, Serialize};

use super::metric::Metric;
use crate::error::{Error, Result};
use crate::inference::{Confidence, Estimate, Interval};
use crate::metric::{odd_one_out, rsa};
use crate::study::input::{ModelFactors, label};

/// One measurement of a study, with the information that identifies it, or the reason why it
/// failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StudyRow {
    /// Name of the model, or of its network if the model is a layer.
    pub model: String,
    /// Layer of the network.
    pub tap: Option<String>,
    /// Position of the layer among the layers of the network in the study, from the input.
    pub depth: Option<u32>,
    /// Factors of the model.
    #[serde(flatten)]
    pub factors: ModelFactors,
    /// Name of the data set.
    pub dataset: String,
    /// What was measured; `None` if the model has no output for the data set.
    pub metric: Option<Metric>,
    /// The value and its uncertainty; `None` if the measurement failed.
    #[serde(flatten)]
    pub measured: Option<Measurement>,
    /// The two-sided p-value of a difference; `None` for other measurements, and if the standard
    /// error is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// The p-value adjusted for all differences of the table ([`StudyTable::adjust`]).
    ///
    /// [`StudyTable::adjust`]: super::StudyTable::adjust
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusted_p_value: Option<f64>,
    /// The reason why there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Seed of the bootstrap or of the folds; `None` for measurements without randomness.
    pub seed: Option<u64>,
    /// Hash of the features, dissimilarities or choices of the model; empty if there are none.
    pub content_hash: String,
    /// Hash of the data set.
    pub data_hash: String,
}

/// A value and its uncertainty.
///
/// A number converts into a measurement, as do an [`Estimate`] and the scores of the metrics of
/// this crate. For the score of another metric, implement `From`:
///
/// ```
/// use human_alignment::inference::Interval;
/// use human_alignment::study::Measurement;
///
/// struct MyScore { value: f64, interval: Interval }
///
/// impl From<MyScore> for Measurement {
///     fn from(score: MyScore) -> Self {
///         Self { interval: Some(score.interval), ..score.value.into() }
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The value.
    pub value: f64,
    /// Standard error, if known.
    pub standard_error: Option<f64>,
    /// Degrees of freedom of the standard error, if known.
    pub degrees_of_freedom: Option<f64>,
    /// 95 % confidence interval, if known.
    pub interval: Option<Interval>,
    /// Lower and upper noise ceiling, if known.
    pub ceiling: Option<Interval>,
    /// Number of trials, pairs of stimuli or stimuli. A study sets the number if a metric leaves 0.
    pub n: u64,
    /// Number of trials whose largest similarity is shared, if counted.
    pub n_ties: Option<u64>,
}

impl Measurement {
    /// Checks that the numbers can be reported.
    pub(in crate::study) fn check(&self) -> Result<()> {
        let refused =
            |what, expected: &'static str, found| Err(Error::parameter(what, expected, found));
        if !self.value.is_finite() {
            return refused("the value of a metric", "finite", self.value);
        }
        match self.standard_error {
            Some(error) if !(error >= 0.0 && error.is_finite()) => {
                let expected = "at least 0 and finite";
                refused("the standard error of a metric", expected, error)
            }
            _ => Ok(()),
        }
    }

    /// Returns the value with its standard error, for tests and other intervals; `None` if the
    /// standard error is unknown.
    pub fn estimate(&self) -> Option<Estimate> {
        Some(Estimate {
            value: self.value,
            standard_error: Some(self.standard_error?),
            degrees_of_freedom: self.degrees_of_freedom?,
        })
    }

    pub(in crate::study) fn with_n(self, n: u64) -> Self {
        Self { n, ..self }
    }
}

/// A value of unknown uncertainty.
impl From<f64> for Measurement {
    fn from(value: f64) -> Self {
        Self {
            value,
            standard_error: None,
            degrees_of_freedom: None,
            interval: None,
            ceiling: None,
            n: 0,
            n_ties: None,
        }
    }
}

/// The estimate with its 95 % confidence interval.
impl From<Estimate> for Measurement {
    fn from(estimate: Estimate) -> Self {
        let interval = estimate.interval(Confidence::default());
        // Without a standard error the interval is infinite.
        let is_known = estimate.standard_error.is_some();
        Self {
            standard_error: estimate.standard_error,
            degrees_of_freedom: is_known.then_some(estimate.degrees_of_freedom),
            interval: is_known.then_some(interval),
            ..estimate.value.into()
        }
    }
}

/// The accuracy, with the interval of the score.
impl From<odd_one_out::OddOneOutScore> for Measurement {
    fn from(score: odd_one_out::OddOneOutScore) -> Self {
        Self {
            standard_error: score.standard_error,
            degrees_of_freedom: score.standard_error.map(|_| score.degrees_of_freedom),
            interval: score.standard_error.map(|_| score.interval),
            n: score.n_trials,
            n_ties: Some(score.n_ties),
            ..score.accuracy.into()
        }
    }
}

/// The comparison with the mean RDM of the participants, with the interval of the score.
impl From<rsa::RsaScore> for Measurement {
    fn from(score: rsa::RsaScore) -> Self {
        let n_stimuli = score.n_stimuli as u64;
        Self {
            standard_error: score.standard_error,
            interval: score.interval,
            n: n_stimuli * n_stimuli.saturating_sub(1) / 2,
            ..score.value.into()
        }
    }
}

impl StudyRow {
    /// Returns the name of the model and, if the model is a layer, the layer.
    pub fn label(&self) -> String {
        label(&self.model, self.tap.as_deref())
    }

    /// Returns the value; `None` if the measurement failed.
    pub fn value(&self) -> Option<f64> {
        self.measured.map(|measured| measured.value)
    }
}
