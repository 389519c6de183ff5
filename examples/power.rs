//! Power of planned experiments that compare two representations by odd-one-out trials.
//!
//! ```text
//! cargo run --release --example power                             # simulated pilot
//! cargo run --release --example power -- --features A.npy --features B.npy --triplets T.npy \
//!     --participants P.npy --difference 0.02
//! ```
//!
//! The variances between objects, participants and questions are estimated from pilot trials. An
//! error ends the program with exit code 1 and one line.

#[path = "common/candidates.rs"]
mod candidates;
mod common;
#[path = "common/features.rs"]
mod features;
#[path = "common/pairing.rs"]
mod pairing;
#[path = "common/reading.rs"]
mod reading;
#[path = "common/trials.rs"]
mod trials;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use human_alignment::inference::{Estimate, PlannedDesign, VarianceComponents, clustered_mean_of};
use human_alignment::{
    Error, OddOneOut, OddOneOutTask, Result, Similarity, Stimuli, ZeroShotOddOneOut,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use serde::Serialize;

use common::Unused;
use features::FeatureReading;
use trials::{Input, TrialReading};

/// Compute how many participants and objects an experiment needs to detect a difference between the
/// accuracies of two representations.
///
/// Without --features, the pilot trials are simulated.
#[derive(Parser)]
#[command(name = "power", allow_negative_numbers = true)]
struct Arguments {
    /// Features, one row per stimulus (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt). Twice:
    /// one file for each representation.
    #[arg(long, value_name = "FILE", requires = "triplets")]
    features: Vec<PathBuf>,
    /// File with the stimulus ids of the feature rows: one id per line, or a table with an id
    /// column.
    #[arg(long, value_name = "FILE", requires = "features")]
    ids: Option<PathBuf>,
    #[command(flatten)]
    reading: FeatureReading,
    #[command(flatten)]
    trial_reading: TrialReading,
    /// Odd-one-out trials of the pilot (.npy, .npz, .mat, .txt, .csv, .tsv): three stimulus indices
    /// or ids per trial, the odd one last; or a table with columns such as image1, image2, image3,
    /// choice.
    #[arg(long, value_name = "FILE", requires = "features")]
    triplets: Option<PathBuf>,
    /// Similarity of two stimuli: dot, cosine, pearson, negative-euclidean or
    /// negative-squared-euclidean.
    #[arg(long, default_value = "cosine")]
    similarity: Similarity,
    /// The difference of accuracies to be detected (0.02 is 2 points).
    #[arg(long, default_value_t = 0.02, value_name = "X")]
    difference: f64,
    /// Level of the two-sided test.
    #[arg(long, default_value_t = 0.05)]
    level: f64,
    /// Numbers of participants, separated by commas.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "10,20,50,100,200",
        value_name = "N[,N,…]"
    )]
    people: Vec<usize>,
    /// Numbers of objects, separated by commas.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "48,100,300,1000",
        value_name = "N[,N,…]"
    )]
    objects: Vec<usize>,
    /// Number of trials of each participant.
    #[arg(long, default_value_t = 200, value_name = "N")]
    trials_per_person: usize,
    /// Number of participants who answer each question.
    #[arg(long, default_value_t = 1, value_name = "N")]
    repeats: usize,
    /// Seed of the random number generator.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    /// The difference of the accuracies in the pilot trials.
    pilot: Estimate,
    n_pilot_trials: usize,
    n_pilot_participants: Option<usize>,
    /// Variances of the difference of the credits in a trial.
    components: VarianceComponents,
    difference: f64,
    level: f64,
    designs: Vec<Planned>,
    #[serde(flatten)]
    input: Option<Input>,
    /// Whether the pilot trials are simulated.
    simulated: bool,
}

#[derive(Serialize)]
struct Planned {
    #[serde(flatten)]
    design: PlannedDesign,
    standard_error: f64,
    power: f64,
    /// The smallest difference that is detected with a power of 80 %.
    detectable_difference: f64,
}

fn unused(arguments: &Arguments) -> Option<Unused> {
    let of_designs = &[
        "difference",
        "level",
        "people",
        "objects",
        "trials_per_person",
        "repeats",
        "seed",
        "json",
    ];
    let is_simulated = arguments.features.is_empty();
    let simulated = Unused::all_but(of_designs, "without --features, as the pilot is simulated");
    is_simulated.then_some(simulated)
}

fn main() -> ExitCode {
    common::main_with(unused, |arguments: &Arguments| {
        let report = run(arguments)?;
        Ok(match arguments.json {
            true => serde_json::to_string(&report).expect("string keys and finite numbers"),
            false => table(arguments, &report),
        })
    })
}

fn run(arguments: &Arguments) -> Result<Report> {
    let difference = arguments.difference;
    if !(f64::MIN_POSITIVE..1.0).contains(&difference) {
        return Err(Error::other(format!(
            "--difference is {difference}: expected a share above 0 and below 1; 0.02 is 2 points"
        )));
    }
    let (trials, differences, input) = match &arguments.triplets {
        Some(path) => read(arguments, path)?,
        None => simulated(arguments.seed)?,
    };
    let components = VarianceComponents::estimate(&trials, &differences)?;
    let mut designs = Vec::new();
    for &n_people in &arguments.people {
        for &n_objects in &arguments.objects {
            let design = PlannedDesign::new(n_people, n_objects, arguments.trials_per_person)?;
            let design = design.with_answers_per_question(arguments.repeats)?;
            let (difference, level) = (arguments.difference, arguments.level);
            designs.push(Planned {
                design,
                standard_error: design.standard_error(&components)?,
                power: design.power(&components, difference, level)?,
                detectable_difference: design.detectable_difference(&components, 0.8, level)?,
            });
        }
    }
    Ok(Report {
        pilot: clustered_mean_of(&trials, &differences)?,
        n_pilot_trials: trials.len(),
        n_pilot_participants: trials.participants().map(|people| people.labels().len()),
        components,
        difference: arguments.difference,
        level: arguments.level,
        designs,
        simulated: input.is_none(),
        input,
    })
}

