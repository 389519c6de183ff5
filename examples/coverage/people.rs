//! Differences between people, and alignment of uncertainties, in simulated experiments.

use std::fmt::Arguments;

use human_alignment::individual::ParticipantAccuracies;
use human_alignment::inference::{Confidence, Credit, Interval};
use human_alignment::uncertainty::{
    Disagreement, SplitHalf, UncertaintyAlignment, UncertaintyAnalysis,
};
use human_alignment::{OddOneOut, Result, Stimuli};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

/// Prints the coverage of intervals of single people, of the standard deviation between people and
/// of uncertainty alignment, and the false-positive rate of the test of equal people.
#[allow(dead_code)] // Tests simulate single experiments.
pub fn report(replications: usize, seed: u64, line: fn(Arguments<'_>) -> Result<()>) -> Result<()> {
    line(format_args!(
        "People: {replications} simulated experiments per row, effects of objects and people on the \
         probit scale.\nCoverage of 95 % intervals of each person's accuracy and of the standard \
         deviation between people,\nand share of tests that find a difference at the 5 % level \
         (false if the people are equal).\n"
    ))?;
    line(format_args!(
        "objects  people  trials each  sd of people  each person  sd between  p < 0.05"
    ))?;
    for (n_objects, n_people, n_trials) in [
        (1854, 10, 200),
        (1854, 100, 50),
        (100, 20, 300),
        (30, 20, 200),
        (10, 20, 100),
    ] {
        for deviation in [0.0, 0.1, 0.3] {
            let crowd = Crowd {
                n_objects,
                n_people,
                n_trials,
                deviation,
            };
            let found = crowd.simulate(replications, seed)?;
            line(format_args!(
                "{n_objects:>7}  {n_people:>6}  {n_trials:>11}  {deviation:>12.1}  {:>9.1} %  \
                 {:>8.1} %  {:>6.1} %",
                100.0 * found.each_person,
                100.0 * found.between,
                100.0 * found.differ
            ))?;
        }
    }
    line(format_args!(
        "\nCoverage of 95 % intervals of the correlations of model and human entropies, and of the \
         slope.\n"
    ))?;
    line(format_args!(
        "objects  questions  answers  Spearman  Pearson    slope"
    ))?;
    for (n_objects, n_questions, n_answers) in [
        (1854, 440, 10),
        (1854, 2000, 5),
        (100, 440, 20),
        (48, 1000, 10),
        (20, 300, 10),
    ] {
        let poll = Poll {
            n_objects,
            n_questions,
            n_answers,
        };
        let found = poll.simulate(replications, seed)?;
        line(format_args!(
            "{n_objects:>7}  {n_questions:>9}  {n_answers:>7}  {:>6.1} %  {:>5.1} %  {:>5.1} %",
            100.0 * found[0],
            100.0 * found[1],
            100.0 * found[2]
        ))?;
    }
    Ok(())
}

/// An experiment in which each participant sees random trials. A trial is correct if a standard
/// normal number is below `MEAN` + the effect of the participant + those of the three objects.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    pub n_objects: u32,
    pub n_people: usize,
    pub n_trials: usize,
    /// Standard deviation of the effects of participants.
    pub deviation: f64,
}

/// Mean and standard deviation of object effects on the probit scale.
const MEAN: f64 = 0.25;
const OBJECT_EFFECT: f64 = 0.35;

/// Rates over experiments.
#[derive(Debug, Clone, Copy)]
pub struct CrowdRates {
    /// Share of people whose interval covers their accuracy for all objects.
    pub each_person: f64,
    /// Share of intervals that cover the standard deviation between people.
    pub between: f64,
    /// Share of tests that find differences between people.
    pub differ: f64,
}

