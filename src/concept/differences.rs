//! Differences between groups of trials.

use serde::{Deserialize, Serialize};

use crate::concept::TrialGroups;
use crate::error::{Result, same_length};
use crate::inference::{
    Confidence, Credit, Estimate, Interval, benjamini_hochberg, check_length, clustered_mean_of,
};
use crate::judgment::{Task, Trials};

/// The difference between the accuracies in two groups of trials.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupDifference {
    /// Index of one group.
    pub first: usize,
    /// Index of the other group.
    pub second: usize,
    /// The accuracy in the first group minus that in the second, with its cluster-robust standard
    /// error: trials of the two groups can share objects, or be the same.
    pub difference: Estimate,
    /// Confidence interval of the difference, within [−1, 1].
    pub interval: Interval,
    /// Two-sided p-value of the hypothesis that the accuracies are equal.
    pub p_value: f64,
    /// The p-value adjusted for all pairs of groups ([`benjamini_hochberg`]).
    pub adjusted_p_value: f64,
}

impl GroupDifference {
    /// Compares every two groups that have trials, such as the levels of a data set
    /// ([`TrialGroups::by_label`]). The credits can be those of a model, or of the choices of
    /// another source.
    ///
    /// ```
    /// use human_alignment::concept::{GroupDifference, TrialGroups};
    /// use human_alignment::inference::{Confidence, Credit};
    /// use human_alignment::{OddOneOut, Stimuli};
    ///
    /// let trials = (0..40).map(|n| [3 * n, 3 * n + 1, 3 * n + 2]).collect();
    /// let trials = OddOneOut::new(Stimuli::numbered(120), trials)?;
    /// let levels: Vec<&str> = (0..40).map(|n| if n % 2 == 0 { "global" } else { "local" }).collect();
    /// let groups = TrialGroups::by_label(&trials, &levels)?;
    /// // All trials of one level and a fifth of those of the other are correct.
    /// let credits: Vec<Credit> = (0..40).map(|n| Credit::from(n % 2 == 0 || n % 5 == 0)).collect();
    /// let found = GroupDifference::all_pairs(&trials, &groups, &credits, Confidence::default())?;
    /// assert_eq!(found[0].difference.value, 0.8);
    /// assert!(found[0].adjusted_p_value < 0.001);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of credits or of trials of the groups
    /// differs from the number of trials.
    pub fn all_pairs<T: Task>(
        trials: &Trials<T>,
        groups: &TrialGroups,
        credits: &[Credit],
        confidence: Confidence,
    ) -> Result<Vec<Self>> {
        check_length(trials, credits)?;
        same_length("trials that are in groups", trials.len(), groups.n_trials())?;
        let members: Vec<&[usize]> = groups.iter().map(|(_, own)| own.as_slice()).collect();
        let occupied: Vec<usize> = (0..members.len())
            .filter(|&it| !members[it].is_empty())
            .collect();
        let mut found = Vec::new();
        for (place, &first) in occupied.iter().enumerate() {
            for &second in &occupied[place + 1..] {
                let both = [members[first], members[second]];
                let difference = difference(trials, both, credits)?;
                found.push(Self {
                    first,
                    second,
                    difference,
                    interval: difference.interval(confidence).clamp(-1.0, 1.0),
                    p_value: difference.p_value(),
                    adjusted_p_value: 1.0,
                });
            }
        }
        let p_values: Vec<f64> = found.iter().map(|pair| pair.p_value).collect();
        for (pair, adjusted) in found.iter_mut().zip(benjamini_hochberg(&p_values)) {
            pair.adjusted_p_value = adjusted;
        }
        Ok(found)
    }
}

/// Computes the accuracy in one group minus that in another, by the influences of the trials in
/// either of them.
fn difference<T: Task>(
    trials: &Trials<T>,
    groups: [&[usize]; 2],
    credits: &[Credit],
) -> Result<Estimate> {
    let mut influences = vec![None; trials.len()];
    let mut value = 0.0;
    for (own, sign) in groups.into_iter().zip([1.0, -1.0]) {
        let sum: f64 = own.iter().map(|&trial| credits[trial].value()).sum();
        let mean = sum / own.len() as f64;
        value += sign * mean;
        for &trial in own {
            let influence = sign * (credits[trial].value() - mean) / own.len() as f64;
            *influences[trial].get_or_insert(0.0) += influence;
        }
    }
    let kept: Vec<usize> = (0..trials.len())
        .filter(|&it| influences[it].is_some())
        .collect();
    let n = kept.len() as f64;
    let influences: Vec<f64> = influences.into_iter().flatten().map(|it| n * it).collect();
    Ok(Estimate {
        value,
        ..clustered_mean_of(&trials.select(&kept)?, &influences)?
    })
}
