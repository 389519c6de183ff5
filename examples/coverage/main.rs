//! Coverage of confidence intervals and false-positive rates of tests, on simulated data whose true
//! values are known.
//!
//! ```text
//! cargo run --release --example coverage -- accuracy rsa learners
//! ```

mod accuracy;
mod calibration;
mod ceiling;
#[path = "../common/mod.rs"]
mod common;
mod drivers;
mod learners;
mod people;
mod power;
mod ranks;
mod rsa;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use human_alignment::Result;

/// Simulate data whose true values are known, and report the coverage of 95 % intervals and the
/// false-positive rates of tests at the 5 % level.
#[derive(Parser)]
struct Arguments {
    /// What to simulate; everything by default.
    topics: Vec<Topic>,
    /// Number of simulated experiments for each row of the tables.
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
    /// Noise ceilings of choices, and accuracies relative to them.
    Ceiling,
    /// The test of calibration and the calibration error.
    Calibration,
    /// Accuracies of single participants and correlations of uncertainties.
    People,
    /// Planned and simulated power.
    Power,
    /// Sets of ranks and tests of equivalence of models.
    Ranks,
    /// Drivers of alignment in panels of related networks.
    Drivers,
    /// Correlations of RDMs and differences between two models.
    Rsa,
    /// Cross-validated accuracies of probes and their gains.
    Learners,
}

impl Topic {
    fn report(self, replications: usize, seed: u64) -> Result<()> {
        match self {
            Topic::Accuracy => accuracy::report(replications, seed, |text| common::line(text)),
            Topic::Ceiling => ceiling::report(replications, seed, |text| common::line(text)),
            Topic::Calibration => {
                calibration::report(replications, seed, |text| common::line(text))
            }
            Topic::People => people::report(replications, seed, |text| common::line(text)),
            Topic::Power => power::report(replications, seed, |text| common::line(text)),
            Topic::Ranks => ranks::report(replications, seed, |text| common::line(text)),
            Topic::Drivers => drivers::report(replications, seed, |text| common::line(text)),
            Topic::Rsa => rsa::report(replications, seed, |text| common::line(text)),
            Topic::Learners => learners::report(replications, seed, |text| common::line(text)),
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