/// Trials with the difference of the credits of two representations in each.
type Pilot = (OddOneOut, Vec<f64>, Option<Input>);

fn read(arguments: &Arguments, path: &Path) -> Result<Pilot> {
    let [first, second] = arguments.features.as_slice() else {
        return Err(Error::other("--features is needed twice"));
    };
    let read = |path: &Path| arguments.reading.features(path, arguments.ids.as_deref());
    let both = [read(first)?, read(second)?];
    let shared = candidates::shared_stimuli(&both, arguments.trial_reading.drop_missing)?;
    let text = &arguments.reading.text;
    let stimuli = both[0].stimuli();
    let (trials, input) = arguments
        .trial_reading
        .trials::<OddOneOutTask>(path, stimuli, &shared, text)?;
    let metric = ZeroShotOddOneOut::new(arguments.similarity);
    let [first, second] = both.map(|features| metric.outcomes(&features, &trials));
    let (first, second) = (first?, second?);
    let credits = first.credits().iter().zip(second.credits());
    let differences = credits
        .map(|(first, second)| first.value() - second.value())
        .collect();
    Ok((trials, differences, Some(input)))
}

/// Simulates 12 participants who answer 200 questions each about 60 objects, and two models that
/// differ by about 3 points.
fn simulated(seed: u64) -> Result<Pilot> {
    const N_OBJECTS: usize = 60;
    const N_PEOPLE: usize = 12;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut effects = |n: usize, sd: f64| -> Vec<f64> {
        let draw = |_| sd * rng.sample::<f64, _>(StandardNormal);
        (0..n).map(draw).collect()
    };
    // What is difficult for both models, and for one of them, by object and by participant.
    let common = [effects(N_OBJECTS, 0.3), effects(N_PEOPLE, 0.3)];
    let own: [[Vec<f64>; 2]; 2] =
        std::array::from_fn(|_| [effects(N_OBJECTS, 0.15), effects(N_PEOPLE, 0.15)]);
    let (mut trials, mut people, mut differences) = (Vec::new(), Vec::new(), Vec::new());
    while trials.len() < 200 * N_PEOPLE {
        let trial: [u32; 3] = std::array::from_fn(|_| rng.random_range(0..N_OBJECTS as u32));
        let [a, b, c] = trial;
        if a == b || a == c || b == c {
            continue;
        }
        let person = trials.len() % N_PEOPLE;
        let shared: f64 = rng.sample(StandardNormal);
        let is_correct = |model: usize, noise: f64| {
            let effect =
                |&object: &u32| common[0][object as usize] + own[model][0][object as usize];
            let objects: f64 = trial.iter().map(effect).sum();
            let of_person = common[1][person] + own[model][1][person];
            let better = if model == 0 { 0.1 } else { 0.0 };
            f64::from(objects + of_person + shared + noise + better > 0.0)
        };
        let [first, second] = [rng.sample(StandardNormal), rng.sample(StandardNormal)];
        differences.push(is_correct(0, first) - is_correct(1, second));
        trials.push(trial);
        people.push(person.to_string());
    }
    let trials = OddOneOut::new(Stimuli::numbered(N_OBJECTS as u32), trials)?;
    Ok((trials.with_participants(people)?, differences, None))
}

fn table(arguments: &Arguments, report: &Report) -> String {
    let Report {
        pilot, components, ..
    } = report;
    let mut text = match &report.input {
        Some(_) => String::new(),
        None => "The pilot trials are simulated.\n\n".to_owned(),
    };
    let people = match report.n_pilot_participants {
        Some(n) => format!("{n} participants"),
        None => "unknown participants, who are assumed not to differ".into(),
    };
    let _ = write!(
        text,
        "Pilot: {} trials of {people}, difference {:+.2} points\n\
         Variances of the difference in a trial: objects {:.4}, participants {:.4}, objects ×\n\
         participants {:.4}, questions {:.4}, rest {:.4}\n\n\
         Power to detect a difference of {:.2} points at level {}, in %, and in brackets the \
         smallest difference,\nin points, that is detected with a power of 80 %. Each participant \
         has {} trials; each question is\nanswered by {}.\n\n{:>8}",
        report.n_pilot_trials,
        100.0 * pilot.value,
        components.objects,
        components.participants,
        components.objects_by_participants,
        components.questions,
        components.residual,
        100.0 * report.difference,
        report.level,
        arguments.trials_per_person,
        match arguments.repeats {
            1 => "one participant".into(),
            n => format!("{n} participants"),
        },
        "people"
    );
    for n_objects in &arguments.objects {
        let _ = write!(text, "  {:>14}", format!("{n_objects} objects"));
    }
    for row in report.designs.chunks(arguments.objects.len().max(1)) {
        let _ = write!(text, "\n{:>8}", row[0].design.n_participants());
        for planned in row {
            let (power, least) = (planned.power, planned.detectable_difference);
            let cell = format!("{:.0} ({:.1})", 100.0 * power, 100.0 * least);
            let _ = write!(text, "  {cell:>14}");
        }
    }
    text
}
