//! Would the right model win? Model recovery, the question to ask of any flexible comparison.
//!
//! A probe lets every representation be transformed before it is compared, and a transform can make
//! models alike that are not. So the comparison is tried where the truth is known: choices are
//! simulated from each fitted candidate, all candidates are fitted anew to them, and it is counted how
//! often the one that made the choices predicts them best (Avitan & Golan, "Model–behavior alignment
//! under flexible evaluation: when the best-fitting model isn't the right one", 2025, arXiv
//! 2510.23321).

use std::ops::ControlFlow;

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::dataset::SimulatedObserver;
use crate::error::{ArgumentError, Context, Result};
use crate::judgment::{ChoiceFrequencies, Task, Trials};
use crate::probe::{CrossValidation, Pooled, ProbeFit};
use crate::representation::{Representation, RepresentationSource};

/// By what one candidate is better than another, on trials that it has not learned from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// The larger accuracy; the default.
    #[default]
    Accuracy,
    /// The smaller cross-entropy.
    CrossEntropy,
}

/// Model recovery with a probe: simulates choices from each fitted candidate, fits all candidates to
/// them, and counts which wins.
///
/// A candidate is fitted to all of people's trials, with the penalty chosen by cross-validation. Its
/// choices are drawn from the probabilities of that fit, for the same questions; so the simulated
/// choices are about as variable as people's are to that model. Each candidate is then
/// cross-validated on them just as it would be on people's.
///
/// One replicate costs a cross-validation for every two candidates, generating and fitted.
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::probe::CrossValidation;
/// use human_alignment::recovery::{Criterion, ModelRecovery};
/// use human_alignment::{Probe, Representation, SimilarityDataset, Stimuli};
/// use ndarray::{Array2, s};
///
/// // Two candidates that see different features, and people who see both.
/// let all = Array2::from_shape_fn((30, 6), |(i, j)| {
///     ((i * i * (j + 2) + 3 * i * j) % 13) as f32 / 4.0 - 1.5
/// });
/// let of = |features| Representation::new(Stimuli::numbered(30), features);
/// let first = of(all.slice(s![.., ..3]).to_owned())?;
/// let second = of(all.slice(s![.., 3..]).to_owned())?;
/// let people = SimulatedObserver::new(of(all)?)?.odd_one_out(3000, 1)?;
///
/// let probe = Probe::new(0.01)?.with_tolerance(1e-4)?;
/// let recovery = ModelRecovery::new(CrossValidation::new(probe)).with_replicates(2)?;
/// let found = recovery.run(&[&first, &second], people.judgments())?;
/// // Whoever makes the choices is found again.
/// assert_eq!(found.wins(Criterion::Accuracy), ndarray::array![[2.0, 0.0], [0.0, 2.0]]);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ModelRecovery {
    validation: CrossValidation,
    n_replicates: usize,
    seed: u64,
}

impl ModelRecovery {
    /// Model recovery by this cross-validation, with 10 replicates from each candidate.
    pub fn new(validation: CrossValidation) -> Self {
        Self {
            validation,
            n_replicates: 10,
            seed: 0,
        }
    }

    /// Sets how often choices are simulated from each candidate.
    ///
    /// # Errors
    /// [`Error::TooFew`] for none.
    pub fn with_replicates(mut self, n: usize) -> Result<Self> {
        at_least("replicates", 1, n)?;
        self.n_replicates = n;
        Ok(self)
    }

    /// Sets the seed of the simulated choices; folds are those of the cross-validation.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fits the candidates to people's trials, simulates, and fits again.
    ///
    /// # Errors
    /// Within [`Error::InCandidate`], as for [`CrossValidation::run`]; [`Error::TooFew`] for fewer than two
    /// candidates.
    pub fn run<T: Task>(
        &self,
        candidates: &[&Representation],
        trials: &Trials<T>,
    ) -> Result<Recovery> {
        self.run_observed(candidates, trials, |_| ControlFlow::Continue(()))
    }

