//! How often intervals and tests of RSA are right, on simulated people and models of which the truth
//! is known.
//!
//! ```text
//! cargo run --release --example rsa_coverage
//! ```

#[path = "../common/mod.rs"]
mod common;
mod simulation;

use std::process::ExitCode;

use human_alignment::Result;
use human_alignment::inference::Resample;
use human_alignment::metric::rsa::Comparator;
use simulation::Design;

const N_EXPERIMENTS: u64 = 1000;

fn main() -> ExitCode {
    common::end(run())
}

fn run() -> Result<()> {
    common::line(format_args!(
        "Simulated people and models, {N_EXPERIMENTS} experiments a row. Coverage of 95 % intervals: of a \
         model per\nperson, against the mean person, minus the ceiling; and how often two equally good \
         models differ at 5 %.\n"
    ))?;
    common::line(format_args!(
        "stimuli  people  drawn    comparator  per person  mean person  ceiling  false differences"
    ))?;
    for (n_stimuli, n_people) in [(20, 5), (30, 12), (60, 20)] {
        for resample in Resample::ALL {
            for comparator in [Comparator::Spearman, Comparator::Pearson] {
                let design = Design {
                    n_stimuli,
                    n_people,
                    comparator,
                    resample,
                    n_replicates: 300,
                };
                let rates = design.simulate(N_EXPERIMENTS, 1)?;
                common::line(format_args!(
                    "{n_stimuli:>7}  {n_people:>6}  {resample:7}  {comparator:10}  {:>10.3}  {:>11.3}  \
                     {:>7.3}  {:>17.3}",
                    rates.model, rates.mean_person, rates.against_ceiling, rates.false_differences
                ))?;
            }
        }
    }
    Ok(())
}
