//! RDMs of several participants over the same stimuli.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::error::{ArgumentError, RdmError, Result, at_least, same_length};
use crate::fingerprint::Fingerprint;
use crate::io::text::alike_labels;
use crate::linalg::UNIT_ROUNDOFF;
use crate::rdm::{Participant, Rdm, Rounding, Scaling};
use crate::stimuli::Stimuli;

/// RDMs of the same stimuli, one for each participant (and session).
///
/// ```
/// use human_alignment::rdm::{Participant, Scaling};
/// use human_alignment::{Rdm, RdmSet, Stimuli};
///
/// let animals = Stimuli::new(["cat", "dog", "hen"])?;
/// let ann = Rdm::new(animals.clone(), vec![0.1, 0.8, 0.9])?;
/// let bob = Rdm::with_missing(animals, vec![0.3, f64::NAN, 0.7])?;
/// let participants = vec![Participant::new("Ann"), Participant::new("Bob")];
/// let people = RdmSet::new(participants, vec![ann, bob])?;
/// assert_eq!(people.mean(Scaling::None)?.values(), [0.2, 0.8, 0.8]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RdmSet {
    participants: Vec<Participant>,
    rdms: Vec<Rdm>,
}

impl RdmSet {
    /// Creates a set from participants and their RDMs, in the same order. RDMs with the same
    /// stimuli in another order are reordered to match the first RDM, and the set is then only matched by
    /// id, not by position.
    ///
    /// # Errors
    /// Returns [`ArgumentError::TooFew`] if there is no RDM, [`ArgumentError::LengthMismatch`] if
    /// the numbers of participants and RDMs differ, [`RdmError::DuplicateParticipant`] if two
    /// participants have the same id and session ([`Participant::from_labels`] numbers sessions),
    /// [`RdmError::AlikeParticipants`] if ids differ only by case or zeros, such as `01` and `1`, and
    /// `Context::Rdm` naming the participant if an
    /// RDM has other stimuli than the first.
    pub fn new(participants: Vec<Participant>, rdms: Vec<Rdm>) -> Result<Self> {
        at_least("RDMs", 1, rdms.len())?;
        let first = &rdms[0];
        same_length("participants", rdms.len(), participants.len())?;
        let mut seen = HashMap::new();
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
        if let Some([first, second]) = alike_labels(participants.iter().map(|one| &*one.id)) {
            return Err(RdmError::AlikeParticipants {
                first: first.to_owned(),
                second: second.to_owned(),
            }
            .into());
        }
        let first = first.stimuli().clone();
        let is_in_order = |rdm: &Rdm| !rdm.stimuli().is_named() || rdm.stimuli() == &first;
        let are_in_order = rdms.iter().all(is_in_order);
        // No order of several is that of rows without ids.
        let stimuli = match are_in_order || !first.is_named() {
            true => first.clone(),
            false => first.clone().without_order(),
        };
        let join = |(participant, rdm): (&Participant, Rdm)| {
            let joined = match rdm.stimuli().same_set_as(&stimuli) {
                Ok(()) if are_in_order && rdm.stimuli() == &stimuli => Ok(rdm),
                Ok(()) => rdm
                    .select(&stimuli)
                    .and_then(|rdm| rdm.with_stimuli(stimuli.clone())),
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

    /// Creates a set of participants that are numbered `"0"`, `"1"`, ….
    ///
    /// # Errors
    /// The same as for [`RdmSet::new`].
    pub fn numbered(rdms: Vec<Rdm>) -> Result<Self> {
        let ids = (0..rdms.len()).map(|position| Participant::new(position.to_string()));
        Self::new(ids.collect(), rdms)
    }

    /// Concatenates several sets, with the stimuli in the order of the first set.
    ///
    /// # Errors
    /// The same as for [`RdmSet::new`].
    pub fn concat(sets: Vec<RdmSet>) -> Result<Self> {
        let (mut participants, mut rdms) = (Vec::new(), Vec::new());
        for set in sets {
            participants.extend(set.participants);
            rdms.extend(set.rdms);
        }
        Self::new(participants, rdms)
    }

    /// Replaces the participants, in order, and keeps the RDMs.
    ///
    /// # Errors
    /// The same as for [`RdmSet::new`].
    pub fn with_participants(self, participants: Vec<Participant>) -> Result<Self> {
        Self::new(participants, self.rdms)
    }

    /// Replaces the stimuli, in order, and keeps the dissimilarities.
    ///
    /// # Errors
    /// Returns [`ArgumentError::LengthMismatch`] if the number of stimuli differs.
    pub fn with_stimuli(self, stimuli: Stimuli) -> Result<Self> {
        let rdms = self.rdms.into_iter();
        let rdms = rdms.map(|rdm| rdm.with_stimuli(stimuli.clone()));
        Self::new(self.participants, rdms.collect::<Result<_>>()?)
    }

    /// Returns the stimuli.
    pub fn stimuli(&self) -> &Stimuli {
        self.rdms[0].stimuli()
    }

    /// Returns the number of RDMs, at least one.
    #[allow(clippy::len_without_is_empty)] // It never is.
    pub fn len(&self) -> usize {
        self.rdms.len()
    }

    /// Returns the SHA-256 of the ids, the participants and the dissimilarities, as 64 hexadecimal
    /// digits.
    ///
    /// It identifies the data that a stored result was computed from.
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

    /// Returns the RDMs, all with the same stimuli in the same order.
    pub fn rdms(&self) -> &[Rdm] {
        &self.rdms
    }

    /// Returns the participant of each RDM.
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    /// Returns an iterator over participants and their RDMs.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Participant, &Rdm)> {
        self.participants.iter().zip(&self.rdms)
    }

    /// Computes the mean RDM over participants, each RDM scaled first.
    ///
    /// The mean of a pair is taken over the RDMs that have the pair; a pair that is missing in all
    /// RDMs is missing in the mean. Means that are equal within the rounding of their sums tie in
    /// ranks.
    ///
    /// # Errors
    /// The same as for [`Rdm::scaled`], within `Context::Rdm`.
    pub fn mean(&self, scaling: Scaling) -> Result<Rdm> {
        mean(self.iter(), scaling)
    }

    /// Returns the set with each RDM scaled.
    ///
    /// # Errors
    /// The same as for [`Rdm::scaled`], within `Context::Rdm`.
    pub fn scaled(&self, scaling: Scaling) -> Result<RdmSet> {
        let scaled = |(person, rdm): (&Participant, &Rdm)| {
            rdm.scaled(scaling).map_err(|error| error.in_rdm(person))
        };
        Ok(Self {
            participants: self.participants.clone(),
            rdms: self.iter().map(scaled).collect::<Result<_>>()?,
        })
    }

    /// Returns the set without one RDM. The set must have at least two RDMs.
    pub(crate) fn without(&self, left_out: usize) -> RdmSet {
        let mut others = self.clone();
        others.participants.remove(left_out);
        others.rdms.remove(left_out);
        others
    }

    /// Returns one RDM per participant, the mean of the participant's sessions, each scaled first.
    ///
    /// Participants are in the order of their first sessions.
    ///
    /// # Errors
    /// The same as for [`RdmSet::mean`].
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

    /// Returns the number of different participants, which is smaller than the number of RDMs if a
    /// participant has several sessions.
    pub fn n_participants(&self) -> usize {
        let ids = self.participants.iter().map(|participant| &participant.id);
        ids.collect::<HashSet<_>>().len()
    }

    /// Returns one RDM per participant, unscaled: the set itself unless there are sessions.
    pub(crate) fn persons(&self) -> Result<Cow<'_, RdmSet>> {
        match self.n_participants() == self.len() {
            true => Ok(Cow::Borrowed(self)),
            false => self.by_participant(Scaling::None).map(Cow::Owned),
        }
    }

    /// Returns the RDMs of the given stimuli, in the given order.
    ///
    /// # Errors
    /// The same as for [`Rdm::select`].
    pub fn select(&self, stimuli: &Stimuli) -> Result<RdmSet> {
        let rdms = self.rdms.iter().map(|rdm| rdm.select(stimuli));
        Ok(Self {
            participants: self.participants.clone(),
            rdms: rdms.collect::<Result<_>>()?,
        })
    }
}

/// A set of one RDM, such as a published mean or a measurement, of a participant named `"0"`.
impl From<Rdm> for RdmSet {
    fn from(rdm: Rdm) -> Self {
        Self {
            participants: vec![Participant::new("0")],
            rdms: vec![rdm],
        }
    }
}

/// Computes the mean of RDMs over the same stimuli, of which there must be at least one.
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
        // If no RDM has the pair, the sum is NaN: the pair is missing.
        *sum /= f64::from(count.max(1));
    }
    Ok(Rdm::with_missing(mean.stimuli, mean.values)?.with_rounding(errors.of_mean()))
}

/// Accumulates the rounding errors of the mean of several RDMs.
#[derive(Debug, Default)]
pub(crate) struct MeanRounding {
    n: usize,
    first: Option<Rounding>,
    /// The largest rounding error of a value.
    error: f64,
    /// The largest absolute value.
    largest: f64,
}

impl MeanRounding {
    /// Adds the values of an RDM.
    pub fn add(&mut self, values: &[f64], rounding: Rounding) {
        // `max` ignores NaN, so missing values do not count.
        let largest = values
            .iter()
            .fold(0.0, |largest: f64, value| largest.max(value.abs()));
        self.n += 1;
        self.first.get_or_insert(rounding);
        self.error = self.error.max(rounding.most(largest));
        self.largest = self.largest.max(largest);
    }

    /// Returns the bound for the mean of the added RDMs, with any weights.
    pub fn of_mean(&self) -> Rounding {
        match (self.n, self.first) {
            // The mean of one RDM is the RDM itself.
            (1, Some(rounding)) => rounding,
            // Rounding of the decimal inputs, of their sum and of the division.
            (n, _) => {
                let operations = (n as f64 + 2.0) * UNIT_ROUNDOFF;
                Rounding::Absolute(self.error + operations * self.largest)
            }
        }
    }
}
