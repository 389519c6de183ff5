//! The normal random-effects model: means of several units with known sampling variances.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor};

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
}

impl RandomEffects {
    /// Fits the model to the values of units and their sampling variances, which are known.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` for fewer than two units, `ArgumentError::LengthMismatch` if
    /// there is not one variance per value, and `ArgumentError::InvalidParameter` if a value is not
    /// finite or a variance is not positive and finite.
    pub fn fit(values: &[f64], variances: &[f64], confidence: Confidence) -> Result<Self> {
        let profile = Profile::new(values, variances)?;
        let excess = profile.excess();
        let chi_squared = ChiSquared::new(excess).expect("a positive number");
        let upper_tail = |q| chi_squared.sf(q);
        Ok(profile.fit(confidence, |p| chi_squared.inverse_cdf(p), upper_tail))
    }

    /// Fits the model to the values of units and their sampling variances, of which a common factor
    /// was estimated with a number of degrees of freedom.
    ///
    /// Q / (k − 1) then has the F distribution with k − 1 and these degrees of freedom instead of
    /// χ² / (k − 1).
    ///
    /// # Errors
    /// As for [`fit`](Self::fit), and `ArgumentError::InvalidParameter` if the degrees of freedom are
    /// not positive and finite.
    pub fn fit_estimated(
        values: &[f64],
        variances: &[f64],
        degrees_of_freedom: f64,
        confidence: Confidence,
    ) -> Result<Self> {
        /// With more degrees of freedom the quantiles differ by less than 1e-5, and their search takes
        /// long.
        const MANY: f64 = 1e5;

        let profile = Profile::new(values, variances)?;
        let excess = profile.excess();
        let refused = || {
            let expected = "positive and finite";
            Error::parameter("the degrees of freedom", expected, degrees_of_freedom)
        };
        if !degrees_of_freedom.is_finite() {
            return Err(refused());
        }
        let f = FisherSnedecor::new(excess, degrees_of_freedom.min(MANY)).map_err(|_| refused())?;
        let quantile = |p| excess * f.inverse_cdf(p);
        Ok(profile.fit(confidence, quantile, |q| f.sf(q / excess)))
    }
}

/// Functions of the variance between units.
#[derive(Clone, Copy)]
pub(super) struct Profile<'a> {
    pub values: &'a [f64],
    pub variances: &'a [f64],
}

impl<'a> Profile<'a> {
    /// Checks the values of units and their sampling variances.
    pub fn new(values: &'a [f64], variances: &'a [f64]) -> Result<Self> {
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
        Ok(Self { values, variances })
    }

    /// Returns k − 1 for k units.
    pub fn excess(&self) -> f64 {
        (self.values.len() - 1) as f64
    }

    /// Fits the model, given the quantile function and the upper tail of the distribution of Q.
    fn fit(
        &self,
        confidence: Confidence,
        quantile: impl Fn(f64) -> f64,
        upper_tail: impl Fn(f64) -> f64,
    ) -> RandomEffects {
        let between = self.variance_at(self.excess());
        let tail = (1.0 - confidence.level()) / 2.0;
        let bound = |probability: f64| self.variance_at(quantile(probability)).sqrt();
        let q = self.q(0.0);
        RandomEffects {
            n_units: self.values.len(),
            mean: self.mean(between),
            standard_error: self.total_weight(between).recip().sqrt(),
            standard_deviation: between.sqrt(),
            interval: Interval {
                lower: bound(1.0 - tail),
                upper: bound(tail),
            },
            q,
            p_value: upper_tail(q),
        }
    }

    pub fn total_weight(&self, between: f64) -> f64 {
        self.variances.iter().map(|v| 1.0 / (v + between)).sum()
    }

    pub fn mean(&self, between: f64) -> f64 {
        let units = self.values.iter().zip(self.variances);
        units.map(|(y, v)| y / (v + between)).sum::<f64>() / self.total_weight(between)
    }

    pub fn q(&self, between: f64) -> f64 {
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
