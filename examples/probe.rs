//! The linear transform of features that best explains human choices, with a certificate.
//!
//! ```text
//! cargo run --release --example probe -- --features F.npy --triplets T.npy --lambda 1e-4
//! cargo run --release --example probe -- --features F.npy --triplets T.npy \
//!     --lambda 1e-2,1e-3,1e-4,1e-5 --folds 3 --save transform.npz --json
//! cargo run --release --example probe -- --features F.npy --triplets T.npy \
//!     --penalty trace --lambda 0.01
//! ```
//!
//! Features are standardized by one mean and standard deviation over all rows of the file, to which
//! trial indices refer. With `--folds`, the probe is tested on held-out objects, and penalties are
//! chosen within each fold. An error ends the program with exit code 1 and one line; a fit that is
//! not certified to be within the tolerance is printed, with exit code 2.

#[path = "common/bar.rs"]
mod bar;
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
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{ArgGroup, Parser};
use common::Unused;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::metric::odd_one_out::OddOneOutScore;
use human_alignment::probe::{
    Convergence, HoldOut, Iteration, Moments, PenaltyCandidate, PenaltyKind, Pooled, PooledScore,
    ProbeCrossValidation, ProbeCrossValidationResult, ProbeFoldResult, ProbeProgress,
};
use human_alignment::{
    AlignmentMetric, AnchoredTask, OddOneOutTask, Probe, Representation, Result, Similarity, Task,
    Trials, ZeroShotOddOneOut,
};
use indicatif::ProgressBar;
use serde::Serialize;

use common::Answer;
use features::FeatureReading;
use trials::{Input, TrialReading};

/// Fit the linear transform of features that best predicts human choices, with an upper bound of
/// its distance from the optimum.
#[derive(Parser)]
#[command(name = "probe", allow_negative_numbers = true)]
#[command(group(ArgGroup::new("trials").required(true).args(["triplets", "anchored"])))]
struct Arguments {
    /// Features, one row per stimulus (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt).
    #[arg(long, value_name = "FILE")]
    features: PathBuf,
    /// Odd-one-out trials (.npy, .npz, .mat, .txt, .csv, .tsv): three stimulus indices or ids per
    /// trial, the odd one last; or a table with columns such as image1, image2, image3, choice.
    #[arg(long, value_name = "FILE")]
    triplets: Option<PathBuf>,
    /// Anchored trials instead of odd-one-out trials, in the same formats: head, close and far
    /// stimulus; or a table with columns such as head, winner, loser.
    #[arg(long, value_name = "FILE")]
    anchored: Option<PathBuf>,
    /// File with the stimulus ids of the feature rows: one id per line, or a table with an id
    /// column.
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    #[command(flatten)]
    reading: FeatureReading,
    #[command(flatten)]
    trial_reading: TrialReading,
    /// Weight of the penalty, in nats. Of several weights, separated by commas, 3-fold
    /// cross-validation chooses one.
    #[arg(long, required = true, value_delimiter = ',', value_name = "X[,Y,…]")]
    lambda: Vec<f64>,
    /// Form of the penalty: isotropic (the distance of the transform from a multiple of the
    /// identity, which leaves directions without information in the trials unchanged) or trace
    /// (which sets them to 0).
    #[arg(long, default_value_t)]
    penalty: PenaltyKind,
    /// Duality gap at which the fit stops, in nats.
    #[arg(long, default_value_t = 1e-7, value_name = "NATS")]
    tolerance: f64,
    /// Temperature by which similarities are divided before the softmax.
    #[arg(long, default_value_t = 1.0)]
    temperature: f64,
    /// Maximum rank of the transform. Default: no limit.
    #[arg(long)]
    rank: Option<usize>,
    /// Add a bias to the transform.
    #[arg(long)]
    bias: bool,
    /// Maximum number of gradients, after which the fit stops without a certificate.
    #[arg(long, default_value_t = 20_000)]
    max_gradients: usize,
    /// Also cross-validate the probe, including the choice of the penalty, with K folds.
    #[arg(long, value_name = "K")]
    folds: Option<usize>,
    /// What folds hold out: objects, or trials-sharing-objects (trials at random, whose objects
    /// also occur in training, so that accuracies are too high for new objects).
    #[arg(long, default_value = "objects")]
    hold_out: HoldOut,
    /// Standardize folds by the mean and standard deviation of all objects, as published, instead
    /// of the training objects.
    #[arg(long)]
    moments_of_all_objects: bool,
    /// Seed of the random number generator.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write the fitted linear transform to this file (.npz or .safetensors).
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Print the progress of the fit to standard error.
    #[arg(long)]
    progress: bool,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    lambda: f64,
    penalty: PenaltyKind,
    /// Cross-entropy of each penalty on held-out trials, if one was chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<PenaltyCandidate>,
    objective: f64,
    lower_bound: f64,
    duality_gap: f64,
    outcome: Convergence,
    certified: bool,
    loss: f64,
    trace: f64,
    /// The scale a of the multiple of the identity nearest to the transform.
    identity_scale: f64,
    rank: usize,
    spectrum: Vec<f64>,
    /// Accuracy on the trials of the fit.
    accuracy: f64,
    zero_shot: OddOneOutScore,
    gradients: usize,
    iterations: usize,
    /// Duration of the fit to all trials.
    seconds: f64,
    folds: Option<Vec<ProbeFoldResult>>,
    pooled: Option<Pooled>,
    #[serde(skip_serializing_if = "Option::is_none")]
    untested: Option<usize>,
    #[serde(flatten)]
    input: Input,
}

