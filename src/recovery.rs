//! Model recovery: whether a comparison of models by probes identifies the model that made the
//! choices.
//!
//! A probe transforms every representation before the comparison, and transformed models can become
//! indistinguishable although the models differ. Model recovery tests the comparison where the
//! truth is known: choices are simulated from each fitted candidate, all candidates are fitted
//! again to the simulated choices, and the result is how often the candidate that generated the
//! choices predicts them best (Avitan & Golan, "Model–behavior alignment under flexible evaluation:
//! when the best-fitting model isn't the right one", 2025, arXiv 2510.23321).

use std::ops::ControlFlow;

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::dataset::SimulatedObserver;
use crate::error::{Context, Result, at_least};
use crate::judgment::{ChoiceFrequencies, Task, Trials};
use crate::probe::{Pooled, ProbeCrossValidation, ProbeFit};
use crate::representation::{Representation, RepresentationSource};

/// The criterion by which candidates are compared on held-out trials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Criterion {
    /// Higher accuracy is better; the default.
    #[default]
    Accuracy,
    /// Lower cross-entropy is better.
    CrossEntropy,
}

/// Model recovery with a probe: simulates choices from each fitted candidate, fits all candidates
/// to them, and counts which candidate predicts them best.
///
/// Each candidate is fitted to all trials of the participants, with the penalty chosen by
/// cross-validation. Its choices are drawn from the choice probabilities of this fit, for the same
/// questions, so that the simulated choices are about as variable as those of the participants.
/// Each candidate is then cross-validated on the simulated choices in the same way as on the trials
/// of the participants.
///
/// A replicate for each candidate costs one cross-validation per pair of generating and fitted
/// candidate.
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::probe::ProbeCrossValidation;
/// use human_alignment::recovery::{Criterion, ModelRecovery};
/// use human_alignment::{Probe, Representation, SimilarityDataset, Stimuli};
/// use ndarray::{Array2, s};
///
/// // Two candidates with different features, and an observer who uses both.
/// let all = Array2::from_shape_fn((30, 6), |(i, j)| {
///     ((i * i * (j + 2) + 3 * i * j) % 13) as f32 / 4.0 - 1.5
/// });
/// let of = |features| Representation::new(Stimuli::numbered(30), features);
/// let first = of(all.slice(s![.., ..3]).to_owned())?;
/// let second = of(all.slice(s![.., 3..]).to_owned())?;
/// let people = SimulatedObserver::new(of(all)?)?.odd_one_out(3000, 1)?;
///
/// let probe = Probe::new(0.01)?.with_tolerance(1e-4)?;
/// let recovery = ModelRecovery::new(ProbeCrossValidation::new(probe)).with_replicates(2)?;
/// let found = recovery.run(&[&first, &second], people.judgments())?;
/// // The generating candidate is always recovered.
/// assert_eq!(found.wins(Criterion::Accuracy), ndarray::array![[2.0, 0.0], [0.0, 2.0]]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelRecovery {
    validation: ProbeCrossValidation,
    n_replicates: usize,
    seed: u64,
}

impl ModelRecovery {
    /// Creates model recovery with a cross-validation and 10 replicates per candidate.
    pub fn new(validation: ProbeCrossValidation) -> Self {
        Self {
            validation,
            n_replicates: 10,
            seed: 0,
        }
    }

    /// Sets the number of replicates per candidate.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if it is 0.
    pub fn with_replicates(mut self, n: usize) -> Result<Self> {
        at_least("replicates", 1, n)?;
        self.n_replicates = n;
        Ok(self)
    }

    /// Sets the seed of the simulated choices; the folds are those of the cross-validation.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fits the candidates to the trials, simulates choices from each, and fits all candidates
    /// again.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are fewer than two candidates. Within
    /// [`Context::Model`], returns an error if [`ProbeCrossValidation::run`] does.
    pub fn run<T: Task>(
        &self,
        candidates: &[&Representation],
        trials: &Trials<T>,
    ) -> Result<ModelRecoveryResult> {
        self.run_observed(candidates, trials, |_| ControlFlow::Continue(()))
    }

