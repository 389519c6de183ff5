//! Values with intervals.

use super::quantity::drawable;
use crate::error::{Error, Result};
use crate::inference::Interval;
use serde::{Deserialize, Serialize};

/// A value to draw, with an optional confidence interval.
///
/// ```
/// use human_alignment::figure::PlottedValue;
/// use human_alignment::inference::Interval;
///
/// let accuracy = PlottedValue::from(0.6601).with_interval(Interval { lower: 0.6372, upper: 0.6829 });
/// assert!(accuracy.interval.is_some());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlottedValue {
    /// The value, in the unit of its [`Quantity`](super::Quantity).
    pub value: f64,
    /// The confidence interval of the value, if any.
    pub interval: Option<Interval>,
}

impl PlottedValue {
    /// Sets the confidence interval.
    #[must_use]
    pub fn with_interval(self, interval: Interval) -> Self {
        Self {
            interval: Some(interval),
            ..self
        }
    }

    /// Returns the value and its interval if they can be drawn, otherwise an error.
    pub(super) fn checked(self, what: &'static str, of: &str) -> Result<Self> {
        drawable(self.value, what, of)?;
        if let Some(interval) = self.interval {
            checked_interval(interval, of)?;
        }
        Ok(self)
    }

    /// Returns the value and the ends of its interval.
    pub(super) fn numbers(self) -> impl Iterator<Item = f64> {
        let ends = self.interval.map(<[f64; 2]>::from);
        std::iter::once(self.value).chain(ends.into_iter().flatten())
    }
}

impl From<f64> for PlottedValue {
    fn from(value: f64) -> Self {
        Self {
            value,
            interval: None,
        }
    }
}

/// Returns the interval if it can be drawn, otherwise an error.
pub(super) fn checked_interval(interval: Interval, of: &str) -> Result<Interval> {
    drawable(interval.lower, "lower end of the interval", of)?;
    drawable(interval.upper, "upper end of the interval", of)?;
    if interval.lower > interval.upper {
        let found = format!("[{}, {}]", interval.lower, interval.upper);
        return Err(Error::parameter("interval", "in ascending order", found));
    }
    Ok(interval)
}