impl Crowd {
    /// Repeats the experiment with other objects, people and trials.
    pub fn simulate(&self, replications: usize, seed: u64) -> Result<CrowdRates> {
        let found = (0..replications as u64)
            .into_par_iter()
            .map(|replication| self.experiment(seed, replication))
            .collect::<Result<Vec<[f64; 3]>>>()?;
        let mean = |which: usize| {
            found.iter().map(|rates| rates[which]).sum::<f64>() / replications as f64
        };
        Ok(CrowdRates {
            each_person: mean(0),
            between: mean(1),
            differ: mean(2),
        })
    }

    /// Returns the accuracy for all objects of a person with an effect.
    fn truth(&self, effect: f64) -> f64 {
        let spread = (1.0 + 3.0 * OBJECT_EFFECT.powi(2)).sqrt();
        Normal::standard().cdf((MEAN + effect) / spread)
    }

    fn experiment(&self, seed: u64, replication: u64) -> Result<[f64; 3]> {
        let mut rng = stream(seed, replication);
        let mut normal = |n: usize, sd: f64| -> Vec<f64> {
            (0..n)
                .map(|_| sd * rng.sample::<f64, _>(StandardNormal))
                .collect()
        };
        let objects = normal(self.n_objects as usize, OBJECT_EFFECT);
        let people = normal(self.n_people, self.deviation);
        let noise = normal(self.n_people * self.n_trials, 1.0);
        let trials = draw_trials(self.n_objects, noise.len(), &mut rng);
        let person = |trial: usize| trial / self.n_trials;
        let right = |(trial, shown): (usize, &[u32; 3])| {
            let effects: f64 = shown.iter().map(|&index| objects[index as usize]).sum();
            Credit::from(noise[trial] < MEAN + people[person(trial)] + effects)
        };
        let credits: Vec<Credit> = trials.iter().enumerate().map(right).collect();
        let labels = (0..trials.len()).map(|trial| person(trial).to_string());
        let trials =
            OddOneOut::new(Stimuli::numbered(self.n_objects), trials)?.with_participants(labels)?;
        let found = ParticipantAccuracies::new(&trials, &credits, Confidence::default())?;
        let covers = found.participants.iter().zip(&people);
        let covers = covers.filter(|(own, effect)| own.interval.contains(self.truth(**effect)));
        // The standard deviation of accuracies, by averaging over the effects of people.
        let grid = (0..400).map(|at| Normal::standard().inverse_cdf((f64::from(at) + 0.5) / 400.0));
        let accuracies: Vec<f64> = grid.map(|z| self.truth(self.deviation * z)).collect();
        let mean = accuracies.iter().sum::<f64>() / 400.0;
        let squares: f64 = accuracies.iter().map(|it| (it - mean).powi(2)).sum();
        let between = (squares / 400.0).sqrt();
        // Rounding must not hide that equal people are covered by an interval that begins at 0.
        let between = if self.deviation == 0.0 { 0.0 } else { between };
        Ok([
            covers.count() as f64 / self.n_people as f64,
            f64::from(u8::from(found.distribution.interval.contains(between))),
            f64::from(u8::from(found.distribution.p_value < 0.05)),
        ])
    }
}

/// A poll in which different people answer each question. People and the model perceive objects as
/// points, the model with noise; choices follow the softmax of dot products.
#[derive(Debug, Clone, Copy)]
pub struct Poll {
    pub n_objects: u32,
    pub n_questions: usize,
    pub n_answers: usize,
}

/// Number of dimensions of the space, and standard deviation of the noise of the model.
const DIMENSIONS: usize = 4;
const MODEL_NOISE: f64 = 0.7;

