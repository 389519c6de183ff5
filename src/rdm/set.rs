//! One RDM for each person.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, RdmError, Result};
use crate::fingerprint::Fingerprint;
use crate::rdm::{Rdm, Rounding, Scaling, UNIT_ROUNDOFF};
use crate::stimuli::Stimuli;

/// Who judged, and in which session where there were several.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Participant {
    /// The person.
    pub id: String,
    /// The session, where a person has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

impl Participant {
    /// A person with one session.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            session: None,
        }
    }

    /// The same person in a session.
    #[must_use]
    pub fn in_session(mut self, session: impl Into<String>) -> Self {
        self.session = Some(session.into());
        self
    }
}

/// Such as `P3` or `P3, session 2`.
impl fmt::Display for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        match &self.session {
            Some(session) => write!(f, ", session {session}"),
            None => Ok(()),
        }
    }
}

/// RDMs of the same stimuli, one for each person (and session): what people said.
///
/// ```
/// use human_alignment::rdm::{Participant, Scaling};
/// use human_alignment::{Rdm, RdmSet, Stimuli};
///
/// let animals = Stimuli::new(["cat", "dog", "hen"])?;
/// let ann = Rdm::new(animals.clone(), vec![0.1, 0.8, 0.9])?;
/// let bob = Rdm::with_missing(animals, vec![0.3, f64::NAN, 0.7])?;
/// let people = RdmSet::new(vec![Participant::new("Ann"), Participant::new("Bob")], vec![ann, bob])?;
/// assert_eq!(people.mean(Scaling::None)?.values(), [0.2, 0.8, 0.8]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RdmSet {
    participants: Vec<Participant>,
    rdms: Vec<Rdm>,
}

impl RdmSet {
    /// The RDMs of these people, in this order. Those over the same stimuli in another order are put
    /// into the order of the first.
    ///
    /// # Errors
    /// [`Error::TooFew`] where there is none, [`Error::LengthMismatch`] where there are not as many
    /// people, [`Error::DuplicateParticipant`] where two have the same id and session, and within
    /// [`Error::InRdm`] what keeps one from being over the same stimuli.
    pub fn new(participants: Vec<Participant>, rdms: Vec<Rdm>) -> Result<Self> {
        let Some(first) = rdms.first() else {
            return Err(ArgumentError::TooFew {
                what: "RDMs",
                needed: 1,
                found: 0,
            }
            .into());
        };
        if participants.len() != rdms.len() {
            return Err(ArgumentError::LengthMismatch {
                what: "participants",
                expected: rdms.len(),
                found: participants.len(),
            }
            .into());
        }
        let mut seen = std::collections::HashMap::new();
        for (second, participant) in participants.iter().enumerate() {
            if let Some(first) = seen.insert(participant, second) {
                return Err(RdmError::DuplicateParticipant {
                    participant: participant.to_string(),
                    first,
                    second,
                }
                .into());
            }
        }
        let stimuli = first.stimuli().clone();
        let join = |(participant, rdm): (&Participant, Rdm)| {
            let joined = match rdm.stimuli().same_set_as(&stimuli) {
                Ok(()) if rdm.stimuli() == &stimuli => Ok(rdm),
                Ok(()) => rdm.select(&stimuli),
                Err(error) => Err(error),
            };
            joined.map_err(|error| error.in_rdm(participant))
        };
        let rdms = participants
            .iter()
            .zip(rdms)
            .map(join)
            .collect::<Result<_>>()?;
        Ok(Self { participants, rdms })
    }

    /// The RDMs of people without names: `"0"`, `"1"`, ….
    ///
    /// # Errors
    /// As for [`RdmSet::new`].
    pub fn numbered(rdms: Vec<Rdm>) -> Result<Self> {
        let ids = (0..rdms.len()).map(|position| Participant::new(position.to_string()));
        Self::new(ids.collect(), rdms)
    }

    /// Joins several sets, one after the other, over the stimuli of the first.
    ///
    /// # Errors
    /// As for [`RdmSet::new`].
    pub fn concat(sets: Vec<RdmSet>) -> Result<Self> {
        let (mut participants, mut rdms) = (Vec::new(), Vec::new());
        for set in sets {
            participants.extend(set.participants);
            rdms.extend(set.rdms);
        }
        Self::new(participants, rdms)
    }

    /// Returns the same RDMs of other participants, in order.
    ///
    /// # Errors
    /// As for [`RdmSet::new`].
    pub fn with_participants(self, participants: Vec<Participant>) -> Result<Self> {
        Self::new(participants, self.rdms)
    }

