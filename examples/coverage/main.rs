//! Coverage of confidence intervals and false-positive rates of tests, on simulated data whose true
//! values are known.
//!
//! ```text
//! cargo run --release --example coverage -- accuracy people rsa
//! ```

mod accuracy;
#[path = "../common/mod.rs"]
mod common;
mod people;
mod rsa;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use human_alignment::Result;

/// Simulates data whose true values are known and reports the coverage of 95 % intervals and the
/// false-positive rates of tests at the 5 % level.
#[derive(Parser)]
struct Arguments {
    /// What to simulate; everything by default.
    topics: Vec<Topic>,
    /// Number of simulated experiments per row.
    #[arg(long, default_value_t = 1000)]
    replications: usize,
    /// Seed of the random number generator.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What is simulated; each topic prints a table.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Topic {
    /// Accuracies of odd-one-out choices and differences between two models.
    Accuracy,
    /// Differences between people, and correlations of the entropies of a model and of people.
    People,
    /// Correlations of RDMs and differences between two models.
    Rsa,
}

impl Topic {
    fn report(self, replications: usize, seed: u64) -> Result<()> {
        match self {
            Topic::Accuracy => accuracy::report(replications, seed, |text| common::line(text)),
            Topic::People => people::report(replications, seed, |text| common::line(text)),
            Topic::Rsa => rsa::report(replications, seed, |text| common::line(text)),
        }
    }
}

fn main() -> ExitCode {
    common::end(run())
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let topics = match arguments.topics.as_slice() {
        [] => Topic::value_variants(),
        topics => topics,
    };
    for topic in topics {
        topic.report(arguments.replications, arguments.seed)?;
        common::line(format_args!(""))?;
    }
    Ok(())
}
