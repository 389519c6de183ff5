//! Results of single trials.

use serde::{Deserialize, Serialize};

use crate::inference::{
    Cell, ClusteredTrials, Credit, mean_for_both_clusterings, mean_over_trials, object_sums,
};
use crate::judgment::{Task, Trials};
use crate::metric::odd_one_out::probability::Losses;
use crate::metric::odd_one_out::{OddOneOutScore, ZeroShotOddOneOut};

/// Numbers of trials, correct trials and ties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Number of trials.
    pub n_trials: u64,
    /// Number of trials with full credit: only the pair that the participant chose has the largest
    /// similarity (but see [`TiePolicy`](super::TiePolicy)).
    pub n_correct: u64,
    /// Number of trials in which several pairs share the largest similarity.
    pub n_ties: u64,
    /// Sum of the credits of all trials, in sixths of a trial.
    pub n_sixths: u64,
}

impl Counts {
    /// Counts the credits of a block of trials.
    #[inline(always)]
    pub(super) fn of(credits: &[Credit], n_ties: u64) -> Self {
        let (mut n_correct, mut n_sixths) = (0, 0);
        for &credit in credits {
            n_correct += u32::from(credit == Credit::FULL);
            n_sixths += credit.sixths() as u32;
        }
        Self {
            n_trials: credits.len() as u64,
            n_correct: n_correct.into(),
            n_ties,
            n_sixths: n_sixths.into(),
        }
    }

    pub(super) fn sum(self, other: Self) -> Self {
        Self {
            n_trials: self.n_trials + other.n_trials,
            n_correct: self.n_correct + other.n_correct,
            n_ties: self.n_ties + other.n_ties,
            n_sixths: self.n_sixths + other.n_sixths,
        }
    }

    /// Returns the mean credit of the trials, in [0, 1].
    pub fn accuracy(&self) -> f64 {
        self.n_sixths as f64 / f64::from(Credit::FULL.sixths()) / self.n_trials as f64
    }
}

/// The accuracy in the trials of one stimulus or one participant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupAccuracy {
    /// Id of the stimulus or participant.
    pub id: String,
    /// Number of trials of the stimulus or participant.
    pub n_trials: u64,
    /// Mean credit of these trials, in [0, 1].
    pub accuracy: f64,
}

/// The credit of each trial for a representation, created by [`ZeroShotOddOneOut::outcomes`].
#[derive(Debug, Clone)]
pub struct Outcomes<'t, T: Task> {
    metric: ZeroShotOddOneOut,
    trials: &'t Trials<T>,
    credits: Vec<Credit>,
    counts: Counts,
    losses: Losses,
}

impl<'t, T: Task> Outcomes<'t, T> {
    pub(super) fn new(
        metric: ZeroShotOddOneOut,
        trials: &'t Trials<T>,
        credits: Vec<Credit>,
        counts: Counts,
        losses: Losses,
    ) -> Self {
        Self {
            metric,
            trials,
            credits,
            counts,
            losses,
        }
    }

    /// Returns the trials.
    pub fn trials(&self) -> &'t Trials<T> {
        self.trials
    }

    /// Returns the credit of each trial, in the order of the trials.
    pub fn credits(&self) -> &[Credit] {
        &self.credits
    }

    /// Returns the numbers of trials, correct trials and ties.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn losses(&self) -> Losses {
        self.losses
    }

    /// Computes the accuracy with its uncertainty.
    pub fn score(&self) -> OddOneOutScore {
        let trials = ClusteredTrials::of(self.trials);
        let (estimate, for_these_participants) = match trials.participants {
            Some(_) => {
                let [both, objects] = mean_for_both_clusterings(trials, &self.credits);
                (both, Some(objects))
            }
            None => (mean_over_trials(trials, &self.credits), None),
        };
        let confidence = self.metric.confidence;
        let bootstrap = self.metric.bootstrap;
        let bootstrap =
            bootstrap.and_then(|it| it.resample(self.trials, &self.credits, confidence));
        OddOneOutScore::new(self.counts, self.losses, estimate, confidence)
            .with_clusters(for_these_participants)
            .with_bootstrap(bootstrap)
    }

    /// Returns the accuracy in the trials of each stimulus, in the order of stimuli; stimuli
    /// without trials are omitted.
    ///
    /// ```
    /// use human_alignment::{OddOneOut, Representation, Stimuli, ZeroShotOddOneOut};
    /// use ndarray::array;
    ///
    /// let stimuli = Stimuli::new(["cat", "dog", "car", "bus"])?;
    /// let features = array![[1.0, 0.0], [0.9, 0.1], [0.1, 1.0], [0.0, 0.8]];
    /// let features = Representation::new(stimuli.clone(), features)?;
    /// // The second choice is not that of the features.
    /// let trials = OddOneOut::new(stimuli, vec![[0, 1, 2], [2, 1, 0]])?;
    /// let trials = trials.with_participants(["Ann", "Ben"])?;
    /// let outcomes = ZeroShotOddOneOut::default().outcomes(&features, &trials)?;
    ///
    /// let of_objects = outcomes.per_object();
    /// assert_eq!(of_objects.len(), 3);
    /// assert_eq!((of_objects[0].id.as_str(), of_objects[0].n_trials), ("cat", 2));
    /// assert_eq!(of_objects[0].accuracy, 0.5);
    /// let of_participants = outcomes.per_participant().unwrap();
    /// assert_eq!(of_participants[0].id, "Ann");
    /// assert_eq!([of_participants[0].accuracy, of_participants[1].accuracy], [1.0, 0.0]);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    pub fn per_object(&self) -> Vec<GroupAccuracy> {
        let stimuli = self.trials.stimuli();
        let cells = object_sums(self.trials.as_slice(), &self.credits, stimuli.len());
        group_accuracies(stimuli.ids(), cells)
    }

    /// Returns the accuracy in the trials of each participant, in the order of their first trials;
    /// `None` if the trials have no participants.
    pub fn per_participant(&self) -> Option<Vec<GroupAccuracy>> {
        let participants = self.trials.participants()?;
        let mut cells = vec![Cell::default(); participants.labels().len()];
        for (&participant, &credit) in participants.by_trial().iter().zip(&self.credits) {
            cells[participant as usize] += credit;
        }
        Some(group_accuracies(participants.labels(), cells))
    }
}

fn group_accuracies(ids: &[String], cells: Vec<Cell>) -> Vec<GroupAccuracy> {
    let occupied = ids.iter().zip(cells).filter(|(_, cell)| cell.count > 0);
    let accuracies = occupied.map(|(id, cell)| GroupAccuracy {
        id: id.clone(),
        n_trials: cell.count as u64,
        accuracy: cell.mean(),
    });
    accuracies.collect()
}
