//! Duration of the fit of a probe at the size of a fold of THINGS, and ratio of its gradient to the
//! minimal work. Participants and features are simulated.
//!
//! ```text
//! cargo run --release --example probe_speed
//! ```
//!
//! The minimal work is four matrix products (embedding, similarities, derivatives by the embedding
//! and by the weights) at the rank of the transform, and one pass over the trials with three loads
//! and three additions per trial. The duration of a gradient is the time between two iterations of
//! the search, including its other work.

#[path = "../common/mod.rs"]
mod common;
mod floor;
mod simulation;

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::probe::PenaltyKind;
use human_alignment::{Probe, Result};

use floor::{Pass, Products};

/// Time the fit of a probe to simulated trials, and compare its gradient with the minimal work.
#[derive(Parser)]
#[command(name = "probe_speed")]
struct Arguments {
    /// Number of objects. The default is two thirds of those of THINGS.
    #[arg(long, default_value_t = 1236)]
    objects: u32,
    /// Number of features.
    #[arg(long, default_value_t = 768)]
    features: usize,
    /// Number of trials. The default is that of the THINGS trials whose objects are all in two of
    /// three folds.
    #[arg(long, default_value_t = 1_250_000)]
    trials: usize,
    /// Decay of the singular values of the features: value k is about k to the power of minus this
    /// number.
    #[arg(long, default_value_t = 1.0)]
    decay: f64,
    /// Weight of the penalty, in nats. Default: 0.0001, or 0.01 for the trace penalty.
    #[arg(long)]
    lambda: Option<f64>,
    /// Form of the penalty: isotropic or trace.
    #[arg(long, default_value_t)]
    penalty: PenaltyKind,
    /// Duality gap at which the fit stops, in nats.
    #[arg(long, default_value_t = 1e-4)]
    tolerance: f64,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(arguments: &Arguments) -> Result<String> {
    let (representation, trials) = simulation::simulated(
        arguments.objects,
        arguments.features,
        arguments.trials,
        arguments.decay,
    )?;
    let choices = ChoiceFrequencies::from_trials(&trials);
    let lambda = arguments.lambda.unwrap_or(match arguments.penalty {
        PenaltyKind::Trace => 0.01,
        _ => 1e-4,
    });
    let probe = Probe::new(lambda)?
        .with_penalty_kind(arguments.penalty)
        .with_tolerance(arguments.tolerance)?;
    let mut gradients: Vec<(usize, Duration)> = Vec::new();
    let start = Instant::now();
    let (mut last, mut n_gradients) = (Instant::now(), 0);
    let fit = probe.fit_observed(&representation, &choices, |iteration| {
        if iteration.n_gradients == n_gradients + 1 {
            gradients.push((iteration.rank, last.elapsed()));
        }
        (last, n_gradients) = (Instant::now(), iteration.n_gradients);
        ControlFlow::Continue(())
    })?;
    let seconds = start.elapsed().as_secs_f64();
    // The final rank is the rank of most gradients.
    let rank = gradients.last().map_or(1, |(rank, _)| *rank);
    gradients.retain(|(of, _)| *of == rank);
    let gradient = median(gradients.into_iter().map(|(_, time)| time).collect());
    let n_objects = arguments.objects as usize;
    let mut products = Products::new(n_objects, arguments.features, rank);
    let products = timed(|| products.multiply());
    let mut pass = Pass::new(n_objects, trials.as_slice());
    let pass = timed(|| pass.run());
    let milliseconds = |time: Duration| 1e3 * time.as_secs_f64();
    let least = products + pass;
    Ok(format!(
        "simulated: {} trials of {} objects, {} features, {} penalty, lambda {}\n\
         {:?}: objective {:.6}, duality gap {:.2e}, rank {}\n\
         fit {seconds:.2} s, {} gradients\n\
         gradient at rank {rank} {:.2} ms; products {:.2} ms + pass {:.2} ms = {:.2} ms; ratio {:.2}",
        trials.len(),
        arguments.objects,
        arguments.features,
        arguments.penalty,
        lambda,
        fit.outcome(),
        fit.objective(),
        fit.duality_gap(),
        fit.rank(),
        fit.n_gradients(),
        milliseconds(gradient),
        milliseconds(products),
        milliseconds(pass),
        milliseconds(least),
        gradient.as_secs_f64() / least.as_secs_f64(),
    ))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn timed(mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    median((0..9).map(time).collect())
}
