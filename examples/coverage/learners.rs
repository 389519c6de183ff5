//! Cross-validated accuracies of probes in simulated experiments.

use std::fmt::Arguments;

use human_alignment::dataset::SimulatedObserver;
use human_alignment::inference::{Confidence, Estimate};
use human_alignment::probe::{HoldOut, Pooled, ProbeCrossValidation};
use human_alignment::{
    OddOneOut, Probe, Representation, Result, Similarity, Stimuli, ZeroShotOddOneOut,
};
use ndarray::{Array2, Axis, Slice};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// Prints the coverage of intervals and the rates of false gains.
#[allow(dead_code)] // Tests simulate single experiments.
pub fn report(replications: usize, seed: u64, line: fn(Arguments<'_>) -> Result<()>) -> Result<()> {
    line(format_args!(
        "Probes: {replications} simulated experiments per row. Coverage of 95 % intervals of the \
         accuracy of a probe for\nnew objects (over experiments, and of the fits of the experiment) \
         and of its gain over zero-shot; in brackets\nwithout the variance of the fits. Where there \
         is nothing to learn, 100 % minus the coverage of the gain is the\nrate of false gains and \
         losses at the 5 % level.\n"
    ))?;
    line(format_args!(
        "{:>7} {:>8} {:>7} {:>5} {:>7}  {:14}  {:16}  {:8}  {:16}  mean gain",
        "objects",
        "features",
        "trials",
        "folds",
        "lambda",
        "choices",
        "accuracy",
        "own fits",
        "gain"
    ))?;
    for (n_objects, n_features, n_trials, n_folds, penalty) in [
        (30, 5, 10_000, 2, 1e-3),
        (30, 5, 10_000, 3, 1e-3),
        (30, 5, 10_000, 5, 1e-3),
        (30, 20, 2_000, 3, 1e-4),
        (48, 8, 10_000, 3, 1e-4),
        (60, 40, 5_000, 3, 1e-4),
        (100, 8, 2_000, 3, 1e-3),
        (100, 20, 10_000, 3, 1e-3),
    ] {
        for choices in [Choices::OfFeatures, Choices::OfOthers, Choices::Random] {
            let design = Design {
                n_objects,
                n_features,
                n_trials,
                n_folds,
                penalty,
                choices,
            };
            let rates = design.simulate(replications as u64, seed)?;
            let percent = |share: f64| format!("{:.1} %", 100.0 * share);
            let [accuracy, gain] = [rates.accuracy, rates.gain]
                .map(|(with, without)| format!("{} ({:.1})", percent(with), 100.0 * without));
            line(format_args!(
                "{n_objects:>7} {n_features:>8} {n_trials:>7} {n_folds:>5} {penalty:>7}  {:14}  \
                 {accuracy:16}  {:8}  {gain:16}  {:5.1} points",
                choices.name(),
                percent(rates.own),
                100.0 * rates.mean_gain,
            ))?;
        }
    }
    Ok(())
}

/// What determines choices.
#[derive(Debug, Clone, Copy)]
pub enum Choices {
    /// A few of the features: a probe learns which.
    OfFeatures,
    /// Dimensions of which the features know nothing.
    OfOthers,
    /// Nothing.
    Random,
}

impl Choices {
    fn name(self) -> &'static str {
        match self {
            Choices::OfFeatures => "of features",
            Choices::OfOthers => "of others",
            Choices::Random => "random",
        }
    }

    /// Returns what people see of objects with normal features, objects × dimensions.
    fn seen(self, features: &Array2<f64>, rng: &mut ChaCha8Rng) -> Array2<f64> {
        /// Standard deviation of a dimension that people see.
        const CONTRAST: f64 = 1.5;

        let (n, p) = features.dim();
        let seen = match self {
            Choices::OfFeatures => {
                let few = (p / 4).max(2);
                features.slice_axis(Axis(1), Slice::from(..few)).to_owned()
            }
            Choices::OfOthers => normal(n, 3, rng),
            Choices::Random => Array2::zeros((n, 1)),
        };
        CONTRAST * seen
    }
}

/// The design of an experiment, with new objects and trials in each replication.
#[derive(Debug, Clone, Copy)]
pub struct Design {
    pub n_objects: usize,
    pub n_features: usize,
    pub n_trials: usize,
    pub n_folds: usize,
    pub penalty: f64,
    pub choices: Choices,
}

