//! The expected calibration error, corrected for its bias, with an interval and a test.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Continuous, ContinuousCDF, FisherSnedecor, Normal, StudentsT};
use statrs::function::gamma::ln_gamma;

use super::reliability::{Entry, binned};
use crate::calibration::{Bins, Predictions, ReliabilityTarget};
use crate::inference::{ClusterCovariance, ClusteredTrials, Confidence, Contribution, Interval};
use crate::judgment::Task;

/// The expected calibration error (ECE) with its bias, an interval, and a test of the hypothesis
/// that the predictions are calibrated ([`Predictions::calibration_error`]).
///
/// The ECE, Σ wₖ |gₖ| over bins with shares wₖ of the answers and gaps gₖ = accuracy − mean
/// probability, is biased upwards: even calibrated predictions have gaps that differ from 0 by
/// chance. Trials share objects and participants, so that gaps are less certain than binomial
/// shares, and gaps of different bins are correlated. Here the covariance of the gaps is
/// cluster-robust over objects and, if known, participants ([`inference`](crate::inference)), and
/// gaps are taken to be normal:
///
/// - [`corrected`](Self::corrected) subtracts from each |gₖ| the bias of the absolute value of a
///   normal number with the mean |gₖ| and the standard error σₖ, as Kumar, Liang & Ma (2019) do by
///   simulation. No correction removes the bias of an absolute value everywhere: that of a bin is
///   0.47 σₖ instead of 0.80 σₖ if the true gap is 0, 0.09 instead of 0.40 if it is σₖ / 2, −0.07
///   instead of 0.17 if it is σₖ, and at least −0.1 for larger gaps.
/// - [`squared`](Self::squared) is the mean of gₖ² − σₖ², the squared calibration error of Kumar,
///   Liang & Ma (2019), which is without bias for given bins.
/// - [`p_value`](Self::p_value) compares the ECE with its distribution for calibrated predictions:
///   that of a scaled χ variable with the mean and the variance of Σ wₖ |Zₖ|, divided by the χ
///   variable of the degrees of freedom of the covariance.
/// - [`interval`](Self::interval) is conservative by construction: its lower end is the ECE minus
///   the quantile of Σ wₖ |Zₖ| (triangle inequality), and its upper end is the ECE plus t times the
///   standard error of Σ ± wₖ gₖ with the signs of the gaps.
///
/// The error is that of the bins: deviations with different signs within a bin cancel. If the
/// temperature was fitted to the same choices, calibration is overestimated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalibrationErrorEstimate {
    /// The predictions that are compared with human choices.
    pub target: ReliabilityTarget,
    /// The bins that were requested.
    pub binning: Bins,
    /// Number of bins that have predictions.
    pub n_bins: usize,
    /// The expected calibration error without correction, in [0, 1].
    pub plug_in: f64,
    /// The expected calibration error, corrected for its bias, in [0, 1].
    pub corrected: f64,
    /// The squared calibration error, corrected for its bias. It is negative if the gaps are
    /// smaller than their standard errors.
    pub squared: f64,
    /// The mean of the uncorrected error for calibrated predictions of the same trials.
    pub if_calibrated: f64,
    /// The confidence interval of the expected calibration error, within [0, 1].
    pub interval: Interval,
    /// The p-value of the hypothesis that the predictions are calibrated. It is 1 if standard
    /// errors are unknown, with a single object, participant or question.
    pub p_value: f64,
    /// Degrees of freedom of the covariance of the gaps: the smallest of the numbers of objects,
    /// participants (if known) and questions, minus 1.
    pub degrees_of_freedom: f64,
    /// The confidence level of the interval.
    pub confidence: Confidence,
}

/// The gaps of the bins with their covariance.
struct Gaps {
    /// Share of the answers in each bin.
    shares: Vec<f64>,
    values: Vec<f64>,
    standard_errors: Vec<f64>,
    /// Correlations, bins × bins.
    correlations: Vec<f64>,
    degrees_of_freedom: f64,
}

