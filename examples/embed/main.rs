//! Sparse non-negative dimensions learned from odd-one-out choices.
//!
//! ```text
//! cargo run --release --example embed -- --triplets T.npy --out E.npy
//! cargo run --release --example embed -- --triplets T.npy --stimuli concepts.txt \
//!     --lambda 0.008 --dimensions 100 --out E.npy --json
//! ```
//!
//! A tenth of the questions is held out to test the embedding. λ is chosen by cross-validation of
//! the others, unless it is given. An interrupted program continues where it was: its state is in
//! the file E.npy.unfinished, and the result is the same bit for bit. With --stream, the trials are
//! read again in every pass and can be larger than memory.

#[path = "../common/bar.rs"]
mod bar;
#[path = "../common/mod.rs"]
mod common;
mod indices;
mod pages;
#[path = "../common/pairing.rs"]
mod pairing;
#[path = "../common/reading.rs"]
mod reading;
mod report;
mod stream;
#[path = "../common/trials.rs"]
mod trials;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use human_alignment::dataset::Counting;
use human_alignment::embedding::{
    Embedding, EmbeddingScore, LambdaCandidate, Spose, SposeCrossValidation, TrainingChoices, Vice,
    ViceEmbedding, folds_by_question,
};
use human_alignment::error::ErrorKind;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::{Error, OddOneOut, OddOneOutTask, Representation, Result, Stimuli};

use common::{Answer, Unused};
use pages::Pages;
use reading::Reading;
use report::{End, Report};

/// Learn sparse non-negative dimensions from odd-one-out choices.
#[derive(Parser)]
#[command(name = "embed", allow_negative_numbers = true)]
struct Arguments {
    /// Odd-one-out trials (.npy, .npz, .mat, .txt, .csv, .tsv): three stimulus indices or ids per
    /// trial, the odd one last; or a table with columns such as image1, image2, image3, choice.
    #[arg(long, value_name = "FILE")]
    triplets: PathBuf,
    /// File with the stimulus ids that the trials refer to: one id per line, or a table with an id
    /// column. Default: rows without ids, up to the largest index.
    #[arg(long, value_name = "FILE")]
    stimuli: Option<PathBuf>,
    /// First index of the trials: 0, 1, or inferred from the indices.
    #[arg(long, default_value_t)]
    count_from: Counting,
    /// Drop trials that show a stimulus twice. Without this flag they are an error.
    #[arg(long)]
    drop_repeated: bool,
    /// Read the trials in chunks in every pass, for files larger than memory: an .npy array or a text
    /// file with three indices per line. Needs one --lambda.
    #[arg(long, conflicts_with = "drop_repeated")]
    stream: bool,
    #[command(flatten)]
    reading: Reading,
    /// Number of dimensions before any are removed.
    #[arg(long, default_value_t = 100, value_name = "N")]
    dimensions: usize,
    /// Weight of the penalty: a number, several separated by commas, from which cross-validation
    /// chooses, or auto.
    #[arg(long, default_value = "auto", value_name = "X|auto")]
    lambda: String,
    /// The method: spose, or vice, which estimates a standard deviation for every weight, has no λ,
    /// and cannot continue an interrupted run.
    #[arg(long, default_value = "spose", value_parser = PossibleValuesParser::new(["spose", "vice"]))]
    method: String,
    /// Number of folds to choose the penalty.
    #[arg(long, default_value_t = 5, value_name = "K")]
    folds: usize,
    /// Hold out one in this many questions to test the embedding; 0 holds out none.
    #[arg(long, default_value_t = 10, value_name = "N")]
    test_one_in: usize,
    /// Scale of the random initial weights.
    #[arg(long, default_value_t = 4.0, value_name = "X")]
    initial_scale: f64,
    /// Relative decrease of the objective over ten iterations at which a fit ends.
    #[arg(long, default_value_t = 1e-5)]
    tolerance: f64,
    /// Maximum number of iterations of a fit. Default: 2,000, or 10,000 steps with --method vice.
    #[arg(long, value_name = "N")]
    max_iterations: Option<usize>,
    /// Write the embedding to this file (.npy or .safetensors). The ids and provenance of an .npy
    /// file are in a second file, FILE.json, which is also replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// With --method vice, write the standard deviations of the weights to this file (.npy or
    /// .safetensors).
    #[arg(long, value_name = "FILE")]
    deviations: Option<PathBuf>,
    /// Draw a page for each dimension, with the objects that have the largest weights, into this
    /// folder: dimension_1.svg and so on.
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
    /// Folder with the images of the objects, whose names without extension are their ids, for
    /// --figures.
    #[arg(long, value_name = "DIR", requires = "figures")]
    images: Option<PathBuf>,
    /// Seed of the random number generator.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// An embedding learned by either method.
enum Learned {
    Spose(Embedding, Vec<LambdaCandidate>),
    Vice(ViceEmbedding),
}

impl Learned {
    fn representation(&self) -> &Representation {
        match self {
            Self::Spose(embedding, _) => embedding.representation(),
            Self::Vice(embedding) => embedding.representation(),
        }
    }

