//! Weighted means of real numbers over trials, and statistics that are approximately linear in the
//! trials, with the standard errors of [`inference`](super).

use std::ops::AddAssign;

use crate::error::{Error, Result, same_length};
use crate::inference::{ClusterSum, ClusteredTrials, Estimate, Level, Levels, Singles, TrialValue};
use crate::judgment::{Task, Trials};

/// The contribution of a trial to its clusters.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Term {
    /// Residual of the trial, multiplied by its weight.
    pub residual: f64,
    /// Weight of the trial.
    pub weight: f64,
}

impl AddAssign for Term {
    fn add_assign(&mut self, other: Term) {
        self.residual += other.residual;
        self.weight += other.weight;
    }
}

/// The residuals of terms are differences from the mean already.
impl ClusterSum for Term {
    fn level(self, _mean: f64) -> Level {
        Level::of(self.residual, self.weight)
    }
}

impl TrialValue for Term {
    type Sum = Term;
    type Singles = Level;
}

impl Singles<Term> for Level {
    fn add(&mut self, term: Term) {
        *self += term.level(0.0);
    }

    fn level(&self, _mean: f64) -> Level {
        *self
    }
}

/// Computes the mean of a value per trial (such as −ln p) with its standard error.
///
/// ```
/// use human_alignment::inference::clustered_mean_of;
/// use human_alignment::{OddOneOut, Stimuli};
///
/// let trials = vec![[0, 1, 2], [3, 4, 5], [6, 7, 8]];
/// let trials = OddOneOut::new(Stimuli::numbered(9), trials)?;
/// let mean = clustered_mean_of(&trials, &[0.5, 1.0, 1.5])?;
/// // No object occurs in two trials: the standard error is the standard deviation over √3.
/// assert_eq!(mean.value, 1.0);
/// assert!((mean.standard_error.unwrap() - 0.5 / 3f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), human_alignment::Error>(())
/// ```
///
/// # Errors
/// Returns `ArgumentError::LengthMismatch` if the numbers of values and trials differ, and
/// `ArgumentError::InvalidParameter` if a value is not finite.
pub fn clustered_mean_of<T: Task>(trials: &Trials<T>, values: &[f64]) -> Result<Estimate> {
    check_values(trials, values)?;
    let terms = values.iter().map(|&value| (value, 1.0));
    Ok(weighted_mean(ClusteredTrials::of(trials), terms))
}

/// Checks that there is one finite value per trial.
pub(crate) fn check_values<T: Task>(trials: &Trials<T>, values: &[f64]) -> Result<()> {
    same_length("values of trials", trials.len(), values.len())?;
    match values.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(value) => Err(Error::parameter("the value of a trial", "finite", value)),
    }
}

/// Computes a weighted mean over trials with its standard error, from a value and a weight per
/// trial. No weight may be negative, and at least one must be positive.
pub(crate) fn weighted_mean(
    trials: ClusteredTrials<'_>,
    values: impl Iterator<Item = (f64, f64)> + Clone,
) -> Estimate {
    let (mut sum, mut total) = (0.0, 0.0);
    for (value, weight) in values.clone() {
        sum += value * weight;
        total += weight;
    }
    let mean = sum / total;
    let terms: Vec<Term> = values
        .map(|(value, weight)| Term {
            residual: weight * (value - mean),
            weight,
        })
        .collect();
    linearized(mean, trials, &terms)
}

/// Returns a value with its standard error, by the delta method: the influence of a trial is its
/// residual divided by the sum of the weights.
///
/// Sums are computed in the order of trials and keys, independently of the number of threads.
pub(crate) fn linearized(value: f64, clustered: ClusteredTrials<'_>, terms: &[Term]) -> Estimate {
    let levels = Levels::of(clustered, terms, 0.0);
    let total = terms.iter().map(|term| term.weight).sum();
    let n_weighed = terms.iter().filter(|term| term.weight > 0.0).count();
    levels.estimate(value, total, n_weighed as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ArgumentError, assert_refused};
    use crate::inference::{Credit, mean_over_trials};
    use crate::judgment::OddOneOut;
    use crate::stimuli::Stimuli;
    use approx::assert_relative_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn random_trials(n: u32, n_trials: usize, rng: &mut ChaCha8Rng) -> Vec<[u32; 3]> {
        let mut draw = || -> [u32; 3] { std::array::from_fn(|_| rng.random_range(0..n)) };
        let different = |[a, b, c]: &[u32; 3]| a != b && a != c && b != c;
        std::iter::repeat_with(&mut draw)
            .filter(different)
            .take(n_trials)
            .collect()
    }

    #[test]
    fn credits_as_numbers_have_the_error_of_credits() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        // With a table of all pairs, and with sorted keys of pairs.
        for (n, n_trials) in [(12, 300), (400, 500)] {
            let trials = random_trials(n, n_trials, &mut rng);
            let credit =
                |_| [Credit::NONE, Credit::FULL, Credit::share_of(2)][rng.random_range(0..3)];
            let credits: Vec<Credit> = (0..n_trials).map(credit).collect();
            let clustered = ClusteredTrials::new(&trials, n as usize, None);
            let exact = mean_over_trials(clustered, &credits);
            let values = credits.iter().map(|credit| (credit.value(), 1.0));
            let found = weighted_mean(clustered, values);
            assert_relative_eq!(found.value, exact.value, max_relative = 1e-12);
            assert_relative_eq!(
                found.degrees_of_freedom,
                exact.degrees_of_freedom,
                max_relative = 1e-9
            );
            let (found, exact) = (found.standard_error, exact.standard_error);
            assert_relative_eq!(found.unwrap(), exact.unwrap(), max_relative = 1e-9);
        }
    }

    #[test]
    fn a_weight_is_so_many_trials() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let trials = random_trials(30, 200, &mut rng);
        let values: Vec<f64> = (0..200).map(|_| rng.random()).collect();
        let weights: Vec<u32> = (0..200).map(|_| rng.random_range(0..4)).collect();
        let (mut repeated, mut of_repeated) = (Vec::new(), Vec::new());
        for ((&trial, &value), &weight) in trials.iter().zip(&values).zip(&weights) {
            for _ in 0..weight {
                repeated.push(trial);
                of_repeated.push(value);
            }
        }
        let repeated = OddOneOut::new(Stimuli::numbered(30), repeated).unwrap();
        let expected = clustered_mean_of(&repeated, &of_repeated).unwrap();
        let weighted = values
            .iter()
            .zip(&weights)
            .map(|(&x, &w)| (x, f64::from(w)));
        let found = weighted_mean(ClusteredTrials::new(&trials, 30, None), weighted);
        assert_relative_eq!(found.value, expected.value, max_relative = 1e-12);
        assert_relative_eq!(
            found.standard_error.unwrap(),
            expected.standard_error.unwrap(),
            max_relative = 1e-9
        );
    }

    #[test]
    fn values_that_say_nothing_are_refused() {
        let trials = OddOneOut::new(Stimuli::numbered(4), vec![[0, 1, 2], [1, 2, 3]]).unwrap();
        assert_refused!(
            clustered_mean_of(&trials, &[1.0]),
            Argument(ArgumentError::LengthMismatch { .. })
        );
        assert_refused!(
            clustered_mean_of(&trials, &[1.0, f64::NAN]),
            Argument(ArgumentError::InvalidParameter { .. })
        );
    }
}