/// Smallest share of the pairs of contributions of a bin without a common object or participant for
/// which residuals are differences from the gap of the bin.
const UNSHARED: f64 = 0.1;

impl CalibrationErrorEstimate {
    pub(super) fn new<T: Task>(
        predictions: &Predictions<T>,
        target: ReliabilityTarget,
        binning: Bins,
    ) -> Self {
        let (of_bins, _) = binned(predictions, target, binning);
        let gaps = Gaps::new(predictions, &of_bins);
        let confidence = predictions.confidence;
        let plug_in = gaps.error();
        let null = Null::new(&gaps);
        let tail = (1.0 - confidence.level()) / 2.0;
        let ends = null.quantile(tail).zip(gaps.upper_half(tail));
        let interval = match ends {
            Some((below, above)) => [plug_in - below, plug_in + above],
            None => [0.0, 1.0],
        };
        Self {
            target,
            binning,
            n_bins: of_bins.len(),
            plug_in,
            corrected: gaps.corrected(),
            squared: gaps.squared(),
            if_calibrated: null.mean,
            interval: Interval::from(interval).clamp(0.0, 1.0),
            p_value: null.p_value(plug_in),
            degrees_of_freedom: gaps.degrees_of_freedom,
            confidence,
        }
    }
}

impl Gaps {
    fn new<T: Task>(predictions: &Predictions<T>, of_bins: &[Vec<Entry>]) -> Self {
        let weights: Vec<f64> = of_bins
            .iter()
            .map(|entries| entries.iter().map(|entry| entry.weight).sum())
            .collect();
        let (mut trials, mut participants, mut deviations) = (Vec::new(), Vec::new(), Vec::new());
        for (bin, entries) in of_bins.iter().enumerate() {
            let answered = predictions.answered(
                entries,
                |entry| entry.question,
                |entry, answered| {
                    let accuracy = entry.accuracy(answered, predictions.ties, T::N_PAIRS);
                    accuracy - entry.probability
                },
            );
            trials.extend(answered.trials);
            participants.extend(answered.participants.into_iter().flatten());
            let values = answered.values.into_iter();
            deviations.extend(values.map(|(deviation, weight)| (bin, deviation, weight)));
        }
        let participants = (!participants.is_empty()).then_some(participants);
        let clustered =
            ClusteredTrials::new(&trials, predictions.n_stimuli, participants.as_deref());
        let mut values = vec![0.0; of_bins.len()];
        for &(bin, deviation, weight) in &deviations {
            values[bin] += deviation * weight / weights[bin];
        }
        let covariance = |centers: &[f64]| {
            let contributions = deviations.iter().enumerate();
            let contributions =
                contributions.map(|(trial, &(mean, deviation, weight))| Contribution {
                    trial,
                    mean,
                    residual: weight * (deviation - centers[mean]),
                    weight,
                });
            let contributions: Vec<Contribution> = contributions.collect();
            ClusterCovariance::new(
                clustered.trials,
                clustered.participants,
                of_bins.len(),
                &contributions,
            )
        };
        let sums = covariance(&values);
        let unshared = |bin: usize| 1.0 - sums.shared(bin) / weights[bin].powi(2);
        // If almost all trials of a bin share objects, residuals from the gap are almost 0, whatever
        // the error of the gap is. Residuals from 0 are those of calibrated predictions.
        let is_centered = |bin: usize| unshared(bin) >= UNSHARED;
        let bins = || 0..of_bins.len();
        let factors: Vec<f64> = bins()
            .map(|bin| match is_centered(bin) {
                true => 1.0 / (weights[bin] * unshared(bin).sqrt()),
                false => 1.0 / weights[bin],
            })
            .collect();
        let centered: Vec<f64> = bins()
            .map(|bin| f64::from(is_centered(bin)) * values[bin])
            .collect();
        let sums = match bins().all(is_centered) {
            true => sums,
            false => covariance(&centered),
        };
        let standard_errors: Vec<f64> = bins()
            .map(|bin| sums.product(bin, bin).max(0.0).sqrt() * factors[bin])
            .collect();
        let mut correlations = Vec::with_capacity(of_bins.len().pow(2));
        for first in bins() {
            for second in bins() {
                let covariance = sums.product(first, second) * factors[first] * factors[second];
                let scale = standard_errors[first] * standard_errors[second];
                correlations.push(match scale > 0.0 {
                    true => (covariance / scale).clamp(-1.0, 1.0),
                    false => 0.0,
                });
            }
        }
        let total: f64 = weights.iter().sum();
        let n_people = sums.n_participants.unwrap_or(usize::MAX);
        let n_units = sums
            .n_objects
            .min(n_people)
            .min(predictions.questions.len());
        Self {
            shares: weights.iter().map(|weight| weight / total).collect(),
            values,
            standard_errors,
            correlations,
            degrees_of_freedom: n_units.saturating_sub(1) as f64,
        }
    }

