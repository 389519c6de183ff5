//! How well a probe does on objects that it has not seen.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::inference::{Comparison, Credit, Estimate, Folds, Interval, clustered_mean, compare};
use crate::judgment::{ChoiceFrequencies, Task, Trials};
use crate::metric::odd_one_out::{Outcomes, Score, ZeroShotOddOneOut};
use crate::names::named;
use crate::probe::split::Split;
use crate::probe::{Outcome, Probe, ProbeFit, Standardize};
use crate::representation::Representation;
use crate::similarity::Similarity;

/// What is divided into folds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldOut {
    /// Objects: a probe is tested on trials of three objects that no trial it learned from shows.
    /// Trials with objects on both sides of a split are dropped, and counted. The default.
    #[default]
    Objects,
    /// Trials at random: nearly all objects are on both sides, so that what was learned of an object
    /// leaks into the test. Accuracies are higher than for new objects; for comparison.
    TrialsSharingObjects,
}

impl HoldOut {
    /// Both of them.
    pub const ALL: [HoldOut; 2] = [HoldOut::Objects, HoldOut::TrialsSharingObjects];

    /// The name on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            HoldOut::Objects => "objects",
            HoldOut::TrialsSharingObjects => "trials-sharing-objects",
        }
    }
}

named!(HoldOut, "hold-out", "objects or trials-sharing-objects");

/// Which objects the moments of a standardisation are taken from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moments {
    /// Those that the trials of the training show; the default.
    #[default]
    TrainingObjects,
    /// All rows of the representation, those of held-out objects among them, as published.
    AllObjects,
}

