//! Cross-validation of a probe on held-out objects.

mod pooled;
mod progress;
mod result;
mod selection;

use rayon::prelude::*;
use serde::Serialize;

use crate::error::{Result, at_least, check_penalties, same_length};
use crate::inference::{Credit, Folds};
use crate::judgment::{ChoiceFrequencies, Task, Trials};
use crate::metric::odd_one_out::{Outcomes, TiePolicy, ZeroShotOddOneOut};
use crate::probe::split::{HoldOut, Split, random_folds};
use crate::probe::standardize::Moments;
use crate::probe::{Probe, Standardize};
use crate::representation::Representation;
use crate::similarity::Similarity;
use progress::Progress;

pub use pooled::{Pooled, PooledScore};
pub use progress::ProbeProgress;
pub use result::{PenaltyCandidate, ProbeCrossValidationResult, ProbeFoldResult};

/// Nested cross-validation of a probe. For each fold, the probe is fitted to the trials of the
/// other folds, tested on the fold, and compared with the untransformed (zero-shot) representation.
///
/// The penalty is chosen separately for each fold, by an inner cross-validation of its training
/// trials: the penalty with the lowest held-out cross-entropy.
///
/// The accuracies are those of fits to the objects of all folds but one, for objects that are in no
/// trial of the fit; a fit to all objects can be expected to be slightly better. [`Pooled`] defines
/// what their intervals generalize to.
///
/// | setting | default |
/// |---|---|
/// | folds | 3, of objects, at random |
/// | penalties | that of the probe |
/// | inner folds | 3 |
/// | duality gap at which inner fits stop | 1e-3 nats |
/// | moments of the standardization | those of the training objects |
/// | zero-shot metric | cosine |
///
/// ```
/// use human_alignment::dataset::SimulatedObserver;
/// use human_alignment::probe::ProbeCrossValidation;
/// use human_alignment::{Probe, Representation, SimilarityDataset, Stimuli};
/// use ndarray::Array2;
///
/// let features = Array2::from_shape_fn((30, 3), |(i, j)| 1.0 + ((i * i * (j + 2)) % 13) as f32);
/// let representation = Representation::new(Stimuli::numbered(30), features)?;
/// let observer = SimulatedObserver::new(representation.clone())?.odd_one_out(3000, 1)?;
///
/// let probe = Probe::new(0.01)?.with_tolerance(1e-4)?;
/// let result = ProbeCrossValidation::new(probe).run(&representation, observer.judgments())?;
/// assert_eq!(result.folds.len(), 3);
/// assert!(result.pooled.probed.accuracy.value > 1.0 / 3.0);
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProbeCrossValidation {
    probe: Probe,
    penalties: Vec<f64>,
    hold_out: HoldOut,
    n_folds: usize,
    folds: Option<Folds>,
    seed: u64,
    n_inner_folds: usize,
    inner_tolerance: f64,
    moments: Moments,
    zero_shot: ZeroShotOddOneOut,
}

impl ProbeCrossValidation {
    /// Creates the cross-validation of a probe.
    pub fn new(probe: Probe) -> Self {
        Self {
            penalties: vec![probe.penalty()],
            probe,
            hold_out: HoldOut::default(),
            n_folds: 3,
            folds: None,
            seed: 0,
            n_inner_folds: 3,
            inner_tolerance: 1e-3,
            moments: Moments::default(),
            zero_shot: ZeroShotOddOneOut::default(),
        }
    }

    /// Sets the candidate penalties from which each fold chooses.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are none, and `ArgumentError::InvalidParameter`
    /// if one is not positive and finite, or is a duplicate.
    pub fn with_penalties(mut self, penalties: &[f64]) -> Result<Self> {
        for &penalty in penalties {
            Probe::new(penalty)?;
        }
        self.penalties = penalties.to_vec();
        // A path from large to small penalties is fast, as each fit starts near the previous one.
        self.penalties.sort_by(|a, b| b.total_cmp(a));
        check_penalties(&self.penalties)?;
        Ok(self)
    }

