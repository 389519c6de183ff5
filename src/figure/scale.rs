//! Scales from values to positions on an axis, and their ticks.

use super::error::FigureError;
use super::quantity::Quantity;
use crate::error::Result;
use serde::{Deserialize, Serialize};

/// The spacing of values along an axis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Spacing {
    /// Equal differences have equal distances.
    #[default]
    Linear,
    /// Equal ratios have equal distances; values must be positive.
    Logarithmic,
}

impl Spacing {
    /// Returns the value itself, or its logarithm to base 10.
    pub(super) fn apply(self, value: f64) -> f64 {
        match self {
            Spacing::Linear => value,
            Spacing::Logarithmic => value.log10(),
        }
    }

    /// Checks that a value has a place on the axis.
    pub(super) fn check(self, value: f64, of: &str) -> Result<()> {
        if self == Spacing::Logarithmic && value <= 0.0 {
            return Err(FigureError::NotDrawable {
                what: "number",
                of: of.into(),
                value,
            }
            .into());
        }
        Ok(())
    }
}

/// A mapping from values to positions in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    spacing: Spacing,
    /// The values at the ends, after [`Spacing::apply`].
    ends: [f64; 2],
    /// The positions of the ends.
    pixels: [f64; 2],
}

impl Scale {
    /// Creates a scale that covers all values, with a margin.
    pub fn around(values: impl IntoIterator<Item = f64>, spacing: Spacing) -> Self {
        /// The margin at each end, as a fraction of the range.
        const MARGIN: f64 = 0.04;

        let (mut lower, mut upper) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            let value = spacing.apply(value);
            (lower, upper) = (lower.min(value), upper.max(value));
        }
        if lower > upper {
            (lower, upper) = (0.0, 1.0);
        }
        let least = 1e-6 * lower.abs().max(upper.abs());
        if upper - lower <= least {
            // All values are the same.
            let half = if least > 0.0 { 0.05 * lower.abs() } else { 0.5 };
            (lower, upper) = (lower - half, upper + half);
        }
        let margin = MARGIN * (upper - lower);
        Self {
            spacing,
            ends: [lower - margin, upper + margin],
            pixels: [0.0, 1.0],
        }
    }

    /// Creates a linear scale between two values.
    pub fn between(lower: f64, upper: f64) -> Self {
        Self {
            spacing: Spacing::Linear,
            ends: [lower, upper],
            pixels: [0.0, 1.0],
        }
    }

    /// Returns the scale with another lower end, such as 0 for values that cannot be negative.
    #[must_use]
    pub fn starting_at(self, lower: f64) -> Self {
        Self {
            ends: [lower, self.ends[1]],
            ..self
        }
    }

    /// Sets the positions of the ends, in pixels.
    #[must_use]
    pub fn on(self, from: f64, to: f64) -> Self {
        Self {
            pixels: [from, to],
            ..self
        }
    }

    /// Returns the position of a value.
    pub fn at(&self, value: f64) -> f64 {
        let [lower, upper] = self.ends;
        let share = (self.spacing.apply(value) - lower) / (upper - lower);
        self.pixels[0] + share * (self.pixels[1] - self.pixels[0])
    }

    /// Returns the difference of the values at the ends.
    pub fn span(&self) -> f64 {
        match self.spacing {
            Spacing::Linear => self.ends[1] - self.ends[0],
            Spacing::Logarithmic => 10f64.powf(self.ends[1]) - 10f64.powf(self.ends[0]),
        }
    }

    /// Returns about `n` round values on the scale, with their labels.
    pub fn ticks(&self, n: usize, quantity: &Quantity) -> Vec<(f64, String)> {
        let [lower, upper] = self.ends;
        let values: Vec<(f64, f64)> = match self.spacing {
            Spacing::Linear => {
                let step = nice_step((upper - lower) / n.max(1) as f64);
                multiples(lower, upper, step)
                    .map(|value| (value, step))
                    .collect()
            }
            Spacing::Logarithmic => logarithmic_ticks(lower, upper, n),
        };
        let written = |(value, step)| (value, quantity.tick(value, step));
        values.into_iter().map(written).collect()
    }
}

