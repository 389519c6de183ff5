//! Zero-shot odd-one-out alignment on the command line.
//!
//! ```text
//! cargo run --release --example odd_one_out                       # simulated participants
//! cargo run --release --example odd_one_out -- --features F.npy --triplets T.npy
//! cargo run --release --example odd_one_out -- --features F.npy --features G.npy --triplets T.txt
//! ```
//!
//! The result is printed to standard output, everything else to standard error. An error ends the
//! program with exit code 1 and one line.

#[path = "../common/candidates.rs"]
mod candidates;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/features.rs"]
mod features;
#[path = "../common/pairing.rs"]
mod pairing;
mod people;
#[path = "../common/reading.rs"]
mod reading;
mod report;
mod simulated;
#[path = "../common/trials.rs"]
mod trials;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use common::Unused;
use features::FeatureReading;
use human_alignment::agreement::ParticipantAgreement;
use human_alignment::dataset::TripletChunks;
use human_alignment::individual::ParticipantAccuracies;
use human_alignment::inference::{
    ChoiceNoiseCeiling, Comparison, Confidence, DesignCaution, ObjectBootstrap, Ranks,
    RelativeAccuracy,
};
use human_alignment::metric::odd_one_out::{Probabilities, Tally, TiePolicy};
use human_alignment::{
    AnchoredTask, Error, OddOneOutTask, Precision, Representation, Result, Similarity, Task,
    Trials, ZeroShotOddOneOut,
};
use report::{Report, Row};
use trials::{Input, TrialReading};

/// Compute the zero-shot odd-one-out accuracy of representations: the share of trials in which they
/// select the same odd one out as the participants.
///
/// Without --features, three representations and the participants are simulated.
#[derive(Parser)]
#[command(name = "odd_one_out", allow_negative_numbers = true)]
struct Arguments {
    /// Features, one row per stimulus (.npy, .npz, .safetensors, .mat, .csv, .tsv, .txt). Repeat
    /// the flag to compare several representations.
    #[arg(long, value_name = "FILE")]
    features: Vec<PathBuf>,
    /// Odd-one-out trials (.npy, .npz, .mat, .txt, .csv, .tsv): three stimulus indices or ids per
    /// trial, the odd one last; or a table with columns such as image1, image2, image3, choice.
    #[arg(long, value_name = "FILE", conflicts_with = "anchored")]
    triplets: Option<PathBuf>,
    /// Anchored trials instead of odd-one-out trials, in the same formats: head, close and far
    /// stimulus; or a table with columns such as head, winner, loser.
    #[arg(long, value_name = "FILE")]
    anchored: Option<PathBuf>,
    /// File with the stimulus ids of the feature rows: one id per line, or a table with an id
    /// column.
    #[arg(long, value_name = "FILE", requires = "features")]
    ids: Option<PathBuf>,
    #[command(flatten)]
    reading: FeatureReading,
    #[command(flatten)]
    trial_reading: TrialReading,
    /// Similarity of two stimuli: dot, cosine, pearson, negative-euclidean or
    /// negative-squared-euclidean.
    #[arg(long, default_value = "cosine")]
    similarity: Similarity,
    /// Temperature by which similarities are divided before the softmax.
    #[arg(long, default_value_t = 1.0)]
    temperature: f64,
    /// Score of a trial whose largest similarity is tied: wrong (0), fractional (1/k for k tied
    /// pairs), published-all-equal (0 only if all similarities are equal, as in the published
    /// script) or published-probe (0 if any two probabilities are equal, or all to two decimals, as
    /// in the published probes).
    #[arg(long, default_value = "wrong")]
    ties: TiePolicy,
    /// Probabilities of choices: softmax (of similarity / temperature) or published-dot-product
    /// (softmax of dot product × temperature, as in the published script).
    #[arg(long, default_value = "softmax")]
    probabilities: Probabilities,
    /// Floating-point precision of similarities: double or single.
    #[arg(long, default_value = "double")]
    precision: Precision,
    /// Confidence level of intervals, between 0 and 1.
    #[arg(long, default_value_t = 0.95)]
    confidence: f64,
    /// Number of replicates of a bootstrap over stimuli. Default: no bootstrap.
    #[arg(long, value_name = "N")]
    bootstrap: Option<usize>,
    /// Seed of the random number generator.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Estimate the noise ceiling from questions that were answered more than once.
    #[arg(long)]
    ceiling: bool,
    /// Read trials in chunks, for files larger than memory. Only the scores are computed: no
    /// bootstrap, noise ceiling, comparisons or accuracies of single participants.
    #[arg(long, requires = "features", conflicts_with_all = ["bootstrap", "ceiling", "drop_missing", "drop_repeated"])]
    stream: bool,
    /// Largest difference of accuracies that does not matter (0.01 is 1 point): adds tests of
    /// equivalence of the representations within the margin.
    #[arg(long, value_name = "X", conflicts_with = "stream")]
    margin: Option<f64>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn metric(&self) -> Result<ZeroShotOddOneOut> {
        let metric = ZeroShotOddOneOut::new(self.similarity)
            .with_temperature(self.temperature)?
            .with_ties(self.ties)
            .with_probabilities(self.probabilities)
            .with_precision(self.precision)
            .with_confidence(Confidence::new(self.confidence)?);
        match self.bootstrap {
            Some(n) => Ok(metric.with_bootstrap(ObjectBootstrap::new(n, self.seed)?)),
            None => Ok(metric),
        }
    }
}