fn unused(arguments: &Arguments) -> Option<Unused> {
    let of_folds = Unused::these(&["hold_out", "moments_of_all_objects"], "without --folds");
    let has_folds = arguments.folds.is_some() || arguments.lambda.len() > 1;
    (!has_folds).then_some(of_folds)
}

fn main() -> ExitCode {
    common::main_with(unused, |arguments: &Arguments| match &arguments.triplets {
        Some(path) => run::<OddOneOutTask>(arguments, path),
        None => run::<AnchoredTask>(
            arguments,
            arguments.anchored.as_ref().unwrap_or(&arguments.features),
        ),
    })
}

fn run<T: Task>(arguments: &Arguments, trials: &Path) -> Result<Answer> {
    let ids = arguments.ids.as_deref();
    if let Some(path) = &arguments.save {
        let inputs = [arguments.features.as_path(), trials];
        common::check_output(path, &["npz", "safetensors"], &inputs)?;
    }
    let features = arguments.reading.features(&arguments.features, ids)?;
    let reading = &arguments.reading.text;
    let (trials, input) = arguments.trial_reading.trials::<T>(
        trials,
        features.stimuli(),
        features.stimuli(),
        reading,
    )?;
    let name = arguments.features.display().to_string();
    trials::refuse_transposed(&name, &features, trials.shown())?;
    let (probe, candidates) = chosen_probe(arguments, &features, &trials)?;
    let start = Instant::now();
    let bar = bar::spinner();
    let observe = |iteration: &Iteration| {
        bar.set_message(format!(
            "iteration {}: objective {:.6}, duality gap {:.2e}",
            iteration.number, iteration.objective, iteration.duality_gap
        ));
        if arguments.progress {
            common::note(format_args!(
                "iteration {}: objective {:.9}, gap {:.2e}, rank {}",
                iteration.number, iteration.objective, iteration.duality_gap, iteration.rank
            ));
        }
        ControlFlow::Continue(())
    };
    let fit = probe.fit_observed(&features, &ChoiceFrequencies::from_trials(&trials), observe)?;
    bar.finish_and_clear();
    let seconds = start.elapsed().as_secs_f64();

    let transformed = fit.transform().apply(&features)?;
    let probed = ZeroShotOddOneOut::new(Similarity::Dot).score(&transformed, &trials)?;
    let validated = match arguments.folds {
        None => None,
        Some(_) => {
            let bar = bar::bar("fits of the cross-validation");
            let validation = validation(arguments, &probe)?;
            let observe = |progress| show(&bar, progress);
            let result = validation.run_observed(&features, &trials, observe)?;
            bar.finish_and_clear();
            Some(result)
        }
    };
    if let Some(path) = &arguments.save {
        fit.transform().write(path)?;
    }
    let (folds, pooled, untested) = match validated {
        None => (None, None, None),
        Some(ProbeCrossValidationResult {
            folds,
            pooled,
            n_untested,
            ..
        }) => (Some(folds), Some(pooled), Some(n_untested)),
    };
    let report = Report {
        lambda: fit.penalty(),
        penalty: fit.penalty_kind(),
        candidates,
        objective: fit.objective(),
        lower_bound: fit.lower_bound(),
        duality_gap: fit.duality_gap(),
        outcome: fit.outcome(),
        certified: fit.is_certified(),
        loss: fit.loss(),
        trace: fit.trace(),
        identity_scale: fit.identity_scale(),
        rank: fit.rank(),
        spectrum: fit.spectrum().to_vec(),
        accuracy: probed.accuracy,
        zero_shot: ZeroShotOddOneOut::default().score(&features, &trials)?,
        gradients: fit.n_gradients(),
        iterations: fit.n_iterations(),
        seconds,
        folds,
        pooled,
        untested,
        input,
    };
    Ok(Answer {
        text: match arguments.json {
            true => serde_json::to_string(&report).expect("string keys and finite numbers"),
            false => table(&report),
        },
        shortfall: shortfall(arguments, &report),
    })
}