/// Returns the smallest of 1, 2, 2.5 and 5 times a power of 10 that is at least `step`.
fn nice_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0].map(|factor| factor * power);
    let found = steps.into_iter().find(|nice| *nice >= step * (1.0 - 1e-9));
    found.unwrap_or(10.0 * power)
}

/// Returns the multiples of a step between two values.
fn multiples(lower: f64, upper: f64, step: f64) -> impl Iterator<Item = f64> {
    let slack = 1e-9 * step;
    let (first, last) = (
        ((lower - slack) / step).ceil(),
        ((upper + slack) / step).floor(),
    );
    // Divided rather than multiplied if that is exact: 0.3 and not 0.30000000000000004.
    let inverse = (1.0 / step).round();
    let exact = step < 1.0 && (1.0 / step - inverse).abs() < 1e-6 * inverse;
    (0..=(last - first).max(-1.0) as i64).map(move |k| {
        let multiple = first + k as f64;
        if exact {
            multiple / inverse
        } else {
            multiple * step
        }
    })
}

/// Returns ticks between two powers of 10, each with the distance to the next lower power for its
/// format.
fn logarithmic_ticks(lower: f64, upper: f64, n: usize) -> Vec<(f64, f64)> {
    let (first, last) = (lower.floor() as i32, upper.ceil() as i32);
    let with = |factors: &[f64], every: usize| -> Vec<(f64, f64)> {
        let powers = (first..=last).step_by(every).map(|power| 10f64.powi(power));
        let ticks = powers.flat_map(|power| factors.iter().map(move |f| (f * power, power)));
        let inside = |value: f64| (lower..=upper).contains(&value.log10());
        ticks.filter(|&(value, _)| inside(value)).collect()
    };
    let fine = [
        &[1.0, 2.0, 3.0, 4.0, 5.0, 7.0][..],
        &[1.0, 2.0, 5.0],
        &[1.0, 3.0],
        &[1.0],
    ];
    let fitting = fine
        .into_iter()
        .map(|factors| with(factors, 1))
        .find(|ticks| ticks.len() <= n);
    fitting.unwrap_or_else(|| with(&[1.0], ((last - first) as usize).div_ceil(n.max(1)).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(lower: f64, upper: f64, n: usize) -> Vec<f64> {
        let scale = Scale::between(lower, upper);
        let ticks = scale.ticks(n, &Quantity::plain(""));
        ticks.into_iter().map(|(value, _)| value).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(0.0, 1.0, 5), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(ticks(0.29, 0.71, 8), [0.3, 0.4, 0.5, 0.6, 0.7]);
        assert_eq!(ticks(-3.0, 12.0, 4), [0.0, 5.0, 10.0]);
        for (lower, upper) in [(1e-12, 3e-12), (-1e20, 1e21), (99.99, 100.01)] {
            let n = ticks(lower, upper, 6).len();
            assert!(
                (2..=8).contains(&n),
                "{n} ticks between {lower} and {upper}"
            );
        }
    }

    #[test]
    fn logarithmic_ticks_are_round() {
        let scale = Scale::around([1.2e6, 3.1e8], Spacing::Logarithmic);
        let ticks = scale.ticks(8, &Quantity::count("Parameters"));
        let labels: Vec<&str> = ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(
            labels,
            [
                "1 M", "2 M", "5 M", "10 M", "20 M", "50 M", "100 M", "200 M"
            ]
        );
        assert!((scale.at(1e7) - scale.at(1e6) - scale.at(1e8) + scale.at(1e7)).abs() < 1e-12);
        let wide = Scale::around([1e-40, 1e40], Spacing::Logarithmic);
        let n = wide.ticks(6, &Quantity::plain("")).len();
        assert!((3..=8).contains(&n));
    }

    #[test]
    fn one_number_has_room_on_either_side() {
        for value in [0.0, 0.66, -3e7] {
            let scale = Scale::around([value], Spacing::Linear);
            assert!((scale.at(value) - 0.5).abs() < 1e-9);
        }
    }
}
