//! Model recovery: whether a comparison of models by probes identifies the model that made the
//! choices.
//!
//! A probe transforms every representation before the comparison, and transformed models can become
//! indistinguishable although the models differ. Model recovery tests the comparison with data
//! whose generating model is known: choices are simulated from each fitted candidate, all
//! candidates are fitted again to the simulated choices, and the result is how often the candidate
//! that generated the choices predicts them best (Avitan & Golan, "Model–behavior alignment under
//! flexible evaluation: when the best-fitting model isn't the right one", 2025, arXiv 2510.23321).

mod noise;
mod rate;
mod result;

use std::ops::ControlFlow;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::dataset::SimulatedObserver;
use crate::error::{Context, Error, Result, at_least};
use crate::judgment::{ChoiceFrequencies, Task, Trials};
use crate::linalg::shuffle;
use crate::probe::ProbeCrossValidation;
use crate::representation::{Representation, RepresentationSource};

pub use noise::ChoiceNoise;
pub use rate::RecoveryRate;
pub use result::{CandidateFit, ModelRecoveryResult, RecoveryReplicate, RecoveryScore};

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
/// cross-validation. Its choices are drawn for the same questions from softmax(similarity / τ) of
/// this fit. The temperature τ is calibrated to the noise of the participants ([`ChoiceNoise`]),
/// because the probabilities of a fit to the same trials are too certain. Each candidate is then
/// cross-validated on the simulated choices in the same way as on the trials of the participants.
///
/// If the largest similarity of a trial is shared by k pairs, as after a transform that removes all
/// features, the credit of the trial is 1/k, whatever the tie policy of the cross-validation.
/// Candidates with equal predictions share a win.
///
/// A replicate for each candidate costs one cross-validation per pair of generating and fitted
/// candidate. With [`ModelRecovery::with_trial_counts`], the simulations are repeated with fewer
/// trials, to show how the rate of recovery depends on their number.
///
/// | setting | default |
/// |---|---|
/// | replicates per candidate | 10 |
/// | noise | [`ChoiceNoise::HeldOutAccuracy`] |
/// | numbers of trials | all trials |
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
    noise: ChoiceNoise,
    trial_counts: Vec<usize>,
    seed: u64,
}

