//! Correlations of two values per trial, with cluster-robust standard errors.

use serde::{Deserialize, Serialize};
use statrs::distribution::ContinuousCDF;

use crate::error::{Result, same_length};
use crate::inference::{Confidence, Estimate, Interval, clustered_mean_of};
use crate::judgment::{Task, Trials};
use crate::uncertainty::influence::{Linear, Ranked, Statistic, check_pairs};

/// A correlation with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Correlation {
    /// The correlation, in [−1, 1], with its cluster-robust standard error.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Confidence interval, within [−1, 1]: by Student's t on the scale of Fisher's z = artanh r,
    /// with the standard error divided by 1 − r².
    pub interval: Interval,
    /// Two-sided p-value of the hypothesis that the correlation is 0, on the same scale; 1 if the
    /// standard error is unknown.
    pub p_value: f64,
}

impl Correlation {
    pub(super) fn new(estimate: Estimate, confidence: Confidence) -> Self {
        let r = estimate.value;
        let unexplained = 1.0 - r * r;
        let (interval, p_value) = match estimate.known() {
            Some((error, t)) if unexplained > 1e-12 => {
                let (z, error) = (r.atanh(), error / unexplained);
                let half = error * t.inverse_cdf(0.5 + confidence.level() / 2.0);
                let interval = Interval {
                    lower: (z - half).tanh(),
                    upper: (z + half).tanh(),
                };
                let p_value = match z == 0.0 {
                    true => 1.0,
                    false => (2.0 * t.cdf(-(z / error).abs())).min(1.0),
                };
                (interval, p_value)
            }
            _ => (estimate.interval(confidence), estimate.p_value()),
        };
        Self {
            estimate,
            interval: interval.clamp(-1.0, 1.0),
            p_value,
        }
    }
}

/// The correlation of two values per trial, such as the entropy of a model and the response time.
///
/// ```
/// use human_alignment::inference::Confidence;
/// use human_alignment::uncertainty::TrialCorrelation;
/// use human_alignment::{OddOneOut, Stimuli};
///
/// let trials = (0..8).map(|n| [3 * n, 3 * n + 1, 3 * n + 2]).collect();
/// let trials = OddOneOut::new(Stimuli::numbered(24), trials)?;
/// let entropies = [0.1, 0.2, 0.4, 0.5, 0.7, 0.8, 0.9, 1.0];
/// let seconds = [1.0, 1.3, 1.1, 1.6, 1.5, 2.0, 1.9, 2.4];
/// let found = TrialCorrelation::new(&trials, &entropies, &seconds, Confidence::default())?;
/// assert!(found.spearman.p_value < 0.01 && found.slope.value > 1.0);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrialCorrelation {
    /// Number of trials.
    pub n_trials: u64,
    /// Spearman's correlation (of mid-ranks).
    pub spearman: Correlation,
    /// Pearson's correlation.
    pub pearson: Correlation,
    /// Slope of the least-squares line of the second value on the first, with its cluster-robust
    /// standard error.
    pub slope: Estimate,
    /// Intercept of this line.
    pub intercept: f64,
}

impl TrialCorrelation {
    /// Computes the correlations of two values per trial, with the standard errors of
    /// [`clustered_mean_of`], by the delta method.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if there is not one value of each kind per trial,
    /// `ArgumentError::TooFew` if there are fewer than three trials, and
    /// `ArgumentError::InvalidParameter` if a value is not finite or all values of a kind are equal.
    pub fn new<T: Task>(
        trials: &Trials<T>,
        first: &[f64],
        second: &[f64],
        confidence: Confidence,
    ) -> Result<Self> {
        same_length("values of trials", trials.len(), first.len())?;
        check_pairs("values of trials", first, second)?;
        let (linear, ranked) = (Linear::new(first, second), Ranked::new(first, second));
        let estimate = |statistic: &dyn Statistic| {
            let pairs = first.iter().zip(second);
            let influences: Vec<f64> = pairs.map(|(&x, &y)| statistic.influence(x, y)).collect();
            with_influences(trials, statistic.value(), &influences)
        };
        Ok(Self {
            n_trials: trials.len() as u64,
            spearman: Correlation::new(estimate(&ranked)?, confidence),
            pearson: Correlation::new(estimate(&linear)?, confidence),
            slope: estimate(&linear.slope())?,
            intercept: linear.intercept(),
        })
    }
}

/// Returns a statistic with its cluster-robust standard error, from the influence of each trial: T
/// times the change of the statistic that is due to the trial.
pub(super) fn with_influences<T: Task>(
    trials: &Trials<T>,
    value: f64,
    influences: &[f64],
) -> Result<Estimate> {
    Ok(Estimate {
        value,
        ..clustered_mean_of(trials, influences)?
    })
}