    /// Runs the model recovery like [`ModelRecovery::run`] and calls `observe` after every
    /// replicate, which may stop the run. The replicates up to then are returned.
    ///
    /// Replicates alternate between the candidates, so that their numbers differ by at most one.
    ///
    /// # Errors
    /// Returns an error if [`ModelRecovery::run`] does.
    pub fn run_observed<T: Task>(
        &self,
        candidates: &[&Representation],
        trials: &Trials<T>,
        mut observe: impl FnMut(&RecoveryReplicate) -> ControlFlow<()>,
    ) -> Result<ModelRecoveryResult> {
        at_least("candidates", 2, candidates.len())?;
        let shown: Vec<usize> = trials.shown().iter().map(|&index| index as usize).collect();
        let (trials, _) = trials.restrict_to(&trials.stimuli().select(&shown)?)?;
        let fit = |(position, candidate): (usize, &&Representation)| {
            self.fit(candidate, &trials)
                .map_err(|error| error.with_context(Context::Model(position)))
        };
        let fitted: Vec<_> = candidates
            .iter()
            .enumerate()
            .map(fit)
            .collect::<Result<_>>()?;
        let (fits, observers): (Vec<_>, Vec<_>) = fitted.into_iter().unzip();

        let mut recovery = ModelRecoveryResult {
            candidates: fits,
            replicates: Vec::new(),
        };
        let n = candidates.len();
        for number in 0..self.n_replicates * n {
            let generating = number % n;
            let seed = self.seed.wrapping_add(number as u64);
            let simulated = observers[generating].answer::<T>(trials.as_slice(), seed)?;
            let simulated = simulated.into_judgments();
            let score = |(position, candidate): (usize, &&Representation)| {
                let validated = self.validation.run(candidate, &simulated);
                let pooled = validated
                    .map_err(|error| error.with_context(Context::Model(position)))?
                    .pooled;
                Ok(RecoveryScore::of(&pooled))
            };
            let held_out: Vec<_> = candidates.par_iter().enumerate().map(score).collect();
            let replicate = RecoveryReplicate {
                generating,
                held_out: held_out.into_iter().collect::<Result<_>>()?,
            };
            let flow = observe(&replicate);
            recovery.replicates.push(replicate);
            if flow.is_break() {
                break;
            }
        }
        Ok(recovery)
    }

    /// Fits a candidate to the trials of the participants, and creates an observer from the fit.
    fn fit<T: Task>(
        &self,
        candidate: &Representation,
        trials: &Trials<T>,
    ) -> Result<(CandidateFit, SimulatedObserver)> {
        let (probe, _) = self.validation.choose(candidate, trials)?;
        let fit = probe.fit(candidate, &ChoiceFrequencies::from_trials(trials))?;
        let represented = candidate.select(trials.stimuli())?;
        let transformed = fit.transform().apply(&represented)?;
        let pooled = self.validation.run(candidate, trials)?.pooled;
        let dimensionality = match fit.rank() {
            // A zero transform maps all stimuli to the same point.
            0 => 0.0,
            _ => transformed.effective_dimensionality()?,
        };
        let fitted = CandidateFit {
            name: candidate.name().to_owned(),
            effective_dimensionality: represented.effective_dimensionality()?,
            transformed_effective_dimensionality: dimensionality,
            people: pooled,
            fit,
        };
        let observer = SimulatedObserver::new(transformed)?;
        Ok((fitted, observer.with_temperature(probe.temperature())?))
    }
}

