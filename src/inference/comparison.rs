//! Comparisons of several representations or models on the same trials.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::inference::{
    Confidence, Credit, Estimate, Interval, benjamini_hochberg, check_length, clustered_mean,
};
use crate::judgment::{Task, Trials};

/// The difference between two representations (or models) on the same trials or participants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comparison {
    /// Index of the first representation in the input.
    pub first: usize,
    /// Index of the second representation in the input.
    pub second: usize,
    /// The score of the first (an accuracy or a correlation) minus that of the second, with its
    /// standard error.
    pub difference: Estimate,
    /// The confidence interval of the difference.
    pub interval: Interval,
    /// The two-sided p-value of the difference.
    pub p_value: f64,
    /// The p-value adjusted for all comparisons of the input ([`benjamini_hochberg`]).
    pub adjusted_p_value: f64,
}

impl Comparison {
    /// Compares all pairs of several lists of credits for the same trials: (0,1), (0,2), …, (1,2),
    /// ….
    ///
    /// The standard error is that of the mean difference per trial, by [`clustered_mean`]. It is
    /// smaller than the standard errors of the two accuracies suggest if both representations fail
    /// in the same trials.
    ///
    /// ```
    /// use human_alignment::inference::{Confidence, Credit, Comparison};
    /// use human_alignment::{OddOneOut, Stimuli};
    ///
    /// let trials = OddOneOut::new(Stimuli::numbered(6), vec![[0, 1, 2], [3, 4, 5]])?;
    /// let first = [Credit::FULL, Credit::FULL];
    /// let second = [Credit::FULL, Credit::NONE];
    /// let comparisons = Comparison::all_pairs(&trials, &[&first, &second], Confidence::default())?;
    /// assert_eq!(comparisons[0].difference.value, 0.5);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the length of a list
    /// differs from the number of trials.
    pub fn all_pairs<T: Task>(
        trials: &Trials<T>,
        credits: &[&[Credit]],
        confidence: Confidence,
    ) -> Result<Vec<Comparison>> {
        /// The bounds of a difference between two accuracies.
        const BOUNDS: [f64; 2] = [-1.0, 1.0];

        for credits in credits {
            check_length(trials, credits)?;
        }
        let mut differences = Vec::new();
        for first in 0..credits.len() {
            for second in first + 1..credits.len() {
                let pairs = credits[first].iter().zip(credits[second]);
                let of_trials: Vec<Credit> = pairs.map(|(a, &b)| a.difference(b)).collect();
                let difference = clustered_mean(trials, &of_trials)?;
                differences.push(Comparison {
                    first,
                    second,
                    interval: difference.interval_within(confidence, BOUNDS),
                    p_value: difference.p_value_within(0.0, BOUNDS),
                    adjusted_p_value: f64::NAN,
                    difference,
                });
            }
        }
        Ok(Self::adjusted(differences))
    }

    /// Creates comparisons from differences, with p-values adjusted for all of them and intervals
    /// clamped to bounds.
    pub(crate) fn of_differences(
        differences: Vec<(usize, usize, Estimate)>,
        confidence: Confidence,
        [lower, upper]: [f64; 2],
    ) -> Vec<Self> {
        let compared = differences
            .into_iter()
            .map(|(first, second, difference)| Self {
                first,
                second,
                difference,
                interval: difference.interval(confidence).clamp(lower, upper),
                p_value: difference.p_value(),
                adjusted_p_value: f64::NAN,
            });
        Self::adjusted(compared.collect())
    }

    /// Returns the comparison of the second with the first.
    pub(crate) fn reversed(self) -> Self {
        Self {
            first: self.second,
            second: self.first,
            difference: Estimate {
                value: -self.difference.value,
                ..self.difference
            },
            interval: Interval {
                lower: -self.interval.upper,
                upper: -self.interval.lower,
            },
            ..self
        }
    }

    /// Returns comparisons with p-values that are adjusted for all of them.
    fn adjusted(mut comparisons: Vec<Self>) -> Vec<Self> {
        let p_values: Vec<f64> = comparisons.iter().map(|it| it.p_value).collect();
        for (comparison, adjusted) in comparisons.iter_mut().zip(benjamini_hochberg(&p_values)) {
            comparison.adjusted_p_value = adjusted;
        }
        comparisons
    }
}
