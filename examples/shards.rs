//! Shards of trials, tallied separately and merged, as in an array job.
//!
//! ```text
//! cargo run --release --example shards
//! ```

mod common;

use std::process::ExitCode;

use clap::Parser;
use human_alignment::dataset::SimulatedObserver;
use human_alignment::metric::odd_one_out::Tally;
use human_alignment::{
    AlignmentMetric, Error, Representation, Result, SimilarityDataset, Stimuli, ZeroShotOddOneOut,
};
use ndarray::Array2;

const N_TRIALS: usize = 200_000;
const N_SHARDS: usize = 8;

/// Tally simulated trials in shards, and merge the tallies.
#[derive(Parser)]
#[command(name = "shards")]
struct Arguments {}

fn main() -> ExitCode {
    common::main_without_options::<Arguments>(run)
}

fn run() -> Result<()> {
    let stimuli = Stimuli::numbered(300);
    let features = Array2::from_shape_fn((300, 12), |(row, column)| {
        ((row * (column + 3)) as f32).sin() + 1.0
    });
    let representation = Representation::new(stimuli.clone(), features)?;
    let people = SimulatedObserver::new(representation.clone())?.odd_one_out(N_TRIALS, 1)?;
    let trials = people.judgments();
    let metric = ZeroShotOddOneOut::default();

    // Each shard could run on another machine and write its tally to a file.
    let mut files = Vec::new();
    for shard in 0..N_SHARDS {
        let own: Vec<usize> = (shard..trials.len()).step_by(N_SHARDS).collect();
        let own = trials.select(&own)?;
        let tally = metric.tally(&representation, &stimuli, [Ok(own)])?;
        let file = serde_json::to_string(&tally).expect("a tally has string keys");
        let n_trials = tally.counts().n_trials;
        common::line(format_args!(
            "shard {shard}: {n_trials} trials, {} kB",
            file.len() / 1000
        ))?;
        files.push(file);
    }

    let tallies = files
        .iter()
        .map(|file| -> Tally { serde_json::from_str(file).expect("it was written above") });
    let merged = tallies.map(Ok::<_, Error>).reduce(|merged, shard| {
        let mut merged = merged?;
        merged.merge(shard?)?;
        Ok(merged)
    });
    let merged = merged.expect("there is more than one shard")?;
    common::line(format_args!("merged:  {}", merged.score()?))?;
    common::line(format_args!(
        "at once: {}",
        metric.score(&representation, trials)?
    ))?;
    common::line(format_args!("({})", people.name()))?;
    Ok(())
}