/// Creates the probe. Of several penalties, the one with the lowest held-out cross-entropy is
/// chosen.
fn chosen_probe<T: Task>(
    arguments: &Arguments,
    features: &Representation,
    trials: &Trials<T>,
) -> Result<(Probe, Vec<PenaltyCandidate>)> {
    let mut probe = Probe::new(arguments.lambda[0])?
        .with_penalty_kind(arguments.penalty)
        .with_tolerance(arguments.tolerance)?
        .with_temperature(arguments.temperature)?
        .with_max_gradients(arguments.max_gradients)?;
    if let Some(rank) = arguments.rank {
        probe = probe.with_rank(rank)?;
    }
    if arguments.bias {
        probe = probe.with_bias();
    }
    let bar = bar::bar("fits to choose the penalty");
    let validation = validation(arguments, &probe)?;
    let chosen = validation.choose_observed(features, trials, |progress| show(&bar, progress))?;
    bar.finish_and_clear();
    Ok(chosen)
}

fn show(bar: &ProgressBar, progress: ProbeProgress) {
    bar.set_length(progress.n_fits as u64);
    bar.inc(1);
}

fn validation(arguments: &Arguments, probe: &Probe) -> Result<ProbeCrossValidation> {
    let n_folds = arguments.folds.unwrap_or(3);
    let validation = ProbeCrossValidation::new(probe.clone())
        .with_penalties(&arguments.lambda)?
        .with_folds(arguments.hold_out, n_folds)?
        .with_seed(arguments.seed);
    Ok(match arguments.moments_of_all_objects {
        true => validation.with_moments(Moments::AllObjects),
        false => validation,
    })
}

/// Returns a message if a fit is not certified.
fn shortfall(arguments: &Arguments, report: &Report) -> Option<String> {
    let folds = report.folds.iter().flatten();
    let n_uncertified = folds
        .filter(|fold| fold.outcome != Convergence::Certified)
        .count();
    if !report.certified {
        return Some(format!(
            "the fit is not proved to be within the tolerance {:e}: its duality gap is {:.2e} after \
             {} gradients",
            arguments.tolerance, report.duality_gap, report.gradients
        ));
    }
    (n_uncertified > 0).then(|| {
        format!("the fits of {n_uncertified} folds are not certified to be within the tolerance")
    })
}

fn table(report: &Report) -> String {
    let mut text = format!(
        "lambda {:?} ({}): objective {:.9} nats = loss {:.6} + penalty {:.6}\n\
         proved: no transform is below {:.9}; duality gap {:.2e} ({:?})\n\
         rank {}, {} gradients in {} iterations, {:.2} s\n\
         accuracy on the trials of the fit: {:.2} % (zero-shot, cosine: {})",
        report.lambda,
        report.penalty,
        report.objective,
        report.loss,
        report.objective - report.loss,
        report.lower_bound,
        report.duality_gap,
        report.outcome,
        report.rank,
        report.gradients,
        report.iterations,
        report.seconds,
        100.0 * report.accuracy,
        report.zero_shot,
    );
    let (Some(folds), Some(pooled)) = (&report.folds, &report.pooled) else {
        return text;
    };
    let _ = write!(
        text,
        "\n\n{:>6} {:>10} {:>10} {:>10} {:>10}  {:26} probed",
        "fold", "lambda", "training", "test", "dropped", "zero-shot"
    );
    for (number, fold) in folds.iter().enumerate() {
        let _ = write!(
            text,
            "\n{number:>6} {:>10?} {:>10} {:>10} {:>10}  {:26} {}",
            fold.penalty,
            fold.n_training_trials,
            fold.n_test_trials,
            fold.n_straddling,
            of_score(&fold.zero_shot),
            of_score(&fold.probed),
        );
    }
    let percent = |score: &PooledScore| {
        format!(
            "{:.2} % [{:.2}, {:.2}]",
            100.0 * score.accuracy.value,
            100.0 * score.interval.lower,
            100.0 * score.interval.upper
        )
    };
    let difference = &pooled.difference;
    let _ = write!(
        text,
        "\n{:>6} {:>10} {:>10} {:>10} {:>10}  {:26} {}\n\
         probed − zero-shot: {:.2} [{:.2}, {:.2}] percentage points, p = {:.4}\n\
         {} trials are not tested, because they show objects of several folds",
        "all",
        "",
        "",
        pooled.n_trials,
        "",
        percent(&pooled.zero_shot),
        percent(&pooled.probed),
        100.0 * difference.difference.value,
        100.0 * difference.interval.lower,
        100.0 * difference.interval.upper,
        difference.p_value,
        report.untested.unwrap_or(0),
    );
    text
}

fn of_score(score: &OddOneOutScore) -> String {
    format!(
        "{:.2} % [{:.2}, {:.2}]",
        100.0 * score.accuracy,
        100.0 * score.interval.lower,
        100.0 * score.interval.upper
    )
}
