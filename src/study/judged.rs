//! What people said, of whatever kind.

use crate::inference::{Confidence, Interval, noise_ceiling};
use crate::judgment::{Anchored, OddOneOut};
use crate::rdm::RdmSet;
use crate::stimuli::Stimuli;

/// The judgments of a data set of a study.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Judged {
    /// Odd-one-out trials.
    OddOneOut(OddOneOut),
    /// Anchored trials.
    Anchored(Anchored),
    /// Dissimilarities, one RDM a person.
    Rdms(RdmSet),
}

impl Judged {
    /// The stimuli.
    pub fn stimuli(&self) -> &Stimuli {
        match self {
            Self::OddOneOut(trials) => trials.stimuli(),
            Self::Anchored(trials) => trials.stimuli(),
            Self::Rdms(people) => people.stimuli(),
        }
    }

    pub(super) fn fingerprint(&self) -> String {
        match self {
            Self::OddOneOut(trials) => trials.fingerprint(),
            Self::Anchored(trials) => trials.fingerprint(),
            Self::Rdms(people) => people.fingerprint(),
        }
    }

    /// The ceiling of accuracies, from trials that were answered more than once.
    pub(super) fn ceiling(&self) -> Option<Interval> {
        let confidence = Confidence::default();
        let ceiling = match self {
            Self::OddOneOut(trials) => noise_ceiling(trials, confidence)?,
            Self::Anchored(trials) => noise_ceiling(trials, confidence)?,
            Self::Rdms(_) => return None,
        };
        Some(Interval {
            lower: ceiling.leave_one_out.value,
            upper: ceiling.majority.value,
        })
    }
}

impl From<OddOneOut> for Judged {
    fn from(trials: OddOneOut) -> Self {
        Self::OddOneOut(trials)
    }
}

impl From<Anchored> for Judged {
    fn from(trials: Anchored) -> Self {
        Self::Anchored(trials)
    }
}

impl From<RdmSet> for Judged {
    fn from(people: RdmSet) -> Self {
        Self::Rdms(people)
    }
}