fn unused(arguments: &Arguments) -> Vec<Unused> {
    let of_metric = &[
        "similarity",
        "temperature",
        "ties",
        "probabilities",
        "precision",
        "confidence",
        "bootstrap",
        "margin",
        "seed",
        "json",
        "features",
        "triplets",
        "anchored",
    ];
    match arguments.features.len() {
        0 => vec![Unused::all_but(
            of_metric,
            "without --features, as the data are simulated",
        )],
        1 => vec![Unused::these(
            &["margin"],
            "with one --features, because it tests differences",
        )],
        _ => Vec::new(),
    }
}

fn main() -> ExitCode {
    common::main_with(unused, |arguments: &Arguments| {
        let mut report = run(arguments)?;
        if let Some(margin) = arguments.margin {
            report.test_equivalence(margin)?;
        }
        Ok(match arguments.json {
            true => report.json(),
            false => report.table(),
        })
    })
}

fn run(arguments: &Arguments) -> Result<Report> {
    let metric = arguments.metric()?;
    match (
        &arguments.features[..],
        &arguments.triplets,
        &arguments.anchored,
    ) {
        ([], None, None) => simulated::run(metric, arguments.seed),
        ([], _, _) => Err(Error::other("--triplets and --anchored need --features")),
        (_, None, None) => Err(Error::other("--features needs --triplets or --anchored")),
        (features, Some(path), _) => from_files::<OddOneOutTask>(arguments, metric, features, path),
        (features, None, Some(path)) => {
            from_files::<AnchoredTask>(arguments, metric, features, path)
        }
    }
}

fn from_files<T: Task>(
    arguments: &Arguments,
    metric: ZeroShotOddOneOut,
    features: &[PathBuf],
    trials: &Path,
) -> Result<Report> {
    let ids = arguments.ids.as_deref();
    let files: Vec<_> = features
        .iter()
        .map(|path| (path.as_path(), ids, None))
        .collect();
    let names = features.iter().map(|path| path.display().to_string());
    let named: Vec<_> = names
        .zip(arguments.reading.features_of_all(&files)?)
        .collect();
    if arguments.stream {
        return stream::<T>(arguments, metric, &named, trials);
    }
    // Without --stimuli, trial indices refer to the rows of the first file; the other files are
    // matched to it.
    let representations = named.iter().map(|(_, representation)| representation);
    let drop_missing = arguments.trial_reading.drop_missing;
    let shared = candidates::shared_stimuli(representations, drop_missing)?;
    let reading = &arguments.reading.text;
    let (trials, input) =
        arguments
            .trial_reading
            .trials::<T>(trials, named[0].1.stimuli(), &shared, reading)?;
    for (name, representation) in &named {
        trials::refuse_transposed(name, representation, trials.shown())?;
    }
    let mut report = score(metric, &named, &trials, arguments.ceiling)?;
    report.input = Some(input);
    Ok(report)
}