    /// As [`ModelRecovery::run`], showing every replicate to `observe`, which may stop the work: what
    /// there is so far is kept.
    ///
    /// Replicates go round the candidates, so that each has as many as any other, or one more.
    ///
    /// # Errors
    /// As for [`ModelRecovery::run`].
    pub fn run_observed<T: Task>(
        &self,
        candidates: &[&Representation],
        trials: &Trials<T>,
        mut observe: impl FnMut(&Replicate) -> ControlFlow<()>,
    ) -> Result<Recovery> {
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

        let mut recovery = Recovery {
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
                Ok(HeldOut::of(&pooled))
            };
            let held_out: Vec<_> = candidates.par_iter().enumerate().map(score).collect();
            let replicate = Replicate {
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

    /// A candidate as people's trials make it, and an observer who chooses as it does.
    fn fit<T: Task>(
        &self,
        candidate: &Representation,
        trials: &Trials<T>,
    ) -> Result<(FittedCandidate, SimulatedObserver)> {
        let (probe, _) = self.validation.choose(candidate, trials)?;
        let fit = probe.fit(candidate, &ChoiceFrequencies::of(trials))?;
        let represented = candidate.select(trials.stimuli())?;
        let transformed = fit.transform().apply(&represented)?;
        let pooled = self.validation.run(candidate, trials)?.pooled;
        let dimensionality = match fit.rank() {
            // A transform that is zero puts all stimuli in one place.
            0 => 0.0,
            _ => transformed.effective_dimensionality()?,
        };
        let fitted = FittedCandidate {
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

fn at_least(what: &'static str, needed: usize, found: usize) -> Result<()> {
    match found < needed {
        true => Err(ArgumentError::TooFew {
            what,
            needed,
            found,
        }
        .into()),
        false => Ok(()),
    }
}

/// A candidate as people's trials make it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittedCandidate {
    /// The name of the representation.
    pub name: String,
    /// The [effective dimensionality](Representation::effective_dimensionality) of the stimuli of the
    /// trials as the candidate represents them.
    pub effective_dimensionality: f64,
    /// The same of the transformed features; 0 where the transform is zero.
    pub transformed_effective_dimensionality: f64,
    /// How well it predicts people's trials that it has not learned from.
    pub people: Pooled,
    /// The fit to all of people's trials, from which choices are simulated.
    #[serde(skip)]
    pub fit: ProbeFit,
}

/// How well a candidate predicts trials that it has not learned from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// The share of trials in which it chooses as the generating candidate did.
    pub accuracy: f64,
    /// The mean −ln p of those choices, in nats.
    pub cross_entropy: f64,
}

impl HeldOut {
    fn of(pooled: &Pooled) -> Self {
        Self {
            accuracy: pooled.probed.accuracy.value,
            cross_entropy: pooled.probed.cross_entropy,
        }
    }

    /// The larger, the better.
    fn merit(self, criterion: Criterion) -> f64 {
        match criterion {
            Criterion::Accuracy => self.accuracy,
            Criterion::CrossEntropy => -self.cross_entropy,
        }
    }
}

/// All candidates on choices simulated from one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replicate {
    /// The position of the candidate that made the choices.
    pub generating: usize,
    /// Each candidate.
    pub held_out: Vec<HeldOut>,
}

impl Replicate {
    /// The candidates that predict the choices best; several where they are equally good.
    pub fn winners(&self, criterion: Criterion) -> Vec<usize> {
        let merits = || self.held_out.iter().map(|found| found.merit(criterion));
        let best = merits().fold(f64::NEG_INFINITY, f64::max);
        merits()
            .enumerate()
            .filter_map(|(position, merit)| (merit == best).then_some(position))
            .collect()
    }
}

/// What a [`ModelRecovery`] found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recovery {
    /// The candidates, fitted to people's trials.
    pub candidates: Vec<FittedCandidate>,
    /// The replicates, round the candidates.
    pub replicates: Vec<Replicate>,
}

impl Recovery {
    /// How often each candidate won, generating × winning: the row says who made the choices. Candidates
    /// that are equally good share a win.
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

    /// The share of replicates that the generating candidate won, in [0, 1]; by chance it would be one
    /// over the number of candidates.
    pub fn rate(&self, criterion: Criterion) -> f64 {
        self.wins(criterion).diag().sum() / self.replicates.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicate(generating: usize, accuracies: [f64; 3], costs: [f64; 3]) -> Replicate {
        let held_out = accuracies.into_iter().zip(costs);
        Replicate {
            generating,
            held_out: held_out
                .map(|(accuracy, cross_entropy)| HeldOut {
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
