//! Estimates with standard errors and confidence intervals.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::error::{Error, Result};

/// The confidence level of intervals, strictly between 0 and 1. Default: 0.95.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Confidence(f64);

impl Confidence {
    /// Creates a confidence level.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the level is not strictly between 0 and 1.
    pub fn new(level: f64) -> Result<Self> {
        if level > 0.0 && level < 1.0 {
            Ok(Self(level))
        } else {
            Err(Error::parameter("confidence", "between 0 and 1", level))
        }
    }

    /// Returns the confidence level as a number.
    pub fn level(self) -> f64 {
        self.0
    }
}

impl Default for Confidence {
    fn default() -> Self {
        Self(0.95)
    }
}

impl TryFrom<f64> for Confidence {
    type Error = Error;

    fn try_from(level: f64) -> Result<Self> {
        Self::new(level)
    }
}

impl From<Confidence> for f64 {
    fn from(confidence: Confidence) -> f64 {
        confidence.0
    }
}

/// A confidence interval; in files, `[lower, upper]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 2]", into = "[f64; 2]")]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

impl Interval {
    /// Returns true if the value lies in the interval, including its ends.
    pub fn contains(self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }

    /// Clamps both ends of the interval to bounds.
    #[must_use]
    pub fn clamp(self, lower: f64, upper: f64) -> Self {
        Self {
            lower: self.lower.clamp(lower, upper),
            upper: self.upper.clamp(lower, upper),
        }
    }
}

impl From<[f64; 2]> for Interval {
    fn from([lower, upper]: [f64; 2]) -> Self {
        Self { lower, upper }
    }
}

impl From<Interval> for [f64; 2] {
    fn from(interval: Interval) -> Self {
        [interval.lower, interval.upper]
    }
}

/// An estimate (such as a mean over trials or a correlation) with its standard error.
///
/// ```
/// use human_alignment::inference::{Confidence, Estimate};
///
/// let estimate = Estimate { value: 0.6, standard_error: Some(0.02), degrees_of_freedom: 99.0 };
/// let interval = estimate.interval(Confidence::default());
/// assert!(interval.contains(0.6) && !interval.contains(0.5));
/// assert!(estimate.p_value() < 0.001);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimated value.
    pub value: f64,
    /// Standard error, or `None` if it cannot be estimated because the trials share too many
    /// objects (three or four objects, or a single trial).
    pub standard_error: Option<f64>,
    /// Degrees of freedom of the standard error: the smaller of the numbers of objects and trials
    /// (or stimuli and participants) minus 1.
    pub degrees_of_freedom: f64,
}

impl Estimate {
    /// Returns the confidence interval by Student's t, `value ± t · standard_error`. The interval
    /// is unbounded if the standard error is unknown.
    pub fn interval(&self, confidence: Confidence) -> Interval {
        let half = match (self.standard_error, self.student_t()) {
            (Some(error), Some(t)) => error * t.inverse_cdf(0.5 + confidence.level() / 2.0),
            _ => f64::INFINITY,
        };
        Interval {
            lower: self.value - half,
            upper: self.value + half,
        }
    }

    /// Returns the two-sided p-value of the hypothesis that the true value is 0, by Student's t. It
    /// is 1 if the standard error is unknown or the value is 0.
    pub fn p_value(&self) -> f64 {
        match (self.standard_error, self.student_t()) {
            (Some(error), Some(t)) if self.value != 0.0 => {
                (2.0 * t.cdf(-(self.value / error).abs())).min(1.0)
            }
            _ => 1.0,
        }
    }

    fn student_t(&self) -> Option<StudentsT> {
        StudentsT::new(0.0, 1.0, self.degrees_of_freedom).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn intervals_and_p_values_are_those_of_student() {
        let estimate = Estimate {
            value: 2.0,
            standard_error: Some(1.0),
            degrees_of_freedom: 10.0,
        };
        // scipy.stats.t.ppf(0.975, 10), 2 * scipy.stats.t.sf(2, 10)
        let interval = estimate.interval(Confidence::default());
        assert_relative_eq!(interval.upper, 2.0 + 2.2281388519649385, epsilon = 1e-9);
        assert_relative_eq!(interval.lower, 2.0 - 2.2281388519649385, epsilon = 1e-9);
        assert_relative_eq!(estimate.p_value(), 0.07338803477074045, epsilon = 1e-9);
    }

    #[test]
    fn an_unknown_error_covers_everything() {
        let estimate = Estimate {
            value: 0.7,
            standard_error: None,
            degrees_of_freedom: 2.0,
        };
        let interval = estimate.interval(Confidence::default());
        assert_eq!(
            interval.clamp(0.0, 1.0),
            Interval {
                lower: 0.0,
                upper: 1.0
            }
        );
        assert_eq!(estimate.p_value(), 1.0);
    }

    #[test]
    fn a_difference_without_error_is_certain() {
        let mut estimate = Estimate {
            value: 1.0,
            standard_error: Some(0.0),
            degrees_of_freedom: 7.0,
        };
        assert_eq!(estimate.p_value(), 0.0);
        estimate.value = 0.0;
        assert_eq!(estimate.p_value(), 1.0);
    }

    #[test]
    fn confidence_is_a_probability() {
        assert!(Confidence::new(0.9).is_ok());
        for level in [0.0, 1.0, -0.5, f64::NAN] {
            assert!(Confidence::new(level).is_err());
        }
        assert!(serde_json::from_str::<Confidence>("1.5").is_err());
    }
}
