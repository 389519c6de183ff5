//! Model recovery of a comparison by probes: does it select the model that generated the choices?
//!
//! ```text
//! cargo run --release --example recovery                          # simulated participants
//! cargo run --release --example recovery -- --features A.npy --features B.npy \
//!     --triplets T.npy --lambda 0.1
//! ```
//!
//! Choices are simulated from each fitted candidate with the noise of the participants, all
//! candidates are fitted again, and the winners are counted, with all trials and with fewer. Rates
//! have 95 % intervals over simulations. An error ends the program with exit code 1 and one line.

#[path = "common/candidates.rs"]
mod candidates;
mod common;
#[path = "common/features.rs"]
mod features;
#[path = "common/pairing.rs"]
mod pairing;
#[path = "common/reading.rs"]
mod reading;
#[path = "simulated/mod.rs"]
mod simulated;
#[path = "common/trials.rs"]
mod trials;

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use common::Unused;
use human_alignment::figure::{AlignmentCurves, PlottedValue, Quantity, Spacing};
use human_alignment::inference::Confidence;
use human_alignment::probe::{PenaltyKind, ProbeCrossValidation};
use human_alignment::recovery::{
    ChoiceNoise, Criterion, ModelRecovery, ModelRecoveryResult, RecoveryRate,
};
use human_alignment::{Error, OddOneOut, OddOneOutTask, Probe, Provenance, Representation, Result};
use ndarray::Array2;
use serde::Serialize;

use features::FeatureReading;
use trials::{Input, TrialReading};

/// Test how often a comparison by probes selects the model that generated the choices (model
/// recovery).
///
/// Without --features, participants and networks are simulated.
#[derive(Parser)]
#[command(name = "recovery", allow_negative_numbers = true)]
struct Arguments {
    /// Features, one row per stimulus (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt). Repeat
    /// the flag for each candidate; at least two.
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
    /// Odd-one-out trials (.npy, .npz, .mat, .txt, .csv, .tsv): three stimulus indices or ids per
    /// trial, the odd one last; or a table with columns such as image1, image2, image3, choice.
    #[arg(long, value_name = "FILE", requires = "features")]
    triplets: Option<PathBuf>,
    /// Weight of the penalty, in nats. Of several weights, separated by commas, 3-fold
    /// cross-validation chooses one.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "0.001",
        value_name = "X[,Y,…]"
    )]
    lambda: Vec<f64>,
    /// Form of the penalty: isotropic or trace.
    #[arg(long, default_value_t)]
    penalty: PenaltyKind,
    /// Duality gap at which a fit stops, in nats.
    #[arg(long, default_value_t = 1e-4, value_name = "NATS")]
    tolerance: f64,
    /// Number of folds of the cross-validation.
    #[arg(long, default_value_t = 3)]
    folds: usize,
    /// Number of simulations per candidate.
    #[arg(long, default_value_t = 10)]
    replicates: usize,
    /// Share of simulated choices that agree with the most probable pair, such as the noise ceiling
    /// of the participants. Default: the accuracy of each candidate for the participants.
    #[arg(long, value_name = "SHARE")]
    ceiling: Option<f64>,
    /// Smaller numbers of trials with which the simulations are repeated, separated by commas.
    /// Default: an eighth, a quarter and a half of the trials, if folds of them have enough trials.
    #[arg(long, value_delimiter = ',', value_name = "N[,M,…]")]
    trial_counts: Option<Vec<usize>>,
    /// Draw the rate against the number of trials (.svg or .png).
    #[arg(long, value_name = "FILE", value_parser = figure_file)]
    figure: Option<PathBuf>,
    /// Seed of the random number generator.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print each simulation to standard error when it is complete.
    #[arg(long)]
    progress: bool,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    recovery: ModelRecoveryResult,
    /// Number of wins, generating × winning candidate.
    wins: Vec<Vec<f64>>,
    rate: f64,
    rate_by_cross_entropy: f64,
    /// Rate of each candidate with its 95 % interval.
    rates: Vec<Option<RecoveryRate>>,
    /// Rate for each number of trials, with its 95 % interval.
    curve: Vec<RecoveryRate>,
    curve_by_cross_entropy: Vec<RecoveryRate>,
    #[serde(flatten)]
    input: Option<Input>,
    #[serde(rename = "simulated")]
    is_simulated: bool,
}

fn unused(arguments: &Arguments) -> Option<Unused> {
    let of_simulation = &[
        "lambda",
        "penalty",
        "tolerance",
        "folds",
        "replicates",
        "ceiling",
        "trial_counts",
        "figure",
        "seed",
        "progress",
        "json",
    ];
    let is_simulated = arguments.triplets.is_none();
    let simulated = Unused::all_but(
        of_simulation,
        "without --features, as the data are simulated",
    );
    is_simulated.then_some(simulated)
}