    fn n_dimensions(&self) -> usize {
        match self {
            Self::Spose(embedding, _) => embedding.n_dimensions(),
            Self::Vice(embedding) => embedding.n_dimensions(),
        }
    }

    fn score(&self, test: &ChoiceFrequencies<OddOneOutTask>) -> Result<EmbeddingScore> {
        match self {
            Self::Spose(embedding, _) => embedding.score(test),
            Self::Vice(embedding) => embedding.score(test),
        }
    }

    /// Adds notes if there are no dimensions, if they do not predict held-out questions, or if
    /// other λ should be tried.
    fn note_what_to_try(&self, held_out: &HeldOut) {
        // The entropy of three equally probable answers.
        let of_chance = 3f64.ln();
        if held_out.n_questions > 0 && held_out.cross_entropy >= of_chance {
            common::notes::add(format!(
                "held-out questions are predicted no better than by chance (cross-entropy {:.3}, \
                 chance {of_chance:.3}): check that the odd one of each trial is last, or increase --lambda",
                held_out.cross_entropy
            ));
        }
        if self.n_dimensions() == 0 {
            common::notes::add(
                "no dimension explains the choices: answers at random, too few trials for each \
                 object, or too large a --lambda; the embedding is a column of zeros"
                    .to_owned(),
            );
            return;
        }
        let Self::Spose(embedding, path) = self else {
            return;
        };
        let lambda = embedding.lambda();
        let ends = [path.first(), path.last()].map(|end| end.map(|at| at.lambda));
        if path.len() > 1 && ends.contains(&Some(lambda)) {
            common::notes::add(format!(
                "{lambda} is the smallest or the largest lambda that was tried: pass others around \
                 it to --lambda"
            ));
        }
    }
}

/// What was learned, and from what.
struct Outcome<'a> {
    learned: Learned,
    seconds: f64,
    pages: Option<Pages<'a>>,
    objects: usize,
    trials: usize,
    questions: Option<usize>,
    held_out: HeldOut,
}

/// The predictions of held-out questions.
#[derive(Default)]
struct HeldOut {
    n_questions: usize,
    /// Means over the questions.
    accuracy: f64,
    cross_entropy: f64,
}

impl HeldOut {
    /// Adds the score of more questions, each of which counts the same.
    fn add(&mut self, score: EmbeddingScore) {
        self.n_questions += score.n_questions;
        let share = score.n_questions as f64 / self.n_questions as f64;
        self.accuracy += share * (score.accuracy - self.accuracy);
        self.cross_entropy += share * (score.cross_entropy - self.cross_entropy);
    }

    /// Returns a mean, if there are questions.
    fn known(&self, mean: f64) -> Option<f64> {
        (self.n_questions > 0).then_some(mean)
    }
}

