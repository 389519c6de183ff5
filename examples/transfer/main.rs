//! Transfer of a transform that was learned from one data set to another.
//!
//! ```text
//! cargo run --release --example transfer                          # simulated data
//! cargo run --release --example transfer -- --transform T.npz --features F.npy --triplets T.npy
//! cargo run --release --example transfer -- --transform T.npz --features F.npy --human R.npy \
//!     --bootstrap 1000
//! ```
//!
//! `--transform` is a transform saved by `ridge` or `probe`, or a published one in the same format
//! (.npz with `weights`, and optionally `bias`, `mean` and `std`). An error ends the program with
//! exit code 1 and one line.

#[path = "../common/mod.rs"]
mod common;
mod demonstration;
#[path = "../common/features.rs"]
mod features;
#[path = "../common/pairing.rs"]
mod pairing;
#[path = "../common/people.rs"]
mod people;
#[path = "../common/reading.rs"]
mod reading;
#[path = "../simulated/mod.rs"]
mod simulated;
#[path = "../common/trials.rs"]
mod trials;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgGroup, Parser};
use common::Unused;
use features::FeatureReading;
use human_alignment::inference::{Comparison, Equivalence, Interval};
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::metric::rsa::{Comparator, RsaBootstrap};
use human_alignment::stimuli::Pairing;
use human_alignment::transfer::{PairedMetric, TransferResult};
use human_alignment::{
    AnchoredTask, Dissimilarity, Error, LinearTransform, OddOneOutTask, Probe, Representation,
    RepresentationalSimilarity, Result, Similarity, Stimuli, Task, ZeroShotOddOneOut,
    transfer_across,
};
use people::RdmReading;
use serde::Serialize;
use trials::TrialReading;

/// Test whether a transform that was learned from one data set improves alignment on another.
///
/// Without --transform, participants, networks and transforms are simulated.
#[derive(Parser)]
#[command(name = "transfer", allow_negative_numbers = true)]
#[command(group(ArgGroup::new("judgments").args(["triplets", "anchored", "human"])))]
struct Arguments {
    /// Linear transform (.npz or .safetensors), as saved by probe or ridge.
    #[arg(long, value_name = "FILE", requires_all = ["features", "judgments"])]
    transform: Option<PathBuf>,
    /// Features, one row per stimulus (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt).
    #[arg(long, value_name = "FILE", requires = "transform")]
    features: Option<PathBuf>,
    /// File with the stimulus ids of the feature rows: one id per line, or a table with an id
    /// column.
    #[arg(long, value_name = "FILE", requires = "features")]
    ids: Option<PathBuf>,
    #[command(flatten)]
    reading: FeatureReading,
    #[command(flatten)]
    trial_reading: TrialReading,
    #[command(flatten)]
    rdm_reading: RdmReading,
    /// Odd-one-out trials (.npy, .npz, .mat, .txt, .csv, .tsv): three stimulus indices or ids per
    /// trial, the odd one last; or a table with columns such as image1, image2, image3, choice.
    #[arg(long, value_name = "FILE", requires = "transform")]
    triplets: Option<PathBuf>,
    /// Anchored trials instead of odd-one-out trials, in the same formats: head, close and far
    /// stimulus; or a table with columns such as head, winner, loser.
    #[arg(long, value_name = "FILE", requires = "transform")]
    anchored: Option<PathBuf>,
    /// Human dissimilarities (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt): n×n, n(n−1)/2,
    /// participants×n×n, participants×n(n−1)/2, or a table with one row per pair (item1, item2,
    /// dissimilarity, participant).
    #[arg(long, value_name = "FILE", requires = "transform")]
    human: Option<PathBuf>,
    /// Similarity of two stimuli before the transform: dot, cosine, pearson, negative-euclidean or
    /// negative-squared-euclidean.
    #[arg(long, default_value = "cosine")]
    similarity: Similarity,
    /// Similarity of two stimuli after the transform; probe and ridge learn transforms for dot.
    #[arg(long, default_value = "dot")]
    transformed_similarity: Similarity,
    /// Dissimilarity of two feature rows: correlation, cosine, euclidean, squared-euclidean or
    /// gaussian.
    #[arg(long, default_value = "correlation")]
    dissimilarity: Dissimilarity,
    /// Comparison of two RDMs: pearson, spearman, kendall-tau-a, kendall-tau-b, cosine, rho-a,
    /// whitened-pearson or whitened-cosine.
    #[arg(long, default_value = "spearman")]
    compare: Comparator,
    /// Number of bootstrap replicates over stimuli and participants. Default: no bootstrap.
    #[arg(long, value_name = "N", requires = "human")]
    bootstrap: Option<usize>,
    /// Largest difference that does not matter, in the units of the scores (0.01 is 1 point of
    /// accuracy): adds tests of equivalence within the margin, and of "no better" and "no worse".
    #[arg(long, value_name = "X")]
    margin: Option<f64>,
    /// Seed of the random number generator.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print one JSON object instead of a table; without --transform, an array of them.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<S, I> {
    #[serde(flatten)]
    transferred: TransferResult<S>,
    /// The number of both scores whose difference is given.
    difference_of: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    equivalence: Option<Equivalence>,
    #[serde(flatten)]
    input: I,
}

