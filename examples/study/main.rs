//! A study of what makes networks human: its embedded miniature, and what drives alignment there.
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
use human_alignment::inference::Interval;
use human_alignment::metric::rsa::Comparator;
use human_alignment::study::{DriverAnalysis, Factors, Layer, Measures, Metric, Table};
use human_alignment::{Dissimilarity, Result, Similarity};
use miniature::people::People;
use miniature::study::{ARRANGEMENTS, CHOICES};
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
    let miniature = Miniature::new(&Settings {
        seed: arguments.seed,
        trained: !arguments.untrained,
        people_at_random: arguments.people_at_random,
        ..Settings::default()
    })?;
    let start = Instant::now();
    let table = miniature
        .study(Measures::default().with_bootstrap(0))?
        .run()?;

    let People {
        embedding, trials, ..
    } = &miniature.people;
    let mut shapes = miniature.judged.shapes();
    shapes.dedup();
    let mut text = format!(
        "Pictures, people and what they say are simulated. {} networks, trained with {} pictures;\n\
         {} odd-one-out trials about {} other pictures of {} shapes, by people who see {} concepts in them.\n\n",
        miniature.networks.len(),
        miniature.training.pictures.len(),
        trials.len(),
        miniature.judged.pictures.len(),
        shapes.len(),
        embedding.n_dimensions(),
    );
    for trained in &miniature.networks {
        let (name, n_parameters) = (trained.design.name(), trained.network.n_parameters());
        let _ = write!(text, "{name:43} {n_parameters:>7} parameters");
        if let Some(report) = &trained.report {
            let _ = write!(
                text,
                "  recognises {:5.1} % of training, {:5.1} % of judged pictures",
                100.0 * report.accuracy,
                100.0 * report.judged_accuracy
            );
        }
        text.push('\n');
    }
    let choices = Metric::ZeroShot {
        similarity: Similarity::Cosine,
    };
    let geometry = Metric::RsaPerPerson {
        dissimilarity: Some(Dissimilarity::Correlation),
        comparator: Comparator::Spearman,
    };
    for (dataset, metric) in [(CHOICES, choices), (ARRANGEMENTS, geometry)] {
        let _ = writeln!(text, "\n{dataset}: {metric}");
        describe(&table, dataset, &metric, &mut text)?;
    }
    for (name, time) in (miniature.stages.iter().copied()).chain([("study", start.elapsed())]) {
        let _ = write!(text, "{name} {:.1} s  ", time.as_secs_f64());
    }
    Ok(text)
}

/// How human each layer is, and what explains how human trained networks are at the last.
fn describe(table: &Table, dataset: &str, metric: &Metric, text: &mut String) -> Result<()> {
    for curve in table.layer_curves(dataset, metric) {
        let _ = write!(text, "{:43}", curve[0].model);
        for row in curve {
            let tap = row.tap.as_deref().unwrap_or_default();
            let _ = row.value().map(|value| write!(text, " {tap} {value:.3} "));
        }
        text.push('\n');
    }
    let mut ceilings = table
        .of(dataset, metric)
        .filter_map(|row| row.measured?.ceiling);
    if let Some(ceiling) = ceilings.next() {
        let _ = writeln!(text, "ceiling {:.3} to {:.3}", ceiling.lower, ceiling.upper);
    }
    let last = table.networks(dataset, metric, Layer::Last).into_iter();
    let trained: Vec<(Factors, f64)> = last
        .filter(|row| row.factors.training_data.as_deref() != Some("none"))
        .filter_map(|row| Some((row.factors.clone(), row.value()?)))
        .collect();
    let found = DriverAnalysis::default().run(&trained)?;
    for driver in &found.drivers {
        let _ = write!(text, "{} {:.2}:", driver.factor, driver.share);
        for level in &driver.levels {
            let _ = write!(text, "  {} {:.3}", level.name, level.mean);
        }
        text.push('\n');
    }
    for coefficient in &found.coefficients {
        let (name, value) = (&coefficient.name, coefficient.estimate.value);
        let Interval { lower, upper } = coefficient.interval;
        let _ = writeln!(text, "{name:43} {value:6.3} [{lower:.3}, {upper:.3}]");
    }
    Ok(())
}
