//! Accuracy relative to the noise ceiling.

use serde::{Deserialize, Serialize};

use super::RepeatedAnswers;
use crate::error::Result;
use crate::inference::{
    ClusteredTrials, Confidence, Credit, Estimate, Interval, Term, check_length, linearized,
    mean_over_trials,
};
use crate::judgment::{Task, Trials};

/// The accuracy of a model relative to the noise ceiling: 0 at chance, 1 at the ceiling.
///
/// The relative accuracy is (accuracy − chance) / (ceiling − chance), with the
/// [corrected](super::ChoiceNoiseCeiling::corrected) ceiling. Both are estimated from the same
/// people and objects, so that their errors are correlated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RelativeAccuracy {
    /// The relative accuracy, with its standard error by the delta method.
    pub relative: Estimate,
    /// The confidence interval of the relative accuracy (Fieller 1954); `None` if it is unbounded,
    /// because the ceiling does not differ from chance.
    pub interval: Option<Interval>,
    /// The accuracy minus the ceiling.
    pub difference: Estimate,
    /// The confidence interval of the difference, within [−1, 1].
    pub difference_interval: Interval,
    /// The two-sided p-value of the hypothesis that the model is at the ceiling.
    pub p_value: f64,
}

impl RelativeAccuracy {
    /// Computes the relative accuracy from the credit of each trial; `None` if no question was
    /// answered more than once.
    ///
    /// The accuracy is that of all trials, and the ceiling that of the repeated questions. They are
    /// comparable if the repeated questions were drawn like the others.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the numbers of credits and trials differ.
    pub fn new<T: Task>(
        trials: &Trials<T>,
        credits: &[Credit],
        confidence: Confidence,
    ) -> Result<Option<Self>> {
        check_length(trials, credits)?;
        let Some(repeated) = RepeatedAnswers::of(trials) else {
            return Ok(None);
        };
        let clustered = ClusteredTrials::of(trials);
        let accuracy = mean_over_trials(clustered, credits);
        let (ceiling, residuals) = repeated.corrected();
        let n = trials.len() as f64 / repeated.answers.len() as f64;
        let mut of_ceiling = vec![0.0; trials.len()];
        for (answer, residual) in repeated.answers.iter().zip(residuals) {
            of_ceiling[answer.position] = n * residual;
        }
        // The value of accuracy + factor · ceiling, with its standard error.
        let combined = |factor: f64| {
            let residual = |(credit, ceiling): (&Credit, &f64)| Term {
                residual: credit.value() - accuracy.value + factor * ceiling,
                weight: 1.0,
            };
            let terms: Vec<Term> = credits.iter().zip(&of_ceiling).map(residual).collect();
            linearized(accuracy.value + factor * ceiling, clustered, &terms)
        };
        let ratio = (accuracy.value - chance::<T>()) / (ceiling - chance::<T>());
        let [difference, at_ratio] = [-1.0, -ratio].map(combined);
        let only_ceiling: Vec<Term> = of_ceiling
            .iter()
            .map(|&residual| Term {
                residual,
                weight: 1.0,
            })
            .collect();
        let only_ceiling = linearized(ceiling, clustered, &only_ceiling);
        let variances = [accuracy, only_ceiling, at_ratio].map(|of| of.standard_error);
        let covariance = match variances {
            // Var(a − r c) = Var(a) − 2 r Cov(a, c) + r² Var(c)
            [Some(a), Some(c), Some(both)] if ratio != 0.0 => {
                (a * a + ratio * ratio * c * c - both * both) / (2.0 * ratio)
            }
            _ => 0.0,
        };
        Ok(Some(Self::with_covariance(
            [accuracy, only_ceiling],
            covariance,
            difference,
            chance::<T>(),
            confidence,
        )))
    }

    /// Computes the relative accuracy from an accuracy and a ceiling that were estimated from
    /// different objects and people, for a task in which the accuracy of random choices is
    /// `chance`.
    ///
    /// ```
    /// use human_alignment::inference::{Confidence, Estimate, RelativeAccuracy};
    ///
    /// let of = |value| Estimate { value, standard_error: Some(0.01), degrees_of_freedom: 50.0 };
    /// let chance = 1.0 / 3.0;
    /// let confidence = Confidence::default();
    /// let found = RelativeAccuracy::from_independent(of(0.5), of(0.7), chance, confidence);
    /// let ratio = (0.5 - chance) / (0.7 - chance);
    /// assert!((found.relative.value - ratio).abs() < 1e-12);
    /// // The delta method, without a covariance.
    /// let error = 0.01 * (1.0 + ratio * ratio).sqrt() / (0.7 - chance);
    /// assert!((found.relative.standard_error.unwrap() - error).abs() < 1e-12);
    /// ```
    pub fn from_independent(
        accuracy: Estimate,
        ceiling: Estimate,
        chance: f64,
        confidence: Confidence,
    ) -> Self {
        let squares = [accuracy, ceiling].map(|of| of.standard_error.map(|error| error.powi(2)));
        let difference = Estimate {
            value: accuracy.value - ceiling.value,
            standard_error: match squares {
                [Some(left), Some(right)] => Some((left + right).sqrt()),
                _ => None,
            },
            degrees_of_freedom: accuracy.degrees_of_freedom.min(ceiling.degrees_of_freedom),
        };
        Self::with_covariance([accuracy, ceiling], 0.0, difference, chance, confidence)
    }

    fn with_covariance(
        [accuracy, ceiling]: [Estimate; 2],
        covariance: f64,
        difference: Estimate,
        chance: f64,
        confidence: Confidence,
    ) -> Self {
        let (numerator, denominator) = (accuracy.value - chance, ceiling.value - chance);
        let ratio = numerator / denominator;
        let mut relative = Estimate {
            value: ratio,
            standard_error: None,
            degrees_of_freedom: difference.degrees_of_freedom,
        };
        let mut interval = None;
        if let (Some(a), Some(c)) = (accuracy.standard_error, ceiling.standard_error) {
            let variance = a * a - 2.0 * ratio * covariance + ratio * ratio * c * c;
            relative.standard_error = Some(variance.max(0.0).sqrt() / denominator.abs());
            // The ratios r for which accuracy − chance − r (ceiling − chance) does not differ from
            // 0 lie between the roots of a quadratic equation.
            let squared_t = relative.squared_t(confidence);
            let square = denominator * denominator - squared_t * c * c;
            let half_linear = numerator * denominator - squared_t * covariance;
            let constant = numerator * numerator - squared_t * a * a;
            let discriminant = half_linear * half_linear - square * constant;
            if square > 0.0 && discriminant >= 0.0 {
                interval = Some(Interval {
                    lower: (half_linear - discriminant.sqrt()) / square,
                    upper: (half_linear + discriminant.sqrt()) / square,
                });
            }
        }
        Self {
            relative,
            interval,
            difference_interval: difference.interval_within(confidence, BOUNDS),
            p_value: difference.p_value_within(0.0, BOUNDS),
            difference,
        }
    }
}

/// The bounds of a difference between two accuracies.
const BOUNDS: [f64; 2] = [-1.0, 1.0];

/// Returns the accuracy of random choices.
fn chance<T: Task>() -> f64 {
    1.0 / T::N_PAIRS as f64
}
