//! Correlation of model entropies with response times.

use crate::error::{Error, Result, same_length};
use crate::inference::Confidence;
use crate::judgment::{Task, Trials};
use crate::uncertainty::TrialCorrelation;

impl TrialCorrelation {
    /// Computes the correlation of a value per trial, such as the entropy of a model
    /// ([`entropies`](crate::ZeroShotOddOneOut::entropies)), with the logarithm of the response
    /// time.
    ///
    /// Trials without a positive finite time are dropped
    /// ([`TripletFile::response_times`](crate::dataset::TripletFile::response_times) has NaN for
    /// them). If the trials have participants, their means are subtracted from both values, so that
    /// the result is the relation within participants; participants with one trial are dropped.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if there is not one value and one time per trial,
    /// `JudgmentError::NoTrials` if no trial has a time, and otherwise the same as for
    /// [`TrialCorrelation::new`].
    pub fn of_response_times<T: Task>(
        trials: &Trials<T>,
        values: &[f64],
        times: &[f64],
        confidence: Confidence,
    ) -> Result<Self> {
        same_length("values of trials", trials.len(), values.len())?;
        same_length("response times of trials", trials.len(), times.len())?;
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(Error::parameter("the value of a trial", "finite", value));
        }
        let is_timed = |&trial: &usize| times[trial] > 0.0 && times[trial].is_finite();
        let mut timed: Vec<usize> = (0..trials.len()).filter(is_timed).collect();
        let mut of_person = vec![0usize; trials.len()];
        if let Some(participants) = trials.participants() {
            let person = |trial: usize| participants.by_trial()[trial] as usize;
            let mut counts = vec![0usize; participants.labels().len()];
            timed.iter().for_each(|&trial| counts[person(trial)] += 1);
            timed.retain(|&trial| counts[person(trial)] > 1);
            of_person = (0..trials.len()).map(person).collect();
        }
        let kept = trials.select(&timed)?;
        let people: Vec<usize> = timed.iter().map(|&trial| of_person[trial]).collect();
        let mut values: Vec<f64> = timed.iter().map(|&trial| values[trial]).collect();
        let mut times: Vec<f64> = timed.iter().map(|&trial| times[trial].ln()).collect();
        if trials.participants().is_some() {
            subtract_means(&mut values, &people);
            subtract_means(&mut times, &people);
        }
        Self::new(&kept, &values, &times, confidence)
    }
}

/// Subtracts from each value the mean of its group. Differences within rounding error are 0.
fn subtract_means(values: &mut [f64], groups: &[usize]) {
    let n_groups = groups.iter().max().map_or(0, |last| last + 1);
    let mut sums = vec![(0.0, 0.0); n_groups];
    for (&value, &group) in values.iter().zip(groups) {
        sums[group].0 += value;
        sums[group].1 += 1.0;
    }
    for (value, &group) in values.iter_mut().zip(groups) {
        let mean = sums[group].0 / sums[group].1;
        let difference = *value - mean;
        let is_rounding = difference.abs() <= 1e-12 * mean.abs();
        *value = if is_rounding { 0.0 } else { difference };
    }
}
