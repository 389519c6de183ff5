//! Accuracies of odd-one-out choices in simulated experiments.

use std::fmt::Arguments;

use human_alignment::inference::{
    Comparison, Confidence, Credit, Estimate, ObjectBootstrap, clustered_mean,
};
use human_alignment::{OddOneOut, Result, Stimuli};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// Prints the coverage of intervals and the false-positive rates of comparisons.
#[allow(dead_code)] // Tests simulate single experiments.
pub fn report(replications: usize, seed: u64, line: fn(Arguments<'_>) -> Result<()>) -> Result<()> {
    line(format_args!(
        "Accuracy: {replications} simulated replications of each experiment. Effects of objects and \
         participants are\nnormal on the logit scale. The coverage for objects only is that of \
         intervals that take participants to be alike.\n"
    ))?;
    line(format_args!(
        "{:>8} {:>8} {:>7} {:>7} {:>5} {:>5}  {:>10} {:>12} {:>10}  {:>8} {:>8} {:>9} {:>8}",
        "objects",
        "trials",
        "people",
        "logit",
        "sd",
        "sd",
        "95 % cover",
        "objects only",
        "null p<.05",
        "true sd",
        "se",
        "bootstrap",
        "binomial"
    ))?;
    for experiment in experiments() {
        let found = experiment.replicate(replications, seed)?;
        let people = experiment.n_participants;
        line(format_args!(
            "{:>8} {:>8} {:>7} {:>7} {:>5} {:>5}  {:>8.1} % {:>10.1} % {:>8.1} %  {:>8.4} {:>8.4} \
             {:>9.4} {:>8.4}",
            experiment.n_objects,
            experiment.n_trials.map_or("all".into(), |n| n.to_string()),
            people.map_or("–".into(), |n| n.to_string()),
            experiment.logit,
            experiment.object_effect,
            experiment.participant_effect,
            100.0 * found.coverage,
            100.0 * found.objects_only,
            100.0 * found.false_rejections,
            found.standard_deviation,
            found.standard_error,
            found.bootstrap,
            found.binomial
        ))?;
    }
    Ok(())
}

/// An experiment with new objects, new participants and new trials in each replication.
///
/// A trial is correct with probability logistic(`logit` + the effects of its three objects and of
/// its participant). Effects are normal.
#[derive(Debug, Clone, Copy)]
pub struct Experiment {
    pub n_objects: u32,
    /// Number of random trials; `None` for all triples of objects, once each.
    pub n_trials: Option<usize>,
    /// Number of participants, who have equally many trials; `None` if they are unknown.
    pub n_participants: Option<usize>,
    /// The logit of a trial of average objects and an average participant.
    pub logit: f64,
    /// Standard deviations of effects on the logit scale.
    pub object_effect: f64,
    pub participant_effect: f64,
}

impl Experiment {
    /// Creates an experiment with accuracies in the middle and without known participants.
    pub fn new(n_objects: u32, n_trials: usize) -> Self {
        Self {
            n_objects,
            n_trials: Some(n_trials),
            n_participants: None,
            logit: 0.4,
            object_effect: 0.6,
            participant_effect: 0.0,
        }
    }
}

#[allow(dead_code)] // Tests simulate single experiments.
fn experiments() -> Vec<Experiment> {
    let mut all: Vec<Experiment> = [
        (1854, 2_171),
        (1854, 100_000),
        (200, 20_000),
        (85, 20_000),
        (85, 2_000),
        (48, 5_000),
        (20, 200),
    ]
    .into_iter()
    .map(|(n_objects, n_trials)| Experiment::new(n_objects, n_trials))
    .collect();
    // At chance and near 1.
    for logit in [-0.693, 4.0, 6.0] {
        for (n_objects, n_trials) in [(1854, 2_171), (85, 2_000)] {
            let experiment = Experiment::new(n_objects, n_trials);
            all.push(Experiment {
                logit,
                ..experiment
            });
        }
    }
    // All triples, with and without effects of objects.
    for n_objects in [10, 30, 48] {
        for (logit, object_effect) in [(0.4, 0.6), (-0.693, 0.0)] {
            all.push(Experiment {
                n_trials: None,
                logit,
                object_effect,
                ..Experiment::new(n_objects, 0)
            });
        }
    }
    // Participants who differ.
    for (n_objects, n_trials, n_participants) in [
        (1854, 2_171, 10),
        (1854, 20_000, 10),
        (1854, 20_000, 200),
        (85, 5_000, 5),
        (85, 5_000, 20),
        (30, 3_000, 10),
        (200, 20_000, 50),
    ] {
        for (logit, participant_effect) in [(0.4, 0.5), (0.4, 0.0), (4.0, 0.5)] {
            all.push(Experiment {
                n_participants: Some(n_participants),
                logit,
                participant_effect,
                ..Experiment::new(n_objects, n_trials)
            });
        }
    }
    all
}

/// Summary of the replications.
#[derive(Debug, Clone, Copy)]
pub struct Findings {
    /// Share of 95 % intervals of the accuracy that cover the truth.
    pub coverage: f64,
    /// Share of 95 % intervals for the same participants that cover the truth.
    pub objects_only: f64,
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
        let variance = 3.0 * self.object_effect.powi(2) + self.participant_effect.powi(2);
        let truth = mean_of_logistic(self.logit, variance.sqrt());
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
            objects_only: mean_of(|r| f64::from(r.covered_by_objects)),
            false_rejections: mean_of(|r| f64::from(r.rejected)),
            standard_deviation: (squares.sum::<f64>() / (n - 1.0)).sqrt(),
            standard_error: mean_of(|r| r.standard_error),
            binomial: (truth * (1.0 - truth) / replications[0].n_trials).sqrt(),
            bootstrap: bootstrapped.iter().sum::<f64>() / bootstrapped.len() as f64,
        })
    }

    fn run(&self, seed: u64, replication: usize, truth: f64) -> Result<Replication> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(replication as u64);
        let mut effects = |sd: f64, n: usize| -> Vec<f64> {
            let draw = |_| sd * rng.sample::<f64, _>(StandardNormal);
            (0..n).map(draw).collect()
        };
        let n_participants = self.n_participants.unwrap_or(1);
        // Half of the variance of each model is shared: objects and participants that are difficult
        // for both models.
        let half = 0.5f64.sqrt();
        let mut draw = || {
            [
                effects(self.object_effect * half, self.n_objects as usize),
                effects(self.participant_effect * half, n_participants),
            ]
        };
        let common = draw();
        let own = [draw(), draw()];
        let mut trials = self.draw_trials(&mut rng)?;
        let participants: Vec<usize> = (0..trials.len()).map(|at| at % n_participants).collect();
        let credits = own.map(|own| -> Vec<Credit> {
            let effect = |kind: usize, of: usize| common[kind][of] + own[kind][of];
            let judged = trials.as_slice().iter().zip(&participants);
            judged
                .map(|(trial, &participant)| {
                    let objects = trial.iter().map(|&index| effect(0, index as usize));
                    let logit = self.logit + objects.sum::<f64>() + effect(1, participant);
                    Credit::from(rng.random::<f64>() < logistic(logit))
                })
                .collect()
        });
        let confidence = Confidence::default();
        let covers = |estimate: Estimate| {
            let interval = estimate.interval_within(confidence, [0.0, 1.0]);
            interval.contains(truth)
        };
        let covered_by_objects = covers(clustered_mean(&trials, &credits[0])?);
        if self.n_participants.is_some() {
            let labels = participants
                .iter()
                .map(|participant| participant.to_string());
            trials = trials.with_participants(labels)?;
        }
        let estimate = clustered_mean(&trials, &credits[0])?;
        let compared = Comparison::all_pairs(&trials, &[&credits[0], &credits[1]], confidence)?;
        let bootstrap = if replication < N_BOOTSTRAPPED {
            ObjectBootstrap::new(400, seed)?.run(&trials, &credits[0], confidence)?
        } else {
            None
        };
        Ok(Replication {
            accuracy: estimate.value,
            n_trials: trials.len() as f64,
            standard_error: estimate.standard_error.unwrap_or(f64::INFINITY),
            covered: covers(estimate),
            covered_by_objects,
            rejected: compared[0].p_value < 0.05,
            bootstrap: bootstrap.map(|found| found.standard_error),
        })
    }

    fn draw_trials(&self, rng: &mut ChaCha8Rng) -> Result<OddOneOut> {
        let n = self.n_objects;
        let all =
            (0..n).flat_map(|a| (a + 1..n).flat_map(move |b| (b + 1..n).map(move |c| [a, b, c])));
        let trials = match self.n_trials {
            None => all.collect(),
            Some(n_trials) => {
                let draw =
                    std::iter::repeat_with(|| std::array::from_fn(|_| rng.random_range(0..n)));
                let different = |[a, b, c]: &[u32; 3]| a != b && a != c && b != c;
                draw.filter(different).take(n_trials).collect()
            }
        };
        OddOneOut::new(Stimuli::numbered(n), trials)
    }
}

struct Replication {
    n_trials: f64,
    accuracy: f64,
    standard_error: f64,
    covered: bool,
    covered_by_objects: bool,
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
