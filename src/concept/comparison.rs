//! Differences between two models by group of trials.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::concept::{GroupAnalysis, TrialGroups};
use crate::error::{Result, same_length};
use crate::inference::{
    ClusteredTrials, Credit, Estimate, Interval, SelectedTrials, benjamini_hochberg, check_length,
    mean_over_trials,
};
use crate::judgment::{Task, Trials};

/// The difference between two models in the trials of a group
/// ([`GroupAnalysis::compare`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupComparison {
    /// Name of the group.
    pub name: String,
    /// Number of trials of the group.
    pub n_trials: u64,
    /// The accuracy of the first model minus that of the second one; `None` if the group has no
    /// trials.
    pub difference: Option<Estimate>,
    /// The confidence interval of the difference, within [−1, 1].
    pub interval: Option<Interval>,
    /// The two-sided p-value of the difference; `None` if the group is sparse or the standard error
    /// is unknown.
    pub p_value: Option<f64>,
    /// The p-value adjusted for all tested groups ([`benjamini_hochberg`]).
    pub adjusted_p_value: Option<f64>,
}

impl GroupAnalysis {
    /// Compares two models by group, from their credits for the same trials.
    ///
    /// Groups that depend on the answers of participants are equally difficult for equally good
    /// models, unlike in the comparison of a group with all trials.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of credits or trials of the groups
    /// differs from the number of trials.
    pub fn compare<T: Task>(
        &self,
        trials: &Trials<T>,
        groups: &TrialGroups,
        [first, second]: [&[Credit]; 2],
    ) -> Result<Vec<GroupComparison>> {
        check_length(trials, first)?;
        check_length(trials, second)?;
        same_length("trials that are in groups", trials.len(), groups.n_trials())?;
        let differences = first.iter().zip(second).map(|(a, &b)| a.difference(b));
        let differences: Vec<Credit> = differences.collect();
        let bounds = [-1.0, 1.0];
        let of_group = |(name, positions): (&String, &Vec<usize>)| {
            let selected =
                SelectedTrials::new(ClusteredTrials::of(trials), positions.iter().copied());
            let credits: Vec<Credit> = positions.iter().map(|&trial| differences[trial]).collect();
            let difference =
                (!positions.is_empty()).then(|| mean_over_trials(selected.clustered(), &credits));
            let is_tested =
                |it: &Estimate| positions.len() >= self.min_trials() && it.standard_error.is_some();
            GroupComparison {
                name: name.clone(),
                n_trials: positions.len() as u64,
                interval: difference.map(|it| it.interval_within(self.confidence(), bounds)),
                p_value: difference
                    .filter(is_tested)
                    .map(|it| it.p_value_within(0.0, bounds)),
                difference,
                adjusted_p_value: None,
            }
        };
        let in_order: Vec<_> = groups.iter().collect();
        let mut found: Vec<GroupComparison> = in_order.into_par_iter().map(of_group).collect();
        let p_values: Vec<f64> = found.iter().filter_map(|group| group.p_value).collect();
        let tested = found.iter_mut().filter(|group| group.p_value.is_some());
        for (group, adjusted) in tested.zip(benjamini_hochberg(&p_values)) {
            group.adjusted_p_value = Some(adjusted);
        }
        Ok(found)
    }
}
