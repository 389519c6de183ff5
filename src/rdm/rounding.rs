//! Bounds on the rounding errors of the dissimilarities of an RDM.

use crate::linalg::{DistanceRounding, UNIT_ROUNDOFF};

/// A bound on the rounding errors of dissimilarities, derived from the arithmetic that computed
/// them.
///
/// Values that differ by no more than the sum of their bounds are treated as equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rounding {
    /// The same bound for all values.
    Absolute(f64),
    /// Bound for distances.
    Distance(DistanceRounding),
    /// Bound for squared distances.
    SquaredDistance(DistanceRounding),
    /// Bound for 1 − exp(−d² / width) of distances *d*.
    Gaussian {
        /// Bound for the distances.
        distances: DistanceRounding,
        width: f64,
    },
}

impl Rounding {
    /// Bound for values that are exact, such as those of files and ranks.
    pub const NONE: Self = Rounding::Absolute(0.0);

    /// Values whose range is at most this many units in the last place count as constant, because
    /// any computation of equal numbers may leave such differences. The unit is that of single
    /// precision if the values are single-precision numbers.
    const LEAST_SPREAD: f64 = 16.0;

    /// Returns the bound for one value.
    pub fn of(self, value: f64) -> f64 {
        match self {
            Rounding::Absolute(bound) => bound,
            Rounding::Distance(distances) => distances.of(value),
            Rounding::SquaredDistance(distances) => distances.of_squared(value),
            Rounding::Gaussian { distances, width } => {
                // Keeps the result finite for a value that was rounded to 1.
                let squared = (-(-value).ln_1p()).min(700.0);
                let of_exponent = distances.of_squared(squared * width) / width;
                (-squared).exp() * of_exponent + 4.0 * UNIT_ROUNDOFF * value
            }
        }
    }

    /// Returns the largest bound for values whose absolute value is at most `largest`.
    pub fn most(self, largest: f64) -> f64 {
        match self {
            Rounding::Gaussian { distances, width } => {
                // The maximum of x·exp(−x) is 1/e, that of √x·exp(−x) is 0.43.
                let DistanceRounding {
                    relative, inputs, ..
                } = distances;
                let inputs = inputs / width.sqrt();
                0.5 * relative + inputs * (1.0 + inputs) + 4.0 * UNIT_ROUNDOFF
            }
            // The other bounds increase with the value.
            _ => self.of(largest),
        }
    }

    /// Checks whether two values, `low` ≤ `high`, are equal within their bounds.
    #[inline(always)]
    pub fn ties(self, low: f64, high: f64) -> bool {
        low == high || high - low <= self.of(low) + self.of(high)
    }

    /// Checks whether values with minimum `low` and maximum `high` vary.
    pub fn varies(self, low: f64, high: f64) -> bool {
        let share = (high - low) / low.abs().max(high.abs());
        let is_single = |value: f64| f64::from(value as f32) == value;
        let are_whole = low.fract() == 0.0 && high.fract() == 0.0;
        let epsilon = match is_single(low) && is_single(high) && !are_whole {
            true => f64::from(f32::EPSILON),
            false => f64::EPSILON,
        };
        // The ratio is NaN for infinite values, which do vary.
        !self.ties(low, high) && (share > Self::LEAST_SPREAD * epsilon || share.is_nan())
    }

    /// Checks whether values vary, ignoring NaN (missing values).
    pub fn vary(self, values: &[f64]) -> bool {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        // `min` and `max` ignore NaN.
        for &value in values {
            low = low.min(value);
            high = high.max(value);
        }
        low < high && self.varies(low, high)
    }

    /// Checks whether a value of this size is 0 within its bound.
    pub fn is_zero(self, size: f64) -> bool {
        size <= self.of(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISTANCES: DistanceRounding = DistanceRounding {
        relative: 1e-12,
        cap: 1e-5,
        inputs: 1e-14,
    };

    /// Checks that the bounds of a distance, its square and its Gaussian describe the same error.
    #[test]
    fn functions_of_a_distance_have_its_error() {
        let width = 3.0;
        let gaussian = |squared: f64| -(-squared / width).exp_m1();
        for distance in [0.0, 1e-9, 1e-4, 0.1, 1.0, 4.0, 1e3, 1e6] {
            let squared = distance * distance;
            let error = DISTANCES.of_squared(squared);
            let moved = squared + error;
            let slack = 1.0 + 1e-3;
            let of_root = Rounding::Distance(DISTANCES).of(distance);
            assert!(moved.sqrt() - distance <= of_root * slack + 1e-16 * distance);
            let rounding = Rounding::Gaussian {
                distances: DISTANCES,
                width,
            };
            let bound = rounding.of(gaussian(squared));
            assert!(gaussian(moved) - gaussian(squared) <= bound * slack);
            assert!(bound <= rounding.most(1.0));
        }
    }

    #[test]
    fn constant_values_do_not_vary() {
        let absolute = Rounding::Absolute(1e-12);
        assert!(absolute.vary(&[1.0, f64::NAN, 1.1]));
        assert!(!absolute.vary(&[1.0, f64::NAN, 1.0 + 1.5e-12]));
        assert!(Rounding::NONE.vary(&[1.0, 1.0 + 1e-12]));
        assert!(!Rounding::NONE.vary(&[1.0, 1.0 + f64::EPSILON]));
        let single = [0.1f32, 0.1 + f32::EPSILON, 0.2].map(f64::from);
        assert!(!Rounding::NONE.vary(&single[..2]) && Rounding::NONE.vary(&single));
        assert!(Rounding::NONE.vary(&[10_000_000.0, 10_000_001.0]));
        assert!(!Rounding::NONE.vary(&[f64::NAN, 2.0]));
        assert!(!Rounding::NONE.vary(&[]));
        assert!(absolute.is_zero(1e-13) && !absolute.is_zero(1e-11));
        assert!(Rounding::NONE.is_zero(0.0) && !Rounding::NONE.is_zero(1e-300));
    }
}