/// Returns the flags that only the other method, or the choice of a λ, uses.
fn unused(arguments: &Arguments) -> Vec<Unused> {
    let is_auto = arguments.lambda == "auto";
    if arguments.method == "vice" {
        let of_spose = &["folds", "tolerance", "initial_scale"];
        let of_spose = Unused::these(of_spose, "with --method vice");
        let of_lambda = Unused::these(&["lambda"], "with --method vice");
        // By default λ is auto.
        return [of_spose]
            .into_iter()
            .chain((!is_auto).then_some(of_lambda))
            .collect();
    }
    let of_vice = Unused::these(&["deviations"], "unless you pass --method vice");
    let of_choice = Unused::these(&["folds"], "with one --lambda");
    let is_one = !is_auto && !arguments.lambda.contains(',');
    [of_vice]
        .into_iter()
        .chain(is_one.then_some(of_choice))
        .collect()
}

fn main() -> ExitCode {
    common::main_with(unused, run)
}

fn run(arguments: &Arguments) -> Result<Answer> {
    if arguments.test_one_in == 1 {
        return Err(Error::other(
            "--test-one-in 1 holds out all questions: pass at least 2, or 0 to hold out none",
        ));
    }
    check_outputs(arguments)?;
    let outcome = match arguments.stream {
        true => stream::learn(arguments)?,
        false => learn(arguments)?,
    };
    let learned = outcome.learned;
    learned.representation().write(&arguments.out)?;
    if let (Learned::Vice(embedding), Some(path)) = (&learned, &arguments.deviations) {
        embedding.deviations().write(path)?;
    }
    learned.note_what_to_try(&outcome.held_out);
    let dimensions = learned.n_dimensions();
    if let (Some(pages), 1..) = (outcome.pages, dimensions) {
        pages.draw(learned.representation())?;
    }
    if let Learned::Spose(..) = learned {
        // The embedding is written, so that a state that cannot be removed does no harm.
        let _ = std::fs::remove_file(unfinished(arguments));
    }
    let (lambda, iterations, converged, end, path) = match learned {
        Learned::Spose(embedding, path) => (
            Some(embedding.lambda()),
            embedding.n_iterations(),
            embedding.is_converged(),
            Some(End::of(&embedding)),
            path,
        ),
        Learned::Vice(embedding) => (
            None,
            embedding.n_steps(),
            embedding.is_converged(),
            None,
            Vec::new(),
        ),
    };
    let held_out = outcome.held_out;
    let report = Report {
        dimensions,
        accuracy: held_out.known(held_out.accuracy),
        cross_entropy: held_out.known(held_out.cross_entropy),
        lambda,
        seconds: outcome.seconds,
        path,
        objects: outcome.objects,
        trials: outcome.trials,
        questions: outcome.questions,
        test_questions: held_out.n_questions,
        iterations,
        converged,
        end,
    };
    Ok(Answer {
        text: match arguments.json {
            true => serde_json::to_string(&report).expect("string keys"),
            false => report.table(),
        },
        shortfall: (!report.converged).then(|| {
            format!(
                "the fit did not converge in {} iterations; use a larger --max-iterations",
                report.iterations
            )
        }),
    })
}

/// Prepares the pages of the embedding of some stimuli, if they were asked for.
fn pages_of<'a>(arguments: &'a Arguments, stimuli: &Stimuli) -> Result<Option<Pages<'a>>> {
    let images = arguments.images.as_deref();
    let folder = arguments.figures.as_ref();
    folder
        .map(|folder| Pages::new(folder, images, stimuli))
        .transpose()
}

