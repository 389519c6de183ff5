//! Centred kernel alignment (CKA) of two files of features.
//!
//! ```text
//! cargo run --release --example cka -- --a A.npy --b B.npy
//! cargo run --release --example cka -- --a A.npy --b B.npy --kernel rbf --bandwidth 0.5 --json
//! ```
//!
//! Rows are matched by the ids in the files, or by position if a file has no ids. An error ends the
//! program with exit code 1 and one line.

mod common;
#[path = "common/features.rs"]
mod features;
#[path = "common/pairing.rs"]
mod pairing;
#[path = "common/reading.rs"]
mod reading;
#[path = "common/rows.rs"]
mod rows;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use features::FeatureReading;
use human_alignment::metric::cka::{Cka, Estimator, Kernel};
use human_alignment::stimuli::Pairing;
use human_alignment::{Error, Precision, Result};
use serde::Serialize;

/// Compute the centred kernel alignment (CKA) of two representations of the same stimuli.
#[derive(Parser)]
#[command(name = "cka", allow_negative_numbers = true)]
struct Arguments {
    /// Features of the first representation, one row per stimulus (.npy, .npz, .safetensors, .mat,
    /// .csv, .tsv, .txt).
    #[arg(long, value_name = "FILE")]
    a: PathBuf,
    /// Features of the second representation, for the same stimuli, in the same formats.
    #[arg(long, value_name = "FILE")]
    b: PathBuf,
    /// File with the stimulus ids of the rows of --a: one id per line, or a table with an id
    /// column.
    #[arg(long, value_name = "FILE")]
    a_ids: Option<PathBuf>,
    /// File with the stimulus ids of the rows of --b: one id per line, or a table with an id
    /// column.
    #[arg(long, value_name = "FILE")]
    b_ids: Option<PathBuf>,
    /// Name of the array of --a, instead of --array for both.
    #[arg(long, value_name = "NAME", conflicts_with = "array")]
    a_array: Option<String>,
    /// Name of the array of --b, instead of --array for both.
    #[arg(long, value_name = "NAME", conflicts_with = "array")]
    b_array: Option<String>,
    #[command(flatten)]
    reading: FeatureReading,
    /// Kernel of two feature rows.
    #[arg(long, value_enum, default_value_t = KernelName::Linear)]
    kernel: KernelName,
    /// Bandwidth σ of the rbf kernel exp(−d² / 2σ²), as a fraction of the square root of the median
    /// of d². Default: 0.5.
    #[arg(long, value_name = "FRACTION")]
    bandwidth: Option<f64>,
    /// Estimator of the Hilbert–Schmidt independence criterion: biased (at least 2 stimuli) or
    /// unbiased (at least 4 stimuli).
    #[arg(long, default_value = "unbiased")]
    estimator: Estimator,
    /// Floating-point precision of products of features: double or single.
    #[arg(long, default_value = "double")]
    precision: Precision,
    /// Print one JSON object instead of a line of text.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum KernelName {
    Linear,
    Rbf,
}

#[derive(Serialize)]
struct Report {
    value: f64,
    #[serde(flatten)]
    metric: Cka,
    stimuli: usize,
    paired_by: Pairing,
}

fn main() -> ExitCode {
    common::main(|arguments: &Arguments| {
        let report = run(arguments)?;
        let estimator = report.metric.estimator();
        Ok(match arguments.json {
            true => serde_json::to_string(&report).expect("string keys and finite numbers"),
            false => format!(
                "{:.6} ({estimator}, {} stimuli)",
                report.value, report.stimuli
            ),
        })
    })
}

fn run(arguments: &Arguments) -> Result<Report> {
    let metric = Cka::new(kernel(arguments)?)?
        .with_estimator(arguments.estimator)
        .with_precision(arguments.precision);
    let (a_ids, b_ids) = (arguments.a_ids.as_deref(), arguments.b_ids.as_deref());
    let files = [
        (&*arguments.a, a_ids, arguments.a_array.as_deref()),
        (&*arguments.b, b_ids, arguments.b_array.as_deref()),
    ];
    let (a, b, paired_by) =
        rows::read_matched(&arguments.reading, files, "--a-array and --b-array")?;
    Ok(Report {
        value: metric.compare(&a, &b)?,
        metric,
        stimuli: a.n_stimuli(),
        paired_by,
    })
}

fn kernel(arguments: &Arguments) -> Result<Kernel> {
    match (arguments.kernel, arguments.bandwidth) {
        (KernelName::Rbf, fraction) => Ok(Kernel::Rbf(fraction.unwrap_or(0.5))),
        (KernelName::Linear, None) => Ok(Kernel::Linear),
        (KernelName::Linear, Some(fraction)) => Err(Error::other(format!(
            "--bandwidth {fraction} applies to --kernel rbf only"
        ))),
    }
}