/// The cross-validation of a probe: fits it to the trials of all folds but one, tests it on that one,
/// and compares it there with the representation as it is.
///
/// The penalty is chosen anew in each fold, by cross-validation within its training trials (nested): the
/// one whose held-out cross-entropy is least.
///
/// | setting | default |
/// |---|---|
/// | folds | 3, of objects, at random |
/// | penalties | that of the probe |
/// | folds within a fold | 3 |
/// | gap at which fits within a fold end | 1e-4 nats |
/// | moments of the standardisation | those of the training objects |
/// | zero-shot metric | cosine |
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrossValidation {
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

impl CrossValidation {
    /// The cross-validation of this probe.
    pub fn new(probe: Probe) -> Self {
        Self {
            penalties: vec![probe.penalty()],
            probe,
            hold_out: HoldOut::default(),
            n_folds: 3,
            folds: None,
            seed: 0,
            n_inner_folds: 3,
            inner_tolerance: 1e-4,
            moments: Moments::default(),
            zero_shot: ZeroShotOddOneOut::default(),
        }
    }

    /// Sets the penalties that a fold chooses from.
    ///
    /// # Errors
    /// [`Error::TooFew`] for none; [`Error::InvalidParameter`] for one that is not positive and finite.
    pub fn with_penalties(mut self, penalties: &[f64]) -> Result<Self> {
        if penalties.is_empty() {
            return Err(Error::TooFew {
                what: "penalties",
                needed: 1,
                found: 0,
            });
        }
        for &penalty in penalties {
            Probe::new(penalty)?;
        }
        self.penalties = penalties.to_vec();
        // From large to small, each fit is near the one before.
        self.penalties.sort_by(|a, b| b.total_cmp(a));
        self.penalties.dedup();
        Ok(self)
    }

    /// Sets what is divided, and into how many folds.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than two folds.
    pub fn with_folds(mut self, hold_out: HoldOut, n_folds: usize) -> Result<Self> {
        check_folds(n_folds)?;
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

    /// Sets the seed of folds.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Returns the seed of folds.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Sets the number of folds within a fold, by which the penalty is chosen.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than two folds.
    pub fn with_inner_folds(mut self, n_folds: usize) -> Result<Self> {
        check_folds(n_folds)?;
        self.n_inner_folds = n_folds;
        Ok(self)
    }

    /// Sets the duality gap at which the fits that choose the penalty end.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] where it is not positive and finite.
    pub fn with_inner_tolerance(mut self, tolerance: f64) -> Result<Self> {
        self.probe.clone().with_tolerance(tolerance)?;
        self.inner_tolerance = tolerance;
        Ok(self)
    }

    /// Sets which objects the moments of the standardisation are taken from.
    #[must_use]
    pub fn with_moments(mut self, moments: Moments) -> Self {
        self.moments = moments;
        self
    }

    /// Sets the metric of the representation as it is. Its ties and confidence are those of the probed
    /// representation too, whose similarity is the dot product.
    #[must_use]
    pub fn with_zero_shot(mut self, metric: ZeroShotOddOneOut) -> Self {
        self.zero_shot = metric;
        self
    }

    /// Fits and tests the probe on each fold.
    ///
    /// # Errors
    /// Within [`Error::InFold`]: [`Error::NoTrials`] where a fold is left without trials to learn from or
    /// to be tested on, and whatever [`Probe::fit`] and the metric refuse. [`Error::TooFew`] for fewer
    /// objects than folds, [`Error::LengthMismatch`] where given folds are of another number of objects.
    pub fn run<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<CrossValidated> {
        let folds = self.folds_of(trials, self.n_folds, self.seed)?;
        let fitted = self.each_fold(trials, &folds, |training, test, split| {
            let (result, credits) =
                self.fold(representation, training, test, split.n_straddling)?;
            Ok((result, credits, split.test.clone()))
        })?;
        let (mut results, mut tested) = (Vec::new(), Vec::new());
        // What each trial that was tested earned, as it is and probed.
        let mut earned = [Vec::new(), Vec::new()];
        for (result, credits, test) in fitted {
            results.push(result);
            for (all, of_fold) in earned.iter_mut().zip(credits) {
                all.extend(of_fold);
            }
            tested.extend(test);
        }
        let tested_trials = trials.select(&tested)?;
        let [as_it_is, probed] = &earned;
        let pooled = self.pooled(&results, &tested_trials, as_it_is, probed)?;
        Ok(CrossValidated {
            hold_out: self.hold_out,
            n_untested: trials.len() - tested.len(),
            folds: results,
            pooled,
        })
    }

    /// What `work` makes of the training and the test trials of each fold. Folds are worked on side by side,
    /// since small fits leave threads idle; one that fails is the first to fail in their order.
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
        match (&self.folds, self.hold_out) {
            (Some(folds), _) if folds.of().len() != n_stimuli => Err(Error::LengthMismatch {
                what: "folds of objects",
                expected: n_stimuli,
                found: folds.of().len(),
            }),
            (Some(folds), _) => Ok(folds.clone()),
            (None, hold_out) => random_folds(trials, hold_out, n_folds, seed),
        }
    }

    fn split<T: Task>(&self, trials: &Trials<T>, folds: &Folds, fold: usize) -> Split {
        match self.hold_out {
            HoldOut::Objects => Split::of_objects(trials, folds, fold),
            HoldOut::TrialsSharingObjects => Split::of_trials(folds, fold),
        }
    }

    /// A fold, and what each of its test trials earned, as it is and probed.
    fn fold<T: Task>(
        &self,
        representation: &Representation,
        training: &Trials<T>,
        test: &Trials<T>,
        n_straddling: usize,
    ) -> Result<(FoldResult, [Vec<Credit>; 2])> {
        let (chosen, candidates) = self.choose(representation, training)?;
        let penalty = chosen.penalty();
        let probe = self
            .standardized(representation, training)?
            .with_penalty(penalty)?;
        let fit = probe.fit(representation, &ChoiceFrequencies::of(training))?;
        let transformed = fit.transform().apply(representation)?;
        let zero_shot = self.outcomes(representation, test)?;
        let probed = self.probed(&transformed, test)?;
        let result = FoldResult {
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

    /// The probe with its standardisation as numbers.
    fn standardized<T: Task>(
        &self,
        representation: &Representation,
        training: &Trials<T>,
    ) -> Result<Probe> {
        let moments = match self.moments {
            Moments::AllObjects => self.probe.standardize.of(representation)?,
            Moments::TrainingObjects => {
                let shown: Vec<usize> = training
                    .shown()
                    .iter()
                    .map(|&shown| shown as usize)
                    .collect();
                let shown = training.stimuli().select(&shown)?;
                self.probe.standardize.of(&representation.select(&shown)?)?
            }
        };
        Ok(self
            .probe
            .clone()
            .with_standardize(Standardize::By(moments)))
    }

    /// The probe for a final fit to all these trials, with the penalty that costs least of those in
    /// [`CrossValidation::try_penalties`], and what each costs; nothing is tried where there is one penalty.
    ///
    /// # Errors
    /// As for [`CrossValidation::run`].
    pub fn choose<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<(Probe, Vec<Candidate>)> {
        let candidates = match self.penalties.len() {
            1 => Vec::new(),
            _ => self.try_penalties(representation, trials)?,
        };
        let best = Candidate::best(&candidates);
        let penalty = best.map_or(self.penalties[0], |best| best.penalty);
        Ok((self.probe.clone().with_penalty(penalty)?, candidates))
    }

    /// The cross-entropy of each penalty over folds of all these trials. It is no estimate of how well
    /// the best of them does, for which there is [`CrossValidation::run`].
    ///
    /// # Errors
    /// As for [`CrossValidation::run`].
    pub fn try_penalties<T: Task>(
        &self,
        representation: &Representation,
        trials: &Trials<T>,
    ) -> Result<Vec<Candidate>> {
        // Other folds than the outer ones, whatever the seed.
        let seed = self.seed.wrapping_add(1);
        let folds = random_folds(trials, self.hold_out, self.n_inner_folds, seed)?;
        let costs = self.each_fold(trials, &folds, |training, test, _| {
            let probe = self.standardized(representation, training)?;
            let probe = probe.with_tolerance(self.inner_tolerance)?;
            let choices = ChoiceFrequencies::of(training);
            let path = probe.path(&self.penalties, representation, &choices)?;
            let cost = |fit: &ProbeFit| {
                let transformed = fit.transform().apply(representation)?;
                let score = self.probed(&transformed, test)?.score();
                Ok(score.cross_entropy * test.len() as f64)
            };
            let costs: Vec<f64> = path.iter().map(cost).collect::<Result<_>>()?;
            Ok((costs, test.len()))
        })?;
        let n_tested: usize = costs.iter().map(|(_, n)| n).sum();
        let sum = |penalty: usize| costs.iter().map(|(costs, _)| costs[penalty]).sum::<f64>();
        let sums = (0..self.penalties.len()).map(sum);
        let penalties = self.penalties.iter().zip(sums);
        let candidate = |(&penalty, sum)| Candidate {
            penalty,
            cross_entropy: sum / n_tested as f64,
        };
        Ok(penalties.map(candidate).collect())
    }

    fn outcomes<'t, T: Task>(
        &self,
        representation: &Representation,
        test: &'t Trials<T>,
    ) -> Result<Outcomes<'t, T>> {
        self.zero_shot.outcomes(representation, test)
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

    fn pooled<T: Task>(
        &self,
        folds: &[FoldResult],
        trials: &Trials<T>,
        zero_shot: &[Credit],
        probed: &[Credit],
    ) -> Result<Pooled> {
        let confidence = folds[0].probed.confidence;
        let pool = |credits: &[Credit], of: fn(&FoldResult) -> &Score| -> Result<PooledScore> {
            let estimate = clustered_mean(trials, credits)?;
            let costs = folds
                .iter()
                .map(|fold| of(fold).cross_entropy * of(fold).n_trials as f64);
            Ok(PooledScore {
                accuracy: estimate,
                interval: estimate.interval(confidence).clamp(0.0, 1.0),
                cross_entropy: costs.sum::<f64>() / trials.len() as f64,
            })
        };
        let difference = compare(trials, &[probed, zero_shot], confidence)?.remove(0);
        Ok(Pooled {
            n_trials: trials.len(),
            zero_shot: pool(zero_shot, |fold| &fold.zero_shot)?,
            probed: pool(probed, |fold| &fold.probed)?,
            difference,
        })
    }
}

fn random_folds<T: Task>(
    trials: &Trials<T>,
    hold_out: HoldOut,
    n_folds: usize,
    seed: u64,
) -> Result<Folds> {
    match hold_out {
        HoldOut::TrialsSharingObjects => Folds::random(trials.len(), n_folds, seed),
        HoldOut::Objects => {
            // Only objects that trials show are dealt, so that folds have as many of them.
            let shown = Folds::random(trials.shown().len(), n_folds, seed)?;
            let mut of = vec![0; trials.stimuli().len()];
            for (&stimulus, &fold) in trials.shown().iter().zip(shown.of()) {
                of[stimulus as usize] = fold;
            }
            Folds::new(of)
        }
    }
}

fn check_folds(n_folds: usize) -> Result<()> {
    match n_folds {
        0 | 1 => Err(Error::TooFew {
            what: "folds",
            needed: 2,
            found: n_folds,
        }),
        _ => Ok(()),
    }
}

/// A penalty that a fold could choose, and what it costs on trials held out within the fold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Candidate {
    /// The weight λ of the penalty.
    pub penalty: f64,
    /// The mean −ln p of what people chose, in nats.
    pub cross_entropy: f64,
}

impl Candidate {
    /// The one that costs least, the largest penalty of several.
    pub fn best(candidates: &[Candidate]) -> Option<Candidate> {
        let costs = |a: &Candidate, b: &Candidate| {
            let by_penalty = b.penalty.total_cmp(&a.penalty);
            a.cross_entropy.total_cmp(&b.cross_entropy).then(by_penalty)
        };
        candidates.iter().copied().min_by(costs)
    }
}

/// A probe that was fitted without one fold, and tested on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldResult {
    /// The weight λ of the penalty that was chosen.
    pub penalty: f64,
    /// All penalties that could be chosen; empty where there was one.
    pub candidates: Vec<Candidate>,
    /// Trials that the probe learned from.
    pub n_training_trials: usize,
    /// Trials that it was tested on.
    pub n_test_trials: usize,
    /// Trials with objects on both sides, dropped.
    pub n_straddling: usize,
    /// Objects of the training trials.
    pub n_training_objects: usize,
    /// Objects of the test trials.
    pub n_test_objects: usize,
    /// The objective of the fit, in nats.
    pub objective: f64,
    /// How far that may be from the minimum.
    pub duality_gap: f64,
    /// Why the fit ended.
    pub outcome: Outcome,
    /// Dimensions of the transform.
    pub rank: usize,
    /// The representation as it is, on the test trials.
    pub zero_shot: Score,
    /// The transformed representation on the test trials.
    pub probed: Score,
    /// The fit itself.
    #[serde(skip)]
    pub fit: ProbeFit,
}

/// The accuracy over the test trials of all folds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PooledScore {
    /// The accuracy, with its object-level standard error, given the fits.
    pub accuracy: Estimate,
    /// The confidence interval of the accuracy.
    pub interval: Interval,
    /// The mean −ln p of what people chose, in nats.
    pub cross_entropy: f64,
}

/// All folds together. Uncertainty is that of the objects and trials of the tests, given the fits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pooled {
    /// Trials that were tested.
    pub n_trials: usize,
    /// The representation as it is.
    pub zero_shot: PooledScore,
    /// The transformed representation.
    pub probed: PooledScore,
    /// How much more accurate the transformed representation is (0) than that as it is (1).
    pub difference: Comparison,
}

/// What a [`CrossValidation`] found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrossValidated {
    /// What was held out.
    pub hold_out: HoldOut,
    /// Trials that no fold was tested on, since their objects are in several.
    pub n_untested: usize,
    /// Each fold.
    pub folds: Vec<FoldResult>,
    /// All folds together.
    pub pooled: Pooled,
}