/// Fits an embedding to trials in memory.
fn learn(arguments: &Arguments) -> Result<Outcome<'_>> {
    let trials = read_trials(arguments)?;
    let pages = pages_of(arguments, trials.stimuli())?;
    let choices = ChoiceFrequencies::from_trials(&trials);
    let (training, test) = match arguments.test_one_in {
        0 => (choices.clone(), None),
        n => {
            let n_questions = choices.questions().len();
            if n_questions < n {
                return Err(Error::other(format!(
                    "{n_questions} questions are too few to hold out one in {n}: pass a smaller \
                     --test-one-in, or 0 to hold out none"
                )));
            }
            let folds = folds_by_question(&choices, n, arguments.seed)?;
            let test = choices.select(&folds.held_out(0))?;
            (choices.select(&folds.training(0))?, Some(test))
        }
    };
    let start = Instant::now();
    let learned = match arguments.method.as_str() {
        "vice" => Learned::Vice(fit_vice(arguments, &training)?),
        _ => fit(arguments, &training)?,
    };
    let seconds = start.elapsed().as_secs_f64();
    let mut held_out = HeldOut::default();
    if let Some(test) = &test {
        held_out.add(learned.score(test)?);
    }
    Ok(Outcome {
        learned,
        seconds,
        pages,
        objects: training.shown().len(),
        trials: trials.len(),
        questions: Some(choices.questions().len()),
        held_out,
    })
}

/// Checks, before the fit, that its results can be written.
fn check_outputs(arguments: &Arguments) -> Result<()> {
    let stimuli = arguments.stimuli.as_deref();
    let inputs: Vec<&Path> = [arguments.triplets.as_path()]
        .into_iter()
        .chain(stimuli)
        .collect();
    if let Some(path) = &arguments.deviations
        && common::is_same_file(&arguments.out, path)
    {
        return Err(Error::other(format!(
            "--out and --deviations are both {}: choose another name",
            path.display()
        )));
    }
    let mut outputs = [&arguments.out].into_iter().chain(&arguments.deviations);
    outputs.try_for_each(|path| common::check_output(path, &["npy", "safetensors"], &inputs))
}

/// Reads the trials. Without ids, the stimuli are numbered up to the largest index.
fn read_trials(arguments: &Arguments) -> Result<OddOneOut> {
    let source = trials::source::<OddOneOutTask>(
        &arguments.triplets,
        &arguments.reading,
        arguments.count_from,
        arguments.drop_repeated,
    )?;
    let stimuli = match &arguments.stimuli {
        Some(path) => arguments.reading.in_form(arguments.reading.list(path)?)?,
        None => Stimuli::unnamed(OddOneOut::MAX_STIMULI as u32),
    };
    let file = source.read(&stimuli).map_err(|error| match error.kind() {
        ErrorKind::Stimuli(_) if arguments.stimuli.is_none() => Error::other(format!(
            "{}: the trials have ids: name the file with the ids of all stimuli by --stimuli",
            arguments.triplets.display()
        )),
        _ => error,
    })?;
    if let Some(list) = &arguments.stimuli {
        trials::refuse_two_meanings(list, &stimuli, arguments.count_from, "leave out --stimuli")?;
    }
    trials::note_dropped(file.n_repeated(), trials::REPEATED);
    let trials = file.into_judgments();
    if arguments.stimuli.is_some() {
        return Ok(trials);
    }
    let (first, last) = (trials.shown()[0], trials.shown()[trials.shown().len() - 1]);
    let first = first_index(arguments, first)?;
    let path = arguments.triplets.display().to_string();
    indices::refuse_codes(&path, &trials, first)?;
    OddOneOut::new(Stimuli::unnamed(last + 1), trials.as_slice().to_vec())
}

/// Returns the number of the first stimulus in the file, if there are no ids: 0 or 1. `lowest` is the
/// lowest position that occurs.
fn first_index(arguments: &Arguments, lowest: u32) -> Result<u32> {
    if lowest > 0 && arguments.count_from == Counting::Inferred {
        return Err(Error::other(format!(
            "{}: index 0 never occurs, so that indices may count from 0 or from 1: pass --count-from \
             or --stimuli",
            arguments.triplets.display()
        )));
    }
    Ok(u32::from(arguments.count_from == Counting::One))
}