/// Scores representations on trials that are read in chunks.
fn stream<T: Task>(
    arguments: &Arguments,
    metric: ZeroShotOddOneOut,
    named: &[(String, Representation)],
    path: &Path,
) -> Result<Report> {
    let counted = arguments.trial_reading.stimuli.as_deref();
    let counted = counted
        .map(|path| {
            arguments
                .reading
                .text
                .in_form(arguments.reading.text.list(path)?)
        })
        .transpose()?;
    let features = named[0].1.stimuli();
    let stimuli = counted.as_ref().unwrap_or(features);
    let paired_by = match &counted {
        Some(counted) => pairing::pair(features, counted)?,
        None => trials::note_counted_rows(features),
    };
    let participants = arguments.trial_reading.participants.as_ref();
    let participants = participants
        .map(|path| trials::read_participants(path))
        .transpose()?;
    let tally = |(name, representation): &(String, Representation)| {
        let mut chunks = TripletChunks::<T>::open(path, stimuli.clone(), trials::CHUNK)?
            .with_counting(arguments.trial_reading.count_from);
        if let Some(participants) = &participants {
            chunks = chunks.with_participants(participants.clone());
        }
        let tally = metric.tally(representation, stimuli, chunks)?;
        if counted.is_none() {
            trials::refuse_transposed(name, representation, &tally.shown())?;
            trials::refuse_several_rows(features, &tally.shown())?;
        }
        Ok(tally)
    };
    let tallies: Vec<_> = named.iter().map(tally).collect::<Result<_>>()?;
    let (n_objects, n_participants) = (tallies[0].n_objects(), tallies[0].n_participants());
    let cautions = trials::cautions(DesignCaution::of_numbers(n_objects, n_participants));
    let row = |((name, representation), tally): (&(String, Representation), &Tally)| {
        Ok(Row::new(name, representation, tally.score()?))
    };
    let rows = named.iter().zip(&tallies).map(row).collect::<Result<_>>()?;
    let mut report = Report::new(rows, Vec::new());
    report.input = Some(Input {
        paired_by,
        dropped_missing: 0,
        dropped_repeated: 0,
        participants: n_participants,
        cautions,
    });
    Ok(report)
}

/// Scores and compares representations on the same trials, and with the noise ceiling on request.
fn score<T: Task>(
    metric: ZeroShotOddOneOut,
    named: &[(String, Representation)],
    trials: &Trials<T>,
    with_ceiling: bool,
) -> Result<Report> {
    let mut rows = Vec::new();
    let mut outcomes = Vec::new();
    for (name, representation) in named {
        let earned = metric.outcomes(representation, trials)?;
        let mut row = Row::new(name, representation, earned.score());
        // Undefined without participants, for a single one, and if all credits are equal.
        let people = ParticipantAccuracies::new(trials, earned.credits(), row.score.confidence);
        row.people = people.ok().map(Into::into);
        rows.push(row);
        outcomes.push(earned);
    }
    let credits: Vec<_> = outcomes.iter().map(|earned| earned.credits()).collect();
    let confidence = rows[0].score.confidence;
    let comparisons = Comparison::all_pairs(trials, &credits, confidence)?;
    let ranks = Ranks::from_comparisons(rows.len(), &comparisons, confidence)?;
    let several = credits.len() > 1;
    if with_ceiling {
        for (row, credits) in rows.iter_mut().zip(credits) {
            row.relative = RelativeAccuracy::new(trials, credits, confidence)?;
        }
    }
    let mut report = Report::new(rows, comparisons);
    report.ranks = several.then_some(ranks);
    if with_ceiling {
        report.ceiling = ChoiceNoiseCeiling::new(trials, confidence);
        report.asked_for_ceiling = true;
        // Undefined if no question was answered by several participants. Pairs are not reported.
        let people = ParticipantAgreement::new(trials, usize::MAX, confidence);
        report.people_agreement = people.ok().map(Into::into);
    }
    Ok(report)
}
