//! The answer.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::inference::{Confidence, Interval};
use crate::metric::rsa::{Ceiling, Comparator};

/// How alike the RDM of a model is to those of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// What compared them.
    pub comparator: Comparator,
    /// The model against the plain mean of the people's RDMs.
    pub value: f64,
    /// The confidence interval of `value`, where a bootstrap was asked for.
    pub interval: Option<Interval>,
    /// The standard error of `value`, where a bootstrap was asked for.
    pub standard_error: Option<f64>,
    /// How often such intervals cover the truth.
    pub confidence: Confidence,
    /// The model against each person, in their order.
    pub per_person: Vec<f64>,
    /// The mean of `per_person`: what the ceiling is a ceiling of.
    pub mean_per_person: f64,
    /// The confidence interval of `mean_per_person`, where a bootstrap was asked for.
    #[serde(default)]
    pub interval_per_person: Option<Interval>,
    /// The standard error of `mean_per_person`, where a bootstrap was asked for.
    #[serde(default)]
    pub standard_error_per_person: Option<f64>,
    /// The noise ceiling; `None` for a single person.
    pub ceiling: Option<Ceiling>,
    /// `mean_per_person` as a share of the lower ceiling: 1 for a model that predicts people as well
    /// as other people do. `None` where there is no ceiling above 0.
    pub relative: Option<f64>,
    /// Number of people.
    #[serde(rename = "people")]
    pub n_people: usize,
    /// Number of stimuli.
    #[serde(rename = "stimuli")]
    pub n_stimuli: usize,
}

/// One line, such as `spearman 0.419, 0.284 for each of 16 people (ceiling 0.477–0.577)`.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.3}", self.comparator, self.value)?;
        if let Some(Interval { lower, upper }) = self.interval {
            write!(f, " [{lower:.3}, {upper:.3}]")?;
        }
        if let Some(Ceiling { lower, upper, .. }) = self.ceiling {
            write!(
                f,
                ", {:.3} for each of {} people (ceiling {lower:.3}–{upper:.3})",
                self.mean_per_person, self.n_people
            )?;
        }
        Ok(())
    }
}
