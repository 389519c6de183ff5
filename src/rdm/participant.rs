//! The participants of RDMs.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A participant, and optionally the session.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Participant {
    /// Identifier of the participant.
    pub id: String,
    /// Name of the session, if the participant has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

impl Participant {
    /// Creates a participant without a session.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            session: None,
        }
    }

    /// Creates the participants of several RDMs from one label per RDM. RDMs with the same label
    /// are sessions `1`, `2`, … of one participant; a label that occurs once has no session.
    ///
    /// ```
    /// use human_alignment::rdm::Participant;
    ///
    /// let participants = Participant::from_labels(["Ann", "Bob", "Ann"]);
    /// assert_eq!(participants[0], Participant::new("Ann").in_session("1"));
    /// assert_eq!(participants[1], Participant::new("Bob"));
    /// assert_eq!(participants[2], Participant::new("Ann").in_session("2"));
    /// ```
    pub fn from_labels<I>(labels: I) -> Vec<Self>
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let labels: Vec<String> = labels.into_iter().map(Into::into).collect();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for label in &labels {
            *counts.entry(label).or_default() += 1;
        }
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut participants = Vec::with_capacity(labels.len());
        for label in &labels {
            let session = seen.entry(label).or_default();
            *session += 1;
            participants.push(match counts[label.as_str()] {
                1 => Self::new(label),
                _ => Self::new(label).in_session(session.to_string()),
            });
        }
        participants
    }

    /// Sets the session of the participant.
    #[must_use]
    pub fn in_session(mut self, session: impl Into<String>) -> Self {
        self.session = Some(session.into());
        self
    }
}

/// Formats as `P3` or `P3, session 2`.
impl fmt::Display for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        match &self.session {
            Some(session) => write!(f, ", session {session}"),
            None => Ok(()),
        }
    }
}
