//! Ridge regression of targets, such as human concept dimensions, on features.
//!
//! ```text
//! cargo run --release --example ridge -- --features F.npy --targets Y.npy \
//!     --alphas 0.1,1,10,100 --train-rows 1500 --json
//! cargo run --release --example ridge -- --features F.npy --targets Y.npy \
//!     --alphas 0.1,1,10,100 --folds 5 --triplets T.npy
//! ```
//!
//! Columns are centred, and scaled only with `--standardize`, by the means and standard deviations
//! of the training rows: the first N with `--train-rows N`, otherwise all. `r2` is computed on the
//! rows after the first N, so that it is absent without `--train-rows`; `--folds` cross-validates
//! over all rows. Rows are matched by the ids in the files, in the order of the features, or by
//! position if a file has no ids. An error ends the program with exit code 1 and one line.

mod common;
#[path = "common/features.rs"]
mod features;
#[path = "common/pairing.rs"]
mod pairing;
#[path = "common/reading.rs"]
mod reading;
#[path = "common/rows.rs"]
mod rows;
#[path = "common/trials.rs"]
mod trials;

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use common::notes;
use features::FeatureReading;
use human_alignment::dataset::Counting;
use human_alignment::inference::Folds;
use human_alignment::metric::odd_one_out::OddOneOutScore;
use human_alignment::ridge::{FeatureScaling, RidgeFit, Selection, Sharing};
use human_alignment::stimuli::Pairing;
use human_alignment::{AlignmentMetric, Error, OddOneOutTask, Representation, Result};
use human_alignment::{Ridge, Similarity, SimilarityDataset, ZeroShotOddOneOut};
use ndarray::ArrayView2;
use serde::Serialize;

/// Predict targets from features by ridge regression.
#[derive(Parser)]
#[command(name = "ridge", allow_negative_numbers = true)]
struct Arguments {
    /// Features, one row per stimulus (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt).
    #[arg(long, value_name = "FILE")]
    features: PathBuf,
    /// Targets of the same stimuli, one column per target, in the formats of --features.
    #[arg(long, value_name = "FILE")]
    targets: PathBuf,
    /// File with the stimulus ids of the feature rows: one id per line, or a table with an id
    /// column.
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    /// File with the stimulus ids of the target rows: one id per line, or a table with an id
    /// column.
    #[arg(long, value_name = "FILE")]
    target_ids: Option<PathBuf>,
    /// Name of the array with the targets. Default: that of --array, if the file of targets has it.
    #[arg(long, value_name = "NAME")]
    target_array: Option<String>,
    #[command(flatten)]
    reading: FeatureReading,
    /// Penalties to choose from, separated by commas.
    #[arg(
        long,
        required = true,
        value_delimiter = ',',
        value_name = "A,B,…",
        value_parser = common::number,
        allow_hyphen_values = true
    )]
    alphas: Vec<f64>,
    /// Fit to the first N rows, and compute R² on the remaining rows. Default: fit to all rows.
    #[arg(long, value_name = "N")]
    train_rows: Option<usize>,
    /// Divide features by their standard deviations over the training rows.
    #[arg(long)]
    standardize: bool,
    /// Choose penalties by generalized cross-validation instead of leave-one-out.
    #[arg(long)]
    gcv: bool,
    /// Choose one penalty for all targets instead of one per target.
    #[arg(long)]
    joint: bool,
    /// Also cross-validate over all rows, with K folds of contiguous rows.
    #[arg(long, value_name = "K", conflicts_with = "train_rows")]
    folds: Option<usize>,
    /// Assign rows to folds at random, with this seed of the random number generator.
    #[arg(long, requires = "folds")]
    seed: Option<u64>,
    /// Odd-one-out trials (.npy, .npz, .mat, .txt, .csv, .tsv): three stimulus indices or ids per
    /// trial, the odd one last; or a table with columns such as image1, image2, image3, choice.
    /// Scores the cross-validated predictions of the targets on these trials.
    #[arg(long, value_name = "FILE", requires = "folds")]
    triplets: Option<PathBuf>,
    /// First index of the trials: 0, 1, or inferred from the indices.
    #[arg(long, default_value_t, requires = "triplets")]
    count_from: Counting,
    /// Drop trials that show a stimulus twice. Without this flag they are an error.
    #[arg(long, requires = "triplets")]
    drop_repeated: bool,
    /// Write the fitted linear transform to this file (.npz or .safetensors).
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    /// Chosen penalty of each target. All lists have one element per target.
    alphas: Vec<f64>,
    /// Whether the penalty is the smallest or the largest of those given.
    at_grid_end: Vec<bool>,
    /// R² on the rows after the training rows.
    r2: Option<Vec<f64>>,
    mean_r2: Option<f64>,
    /// R² by leave-one-out or generalized cross-validation of the training rows; `None` if a target
    /// is constant.
    expected_r2: Option<Vec<f64>>,
    selection: Selection,
    n_train: usize,
    n_test: usize,
    paired_by: Pairing,
    #[serde(skip_serializing_if = "Option::is_none")]
    cross_validation: Option<CrossValidation>,
}

