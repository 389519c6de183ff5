//! Mergeable sums over participants.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::inference::cluster_sums::hash_of_key;
use crate::inference::places::object_places;
use crate::inference::{
    Cell, ClusterSums, Credit, ObjectLevels, ParticipantLevels, pair_places, triple_place,
};
use crate::judgment::TrialParticipants;

/// Sums of credits by participant, and by object, pair and triple of objects of a participant.
///
/// Participants are identified by hashes of their labels, so that the sums of shards can be merged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ParticipantSums {
    participants: ClusterSums,
    objects: ClusterSums,
    pairs: ClusterSums,
    triples: ClusterSums,
}

impl ParticipantSums {
    /// Adds trials and their credits.
    pub fn add(
        &mut self,
        trials: &[[u32; 3]],
        participants: &TrialParticipants,
        credits: &[Credit],
    ) {
        let labels = participants.labels().iter();
        let keys: Vec<u64> = labels.map(|label| hash_of_label(label)).collect();
        let of_trial = |trial: usize| keys[participants.by_trial()[trial] as usize];
        self.participants.add(credits, |trial| [of_trial(trial)]);
        self.objects.add(credits, |trial| {
            within(of_trial(trial), object_places(trials[trial]))
        });
        self.pairs.add(credits, |trial| {
            within(of_trial(trial), pair_places(trials[trial]))
        });
        self.triples.add(credits, |trial| {
            within(of_trial(trial), triple_place(trials[trial]))
        });
    }

    /// Adds the sums of other trials.
    pub fn merge(&mut self, other: Self) {
        self.participants.merge(other.participants);
        self.objects.merge(other.objects);
        self.pairs.merge(other.pairs);
        self.triples.merge(other.triples);
    }

    /// Returns the number of participants.
    pub fn n_participants(&self) -> usize {
        self.participants.level(0.0).n_clusters as usize
    }

    /// Returns the levels of the participants; `None` for a single participant.
    pub fn levels(&self, mean: f64) -> Option<ParticipantLevels> {
        let levels = ParticipantLevels {
            participants: self.participants.level(mean),
            within: ObjectLevels {
                objects: self.objects.level(mean),
                pairs: self.pairs.level(mean),
                triples: self.triples.level(mean),
            },
        };
        (levels.participants.n_clusters > 1.0).then_some(levels)
    }

    /// Checks whether the sums are possible for trials with the sum `total`.
    pub fn are_valid(&self, total: Cell) -> bool {
        self.participants.is_valid(total, 1)
            && self.objects.is_valid(total, 3)
            && self.pairs.is_valid(total, 3)
            && self.triples.is_valid(total, 1)
    }
}

/// Returns the key of each place within a participant.
fn within<const N: usize>(participant: u64, places: [u64; N]) -> [u64; N] {
    places.map(|place| hash_of_key(participant ^ hash_of_key(place)))
}

/// Returns the first 64 bits of the SHA-256 hash of a label.
fn hash_of_label(label: &str) -> u64 {
    let hash = Sha256::digest(label);
    let first = hash.first_chunk().expect("a hash has 32 bytes");
    u64::from_le_bytes(*first)
}
