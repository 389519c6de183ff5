//! Scaling of RDMs before they are averaged.

use serde::{Deserialize, Serialize};

use crate::error::{RdmError, Result, at_least};
use crate::linalg::UNIT_ROUNDOFF;
use crate::names::named;
use crate::rdm::order::mid_ranks;
use crate::rdm::{Rdm, Rounding};

/// The scaling of an RDM before it is averaged with other RDMs, so that a participant who used more
/// of the screen (or of a rating scale) does not have more weight.
///
/// Missing pairs stay missing and are ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Scaling {
    /// No scaling.
    #[default]
    None,
    /// Root mean square of 1: d / √(mean d²).
    RootMeanSquare,
    /// Standard scores: (d − mean) / √(mean (d − mean)²).
    StandardScore,
    /// Ranks from 1; values that are equal within rounding share the mean of their ranks.
    Rank,
}

named! {
    Scaling, "scaling":
    None = "none",
    RootMeanSquare = "root-mean-square",
    StandardScore = "standard-score",
    Rank = "rank",
}

impl Rdm {
    /// Returns the scaled RDM.
    ///
    /// # Errors
    /// Returns [`RdmError::Constant`] if the scale is undefined within rounding: all
    /// dissimilarities are 0, or, for standard scores, all are equal. Returns
    /// `ArgumentError::TooFew` if every pair is missing.
    pub fn scaled(&self, scaling: Scaling) -> Result<Rdm> {
        let mut scaled = self.clone();
        scaled.rounding = scale(&mut scaled.values, scaling, self.rounding)?;
        Ok(scaled)
    }
}

/// Scales values in place, ignoring NaN, and returns a bound on the rounding errors of the results.
pub(crate) fn scale(values: &mut [f64], scaling: Scaling, rounding: Rounding) -> Result<Rounding> {
    let n = values.iter().filter(|value| !value.is_nan()).count();
    at_least("pairs that are not missing", 1, n)?;
    // Dividing by the largest value prevents overflow of the squares.
    let present = || values.iter().copied().filter(|value| !value.is_nan());
    let largest = present().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let mean_square = |of: &dyn Fn(f64) -> f64| {
        let squares = present().map(|value| of(value / largest).powi(2));
        (squares.sum::<f64>() / n as f64).sqrt()
    };
    // Rounding of the values divided by the largest, and of the sequential sum of their squares.
    let errors = |scale: f64| {
        let own = rounding.most(largest) / largest;
        Rounding::Absolute((own + (n as f64 + 4.0) * UNIT_ROUNDOFF) / scale)
    };
    Ok(match scaling {
        Scaling::None => rounding,
        Scaling::RootMeanSquare => {
            let scale = mean_square(&|value| value);
            if rounding.is_zero(largest) {
                return Err(RdmError::Constant {
                    undefined: "a root mean square of 1",
                }
                .into());
            }
            values
                .iter_mut()
                .for_each(|value| *value = *value / largest / scale);
            errors(scale)
        }
        Scaling::StandardScore => {
            if !rounding.vary(values) {
                return Err(RdmError::Constant {
                    undefined: "the standard score",
                }
                .into());
            }
            let mean = present().map(|value| value / largest).sum::<f64>() / n as f64;
            let scale = mean_square(&|value| value - mean);
            values
                .iter_mut()
                .for_each(|value| *value = (*value / largest - mean) / scale);
            errors(0.5 * scale)
        }
        Scaling::Rank => {
            if n == values.len() {
                mid_ranks(values, rounding);
            } else {
                let mut present: Vec<f64> = present().collect();
                mid_ranks(&mut present, rounding);
                let places = values.iter_mut().filter(|value| !value.is_nan());
                for (value, rank) in places.zip(present) {
                    *value = rank;
                }
            }
            Rounding::NONE
        }
    })
}