fn main() -> ExitCode {
    common::main_with(unused, |arguments: &Arguments| {
        if let Some(path) = &arguments.figure {
            common::check_folder(path)?;
        }
        let report = run(arguments)?;
        if let Some(path) = &arguments.figure {
            draw(&report, path)?;
        }
        Ok(match arguments.json {
            true => serde_json::to_string(&report).expect("string keys and finite numbers"),
            false => table(&report),
        })
    })
}

fn run(arguments: &Arguments) -> Result<Report> {
    let (candidates, trials, input) = match &arguments.triplets {
        Some(path) => read(arguments, path)?,
        None => simulated(arguments.seed)?,
    };
    let penalty = *arguments
        .lambda
        .first()
        .ok_or_else(|| Error::other("--lambda needs at least one value"))?;
    let probe = Probe::new(penalty)?
        .with_penalty_kind(arguments.penalty)
        .with_tolerance(arguments.tolerance)?;
    let validation = ProbeCrossValidation::new(probe)
        .with_penalties(&arguments.lambda)?
        .with_folds(Default::default(), arguments.folds)?
        .with_inner_tolerance(arguments.tolerance)?
        .with_seed(arguments.seed);
    let counts = arguments.trial_counts.clone();
    let counts = counts.unwrap_or_else(|| trial_counts(trials.len(), arguments.folds));
    let noise = arguments.ceiling.map(ChoiceNoise::Accuracy);
    let recovery = ModelRecovery::new(validation)
        .with_replicates(arguments.replicates)?
        .with_noise(noise.unwrap_or_default())?
        .with_trial_counts(&counts)?
        .with_seed(arguments.seed);
    let mut number = 0;
    let found = recovery.run_observed(
        &candidates.iter().collect::<Vec<_>>(),
        &trials,
        |replicate| {
            number += 1;
            if arguments.progress {
                let winners = replicate.winners(Criterion::Accuracy);
                let generating = replicate.generating;
                common::note(format_args!(
                    "{number}, {} trials: generated by {generating}, won by {winners:?}",
                    replicate.n_trials
                ));
            }
            ControlFlow::Continue(())
        },
    )?;
    let rows = |wins: Array2<f64>| wins.rows().into_iter().map(|row| row.to_vec()).collect();
    Ok(Report {
        wins: rows(found.wins(Criterion::Accuracy)),
        rate: found.rate(Criterion::Accuracy),
        rate_by_cross_entropy: found.rate(Criterion::CrossEntropy),
        rates: found.rates_by_candidate(Criterion::Accuracy, Confidence::default()),
        curve: found.curve(Criterion::Accuracy, Confidence::default()),
        curve_by_cross_entropy: found.curve(Criterion::CrossEntropy, Confidence::default()),
        recovery: found,
        input,
        is_simulated: arguments.triplets.is_none(),
    })
}

/// Returns an eighth, a quarter and a half of the trials, if each fold of objects has about ten test
/// trials or more.
fn trial_counts(n_trials: usize, n_folds: usize) -> Vec<usize> {
    let parts = [8, 4, 2].map(|part| n_trials / part);
    let enough = n_folds.saturating_pow(3).saturating_mul(10);
    parts.into_iter().filter(|&n| n >= enough).collect()
}

type Candidates = (Vec<Representation>, OddOneOut, Option<Input>);

fn read(arguments: &Arguments, trials: &Path) -> Result<Candidates> {
    let ids = arguments.ids.as_deref();
    let files = arguments
        .features
        .iter()
        .map(|path| (path.as_path(), ids, None));
    let features = arguments
        .reading
        .features_of_all(&files.collect::<Vec<_>>())?;
    let named = arguments.features.iter().zip(features);
    let candidates = named.map(|(path, features)| {
        let provenance: Provenance = features.provenance().clone();
        let provenance = provenance.with_model(path.display().to_string());
        features.with_provenance(provenance)
    });
    let candidates: Vec<_> = candidates.collect();
    let drop_missing = arguments.trial_reading.drop_missing;
    let shared = candidates::shared_stimuli(&candidates, drop_missing)?;
    let reading = &arguments.reading.text;
    let (trials, input) = arguments.trial_reading.trials::<OddOneOutTask>(
        trials,
        candidates[0].stimuli(),
        &shared,
        reading,
    )?;
    Ok((candidates, trials, Some(input)))
}