impl ModelRecovery {
    /// Creates model recovery with a cross-validation and 10 replicates per candidate.
    pub fn new(validation: ProbeCrossValidation) -> Self {
        Self {
            validation: validation.with_fractional_ties(),
            n_replicates: 10,
            noise: ChoiceNoise::default(),
            trial_counts: Vec::new(),
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

    /// Sets the noise of the simulated choices.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a given accuracy is not in (0, 1].
    pub fn with_noise(mut self, noise: ChoiceNoise) -> Result<Self> {
        noise.check()?;
        self.noise = noise;
        Ok(self)
    }

    /// Sets smaller numbers of trials with which the simulations are repeated, for
    /// [`ModelRecoveryResult::curve`]. For each replicate, another random subset of the questions is
    /// drawn. The candidates that generate the choices stay those fitted to all trials.
    ///
    /// Trials on both sides of a split are dropped: of m trials, each of K folds of objects tests
    /// about m / K³.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a number is 0.
    pub fn with_trial_counts(mut self, counts: &[usize]) -> Result<Self> {
        if counts.contains(&0) {
            return Err(Error::parameter(
                "trials of a simulation",
                "one at least",
                0,
            ));
        }
        self.trial_counts = counts.to_vec();
        self.trial_counts.sort_unstable();
        self.trial_counts.dedup();
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
    /// Returns `ArgumentError::TooFew` if there are fewer than two candidates, and
    /// `ArgumentError::InvalidParameter` if a number of trials is larger than that of the given
    /// trials. Within [`Context::Model`], returns an error if [`ProbeCrossValidation::run`] does,
    /// for example because too few trials leave a fold without test trials.
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
    /// Replicates with all trials come first, then those with fewer trials, from few to many. They
    /// alternate between the candidates, so that their numbers differ by at most one.
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
        let sizes = self.sizes(trials.len())?;
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
            fewer_trials: Vec::new(),
        };
        let n_of_size = self.n_replicates * candidates.len();
        for (size, n_trials) in sizes.into_iter().enumerate() {
            for number in 0..n_of_size {
                let generating = number % candidates.len();
                let seed = self.seed.wrapping_add((size * n_of_size + number) as u64);
                let questions = questions(&trials, n_trials, seed);
                let simulated = observers[generating].answer::<T>(&questions, seed)?;
                let replicate = RecoveryReplicate {
                    n_trials,
                    generating,
                    held_out: self.held_out(candidates, &simulated.into_judgments())?,
                };
                let flow = observe(&replicate);
                match n_trials == trials.len() {
                    true => recovery.replicates.push(replicate),
                    false => recovery.fewer_trials.push(replicate),
                }
                if flow.is_break() {
                    return Ok(recovery);
                }
            }
        }
        Ok(recovery)
    }

    /// Returns the numbers of trials to simulate: all trials, then smaller numbers.
    fn sizes(&self, n_trials: usize) -> Result<Vec<usize>> {
        if let Some(many) = self.trial_counts.iter().find(|&&count| count > n_trials) {
            let expected = format!("at most {n_trials}, the number of trials");
            return Err(Error::parameter("trials of a simulation", expected, many));
        }
        let fewer = self.trial_counts.iter().copied();
        let fewer = fewer.filter(|&count| count < n_trials);
        Ok(std::iter::once(n_trials).chain(fewer).collect())
    }

    /// Computes the cross-validated scores of all candidates on simulated trials.
    fn held_out<T: Task>(
        &self,
        candidates: &[&Representation],
        simulated: &Trials<T>,
    ) -> Result<Vec<RecoveryScore>> {
        let score = |(position, candidate): (usize, &&Representation)| {
            let validated = self.validation.run(candidate, simulated);
            let validated =
                validated.map_err(|error| error.with_context(Context::Model(position)))?;
            Ok(RecoveryScore::of(&validated.pooled))
        };
        let scores: Vec<Result<_>> = candidates.par_iter().enumerate().map(score).collect();
        scores.into_iter().collect()
    }

    /// Fits a candidate to the trials of the participants, and creates an observer from the fit.
    fn fit<T: Task>(
        &self,
        candidate: &Representation,
        trials: &Trials<T>,
    ) -> Result<(CandidateFit, SimulatedObserver)> {
        self.noise.check_for::<T>()?;
        let (probe, _) = self.validation.choose(candidate, trials)?;
        let choices = ChoiceFrequencies::from_trials(trials);
        let fit = probe.fit(candidate, &choices)?;
        let represented = candidate.select(trials.stimuli())?;
        let transformed = fit.transform().apply(&represented)?;
        let pooled = self.validation.run(candidate, trials)?.pooled;
        let dimensionality = match fit.rank() {
            // A zero transform maps all stimuli to the same point.
            0 => 0.0,
            _ => transformed.effective_dimensionality()?,
        };
        let expected_accuracy = self.noise.expected_accuracy::<T>(&pooled);
        let (temperature, observer) = noise::observer(&transformed, &choices, expected_accuracy)?;
        let fitted = CandidateFit {
            name: candidate.name().to_owned(),
            effective_dimensionality: represented.effective_dimensionality()?,
            transformed_effective_dimensionality: dimensionality,
            expected_accuracy,
            temperature,
            people: pooled,
            fit,
        };
        Ok((fitted, observer))
    }
}

/// Draws `n` of the questions of trials at random, or returns all in their order.
fn questions<T: Task>(trials: &Trials<T>, n: usize, seed: u64) -> Vec<[u32; 3]> {
    let mut questions = trials.as_slice().to_vec();
    if n < questions.len() {
        // Answers are drawn from other streams of this seed.
        shuffle(&mut questions, &mut ChaCha8Rng::seed_from_u64(seed));
        questions.truncate(n);
    }
    questions
}
