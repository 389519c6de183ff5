//! The normal random-effects model: means of several units with known sampling variances.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::error::{Error, Result, at_least, same_length};
use crate::inference::{Confidence, Interval};

/// The normal random-effects model of values yᵢ with sampling variances vᵢ: yᵢ ~ N(θᵢ, vᵢ), θᵢ ~
/// N(μ, τ²).
///
/// The variance τ² between units is the estimate of Paule & Mandel (1982), at which Q(τ²) = Σᵢ (yᵢ
/// − μ)² / (vᵢ + τ²) equals k − 1, and 0 if Q(0) is less; μ is the mean weighted by 1 / (vᵢ + τ²).
///
/// ```
/// use human_alignment::individual::RandomEffects;
/// use human_alignment::inference::Confidence;
///
/// let values = [0.52, 0.61, 0.47, 0.70, 0.58];
/// let found = RandomEffects::fit(&values, &[0.001; 5], Confidence::default())?;
/// // With equal variances, τ² is the variance of the values minus the sampling variance.
/// assert!((found.standard_deviation.powi(2) - (0.00773 - 0.001)).abs() < 1e-9);
/// let shrunken = found.shrink(0.70, 0.001);
/// assert!(shrunken.value > found.mean && shrunken.value < 0.70);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RandomEffects {
    /// Number of units.
    pub n_units: usize,
    /// Mean μ of the units.
    pub mean: f64,
    /// Standard error of the mean, √(1 / Σ 1/(vᵢ + τ²)).
    pub standard_error: f64,
    /// Standard deviation τ between units.
    pub standard_deviation: f64,
    /// Confidence interval of τ, by the Q-profile method (Viechtbauer 2007).
    pub interval: Interval,
    /// Cochran's Q, Q(0), which has the χ² distribution with k − 1 degrees of freedom if all units
    /// are equal.
    pub q: f64,
    /// p-value of the hypothesis that all units are equal, by Q.
    pub p_value: f64,
    /// Mean sampling variance.
    mean_variance: f64,
}

/// The estimate of a unit in a random-effects model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Shrunken {
    /// The estimate, between the value of the unit and the mean of all units.
    pub value: f64,
    /// Standard error, including that of the amount of shrinkage.
    pub standard_error: f64,
    /// Shrinkage towards the mean, from 0 (none) to 1 (the mean of all units).
    pub shrinkage: f64,
}

impl RandomEffects {
    /// Fits the model to the values of units and their sampling variances.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` for fewer than two units, `ArgumentError::LengthMismatch` if
    /// there is not one variance per value, and `ArgumentError::InvalidParameter` if a value is not
    /// finite or a variance is not positive and finite.
    pub fn fit(values: &[f64], variances: &[f64], confidence: Confidence) -> Result<Self> {
        same_length(
            "sampling variances of values",
            values.len(),
            variances.len(),
        )?;
        at_least("units", 2, values.len())?;
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(Error::parameter("the value of a unit", "finite", value));
        }
        let is_valid = |variance: &f64| *variance > 0.0 && variance.is_finite();
        if let Some(variance) = variances.iter().find(|&variance| !is_valid(variance)) {
            let expected = "positive and finite";
            return Err(Error::parameter("a sampling variance", expected, variance));
        }
        let profile = Profile { values, variances };
        let excess = (values.len() - 1) as f64;
        let chi_squared = ChiSquared::new(excess)
            .map_err(|_| Error::parameter("units", "2 at least", values.len()))?;
        let between = profile.variance_at(excess);
        let tail = (1.0 - confidence.level()) / 2.0;
        let bound = |probability: f64| {
            profile
                .variance_at(chi_squared.inverse_cdf(probability))
                .sqrt()
        };
        let q = profile.q(0.0);
        Ok(Self {
            n_units: values.len(),
            mean: profile.mean(between),
            standard_error: profile.total_weight(between).recip().sqrt(),
            standard_deviation: between.sqrt(),
            interval: Interval {
                lower: bound(1.0 - tail),
                upper: bound(tail),
            },
            q,
            p_value: chi_squared.sf(q),
            mean_variance: variances.iter().sum::<f64>() / variances.len() as f64,
        })
    }

    /// Returns the empirical-Bayes estimate of a unit from its value and sampling variance (Morris
    /// 1983, section 5): the shrinkage is (k − 3)/(k − 1) · v/(v + τ²), and the standard error
    /// includes the uncertainty of the mean and of τ². With fewer than four units nothing is
    /// shrunken.
    pub fn shrink(&self, value: f64, variance: f64) -> Shrunken {
        if self.n_units < 4 {
            return Shrunken {
                value,
                standard_error: variance.sqrt(),
                shrinkage: 0.0,
            };
        }
        let k = self.n_units as f64;
        let between = self.standard_deviation.powi(2);
        let shrinkage = (k - 3.0) / (k - 1.0) * variance / (variance + between);
        let difference = value - self.mean;
        // The share of the unit in the estimated mean.
        let share = self.standard_error.powi(2) / (variance + between);
        let of_shrinkage = 2.0 / (k - 3.0)
            * shrinkage.powi(2)
            * ((self.mean_variance + between) / (variance + between));
        let squared =
            variance * (1.0 - (1.0 - share) * shrinkage) + of_shrinkage * difference.powi(2);
        Shrunken {
            value: value - shrinkage * difference,
            standard_error: squared.sqrt(),
            shrinkage,
        }
    }
}

/// Functions of the variance between units.
struct Profile<'a> {
    values: &'a [f64],
    variances: &'a [f64],
}

impl Profile<'_> {
    fn total_weight(&self, between: f64) -> f64 {
        self.variances.iter().map(|v| 1.0 / (v + between)).sum()
    }

    fn mean(&self, between: f64) -> f64 {
        let units = self.values.iter().zip(self.variances);
        units.map(|(y, v)| y / (v + between)).sum::<f64>() / self.total_weight(between)
    }

    fn q(&self, between: f64) -> f64 {
        let mean = self.mean(between);
        let units = self.values.iter().zip(self.variances);
        units.map(|(y, v)| (y - mean).powi(2) / (v + between)).sum()
    }

    /// Returns the variance between units at which Q has a value, or 0 if Q is always less. Q
    /// decreases with the variance.
    fn variance_at(&self, q: f64) -> f64 {
        if self.q(0.0) <= q {
            return 0.0;
        }
        let mut upper = self.variances.iter().fold(0.0, |a: f64, &b| a.max(b));
        while self.q(upper) > q && upper.is_finite() {
            upper *= 2.0;
        }
        let mut lower = 0.0;
        for _ in 0..200 {
            let middle = 0.5 * (lower + upper);
            match self.q(middle) > q {
                true => lower = middle,
                false => upper = middle,
            }
        }
        0.5 * (lower + upper)
    }
}
