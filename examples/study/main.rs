//! A study of what makes networks human: for now, its embedded miniature and what is in it.
//!
//! ```text
//! cargo run --release --example study
//! cargo run --release --example study -- --untrained           # negative controls
//! cargo run --release --example study -- --people-at-random
//! ```

#[path = "../common/mod.rs"]
mod common;
mod miniature;

use std::fmt::Write;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use human_alignment::inference::{Confidence, noise_ceiling};
use human_alignment::metric::rsa::{Ceiling, Comparator};
use human_alignment::{
    AlignmentMetric, Dissimilarity, Representation, RepresentationSource,
    RepresentationalSimilarity, Result, Similarity, ZeroShotOddOneOut,
};
use miniature::people::People;
use miniature::{Miniature, Settings};

/// What makes a network human?
#[derive(Parser)]
#[command(name = "study")]
struct Arguments {
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Train no network: what is found then is found without training.
    #[arg(long)]
    untrained: bool,
    /// Have people answer without looking: what is found then is found without people.
    #[arg(long)]
    people_at_random: bool,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(arguments: &Arguments) -> Result<String> {
    let settings = Settings {
        seed: arguments.seed,
        trained: !arguments.untrained,
        people_at_random: arguments.people_at_random,
        ..Settings::default()
    };
    table(&Miniature::new(&settings)?)
}

/// What was built, and how the networks do by the two metrics.
fn table(miniature: &Miniature) -> Result<String> {
    let start = Instant::now();
    let People {
        trials,
        arrangements,
        embedding,
        concepts,
    } = &miniature.people;
    let choices = ZeroShotOddOneOut::new(Similarity::Cosine);
    let geometry =
        RepresentationalSimilarity::new(Dissimilarity::Correlation, Comparator::Spearman);
    // As 53.2 % and 0.412.
    let score = |representation: &Representation| -> Result<String> {
        let accuracy = choices.score(representation, trials)?.accuracy;
        let correlation = geometry.score(representation, arrangements)?.value;
        Ok(format!("{:5.1} {correlation:6.3}", 100.0 * accuracy))
    };

    let mut text = format!(
        "Pictures, people and what they say are simulated. {} networks, trained with {} pictures;\n\
         {} people with {} concepts, {} odd-one-out trials and {} arrangements of {} other pictures.\n\n\
         {:40} {:>10} {:>7} {:>8} {:>6}   odd-one-out accuracy in %, and RSA (Spearman), at each layer\n",
        miniature.networks.len(),
        miniature.training.pictures.len(),
        trials
            .participants()
            .map_or(0, |people| people.labels().len()),
        concepts.len(),
        trials.len(),
        arrangements.len(),
        miniature.judged.pictures.len(),
        "network",
        "parameters",
        "loss",
        "training",
        "judged",
    );
    for trained in &miniature.networks {
        let network = &trained.network;
        let _ = write!(
            text,
            "{:40} {:>10}",
            trained.design.name(),
            network.n_parameters()
        );
        let _ = match &trained.report {
            Some(report) => write!(
                text,
                " {:>7.3} {:>8.1} {:>6.1}",
                report.loss,
                100.0 * report.accuracy,
                100.0 * report.judged_accuracy
            ),
            None => write!(text, " {:>7} {:>8} {:>6}", "", "", ""),
        };
        for tap in network.taps() {
            let source = trained.at(tap, &miniature.judged)?;
            let representation = source.represent(&miniature.judged.stimuli)?;
            let _ = write!(text, "   {tap} {}", score(&representation)?);
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{:76}{}", "human embedding", score(embedding)?);
    if let Some(ceiling) = noise_ceiling(trials, Confidence::default()) {
        let _ = writeln!(
            text,
            "\nnoise ceiling of odd-one-out choices: {:.1} % leave-one-out, {:.1} % majority",
            100.0 * ceiling.leave_one_out.value,
            100.0 * ceiling.majority.value
        );
    }
    let ceiling = Ceiling::of(arrangements, Comparator::Spearman)?;
    let _ = writeln!(
        text,
        "noise ceiling of arrangements, per person: {:.3} to {:.3}",
        ceiling.lower, ceiling.upper
    );
    let stages = miniature.stages.iter().copied();
    for (name, time) in stages.chain([("table", start.elapsed())]) {
        let _ = write!(text, "{name} {:.1} s  ", time.as_secs_f64());
    }
    Ok(text)
}
