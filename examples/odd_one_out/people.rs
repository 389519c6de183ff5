//! The parts of the report on single participants.

use human_alignment::agreement::ParticipantAgreement;
use human_alignment::individual::{ParticipantAccuracies, RandomEffects};
use human_alignment::inference::Estimate;
use serde::Serialize;

/// How the accuracies of a representation differ between participants.
#[derive(Serialize)]
pub struct People {
    #[serde(flatten)]
    pub distribution: RandomEffects,
    pub n_at_or_below_chance: usize,
    n_not_above_chance: usize,
}

impl From<ParticipantAccuracies> for People {
    fn from(found: ParticipantAccuracies) -> Self {
        Self {
            distribution: found.distribution,
            n_at_or_below_chance: found.n_at_or_below_chance,
            n_not_above_chance: found.n_not_above_chance,
        }
    }
}

/// The agreement of participants with each other.
#[derive(Serialize)]
pub struct PeopleAgreement {
    pub n_questions: usize,
    pub agreement: Estimate,
    pub n_at_chance: usize,
    pub outliers: Vec<String>,
}

impl From<ParticipantAgreement> for PeopleAgreement {
    fn from(found: ParticipantAgreement) -> Self {
        let outliers = found.participants.into_iter().filter(|it| it.is_outlier);
        Self {
            n_questions: found.n_questions,
            agreement: found.agreement,
            n_at_chance: found.n_at_chance,
            outliers: outliers.map(|it| it.id).collect(),
        }
    }
}
