//! Elementary functions in `f32`, in a form that compilers vectorize.

/// Returns eˣ, to two units in the last place, or 0 if it is below the least normal number.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // x = n ln 2 + r with |r| ≤ ln 2 / 2, and eʳ by a polynomial.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding this number rounds to the nearest integer, which is then in the last bits.
    const ROUND: f32 = 12_582_912.0;

    let clamped = x.clamp(-87.3, 88.3);
    let rounded = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (clamped - n * LN_2_HIGH) - n * LN_2_LOW;
    let mut sum = 1.987_569_1e-4;
    for coefficient in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        sum = sum * r + coefficient;
    }
    let series = sum * r * r + r + 1.0;
    let n_bits = rounded.to_bits().wrapping_sub(ROUND.to_bits());
    let power = f32::from_bits(n_bits.wrapping_add(127) << 23);
    if x < -87.3 { 0.0 } else { series * power }
}

/// Returns 1 / (1 + e⁻ˣ).
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Returns the error function of x, to 4e-7: a ratio of polynomials on [−4, 4], beyond which it is
/// ±1 in `f32`.
#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    const ABOVE: [f32; 6] = [
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_4e-5,
        -7.349_906_3e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const BELOW: [f32; 4] = [
        -2.133_740_6e-4,
        -1.682_827e-3,
        -7.373_329_2e-3,
        -1.426_473_9e-2,
    ];

    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let mut above = -2.726_142e-10;
    for coefficient in ABOVE {
        above = above * square + coefficient;
    }
    let mut below = -1.456_607_2e-5;
    for coefficient in BELOW {
        below = below * square + coefficient;
    }
    x * above / below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments() -> impl Iterator<Item = f32> {
        (-40_000..40_000).map(|step| step as f32 / 400.0)
    }

    #[test]
    fn exponentials_are_those_of_doubles() {
        for x in arguments().filter(|x| (-87.0..88.0).contains(x)) {
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) - exact).abs() <= 2.5e-7 * exact, "{x}");
        }
        assert_eq!(
            (exp(0.0), exp(-1e30), exp(f32::NEG_INFINITY)),
            (1.0, 0.0, 0.0)
        );
    }

    #[test]
    fn the_error_function_is_that_of_tables() {
        // scipy.special.erf
        for (x, expected) in [
            (0.0, 0.0),
            (0.1, 0.112_462_916_018_284_89),
            (0.5, 0.520_499_877_813_046_5),
            (1.0, 0.842_700_792_949_714_9),
            (2.0, 0.995_322_265_018_952_7),
            (3.5, 0.999_999_256_901_627_7),
            (9.0, 1.0),
        ] {
            assert!((f64::from(erf(x)) - expected).abs() < 4e-7, "{x}");
            assert_eq!(erf(-x), -erf(x));
        }
    }

    #[test]
    fn sigmoids_are_those_of_doubles() {
        for x in arguments() {
            let exact = 1.0 / (1.0 + (-f64::from(x)).exp());
            assert!((f64::from(sigmoid(x)) - exact).abs() < 3e-7, "{x}");
        }
    }
}
