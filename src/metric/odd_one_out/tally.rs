//! Mergeable sums over trials.

use serde::{Deserialize, Serialize};

use crate::error::{ArgumentError, Error, FileError, JudgmentError, Result};
use crate::inference::{
    Cell, ClusterSums, Credit, Level, Levels, ObjectLevels, ParticipantSums, are_valid,
    object_sums, pair_places, triple_place,
};
use crate::judgment::{AnchoredTask, OddOneOutTask, Task, check_both_or_neither};
use crate::metric::odd_one_out::probability::Losses;
use crate::metric::odd_one_out::{Counts, OddOneOutScore, Outcomes, ZeroShotOddOneOut};
use crate::representation::Representation;
use crate::stimuli::Stimuli;

/// The sums over any number of trials that an [`OddOneOutScore`] needs, without the trials: the
/// result of a shard, which can be serialized with `serde` and merged later. Created by
/// [`ZeroShotOddOneOut::tally`].
///
/// Merging is exact: the result is identical to the last bit for every partition into shards and
/// every order of merging. (For this, sums of nats are stored in units of 2⁻⁴⁰. All shards must be
/// tallied on machines of the same kind, because the rounding of matrix products depends on the
/// machine.)
///
/// Trials with participants give the standard error for new objects and new participants, as in
/// [`AlignmentMetric::score`](crate::AlignmentMetric::score). Participants with the same label are
/// the same, also in different shards.
///
/// A tally takes 24 bytes for each pair and each triple of objects that occurs, and for each
/// object, pair and triple of a participant. If there are more than 8 million of a kind, it stores
/// a randomized summary of fixed size instead (a sketch), with a relative error of about 0.1 % in
/// the corresponding term of the squared standard error.
///
/// ```
/// use human_alignment::metric::odd_one_out::Tally;
/// use human_alignment::{OddOneOut, Representation, Stimuli, ZeroShotOddOneOut};
/// use ndarray::array;
///
/// let stimuli = Stimuli::numbered(4);
/// let features = array![[1.0, 0.2], [0.9, 0.1], [0.1, 1.0], [0.0, 0.8]];
/// let representation = Representation::new(stimuli.clone(), features)?;
/// let metric = ZeroShotOddOneOut::default();
/// let shard = |trials| -> human_alignment::Result<Tally> {
///     let trials = OddOneOut::new(stimuli.clone(), trials);
///     metric.tally(&representation, &stimuli, [trials])
/// };
/// let mut tally = shard(vec![[0, 1, 2], [2, 3, 1]])?;
/// tally.merge(shard(vec![[1, 2, 0]])?)?;
/// assert_eq!(tally.score()?.n_correct, 2);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Tally {
    task: String,
    metric: ZeroShotOddOneOut,
    stimuli: String,
    /// The fingerprint of the features, so that tallies of two models are not merged.
    representation: String,
    counts: Counts,
    losses: Losses,
    objects: Vec<Cell>,
    // Renamed when the keys of clusters changed, so that tallies with the earlier keys are refused.
    #[serde(rename = "pair_sums")]
    pairs: ClusterSums,
    #[serde(rename = "triple_sums")]
    triples: ClusterSums,
    /// `None` if the participants are unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    participants: Option<ParticipantSums>,
}

impl Tally {
    /// Creates an empty tally of a metric for a representation, over trials of the given stimuli.
    pub(super) fn new<T: Task>(
        metric: ZeroShotOddOneOut,
        representation: &Representation,
        stimuli: &Stimuli,
    ) -> Self {
        Self {
            task: T::NAME.into(),
            metric,
            stimuli: stimuli.fingerprint(),
            representation: representation.fingerprint(),
            counts: Counts::default(),
            losses: Losses::default(),
            objects: vec![Cell::default(); stimuli.len()],
            pairs: ClusterSums::default(),
            triples: ClusterSums::default(),
            participants: None,
        }
    }

