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
    ///
    /// # Panics
    /// Panics if `lower` is above `upper` or a bound is NaN, as [`f64::clamp`] does.
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
    /// Standard error, or `None` if it cannot be estimated because every two trials share an object
    /// or the participant (fewer than six objects, or a single trial).
    pub standard_error: Option<f64>,
    /// Degrees of freedom of the standard error, at most the number of objects, trials or
    /// participants minus 1.
    pub degrees_of_freedom: f64,
}

impl Estimate {
    /// Returns the confidence interval by Student's t, `value ± t · standard_error`. The interval
    /// is unbounded if the standard error is unknown. In all methods it counts as unknown if a field
    /// has no possible value: a value or an error that is not finite, an error below 0, or degrees of
    /// freedom that are not above 0.
    pub fn interval(&self, confidence: Confidence) -> Interval {
        match self.known() {
            Some((error, t)) => {
                let half = error * t.inverse_cdf(0.5 + confidence.level() / 2.0);
                [self.value - half, self.value + half].into()
            }
            None => [f64::NEG_INFINITY, f64::INFINITY].into(),
        }
    }

    /// Returns the confidence interval of a value that lies between two bounds, such as a
    /// proportion: the score interval of Wilson (1927), with the number of independent trials that
    /// has the same standard error and a quantile of Student's t. It is inside of the bounds, and
    /// asymmetric near them. A value outside of them is taken to be the nearest bound.
    ///
    /// If the standard error is 0, as for an accuracy of 1, the trials do not show how much they
    /// depend on their objects and participants. The interval is then conservative: its
    /// number of independent trials is the degrees of freedom plus 1, that is, the smallest of the
    /// numbers of objects, participants and trials. If the standard error is unknown, the interval
    /// contains all possible values.
    ///
    /// ```
    /// use human_alignment::inference::{Confidence, Estimate};
    ///
    /// let all_correct = Estimate { value: 1.0, standard_error: Some(0.0), degrees_of_freedom: 29.0 };
    /// let interval = all_correct.interval_within(Confidence::default(), [0.0, 1.0]);
    /// assert!(interval.lower > 0.85 && interval.lower < 0.9);
    /// assert_eq!(interval.upper, 1.0);
    /// ```
    pub fn interval_within(&self, confidence: Confidence, [lower, upper]: [f64; 2]) -> Interval {
        let Some((error, _)) = self.known() else {
            return Interval { lower, upper };
        };
        let squared_t = self.squared_t(confidence);
        let share = ((self.value - lower) / (upper - lower)).clamp(0.0, 1.0);
        let Some(n) = self.effective_number(share, error / (upper - lower)) else {
            let moved = squared_t / (self.degrees_of_freedom + 1.0 + squared_t);
            let value = lower + share * (upper - lower);
            return Interval {
                lower: value - moved * (value - lower),
                upper: value + moved * (upper - value),
            };
        };
        let scale = 1.0 + squared_t / n;
        let centre = (share + squared_t / (2.0 * n)) / scale;
        let variance = share * (1.0 - share) / n + squared_t / (4.0 * n * n);
        let half = (squared_t * variance).sqrt() / scale;
        let end = |share: f64| lower + share.clamp(0.0, 1.0) * (upper - lower);
        Interval {
            lower: end(centre - half),
            upper: end(centre + half),
        }
    }

    /// Returns the number of independent trials with the same standard error of a share; `None` if
    /// the standard error is 0.
    fn effective_number(&self, share: f64, error: f64) -> Option<f64> {
        let n = share * (1.0 - share) / error.powi(2);
        (n > 0.0 && n.is_finite()).then_some(n)
    }

    /// Returns the two-sided p-value of the hypothesis that the true value is `expected`, for a
    /// value that lies between two bounds. It is less than 1 − confidence if and only if
    /// [`interval_within`](Self::interval_within) does not contain `expected`, and 1 if the
    /// standard error is unknown.
    pub fn p_value_within(&self, expected: f64, [lower, upper]: [f64; 2]) -> f64 {
        let Some((error, t)) = self.known() else {
            return 1.0;
        };
        let share = |value: f64| ((value - lower) / (upper - lower)).clamp(0.0, 1.0);
        let (found, expected_share) = (share(self.value), share(expected));
        let statistic = match self.effective_number(found, error / (upper - lower)) {
            Some(n) => {
                (found - expected_share).powi(2) * n / (expected_share * (1.0 - expected_share))
            }
            None => {
                let room = match expected < self.value {
                    true => self.value - lower,
                    false => upper - self.value,
                };
                let moved = (self.value - expected).abs() / room;
                (self.degrees_of_freedom + 1.0) * moved / (1.0 - moved)
            }
        };
        match statistic.is_nan() {
            // 0 / 0: the value is the expected one.
            true => 1.0,
            false => (2.0 * t.cdf(-statistic.sqrt())).min(1.0),
        }
    }