#[derive(Serialize)]
struct PairedBy {
    paired_by: Pairing,
}

/// How the files were interpreted, and how many of the stimuli that are judged the transform was
/// learned from.
#[derive(Serialize)]
struct Judged<I> {
    #[serde(flatten)]
    input: I,
    /// `None` if it is unknown.
    learned_from: Option<usize>,
}

/// Returns the flags that only other judgments use.
fn unused(arguments: &Arguments) -> Vec<Unused> {
    const OF_RDMS: &[&str] = &[
        "human_ids",
        "human_participants",
        "human_array",
        "n_stimuli",
        "condensed_rows",
        "missing",
        "average_triangles",
        "similarities",
        "dissimilarity",
        "compare",
        "bootstrap",
    ];
    const OF_TRIALS: &[&str] = &[
        "count_from",
        "drop_missing",
        "drop_repeated",
        "similarity",
        "transformed_similarity",
    ];

    if arguments.transform.is_none() {
        let kept = &["seed", "margin", "json"];
        return vec![Unused::all_but(
            kept,
            "without --transform, as the data are simulated",
        )];
    }
    if arguments.human.is_none() {
        return vec![Unused::these(OF_RDMS, "without --human")];
    }
    let mut unused = vec![
        Unused::these(
            &["stimuli"],
            "with --human, whose ids are those of --human-ids",
        ),
        Unused::these(
            &["participants"],
            "with --human, whose participants are those of --human-participants",
        ),
        Unused::these(OF_TRIALS, "with --human"),
    ];
    if arguments.bootstrap.is_none() {
        unused.push(Unused::these(
            &["margin"],
            "with --human, unless --bootstrap is given",
        ));
    }
    unused
}

fn main() -> ExitCode {
    common::main_with(unused, |arguments: &Arguments| {
        match (&arguments.transform, &arguments.features) {
            (Some(transform), Some(features)) => from_files(arguments, transform, features),
            _ => demonstration::run(arguments.seed, arguments.margin, arguments.json),
        }
    })
}

