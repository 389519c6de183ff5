//! Means over trials with the standard errors of [`inference`](super).

use crate::error::{Result, same_length};
use crate::inference::{ClusteredTrials, Credit, Estimate, Levels};
use crate::judgment::{Task, Trials};

/// Computes the mean credit of trials with its standard error: the accuracy of choices from any
/// source, such as another participant.
///
/// Trials that share an object are correlated, and trials of the same participant, if the trials
/// have participants; see the [module](super).
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
    Ok(mean_over_trials(ClusteredTrials::of(trials), credits))
}

/// Checks that there is one credit per trial.
pub(crate) fn check_length<T: Task>(trials: &Trials<T>, credits: &[Credit]) -> Result<()> {
    same_length("credits of trials", trials.len(), credits.len())?;
    Ok(())
}

/// Computes the mean credit of trials with its standard error. There is one credit per trial and at
/// least one trial.
pub(crate) fn mean_over_trials(trials: ClusteredTrials<'_>, credits: &[Credit]) -> Estimate {
    let mean = mean_of(credits);
    Levels::of(trials, credits, mean).estimate(mean, credits.len() as f64, credits.len() as u64)
}

/// Computes the mean credit of trials with two standard errors: for new objects and participants,
/// and for new objects only.
pub(crate) fn mean_for_both_clusterings(
    trials: ClusteredTrials<'_>,
    credits: &[Credit],
) -> [Estimate; 2] {
    let mean = mean_of(credits);
    let levels = Levels::of(trials, credits, mean);
    [levels, levels.without_participants()]
        .map(|levels| levels.estimate(mean, credits.len() as f64, credits.len() as u64))
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
    use crate::inference::weighted_mean;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    /// Computes the variance from the sums over all pairs of trials that share an object or the
    /// participant, according to the definition; `None` if all pairs do.
    fn by_definition(
        trials: &[[u32; 3]],
        participants: Option<&[u32]>,
        credits: &[Credit],
    ) -> Option<f64> {
        let values: Vec<f64> = credits.iter().map(|credit| credit.value()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = |share: &dyn Fn(usize, usize) -> bool| {
            let (mut covariance, mut n_sharing) = (0.0, 0.0);
            for (t, &x) in values.iter().enumerate() {
                let sharing = values.iter().enumerate().filter(|&(u, _)| share(t, u));
                for (_, &y) in sharing {
                    covariance += (x - mean) * (y - mean);
                    n_sharing += 1.0;
                }
            }
            let squared = (trials.len() as f64).powi(2);
            let unshared = 1.0 - n_sharing / squared;
            (unshared > 1e-9).then(|| covariance / squared / unshared)
        };
        let n_common = |t: usize, u: usize| {
            let common = trials[t].iter().filter(|index| trials[u].contains(index));
            common.count()
        };
        let same_participant =
            |t: usize, u: usize| participants.is_some_and(|all| all[t] == all[u]);
        let bounds = [2, 3].map(|n| variance(&|t, u| n_common(t, u) >= n).unwrap_or(0.0));
        variance(&|t, u| n_common(t, u) >= 1 || same_participant(t, u))
            .map(|variance| variance.max(bounds[0]).max(bounds[1]))
    }

    type Judged = (u32, Vec<[u32; 3]>, Vec<u32>, Vec<Credit>);

    fn judged() -> impl Strategy<Value = Judged> {
        (3u32..40, 2usize..120, 1u32..20).prop_flat_map(|(n, t, n_people)| {
            let trial = proptest::sample::subsequence((0..n).collect::<Vec<_>>(), 3)
                .prop_map(|three| [three[0], three[1], three[2]])
                .prop_shuffle();
            let credit = proptest::sample::select(vec![0, 2, 3, 6]).prop_map(Credit::from_sixths);
            let trials = proptest::collection::vec(trial, t);
            let participants = proptest::collection::vec(0..n_people, t);
            (
                Just(n),
                trials,
                participants,
                proptest::collection::vec(credit, t),
            )
        })
    }

    /// Without two trials that share exactly one object, the variance is its lower bound up to
    /// rounding, which must not determine the degrees of freedom.
    #[test]
    fn rounding_does_not_change_the_degrees_of_freedom() {
        for n_triples in 2..40 {
            let triples = (0..n_triples).map(|triple| [3 * triple, 3 * triple + 1, 3 * triple + 2]);
            let trials: Vec<[u32; 3]> = triples.flat_map(|triple| [triple; 3]).collect();
            let credits: Vec<Credit> = (0..trials.len())
                .map(|trial| Credit::from_sixths([0, 2, 3, 6][trial * trial % 7 % 4]))
                .collect();
            let clustered = ClusteredTrials::new(&trials, 3 * n_triples as usize, None);
            let estimate = mean_over_trials(clustered, &credits);
            let values = credits.iter().map(|credit| (credit.value(), 1.0));
            assert_relative_eq!(
                weighted_mean(clustered, values).degrees_of_freedom,
                estimate.degrees_of_freedom,
                max_relative = 1e-6
            );
        }
    }

    proptest! {
        #[test]
        fn the_one_pass_form_is_the_sum_over_pairs_of_trials(
            (n, trials, participants, credits) in judged()
        ) {
            let several = participants.iter().any(|&one| one != participants[0]);
            for participants in [None, several.then_some(participants.as_slice())] {
                let clustered = ClusteredTrials::new(&trials, n as usize, participants);
                let estimate = mean_over_trials(clustered, &credits);
                let variance = by_definition(&trials, participants, &credits);
                prop_assert_eq!(estimate.standard_error.is_some(), variance.is_some());
                if let (Some(error), Some(variance)) = (estimate.standard_error, variance) {
                    assert_relative_eq!(error.powi(2), variance, epsilon = 1e-12, max_relative = 1e-10);
                }
                let values = credits.iter().map(|credit| (credit.value(), 1.0));
                let of_values = weighted_mean(clustered, values);
                assert_relative_eq!(
                    of_values.standard_error.unwrap_or(0.0).powi(2),
                    variance.unwrap_or(0.0),
                    epsilon = 1e-12,
                    max_relative = 1e-10
                );
                assert_relative_eq!(
                    of_values.degrees_of_freedom,
                    estimate.degrees_of_freedom,
                    max_relative = 1e-6
                );
            }
        }
    }
}
