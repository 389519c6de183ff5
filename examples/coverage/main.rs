//! Coverage of confidence intervals in simulated experiments.
//!
//! ```text
//! cargo run --release --example coverage -- --replications 4000
//! ```

#[path = "../common/mod.rs"]
mod common;
mod simulation;

use std::process::ExitCode;

use clap::Parser;
use human_alignment::Result;
use simulation::Experiment;

/// Simulate odd-one-out experiments and report the coverage of confidence intervals of the
/// accuracy.
#[derive(Parser)]
struct Arguments {
    /// Number of replications of each experiment.
    #[arg(long, default_value_t = 2000)]
    replications: usize,
    /// Seed of the random number generator.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    common::end(run())
}

fn run() -> Result<()> {
    let Arguments { replications, seed } = Arguments::parse();
    common::line(format_args!(
        "{replications} simulated replications of each experiment, object effects on the logit scale\n"
    ))?;
    common::line(format_args!(
        "{:>8} {:>8}  {:>10} {:>10}  {:>9} {:>9} {:>9} {:>9}",
        "objects", "trials", "95 % cover", "null p<.05", "true sd", "se", "bootstrap", "binomial"
    ))?;
    for (n_objects, n_trials) in [
        (1854, 2_171),
        (1854, 100_000),
        (200, 20_000),
        (85, 20_000),
        (85, 2_000),
        (48, 5_000),
    ] {
        let found = Experiment {
            n_objects,
            n_trials,
        }
        .replicate(replications, seed)?;
        common::line(format_args!(
            "{n_objects:>8} {n_trials:>8}  {:>8.1} % {:>8.1} %  {:>9.4} {:>9.4} {:>9.4} {:>9.4}",
            100.0 * found.coverage,
            100.0 * found.false_rejections,
            found.standard_deviation,
            found.standard_error,
            found.bootstrap,
            found.binomial
        ))?;
    }
    Ok(())
}
