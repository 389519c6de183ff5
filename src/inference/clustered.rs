//! Object-level variance of a mean over trials. For the formula see [`inference`](super).

use crate::error::{Result, same_length};
use crate::inference::{Cell, Credit, Estimate, Level, object_cells, pair_level, triple_level};
use crate::judgment::{Task, Trials};

/// The sums over objects, pairs and triples.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Levels {
    objects: Level,
    pairs: Level,
    triples: Level,
    /// Number of objects that occur in trials.
    n_objects: usize,
}

impl Levels {
    pub fn new(objects: &[Cell], pairs: Level, triples: Level, mean: f64) -> Self {
        Self {
            objects: Level::over(objects.iter().copied(), mean),
            pairs,
            triples,
            n_objects: objects.iter().filter(|cell| cell.count > 0).count(),
        }
    }

    /// Creates the levels from their sums and the number of objects that occur in trials.
    pub fn of_levels(objects: Level, pairs: Level, triples: Level, n_objects: usize) -> Self {
        Self {
            objects,
            pairs,
            triples,
            n_objects,
        }
    }

    /// Returns the mean with its standard error.
    pub fn estimate(&self, mean: f64, n_trials: u64) -> Estimate {
        self.estimate_of(mean, n_trials as f64, n_trials)
    }

    /// Returns a value with its standard error, where `total` is the sum of the weights of the
    /// trials.
    pub fn estimate_of(&self, mean: f64, total: f64, n_trials: u64) -> Estimate {
        let Levels {
            objects,
            pairs,
            triples,
            n_objects,
        } = self;
        let squared_total = total.powi(2);
        let shared = (objects.squared_counts - pairs.squared_counts + triples.squared_counts)
            / squared_total;
        let variance =
            objects.squared_residuals - pairs.squared_residuals + triples.squared_residuals;
        // With few trials, the difference can be less than the variance of independent triples,
        // which is a lower bound.
        let variance = variance.max(triples.squared_residuals);
        let unshared = 1.0 - shared;
        // With fewer than six objects, any two trials have an object in common.
        let standard_error =
            (unshared > 1e-9).then(|| (variance / squared_total / unshared).sqrt());
        let n_units = (*n_objects).min(usize::try_from(n_trials).unwrap_or(usize::MAX));
        Estimate {
            value: mean,
            standard_error,
            degrees_of_freedom: n_units.saturating_sub(1) as f64,
        }
    }
}

/// Computes the mean credit of trials with its object-level standard error: the accuracy of choices
/// from any source, such as another participant.
///
/// ```
/// use human_alignment::inference::{Credit, clustered_mean};
/// use human_alignment::{OddOneOut, Stimuli};
///
/// let trials = OddOneOut::new(Stimuli::numbered(6), vec![[0, 1, 2], [3, 4, 5]])?;
/// let mean = clustered_mean(&trials, &[Credit::FULL, Credit::NONE])?;
/// assert_eq!(mean.value, 0.5);
/// # Ok::<(), human_alignment::Error>(())
/// ```
///
/// # Errors
/// Returns `ArgumentError::LengthMismatch` if the numbers of credits and trials differ.
pub fn clustered_mean<T: Task>(trials: &Trials<T>, credits: &[Credit]) -> Result<Estimate> {
    check_length(trials, credits)?;
    Ok(mean_over_trials(
        trials.as_slice(),
        credits,
        trials.stimuli().len(),
    ))
}

/// Checks that there is one credit per trial.
pub(crate) fn check_length<T: Task>(trials: &Trials<T>, credits: &[Credit]) -> Result<()> {
    same_length("credits of trials", trials.len(), credits.len())?;
    Ok(())
}

/// Computes the mean credit of trials with its standard error. There is one credit per trial and at
/// least one trial, and all indices are less than `n_stimuli`.
pub(crate) fn mean_over_trials(
    trials: &[[u32; 3]],
    credits: &[Credit],
    n_stimuli: usize,
) -> Estimate {
    let objects = object_cells(trials, credits, n_stimuli);
    let mean = mean_of(credits);
    Levels::new(
        &objects,
        pair_level(trials, credits, n_stimuli, mean),
        triple_level(trials, credits, mean),
        mean,
    )
    .estimate(mean, trials.len() as u64)
}

fn mean_of(credits: &[Credit]) -> f64 {
    let sum: i64 = credits
        .iter()
        .map(|credit| i64::from(credit.sixths()))
        .sum();
    sum as f64 / f64::from(Credit::FULL.sixths()) / credits.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    /// Computes the sum over all pairs of trials that share an object, according to the definition.
    fn by_definition(trials: &[[u32; 3]], credits: &[Credit]) -> (f64, f64) {
        let values: Vec<f64> = credits.iter().map(|credit| credit.value()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let (mut covariance, mut n_sharing, mut own) = (0.0, 0.0, 0.0);
        for (t, &x) in trials.iter().zip(&values) {
            for (u, &y) in trials.iter().zip(&values) {
                let n_common = t.iter().filter(|index| u.contains(index)).count();
                if n_common > 0 {
                    covariance += (x - mean) * (y - mean);
                    n_sharing += 1.0;
                }
                if n_common == 3 {
                    own += (x - mean) * (y - mean);
                }
            }
        }
        let squared = (trials.len() as f64).powi(2);
        (covariance.max(own) / squared, n_sharing / squared)
    }

    fn trials_and_credits() -> impl Strategy<Value = (u32, Vec<[u32; 3]>, Vec<Credit>)> {
        (3u32..40, 2usize..120).prop_flat_map(|(n, t)| {
            let trial = proptest::sample::subsequence((0..n).collect::<Vec<_>>(), 3)
                .prop_map(|three| [three[0], three[1], three[2]])
                .prop_shuffle();
            let credit = proptest::sample::select(vec![0, 2, 3, 6]).prop_map(Credit::from_sixths);
            let trials = proptest::collection::vec(trial, t);
            (Just(n), trials, proptest::collection::vec(credit, t))
        })
    }

    proptest! {
        #[test]
        fn the_one_pass_form_is_the_sum_over_pairs_of_trials(
            (n, trials, credits) in trials_and_credits()
        ) {
            let estimate = mean_over_trials(&trials, &credits, n as usize);
            let (variance, shared) = by_definition(&trials, &credits);
            match estimate.standard_error {
                None => prop_assert!(shared > 1.0 - 1e-9),
                Some(error) => {
                    let expected = (variance / (1.0 - shared)).sqrt();
                    assert_relative_eq!(error, expected, epsilon = 1e-7, max_relative = 1e-7);
                }
            }
        }
    }
}
