//! Bounds on the rounding errors of numbers.

/// Largest relative rounding error of one operation in double precision.
pub(crate) const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;

/// Returns 2⁻ᵉ for `value` in [2ᵉ, 2ᵉ⁺¹); 1 for 0; for a subnormal value, the largest power of two
/// whose inverse is normal.
pub(crate) fn inverse_power_of_two(value: f64) -> f64 {
    if value == 0.0 {
        return 1.0;
    }
    // Features are in the range of f32, so the result is not subnormal.
    let power = f64::from_bits(value.to_bits() & (0x7ff << 52));
    1.0 / power.max(f64::MIN_POSITIVE)
}

/// A bound on the rounding errors of distances *d*:
/// |error of d²| ≤ min(relative · d², cap²) + 2 · inputs · d + inputs².
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DistanceRounding {
    /// Largest relative error of d².
    pub relative: f64,
    /// Square root of the largest absolute error of any d².
    pub cap: f64,
    /// Largest change of a distance by the rounding of the features.
    pub inputs: f64,
}

impl DistanceRounding {
    /// Returns the bound for a distance.
    pub fn of(self, distance: f64) -> f64 {
        // |√(q + e) − √q| is at most e/√q, and at most √e.
        let own = (self.relative * distance)
            .min(self.cap * (self.cap / distance))
            .min(self.cap);
        own + 3.0 * self.inputs
    }

    /// Returns the bound for a squared distance.
    pub fn of_squared(self, squared: f64) -> f64 {
        let own = (self.relative * squared).min(self.cap * self.cap);
        own + self.inputs * (2.0 * squared.sqrt() + self.inputs)
    }
}