    /// Returns the two-sided p-value of the hypothesis that the true value is 0, by Student's t. It
    /// is 1 if the standard error is unknown or the value is 0.
    pub fn p_value(&self) -> f64 {
        match self.known() {
            Some((error, t)) if self.value != 0.0 => {
                (2.0 * t.cdf(-(self.value / error).abs())).min(1.0)
            }
            _ => 1.0,
        }
    }

    /// Returns the square of the quantile of Student's t for two-sided intervals.
    pub(crate) fn squared_t(&self, confidence: Confidence) -> f64 {
        let quantile = |t: StudentsT| t.inverse_cdf(0.5 + confidence.level() / 2.0);
        student_t(self.degrees_of_freedom).map_or(f64::INFINITY, |t| quantile(t).powi(2))
    }

    /// Returns the standard error and the distribution of its quantiles, if they are known.
    pub(crate) fn known(&self) -> Option<(f64, StudentsT)> {
        let is_error = |error: &f64| error.is_finite() && *error >= 0.0;
        let error = self.standard_error.filter(is_error)?;
        let t = student_t(self.degrees_of_freedom).filter(|_| self.value.is_finite())?;
        Some((error, t))
    }
}

/// Returns Student's distribution; `None` unless the degrees of freedom are above 0.
pub(crate) fn student_t(degrees_of_freedom: f64) -> Option<StudentsT> {
    // With more degrees of freedom the quantiles do not change, but take long to compute.
    const LARGEST: f64 = 1e4;

    // The smaller of NaN and a number would be the number.
    let known = Some(degrees_of_freedom).filter(|n| !n.is_nan())?;
    StudentsT::new(0.0, 1.0, known.min(LARGEST)).ok()
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
    fn impossible_fields_are_unknown() {
        let possible = Estimate {
            value: 0.7,
            standard_error: Some(0.1),
            degrees_of_freedom: 9.0,
        };
        for estimate in [f64::NAN, f64::INFINITY, -1.0].map(|error| Estimate {
            standard_error: Some(error),
            ..possible
        }) {
            assert_is_unknown(estimate);
        }
        for degrees_of_freedom in [f64::NAN, 0.0, -1.0] {
            assert_is_unknown(Estimate {
                degrees_of_freedom,
                ..possible
            });
        }
        let value = f64::NAN;
        assert_is_unknown(Estimate { value, ..possible });
        let outside = Estimate {
            value: 2.0,
            standard_error: Some(0.0),
            ..possible
        };
        let interval = outside.interval_within(Confidence::default(), [0.0, 1.0]);
        assert_eq!(interval.upper, 1.0);
    }

    fn assert_is_unknown(estimate: Estimate) {
        let confidence = Confidence::default();
        let interval = estimate.interval(confidence);
        assert_eq!(
            [interval.lower, interval.upper],
            [f64::NEG_INFINITY, f64::INFINITY],
            "{estimate:?}"
        );
        let within = estimate.interval_within(confidence, [0.0, 1.0]);
        assert_eq!([within.lower, within.upper], [0.0, 1.0], "{estimate:?}");
        assert_eq!(estimate.p_value(), 1.0, "{estimate:?}");
        assert_eq!(
            estimate.p_value_within(0.5, [0.0, 1.0]),
            1.0,
            "{estimate:?}"
        );
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
    fn intervals_within_bounds_are_those_of_wilson() {
        // 9 of 10 independent trials: the formula of Wilson in Python, with
        // scipy.stats.t.ppf(0.975, 8) instead of the normal quantile.
        let estimate = Estimate {
            value: 0.9,
            standard_error: Some((0.09f64 / 10.0).sqrt()),
            degrees_of_freedom: 8.0,
        };
        let interval = estimate.interval_within(Confidence::default(), [0.0, 1.0]);
        assert_relative_eq!(interval.lower, 0.536_353_745_729, epsilon = 1e-9);
        assert_relative_eq!(interval.upper, 0.985_919_406_566, epsilon = 1e-9);
    }

    #[test]
    fn p_values_within_bounds_agree_with_intervals() {
        let bounds = [-1.0, 1.0];
        for (value, error) in [
            (0.3, 0.2),
            (-0.9, 0.05),
            (1.0, 0.0),
            (0.25, 0.0),
            (0.0, 0.0),
        ] {
            let estimate = Estimate {
                value,
                standard_error: Some(error),
                degrees_of_freedom: 8.0,
            };
            for level in [0.5, 0.9, 0.99] {
                let confidence = Confidence::new(level).unwrap();
                let Interval { lower, upper } = estimate.interval_within(confidence, bounds);
                assert!(
                    bounds[0] <= lower && lower <= value && value <= upper && upper <= bounds[1]
                );
                for end in [lower, upper].into_iter().filter(|end| end.abs() < 1.0) {
                    let p = estimate.p_value_within(end, bounds);
                    assert_relative_eq!(p, 1.0 - level, epsilon = 1e-6);
                }
            }
            assert_eq!(estimate.p_value_within(value, bounds), 1.0);
        }
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