    /// Adds the outcomes of trials over the stimuli of the tally. Not public, because outcomes add
    /// up exactly only if they come from similarities over all stimuli.
    pub(super) fn add<T: Task>(&mut self, outcomes: &Outcomes<'_, T>) -> Result<()> {
        let participants = outcomes.trials().participants();
        if outcomes.counts().n_trials > 0 {
            self.check_participants(participants.is_some())?;
        }
        let counts = self.counts.sum(outcomes.counts());
        check_number(counts.n_trials)?;
        self.counts = counts;
        self.losses += outcomes.losses();
        let (trials, credits) = (outcomes.trials().as_slice(), outcomes.credits());
        let objects = object_sums(trials, credits, self.objects.len());
        add_cells(&mut self.objects, objects);
        self.pairs.add(credits, |trial| pair_places(trials[trial]));
        self.triples
            .add(credits, |trial| triple_place(trials[trial]));
        if let Some(participants) = participants {
            let sums = self.participants.get_or_insert_default();
            sums.add(trials, participants, credits);
        }
        Ok(())
    }

    /// Adds the trials of another tally.
    ///
    /// # Errors
    /// Returns [`ArgumentError::Incompatible`] if the task, the settings, the stimuli or the features
    /// differ from those of this tally, or if only one of them has participants, and
    /// [`JudgmentError::TooManyTrials`] if there are more than 2⁵⁰ trials.
    pub fn merge(&mut self, other: Tally) -> Result<()> {
        self.check_settings(&other)?;
        if other.counts.n_trials > 0 {
            self.check_participants(other.participants.is_some())?;
        }
        let counts = self.counts.sum(other.counts);
        check_number(counts.n_trials)?;
        self.counts = counts;
        self.losses += other.losses;
        add_cells(&mut self.objects, other.objects);
        self.pairs.merge(other.pairs);
        self.triples.merge(other.triples);
        if let Some(participants) = other.participants {
            let sums = self.participants.get_or_insert_default();
            sums.merge(participants);
        }
        Ok(())
    }

    /// Returns the numbers of trials, correct trials and ties so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Returns the objects that occur in the trials so far, as ascending indices of stimuli.
    pub fn shown(&self) -> Vec<u32> {
        let occurring = (0..).zip(&self.objects).filter(|(_, cell)| cell.count > 0);
        occurring.map(|(object, _)| object).collect()
    }

    /// Returns the number of objects that occur in the trials so far.
    pub fn n_objects(&self) -> usize {
        self.shown().len()
    }

    /// Returns the number of participants of the trials so far; `None` if they are unknown.
    pub fn n_participants(&self) -> Option<usize> {
        let sums = self.participants.as_ref();
        sums.map(ParticipantSums::n_participants)
    }

    /// Computes the score over all trials added, without a bootstrap, which needs the trials.
    ///
    /// # Errors
    /// Returns [`JudgmentError::NoTrials`] if no trials were added.
    pub fn score(&self) -> Result<OddOneOutScore> {
        if self.counts.n_trials == 0 {
            return Err(JudgmentError::NoTrials.into());
        }
        let mean = self.counts.accuracy();
        let levels = Levels {
            objects: ObjectLevels {
                objects: Level::over(self.objects.iter().copied(), mean),
                pairs: self.pairs.level(mean),
                triples: self.triples.level(mean),
            },
            participants: self
                .participants
                .as_ref()
                .and_then(|sums| sums.levels(mean)),
        };
        let n_trials = self.counts.n_trials;
        let estimate = |levels: Levels| levels.estimate(mean, n_trials as f64, n_trials);
        let for_these_participants = levels
            .participants
            .map(|_| estimate(levels.without_participants()));
        let confidence = self.metric.confidence;
        let score = OddOneOutScore::new(self.counts, self.losses, estimate(levels), confidence);
        Ok(score.with_clusters(for_these_participants))
    }

    /// Checks that trials to be added are with participants if those of this tally are.
    fn check_participants(&self, named: bool) -> Result<()> {
        match self.counts.n_trials {
            0 => Ok(()),
            _ => check_both_or_neither(self.participants.is_some(), named),
        }
    }