    fn each(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        let gaps = self.values.iter().zip(&self.standard_errors);
        let gaps = self.shares.iter().zip(gaps);
        gaps.map(|(&share, (&gap, &error))| (share, gap, error))
    }

    /// Returns Σ wₖ |gₖ|.
    fn error(&self) -> f64 {
        self.each().map(|(share, gap, _)| share * gap.abs()).sum()
    }

    fn corrected(&self) -> f64 {
        let terms = self.each().map(|(share, gap, error)| {
            share * (2.0 * gap.abs() - mean_of_absolute(gap.abs(), error))
        });
        terms.sum::<f64>().max(0.0)
    }

    fn squared(&self) -> f64 {
        let terms = self
            .each()
            .map(|(share, gap, error)| share * (gap * gap - error * error));
        terms.sum()
    }

    /// Returns Σ over pairs of bins of the product of shares, standard errors and a function of
    /// their indices and correlation.
    fn quadratic(&self, of: impl Fn(usize, usize, f64) -> f64) -> f64 {
        let n = self.shares.len();
        let scale = |bin: usize| self.shares[bin] * self.standard_errors[bin];
        let mut sum = 0.0;
        for first in 0..n {
            for second in 0..n {
                let correlation = self.correlations[first * n + second];
                sum += scale(first) * scale(second) * of(first, second, correlation);
            }
        }
        sum
    }

    /// Returns the half width of the interval above the error, at a tail probability; `None`
    /// without degrees of freedom.
    fn upper_half(&self, tail: f64) -> Option<f64> {
        let t = StudentsT::new(0.0, 1.0, self.degrees_of_freedom).ok()?;
        let sign = |bin: usize| self.values[bin].signum();
        let signed = self.quadratic(|first, second, rho| sign(first) * sign(second) * rho);
        // Estimated correlations between bins do not make the interval narrower.
        let independent = self.quadratic(|first, second, _| f64::from(first == second));
        Some(t.inverse_cdf(1.0 - tail) * signed.max(independent).sqrt())
    }
}

/// The distribution of the calibration error of calibrated predictions.
struct Null {
    mean: f64,
    mean_of_squares: f64,
    /// The ratio of the squared error to its mean, if the error is not always 0.
    ratio: Option<FisherSnedecor>,
}

impl Null {
    fn new(gaps: &Gaps) -> Self {
        let mean_factor = (2.0 / std::f64::consts::PI).sqrt();
        let mean: f64 = gaps
            .each()
            .map(|(share, _, error)| share * error * mean_factor)
            .sum();
        // The covariance of the absolute values of two normal numbers.
        let variance = gaps.quadratic(|_, _, rho| {
            mean_factor.powi(2) * ((1.0 - rho * rho).sqrt() + rho * rho.asin() - 1.0)
        });
        let ratio = (mean > 0.0)
            .then(|| degrees_of_chi(variance / mean.powi(2)))
            .and_then(|degrees| FisherSnedecor::new(degrees, gaps.degrees_of_freedom).ok());
        Self {
            mean,
            mean_of_squares: variance + mean.powi(2),
            ratio,
        }
    }

