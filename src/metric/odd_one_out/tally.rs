//! Sums over trials that add up, whatever the shards.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::inference::{Cell, ClusterSums, Credit, Levels, object_cells, pair_keys, triple_key};
use crate::judgment::{AnchoredTask, OddOneOutTask, Task};
use crate::metric::odd_one_out::probability::Losses;
use crate::metric::odd_one_out::{Counts, Outcomes, Score, ZeroShotOddOneOut};
use crate::stimuli::Stimuli;

/// Everything a [`Score`] needs of any number of trials, without the trials: the work of shards,
/// serialised with `serde`, merged later.
///
/// Merging is exact: however trials are cut into shards, and in whatever order those are merged, the
/// same tally comes out, to the last bit. (Sums of nats are kept in units of 2⁻⁴⁰ for that.) A tally
/// takes about 16 bytes for each pair and each triple of objects that occurs; beyond 8 million of
/// either, a sketch of fixed size takes over, which adds a relative error of about 0.1 % to that
/// term of the standard error.
///
/// ```
/// use human_alignment::{AlignmentMetric, OddOneOut, Representation, Similarity, Stimuli};
/// use human_alignment::{ZeroShotOddOneOut, metric::odd_one_out::Tally};
/// use ndarray::array;
///
/// let stimuli = Stimuli::numbered(4);
/// let features = array![[1.0, 0.2], [0.9, 0.1], [0.1, 1.0], [0.0, 0.8]];
/// let representation = Representation::new(stimuli.clone(), features)?;
/// let metric = ZeroShotOddOneOut::default();
/// let shard = |trials| -> human_alignment::Result<Tally> {
///     let trials = OddOneOut::new(stimuli.clone(), trials)?;
///     let mut tally = Tally::new::<human_alignment::OddOneOutTask>(metric, &stimuli);
///     tally.add(&metric.outcomes(&representation, &trials)?)?;
///     Ok(tally)
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
    counts: Counts,
    losses: Losses,
    objects: Vec<Cell>,
    pairs: ClusterSums,
    triples: ClusterSums,
}

impl Tally {
    /// An empty tally of a metric over trials of these stimuli.
    pub fn new<T: Task>(metric: ZeroShotOddOneOut, stimuli: &Stimuli) -> Self {
        Self {
            task: T::NAME.into(),
            metric,
            stimuli: stimuli.fingerprint(),
            counts: Counts::default(),
            losses: Losses::default(),
            objects: vec![Cell::default(); stimuli.len()],
            pairs: ClusterSums::default(),
            triples: ClusterSums::default(),
        }
    }

    /// Adds trials with what they earned.
    ///
    /// # Errors
    /// [`Error::Incompatible`] where task, settings or stimuli are others than those of the tally;
    /// [`Error::TooManyTrials`] beyond some 350 million.
    pub fn add<T: Task>(&mut self, outcomes: &Outcomes<'_, T>) -> Result<()> {
        let trials = outcomes.trials();
        self.check_settings(T::NAME, &outcomes.metric(), &trials.stimuli().fingerprint())?;
        let counts = self.counts.sum(outcomes.counts());
        Cell::check_number(counts.n_trials)?;
        self.counts = counts;
        self.losses += outcomes.losses();
        let (trials, credits) = (trials.as_slice(), outcomes.credits());
        let objects = object_cells(trials, credits, self.objects.len());
        add_cells(&mut self.objects, objects);
        self.pairs.add(trials, credits, pair_keys);
        self.triples
            .add(trials, credits, |trial| [triple_key(trial)]);
        Ok(())
    }

    /// Adds the trials of another tally.
    ///
    /// # Errors
    /// As for [`Tally::add`].
    pub fn merge(&mut self, other: Tally) -> Result<()> {
        self.check_settings(&other.task, &other.metric, &other.stimuli)?;
        let counts = self.counts.sum(other.counts);
        Cell::check_number(counts.n_trials)?;
        self.counts = counts;
        self.losses += other.losses;
        add_cells(&mut self.objects, other.objects);
        self.pairs.merge(other.pairs);
        self.triples.merge(other.triples);
        Ok(())
    }

    /// How many trials there are so far, and how many are correct and tie.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The score over all trials added. A bootstrap is not part of it: that needs the trials.
    ///
    /// # Errors
    /// [`Error::NoTrials`] where none has been added.
    pub fn score(&self) -> Result<Score> {
        if self.counts.n_trials == 0 {
            return Err(Error::NoTrials);
        }
        let mean = self.counts.accuracy();
        let levels = Levels::new(
            &self.objects,
            self.pairs.level(mean),
            self.triples.level(mean),
            mean,
        );
        let estimate = levels.estimate(mean, self.counts.n_trials);
        let confidence = self.metric.confidence;
        Ok(Score::new(
            self.counts,
            self.losses,
            estimate,
            confidence,
            None,
        ))
    }

    fn check_settings(&self, task: &str, metric: &ZeroShotOddOneOut, stimuli: &str) -> Result<()> {
        let differs = |what, left: &dyn ToString, right: &dyn ToString| {
            Err(Error::Incompatible {
                what,
                left: left.to_string(),
                right: right.to_string(),
            })
        };
        if self.task != task {
            return differs("the task", &self.task, &task);
        }
        if self.metric != *metric {
            return differs(
                "the metric",
                &format!("{:?}", self.metric),
                &format!("{metric:?}"),
            );
        }
        if self.stimuli != stimuli {
            return differs("the set of stimuli", &self.stimuli, &stimuli);
        }
        Ok(())
    }
}

fn add_cells(cells: &mut [Cell], added: Vec<Cell>) {
    cells
        .iter_mut()
        .zip(added)
        .for_each(|(cell, added)| *cell += added);
}

/// A tally as it is read, before it is known to be one.
#[derive(Deserialize)]
struct Unchecked {
    task: String,
    metric: ZeroShotOddOneOut,
    stimuli: String,
    counts: Counts,
    losses: Losses,
    objects: Vec<Cell>,
    pairs: ClusterSums,
    triples: ClusterSums,
}

impl TryFrom<Unchecked> for Tally {
    type Error = Error;

    /// Refuses sums that no trials can have, so that what follows can't overflow.
    fn try_from(read: Unchecked) -> Result<Self> {
        let Unchecked {
            task,
            metric,
            stimuli,
            counts,
            losses,
            objects,
            pairs,
            triples,
        } = read;
        Cell::check_number(counts.n_trials)?;
        let n_trials = counts.n_trials as i64;
        let in_objects: i64 = objects.iter().map(|cell| i64::from(cell.count)).sum();
        let valid = [OddOneOutTask::NAME, AnchoredTask::NAME].contains(&task.as_str())
            && counts.n_correct <= counts.n_trials
            && counts.n_ties <= counts.n_trials
            && counts.n_sixths <= counts.n_trials * Credit::FULL.sixths() as u64
            && objects.iter().all(|cell| cell.is_valid())
            && in_objects == 3 * n_trials
            && pairs.is_valid(n_trials, 3)
            && triples.is_valid(n_trials, 1);
        if !valid {
            return Err(Error::Malformed {
                format: "tally",
                source: "its sums contradict each other".into(),
            });
        }
        Ok(Self {
            task,
            metric,
            stimuli,
            counts,
            losses,
            objects,
            pairs,
            triples,
        })
    }
}
