//! Centred kernel alignment of two files of features.
//!
//! ```text
//! cargo run --release --example cka -- --a A.npy --b B.npy
//! cargo run --release --example cka -- --a A.npy --b B.npy --kernel rbf --bandwidth 0.5 --json
//! ```
//!
//! Rows are matched by the ids in the files; where neither holds ids, by position. Bad input ends
//! with exit code 1 and one line that says what is wrong.

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

/// Do two representations of the same stimuli have the same geometry?
#[derive(Parser)]
#[command(name = "cka", allow_negative_numbers = true)]
struct Arguments {
    /// Features, one row a stimulus (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt).
    #[arg(long, value_name = "FILE")]
    a: PathBuf,
    /// Features of the same stimuli.
    #[arg(long, value_name = "FILE")]
    b: PathBuf,
    /// Stimulus ids for the rows of the first file.
    #[arg(long, value_name = "FILE")]
    a_ids: Option<PathBuf>,
    /// Stimulus ids for the rows of the second.
    #[arg(long, value_name = "FILE")]
    b_ids: Option<PathBuf>,
    #[command(flatten)]
    reading: FeatureReading,
    /// The kernel that compares two rows.
    #[arg(long, value_enum, default_value_t = KernelName::Linear)]
    kernel: KernelName,
    /// The bandwidth of the rbf kernel, as a fraction of the root of the median squared distance;
    /// 0.5 if not given.
    #[arg(long, value_name = "FRACTION")]
    bandwidth: Option<f64>,
    /// biased or unbiased.
    #[arg(long, default_value = "unbiased")]
    estimator: Estimator,
    /// Precision of products of features: double or single.
    #[arg(long, default_value = "double")]
    precision: Precision,
    /// Print one JSON object instead of a line.
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
    let ids = [arguments.a_ids.as_deref(), arguments.b_ids.as_deref()];
    let (a, b, paired_by) =
        rows::read_matched(&arguments.reading, [&arguments.a, &arguments.b], ids)?;
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