    /// Returns the same RDMs with other stimuli, in order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] where there are more or fewer stimuli.
    pub fn with_stimuli(self, stimuli: Stimuli) -> Result<Self> {
        let rdms = self.rdms.into_iter();
        let rdms = rdms.map(|rdm| rdm.with_stimuli(stimuli.clone()));
        Self::new(self.participants, rdms.collect::<Result<_>>()?)
    }

    /// The stimuli.
    pub fn stimuli(&self) -> &Stimuli {
        self.rdms[0].stimuli()
    }

    /// Number of RDMs; at least one.
    #[allow(clippy::len_without_is_empty)] // It never is.
    pub fn len(&self) -> usize {
        self.rdms.len()
    }

    /// SHA-256 over the ids, the people and their dissimilarities, as 64 hexadecimal digits, by which what was
    /// computed from them is known again.
    pub fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::new("RDMs");
        fingerprint.text(&self.stimuli().fingerprint());
        for (participant, rdm) in self.iter() {
            let participant = participant.to_string();
            fingerprint.text(&format!("{}:{participant}", participant.len()));
            fingerprint.numbers(rdm.values());
        }
        fingerprint.finish()
    }

    /// The RDMs, all over the same stimuli in the same order.
    pub fn rdms(&self) -> &[Rdm] {
        &self.rdms
    }

    /// Whose each RDM is.
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    /// People with their RDMs.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Participant, &Rdm)> {
        self.participants.iter().zip(&self.rdms)
    }

    /// The mean over people, each brought to a common scale first. A pair that some did not judge is
    /// the mean of the others; one that nobody judged is missing. Means that are equal but for the rounding of
    /// their sums tie in ranks.
    ///
    /// # Errors
    /// As for [`Rdm::scaled`], within [`Error::InRdm`].
    pub fn mean(&self, scaling: Scaling) -> Result<Rdm> {
        mean(self.iter(), scaling)
    }

    /// Each RDM brought to a common scale.
    ///
    /// # Errors
    /// As for [`Rdm::scaled`], within [`Error::InRdm`].
    pub fn scaled(&self, scaling: Scaling) -> Result<RdmSet> {
        let scaled = |(person, rdm): (&Participant, &Rdm)| {
            rdm.scaled(scaling).map_err(|error| error.in_rdm(person))
        };
        Ok(Self {
            participants: self.participants.clone(),
            rdms: self.iter().map(scaled).collect::<Result<_>>()?,
        })
    }

    /// All but one, of at least two.
    pub(crate) fn without(&self, left_out: usize) -> RdmSet {
        let mut others = self.clone();
        others.participants.remove(left_out);
        others.rdms.remove(left_out);
        others
    }

    /// One RDM a person: the mean of the sessions, each brought to a common scale first. People stand
    /// in the order of their first sessions.
    ///
    /// # Errors
    /// As for [`RdmSet::mean`].
    pub fn by_participant(&self, scaling: Scaling) -> Result<RdmSet> {
        let mut people: Vec<&str> = Vec::new();
        for participant in &self.participants {
            if !people.contains(&participant.id.as_str()) {
                people.push(&participant.id);
            }
        }
        let mean_of = |id: &&str| {
            let sessions = self
                .iter()
                .filter(|(participant, _)| participant.id == **id);
            mean(sessions, scaling)
        };
        let rdms = people.iter().map(mean_of).collect::<Result<_>>()?;
        Self::new(people.into_iter().map(Participant::new).collect(), rdms)
    }

    /// The RDMs of some of the stimuli, or of all in another order.
    ///
    /// # Errors
    /// As for [`Rdm::select`].
    pub fn select(&self, stimuli: &Stimuli) -> Result<RdmSet> {
        let rdms = self.rdms.iter().map(|rdm| rdm.select(stimuli));
        Ok(Self {
            participants: self.participants.clone(),
            rdms: rdms.collect::<Result<_>>()?,
        })
    }
}

/// One RDM as what people said: a published mean, or a measurement.
impl From<Rdm> for RdmSet {
    fn from(rdm: Rdm) -> Self {
        Self {
            participants: vec![Participant::new("0")],
            rdms: vec![rdm],
        }
    }
}