/// Returns the file with the state of an unfinished fit.
fn unfinished(arguments: &Arguments) -> PathBuf {
    let mut name = arguments.out.clone().into_os_string();
    name.push(".unfinished");
    name.into()
}

/// Returns the settings of SPoSE.
fn spose(arguments: &Arguments) -> Result<Spose> {
    let spose = Spose::new(arguments.dimensions)?
        .with_seed(arguments.seed)
        .with_initial_scale(arguments.initial_scale)?
        .with_tolerance(arguments.tolerance)?;
    match arguments.max_iterations {
        Some(n) => spose.with_max_iterations(n),
        None => Ok(spose),
    }
}

/// Fits the embedding with a λ.
fn fit_with(
    arguments: &Arguments,
    lambda: f64,
    choices: &impl TrainingChoices,
) -> Result<Embedding> {
    let bar = bar::spinner();
    let embedding = spose(arguments)?.with_lambda(lambda)?.fit_resumable(
        choices,
        unfinished(arguments),
        |at| {
            bar.set_message(format!(
                "iteration {}: objective {:.6}, {} dimensions",
                at.number, at.objective, at.n_dimensions
            ));
            ControlFlow::Continue(())
        },
    )?;
    bar.finish_and_clear();
    Ok(embedding)
}

/// Fits the embedding, with a λ that is given or chosen.
fn fit(arguments: &Arguments, choices: &ChoiceFrequencies<OddOneOutTask>) -> Result<Learned> {
    let lambdas = lambdas(&arguments.lambda)?;
    if let [lambda] = lambdas[..] {
        let embedding = fit_with(arguments, lambda, choices)?;
        return Ok(Learned::Spose(embedding, Vec::new()));
    }
    let n_questions = choices.questions().len();
    if n_questions < arguments.folds {
        return Err(Error::other(format!(
            "{n_questions} questions are too few for {} folds: pass fewer --folds, or one --lambda",
            arguments.folds
        )));
    }
    let mut validation = SposeCrossValidation::new(spose(arguments)?)
        .with_folds(arguments.folds)?
        .with_seed(arguments.seed);
    if !lambdas.is_empty() {
        validation = validation.with_lambdas(&lambdas)?;
    }
    let bar = bar::bar("fits");
    let selection = validation.run_observed(choices, Some(&unfinished(arguments)), |at| {
        bar.set_length(at.n_fits as u64);
        bar.set_position(at.n_complete as u64);
        bar.set_message(format!(
            "lambda {}, iteration {}, {} dimensions",
            at.lambda, at.iteration.number, at.iteration.n_dimensions
        ));
        ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    let selection = selection.expect("it was not stopped");
    Ok(Learned::Spose(selection.embedding, selection.path))
}

/// Fits an embedding with uncertainties.
fn fit_vice(arguments: &Arguments, choices: &impl TrainingChoices) -> Result<ViceEmbedding> {
    let mut vice = Vice::new(arguments.dimensions)?.with_seed(arguments.seed);
    if let Some(n) = arguments.max_iterations {
        vice = vice.with_max_steps(n)?;
    }
    let bar = bar::spinner();
    let embedding = vice.fit_observed(choices, |at| {
        bar.set_message(format!(
            "step {}: loss {:.6}, {} dimensions",
            at.number, at.loss, at.n_dimensions
        ));
        ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    Ok(embedding)
}

/// Parses λ: several numbers, or none for auto.
fn lambdas(text: &str) -> Result<Vec<f64>> {
    if text == "auto" {
        return Ok(Vec::new());
    }
    let number = |text: &str| {
        let parsed = text.trim().parse();
        parsed.map_err(|_| Error::other(format!("--lambda must be numbers or auto, not {text:?}")))
    };
    text.split(',').map(number).collect()
}
