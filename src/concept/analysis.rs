//! Alignment by group of trials.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::concept::TrialGroups;
use crate::error::{Error, Result, same_length};
use crate::inference::{
    ClusteredTrials, Confidence, Credit, Estimate, Interval, SelectedTrials, Term,
    benjamini_hochberg, check_length, clustered_mean_of, linearized, mean_over_trials,
    weighted_mean,
};
use crate::judgment::{Task, Trials};

/// Accuracy and cross-entropy by group of trials, each group compared with all trials.
///
/// If groups depend on the answers of participants, as those of
/// [`TrialGroups::by_dimension`] do, their accuracies differ even for a perfect model: a difference
/// from all trials is then no sign that the model lacks a concept. Use
/// [`ExpectedAccuracy`](crate::concept::ExpectedAccuracy) or a comparison of two models
/// ([`GroupAnalysis::compare`]) for such groups.
///
/// | setting | default |
/// |---|---|
/// | minimum number of trials of a group for a test | 30 |
/// | confidence | 0.95 |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct GroupAnalysis {
    min_trials: usize,
    confidence: Confidence,
}

/// The deserialized settings, before they are checked.
#[derive(Deserialize)]
struct Unchecked {
    min_trials: usize,
    confidence: Confidence,
}

impl TryFrom<Unchecked> for GroupAnalysis {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        let analysis = Self::default().with_confidence(read.confidence);
        analysis.with_min_trials(read.min_trials)
    }
}

impl Default for GroupAnalysis {
    fn default() -> Self {
        Self {
            min_trials: 30,
            confidence: Confidence::default(),
        }
    }
}

/// The alignment for the trials of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupAlignment {
    /// Name of the group, such as a dimension or a category.
    pub name: String,
    /// Number of trials of the group.
    pub n_trials: u64,
    /// True if the group has fewer trials than a test needs.
    pub is_sparse: bool,
    /// The mean credit of the trials, in [0, 1], with its standard error; `None` if
    /// the group has no trials.
    pub accuracy: Option<Estimate>,
    /// The confidence interval of the accuracy, within [0, 1].
    pub interval: Option<Interval>,
    /// The mean −ln p of the human choices, in nats, if the surprisals of trials were given.
    pub cross_entropy: Option<Estimate>,
    /// The accuracy minus that of all trials, with its standard error.
    pub difference: Option<Estimate>,
    /// The two-sided p-value of the difference; `None` if the group is sparse or the standard error
    /// is unknown.
    pub p_value: Option<f64>,
    /// The p-value adjusted for all tested groups ([`benjamini_hochberg`]).
    pub adjusted_p_value: Option<f64>,
}

/// Alignment by group of trials, computed by a [`GroupAnalysis`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupAnalysisResult {
    /// Number of trials.
    pub n_trials: u64,
    /// Number of trials that are in no group.
    pub n_ungrouped: u64,
    /// The accuracy for all trials, including those in no group.
    pub accuracy: Estimate,
    /// The confidence interval of the accuracy, within [0, 1].
    pub interval: Interval,
    /// The mean −ln p of the human choices in all trials, in nats, if the surprisals of trials were
    /// given.
    pub cross_entropy: Option<Estimate>,
    /// The groups, in the order of [`TrialGroups`].
    pub groups: Vec<GroupAlignment>,
    /// The settings of the analysis.
    pub analysis: GroupAnalysis,
}

impl GroupAnalysisResult {
    /// Returns the groups that are not sparse, in ascending order of accuracy.
    pub fn by_accuracy(&self) -> Vec<&GroupAlignment> {
        let mut sorted: Vec<_> = self
            .groups
            .iter()
            .filter(|group| !group.is_sparse)
            .collect();
        let accuracy = |group: &GroupAlignment| group.accuracy.map_or(f64::INFINITY, |it| it.value);
        sorted.sort_by(|left, right| accuracy(left).total_cmp(&accuracy(right)));
        sorted
    }
}

impl GroupAnalysis {
    /// Sets the number of trials that a group needs for a test. Groups with fewer are marked as
    /// sparse.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the number is less than 2.
    pub fn with_min_trials(mut self, n: usize) -> Result<Self> {
        if n < 2 {
            return Err(Error::parameter("trials of a group", "at least 2", n));
        }
        self.min_trials = n;
        Ok(self)
    }