/// Results of the cross-validation, folds × targets.
#[derive(Serialize)]
struct CrossValidation {
    alphas: Vec<Vec<f64>>,
    /// R² over the held-out rows of all folds, per target.
    pooled_r2: Vec<f64>,
    mean_pooled_r2: f64,
    /// R² within folds; `None` if the target is constant in the fold.
    r2: Vec<Vec<Option<f64>>>,
    /// Number of folds and targets without R².
    n_undefined: usize,
    /// Means over the folds with R².
    r2_per_target: Vec<Option<f64>>,
    mean_r2: Option<f64>,
    /// Score of the predicted targets, by their dot products.
    #[serde(skip_serializing_if = "Option::is_none")]
    odd_one_out: Option<OddOneOutScore>,
}

fn main() -> ExitCode {
    common::main(|arguments: &Arguments| {
        let report = run(arguments)?;
        Ok(match arguments.json {
            true => serde_json::to_string(&report).expect("string keys and finite numbers"),
            false => table(&report),
        })
    })
}

fn run(arguments: &Arguments) -> Result<Report> {
    if let Some(path) = &arguments.save {
        let mut inputs = vec![arguments.features.as_path(), &arguments.targets];
        inputs.extend(arguments.triplets.as_deref());
        common::check_output(path, &["npz", "safetensors"], &inputs)?;
    }
    let scaling = match arguments.standardize {
        true => FeatureScaling::TrainingRows,
        false => FeatureScaling::None,
    };
    let selection = match arguments.gcv {
        true => Selection::GeneralizedCrossValidation,
        false => Selection::LeaveOneOut,
    };
    let sharing = match arguments.joint {
        true => Sharing::Joint,
        false => Sharing::PerTarget,
    };
    let ridge = Ridge::new(arguments.alphas.iter().copied())?
        .with_feature_scaling(scaling)
        .with_selection(selection)
        .with_sharing(sharing);
    refuse_same_array(arguments)?;
    let (ids, target_ids) = (arguments.ids.as_deref(), arguments.target_ids.as_deref());
    let target_array = arguments.target_array.as_deref();
    let files = [
        (arguments.features.as_path(), ids, None),
        (arguments.targets.as_path(), target_ids, target_array),
    ];
    let (features, targets, paired_by) =
        rows::read_matched(&arguments.reading, files, "--array and --target-array")?;
    let n = features.n_stimuli();
    let n_train = arguments.train_rows.unwrap_or(n);
    if n_train > n {
        return Err(Error::other(format!(
            "--train-rows must be at most the number of rows, {n}, not {n_train}"
        )));
    }
    if n - n_train == 1 {
        return Err(Error::other(format!(
            "--train-rows {n_train} leaves one row, which has no R²: leave at least two"
        )));
    }
    if arguments.train_rows == Some(n) {
        notes::add("all rows are used for training, so that there is no R²".into());
    }
    let part = |rows: std::ops::Range<usize>| {
        let stimuli = features.stimuli().select(&rows.collect::<Vec<_>>())?;
        Ok::<_, Error>((features.select(&stimuli)?, targets.select(&stimuli)?))
    };
    let (x, y) = part(0..n_train)?;
    let fit: RidgeFit = ridge.fit(&x, &y)?;
    let r2 = if n_train < n {
        let (x, y) = part(n_train..n)?;
        Some(fit.r2(&x, &y)?.to_vec())
    } else {
        None
    };
    let validation = match arguments.folds {
        Some(n_folds) => Some(cross_validate(
            arguments, &ridge, &features, &targets, n_folds,
        )?),
        None => None,
    };
    if let Some(path) = &arguments.save {
        fit.transform()?.write(path)?;
    }
    Ok(Report {
        alphas: fit.penalties(),
        at_grid_end: fit.at_grid_end(),
        mean_r2: r2.as_deref().map(mean),
        r2,
        expected_r2: fit.expected_r2().ok().map(|r2| r2.to_vec()),
        selection,
        n_train,
        n_test: n - n_train,
        paired_by,
        cross_validation: validation,
    })
}