    /// Sets the unit that is divided into folds, and the number of folds.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are fewer than two folds.
    pub fn with_folds(mut self, hold_out: HoldOut, n_folds: usize) -> Result<Self> {
        at_least("folds", 2, n_folds)?;
        (self.hold_out, self.n_folds, self.folds) = (hold_out, n_folds, None);
        Ok(self)
    }

    /// Sets the fold of each object, in the order of the stimuli of the trials.
    #[must_use]
    pub fn with_object_folds(mut self, folds: Folds) -> Self {
        self.hold_out = HoldOut::Objects;
        self.n_folds = folds.n_folds();
        self.folds = Some(folds);
        self
    }

    /// Sets the seed of the random folds.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Returns the seed of the folds.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Sets the number of inner folds, which are used to choose the penalty.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are fewer than two folds.
    pub fn with_inner_folds(mut self, n_folds: usize) -> Result<Self> {
        at_least("folds", 2, n_folds)?;
        self.n_inner_folds = n_folds;
        Ok(self)
    }

    /// Sets the duality gap, in nats, at which the inner fits stop.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if it is not positive and finite.
    pub fn with_inner_tolerance(mut self, tolerance: f64) -> Result<Self> {
        self.probe.clone().with_tolerance(tolerance)?;
        self.inner_tolerance = tolerance;
        Ok(self)
    }

    /// Sets the objects over which the moments of the standardization are computed.
    #[must_use]
    pub fn with_moments(mut self, moments: Moments) -> Self {
        self.moments = moments;
        self
    }

    /// Sets the zero-shot metric of the untransformed representation. Its tie policy and confidence
    /// level are also used for the transformed representation, whose similarity is the dot product.
    #[must_use]
    pub fn with_zero_shot(mut self, metric: ZeroShotOddOneOut) -> Self {
        self.zero_shot = metric;
        self
    }

    /// Gives ties a credit of 1/k.
    pub(crate) fn with_fractional_ties(mut self) -> Self {
        self.zero_shot = self.zero_shot.with_ties(TiePolicy::Fractional);
        self
    }

    /// Fits and tests the probe on each fold.
    ///
    /// # Errors
    /// Returns `ArgumentError::TooFew` if there are fewer objects than folds, and
    /// `ArgumentError::LengthMismatch` if given folds are for another number of objects. Within
    /// `Context::Fold`, returns `JudgmentError::NoTrials` if a fold has no training or no test
    /// trials, and an error if [`Probe::fit`] or the metric does.
    pub fn run<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<ProbeCrossValidationResult> {
        self.run_observed(representation, trials, |_| ())
    }

