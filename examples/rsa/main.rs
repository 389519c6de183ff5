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
#[path = "../common/people.rs"]
mod people;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgGroup, Parser};
use human_alignment::inference::{Confidence, Resample};
use human_alignment::metric::rsa::{Bootstrap, Comparator, RepresentationalSimilarity};
use human_alignment::rdm::RdmFile;
use human_alignment::{
    Dissimilarity, Error, FileSource, Rdm, RdmSet, RepresentationSource, Result, Stimuli,
};
use report::Report;

/// How alike is the geometry of a representation to what people judged?
#[derive(Parser)]
#[command(name = "rsa", allow_negative_numbers = true)]
#[command(group(ArgGroup::new("model").required(true).args(["features", "model_rdm"])))]
struct Arguments {
    /// Features, one row a stimulus (.npy, .npz, .safetensors, .csv, .tsv).
    #[arg(long, value_name = "FILE")]
    features: Option<PathBuf>,
    /// Dissimilarities of a model instead (.npy, .csv, .tsv); several in a stack are compared.
    #[arg(long, value_name = "FILE")]
    model_rdm: Option<PathBuf>,
    /// Dissimilarities that people judged: n×n, n(n−1)/2, people×n×n or people×n(n−1)/2.
    #[arg(long, value_name = "FILE")]
    human: PathBuf,
    /// correlation, cosine, euclidean, squared-euclidean or gaussian.
    #[arg(long, default_value = "correlation", conflicts_with = "model_rdm")]
    dissimilarity: Dissimilarity,
    /// pearson, spearman, kendall-tau-a, kendall-tau-b, cosine, rho-a, whitened-pearson or
    /// whitened-cosine.
    #[arg(long, default_value = "spearman")]
    compare: Comparator,
    /// Stimulus ids, one a line, for the rows of the features.
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    /// Stimulus ids, one a line, for the human dissimilarities.
    #[arg(long, value_name = "FILE")]
    human_ids: Option<PathBuf>,
    /// The array of an .npz or .safetensors file that holds the features.
    #[arg(long, value_name = "NAME", requires = "features")]
    array: Option<String>,
    /// Take NaN for pairs that were not judged.
    #[arg(long)]
    missing: bool,
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
    let models = read_models(arguments)?;
    let human_ids = arguments.human_ids.as_deref().map(Stimuli::read);
    let human = rdm_file(arguments, &arguments.human, human_ids.transpose()?)?;
    let people = match models.first() {
        Some((_, model)) => people::read_people(human, model.stimuli())?,
        None => human.read()?,
    };
    let n_stimuli = people.stimuli().len();
    if let Some((_, model)) = models.first()
        && model.n_stimuli() != n_stimuli
        && *people.stimuli() == Stimuli::numbered(n_stimuli as u32)
    {
        // Numbers say nothing about which rows are meant.
        return Err(Error::LengthMismatch {
            what: "stimuli of the model",
            expected: n_stimuli,
            found: model.n_stimuli(),
        });
    }
    let mut metric = RepresentationalSimilarity::new(arguments.dissimilarity, arguments.compare)
        .with_confidence(confidence);
    if let Some(n) = arguments.bootstrap {
        let bootstrap = Bootstrap::new(n, arguments.seed)?;
        metric = metric.with_bootstrap(bootstrap.over(resample(arguments, &people)));
    }
    let (names, rdms): (Vec<String>, Vec<Rdm>) = models.into_iter().unzip();
    let evaluation = metric.evaluate(&rdms.iter().collect::<Vec<_>>(), &people)?;
    Ok(Report::new(names, evaluation))
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

fn rdm_file(arguments: &Arguments, path: &Path, ids: Option<Stimuli>) -> Result<RdmFile> {
    let mut file = RdmFile::open(path)?;
    if let Some(ids) = ids {
        file = file.with_ids(ids);
    }
    if arguments.missing {
        file = file.with_missing_pairs();
    }
    Ok(file)
}

/// The RDMs of the models, by name.
fn read_models(arguments: &Arguments) -> Result<Vec<(String, Rdm)>> {
    let ids = arguments.ids.as_deref().map(Stimuli::read).transpose()?;
    if let Some(path) = &arguments.features {
        let mut source = FileSource::open(path)?;
        if let Some(ids) = ids {
            source = source.with_ids(ids);
        }
        if let Some(array) = &arguments.array {
            source = source.with_array(array)?;
        }
        let rdm = arguments.dissimilarity.rdm(&source.read()?)?;
        return Ok(vec![(source.name().into(), rdm)]);
    }
    let Some(path) = &arguments.model_rdm else {
        return Ok(Vec::new());
    };
    let set = rdm_file(arguments, path, ids)?.read()?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(match set.rdms() {
        [rdm] => vec![(name.into_owned(), rdm.clone())],
        _ => set
            .iter()
            .map(|(number, rdm)| (format!("{name} {number}"), rdm.clone()))
            .collect(),
    })
}