/// The mean of some RDMs over the same stimuli, of which there is at least one.
fn mean<'a>(
    rdms: impl Iterator<Item = (&'a Participant, &'a Rdm)>,
    scaling: Scaling,
) -> Result<Rdm> {
    let mut pooled: Option<(Rdm, Vec<u32>)> = None;
    let mut errors = MeanRounding::default();
    for (participant, rdm) in rdms {
        let scaled = rdm.scaled(scaling);
        let scaled = scaled.map_err(|error| error.in_rdm(participant))?;
        errors.add(&scaled.values, scaled.rounding);
        let Some((sum, counts)) = &mut pooled else {
            let is_there = |value: &f64| u32::from(!value.is_nan());
            let counts = scaled.values.iter().map(is_there).collect();
            pooled = Some((scaled, counts));
            continue;
        };
        for ((sum, count), &value) in sum.values.iter_mut().zip(counts).zip(&scaled.values) {
            if !value.is_nan() {
                *sum = if *count == 0 { value } else { *sum + value };
                *count += 1;
            }
        }
    }
    let Some((mut mean, counts)) = pooled else {
        return Err(ArgumentError::TooFew {
            what: "RDMs",
            needed: 1,
            found: 0,
        }
        .into());
    };
    for (sum, count) in mean.values.iter_mut().zip(counts) {
        // A sum of none is NaN: the pair is missing.
        *sum /= f64::from(count.max(1));
    }
    Ok(Rdm::with_missing(mean.stimuli, mean.values)?.with_rounding(errors.of_mean()))
}

/// How far rounding may have moved the means of several RDMs.
#[derive(Debug, Default)]
pub(crate) struct MeanRounding {
    n: usize,
    first: Option<Rounding>,
    /// The largest error of a value.
    error: f64,
    /// The largest size of a value.
    largest: f64,
}

impl MeanRounding {
    /// Adds the values of an RDM.
    pub fn add(&mut self, values: &[f64], rounding: Rounding) {
        // A missing value, NaN, is not the largest.
        let largest = values
            .iter()
            .fold(0.0, |largest: f64, value| largest.max(value.abs()));
        self.n += 1;
        self.first.get_or_insert(rounding);
        self.error = self.error.max(rounding.most(largest));
        self.largest = self.largest.max(largest);
    }

    /// The bound for the mean of what was added, each as often as one likes.
    pub fn of_mean(&self) -> Rounding {
        match (self.n, self.first) {
            // It is what it was.
            (1, Some(rounding)) => rounding,
            // Of the numbers themselves, which may be decimals, of their sum and of the division.
            (n, _) => {
                let operations = (n as f64 + 2.0) * UNIT_ROUNDOFF;
                Rounding::Absolute(self.error + operations * self.largest)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind};

    fn rdm(ids: [&str; 3], values: [f64; 3]) -> Rdm {
        Rdm::with_missing(Stimuli::new(ids).unwrap(), values.to_vec()).unwrap()
    }

    #[test]
    fn people_are_matched_by_stimulus() {
        let first = rdm(["a", "b", "c"], [1.0, 2.0, 3.0]);
        let second = rdm(["c", "a", "b"], [20.0, 30.0, 10.0]);
        let set = RdmSet::numbered(vec![first.clone(), second]).unwrap();
        assert_eq!(set.rdms()[1].values(), [10.0, 20.0, 30.0]);
        assert_eq!(set.mean(Scaling::None).unwrap().values(), [5.5, 11.0, 16.5]);
        let unit = set.mean(Scaling::Rank).unwrap();
        assert_eq!(unit.values(), [1.0, 2.0, 3.0]);

        let other = rdm(["a", "b", "d"], [1.0, 2.0, 3.0]);
        let error = RdmSet::numbered(vec![first, other]).unwrap_err();
        assert_eq!(
            error.report().to_string(),
            "RDM of 1: 1 of 3 stimuli are missing: \"c\"; the other side has ids such as \"d\""
        );
    }

    #[test]
    fn sessions_are_averaged() {
        let ids = ["a", "b", "c"];
        let rdms = vec![
            rdm(ids, [1.0, 2.0, f64::NAN]),
            rdm(ids, [5.0, 5.0, 5.0]),
            rdm(ids, [3.0, f64::NAN, f64::NAN]),
        ];
        let participants = vec![
            Participant::new("Ann").in_session("1"),
            Participant::new("Bob"),
            Participant::new("Ann").in_session("2"),
        ];
        let set = RdmSet::new(participants.clone(), rdms.clone()).unwrap();
        let people = set.by_participant(Scaling::None).unwrap();
        assert_eq!(people.len(), 2);
        assert_eq!(people.rdms()[0], rdm(ids, [2.0, 2.0, f64::NAN]));
        assert_eq!(people.participants()[1].to_string(), "Bob");

        let twice = vec![participants[0].clone(); 3];
        assert!(matches!(
            RdmSet::new(twice, rdms).as_ref().map_err(Error::kind),
            Err(ErrorKind::Rdm(RdmError::DuplicateParticipant {
                first: 0,
                second: 1,
                ..
            }))
        ));
        assert!(matches!(
            RdmSet::numbered(vec![]).as_ref().map_err(Error::kind),
            Err(ErrorKind::Argument(ArgumentError::TooFew { .. }))
        ));
    }
}
