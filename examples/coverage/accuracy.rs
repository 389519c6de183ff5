//! Accuracies of odd-one-out choices in simulated experiments.

use std::fmt::Arguments;

use human_alignment::inference::{Comparison, Confidence, Credit, ObjectBootstrap, clustered_mean};
use human_alignment::{OddOneOut, Result, Stimuli};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// Prints the coverage of intervals and the false-positive rates of comparisons.
#[allow(dead_code)] // Tests simulate single experiments.
pub fn report(replications: usize, seed: u64, line: fn(Arguments<'_>) -> Result<()>) -> Result<()> {
    line(format_args!(
        "Accuracy: {replications} simulated replications of each experiment, object effects on the \
         logit scale\n"
    ))?;
    line(format_args!(
        "{:>8} {:>8}  {:>10} {:>10}  {:>9} {:>9} {:>9} {:>9}",
        "objects", "trials", "95 % cover", "null p<.05", "true sd", "se", "bootstrap", "binomial"
    ))?;
    for (n_objects, n_trials) in [
        (1854, 2_171),
        (1854, 100_000),
        (200, 20_000),
        (85, 20_000),
        (85, 2_000),
        (48, 5_000),
    ] {
        let experiment = Experiment {
            n_objects,
            n_trials,
        };
        let found = experiment.replicate(replications, seed)?;
        line(format_args!(
            "{n_objects:>8} {n_trials:>8}  {:>8.1} % {:>8.1} %  {:>9.4} {:>9.4} {:>9.4} {:>9.4}",
            100.0 * found.coverage,
            100.0 * found.false_rejections,
            found.standard_deviation,
            found.standard_error,
            found.bootstrap,
            found.binomial
        ))?;
    }
    Ok(())
}

/// An experiment with new objects and new trials in each replication.
///
/// A trial is correct with probability logistic(`LOGIT` + the effects of its three objects).
/// Effects are normal with standard deviation `EFFECT`.
#[derive(Debug, Clone, Copy)]
pub struct Experiment {
    pub n_objects: u32,
    pub n_trials: usize,
}

/// The logit of a trial of three average objects.
const LOGIT: f64 = 0.4;

/// The standard deviation of object effects on the logit scale.
const EFFECT: f64 = 0.6;

/// Summary of the replications.
#[derive(Debug, Clone, Copy)]
pub struct Findings {
    /// Share of 95 % intervals of the accuracy that cover the truth.
    pub coverage: f64,
    /// Share of comparisons of two equally good models with p < 0.05.
    pub false_rejections: f64,
    /// Standard deviation of the accuracy over replications.
    pub standard_deviation: f64,
    /// Mean of the estimated standard errors.
    pub standard_error: f64,
    /// Mean standard error of the binomial formula, which assumes independent trials.
    pub binomial: f64,
    /// Mean of the bootstrap standard errors of the first few replications.
    pub bootstrap: f64,
}

/// Number of replications with a bootstrap.
const N_BOOTSTRAPPED: usize = 20;

impl Experiment {
    /// Runs replications, each with its own random stream.
    pub fn replicate(&self, n_replications: usize, seed: u64) -> Result<Findings> {
        let truth = mean_of_logistic(LOGIT, EFFECT * 3f64.sqrt());
        let replications = (0..n_replications)
            .into_par_iter()
            .map(|replication| self.run(seed, replication, truth))
            .collect::<Result<Vec<_>>>()?;
        let n = n_replications as f64;
        let mean_of = |of: fn(&Replication) -> f64| replications.iter().map(of).sum::<f64>() / n;
        let mean = mean_of(|r| r.accuracy);
        let squares = replications.iter().map(|r| (r.accuracy - mean).powi(2));
        let bootstrapped: Vec<f64> = replications.iter().filter_map(|r| r.bootstrap).collect();
        Ok(Findings {
            coverage: mean_of(|r| f64::from(r.covered)),
            false_rejections: mean_of(|r| f64::from(r.rejected)),
            standard_deviation: (squares.sum::<f64>() / (n - 1.0)).sqrt(),
            standard_error: mean_of(|r| r.standard_error),
            binomial: (truth * (1.0 - truth) / self.n_trials as f64).sqrt(),
            bootstrap: bootstrapped.iter().sum::<f64>() / bootstrapped.len() as f64,
        })
    }

    fn run(&self, seed: u64, replication: usize, truth: f64) -> Result<Replication> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(replication as u64);
        let mut effects = |sd: f64| -> Vec<f64> {
            let draw = |_| sd * rng.sample::<f64, _>(StandardNormal);
            (0..self.n_objects).map(draw).collect()
        };
        // Half of the variance of each model is shared: objects that are difficult for both models.
        let common = effects(EFFECT * 0.5f64.sqrt());
        let own = [
            effects(EFFECT * 0.5f64.sqrt()),
            effects(EFFECT * 0.5f64.sqrt()),
        ];
        let trials = self.draw_trials(&mut rng)?;
        let credits = own.map(|own| -> Vec<Credit> {
            let effect = |&index: &u32| common[index as usize] + own[index as usize];
            let right = |trial: &[u32; 3]| {
                let logit = LOGIT + trial.iter().map(effect).sum::<f64>();
                rng.random::<f64>() < logistic(logit)
            };
            trials
                .as_slice()
                .iter()
                .map(right)
                .map(Credit::from)
                .collect()
        });
        let estimate = clustered_mean(&trials, &credits[0])?;
        let confidence = Confidence::default();
        let compared = Comparison::all_pairs(&trials, &[&credits[0], &credits[1]], confidence)?;
        let bootstrap = if replication < N_BOOTSTRAPPED {
            ObjectBootstrap::new(400, seed)?.run(&trials, &credits[0], confidence)?
        } else {
            None
        };
        Ok(Replication {
            accuracy: estimate.value,
            standard_error: estimate.standard_error.unwrap_or(f64::INFINITY),
            covered: estimate.interval(confidence).contains(truth),
            rejected: compared[0].p_value < 0.05,
            bootstrap: bootstrap.map(|found| found.standard_error),
        })
    }

    fn draw_trials(&self, rng: &mut ChaCha8Rng) -> Result<OddOneOut> {
        let mut trials = Vec::with_capacity(self.n_trials);
        while trials.len() < self.n_trials {
            let trial: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..self.n_objects));
            let [a, b, c] = trial;
            if a != b && a != c && b != c {
                trials.push(trial);
            }
        }
        OddOneOut::new(Stimuli::numbered(self.n_objects), trials)
    }
}

struct Replication {
    accuracy: f64,
    standard_error: f64,
    covered: bool,
    rejected: bool,
    bootstrap: Option<f64>,
}

fn logistic(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// Computes the mean of logistic(mean + sd · z) over a standard normal z by the midpoint rule.
fn mean_of_logistic(mean: f64, sd: f64) -> f64 {
    let step = 0.001;
    let points = (-8000..8000).map(|point| (f64::from(point) + 0.5) * step);
    let density = |z: f64| (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    points
        .map(|z| step * density(z) * logistic(mean + sd * z))
        .sum()
}
