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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::assert_refused;
    use crate::stimuli::Stimuli;
    use approx::assert_relative_eq;

    #[test]
    fn missing_pairs_stay_missing() {
        let values = vec![3.0, f64::NAN, 1.0, 2.0, 3.0, 4.0];
        let rdm = Rdm::with_missing(Stimuli::numbered(4), values).unwrap();
        let ranks = rdm.scaled(Scaling::Rank).unwrap();
        assert!(ranks.values()[1].is_nan());
        assert_eq!(ranks.values()[2..], [1.0, 2.0, 3.5, 5.0]);
        let mean_of = |rdm: &Rdm, of: fn(f64) -> f64| {
            let present = rdm.values().iter().filter(|value| !value.is_nan());
            present.map(|&value| of(value)).sum::<f64>() / 5.0
        };
        let scaled = rdm.scaled(Scaling::RootMeanSquare).unwrap();
        assert_relative_eq!(
            mean_of(&scaled, |value| value * value),
            1.0,
            epsilon = 1e-12
        );
        let scores = rdm.scaled(Scaling::StandardScore).unwrap();
        assert_relative_eq!(mean_of(&scores, |value| value), 0.0, epsilon = 1e-12);
        assert_relative_eq!(
            mean_of(&scores, |value| value * value),
            1.0,
            epsilon = 1e-12
        );
    }

    #[test]
    fn what_is_constant_has_no_scale() {
        let all = |value| Rdm::new(Stimuli::numbered(3), vec![value; 3]).unwrap();
        assert_refused!(
            all(2.0).scaled(Scaling::StandardScore),
            Rdm(RdmError::Constant { .. })
        );
        assert!(all(2.0).scaled(Scaling::RootMeanSquare).is_ok());
        assert!(all(0.0).scaled(Scaling::RootMeanSquare).is_err());
        let huge = all(1e300).scaled(Scaling::RootMeanSquare).unwrap();
        assert_relative_eq!(huge.values()[0], 1.0, epsilon = 1e-12);
    }
}
