//! Planned and simulated power.

use std::fmt::Arguments;

use human_alignment::inference::{PlannedDesign, VarianceComponents, clustered_mean_of};
use human_alignment::{OddOneOut, Result, Stimuli};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// Prints planned and simulated standard errors and powers.
#[allow(dead_code)] // Tests simulate single experiments.
pub fn report(replications: usize, seed: u64, line: fn(Arguments<'_>) -> Result<()>) -> Result<()> {
    line(format_args!(
        "Power: {replications} simulated replications of each experiment. The planned standard error \
         and power, those\nof the simulated experiments, the power that is planned from the \
         variances of a single experiment, and the\nestimated variances between objects and between \
         people (true: 0.0040).\n"
    ))?;
    line(format_args!(
        "{:>7} {:>8} {:>7} {:>8}  {:>8} {:>8}  {:>8} {:>9} {:>10}",
        "people",
        "objects",
        "trials",
        "answers",
        "se",
        "true sd",
        "power",
        "simulated",
        "from pilot"
    ))?;
    for (n_people, n_objects, own, answers) in [
        (10, 48, 100, 1),
        (10, 200, 100, 1),
        (30, 48, 100, 1),
        (30, 200, 100, 1),
        (30, 200, 100, 5),
        (100, 1000, 50, 1),
    ] {
        let design = PlannedDesign::new(n_people, n_objects, own)?;
        let design = design.with_answers_per_question(answers)?;
        let experiment = Experiment::new(design, true)?;
        let found = experiment.replicate(replications, seed)?;
        line(format_args!(
            "{n_people:>7} {n_objects:>8} {own:>7} {answers:>8}  {:>8.4} {:>8.4}  {:>6.1} % {:>7.1} % \
             {:>8.1} %  {:.4} {:.4}",
            found.planned_error,
            found.standard_deviation,
            100.0 * found.planned_power,
            100.0 * found.rejections,
            100.0 * found.power_from_pilot,
            found.mean_objects,
            found.mean_participants
        ))?;
    }
    Ok(())
}

/// An experiment with new objects, people and trials in each replication. The true difference is
/// detected with a planned power of 70 %.
#[derive(Debug, Clone, Copy)]
pub struct Experiment {
    pub design: PlannedDesign,
    pub components: VarianceComponents,
    pub difference: f64,
}

/// Summary of the replications.
#[derive(Debug, Clone, Copy)]
pub struct Findings {
    pub planned_error: f64,
    /// Standard deviation of the mean difference over replications.
    pub standard_deviation: f64,
    pub planned_power: f64,
    /// Share of replications with p < 0.05.
    pub rejections: f64,
    /// Mean power that is planned from the variances that are estimated in a replication.
    pub power_from_pilot: f64,
    /// Means of the estimated variances between objects and between people.
    pub mean_objects: f64,
    pub mean_participants: f64,
}

impl Experiment {
    /// Creates an experiment in which people differ, or not.
    pub fn new(design: PlannedDesign, people_differ: bool) -> Result<Self> {
        let mut components = VarianceComponents::residual(0.2)?;
        components.objects = 0.004;
        components.questions = 0.02;
        if people_differ {
            components.participants = 0.004;
            components.objects_by_participants = 0.004;
        }
        Ok(Self {
            design,
            components,
            difference: design.detectable_difference(&components, 0.7, 0.05)?,
        })
    }

    /// Runs replications, each with its own random stream.
    pub fn replicate(&self, n_replications: usize, seed: u64) -> Result<Findings> {
        let replications = (0..n_replications)
            .into_par_iter()
            .map(|replication| self.run(seed, replication))
            .collect::<Result<Vec<Replication>>>()?;
        let mean = |of: &dyn Fn(&Replication) -> f64| {
            replications.iter().map(of).sum::<f64>() / n_replications as f64
        };
        let center = mean(&|one| one.value);
        let variance = mean(&|one| (one.value - center).powi(2));
        Ok(Findings {
            planned_error: self.design.standard_error(&self.components)?,
            standard_deviation: variance.sqrt(),
            planned_power: self.design.power(&self.components, self.difference, 0.05)?,
            rejections: mean(&|one| f64::from(one.rejected)),
            power_from_pilot: mean(&|one| one.power),
            mean_objects: mean(&|one| one.components.objects),
            mean_participants: mean(&|one| one.components.participants),
        })
    }

    fn run(&self, seed: u64, replication: usize) -> Result<Replication> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(replication as u64);
        let Self {
            design, components, ..
        } = self;
        let (n_people, n_objects) = (design.n_participants(), design.n_objects());
        let mut effects = |n: usize, variance: f64| -> Vec<f64> {
            let draw = |_| variance.sqrt() * rng.sample::<f64, _>(StandardNormal);
            (0..n).map(draw).collect()
        };
        let of_objects = effects(n_objects, components.objects);
        let of_people = effects(n_people, components.participants);
        let of_both = effects(n_objects * n_people, components.objects_by_participants);
        let n_trials = n_people * design.trials_per_participant();
        let n_questions = n_trials.div_ceil(design.answers_per_question());
        let of_questions = effects(n_questions, components.questions);
        let noise = effects(n_trials, components.residual);
        let mut questions = Vec::with_capacity(n_questions);
        while questions.len() < n_questions {
            let question: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..n_objects as u32));
            let [a, b, c] = question;
            if a != b && a != c && b != c {
                questions.push(question);
            }
        }
        // Each question is answered by consecutive participants, in an order of its own.
        let mut order: Vec<usize> = (0..n_people).collect();
        let (mut trials, mut values, mut people) = (Vec::new(), Vec::new(), Vec::new());
        for trial in 0..n_trials {
            if trial % n_people == 0 {
                order.shuffle(&mut rng);
            }
            let person = order[trial % n_people];
            let index = trial / design.answers_per_question();
            let question = questions[index];
            let effect = |&object: &u32| {
                let object = object as usize;
                of_objects[object] + of_both[object * n_people + person]
            };
            let own: f64 = question.iter().map(effect).sum();
            values.push(
                self.difference + own + of_people[person] + of_questions[index] + noise[trial],
            );
            trials.push(question);
            people.push(person.to_string());
        }
        let trials = OddOneOut::new(Stimuli::numbered(n_objects as u32), trials)?;
        let trials = trials.with_participants(people)?;
        let estimate = clustered_mean_of(&trials, &values)?;
        let components = VarianceComponents::estimate(&trials, &values)?;
        Ok(Replication {
            value: estimate.value,
            rejected: estimate.p_value() < 0.05,
            power: design.power(&components, self.difference, 0.05)?,
            components,
        })
    }
}

struct Replication {
    value: f64,
    rejected: bool,
    power: f64,
    components: VarianceComponents,
}
