//! Designs of experiments that are too small for reliable standard errors.

use std::fmt;

use crate::judgment::{Task, Trials};

/// A property of trials because of which standard errors and intervals are only approximate.
///
/// ```
/// use human_alignment::inference::DesignCaution;
/// use human_alignment::{OddOneOut, Stimuli};
///
/// let trials = OddOneOut::new(Stimuli::numbered(7), vec![[0, 1, 2], [4, 5, 6]])?;
/// assert_eq!(DesignCaution::all_of(&trials), [DesignCaution::FewObjects(6)]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DesignCaution {
    /// The trials show fewer than [`MIN_OBJECTS`](Self::MIN_OBJECTS) objects.
    FewObjects(usize),
    /// There are fewer than [`MIN_PARTICIPANTS`](Self::MIN_PARTICIPANTS) participants, but more
    /// than one.
    FewParticipants(usize),
    /// All trials are of one participant: standard errors hold for this participant only.
    OneParticipant,
}

impl DesignCaution {
    /// The smallest number of objects with which intervals have their nominal coverage in
    /// simulations.
    pub const MIN_OBJECTS: usize = 10;

    /// The smallest number of participants with which intervals have their nominal coverage in
    /// simulations.
    pub const MIN_PARTICIPANTS: usize = 5;

    /// Returns all cautions that apply to trials. If the participants are unknown, there is none about
    /// their number.
    pub fn all_of<T: Task>(trials: &Trials<T>) -> Vec<Self> {
        let participants = trials.participants();
        Self::of_numbers(
            trials.shown().len(),
            participants.map(|all| all.labels().len()),
        )
    }

    /// Returns all cautions that apply to trials of the given numbers of objects and, if they are
    /// known, participants.
    pub fn of_numbers(n_objects: usize, n_participants: Option<usize>) -> Vec<Self> {
        let objects = (n_objects < Self::MIN_OBJECTS).then_some(Self::FewObjects(n_objects));
        let participants = match n_participants {
            Some(1) => Some(Self::OneParticipant),
            Some(n) if n < Self::MIN_PARTICIPANTS => Some(Self::FewParticipants(n)),
            _ => None,
        };
        objects.into_iter().chain(participants).collect()
    }
}

impl fmt::Display for DesignCaution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewObjects(n) => write!(
                f,
                "{n} objects are too few for reliable intervals; at least {} are needed",
                Self::MIN_OBJECTS
            ),
            Self::FewParticipants(n) => write!(
                f,
                "{n} participants are too few for reliable intervals; at least {} are needed",
                Self::MIN_PARTICIPANTS
            ),
            Self::OneParticipant => f.write_str(
                "all trials are of one participant: intervals hold for this participant only",
            ),
        }
    }
}