fn from_files(
    arguments: &Arguments,
    transform_path: &Path,
    features_path: &Path,
) -> Result<String> {
    let transform = LinearTransform::read(transform_path)?;
    let reading = &arguments.reading;
    let features = reading.features(features_path, arguments.ids.as_deref())?;
    if transform.n_features() != features.n_features() {
        return Err(Error::other(format!(
            "{}: the transform takes {} features, but {} has {}: pass the features of the network and \
             layer from which it was learned",
            transform_path.display(),
            transform.n_features(),
            features_path.display(),
            features.n_features()
        )));
    }
    if let Some(path) = &arguments.human {
        let n = Some(features.n_stimuli());
        let paths = std::slice::from_ref(path);
        let people = arguments
            .rdm_reading
            .participants(paths, n, &reading.text)?;
        let paired_by = people::pair_judged(features.stimuli(), people.stimuli())?;
        let input = Judged {
            input: PairedBy { paired_by },
            learned_from: n_learned_from(&transform, people.stimuli(), None),
        };
        let mut metric =
            RepresentationalSimilarity::new(arguments.dissimilarity, arguments.compare);
        if let Some(n) = arguments.bootstrap {
            let over = people::resample(arguments.compare, &people);
            metric = metric.with_bootstrap(RsaBootstrap::new(n, arguments.seed)?.over(over));
        }
        return answer(
            arguments,
            &transform,
            &features,
            &people,
            [&metric; 2],
            "mean_per_person",
            input,
        );
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
    let reading = &arguments.reading;
    let (trials, input) = arguments.trial_reading.trials::<T>(
        path,
        features.stimuli(),
        features.stimuli(),
        &reading.text,
    )?;
    let shown = trials.shown().iter().map(|&shown| shown as usize);
    let shown = trials.stimuli().select(&shown.collect::<Vec<_>>())?;
    let data = Probe::data_hash(features, &ChoiceFrequencies::from_trials(&trials))?;
    let input = Judged {
        input,
        learned_from: n_learned_from(transform, &shown, Some(&data)),
    };
    let before = ZeroShotOddOneOut::new(arguments.similarity);
    let after = ZeroShotOddOneOut::new(arguments.transformed_similarity);
    let metrics = [&before, &after];
    answer(
        arguments, transform, features, &trials, metrics, "accuracy", input,
    )
}

/// Returns the number of the judged stimuli from which the transform was learned, and adds a note if
/// there are any or this is unknown. `data` is the hash of trials and features.
fn n_learned_from(
    transform: &LinearTransform,
    judged: &Stimuli,
    data: Option<&str>,
) -> Option<usize> {
    let n = transform.training().and_then(|training| {
        match training.data().is_some() && training.data() == data {
            true => Some(judged.len()),
            false => training.n_learned_from(judged),
        }
    });
    match n {
        Some(0) => {}
        Some(n) => common::notes::add(format!(
            "the transform was learned from {n} of the {} stimuli that are judged here: the score after the \
             transform is not an estimate for new stimuli (probe --folds gives one)",
            judged.len()
        )),
        None => common::notes::add(
            "it is not known whether the transform was learned from the stimuli that are judged here, because \
             they have no ids other than numbers, or those of its training are not recorded: if it was, the \
             score after the transform is not an estimate for new stimuli"
                .into(),
        ),
    }
    n
}

fn answer<J: ?Sized, M: PairedMetric<J>>(
    arguments: &Arguments,
    transform: &LinearTransform,
    features: &Representation,
    judgments: &J,
    metrics: [&M; 2],
    difference_of: &'static str,
    input: impl Serialize,
) -> Result<String>
where
    M::Score: Serialize + std::fmt::Display,
{
    let transferred = transfer_across(transform, features, judgments, metrics)?;
    let report = Report {
        equivalence: equivalence(transferred.difference.as_ref(), arguments.margin)?,
        transferred,
        difference_of,
        input,
    };
    Ok(match arguments.json {
        true => serde_json::to_string(&report).expect("string keys and finite numbers"),
        false => table(
            &report.transferred,
            difference_of,
            report.equivalence.as_ref(),
        ),
    })
}

/// Tests the difference, if there are a difference and a margin.
fn equivalence(
    difference: Option<&Comparison>,
    margin: Option<f64>,
) -> Result<Option<Equivalence>> {
    let both = difference.zip(margin);
    both.map(|(difference, margin)| difference.equivalence(margin))
        .transpose()
}

fn table<S: std::fmt::Display>(
    transferred: &TransferResult<S>,
    difference_of: &str,
    equivalence: Option<&Equivalence>,
) -> String {
    let TransferResult { before, after, .. } = transferred;
    let difference = match &transferred.difference {
        Some(difference) => {
            let name = difference_of.replace('_', " ");
            format!("{} ({name})", of_comparison(difference))
        }
        None => "not computed (pass --bootstrap N)".into(),
    };
    let mut text = format!("before      {before}\nafter       {after}\ndifference  {difference}");
    if let Some(found) = equivalence {
        text.push_str(&format!("\nequivalence {}", of_equivalence(found)));
    }
    text
}

/// Formats a test of equivalence, such as `within ±0.01: inconclusive, p = 0.2100 (no better p =
/// 0.2100, no worse p = 0.0010), 90 % interval [-0.002, 0.012]`.
fn of_equivalence(found: &Equivalence) -> String {
    let Interval { lower, upper } = found.interval;
    format!(
        "within ±{}: {}, p = {:.4} (no better p = {:.4}, no worse p = {:.4}), {:.0} % interval \
         [{lower:.3}, {upper:.3}]",
        found.margin,
        found.verdict,
        found.p_value,
        found.p_no_better,
        found.p_no_worse,
        100.0 * (1.0 - 2.0 * found.level),
    )
}

/// Formats a comparison, such as `+0.053 [0.021, 0.085], p = 0.0012`.
fn of_comparison(comparison: &Comparison) -> String {
    let Interval { lower, upper } = comparison.interval;
    format!(
        "{:+.3} [{lower:.3}, {upper:.3}], p = {:.4}",
        comparison.difference.value, comparison.p_value
    )
}
