//! Representational similarity analysis on the command line.
//!
//! ```text
//! cargo run --release --example rsa -- --features F.npy --human R.npy
//! cargo run --release --example rsa -- --model-rdm M.npy --human R.npy --compare rho-a \
//!     --bootstrap 1000
//! ```
//!
//! Intervals are those of the analytic variance over stimuli and people, or with `--bootstrap` those of
//! a bootstrap.
//!
//! The result is printed to standard output, everything else to standard error. An error ends the
//! program with exit code 1 and one line.

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
use human_alignment::metric::rsa::{
    Comparator, RepresentationalSimilarity, RsaBootstrap, RsaVariance,
};
use human_alignment::{Dissimilarity, Error, Rdm, RdmSet, Result, Stimuli};
use people::RdmReading;
use report::Report;

/// Compare the RDM of a representation with human dissimilarities (representational similarity
/// analysis, RSA).
#[derive(Parser)]
#[command(name = "rsa", allow_negative_numbers = true)]
#[command(group(ArgGroup::new("model").required(true).args(["features", "model_rdm"])))]
struct Arguments {
    /// Features, one row per stimulus (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt).
    #[arg(long, value_name = "FILE")]
    features: Option<PathBuf>,
    /// RDM of a model instead of features, in the formats of --human; the RDMs of a stack are
    /// compared with each other.
    #[arg(long, value_name = "FILE")]
    model_rdm: Option<PathBuf>,
    /// Human dissimilarities (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt): n×n, n(n−1)/2,
    /// participants×n×n, participants×n(n−1)/2, or a table with one row per pair (item1, item2,
    /// dissimilarity, participant). Repeat the flag for the files of several participants, or of the
    /// sessions of one, if their names tell (sub-01_ses-1). For similarities, see --similarities.
    #[arg(long, value_name = "FILE", required = true)]
    human: Vec<PathBuf>,
    /// Dissimilarity of two feature rows: correlation, cosine, euclidean, squared-euclidean or
    /// gaussian.
    #[arg(long, default_value = "correlation", conflicts_with = "model_rdm")]
    dissimilarity: Dissimilarity,
    /// Comparison of two RDMs: pearson, spearman, kendall-tau-a, kendall-tau-b, cosine, rho-a,
    /// whitened-pearson or whitened-cosine.
    #[arg(long, default_value = "spearman")]
    compare: Comparator,
    /// File with the stimulus ids of the feature rows or of the model RDM: one id per line, or a
    /// table with an id column.
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    #[command(flatten)]
    reading: FeatureReading,
    #[command(flatten)]
    rdm_reading: RdmReading,
    /// Number of bootstrap replicates for standard errors and intervals. Default: no bootstrap, but
    /// the analytic variance, where it is defined.
    #[arg(long, value_name = "N")]
    bootstrap: Option<usize>,
    /// What conclusions generalize to: other stimuli, people (participants) or both. Default: both;
    /// stimuli for a single participant, and people for a whitened comparison.
    #[arg(long)]
    over: Option<Resample>,
    /// Seed of the random number generator.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Confidence level of intervals, between 0 and 1.
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

/// Refuses participants who are named like the stimuli of the features, as in a table of stimuli × raters.
fn refuse_stimuli(features: &Stimuli, people: &RdmSet) -> Result<()> {
    let mut people = people.participants().iter();
    // Numbers are those of anything.
    let is_stimulus = |id: &str| id.parse::<f64>().is_err() && features.position(id).is_some();
    match people.len() > 1 && people.all(|person| is_stimulus(&person.id)) {
        true => Err(Error::other(
            "the participants of --human are named like the stimuli of the features: write pairs of stimuli, or \
             stimuli, in rows and columns, instead of ratings of each stimulus",
        )),
        false => Ok(()),
    }
}

fn run(arguments: &Arguments) -> Result<Report> {
    let confidence = Confidence::new(arguments.confidence)?;
    let (models, people) = read(arguments)?;
    let (_, model) = &models[0];
    refuse_stimuli(model.stimuli(), &people)?;
    let paired_by = people::pair_judged(model.stimuli(), people.stimuli())?;
    let mut metric = RepresentationalSimilarity::new(arguments.dissimilarity, arguments.compare)
        .with_confidence(confidence);
    let over = resample(arguments, &people);
    if let Some(n) = arguments.bootstrap {
        let bootstrap = RsaBootstrap::new(n, arguments.seed)?;
        metric = metric.with_bootstrap(bootstrap.over(over));
    }
    let (names, rdms): (Vec<String>, Vec<Rdm>) = models.into_iter().unzip();
    let rdms: Vec<&Rdm> = rdms.iter().collect();
    let mut evaluation = metric.evaluate(&rdms, &people)?;
    if arguments.bootstrap.is_none() {
        let metric = metric.with_variance(RsaVariance::new(over));
        match metric.evaluate(&rdms, &people) {
            Ok(found) => evaluation = found,
            Err(error) if arguments.over.is_some() => return Err(error),
            // Too few stimuli or people for an interval.
            Err(_) => {}
        }
    }
    let conversion = arguments.rdm_reading.similarities.map(|own| match own {
        Some(own) => format!("{own} - similarity"),
        None => "largest - similarity".into(),
    });
    Ok(Report::new(names, evaluation, over, paired_by, conversion))
}

/// Reads models and participants. The number of stimuli of either resolves ambiguous shapes of the
/// other.
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
            // The file of the participants may be unambiguous, and then give the number of stimuli.
            let Ok(people) = participants(None) else {
                return Err(error);
            };
            let models = read_models(arguments, Some(people.stimuli().len()));
            models.map_err(|_| error).map(|models| (models, people))
        }
    }
}

fn resample(arguments: &Arguments, people: &RdmSet) -> Resample {
    let default = || people::resample(arguments.compare, people);
    arguments.over.unwrap_or_else(default)
}

/// Reads the RDMs of the models, with their names.
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
