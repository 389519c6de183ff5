//! Noise ceilings of choices in simulated experiments.

use std::fmt::Arguments;

use human_alignment::inference::{ChoiceNoiseCeiling, Confidence, Credit, RelativeAccuracy};
use human_alignment::{OddOneOut, Result, Stimuli};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// Prints the mean ceilings, and the coverage of intervals.
#[allow(dead_code)] // Tests simulate single experiments.
pub fn report(replications: usize, seed: u64, line: fn(Arguments<'_>) -> Result<()>) -> Result<()> {
    line(format_args!(
        "Noise ceiling: {replications} simulated experiments per row, 150 objects, questions that \
         several people answer.\nThe model knows the most probable answer to 80 % of the questions.\n"
    ))?;
    line(format_args!(
        "{:>9} {:>7} {:>7}  {:>7} {:>13} {:>9} {:>8} {:>9}  {:>10} {:>10} {:>10}",
        "questions",
        "answers",
        "people",
        "ceiling",
        "leave-one-out",
        "corrected",
        "majority",
        "95 % cover",
        "relative",
        "95 % cover",
        "null p<.05"
    ))?;
    for (n_questions, n_answers, n_people) in [
        (500, 2, 20),
        (500, 3, 20),
        (500, 5, 20),
        (200, 10, 20),
        (100, 40, 80),
        (500, 2, 1000),
    ] {
        let design = Design {
            n_questions,
            n_answers,
            n_people,
        };
        let found = design.replicate(replications, seed)?;
        line(format_args!(
            "{n_questions:>9} {n_answers:>7} {n_people:>7}  {:>7.4} {:>13.4} {:>9.4} {:>8.4} \
             {:>8.1} %  {:>10.3} {:>8.1} % {:>8.1} %",
            found.ceiling,
            found.leave_one_out,
            found.corrected,
            found.majority,
            100.0 * found.coverage,
            found.relative,
            100.0 * found.relative_coverage,
            100.0 * found.false_rejections,
        ))?;
    }
    Ok(())
}

/// An experiment with new objects, questions and people in each replication.
///
/// The logits of the answers to a question are normal, and depend in part on the pair of objects.
#[derive(Debug, Clone, Copy)]
pub struct Design {
    pub n_questions: usize,
    /// Number of answers to each question, by different people.
    pub n_answers: usize,
    pub n_people: usize,
}

/// Means over replications.
#[derive(Debug, Clone, Copy)]
pub struct Findings {
    /// The true ceiling.
    pub ceiling: f64,
    pub leave_one_out: f64,
    pub corrected: f64,
    pub majority: f64,
    /// Share of 95 % intervals of the corrected ceiling that contain the true one.
    pub coverage: f64,
    /// The true relative accuracy of the model.
    pub relative: f64,
    /// Share of 95 % intervals of the relative accuracy that contain the true one.
    pub relative_coverage: f64,
    /// Share of tests at the 5 % level that reject that a perfect model is at the ceiling.
    pub false_rejections: f64,
}

const N_OBJECTS: u32 = 150;

/// Standard deviations of the logits of pairs of objects, and of answers to single questions.
const PAIR_EFFECT: f64 = 1.2;
const QUESTION_EFFECT: f64 = 1.0;

/// Share of the questions of which the model knows the most probable answer.
const KNOWN: f64 = 0.8;

impl Design {
    /// Runs replications, each with its own random stream.
    pub fn replicate(self, n_replications: usize, seed: u64) -> Result<Findings> {
        // The true values are those of many questions.
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let spread = PAIR_EFFECT.hypot(QUESTION_EFFECT);
        let mut truth = [0.0; 2];
        let n_truth = 400_000;
        for _ in 0..n_truth {
            let probabilities = softmax(std::array::from_fn(|_| spread * normal(&mut rng)));
            let [first, best] = [
                probabilities[0],
                probabilities.into_iter().fold(0.0, f64::max),
            ];
            truth[0] += best / f64::from(n_truth);
            truth[1] += (KNOWN * best + (1.0 - KNOWN) * first) / f64::from(n_truth);
        }
        let [ceiling, accuracy] = truth;
        let relative = (accuracy - 1.0 / 3.0) / (ceiling - 1.0 / 3.0);
        let runs = (0..n_replications).into_par_iter();
        let runs = runs.map(|replication| self.run(seed, replication as u64 + 1));
        let runs = runs.collect::<Result<Vec<_>>>()?;
        let n = runs.len() as f64;
        let mean = |of: &dyn Fn(&Run) -> f64| runs.iter().map(of).sum::<f64>() / n;
        Ok(Findings {
            ceiling,
            leave_one_out: mean(&|run| run.ceiling.leave_one_out.value),
            corrected: mean(&|run| run.ceiling.corrected.value),
            majority: mean(&|run| run.ceiling.majority.value),
            coverage: mean(&|run| f64::from(run.ceiling.corrected_interval.contains(ceiling))),
            relative,
            relative_coverage: mean(&|run| {
                let interval = run.model.interval;
                f64::from(interval.is_none_or(|interval| interval.contains(relative)))
            }),
            false_rejections: mean(&|run| f64::from(run.perfect.p_value < 0.05)),
        })
    }

    fn run(self, seed: u64, replication: u64) -> Result<Run> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(replication);
        let n = N_OBJECTS as usize;
        let pairs: Vec<f64> = (0..n * n).map(|_| PAIR_EFFECT * normal(&mut rng)).collect();
        let pair = |a: u32, b: u32| pairs[a.min(b) as usize * n + a.max(b) as usize];
        let (mut trials, mut people) = (Vec::new(), Vec::new());
        let (mut perfect, mut model) = (Vec::new(), Vec::new());
        for question in 0..self.n_questions {
            let [a, b, c] = distinct(&mut rng);
            let logits = [pair(a, b), pair(a, c), pair(b, c)];
            let probabilities =
                softmax(logits.map(|logit| logit + QUESTION_EFFECT * normal(&mut rng)));
            let best = (0..3).fold(0, |best, k| {
                if probabilities[k] > probabilities[best] {
                    k
                } else {
                    best
                }
            });
            let known = rng.random::<f64>() < KNOWN;
            let guessed = rng.random_range(0..3);
            for answer in 0..self.n_answers {
                let drawn: f64 = rng.random();
                let chosen = match drawn {
                    x if x < probabilities[0] => 0,
                    x if x < probabilities[0] + probabilities[1] => 1,
                    _ => 2,
                };
                trials.push([[a, b, c], [a, c, b], [b, c, a]][chosen]);
                people.push(((question * self.n_answers + answer) % self.n_people).to_string());
                perfect.push(Credit::from(chosen == best));
                model.push(Credit::from(chosen == if known { best } else { guessed }));
            }
        }
        let trials =
            OddOneOut::new(Stimuli::numbered(N_OBJECTS), trials)?.with_participants(people)?;
        let confidence = Confidence::default();
        let relative = |credits: &[Credit]| -> Result<RelativeAccuracy> {
            let found = RelativeAccuracy::new(&trials, credits, confidence)?;
            Ok(found.expect("questions are repeated"))
        };
        Ok(Run {
            ceiling: ChoiceNoiseCeiling::new(&trials, confidence).expect("questions are repeated"),
            perfect: relative(&perfect)?,
            model: relative(&model)?,
        })
    }
}

struct Run {
    ceiling: ChoiceNoiseCeiling,
    perfect: RelativeAccuracy,
    model: RelativeAccuracy,
}

fn normal(rng: &mut impl Rng) -> f64 {
    rng.sample(StandardNormal)
}

fn distinct(rng: &mut impl Rng) -> [u32; 3] {
    loop {
        let [a, b, c] = std::array::from_fn(|_| rng.random_range(0..N_OBJECTS));
        if a != b && a != c && b != c {
            return [a, b, c];
        }
    }
}

fn softmax(logits: [f64; 3]) -> [f64; 3] {
    let powers = logits.map(f64::exp);
    let sum: f64 = powers.iter().sum();
    powers.map(|power| power / sum)
}
