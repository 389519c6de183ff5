//! The variance of a mean over trials from sums over clusters. For the formulas see
//! [`inference`](super).

use crate::inference::{
    ClusteredTrials, Estimate, Level, ParticipantLevels, TrialValue, participant_levels,
};

/// The sums over objects, pairs and triples of objects.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ObjectLevels {
    pub objects: Level,
    pub pairs: Level,
    pub triples: Level,
}

impl ObjectLevels {
    /// Returns the sums over pairs of trials that share at least one object.
    fn sharing_objects(self) -> Level {
        self.objects - self.pairs + self.triples
    }

    /// Returns the sums over pairs of trials that share at least two objects.
    fn sharing_pairs(self) -> Level {
        self.pairs - self.triples.times(2.0)
    }
}

/// The sums over all clusters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Levels {
    pub objects: ObjectLevels,
    pub participants: Option<ParticipantLevels>,
}

impl Levels {
    /// Computes the sums from a value per trial.
    pub fn of<V: TrialValue>(clustered: ClusteredTrials<'_>, values: &[V], mean: f64) -> Self {
        if let Some(index) = clustered.index {
            return index.levels(values, mean);
        }
        let participants = clustered.participants;
        Self {
            objects: ObjectLevels::of(clustered.trials, values, clustered.n_stimuli, mean),
            participants: participants
                .map(|participants| participant_levels(clustered, participants, values, mean)),
        }
    }

    /// Returns a value with its standard error. `total` is the sum of the weights of the trials,
    /// and `n_trials` the number of trials with a positive weight.
    pub fn estimate(&self, value: f64, total: f64, n_trials: u64) -> Estimate {
        let variance_of = |level: Level| {
            let unshared = 1.0 - level.squared_counts / total.powi(2);
            (unshared > 1e-9).then(|| level.squared_residuals / total.powi(2) / unshared)
        };
        let degrees_of = |n_clusters: f64| (n_clusters.min(n_trials as f64) - 1.0).max(0.0);
        let smallest = degrees_of(self.n_clusters());
        let largest = degrees_of(self.objects.objects.n_clusters);
        // With fewer than six objects, any two trials have an object in common.
        let Some(variance) = variance_of(self.sharing_clusters()) else {
            return Estimate {
                value,
                standard_error: None,
                degrees_of_freedom: smallest,
            };
        };
        // The difference of the levels can be less than the variance that trials with the same
        // pair or the same three objects have by themselves.
        let lower_bounds = [self.objects.sharing_pairs(), self.objects.triples];
        let lower_bound = lower_bounds.into_iter().filter_map(variance_of);
        let lower_bound = lower_bound.fold(0.0, f64::max);
        // Equal up to rounding is not above, so that the order of sums does not matter.
        let rounding = 1e-9 * self.objects.objects.squared_residuals / total.powi(2);
        let degrees_of_freedom = match variance > lower_bound + rounding {
            true => self.satterthwaite().clamp(smallest.min(4.0), largest),
            false => smallest,
        };
        Estimate {
            value,
            standard_error: Some(variance.max(lower_bound).sqrt()),
            degrees_of_freedom,
        }
    }

    /// Returns the same sums with objects as the only clusters.
    pub fn without_participants(self) -> Self {
        Self {
            participants: None,
            ..self
        }
    }

    /// Returns the sums over pairs of trials that share an object or the participant.
    fn sharing_clusters(&self) -> Level {
        let by_object = self.objects.sharing_objects();
        match self.participants {
            None => by_object,
            Some(ParticipantLevels {
                participants,
                within,
            }) => by_object + participants - within.sharing_objects(),
        }
    }

    /// Returns the number of objects or participants, whichever is smaller.
    fn n_clusters(&self) -> f64 {
        let n_objects = self.objects.objects.n_clusters;
        match self.participants {
            None => n_objects,
            Some(levels) => n_objects.min(levels.participants.n_clusters),
        }
    }

    /// Estimates the degrees of freedom of the variance, 2 V² / Var(V) (Satterthwaite 1946), with
    /// the variance of Σ R² over objects and over participants for normal R with a standard
    /// deviation in proportion to the number of trials.
    fn satterthwaite(&self) -> f64 {
        let half_variance = |level: Level| {
            let evenness = level.fourth_counts / level.squared_counts.powi(2);
            level.squared_residuals.powi(2) * evenness.max(1.0 / (level.n_clusters - 1.0).max(1.0))
        };
        let participants = self.participants.map(|levels| levels.participants);
        let half_variance =
            half_variance(self.objects.objects) + participants.map_or(0.0, half_variance);
        let squared = self.sharing_clusters().squared_residuals.powi(2);
        match squared / half_variance {
            // Without residuals, there is nothing to estimate.
            degrees if degrees.is_finite() => degrees,
            _ => f64::INFINITY,
        }
    }
}
