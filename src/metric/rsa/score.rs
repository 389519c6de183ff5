//! The score of a model.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::inference::{Confidence, Estimate, Interval};
use crate::metric::rsa::{Comparator, RsaNoiseCeiling};
use crate::names::named;

/// The method that estimates the standard errors and intervals of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RsaIntervalMethod {
    /// [`RsaVariance`](crate::metric::rsa::RsaVariance).
    Analytic,
    /// [`RsaBootstrap`](crate::metric::rsa::RsaBootstrap).
    Bootstrap,
}

named! {
    RsaIntervalMethod, "method of intervals":
    Analytic = "analytic",
    Bootstrap = "bootstrap",
}

/// The similarity of the RDM of a model to the RDMs of participants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RsaScore {
    /// Comparator of the RDMs.
    pub comparator: Comparator,
    /// Similarity of the model to the unscaled mean of the participants' RDMs.
    pub value: f64,
    /// Confidence interval of `value`, if the metric has a variance or a bootstrap.
    pub interval: Option<Interval>,
    /// Standard error of `value`, if the metric estimates it.
    pub standard_error: Option<f64>,
    /// Confidence level of the intervals.
    pub confidence: Confidence,
    /// Method of the intervals and standard errors, if there are any.
    #[serde(default)]
    pub interval_method: Option<RsaIntervalMethod>,
    /// Similarity of the model to each participant, in the order of their first sessions.
    pub per_person: Vec<f64>,
    /// Mean of `per_person`, which is comparable with the ceiling.
    pub mean_per_person: f64,
    /// Confidence interval of `mean_per_person`, if the metric estimates it.
    #[serde(default)]
    pub interval_per_person: Option<Interval>,
    /// Standard error of `mean_per_person`, if the metric estimates it.
    #[serde(default)]
    pub standard_error_per_person: Option<f64>,
    /// Noise ceiling; `None` for a single participant.
    pub ceiling: Option<RsaNoiseCeiling>,
    /// `mean_per_person` divided by the lower ceiling: 1 for a model that predicts participants as
    /// well as other participants do. `None` if there is no ceiling or it is not above 0.
    pub relative: Option<f64>,
    /// Confidence interval of `relative`, which includes the errors of the model and the ceiling
    /// and their covariance. `None` if the metric has no variance and no bootstrap with a ceiling,
    /// or if the confidence interval of the ceiling contains 0.
    #[serde(default)]
    pub interval_relative: Option<Interval>,
    /// Standard error of `relative`; `None` if `interval_relative` is.
    #[serde(default)]
    pub standard_error_relative: Option<f64>,
    /// `mean_per_person` minus the lower ceiling, whose p-value tests whether participants predict
    /// each other better than the model does. `None` if the metric has no variance and no
    /// bootstrap with a ceiling.
    #[serde(default)]
    pub against_ceiling: Option<Estimate>,
    /// Number of participants.
    #[serde(rename = "people")]
    pub n_people: usize,
    /// Number of RDMs of the participants, which is larger than the number of participants if there
    /// are several sessions. Sessions of a participant are averaged.
    #[serde(rename = "rdms", default)]
    pub n_rdms: usize,
    /// Number of stimuli.
    #[serde(rename = "stimuli")]
    pub n_stimuli: usize,
}

/// Writes one line, such as `spearman 0.419, 0.266 for each of 16 people (ceiling 0.477–0.577)`:
/// the similarity to the mean RDM of the participants, and the mean similarity to the RDM of each.
impl fmt::Display for RsaScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.3}", self.comparator, self.value)?;
        if let Some(Interval { lower, upper }) = self.interval {
            write!(f, " [{lower:.3}, {upper:.3}]")?;
        }
        if let Some(RsaNoiseCeiling { lower, upper, .. }) = self.ceiling {
            write!(
                f,
                ", {:.3} for each of {} people (ceiling {lower:.3}–{upper:.3})",
                self.mean_per_person, self.n_people
            )?;
        }
        Ok(())
    }
}
