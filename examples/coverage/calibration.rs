//! Calibration errors in simulated experiments.

use std::fmt::Arguments;

use human_alignment::calibration::{
    Bins, CalibrationErrorEstimate, Predictions, ReliabilityTarget,
};
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::{OddOneOut, Result, Stimuli};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

/// Prints false-positive rates of the test of calibration, the coverage of intervals, and the bias.
#[allow(dead_code)] // Tests simulate single experiments.
pub fn report(replications: usize, seed: u64, line: fn(Arguments<'_>) -> Result<()>) -> Result<()> {
    line(format_args!(
        "Calibration: {replications} simulated replications of each experiment. Objects and people \
         differ in how often\nthe predicted pair is chosen. The true error is 0 (calibrated), or 3 or \
         10 points.\n"
    ))?;
    line(format_args!(
        "{:>8} {:>7} {:>7} {:>6}  {:>8} {:>10}  {:>8} {:>9}",
        "objects", "people", "trials", "error", "p < .05", "95 % cover", "plug-in", "corrected"
    ))?;
    for (n_objects, n_people, n_trials) in [
        (1854, None, 2_000),
        (1854, Some(50), 20_000),
        (200, Some(20), 5_000),
        (200, Some(100), 5_000),
        (48, None, 5_000),
        (48, Some(10), 2_000),
        (20, Some(20), 1_000),
        (10, None, 500),
    ] {
        for error in [0.0, 0.03, 0.1] {
            let experiment = Experiment {
                n_objects,
                n_people,
                n_trials,
                error,
            };
            let found = experiment.replicate(replications, seed)?;
            let people = n_people.map_or("–".into(), |n| n.to_string());
            line(format_args!(
                "{n_objects:>8} {people:>7} {n_trials:>7} {error:>6.2}  {:>6.1} % {:>8.1} %  \
                 {:>8.4} {:>9.4}",
                100.0 * found.rejections,
                100.0 * found.coverage,
                found.plug_in,
                found.corrected
            ))?;
        }
    }
    Ok(())
}

/// An experiment with new objects, people and trials in each replication.
///
/// The predicted pair of a question has a probability between 0.35 and 0.9. It is chosen if a normal
/// variable is below the quantile of the true probability. `OBJECTS` of the variance of the variable
/// is due to the three objects and, with people, `PEOPLE` to the participant. The true probability
/// is larger by `error` if the predicted one is at most 0.6, and smaller otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Experiment {
    pub n_objects: u32,
    pub n_people: Option<u32>,
    pub n_trials: usize,
    pub error: f64,
}

const OBJECTS: f64 = 0.15;
const PEOPLE: f64 = 0.05;

/// Summary of the replications.
#[derive(Debug, Clone, Copy)]
pub struct Findings {
    /// Share of tests of calibration with p < 0.05.
    pub rejections: f64,
    /// Share of 95 % intervals that contain the true error.
    pub coverage: f64,
    /// Mean of the errors without and with the correction of the bias.
    pub plug_in: f64,
    pub corrected: f64,
}

impl Experiment {
    /// Runs replications, each with its own random stream.
    pub fn replicate(&self, n_replications: usize, seed: u64) -> Result<Findings> {
        let replications = (0..n_replications)
            .into_par_iter()
            .map(|replication| self.run(seed, replication))
            .collect::<Result<Vec<_>>>()?;
        let mean = |of: &dyn Fn(&CalibrationErrorEstimate) -> f64| {
            replications.iter().map(of).sum::<f64>() / n_replications as f64
        };
        Ok(Findings {
            rejections: mean(&|found| f64::from(found.p_value < 0.05)),
            coverage: mean(&|found| f64::from(found.interval.contains(self.error))),
            plug_in: mean(&|found| found.plug_in),
            corrected: mean(&|found| found.corrected),
        })
    }

    fn run(&self, seed: u64, replication: usize) -> Result<CalibrationErrorEstimate> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(replication as u64);
        let mut effects = |n: u32, variance: f64| -> Vec<f64> {
            let draw = |_| variance.sqrt() * rng.sample::<f64, _>(StandardNormal);
            (0..n).map(draw).collect()
        };
        let of_objects = effects(self.n_objects, OBJECTS / 3.0);
        let of_people = self.n_people.map(|n| effects(n, PEOPLE));
        let rest = 1.0 - OBJECTS - self.n_people.map_or(0.0, |_| PEOPLE);
        let normal = Normal::standard();
        let (mut trials, mut people) = (Vec::new(), Vec::new());
        let mut probabilities = Array2::zeros((self.n_trials, 3));
        while trials.len() < self.n_trials {
            let question: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..self.n_objects));
            let [a, b, c] = question;
            if a == b || a == c || b == c {
                continue;
            }
            let person = rng.random_range(0..self.n_people.unwrap_or(1));
            let predicted = rng.random_range(0.35..0.9);
            let error = if predicted <= 0.6 {
                self.error
            } else {
                -self.error
            };
            let own: f64 = question
                .iter()
                .map(|&object| of_objects[object as usize])
                .sum();
            let of_person = of_people.as_ref().map_or(0.0, |of| of[person as usize]);
            let noise: f64 = rng.sample(StandardNormal);
            let is_chosen =
                own + of_person + rest.sqrt() * noise < normal.inverse_cdf(predicted + error);
            // The chosen pair is the first one of a trial.
            let [a, b, c] = question;
            let (trial, pair) = match is_chosen {
                true => ([a, b, c], 0),
                false => ([a, c, b], 1),
            };
            for other in 0..3 {
                probabilities[[trials.len(), other]] = 0.5 - predicted / 2.0;
            }
            probabilities[[trials.len(), pair]] = predicted;
            trials.push(trial);
            people.push(person.to_string());
        }
        let stimuli = Stimuli::numbered(self.n_objects);
        let mut trials = OddOneOut::new(stimuli, trials)?;
        if self.n_people.is_some() {
            trials = trials.with_participants(people)?;
        }
        let choices = ChoiceFrequencies::trial_by_trial(&trials);
        let predictions = Predictions::new(&choices, probabilities.view())?;
        Ok(predictions.calibration_error(ReliabilityTarget::TopPair, Bins::default()))
    }
}
