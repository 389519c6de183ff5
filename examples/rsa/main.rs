//! Representational similarity analysis on the command line.
//!
//! ```text
//! cargo run --release --example rsa -- --features F.npy --human R.npy
//! cargo run --release --example rsa -- --model-rdm M.npy --human R.npy --compare rho-a --bootstrap 1000
//! ```
//!
//! Tables and `--json` go to standard output, everything else to standard error. Bad input ends with
//! exit code 1 and one line that says what is wrong.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/features.rs"]
mod features;
#[path = "../common/pairing.rs"]
mod pairing;
#[path = "../common/people.rs"]
mod people;
#[path = "../common/reading.rs"]
mod reading;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgGroup, Parser};
use features::FeatureReading;
use human_alignment::inference::{Confidence, Resample};
use human_alignment::metric::rsa::{Bootstrap, Comparator, RepresentationalSimilarity};
use human_alignment::{Dissimilarity, Rdm, RdmSet, Result};
use people::RdmReading;
use report::Report;

/// How alike is the geometry of a representation to what people judged?
#[derive(Parser)]
#[command(name = "rsa", allow_negative_numbers = true)]
#[command(group(ArgGroup::new("model").required(true).args(["features", "model_rdm"])))]
struct Arguments {
    /// Features, one row a stimulus (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt).
    #[arg(long, value_name = "FILE")]
    features: Option<PathBuf>,
    /// Dissimilarities of a model instead, in the layouts of --human; several in a stack are compared.
    #[arg(long, value_name = "FILE")]
    model_rdm: Option<PathBuf>,
    /// Dissimilarities that participants judged (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt): n×n,
    /// n(n−1)/2, participants×n×n, participants×n(n−1)/2, or a table with a row a pair (item1, item2,
    /// dissimilarity, participant); several files are several participants. For similarities see
    /// --similarities.
    #[arg(long, value_name = "FILE", required = true)]
    human: Vec<PathBuf>,
    /// correlation, cosine, euclidean, squared-euclidean or gaussian.
    #[arg(long, default_value = "correlation", conflicts_with = "model_rdm")]
    dissimilarity: Dissimilarity,
    /// pearson, spearman, kendall-tau-a, kendall-tau-b, cosine, rho-a, whitened-pearson or
    /// whitened-cosine.
    #[arg(long, default_value = "spearman")]
    compare: Comparator,
    /// Stimulus ids, one a line or a column of a table, for the rows of the features or of the model.
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    #[command(flatten)]
    reading: FeatureReading,
    #[command(flatten)]
    rdm_reading: RdmReading,
    /// Replicates of the bootstrap.
    #[arg(long, value_name = "N")]
    bootstrap: Option<usize>,
    /// What the bootstrap draws: stimuli, people or both. Default: both; stimuli for one person, and
    /// people under a whitened comparator.
    #[arg(long, requires = "bootstrap")]
    over: Option<Resample>,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How often intervals are to cover the truth.
    #[arg(long, default_value_t = 0.95)]
    confidence: f64,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    common::main(|arguments: &Arguments| {
        let report = run(arguments)?;
        if let Some(caution) = report.caution {
            common::note(format_args!("note: {caution}"));
        }
        Ok(match arguments.json {
            true => report.json(),
            false => report.table(),
        })
    })
}

fn run(arguments: &Arguments) -> Result<Report> {
    let confidence = Confidence::new(arguments.confidence)?;
    let (models, people) = read(arguments)?;
    let (_, model) = &models[0];
    let paired_by = people::pair_judged(model.stimuli(), people.stimuli())?;
    let mut metric = RepresentationalSimilarity::new(arguments.dissimilarity, arguments.compare)
        .with_confidence(confidence);
    if let Some(n) = arguments.bootstrap {
        let bootstrap = Bootstrap::new(n, arguments.seed)?;
        metric = metric.with_bootstrap(bootstrap.over(resample(arguments, &people)));
    }
    let (names, rdms): (Vec<String>, Vec<Rdm>) = models.into_iter().unzip();
    let evaluation = metric.evaluate(&rdms.iter().collect::<Vec<_>>(), &people)?;
    let conversion = arguments.rdm_reading.similarities.map(|own| match own {
        Some(own) => format!("{own} - similarity"),
        None => "largest - similarity".into(),
    });
    Ok(Report::new(names, evaluation, paired_by, conversion))
}

/// Reads the models and the participants. The number of stimuli of one tells what the shape of the other
/// means.
fn read(arguments: &Arguments) -> Result<(Vec<(String, Rdm)>, RdmSet)> {
    let participants = |n_stimuli| {
        let reading = &arguments.reading;
        let files = &arguments.human;
        arguments
            .rdm_reading
            .participants(files, n_stimuli, &reading.text)
    };
    match read_models(arguments, None) {
        Ok(models) => {
            let people = participants(models.first().map(|(_, model)| model.n_stimuli()))?;
            Ok((models, people))
        }
        Err(error) => {
            // Where the participants are told apart, the model may be, too.
            let Ok(people) = participants(None) else {
                return Err(error);
            };
            let models = read_models(arguments, Some(people.stimuli().len()));
            models.map_err(|_| error).map(|models| (models, people))
        }
    }
}

fn resample(arguments: &Arguments, people: &RdmSet) -> Resample {
    let whitened = matches!(
        arguments.compare,
        Comparator::WhitenedPearson | Comparator::WhitenedCosine
    );
    arguments.over.unwrap_or(match people.len() {
        _ if whitened => Resample::People,
        1 => Resample::Stimuli,
        _ => Resample::Both,
    })
}

/// The RDMs of the models, by name.
fn read_models(arguments: &Arguments, n_stimuli: Option<usize>) -> Result<Vec<(String, Rdm)>> {
    let reading = &arguments.reading;
    let name = |path: &Path| {
        let name = path.file_stem().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    if let Some(path) = &arguments.features {
        let features = reading.features(path, arguments.ids.as_deref())?;
        return Ok(vec![(name(path), arguments.dissimilarity.rdm(&features)?)]);
    }
    let Some(path) = &arguments.model_rdm else {
        return Ok(Vec::new());
    };
    let ids = arguments
        .ids
        .as_deref()
        .map(|path| reading.text.in_form(reading.text.list(path)?));
    let mut file = arguments
        .rdm_reading
        .models(path, ids.transpose()?, &reading.text)?;
    if let Some(array) = &reading.array {
        file = file.with_array(array);
    }
    if let Some(n) = n_stimuli {
        file = file.with_n_stimuli(n);
    }
    let set = file.read()?;
    let stimuli = reading.text.in_form(set.stimuli().clone())?;
    let set = set.with_stimuli(stimuli)?;
    let name = name(path);
    Ok(match set.rdms() {
        [rdm] => vec![(name, rdm.clone())],
        _ => set
            .iter()
            .map(|(number, rdm)| (format!("{name} {number}"), rdm.clone()))
            .collect(),
    })
}
