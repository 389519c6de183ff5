//! The score of a model.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::inference::{Confidence, Interval};
use crate::metric::rsa::{Comparator, RsaNoiseCeiling};

/// The similarity of the RDM of a model to the RDMs of participants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RsaScore {
    /// Comparator of the RDMs.
    pub comparator: Comparator,
    /// Similarity of the model to the unscaled mean of the participants' RDMs.
    pub value: f64,
    /// Confidence interval of `value`, if a bootstrap was requested.
    pub interval: Option<Interval>,
    /// Standard error of `value`, if a bootstrap was requested.
    pub standard_error: Option<f64>,
    /// Confidence level of the intervals.
    pub confidence: Confidence,
    /// Similarity of the model to each participant, in their order.
    pub per_person: Vec<f64>,
    /// Mean of `per_person`, which is comparable with the ceiling.
    pub mean_per_person: f64,
    /// Confidence interval of `mean_per_person`, if a bootstrap was requested.
    #[serde(default)]
    pub interval_per_person: Option<Interval>,
    /// Standard error of `mean_per_person`, if a bootstrap was requested.
    #[serde(default)]
    pub standard_error_per_person: Option<f64>,
    /// Noise ceiling; `None` for a single participant.
    pub ceiling: Option<RsaNoiseCeiling>,
    /// `mean_per_person` divided by the lower ceiling: 1 for a model that predicts participants as
    /// well as other participants do. `None` if there is no ceiling or it is not above 0.
    pub relative: Option<f64>,
    /// Number of participants.
    #[serde(rename = "people")]
    pub n_people: usize,
    /// Number of stimuli.
    #[serde(rename = "stimuli")]
    pub n_stimuli: usize,
}

/// Writes one line, such as `spearman 0.419, 0.284 for each of 16 people (ceiling 0.477–0.577)`.
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