/// Shares of 95 % intervals that cover the truth.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// For the mean accuracy of probes fitted to other experiments; and without the variance of the
    /// fits.
    pub accuracy: (f64, f64),
    /// For the mean accuracy of the fits of the experiment.
    pub own: f64,
    /// For the mean gain in other experiments; and without the variance of the fits.
    pub gain: (f64, f64),
    /// Mean gain in accuracy for new objects.
    pub mean_gain: f64,
}

/// An experiment: its results, and the accuracies of zero-shot choices and of the fits for new
/// objects.
struct Experiment {
    pooled: Pooled,
    zero_shot: f64,
    probed: f64,
}

impl Design {
    /// Repeats the experiment with other objects and trials.
    pub fn simulate(self, n_experiments: u64, seed: u64) -> Result<Rates> {
        let experiments: Vec<Result<Experiment>> = (0..n_experiments)
            .into_par_iter()
            .map(|experiment| self.experiment(experiment, seed))
            .collect();
        let experiments = experiments.into_iter().collect::<Result<Vec<_>>>()?;
        let share = |covers: &dyn Fn(&Experiment) -> bool| {
            experiments.iter().filter(|one| covers(one)).count() as f64 / n_experiments as f64
        };
        let mean = |of: &dyn Fn(&Experiment) -> f64| {
            experiments.iter().map(of).sum::<f64>() / n_experiments as f64
        };
        let probed = mean(&|one| one.probed);
        let mean_gain = mean(&|one| one.probed - one.zero_shot);
        let covers = |one: &Experiment, estimate: Estimate, truth: f64| {
            let given_the_fits = Estimate {
                standard_error: estimate
                    .standard_error
                    .map(|error| error / one.pooled.variance_factor.sqrt()),
                ..estimate
            };
            [estimate, given_the_fits]
                .map(|estimate| estimate.interval(Confidence::default()).contains(truth))
        };
        let accuracy = |one: &Experiment| covers(one, one.pooled.probed.accuracy, probed);
        let gain = |one: &Experiment| covers(one, one.pooled.difference.difference, mean_gain);
        Ok(Rates {
            accuracy: (
                share(&|one| accuracy(one)[0]),
                share(&|one| accuracy(one)[1]),
            ),
            own: share(&|one| covers(one, one.pooled.probed.accuracy, one.probed)[0]),
            gain: (share(&|one| gain(one)[0]), share(&|one| gain(one)[1])),
            mean_gain,
        })
    }

    fn experiment(self, experiment: u64, seed: u64) -> Result<Experiment> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(experiment);
        let (features, trials) = self.objects(self.n_objects, self.n_trials, &mut rng)?;
        let zero_shot = ZeroShotOddOneOut::new(Similarity::Cosine);
        let probe = Probe::new(self.penalty)?.with_tolerance(1e-4)?;
        let found = ProbeCrossValidation::new(probe)
            .with_folds(HoldOut::Objects, self.n_folds)?
            .with_seed(experiment)
            .with_zero_shot(zero_shot)
            .run(&features, &trials)?;
        let (features, trials) = self.objects(600, 10_000, &mut rng)?;
        let accuracy = |metric: ZeroShotOddOneOut, features: &Representation| -> Result<f64> {
            Ok(metric.count(features, &trials)?.accuracy())
        };
        let mut probed = 0.0;
        for fold in &found.folds {
            let transformed = fold.fit.transform().apply(&features)?;
            probed += accuracy(zero_shot.with_similarity(Similarity::Dot), &transformed)?;
        }
        Ok(Experiment {
            probed: probed / self.n_folds as f64,
            zero_shot: accuracy(zero_shot, &features)?,
            pooled: found.pooled,
        })
    }

    /// Draws objects and trials.
    fn objects(
        self,
        n_objects: usize,
        n_trials: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<(Representation, OddOneOut)> {
        let features = normal(n_objects, self.n_features, rng);
        let seen = self.choices.seen(&features, rng);
        let stimuli = Stimuli::numbered(n_objects as u32);
        let observer = SimulatedObserver::new(Representation::new(stimuli.clone(), seen)?)?;
        let trials = observer.odd_one_out(n_trials, rng.random())?;
        Ok((
            Representation::new(stimuli, features)?,
            trials.into_judgments(),
        ))
    }
}

fn normal(n: usize, p: usize, rng: &mut ChaCha8Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, p), || rng.sample(StandardNormal))
}