impl Poll {
    /// Returns the share of experiments in which the intervals of Spearman's and Pearson's
    /// correlation and of the slope cover those of the population of objects. The latter are means
    /// over experiments with many objects and questions, and as many answers to each.
    pub fn simulate(&self, replications: usize, seed: u64) -> Result<[f64; 3]> {
        const N_POPULATIONS: u64 = 16;

        let population = Poll {
            n_objects: 20_000,
            n_questions: 60_000,
            n_answers: self.n_answers,
        };
        let each = (0..N_POPULATIONS).map(|number| -> Result<[f64; 3]> {
            let found = population.experiment(seed, u64::MAX - number)?;
            let (spearman, pearson) = (found.spearman.estimate, found.pearson.estimate);
            Ok([spearman.value, pearson.value, found.slope.value])
        });
        let mut truth = [0.0; 3];
        for values in each {
            for (mean, value) in truth.iter_mut().zip(values?) {
                *mean += value / N_POPULATIONS as f64;
            }
        }
        let found = (0..replications as u64)
            .into_par_iter()
            .map(|replication| {
                let found = self.experiment(seed, replication)?;
                let slope: Interval = found.slope.interval(Confidence::default());
                Ok([
                    found.spearman.interval.contains(truth[0]),
                    found.pearson.interval.contains(truth[1]),
                    slope.contains(truth[2]),
                ])
            })
            .collect::<Result<Vec<[bool; 3]>>>()?;
        let share = |which: usize| {
            found.iter().filter(|covers| covers[which]).count() as f64 / replications as f64
        };
        Ok([share(0), share(1), share(2)])
    }

    fn experiment(&self, seed: u64, replication: u64) -> Result<UncertaintyAlignment> {
        let mut rng = stream(seed, replication);
        let mut points = |sd: f64| -> Vec<[f64; DIMENSIONS]> {
            let mut draw = || std::array::from_fn(|_| sd * rng.sample::<f64, _>(StandardNormal));
            (0..self.n_objects).map(|_| draw()).collect()
        };
        let people = points(1.0);
        let noise = points(MODEL_NOISE);
        let model: Vec<[f64; DIMENSIONS]> = people
            .iter()
            .zip(&noise)
            .map(|(true_point, noise)| std::array::from_fn(|k| true_point[k] + noise[k]))
            .collect();
        let mut answers = Vec::with_capacity(self.n_questions * self.n_answers);
        for shown in draw_trials(self.n_objects, self.n_questions, &mut rng) {
            let [first, second, _] = choice_probabilities(&people, shown);
            for _ in 0..self.n_answers {
                let [a, b, c] = shown;
                let place: f64 = rng.random();
                answers.push(if place < first {
                    [a, b, c]
                } else if place < first + second {
                    [a, c, b]
                } else {
                    [b, c, a]
                });
            }
        }
        let answers = OddOneOut::new(Stimuli::numbered(self.n_objects), answers)?;
        let human = Disagreement::new(&answers, 2)?;
        let entropies: Vec<f64> = human
            .questions()
            .as_slice()
            .iter()
            .map(|&shown| {
                let entropy = |p: &f64| if *p > 0.0 { -p * p.ln() } else { 0.0 };
                choice_probabilities(&model, shown)
                    .iter()
                    .map(entropy)
                    .sum()
            })
            .collect();
        UncertaintyAnalysis::default()
            .with_split_half(SplitHalf::new(1, seed)?)
            .run_entropies(&human, &entropies)
    }
}

/// Returns the probabilities of the pairs (0,1), (0,2), (1,2).
fn choice_probabilities(points: &[[f64; DIMENSIONS]], [a, b, c]: [u32; 3]) -> [f64; 3] {
    let dot = |(a, b): (u32, u32)| -> f64 {
        let [a, b] = [a, b].map(|index| points[index as usize]);
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    };
    let weights = [(a, b), (a, c), (b, c)].map(|pair| (0.7 * dot(pair)).exp());
    let total: f64 = weights.iter().sum();
    weights.map(|weight| weight / total)
}

fn stream(seed: u64, replication: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(replication);
    rng
}

fn draw_trials(n_objects: u32, n_trials: usize, rng: &mut ChaCha8Rng) -> Vec<[u32; 3]> {
    let draw = || -> [u32; 3] { std::array::from_fn(|_| rng.random_range(0..n_objects)) };
    std::iter::repeat_with(draw)
        .filter(|[a, b, c]| a != b && a != c && b != c)
        .take(n_trials)
        .collect()
}