    fn check_settings(&self, other: &Tally) -> Result<()> {
        if self.task != other.task {
            return Err(incompatible("the task", &self.task, &other.task));
        }
        if self.metric != other.metric {
            let [left, right] = [self, other].map(|tally| format!("{:?}", tally.metric));
            return Err(incompatible("the metric", left, right));
        }
        if self.objects.len() != other.objects.len() {
            let [left, right] = [self, other].map(|tally| tally.objects.len().to_string());
            return Err(incompatible("the number of stimuli", left, right));
        }
        if self.stimuli != other.stimuli {
            return Err(other_stimuli(&self.stimuli, &other.stimuli));
        }
        if self.representation != other.representation {
            let [left, right] = [self, other].map(|tally| tally.representation.as_str());
            return Err(incompatible("the set of features", left, right));
        }
        Ok(())
    }
}

/// Checks that trials have the stimuli of the tally.
pub(super) fn check_stimuli(expected: &Stimuli, found: &Stimuli) -> Result<()> {
    if expected != found {
        return Err(other_stimuli(expected.fingerprint(), found.fingerprint()));
    }
    Ok(())
}

fn other_stimuli(left: impl Into<String>, right: impl Into<String>) -> Error {
    incompatible("the set of stimuli", left, right)
}

fn incompatible(what: &'static str, left: impl Into<String>, right: impl Into<String>) -> Error {
    Error::from(ArgumentError::Incompatible {
        what,
        left: left.into(),
        right: right.into(),
    })
}

/// Checks that the number of trials is at most 2⁵⁰, so that sums cannot overflow.
fn check_number(n_trials: u64) -> Result<()> {
    const LIMIT: u64 = 1 << 50;

    if n_trials > LIMIT {
        return Err(JudgmentError::TooManyTrials {
            limit: LIMIT,
            found: n_trials,
        }
        .into());
    }
    Ok(())
}

fn add_cells(cells: &mut [Cell], added: Vec<Cell>) {
    cells
        .iter_mut()
        .zip(added)
        .for_each(|(cell, added)| *cell += added);
}

/// A deserialized tally, before its sums are checked.
#[derive(Deserialize)]
struct Unchecked {
    task: String,
    metric: ZeroShotOddOneOut,
    stimuli: String,
    representation: String,
    counts: Counts,
    losses: Losses,
    objects: Vec<Cell>,
    #[serde(rename = "pair_sums")]
    pairs: ClusterSums,
    #[serde(rename = "triple_sums")]
    triples: ClusterSums,
    #[serde(default)]
    participants: Option<ParticipantSums>,
}

impl TryFrom<Unchecked> for Tally {
    type Error = Error;

    /// Returns an error if no trials can have these sums, so that later sums cannot overflow.
    fn try_from(read: Unchecked) -> Result<Self> {
        let Unchecked {
            task,
            metric,
            stimuli,
            representation,
            counts,
            losses,
            objects,
            pairs,
            triples,
            participants,
        } = read;
        check_number(counts.n_trials)?;
        let full = Credit::FULL.sixths() as u64;
        let credits = full.saturating_mul(counts.n_correct)..=full * counts.n_trials;
        let total = Cell {
            sum: counts.n_sixths as i64,
            count: counts.n_trials as i64,
        };
        let valid = [OddOneOutTask::NAME, AnchoredTask::NAME].contains(&task.as_str())
            && counts.n_ties <= counts.n_trials
            && credits.contains(&counts.n_sixths)
            && losses.are_valid()
            && are_valid(objects.iter(), total, 3)
            && pairs.is_valid(total, 3)
            && triples.is_valid(total, 1)
            && participants.iter().all(|sums| sums.are_valid(total));
        if !valid {
            return Err(FileError::malformed("tally", "inconsistent sums"));
        }
        Ok(Self {
            task,
            metric,
            stimuli,
            representation,
            counts,
            losses,
            objects,
            pairs,
            triples,
            participants,
        })
    }
}