    fn p_value(&self, error: f64) -> f64 {
        match &self.ratio {
            Some(ratio) => ratio.sf(error * error / self.mean_of_squares),
            None if self.mean == 0.0 && error > 0.0 => 0.0,
            None => 1.0,
        }
    }

    /// Returns the quantile of an upper tail probability; `None` without degrees of freedom.
    fn quantile(&self, tail: f64) -> Option<f64> {
        match &self.ratio {
            Some(ratio) => Some((ratio.inverse_cdf(1.0 - tail) * self.mean_of_squares).sqrt()),
            None => (self.mean == 0.0).then_some(0.0),
        }
    }
}

/// Returns the mean of |Z| for a normal Z.
fn mean_of_absolute(mean: f64, standard_error: f64) -> f64 {
    if standard_error <= 0.0 {
        return mean.abs();
    }
    let ratio = mean / standard_error;
    let normal = Normal::standard();
    standard_error * 2.0 * normal.pdf(ratio) + mean * (1.0 - 2.0 * normal.cdf(-ratio))
}

/// Returns the degrees of freedom, at least 1, of the χ distribution with this ratio of the
/// variance to the square of the mean.
fn degrees_of_chi(ratio: f64) -> f64 {
    let of = |degrees: f64| {
        let log_mean = ln_gamma((degrees + 1.0) / 2.0) - ln_gamma(degrees / 2.0);
        degrees / 2.0 * (-2.0 * log_mean).exp() - 1.0
    };
    // The ratio of absolute normal numbers is at most that of one number, with 1 degree of freedom.
    let (mut low, mut high) = (1.0f64, 1e5f64);
    for _ in 0..60 {
        let middle = (low * high).sqrt();
        match of(middle) > ratio {
            true => low = middle,
            false => high = middle,
        }
    }
    (low * high).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn moments_are_those_of_absolute_normal_numbers() {
        // scipy.stats.foldnorm.mean(1.5, scale=0.2), scipy.stats.norm.pdf(0) * 2 * 0.2
        assert_relative_eq!(
            mean_of_absolute(0.3, 0.2),
            0.3117227175050419,
            max_relative = 1e-9
        );
        assert_relative_eq!(
            mean_of_absolute(0.0, 0.2),
            0.15957691216057307,
            max_relative = 1e-9
        );
        assert_eq!(mean_of_absolute(0.3, 0.0), 0.3);
        for degrees in [1.0f64, 2.5, 17.0] {
            // scipy.stats.chi.var(d) / scipy.stats.chi.mean(d)**2
            let ratio = match degrees {
                1.0 => 0.570796326794896,
                2.5 => 0.21579978623693177,
                _ => 0.0298311663160052,
            };
            assert_relative_eq!(degrees_of_chi(ratio), degrees, max_relative = 1e-6);
        }
    }

    /// With one bin, the test is the t test of its gap, and the interval is that of |gap|.
    #[test]
    fn one_bin_is_a_t_test() {
        let gaps = Gaps {
            shares: vec![1.0],
            values: vec![-0.05],
            standard_errors: vec![0.02],
            correlations: vec![1.0],
            degrees_of_freedom: 30.0,
        };
        let null = Null::new(&gaps);
        // 2 * scipy.stats.t.sf(2.5, 30), 0.02 * scipy.stats.t.isf(0.0125, 30)
        assert_relative_eq!(
            null.p_value(gaps.error()),
            0.01811564906806669,
            max_relative = 1e-6
        );
        assert_relative_eq!(
            null.quantile(0.025).unwrap(),
            0.047191249174018575,
            max_relative = 1e-6
        );
        // scipy.stats.t.isf(0.025, 30) * 0.02
        assert_relative_eq!(
            gaps.upper_half(0.025).unwrap(),
            0.040845449126024766,
            max_relative = 1e-6
        );
        assert_relative_eq!(gaps.squared(), 0.0021, max_relative = 1e-12);
    }
}