/// Refuses targets that are the features.
fn refuse_same_array(arguments: &Arguments) -> Result<()> {
    let is_other =
        arguments.target_array.is_some() && arguments.target_array != arguments.reading.array;
    if is_other || !common::is_same_file(&arguments.features, &arguments.targets) {
        return Ok(());
    }
    Err(Error::other(format!(
        "the features and the targets are the same array of {}: name different arrays with --array and \
         --target-array",
        arguments.features.display()
    )))
}

fn cross_validate(
    arguments: &Arguments,
    ridge: &Ridge,
    features: &Representation,
    targets: &Representation,
    n_folds: usize,
) -> Result<CrossValidation> {
    let folds = match arguments.seed {
        Some(seed) => Folds::random(features.n_stimuli(), n_folds, seed)?,
        None => Folds::contiguous(features.n_stimuli(), n_folds)?,
    };
    let validation = ridge.cross_validate(features, targets, &folds)?;
    let odd_one_out = match &arguments.triplets {
        None => None,
        Some(path) => {
            let source = trials::source::<OddOneOutTask>(
                path,
                &arguments.reading.text,
                arguments.count_from,
                arguments.drop_repeated,
            )?;
            let trials = source.read(features.stimuli())?;
            trials::note_dropped(trials.n_repeated(), trials::REPEATED);
            let metric = ZeroShotOddOneOut::new(Similarity::Dot);
            Some(metric.score(validation.predictions(), trials.judgments())?)
        }
    };
    Ok(CrossValidation {
        alphas: rows_of(validation.penalties()),
        pooled_r2: validation.pooled_r2().to_vec(),
        mean_pooled_r2: validation.mean_pooled_r2(),
        r2: rows_of(validation.r2()),
        n_undefined: validation.n_undefined(),
        r2_per_target: validation.r2_per_target().to_vec(),
        mean_r2: validation.mean_r2(),
        odd_one_out,
    })
}

fn rows_of<A: Clone>(matrix: ArrayView2<'_, A>) -> Vec<Vec<A>> {
    let rows = matrix.rows().into_iter();
    rows.map(|row| row.to_vec()).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn table(report: &Report) -> String {
    let validation = report.cross_validation.as_ref();
    let mut table = format!("{:>6}  {:>10}", "target", "alpha");
    let columns = [
        ("expected R²", report.expected_r2.as_deref()),
        ("R²", report.r2.as_deref()),
        ("pooled R²", validation.map(|v| &v.pooled_r2[..])),
    ];
    let columns = columns
        .into_iter()
        .filter_map(|(name, r2)| Some((name, r2?)));
    let columns: Vec<(&str, &[f64])> = columns.collect();
    for (name, _) in &columns {
        let _ = write!(table, "  {name:>11}");
    }
    for (target, alpha) in report.alphas.iter().enumerate() {
        let _ = write!(table, "\n{target:>6}  {alpha:>10}");
        for (_, r2) in &columns {
            let _ = write!(table, "  {:>11.4}", r2[target]);
        }
        if report.at_grid_end[target] {
            table.push_str("  (alpha is at an end of those given)");
        }
    }
    let _ = write!(table, "\n{:>6}  {:>10}", "mean", "");
    for (_, r2) in &columns {
        let _ = write!(table, "  {:>11.4}", mean(r2));
    }
    if let Some(validation) = validation {
        let _ = match validation.mean_r2 {
            Some(r2) => write!(table, "\nmean of the R² within folds: {r2:.4}"),
            None => write!(
                table,
                "\nno R² within folds: the targets are constant in all of them"
            ),
        };
        if validation.n_undefined > 0 && validation.mean_r2.is_some() {
            let _ = write!(
                table,
                " (undefined for {} of {} folds of targets, which are constant)",
                validation.n_undefined,
                validation.r2.len() * validation.pooled_r2.len()
            );
        }
    }
    if let Some(score) = validation.and_then(|v| v.odd_one_out.as_ref()) {
        let _ = write!(table, "\nodd-one-out of predicted targets: {score}");
    }
    table
}
