//! Coverage of confidence intervals and false-positive rates of tests of RSA, on simulated
//! participants and models whose true values are known.
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
        "Simulated participants and models, {N_EXPERIMENTS} experiments per row. Coverage of 95 % \
         intervals of a model\nper person, against the mean person, and minus the ceiling; and rate \
         of false differences of two equally good\nmodels at the 5 % level.\n"
    ))?;
    common::line(format_args!(
        "stimuli  people  drawn    comparator  per person  mean person  ceiling  false differences"
    ))?;
    for (n_stimuli, n_people) in [(20, 5), (30, 12), (60, 20)] {
        for &resample in Resample::ALL {
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