/// Simulates three networks, and participants who judge by concepts that all networks represent.
fn simulated(seed: u64) -> Result<Candidates> {
    let world = simulated::World::new(60, 0, seed)?;
    let trials = world.odd_one_out(&[1.0; simulated::N_CONCEPTS], 3000, seed)?;
    Ok((world.networks, trials, None))
}

/// Checks the path of a figure before any computation.
fn figure_file(path: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(path);
    let extension = path.extension().and_then(|extension| extension.to_str());
    if !matches!(extension, Some("svg" | "png")) {
        return Err("expected a name that ends in .svg or .png".into());
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(format!("the folder {} does not exist", folder.display()))
        }
        _ => Ok(path),
    }
}

/// Draws the rate against the number of trials.
fn draw(report: &Report, path: &Path) -> Result<()> {
    let candidates = &report.recovery.candidates;
    let title = match report.is_simulated {
        true => "Model recovery (simulated participants)",
        false => "Model recovery",
    };
    let trials = Quantity::count("Number of simulated trials");
    let share = Quantity::percent("Simulations won by the generating candidate");
    let mut figure = AlignmentCurves::new(title, trials, share)
        .with_spacing(Spacing::Logarithmic)
        .with_chance(1.0 / candidates.len() as f64)?;
    for (name, curve) in [
        ("by accuracy", &report.curve),
        ("by cross-entropy", &report.curve_by_cross_entropy),
    ] {
        let point = |rate: &RecoveryRate| {
            let value = PlottedValue::from(rate.rate).with_interval(rate.interval);
            (rate.n_trials as f64, value)
        };
        figure = figure.with_curve(name, curve.iter().map(point))?;
    }
    figure.write(path)
}

fn table(report: &Report) -> String {
    let mut text = String::new();
    if report.is_simulated {
        text.push_str("Participants, objects and networks are simulated.\n\n");
    }
    let candidates = &report.recovery.candidates;
    let widest = candidates.iter().map(|one| one.name.chars().count());
    let width = widest.max().unwrap_or(0).max("candidate".len());
    let _ = write!(
        text,
        "{:width$}  {:26}  {:>8}  {:>16}  won by",
        "candidate", "accuracy, held-out objects", "lambda", "dimensionality"
    );
    for number in 0..candidates.len() {
        let _ = write!(text, " {:>5}", number + 1);
    }
    text.push_str("  recovered");
    for (number, (candidate, wins)) in candidates.iter().zip(&report.wins).enumerate() {
        let people = &candidate.people.probed;
        let _ = write!(
            text,
            "\n{:width$}  {:5.2} % [{:5.2}, {:5.2}]       {:>8}  {:5.1} → {:5.1}     {:>6}",
            candidate.name,
            100.0 * people.accuracy.value,
            100.0 * people.interval.lower,
            100.0 * people.interval.upper,
            candidate.fit.penalty(),
            candidate.effective_dimensionality,
            candidate.transformed_effective_dimensionality,
            number + 1,
        );
        for wins in wins {
            let _ = write!(text, " {wins:>5.1}");
        }
        if let Some(rate) = &report.rates[number] {
            let _ = write!(text, "  {}", of_rate(rate));
        }
    }
    let expected = candidates.iter().map(|one| 100.0 * one.expected_accuracy);
    let expected: Vec<String> = expected.map(|share| format!("{share:.1}")).collect();
    let _ = write!(
        text,
        "\n\nNoise of the simulated choices: {} % agree with the most probable pair of the \
         candidate.",
        expected.join(", ")
    );
    let _ = write!(
        text,
        "\nEach row: how often each candidate best predicts the choices simulated from the \
         candidate of the row.\nThe generating candidate wins in {:.0} % of {} simulations \
         ({:.0} % by cross-entropy; chance {:.0} %).",
        100.0 * report.rate,
        report.recovery.replicates.len(),
        100.0 * report.rate_by_cross_entropy,
        100.0 / candidates.len() as f64,
    );
    if report.curve.len() > 1 {
        let _ = write!(
            text,
            "\n\n{:>9}  {:20}  by cross-entropy",
            "trials", "recovered"
        );
        for (rate, by_cost) in report.curve.iter().zip(&report.curve_by_cross_entropy) {
            let rates = [of_rate(rate), of_rate(by_cost)];
            let _ = write!(
                text,
                "\n{:>9}  {:20}  {}",
                rate.n_trials, rates[0], rates[1]
            );
        }
    }
    text
}

fn of_rate(rate: &RecoveryRate) -> String {
    format!(
        "{:3.0} % [{:.0}, {:.0}]",
        100.0 * rate.rate,
        100.0 * rate.interval.lower,
        100.0 * rate.interval.upper
    )
}
