//! The choice of a penalty.

use super::ProbeCrossValidation;
use super::progress::{ProbeProgress, Progress};
use super::result::PenaltyCandidate;
use crate::error::Result;
use crate::judgment::{ChoiceFrequencies, Task, Trials};
use crate::probe::split::random_folds;
use crate::probe::{Probe, ProbeFit};
use crate::representation::Representation;

impl ProbeCrossValidation {
    /// Returns the probe for a final fit to all given trials, with the penalty of lowest
    /// cross-entropy in [`ProbeCrossValidation::try_penalties`], and the cross-entropies of all
    /// penalties. If there is only one penalty, none is evaluated.
    ///
    /// # Errors
    /// Returns an error if [`ProbeCrossValidation::run`] does.
    pub fn choose<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<(Probe, Vec<PenaltyCandidate>)> {
        self.choose_observed(representation, trials, |_| ())
    }

    /// Chooses the penalty like [`ProbeCrossValidation::choose`] and calls `observe` after every
    /// fit.
    ///
    /// # Errors
    /// Returns an error if [`ProbeCrossValidation::run`] does.
    pub fn choose_observed<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
        observe: impl Fn(ProbeProgress) + Sync,
    ) -> Result<(Probe, Vec<PenaltyCandidate>)> {
        let progress = Progress::new(self.n_inner_fits(), &observe);
        self.choose_among(representation, trials, &progress)
    }

    /// Returns the number of fits with which one penalty is chosen.
    pub(super) fn n_inner_fits(&self) -> usize {
        match self.penalties.len() {
            1 => 0,
            n => n.saturating_mul(self.n_inner_folds),
        }
    }

    pub(super) fn choose_among<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
        progress: &Progress<'_>,
    ) -> Result<(Probe, Vec<PenaltyCandidate>)> {
        let candidates = match self.penalties.len() {
            1 => Vec::new(),
            _ => self.try_all(representation, trials, progress)?,
        };
        let best = PenaltyCandidate::best(&candidates);
        let penalty = best.map_or(self.penalties[0], |best| best.penalty);
        Ok((self.probe.clone().with_penalty(penalty)?, candidates))
    }

    /// Computes the cross-entropy of each penalty by cross-validation of all given trials. The
    /// lowest of them is a biased estimate of performance; use [`ProbeCrossValidation::run`]
    /// instead.
    ///
    /// # Errors
    /// Returns an error if [`ProbeCrossValidation::run`] does.
    pub fn try_penalties<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<Vec<PenaltyCandidate>> {
        let progress = Progress::new(self.n_inner_fits(), &|_| ());
        self.try_all(representation, trials, &progress)
    }

    fn try_all<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
        progress: &Progress<'_>,
    ) -> Result<Vec<PenaltyCandidate>> {
        // The inner folds must differ from the outer folds for every seed.
        let seed = self.seed.wrapping_add(1);
        let folds = random_folds(trials, self.hold_out, self.n_inner_folds, seed)?;
        let costs = self.each_fold(trials, &folds, |training, test, _| {
            let probe = self.standardized(representation, training)?;
            let probe = probe.with_tolerance(self.inner_tolerance)?;
            let choices = ChoiceFrequencies::from_trials(training);
            let path = probe.path_of(&self.penalties, representation, &choices)?;
            let cost = |fit: Result<ProbeFit>| {
                let transformed = fit?.transform().apply_unrecorded(representation)?;
                let score = self.probed(&transformed, test)?.score();
                progress.advance();
                Ok(score.cross_entropy * test.len() as f64)
            };
            let costs: Vec<f64> = path.map(cost).collect::<Result<_>>()?;
            Ok((costs, test.len()))
        })?;
        let n_tested: usize = costs.iter().map(|(_, n)| n).sum();
        let sum = |penalty: usize| costs.iter().map(|(costs, _)| costs[penalty]).sum::<f64>();
        let sums = (0..self.penalties.len()).map(sum);
        let penalties = self.penalties.iter().zip(sums);
        let candidate = |(&penalty, sum)| PenaltyCandidate {
            penalty,
            cross_entropy: sum / n_tested as f64,
        };
        Ok(penalties.map(candidate).collect())
    }
}
