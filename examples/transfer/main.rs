//! Does a transform that was learned from one data set help with another?
//!
//! ```text
//! cargo run --release --example transfer                          # simulated: learn, then transfer
//! cargo run --release --example transfer -- --transform T.npz --features F.npy --triplets T.npy
//! cargo run --release --example transfer -- --transform T.npz --features F.npy --human R.npy --bootstrap 1000
//! ```
//!
//! `--transform` is what `ridge` or `probe` saved, or a published one in the same layout (.npz with
//! `weights`, and `bias`, `mean` and `std` where it has them). Bad input ends with exit code 1 and one
//! line that says what is wrong.

#[path = "../common/mod.rs"]
mod common;
mod demonstration;
#[path = "../common/people.rs"]
mod people;
#[path = "../simulated/mod.rs"]
mod simulated;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgGroup, Parser};
use human_alignment::dataset::TripletFile;
use human_alignment::inference::{Comparison, Interval, Resample};
use human_alignment::metric::rsa::{Bootstrap, Comparator};
use human_alignment::rdm::RdmFile;
use human_alignment::transfer::{PairedMetric, Transferred};
use human_alignment::{
    AnchoredTask, Dissimilarity, FileSource, LinearTransform, OddOneOutTask, Representation,
    RepresentationalSimilarity, Result, Similarity, Stimuli, Task, ZeroShotOddOneOut,
    transfer_across,
};
use serde::Serialize;

/// Does a transform that was learned from one data set help with another?
///
/// Without --transform: simulated people, networks and transforms.
#[derive(Parser)]
#[command(name = "transfer", allow_negative_numbers = true)]
#[command(group(ArgGroup::new("judgments").args(["triplets", "anchored", "human"])))]
struct Arguments {
    /// The transform (.npz or .safetensors).
    #[arg(long, value_name = "FILE", requires_all = ["features", "judgments"])]
    transform: Option<PathBuf>,
    /// Features of the stimuli that were judged (.npy, .npz, .safetensors, .csv, .tsv).
    #[arg(long, value_name = "FILE", requires = "transform")]
    features: Option<PathBuf>,
    /// The array of an .npz or .safetensors file that holds the features.
    #[arg(long, value_name = "NAME", requires = "features")]
    array: Option<String>,
    /// Stimulus ids, one a line, for the rows of the features.
    #[arg(long, value_name = "FILE", requires = "features")]
    ids: Option<PathBuf>,
    /// Odd-one-out trials over the rows, the odd one last (.npy, .txt).
    #[arg(long, value_name = "FILE", requires = "transform")]
    triplets: Option<PathBuf>,
    /// Anchored trials over the rows: head, close, far (.npy, .txt).
    #[arg(long, value_name = "FILE", requires = "transform")]
    anchored: Option<PathBuf>,
    /// Dissimilarities that people judged: n×n, n(n−1)/2, people×n×n or people×n(n−1)/2.
    #[arg(long, value_name = "FILE", requires = "transform")]
    human: Option<PathBuf>,
    /// What choices are made by before the transform.
    #[arg(long, default_value = "cosine")]
    similarity: Similarity,
    /// What choices are made by after it: the default is what `probe` and `ridge` learn for.
    #[arg(long, default_value = "dot")]
    transformed_similarity: Similarity,
    /// How dissimilarities of features are made.
    #[arg(long, default_value = "correlation")]
    dissimilarity: Dissimilarity,
    /// How they are compared with people's.
    #[arg(long, default_value = "spearman")]
    compare: Comparator,
    /// Replicates of the bootstrap over stimuli and people.
    #[arg(long, value_name = "N", requires = "human")]
    bootstrap: Option<usize>,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    common::main(
        |arguments: &Arguments| match (&arguments.transform, &arguments.features) {
            (Some(transform), Some(features)) => from_files(arguments, transform, features),
            _ => demonstration::run(arguments.seed, arguments.json),
        },
    )
}

fn from_files(arguments: &Arguments, transform: &Path, features: &Path) -> Result<String> {
    let transform = LinearTransform::read(transform)?;
    let mut source = FileSource::open(features)?;
    if let Some(ids) = &arguments.ids {
        source = source.with_ids(Stimuli::read(ids)?);
    }
    if let Some(array) = &arguments.array {
        source = source.with_array(array)?;
    }
    let features = source.read()?;
    if let Some(path) = &arguments.human {
        let people = people::read_people(RdmFile::open(path)?, features.stimuli())?;
        let mut metric =
            RepresentationalSimilarity::new(arguments.dissimilarity, arguments.compare);
        if let Some(n) = arguments.bootstrap {
            let over = match people.len() {
                1 => Resample::Stimuli,
                _ => Resample::Both,
            };
            metric = metric.with_bootstrap(Bootstrap::new(n, arguments.seed)?.over(over));
        }
        return answer(arguments, &transform, &features, &people, [&metric; 2]);
    }
    match (&arguments.triplets, &arguments.anchored) {
        (Some(path), _) => on_trials::<OddOneOutTask>(arguments, &transform, &features, path),
        (None, path) => {
            let path = path.as_deref().unwrap_or(Path::new(""));
            on_trials::<AnchoredTask>(arguments, &transform, &features, path)
        }
    }
}

fn on_trials<T: Task>(
    arguments: &Arguments,
    transform: &LinearTransform,
    features: &Representation,
    path: &Path,
) -> Result<String> {
    let trials = TripletFile::<T>::read(path, features.stimuli().clone())?.into_judgments();
    let before = ZeroShotOddOneOut::new(arguments.similarity);
    let after = ZeroShotOddOneOut::new(arguments.transformed_similarity);
    answer(arguments, transform, features, &trials, [&before, &after])
}

fn answer<J: ?Sized, M: PairedMetric<J>>(
    arguments: &Arguments,
    transform: &LinearTransform,
    features: &Representation,
    judgments: &J,
    metrics: [&M; 2],
) -> Result<String>
where
    M::Score: Serialize + std::fmt::Display,
{
    let transferred = transfer_across(transform, features, judgments, metrics)?;
    Ok(match arguments.json {
        true => serde_json::to_string(&transferred).expect("string keys and finite numbers"),
        false => table(&transferred),
    })
}

fn table<S: std::fmt::Display>(transferred: &Transferred<S>) -> String {
    let Transferred { before, after, .. } = transferred;
    let difference = match &transferred.difference {
        Some(difference) => of_comparison(difference),
        None => "not asked for (--bootstrap N)".into(),
    };
    format!("before      {before}\nafter       {after}\ndifference  {difference}")
}

/// Such as `+0.053 [0.021, 0.085], p = 0.0012`.
fn of_comparison(comparison: &Comparison) -> String {
    let Interval { lower, upper } = comparison.interval;
    format!(
        "{:+.3} [{lower:.3}, {upper:.3}], p = {:.4}",
        comparison.difference.value, comparison.p_value
    )
}