    /// Sets the confidence level of intervals.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    pub(super) fn min_trials(&self) -> usize {
        self.min_trials
    }

    pub(super) fn confidence(&self) -> Confidence {
        self.confidence
    }

    /// Computes the alignment by group, from the credit of each trial and optionally its surprisal, −ln
    /// p of the human choice
    /// ([`ZeroShotOddOneOut::surprisals`](crate::ZeroShotOddOneOut::surprisals)).
    ///
    /// The standard error of a difference accounts for the trials of the group being a part of all
    /// trials, and for the objects that they share with other trials.
    ///
    /// # Errors
    /// Returns `ArgumentError::LengthMismatch` if the number of credits, surprisals or trials of the
    /// groups differs from the number of trials, and `ArgumentError::InvalidParameter` for a surprisal
    /// that is not finite.
    pub fn run<T: Task>(
        &self,
        trials: &Trials<T>,
        groups: &TrialGroups,
        credits: &[Credit],
        surprisals: Option<&[f64]>,
    ) -> Result<GroupAnalysisResult> {
        check_length(trials, credits)?;
        same_length("trials that are in groups", trials.len(), groups.n_trials())?;
        let cross_entropy = surprisals
            .map(|surprisals| clustered_mean_of(trials, surprisals))
            .transpose()?;
        let clustered = ClusteredTrials::of(trials);
        let accuracy = mean_over_trials(clustered, credits);
        let whole = Whole {
            trials: clustered,
            credits,
            surprisals,
            accuracy: accuracy.value,
        };
        let groups_in_order: Vec<_> = groups.iter().collect();
        let mut found: Vec<GroupAlignment> = groups_in_order
            .into_par_iter()
            .map(|(name, positions)| self.of_group(&whole, name, positions))
            .collect();
        let p_values: Vec<f64> = found.iter().filter_map(|group| group.p_value).collect();
        let tested = found.iter_mut().filter(|group| group.p_value.is_some());
        for (group, adjusted) in tested.zip(benjamini_hochberg(&p_values)) {
            group.adjusted_p_value = Some(adjusted);
        }
        Ok(GroupAnalysisResult {
            n_trials: trials.len() as u64,
            n_ungrouped: groups.n_ungrouped() as u64,
            interval: accuracy.interval_within(self.confidence, [0.0, 1.0]),
            accuracy,
            cross_entropy,
            groups: found,
            analysis: *self,
        })
    }

    fn of_group(&self, whole: &Whole<'_>, name: &str, positions: &[usize]) -> GroupAlignment {
        let is_sparse = positions.len() < self.min_trials;
        let accuracy = whole.accuracy_of(positions);
        let difference = accuracy.map(|accuracy| whole.difference(positions, accuracy.value));
        let is_testable = |difference: &Estimate| !is_sparse && difference.standard_error.is_some();
        GroupAlignment {
            name: name.to_owned(),
            n_trials: positions.len() as u64,
            is_sparse,
            accuracy,
            interval: accuracy.map(|it| it.interval_within(self.confidence, [0.0, 1.0])),
            cross_entropy: whole.cross_entropy_of(positions),
            p_value: difference.filter(is_testable).map(|it| it.p_value()),
            difference,
            adjusted_p_value: None,
        }
    }
}

/// The data of all trials.
struct Whole<'a> {
    trials: ClusteredTrials<'a>,
    credits: &'a [Credit],
    surprisals: Option<&'a [f64]>,
    accuracy: f64,
}

impl Whole<'_> {
    fn accuracy_of(&self, positions: &[usize]) -> Option<Estimate> {
        let credits: Vec<Credit> = positions.iter().map(|&trial| self.credits[trial]).collect();
        (!positions.is_empty())
            .then(|| mean_over_trials(self.select(positions).clustered(), &credits))
    }

    fn cross_entropy_of(&self, positions: &[usize]) -> Option<Estimate> {
        let surprisals = self.surprisals.filter(|_| !positions.is_empty())?;
        let surprisals = positions.iter().map(|&trial| (surprisals[trial], 1.0));
        Some(weighted_mean(
            self.select(positions).clustered(),
            surprisals,
        ))
    }

    fn select(&self, positions: &[usize]) -> SelectedTrials {
        SelectedTrials::new(self.trials, positions.iter().copied())
    }

    /// Computes the accuracy of a group minus that of all trials. A trial of the group contributes
    /// to both means.
    fn difference(&self, positions: &[usize], accuracy: f64) -> Estimate {
        let share = positions.len() as f64 / self.credits.len() as f64;
        let of_all = |credit: &Credit| Term {
            residual: -share * (credit.value() - self.accuracy),
            weight: 0.0,
        };
        let mut terms: Vec<Term> = self.credits.iter().map(of_all).collect();
        for &trial in positions {
            terms[trial].residual += self.credits[trial].value() - accuracy;
            terms[trial].weight = 1.0;
        }
        linearized(accuracy - self.accuracy, self.trials, &terms)
    }
}
