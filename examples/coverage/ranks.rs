//! Ranks and equivalence of models in simulated experiments.

use std::fmt::Arguments;

use human_alignment::inference::{
    Comparison, Confidence, Credit, EquivalenceTest, EquivalenceVerdict, Ranks,
};
use human_alignment::{OddOneOut, Result, Stimuli};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

/// Prints the simultaneous coverage of the ranks of six models, and error rates of equivalence.
#[allow(dead_code)] // Tests simulate single experiments.
pub fn report(replications: usize, seed: u64, line: fn(Arguments<'_>) -> Result<()>) -> Result<()> {
    line(format_args!(
        "Ranks: {replications} simulated replications of each experiment with six models. Simultaneous \
         coverage of the\n95 % sets of ranks (conservative), their mean size, and how often two \
         models are called equivalent\nwhose difference is the margin, or half of it.\n"
    ))?;
    line(format_args!(
        "{:>8} {:>7} {:>12}  {:>8} {:>9}  {:>9} {:>7}",
        "objects", "trials", "accuracies", "coverage", "mean size", "at margin", "at half"
    ))?;
    for (n_objects, n_trials) in [(1854, 2_171), (1854, 20_000), (85, 20_000), (48, 2_000)] {
        for (name, accuracies) in [
            ("equal", EQUAL),
            ("groups", GROUPS),
            ("different", DIFFERENT),
        ] {
            let experiment = Experiment {
                n_objects,
                n_trials,
                accuracies,
            };
            let found = experiment.replicate(replications, seed)?;
            line(format_args!(
                "{n_objects:>8} {n_trials:>7} {name:>12}  {:>6.1} % {:>9.2}  {:>7.1} % {:>5.1} %",
                100.0 * found.coverage,
                found.mean_size,
                100.0 * found.equivalent_at_margin,
                100.0 * found.equivalent_within_margin
            ))?;
        }
    }
    Ok(())
}

/// True accuracies of the models.
pub type Accuracies = [f64; 6];

#[allow(dead_code)] // Tests do not use all of them.
pub const EQUAL: Accuracies = [0.5; 6];
pub const GROUPS: Accuracies = [0.55, 0.55, 0.5, 0.5, 0.5, 0.4];
#[allow(dead_code)]
pub const DIFFERENT: Accuracies = [0.6, 0.57, 0.54, 0.51, 0.48, 0.45];

/// An experiment with new objects and trials in each replication.
///
/// A model is correct if a normal variable is below the quantile of its accuracy. `OBJECTS` of the
/// variance of the variable is due to the three objects, one half of it for all models alike.
#[derive(Debug, Clone, Copy)]
pub struct Experiment {
    pub n_objects: u32,
    pub n_trials: usize,
    pub accuracies: Accuracies,
}

const OBJECTS: f64 = 0.2;

/// The margin of equivalence if the compared models are equally good.
const MARGIN: f64 = 0.02;

/// Summary of the replications.
#[derive(Debug, Clone, Copy)]
pub struct Findings {
    /// Share of replications in which all sets contain the true ranks.
    pub coverage: f64,
    /// Mean number of ranks in a set.
    pub mean_size: f64,
    /// Share of replications in which a difference of the margin is called equivalent.
    pub equivalent_at_margin: f64,
    /// Share of replications in which a difference of half the margin is called equivalent.
    pub equivalent_within_margin: f64,
}

impl Experiment {
    /// Runs replications, each with its own random stream.
    pub fn replicate(&self, n_replications: usize, seed: u64) -> Result<Findings> {
        let replications = (0..n_replications)
            .into_par_iter()
            .map(|replication| self.run(seed, replication))
            .collect::<Result<Vec<Findings>>>()?;
        let mean = |of: fn(&Findings) -> f64| {
            replications.iter().map(of).sum::<f64>() / n_replications as f64
        };
        Ok(Findings {
            coverage: mean(|found| found.coverage),
            mean_size: mean(|found| found.mean_size),
            equivalent_at_margin: mean(|found| found.equivalent_at_margin),
            equivalent_within_margin: mean(|found| found.equivalent_within_margin),
        })
    }

    fn run(&self, seed: u64, replication: usize) -> Result<Findings> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(replication as u64);
        let mut trials = Vec::with_capacity(self.n_trials);
        while trials.len() < self.n_trials {
            let trial: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..self.n_objects));
            let [a, b, c] = trial;
            if a != b && a != c && b != c {
                trials.push(trial);
            }
        }
        let mut effects = |n: usize, variance: f64| -> Vec<f64> {
            let draw = |_| variance.sqrt() * rng.sample::<f64, _>(StandardNormal);
            (0..n).map(draw).collect()
        };
        let normal = Normal::standard();
        let common = effects(self.n_objects as usize, OBJECTS / 6.0);
        let credits: Vec<Vec<Credit>> = self
            .accuracies
            .iter()
            .map(|&accuracy| {
                let own = effects(self.n_objects as usize, OBJECTS / 6.0);
                let noise = effects(self.n_trials, 1.0 - OBJECTS);
                let bound = normal.inverse_cdf(accuracy);
                let of_trials = trials.iter().zip(noise).map(|(trial, noise)| {
                    let effect = |&index: &u32| common[index as usize] + own[index as usize];
                    Credit::from(trial.iter().map(effect).sum::<f64>() + noise < bound)
                });
                of_trials.collect()
            })
            .collect();
        let trials = OddOneOut::new(Stimuli::numbered(self.n_objects), trials)?;
        let of_models: Vec<&[Credit]> = credits.iter().map(Vec::as_slice).collect();
        let confidence = Confidence::default();
        let compared = Comparison::all_pairs(&trials, &of_models, confidence)?;
        let ranks = Ranks::from_comparisons(of_models.len(), &compared, confidence)?;
        let covers = |(rank, accuracy): (&human_alignment::inference::Rank, &f64)| {
            let count = |is: fn(&f64, &f64) -> bool| {
                let others = self.accuracies.iter();
                others.filter(|other| is(other, accuracy)).count()
            };
            // Equally good models share all of their ranks.
            let (better, worse) = (count(|a, b| a > b), count(|a, b| a < b));
            rank.best <= 1 + better && self.accuracies.len() - worse <= rank.worst
        };
        let sizes = ranks.models.iter().map(|rank| rank.worst - rank.best + 1);
        let mean_size = sizes.sum::<usize>() as f64 / of_models.len() as f64;
        // The difference of the first and the third model is moved to the margin and to half of it.
        let truth = self.accuracies[0] - self.accuracies[2];
        let is_equivalent = |difference: f64| -> Result<f64> {
            let mut estimate = compared[1].difference;
            estimate.value += difference - truth;
            let found = EquivalenceTest::within(MARGIN)?.run(&estimate);
            Ok(f64::from(found.verdict == EquivalenceVerdict::Equivalent))
        };
        Ok(Findings {
            coverage: f64::from(ranks.models.iter().zip(&self.accuracies).all(covers)),
            mean_size,
            equivalent_at_margin: is_equivalent(MARGIN)?,
            equivalent_within_margin: is_equivalent(MARGIN / 2.0)?,
        })
    }
}
