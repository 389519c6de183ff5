//! The score of a representation, with its uncertainty.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::inference::{BootstrapResult, Clusters, Confidence, Estimate, Interval};
use crate::metric::odd_one_out::Counts;
use crate::metric::odd_one_out::probability::Losses;

/// Agreement of a representation with human choices, over trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OddOneOutScore {
    /// Number of trials.
    #[serde(rename = "trials")]
    pub n_trials: u64,
    /// Number of trials in which only the chosen pair has the largest similarity.
    #[serde(rename = "correct")]
    pub n_correct: u64,
    /// Number of trials in which several pairs share the largest similarity.
    #[serde(rename = "ties")]
    pub n_ties: u64,
    /// Mean credit of the trials, in [0, 1]: the share of correct trials plus the credit of ties.
    pub accuracy: f64,
    /// The clusters of trials that the standard error allows to be correlated.
    pub clusters: Clusters,
    /// Standard error of the accuracy; `None` if it cannot be estimated because every two trials
    /// share an object or the participant.
    pub standard_error: Option<f64>,
    /// Degrees of freedom of the standard error.
    pub degrees_of_freedom: f64,
    /// Standard error for new objects and the same participants, if the trials have participants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error_objects: Option<f64>,
    /// Confidence interval of the accuracy, within [0, 1].
    pub interval: Interval,
    /// Confidence level of the intervals.
    pub confidence: Confidence,
    /// Mean of −ln p of the chosen pair, in nats.
    pub cross_entropy: f64,
    /// Mean entropy of the probabilities of the pairs, in nats: at most ln 3, or ln 2 for anchored
    /// trials.
    pub mean_entropy: f64,
    /// Bootstrap over objects, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<BootstrapResult>,
}

impl OddOneOutScore {
    pub(super) fn new(
        counts: Counts,
        losses: Losses,
        estimate: Estimate,
        confidence: Confidence,
    ) -> Self {
        Self {
            n_trials: counts.n_trials,
            n_correct: counts.n_correct,
            n_ties: counts.n_ties,
            accuracy: counts.accuracy(),
            clusters: Clusters::Objects,
            standard_error: estimate.standard_error,
            degrees_of_freedom: estimate.degrees_of_freedom,
            standard_error_objects: None,
            interval: estimate.interval_within(confidence, [0.0, 1.0]),
            confidence,
            cross_entropy: losses.cross_entropy.value() / counts.n_trials as f64,
            mean_entropy: losses.entropy.value() / counts.n_trials as f64,
            bootstrap: None,
        }
    }

    /// Marks the standard error as one for new participants, given that for the same participants.
    pub(super) fn with_clusters(mut self, for_these_participants: Option<Estimate>) -> Self {
        if let Some(estimate) = for_these_participants {
            self.clusters = Clusters::ObjectsAndParticipants;
            self.standard_error_objects = estimate.standard_error;
        }
        self
    }

    pub(super) fn with_bootstrap(mut self, bootstrap: Option<BootstrapResult>) -> Self {
        self.bootstrap = bootstrap;
        self
    }
}

/// Writes one line, such as `66.01 % [63.72, 68.29], 2171 trials, no ties`.
impl fmt::Display for OddOneOutScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Interval { lower, upper } = self.interval;
        write!(
            f,
            "{:.2} % [{:.2}, {:.2}], {} trials, ",
            100.0 * self.accuracy,
            100.0 * lower,
            100.0 * upper,
            self.n_trials
        )?;
        match self.n_ties {
            0 => f.write_str("no ties"),
            1 => f.write_str("1 tie"),
            n => write!(f, "{n} ties"),
        }
    }
}