    /// Runs the cross-validation like [`ProbeCrossValidation::run`] and calls `observe` after every
    /// fit.
    ///
    /// # Errors
    /// Returns an error if [`ProbeCrossValidation::run`] does.
    pub fn run_observed<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
        observe: impl Fn(ProbeProgress) + Sync,
    ) -> Result<ProbeCrossValidationResult> {
        let folds = self.folds_of(trials, self.n_folds, self.seed)?;
        let of_fold = self.n_inner_fits().saturating_add(1);
        let n_fits = folds.n_folds().saturating_mul(of_fold);
        let progress = Progress::new(n_fits, &observe);
        let fitted = self.each_fold(trials, &folds, |training, test, split| {
            let n_straddling = split.n_straddling;
            let (result, credits) =
                self.fold(representation, training, test, n_straddling, &progress)?;
            Ok((result, credits, split.test.clone()))
        })?;
        let (mut results, mut tested) = (Vec::new(), Vec::new());
        // The credits of all test trials, zero-shot and probed.
        let mut earned = [Vec::new(), Vec::new()];
        for (result, credits, test) in fitted {
            results.push(result);
            for (all, of_fold) in earned.iter_mut().zip(credits) {
                all.extend(of_fold);
            }
            tested.extend(test);
        }
        let tested_trials = trials.select(&tested)?;
        let pooled = pooled::pool(self.hold_out, &results, &tested_trials, &earned)?;
        Ok(ProbeCrossValidationResult {
            hold_out: self.hold_out,
            n_untested: trials.len() - tested.len(),
            folds: results,
            pooled,
        })
    }

    /// Applies `work` to the training and test trials of each fold, in parallel because small fits
    /// leave threads idle. If several folds fail, returns the error of the first one.
    fn each_fold<T: Task, R: Send>(
        &self,
        trials: &Trials<T>,
        folds: &Folds,
        work: impl Fn(&Trials<T>, &Trials<T>, &Split) -> Result<R> + Sync,
    ) -> Result<Vec<R>> {
        let of_fold = |fold: usize| {
            let split = self.split(trials, folds, fold);
            let training = trials.select(&split.training)?;
            let test = trials.select(&split.test)?;
            work(&training, &test, &split)
        };
        let folds = (0..folds.n_folds()).into_par_iter();
        let done: Vec<Result<R>> = folds
            .map(|fold| of_fold(fold).map_err(|error| error.in_fold(fold)))
            .collect();
        done.into_iter().collect()
    }

    fn folds_of<T: Task>(&self, trials: &Trials<T>, n_folds: usize, seed: u64) -> Result<Folds> {
        let n_stimuli = trials.stimuli().len();
        match &self.folds {
            Some(folds) => {
                same_length("folds of objects", n_stimuli, folds.assignments().len())?;
                Ok(folds.clone())
            }
            None => random_folds(trials, self.hold_out, n_folds, seed),
        }
    }

    fn split<T: Task>(&self, trials: &Trials<T>, folds: &Folds, fold: usize) -> Split {
        match self.hold_out {
            HoldOut::Objects => Split::of_objects(trials, folds, fold),
            HoldOut::TrialsSharingObjects => Split::of_trials(folds, fold),
        }
    }

    /// Returns the result of a fold and the credits of its test trials, zero-shot and probed.
    fn fold<T: Task>(
        &self,
        representation: &Representation,
        training: &Trials<T>,
        test: &Trials<T>,
        n_straddling: usize,
        progress: &Progress<'_>,
    ) -> Result<(ProbeFoldResult, [Vec<Credit>; 2])> {
        let (chosen, candidates) = self.choose_among(representation, training, progress)?;
        let penalty = chosen.penalty();
        let probe = self
            .standardized(representation, training)?
            .with_penalty(penalty)?;
        let fit = probe.fit(representation, &ChoiceFrequencies::from_trials(training))?;
        progress.advance();
        let transformed = fit.transform().apply_unrecorded(representation)?;
        let zero_shot = self.zero_shot.outcomes(representation, test)?;
        let probed = self.probed(&transformed, test)?;
        let result = ProbeFoldResult {
            penalty,
            candidates,
            n_training_trials: training.len(),
            n_test_trials: test.len(),
            n_straddling,
            n_training_objects: training.shown().len(),
            n_test_objects: test.shown().len(),
            objective: fit.objective(),
            duality_gap: fit.duality_gap(),
            outcome: fit.outcome(),
            rank: fit.rank(),
            zero_shot: zero_shot.score(),
            probed: probed.score(),
            fit,
        };
        let credits = [zero_shot, probed].map(|outcomes| outcomes.credits().to_vec());
        Ok((result, credits))
    }

    /// Returns the probe with the moments of its standardization computed.
    fn standardized<T: Task>(
        &self,
        representation: &Representation,
        training: &Trials<T>,
    ) -> Result<Probe> {
        let moments = match self.moments {
            Moments::AllObjects => self.probe.standardize.of(representation)?,
            Moments::TrainingObjects => {
                let shown = training.shown().iter().map(|&shown| shown as usize);
                let shown: Vec<usize> = shown.collect();
                let shown = training.stimuli().select(&shown)?;
                self.probe.standardize.of(&representation.select(&shown)?)?
            }
        };
        let probe = self.probe.clone();
        Ok(probe.with_standardize(Standardize::By(moments)))
    }

    fn probed<'t, T: Task>(
        &self,
        transformed: &Representation,
        test: &'t Trials<T>,
    ) -> Result<Outcomes<'t, T>> {
        self.zero_shot
            .with_similarity(Similarity::Dot)
            .with_temperature(self.probe.temperature)?
            .outcomes(transformed, test)
    }
}