/// A candidate fitted to the trials of the participants.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CandidateFit {
    /// The name of the representation.
    pub name: String,
    /// The [effective dimensionality](Representation::effective_dimensionality) of the features of
    /// the stimuli in the trials.
    pub effective_dimensionality: f64,
    /// The effective dimensionality of the transformed features; 0 if the transform is zero.
    pub transformed_effective_dimensionality: f64,
    /// The cross-validated prediction of the trials of the participants.
    pub people: Pooled,
    /// The fit to all trials of the participants, from which choices are simulated.
    #[serde(skip)]
    pub fit: ProbeFit,
}

/// The performance of a candidate on held-out simulated trials.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecoveryScore {
    /// Share of trials in which it makes the same choice as the generating candidate, in [0, 1].
    pub accuracy: f64,
    /// The mean −ln p of the simulated choices, in nats.
    pub cross_entropy: f64,
}

impl RecoveryScore {
    fn of(pooled: &Pooled) -> Self {
        Self {
            accuracy: pooled.probed.accuracy.value,
            cross_entropy: pooled.probed.cross_entropy,
        }
    }

    /// Returns the value of a criterion, where larger is better.
    fn merit(self, criterion: Criterion) -> f64 {
        match criterion {
            Criterion::Accuracy => self.accuracy,
            Criterion::CrossEntropy => -self.cross_entropy,
        }
    }
}

/// The performance of all candidates on choices simulated from one candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecoveryReplicate {
    /// Index of the candidate that generated the choices, 0-based.
    pub generating: usize,
    /// The performance of each candidate.
    pub held_out: Vec<RecoveryScore>,
}

impl RecoveryReplicate {
    /// Returns the indices of the candidates with the best predictions; several if they are equal.
    pub fn winners(&self, criterion: Criterion) -> Vec<usize> {
        let merits = || self.held_out.iter().map(|found| found.merit(criterion));
        let best = merits().fold(f64::NEG_INFINITY, f64::max);
        merits()
            .enumerate()
            .filter_map(|(position, merit)| (merit == best).then_some(position))
            .collect()
    }
}

/// The result of a [`ModelRecovery`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ModelRecoveryResult {
    /// The candidates, fitted to the trials of the participants.
    pub candidates: Vec<CandidateFit>,
    /// The replicates, alternating between the generating candidates.
    pub replicates: Vec<RecoveryReplicate>,
}

impl ModelRecoveryResult {
    /// Returns how often each candidate won, generating × winning: the row is the generating
    /// candidate. Candidates with equal predictions share a win.
    pub fn wins(&self, criterion: Criterion) -> Array2<f64> {
        let n = self.candidates.len();
        let mut wins = Array2::zeros((n, n));
        for replicate in &self.replicates {
            let winners = replicate.winners(criterion);
            for &winner in &winners {
                wins[[replicate.generating, winner]] += 1.0 / winners.len() as f64;
            }
        }
        wins
    }

    /// Returns the share of replicates in which the generating candidate won, in [0, 1]. The chance
    /// level is one divided by the number of candidates.
    pub fn rate(&self, criterion: Criterion) -> f64 {
        self.wins(criterion).diag().sum() / self.replicates.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicate(generating: usize, accuracies: [f64; 3], costs: [f64; 3]) -> RecoveryReplicate {
        let held_out = accuracies.into_iter().zip(costs);
        RecoveryReplicate {
            generating,
            held_out: held_out
                .map(|(accuracy, cross_entropy)| RecoveryScore {
                    accuracy,
                    cross_entropy,
                })
                .collect(),
        }
    }

    #[test]
    fn the_best_win_and_equals_share() {
        let one = replicate(1, [0.5, 0.7, 0.7], [0.9, 0.8, 0.7]);
        assert_eq!(one.winners(Criterion::Accuracy), [1, 2]);
        assert_eq!(one.winners(Criterion::CrossEntropy), [2]);
        let none = replicate(1, [0.4; 3], [1.0; 3]);
        assert_eq!(none.winners(Criterion::CrossEntropy), [0, 1, 2]);
    }
}
